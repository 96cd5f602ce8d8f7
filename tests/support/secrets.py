# SPDX-License-Identifier: Apache-2.0
"""What companies keep to themselves: planted in both trackers, each under a word of its own, to be hunted for later."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

Ask = Callable[..., Any]
"""One request of a person's: method, path, what ``requests`` takes. The parsed answer, none if it is empty."""

UNLISTED_FIELD = 360009999999  # in Zendesk; the contract does not name it
UNLISTED_JIRA_FIELD = "customfield_10077"
UNLISTED_CHOICE, UNLISTED_JIRA_CHOICE = 360008888888, "customfield_10088"
# What a field's own setup says is secret as well: a choice is what tickets hold.
CHOICES: Mapping[str, tuple[str, str, str]] = {
    "zendesk": ("hushclasstitle", "hushclassgood", "hushclasspoor"),
    "jira": ("hushtiername", "hushtierfirst", "hushtierlast"),
}
ZENDESK_SETTINGS: Mapping[str, Any] = {
    "ticket_fields": [
        {"id": 360001234567, "title": "Order number", "type": "text"},
        {"id": UNLISTED_FIELD, "title": "Credit rating", "type": "text"},
        {"id": UNLISTED_CHOICE, "title": CHOICES["zendesk"][0], "type": "tagger", "options": CHOICES["zendesk"][1:]},
    ]
}
JIRA_SETTINGS: Mapping[str, Any] = {
    "security_levels": {"Confidential": ["elaine", "tandem"]},
    "custom_fields": {
        "customfield_10042": {"name": "Order no", "type": "string"},
        UNLISTED_JIRA_FIELD: {"name": "Margin", "type": "string"},
        UNLISTED_JIRA_CHOICE: {"name": CHOICES["jira"][0], "type": "option", "options": CHOICES["jira"][1:]},
    },
}


