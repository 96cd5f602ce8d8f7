# SPDX-License-Identifier: Apache-2.0
"""What people do in stories, and what they may hope for: who said what, where, and what became of it by their own hand.

Each act is a method named after it. What the tracker does not let a person do is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from engine.laws import in_scope
from engine.memory_house import BLACKED_OUT, HIDDEN, LEFT, RIGHT, SHOWN, Bench, Deed, acting
from tandem.connectors.base import Comment
from tandem.connectors.memory.tickets import Ticket
from tandem.connectors.memory.tracker import Tracker
from tandem.core.rules import Which
from tandem.errors import ClosedError, GoneError, TransitionError

PRIORITIES = {LEFT: ["urgent", "high", "normal", "low"], RIGHT: ["1", "2", "3", "4"]}
STATUSES = {LEFT: ["open", "pending", "solved"], RIGHT: ["1", "2", "3"]}
UNOFFERED = {LEFT: "custom_field_9", RIGHT: "customfield_9"}
Place = tuple[Which, str]


@dataclass
class Acts:
    """The people of one story, at both trackers. ``returns``: what is made out of scope goes once a ticket is back."""

    bench: Bench
    returns: bool
    strayed: set[Place] = field(default_factory=set)  # were out of scope, closed or hidden at some time
    secret: list[Place] = field(default_factory=list)  # words that may never leave a side
    silent: set[Place] = field(default_factory=set)  # tickets of which nothing may leave, ever
    described: dict[Place, str] = field(default_factory=dict)  # descriptions that were written anew, and the last one
    earlier: dict[Place, frozenset[str]] = field(default_factory=dict)  # change → those that the peer had by then
    midst: bool = False  # an act falls between two calls of a task

    def __post_init__(self) -> None:
        self.noting: Callable[[Tracker, str], None] = lambda tracker, ticket: self._note_earlier()
        for which in Which:  # the last of the rules sees what the others did
            self.bench.tracker(which).rules.append(self.noting)

    def do(self, what: str, side: str, pick: int = 0, **how: Any) -> None:
        """A person does something to a ticket."""
        which = Which(side)
        ticket = self.ticket(which, pick)
        if ticket is None:
            return
        left, right = (self.bench.tracker(one) for one in Which)
        with acting(left), acting(right), suppress(TransitionError, ClosedError, GoneError):
            getattr(self, what)(which, ticket, **how)
        self._note_strays()

    def ticket(self, which: Which, pick: int) -> str | None:
        """Some ticket of a side that its people see; of those kept silent, none."""
        tickets = self.bench.tracker(which).tickets
        known = [id_ for id_, one in tickets.items() if not one.deleted and (which, id_) not in self.silent]
        return known[pick % len(known)] if known else None

    def _note_strays(self) -> None:
        for which in Which:
            for id_ in self.bench.tracker(which).tickets:
                if not in_scope(self.bench, which, id_):
                    self.strayed.add((which, id_))

    def _note_earlier(self) -> None:
        """Of each change, whoever made it: which ones the other side had already. None of them is a copy of it."""
        tickets = {which: self.bench.tracker(which).tickets.values() for which in Which}
        made = {which: frozenset(entry.id for one in tickets[which] for entry in one.entries) for which in Which}
        for which in Which:
            for id_ in made[which]:
                self.earlier.setdefault((which, id_), made[which.other])

    def _at(self, which: Which, ticket: str) -> Ticket:
        return self.bench.tracker(which).tickets[ticket]

    # ---- fields

    def title(self, which: Which, ticket: str) -> None:
        self.bench.set(which, ticket, "title", self.bench.word("title"))

    def text(self, which: Which, ticket: str) -> None:
        """Write the description anew, where that can be done."""
        if which is RIGHT:
            word = self.bench.word("text")
            self.bench.set(RIGHT, ticket, "description", word)
            if in_scope(self.bench, RIGHT, ticket):
                self.described[(RIGHT, ticket)] = word

    def priority(self, which: Which, ticket: str, value: int) -> None:
        self.bench.set(which, ticket, "priority", PRIORITIES[which][value])

    def status(self, which: Which, ticket: str, value: int) -> None:
        self.bench.move(which, ticket, STATUSES[which][value])

    def label(self, which: Which, ticket: str, label: str, add: bool) -> None:
        self.bench.label(which, ticket, **{"add" if add else "remove": label})

    def unoffered(self, which: Which, ticket: str) -> None:
        word = self.bench.word("secret")
        self.secret.append((which, word))
        self.bench.set(which, ticket, UNOFFERED[which], word)

    # ---- comments and files

    def say(self, which: Which, ticket: str, file: bool = False, private: bool = False) -> None:
        if private and not self.bench.tracker(which).kind.capabilities.private_comments:
            return
        inside, linked = in_scope(self.bench, which, ticket), ticket in self._linked(which)
        done = len(self.bench.world.deeds)
        content = self.bench.word("secret" if private else "bytes").encode() if file else None
        self.bench.say(which, ticket, private=private, file=content)
        if inside or private:
            return
        deeds = self.bench.world.deeds
        if not linked:  # it goes with the create if the ticket ever comes in, and not otherwise: either is right
            del deeds[done:]
        elif not self.returns:  # made outside, it never goes
            deeds[done:] = [replace(deed, private=True) for deed in deeds[done:]]

    def _linked(self, which: Which) -> set[str]:
        twins = self.bench.twins()
        return set(twins) if which is LEFT else set(twins.values())

    def attach(self, which: Which, ticket: str) -> None:
        if self.bench.tracker(which).kind.capabilities.files_in_comments or not in_scope(self.bench, which, ticket):
            return
        self.bench.attach(which, ticket, self.bench.word("bytes").encode())

    def edit(self, which: Which, ticket: str, nth: int) -> None:
        """Write some comment anew: one's own, or the copy of the other side's."""
        said = self._comment(which, ticket, nth)
        if said is None or not self.bench.tracker(which).kind.capabilities.edit_comments:
            return
        word = self.bench.word("say")
        self.bench.tracker(which).edit_comment(ticket, said.id, f"<p>{word}</p>" if which is LEFT else word)
        inside = in_scope(self.bench, which, ticket)
        for deed in self._deeds(which, said):
            own = (deed.side, deed.ticket) == (which, ticket)
            if deed.kind == "file":
                continue
            if not own:  # the copy is theirs from now on: what becomes of its origin does not reach it
                self._become(deed, fate="theirs")
            else:  # what is written anew out of scope may go in the end, or not
                self._become(deed, text=word, fate=deed.fate or ("edited" if inside else "edited outside"))

    def hide(self, which: Which, ticket: str, nth: int) -> None:
        """Make a comment private."""
        said = self._comment(which, ticket, nth)
        if said is None or not self.bench.tracker(which).kind.capabilities.private_comments:
            return
        self.bench.tracker(which).make_private(ticket, said.id)
        self._taken_back(which, ticket, said, HIDDEN)

    def show(self, which: Which, ticket: str, nth: int) -> None:
        """Make a comment that was hidden public again, in the words that it has."""
        said = self._comment(which, ticket, nth)
        if said is None or said.public:
            return
        once = (which, said.id, HIDDEN)  # what was private from the start stays so
        deeds = [deed for deed in self._deeds(which, said) if (deed.side, deed.comment, deed.fate) == once]
        if deeds:
            self.bench.tracker(which).make_public(ticket, said.id)
        for deed in deeds:
            self._become(deed, fate=SHOWN, private=False)

    def black_out(self, which: Which, ticket: str, nth: int) -> None:
        """Black out what a comment says, as Zendesk lets one do."""
        said = self._comment(which, ticket, nth)
        if said is None or self.bench.tracker(which).kind.capabilities.edit_comments:
            return
        for deed in self._deeds(which, said):
            if deed.kind == "comment":
                self.bench.tracker(which).redact(ticket, said.id, deed.text)
        self._taken_back(which, ticket, said, BLACKED_OUT)

    def _taken_back(self, which: Which, ticket: str, said: Comment, fate: str) -> None:
        for deed in self._deeds(which, said):
            own = (deed.side, deed.ticket) == (which, ticket)
            lost = deed.fate in ("theirs", "deleted")  # a copy that people wrote anew or deleted is not touched again
            if (deed.kind == "comment" or fate == HIDDEN) and not deed.private:
                never = own and HIDDEN == fate != deed.fate and not (self.midst or self._is_there(deed))
                self._become(deed, fate=deed.fate if lost else fate if own else "theirs", private=never)

    def _is_there(self, deed: Deed) -> bool:
        """Tell whether some of what was said stands at the other side; hidden before that, none of it ever does."""
        there = self.bench.tracker(deed.side.other)
        files = {file.name for ticket in there.tickets.values() for file in ticket.files}
        words = repr([(ticket.fields, ticket.comments) for ticket in there.tickets.values()])
        return deed.text in words or deed.text in files or deed.content in there.contents.values()

    def unsay(self, which: Which, ticket: str, nth: int) -> None:
        """Delete a comment, where its tracker has editing."""
        said = self._comment(which, ticket, nth)
        if said is None or not self.bench.tracker(which).kind.capabilities.edit_comments:
            return
        self.bench.tracker(which).delete_comment(ticket, said.id)
        for deed in self._deeds(which, said):
            self._become(deed, fate="deleted")

    def _comment(self, which: Which, ticket: str, nth: int) -> Comment | None:
        said = self._at(which, ticket).comments
        return said[nth % len(said)] if said else None

    def _deeds(self, which: Which, said: Comment) -> list[Deed]:
        """What people said and showed in a comment, or in that of which it is the copy; or a file that it brought."""
        deeds = self.bench.world.deeds
        found = [deed for deed in deeds if deed.text in str(said.body)]
        of = {(which, said.id)} | {(deed.side, deed.comment) for deed in found if deed.comment}
        return [deed for deed in deeds if deed in found or (deed.side, deed.comment) in of]

    def _become(self, deed: Deed, **change: Any) -> None:
        deeds = self.bench.world.deeds
        deeds[deeds.index(deed)] = replace(deed, **change)

    # ---- whole tickets

    def leave(self, which: Which, ticket: str) -> None:
        self.bench.label(which, ticket, remove="customer")

    def come_back(self, which: Which, ticket: str) -> None:
        self.bench.label(which, ticket, add="customer")

    def restrict(self, which: Which, ticket: str, on: bool) -> None:
        if which is RIGHT:
            self.bench.set(RIGHT, ticket, "security", "1" if on else None)

    def relocate(self, which: Which, ticket: str, away: bool) -> None:
        """Move a ticket to another place; left none is out of scope, right some may be."""
        place, name = (
            (("2" if away else "1"), "brand_id") if which is LEFT else (("OPS" if away else "SHOP"), "project")
        )
        if self.bench.get(which, ticket, name) != place:
            self.bench.tracker(which).relocate(ticket, place, self.bench.person(which))

    def close(self, which: Which, ticket: str) -> None:
        self.bench.move(which, ticket, "closed" if which is LEFT else "3")

    def follow_up(self, which: Which, ticket: str) -> None:
        """Go on from a closed ticket in another, as Zendesk's people do."""
        tracker = self.bench.tracker(which)
        if self._at(which, ticket).fields["status"] not in tracker.kind.final:
            return
        words = {"subject": self.bench.word("title"), "description": f"<p>{self.bench.word('text')}</p>"}
        kept = {name: self._at(which, ticket).fields[name] for name in ("priority", "tags")}
        new = tracker.open_ticket({**words, **kept}, self.bench.person(which), follows=ticket)
        self.bench.world.born.append((which, new))
        self.strayed |= {(which, ticket), (which, new)}

    def merge(self, which: Which, ticket: str, into: int) -> None:
        """Merge a ticket into another, as Zendesk's people do."""
        other = self.ticket(which, into)
        if which is LEFT and other not in (None, ticket):
            self.bench.tracker(which).merge(ticket, str(other))

    def delete(self, which: Which, ticket: str) -> None:
        self.bench.tracker(which).delete(ticket)

    def obscure(self, which: Which, ticket: str, on: bool) -> None:
        """Take a ticket out of the integration's sight, or let it be seen again."""
        self._at(which, ticket).hidden = on

    # ---- new tickets

    def open(self, side: str, silent: bool = False) -> None:
        """Open a ticket; a silent one is of those that may never leave: out of scope left, restricted right."""
        which, bench = Which(side), self.bench
        if len(bench.world.born) > 3:
            return
        with acting(bench.tracker(LEFT)), acting(bench.tracker(RIGHT)):
            if not silent:
                bench.open(which, priority=PRIORITIES[which][1])
                return
            words = {name: bench.word("secret") for name in ("title", "description")}
            restricted: Mapping[str, Any] = {"security": "1"} if which is RIGHT else {}
            labels = ("customer",) if which is RIGHT else ("internal",)
            ticket = bench.open(which, labels=labels, **words, **restricted)
            body = bench.word("secret")
            bench.tracker(which).comment(ticket, body, bench.person(which))
        self.silent.add((which, ticket))
        self.secret += [(which, word) for word in (*words.values(), body)]
