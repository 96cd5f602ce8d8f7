# SPDX-License-Identifier: Apache-2.0
"""People at work in two trackers, whichever they are, who remember what they did; and what must hold afterwards."""

from __future__ import annotations

import random
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

LABELS = ("checkout", "kiosk", "payment")
STATUSES = ("in_progress", "pending", "solved")
ACTS = ("title", "priority", "status", "status", "label", "say", "say", "file", "secret")


@dataclass(frozen=True)
class Shown:
    """A ticket as its people see it. Priorities and statuses are those of the hub, files by name."""

    title: str
    priority: int | None
    statuses: frozenset[str]  # that what it shows may stand for
    labels: frozenset[str]
    said: tuple[str, ...]  # to all, oldest first
    hidden: tuple[str, ...]  # to the staff
    files: Mapping[str, tuple[bytes, ...]]


class Office(Protocol):
    """One company's tracker, and those who work in it."""

    people: Mapping[str, str]  # log-in → the name by which this somebody is told elsewhere; the first does most
    hides_files: bool  # whether a file that comes with a private text is kept from the other side

    def opens(self, title: str) -> str: ...
    def renames(self, ticket: str, title: str) -> None: ...
    def ranks(self, ticket: str, priority: int) -> None: ...
    def moves(self, ticket: str, status: str) -> None: ...
    def labels(self, ticket: str, label: str, on: bool) -> None: ...
    def says(self, ticket: str, text: str, by: str, *, public: bool, file: tuple[str, bytes] | None = None) -> None: ...
    def shows(self, ticket: str) -> Shown: ...
    def shared(self) -> list[str]:
        """The tickets that the offer names."""


@dataclass
class Told:
    """What people did to one ticket, by side."""

    said: dict[int, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))  # word → its author, in order
    titles: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    files: dict[str, bytes] = field(default_factory=dict)