@dataclass
class Secrets:
    """Anna's and Elaine's secrets. ``words`` are those that nobody but their own tracker may ever see, by side."""

    zendesk: Ask
    jira: Ask
    words: dict[str, list[str]] = field(default_factory=lambda: {side: list(words) for side, words in CHOICES.items()})
    public: list[str] = field(default_factory=list)  # what may travel, and is sealed wherever we keep it
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def word(self, side: str, what: str) -> str:
        """A secret word."""
        self.words[side].append(f"hush{what}{next(self.numbers):04d}")
        return self.words[side][-1]

    def said(self, what: str) -> str:
        """A word that may travel."""
        self.public.append(f"open{what}{next(self.numbers):04d}")
        return self.public[-1]

    # ---- Zendesk

    def ticket(self, *, tags: tuple[str, ...] = ("customer",), public: bool = True) -> int:
        """A ticket that is offered, unless its tags or its first comment say otherwise."""
        offered = "customer" in tags and public
        text = self.said if offered else lambda what: self.word("zendesk", what)
        uploads = [] if offered else [self._upload("firstfile")]
        body = {
            "subject": text("title"),
            "tags": list(tags),
            "priority": "high",
            "comment": {"body": text("first"), "public": public, "uploads": uploads},
            "custom_fields": [{"id": UNLISTED_FIELD, "value": self.word("zendesk", "rating")}],
        }
        return int(self.zendesk("POST", "/api/v2/tickets.json", json={"ticket": body})["ticket"]["id"])

    def _upload(self, what: str) -> str:
        name, content = self.word("zendesk", what), self.word("zendesk", "bytes")
        path = f"/api/v2/uploads.json?filename={name}.txt"
        sent = {"data": content.encode(), "headers": {"Content-Type": "text/plain"}}
        return str(self.zendesk("POST", path, **sent)["upload"]["token"])

    def whisper(self, ticket: int) -> None:
        """Internal things on a ticket: a note with a file, a field and a tag that are not offered."""
        comment = {"body": self.word("zendesk", "note"), "public": False, "uploads": [self._upload("notefile")]}
        self.change(ticket, comment=comment)
        self.change(ticket, custom_fields=[{"id": UNLISTED_FIELD, "value": self.word("zendesk", "rating")}])
        self.change(ticket, custom_fields=[{"id": UNLISTED_CHOICE, "value": CHOICES["zendesk"][1]}])
        self.tag(ticket, self.word("zendesk", "tag"))

    def change(self, ticket: int, **fields: Any) -> None:
        """Change a ticket as Anna."""
        self.zendesk("PUT", f"/api/v2/tickets/{ticket}.json", json={"ticket": fields})

    def tag(self, ticket: int, tag: str, *, method: str = "PUT") -> None:
        """Add a tag, or take it away (``DELETE``)."""
        self.zendesk(method, f"/api/v2/tickets/{ticket}/tags.json", json={"tags": [tag]})

    def work_in_secret(self, ticket: int) -> None:
        """On a ticket that is not offered now, everything is secret."""
        self.change(
            ticket,
            subject=self.word("zendesk", "later"),
            comment={"body": self.word("zendesk", "said"), "public": True},
        )
        self.change(ticket, comment={"body": "see it", "public": True, "uploads": [self._upload("outfile")]})

    # ---- Jira

    def issue(self, *, security: bool = False, labels: tuple[str, ...] = ("customer",)) -> str:
        """An issue that is offered, unless it is restricted or lacks the label."""
        text = (lambda what: self.word("jira", what)) if security or "customer" not in labels else self.said
        fields: dict[str, Any] = {
            "project": {"key": "SHOP"},
            "issuetype": {"name": "Task"},
            "summary": text("summary"),
            "description": adf(text("description")),
            "labels": list(labels),
            UNLISTED_JIRA_FIELD: self.word("jira", "margin"),
        }
        if security:
            fields["security"] = {"name": "Confidential"}
        return str(self.jira("POST", "/rest/api/3/issue", json={"fields": fields})["key"])

    def mutter(self, issue: str) -> None:
        """Restricted things on an issue: a comment for a role with a file that it names, and an unlisted field."""
        file = self.attach(issue, self.word("jira", "rolefile"))
        text = adf(f"{self.word('jira', 'role')} [^{file}]")
        visibility = {"type": "role", "value": "Developers", "identifier": "Developers"}
        self.jira("POST", f"/rest/api/3/issue/{issue}/comment", json={"body": text, "visibility": visibility})
        self.edit(issue, **{UNLISTED_JIRA_FIELD: self.word("jira", "margin")})
        self.edit(issue, **{UNLISTED_JIRA_CHOICE: {"value": CHOICES["jira"][1]}})

    def attach(self, issue: str, name: str) -> str:
        """Attach a file with secret bytes."""
        files = {"file": (f"{name}.txt", self.word("jira", "bytes").encode())}
        head = {"X-Atlassian-Token": "no-check"}
        return str(
            self.jira("POST", f"/rest/api/3/issue/{issue}/attachments", files=files, headers=head)[0]["filename"]
        )

    def edit(self, issue: str, **fields: Any) -> None:
        """Edit an issue as Elaine."""
        self.jira("PUT", f"/rest/api/3/issue/{issue}", json={"fields": fields})

    def plot(self, issue: str) -> None:
        """On an issue that is restricted or out of scope, everything is secret."""
        self.edit(issue, summary=self.word("jira", "later"))
        self.jira("POST", f"/rest/api/3/issue/{issue}/comment", json={"body": adf(self.word("jira", "said"))})
        self.attach(issue, self.word("jira", "outfile"))


def adf(text: str) -> dict[str, Any]:
    """One paragraph."""
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": text}]}
    return {"version": 1, "type": "doc", "content": [paragraph]}


def found_in(folder: Path, words: list[str], *, but: str = "\0") -> list[str]:
    """Search every file below a folder, whatever its kind, for words in clear (also as UTF-16 and as hex).

    Files whose names begin with ``but`` are the trackers' own.
    """
    hits: list[str] = []
    forms = {word: (word.encode(), word.encode("utf-16-le"), word.encode().hex().encode()) for word in words}
    for path in sorted(each for each in folder.rglob("*") if each.is_file() and not each.name.startswith(but)):
        content = path.read_bytes().lower()
        hits += [
            f"{word} in {path.relative_to(folder)}" for word, some in forms.items() if any(f in content for f in some)
        ]
    return hits


def told_to(requests: list[dict[str, Any]], account: str, words: list[str]) -> list[str]:
    """Search what an account asked of a tracker: addresses and bodies."""
    ours = [(entry["number"], str(entry).lower()) for entry in requests if account in str(entry.get("account"))]
    return [f"{word} in request {number}" for number, text in ours for word in words if word in text]
