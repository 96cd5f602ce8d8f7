# SPDX-License-Identifier: Apache-2.0
"""The issues of a site, every version of them kept, so that search can show the store as it was."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sandbox.clock import Clock
from sandbox.jira.values import JsonObject

_TICK = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Comment:
    id: int
    author: str
    body: JsonObject
    created: datetime
    updated: datetime
    update_author: str
    visibility: JsonObject | None = None
    """Restriction to a role or group; None: all who see the issue."""
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Worklog:
    id: int
    author: str
    body: JsonObject | None
    created: datetime
    updated: datetime
    update_author: str
    started: datetime
    seconds: int
    visibility: JsonObject | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attachment:
    id: int
    media: str
    """The file's UUID at Media Services, which documents name; not the attachment's id."""
    name: str
    author: str
    created: datetime
    size: int
    mime: str


@dataclass(frozen=True, slots=True)
class Item:
    """One field's change within a history; values are strings, rich text as wiki text."""

    field: str
    field_id: str | None
    source: str | None
    source_text: str | None
    to: str | None
    to_text: str | None
    custom: bool = False


@dataclass(frozen=True, slots=True)
class History:
    id: int
    author: str
    created: datetime
    items: tuple[Item, ...]
    metadata: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class RemoteLink:
    id: int
    global_id: str | None
    content: JsonObject


@dataclass(frozen=True, slots=True)
class Issue:
    """One version of an issue. Never changed: a write saves another."""

    id: int
    key: str
    project: str
    """The project's id."""
    creator: str
    created: datetime
    updated: datetime
    status: str
    category_changed: datetime
    fields: Mapping[str, Any]
    """By field id, as the store keeps them: ids, account ids, text, tuples, documents; absent means empty."""
    resolved: datetime | None = None
    comments: tuple[Comment, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    worklogs: tuple[Worklog, ...] = ()
    parent: int | None = None
    """The issue in which a sub-task lies."""
    histories: tuple[History, ...] = ()
    """Oldest first."""
    properties: Mapping[str, Any] = field(default_factory=dict)
    remote_links: tuple[RemoteLink, ...] = ()
    watchers: frozenset[str] = frozenset()
    voters: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Link:
    """A link between two issues, read `inward type outward`: *outward_issue* is what the inward one blocks."""

    id: int
    type: str
    inward_issue: int
    outward_issue: int


class Store:
    """Issues by id with all their versions, keys old and new, files' bytes, links; numbers are never used twice."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._versions: dict[int, list[tuple[float, Issue | None]]] = {}
        self._keys: dict[str, int] = {}
        self._comments: dict[int, int] = {}
        self._attachments: dict[int, int] = {}
        self._children: dict[int, dict[int, None]] = {}
        self.deleted_worklogs: dict[int, datetime] = {}
        """When each was deleted, by its id."""
        self._numbers: dict[str, int] = {}
        self._last = {
            "issue": 10000,
            "comment": 10000,
            "attachment": 10000,
            "history": 10000,
            "worklog": 10000,
            "link": 10000,
            "task": 10000,
        }
        self.files: dict[str, bytes] = {}
        """By media UUID."""
        self.links: dict[int, Link] = {}

    def now(self) -> datetime:
        """The time, to the millisecond: Jira keeps no more."""
        moment = self._clock.now()
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def next_id(self, kind: str) -> int:
        self._last[kind] += 1
        return self._last[kind]

    def next_key(self, project_key: str) -> str:
        self._numbers[project_key] = self._numbers.get(project_key, 0) + 1
        return f"{project_key}-{self._numbers[project_key]}"

    def rekey(self, before: str, after: str) -> None:
        """Give all issues of a project whose key was changed their new keys; the old ones still find them."""
        self._numbers[after] = max(self._numbers.pop(before, 0), self._numbers.get(after, 0))
        for issue in list(self.all()):
            place, _, number = issue.key.rpartition("-")
            if place == before:
                self.save(replace(issue, key=f"{after}-{number}"), touch=False)

    def save(self, issue: Issue, *, touch: bool = True) -> Issue:
        """Store another version; `updated` always grows, by a millisecond if the clock stands still.

        `touch=False` is for what Jira keeps beside an issue without calling it changed: properties, votes, watchers.
        """
        before = self.get(issue.id)
        if touch:
            floor = before.updated + _TICK if before else issue.updated
            issue = replace(issue, updated=max(self.now(), floor))
        self._versions.setdefault(issue.id, []).append((self._clock.timestamp(), issue))
        self._keys[issue.key] = issue.id
        if issue.parent:
            self._children.setdefault(issue.parent, {})[issue.id] = None
        _index(self._comments, (comment.id for comment in reversed(issue.comments)), issue.id)
        _index(self._attachments, (file.id for file in reversed(issue.attachments)), issue.id)
        return issue

    def settle(self) -> None:
        """Let search know all that is there, as if it had been there for long."""
        self._versions = {issue_id: [(0.0, versions[-1][1])] for issue_id, versions in self._versions.items()}

    def delete(self, issue: Issue) -> None:
        self._versions[issue.id].append((self._clock.timestamp(), None))
        self.links = {
            n: link for n, link in self.links.items() if issue.id not in (link.inward_issue, link.outward_issue)
        }
        for attachment in issue.attachments:
            self.files.pop(attachment.media, None)

    def get(self, issue_id: int) -> Issue | None:
        versions = self._versions.get(issue_id)
        return versions[-1][1] if versions else None

    def find(self, id_or_key: str) -> Issue | None:
        """Find by id or by a key that the issue has or had."""
        if id_or_key.isdigit():
            return self.get(int(id_or_key))
        known = self._keys.get(id_or_key.upper())
        return None if known is None else self.get(known)

    def all(self) -> Iterator[Issue]:
        """Yield what is there now, oldest first."""
        return (issue for issue_id in self._versions if (issue := self.get(issue_id)) is not None)

    def children(self, issue: Issue) -> list[Issue]:
        """Return the sub-tasks of an issue, oldest first."""
        listed = (self.get(number) for number in self._children.get(issue.id, ()))
        return [one for one in listed if one and one.parent == issue.id]

    def as_of(self, timestamp: float) -> Iterator[Issue]:
        """Yield what was there at that time of the clock (seconds since 1970)."""
        for versions in self._versions.values():
            for saved, issue in reversed(versions):
                if saved <= timestamp:
                    if issue is not None:
                        yield issue
                    break

    def of_comment(self, comment_id: int) -> tuple[Issue, Comment] | None:
        issue = self.get(self._comments.get(comment_id, 0))
        found = next((c for c in issue.comments if c.id == comment_id), None) if issue else None
        return (issue, found) if issue and found else None

    def of_attachment(self, attachment_id: int) -> tuple[Issue, Attachment] | None:
        issue = self.get(self._attachments.get(attachment_id, 0))
        found = next((a for a in issue.attachments if a.id == attachment_id), None) if issue else None
        return (issue, found) if issue and found else None


def _index(index: dict[int, int], newest_first: Iterable[int], issue_id: int) -> None:
    """Note whose the new ones are: they stand behind all that are known, so an issue of thousands costs no more."""
    for number in newest_first:
        if number in index:
            break
        index[number] = issue_id