class Staff:
    """Random acts in both offices. What is written is unique, so that it can be counted at the peer.

    Threads may act at once: on one ticket of one side they do so one after the other, so that it is known which was
    last; the two sides of a ticket do not wait for each other.
    """

    def __init__(self, left: Office, right: Office, twins: Callable[[], Mapping[str, str]], seed: int) -> None:
        self.offices = (left, right)
        self.random = random.Random(seed)
        self._twins = twins
        self.born: list[tuple[int, str]] = []
        self.told: dict[tuple[int, str], Told] = defaultdict(Told)
        self.secrets: list[str] = []
        self._number, self._lock = 0, threading.Lock()
        self._busy: dict[tuple[int, str], threading.Lock] = defaultdict(threading.Lock)

    def word(self, kind: str) -> str:
        """A word that is written nowhere else."""
        with self._lock:
            self._number += 1
            return f"{kind}-{self._number:05d}"

    def opens(self, side: int) -> str:
        title = self.word("ticket")
        ticket = self.offices[side].opens(title)
        self.told[(side, ticket)].titles[side].append(title)
        self.born.append((side, ticket))
        return ticket

    def act(self) -> None:
        """Somebody opens a ticket, or does one thing to a ticket of either side."""
        if len(self.born) < 2 or self.random.random() < 0.06:
            self.opens(self.random.choice((0, 1)))
            return
        side, ticket = self.random.choice(self.born)
        told = self.told[(side, ticket)]
        twins = self._twins()
        across = twins if side == 0 else {there: here for here, there in twins.items()}
        if ticket in across and self.random.random() < 0.5:
            side, ticket = 1 - side, across[ticket]
        self.does(side, ticket, told, self.random.choice(ACTS))

    def does(self, side: int, ticket: str, told: Told, what: str) -> None:
        with self._lock:
            busy = self._busy[(side, ticket)]
        with busy:
            self._does(side, ticket, told, what)

    def _does(self, side: int, ticket: str, told: Told, what: str) -> None:
        office = self.offices[side]
        if what == "title":
            told.titles[side].append(self.word("ticket"))
            office.renames(ticket, told.titles[side][-1])
        elif what == "priority":
            office.ranks(ticket, self.random.randint(1, 4))
        elif what == "status":
            office.moves(ticket, self.random.choice(STATUSES))
        elif what == "label":
            office.labels(ticket, self.random.choice(LABELS), self.random.random() < 0.6)
        else:
            self._says(side, ticket, told, what)

    def _says(self, side: int, ticket: str, told: Told, what: str) -> None:
        office, word, file = self.offices[side], self.word(what), None
        by = self.random.choice([*office.people])
        if what == "secret":
            self.secrets.append(word)
            if office.hides_files and self.random.random() < 0.5:
                file = (f"{word}.txt", word.encode())
            office.says(ticket, f"between us: {word}", by, public=False, file=file)
            return
        if what == "file":
            file = (f"{word}.bin", self.random.randbytes(self.random.randint(1, 20_000)))
            told.files[file[0]] = file[1]
        word = self.word("say")
        told.said[side][word] = office.people[by]
        office.says(ticket, f"{word} is *bold*, see #12, [[this]] & {{{{toc}}}} <b>", by, public=True, file=file)

    # ---- what must hold

    def wrong(self) -> list[str]:
        """List every broken law, in words."""
        twins = dict(self._twins())
        here, there = (set(office.shared()) for office in self.offices)
        ours = [{ticket for side, ticket in self.born if side == which} for which in (0, 1)]
        known = ours[0] | {left for left, right in twins.items() if right in ours[1]}
        found = [f"{ticket} has no twin" for ticket in ours[0] - twins.keys()]
        found += [f"{ticket} has no twin at the left" for ticket in ours[1] - set(twins.values())]
        pairs = {left: right for left, right in twins.items() if left in known}
        found += [f"{left}/{right} is not shared any more" for left, right in pairs.items() if left not in here]
        found += [f"{left}/{right} is not shared any more" for left, right in pairs.items() if right not in there]
        if len(set(pairs.values())) != len(self.born):
            found.append(f"{len(pairs)} twins for {len(self.born)} tickets")
        for left, right in pairs.items():
            told = self.told.get((0, left)) or self.told[(1, right)]
            shown = self.offices[0].shows(left), self.offices[1].shows(right)
            found += [f"{left}/{right}: {what}" for what in self._compare(told, *shown)]
        return found

    def _compare(self, told: Told, left: Shown, right: Shown) -> list[str]:
        found = []
        if left.title != right.title or left.title not in {titles[-1] for titles in told.titles.values() if titles}:
            found.append(f"titles {left.title!r} / {right.title!r}, last were {dict(told.titles)}")
        if left.priority is not None and left.priority != right.priority:
            found.append(f"priority {left.priority} / {right.priority}")
        if not left.statuses & right.statuses:
            found.append(f"status {set(left.statuses)} / {set(right.statuses)}")
        if left.labels != right.labels:
            found.append(f"labels {set(left.labels)} / {set(right.labels)}")
        for side, words in told.said.items():
            own, peer = (left, right) if side == 0 else (right, left)
            for word, author in words.items():
                at_home = [one for one in own.said if word in one]
                arrived = [one for one in peer.said if word in one]
                if len(at_home) != 1 or len(arrived) != 1:
                    found.append(f"{word}: {len(at_home)} at home, {len(arrived)} at the peer")
                elif f"{author} (" not in arrived[0]:
                    found.append(f"{word} came without its author: {arrived[0]}")
            order = [one for text in peer.said for one in re.findall(r"say-\d+", text) if one in words]
            if order != [*words] and sorted(order) == sorted(words):
                found.append(f"out of order: {order}")
        for name, body in told.files.items():
            if left.files.get(name) != (body,) or right.files.get(name) != (body,):
                count = len(left.files.get(name, ())), len(right.files.get(name, ()))
                found.append(f"{name}: {count[0]} / {count[1]}, or its bytes differ")
        seen = [(*shown.said, *shown.hidden, *shown.files) for shown in (left, right)]
        for secret in self.secrets:
            if all(any(secret in one for one in texts) for texts in seen):
                found.append(f"{secret} went across")
            if any(secret in one for one in (*left.said, *right.said)):
                found.append(f"{secret} is public")
        return found
