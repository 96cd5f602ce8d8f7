# SPDX-License-Identifier: Apache-2.0
"""What people do to tickets and comments later on: rewrite, hide, black out, delete, close, follow up, leave, merge.

Each act is kept in mind with what it means for the other side, by our own reckoning and not by the engine's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from engine.people import RESTRICTED, Desk, People, adf
from engine.remembered import JIRA, ZENDESK, Memory, Said

SECRET_LEVEL = "Board"


class Later:
    """The same people, who go on working on tickets that have a twin."""

    def __init__(self, people: People, *, follow_up: bool) -> None:
        self.people = people
        self.random = people.random
        self.boss = Desk(people.box, JIRA, "automation")  # an administrator, who may touch everybody's comments
        self.follow_up = follow_up
        self.done = Counter[str]()
        people.box.control.settings(JIRA, security_levels={SECRET_LEVEL: ["elaine", "automation"]})
        self.task = next(one["id"] for one in people.jira.ask("GET", "/rest/api/3/issuetype") if one["name"] == "Task")
        self.acts: list[tuple[int, Callable[[Memory], None]]] = [
            (6, self.rewrite),
            (3, self.hide),
            (2, self.restrict),
            (2, self.publish),
            (3, self.black_out),
            (2, self.delete),
            (1, self.delete_file),
            (1, self.touch_twin),
            (1, self.delete_twin),
            (1, self.hide_twin),
            (3, self.leave),
            (4, self.come_back),
            (1, self.conceal),
            (2, self.close),
            (2, self.open_follow_up),
            (1, self.merge),
        ]

    def act(self) -> None:
        """One random act on one ticket that has a twin; where it is not to be done now, none."""
        known = [memory for memory in self.memories() if memory.ticket and memory.issue and not memory.merged]
        if known:
            weights, acts = zip(*self.acts, strict=True)
            act = self.random.choices(acts, weights)[0]
            self.done[act.__name__] += 1
            act(self.random.choice(known))

    def memories(self) -> list[Memory]:
        """All tickets of people's."""
        return [*self.people.tickets.values(), *self.people.issues.values()]

    def settle(self) -> None:
        """In the end some tickets come back, and none stays out of our account's sight."""
        for memory in self.memories():
            if memory.concealed:
                self._conceal(memory, None)
            if memory.outside and self.random.random() < 0.7:
                for side in sorted(memory.outside):
                    self._into(memory, side)

    # ---- comments

    def _own(self, memory: Memory, side: str, *, private: bool = False) -> Said | None:
        if side == ZENDESK and memory.closed:
            return None
        own = [one for one in memory.said if one.side == side and one.id and one.private is private]
        own = [one for one in own if one.ticket in (None, memory.ticket)]  # a closed ticket takes no change
        return self.random.choice(own) if own else None

    def rewrite(self, memory: Memory) -> None:
        """Elaine rewrites a comment of hers; Zendesk knows no such thing."""
        said = self._own(memory, JIRA)
        if said is None:
            return
        word = self.people.word("rewritten")
        self.people.jira.ask("PUT", self._comment(memory, said), json={"body": adf(word)})
        memory.reword(said, word)

    def hide(self, memory: Memory) -> None:
        """Anna makes a comment of hers private, for good."""
        said = self._own(memory, ZENDESK)
        if said is None:
            return
        self.people.zendesk.ask("PUT", f"/api/v2/tickets/{said.ticket}/comments/{said.id}/make_private.json")
        said.private = True
        said.taken_back |= set(said.words)
        memory.loose_files |= set(said.files)

    def restrict(self, memory: Memory) -> None:
        """Elaine lets developers alone read a comment."""
        said = self._own(memory, JIRA)
        if said is None:
            return
        sent = {"body": adf(said.words[-1]), "visibility": RESTRICTED}
        self.people.jira.ask("PUT", self._comment(memory, said), json=sent)
        said.private = True
        said.taken_back |= set(said.words)

    def publish(self, memory: Memory) -> None:
        """Elaine lets everybody read a comment that was restricted, in new words."""
        said = self._own(memory, JIRA, private=True)
        if said is None:
            return
        word = self.people.word("published")
        self.people.jira.ask("PUT", self._comment(memory, said), json={"body": adf(word), "visibility": None})
        said.private = False
        memory.reword(said, word)

    def black_out(self, memory: Memory) -> None:
        """Anna blacks out what a comment of hers says."""
        said = self._own(memory, ZENDESK)
        if said is None or said.words[-1] in said.taken_back:
            return
        path = f"/api/v2/tickets/{said.ticket}/comments/{said.id}/redact.json"
        if self.people.zendesk.ask("PUT", path, json={"text": said.words[-1]}, allow=(422,)) is not None:
            said.taken_back.add(said.words[-1])
            memory.loose_files |= set(said.files)

    def delete(self, memory: Memory) -> None:
        """Elaine deletes a comment of hers: what arrived of it stays."""
        said = self._own(memory, JIRA)
        if said is not None:
            self.people.jira.ask("DELETE", self._comment(memory, said))
            said.id, said.loose = "", True

    def delete_file(self, memory: Memory) -> None:
        """Elaine deletes a file, whosever it was: the other side keeps what it has."""
        files = self.people.jira.ask("GET", f"/rest/api/3/issue/{memory.issue}?fields=attachment")["fields"]
        names = {one["filename"]: one["id"] for one in files["attachment"] if one["filename"] in memory.files}
        if names:
            name = self.random.choice(sorted(names))
            self.boss.ask("DELETE", f"/rest/api/3/attachment/{names[name]}")
            memory.loose_files.add(name)

    # ---- copies of ours

    def _twin(self, memory: Memory) -> tuple[Said, str] | None:
        """A comment of Anna's, and the id of its copy in Jira."""
        listed = self.people.jira.ask("GET", f"/rest/api/3/issue/{memory.issue}/comment?maxResults=500")["comments"]
        copies = [
            (said, str(one["id"]))
            for said in memory.said
            for one in listed
            if said.side == ZENDESK and said.words[-1] in str(one["body"])
        ]
        return self.random.choice(copies) if copies else None

    def touch_twin(self, memory: Memory) -> None:
        """Somebody in Jira rewrites a copy: it is theirs from then on, and their words stay at home."""
        found = self._twin(memory)
        if found is not None:
            said, id_ = found
            self.people.secrets.append(self.people.word("theirs"))
            body = {"body": adf(self.people.secrets[-1])}
            path = f"/rest/api/3/issue/{memory.issue}/comment/{id_}"
            said.loose = self.boss.ask("PUT", path, json=body, allow=(404,)) is not None or said.loose
            memory.loose_files |= set(said.files)  # Jira deletes a file with the text that showed it

    def delete_twin(self, memory: Memory) -> None:
        """Somebody in Jira deletes a copy: it is never written again."""
        found = self._twin(memory)
        if found is not None:
            found[0].loose = True
            memory.loose_files |= set(found[0].files)
            self.boss.ask("DELETE", f"/rest/api/3/issue/{memory.issue}/comment/{found[1]}", allow=(404,))

    def hide_twin(self, memory: Memory) -> None:
        """Anna makes a copy in Zendesk private: its origin is not touched."""
        if memory.closed:
            return
        listed = self.people.zendesk.ask("GET", f"/api/v2/tickets/{memory.ticket}/comments.json", allow=(404,))
        for said in memory.said:
            for one in (listed or {"comments": []})["comments"]:
                if said.side == JIRA and said.words[-1] in one["body"]:
                    path = f"/api/v2/tickets/{memory.ticket}/comments/{one['id']}/make_private.json"
                    self.people.zendesk.ask("PUT", path, allow=(404, 422))
                    return

    # ---- scope

    def leave(self, memory: Memory) -> None:
        """A ticket is no customer's any more, or moves to another project: from then on it is no business of theirs."""
        side = self.random.choice((ZENDESK, JIRA))
        if side in memory.outside or (side == ZENDESK and memory.closed):
            return
        if side == ZENDESK:
            if not self._tag(memory, "remove_tags"):
                return
        elif self.random.random() < 0.5:
            self._move(memory, "OPS")
        else:
            self._label(memory, "remove")
        memory.outside.add(side)

    def come_back(self, memory: Memory) -> None:
        """A ticket is a customer's again."""
        if memory.concealed:
            self._conceal(memory, None)
        elif memory.outside:
            self._into(memory, self.random.choice(sorted(memory.outside)))

    def _into(self, memory: Memory, side: str) -> None:
        if side == JIRA and not memory.concealed:
            self._move(memory, "SHOP")
            self._label(memory, "add")
        elif side == JIRA or not self._tag(memory, "additional_tags"):
            return
        memory.outside.discard(side)

    def conceal(self, memory: Memory) -> None:
        """Elaine takes an issue out of our account's sight, and with that out of what she offers."""
        if not memory.concealed and JIRA not in memory.outside:
            self._conceal(memory, SECRET_LEVEL)

    def _conceal(self, memory: Memory, level: str | None) -> None:
        named = {"name": level} if level else None
        self.people.jira.ask("PUT", f"/rest/api/3/issue/{memory.issue}", json={"fields": {"security": named}})
        memory.concealed = level is not None
        (memory.outside.add if level else memory.outside.discard)(JIRA)

    def _move(self, memory: Memory, project: str) -> None:
        shown = self.people.jira.ask("GET", f"/rest/api/3/issue/{memory.issue}?fields=project")
        if shown["fields"]["project"]["key"] != project:
            moving = {f"{project},{self.task}": {"issueIdsOrKeys": [memory.issue]}}
            self.boss.ask("POST", "/rest/api/3/bulk/issues/move", json={"targetToSourcesMapping": moving})

    def _tag(self, memory: Memory, verb: str) -> bool:
        """False where the ticket is closed."""
        path, sent = f"/api/v2/tickets/{memory.ticket}.json", {"ticket": {verb: ["customer"]}}
        return self.people.zendesk.ask("PUT", path, json=sent, allow=(422,)) is not None

    def _label(self, memory: Memory, verb: str) -> None:
        path = f"/rest/api/3/issue/{memory.issue}"
        self.people.jira.ask("PUT", path, json={"update": {"labels": [{verb: "customer"}]}})

    # ---- the ends of tickets

    def close(self, memory: Memory) -> None:
        """A ticket is closed for good, as Zendesk does it some days after it was solved."""
        if memory.closed or memory.outside:
            return
        path = f"/api/v2/tickets/{memory.ticket}.json"
        if self.people.zendesk.ask("PUT", path, json={"ticket": {"status": "closed"}}, allow=(422,)) is not None:
            memory.closed = True

    def open_follow_up(self, memory: Memory) -> None:
        """The customer writes again to a closed ticket: Zendesk opens another one for it."""
        if not memory.closed or memory.outside or self.follow_up:
            return  # where a reopening makes one, both could be made at once
        title = self.people.word("again")
        body = {
            "subject": title,
            "priority": "high",
            "tags": ["customer"],
            "comment": {"body": f"Once more: {title}"},
            "via_followup_source_id": memory.ticket,
        }
        made = self.people.zendesk.ask("POST", "/api/v2/tickets.json", json={"ticket": body})
        memory.ticket, memory.closed = int(made["ticket"]["id"]), False
        memory.titles[ZENDESK].append(title)
        memory.priorities[ZENDESK].append("high")

    def merge(self, memory: Memory) -> None:
        """Anna merges a ticket into another one."""
        others = [one for one in self.memories() if one.ticket and not (one.closed or one.merged or one is memory)]
        if memory.closed or memory.outside or not others or self.random.random() < 0.5:
            return
        into = self.random.choice(others)
        path = f"/api/v2/tickets/{into.ticket}/merge.json"
        self.people.zendesk.ask("POST", path, json={"ids": [memory.ticket]}, allow=(400, 404, 422))
        memory.merged = memory.closed = True

    # ---- asking

    def _comment(self, memory: Memory, said: Said) -> str:
        return f"/rest/api/3/issue/{memory.issue}/comment/{said.id}"


def meet(people: People, twins: Mapping[int, str]) -> None:
    """Let people know which tickets stand for the same by now."""
    for ticket, issue in twins.items():
        memory = people.tickets.get(ticket) or people.issues.get(issue)
        memory = memory or next((one for one in people.tickets.values() if one.issue == issue), None)
        if memory is not None:
            if memory.ticket is not None and memory.ticket != ticket and memory.closed and not memory.merged:
                memory.closed = False  # it goes on in another one
            memory.ticket, memory.issue = ticket, issue
