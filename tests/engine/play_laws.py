# SPDX-License-Identifier: Apache-2.0
"""Laws that ask for more than the present: who had the last word, in what order, and what stands in logs and rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from engine.acts import Acts, Place
from engine.laws import meant
from engine.memory_files import NATIVE
from engine.memory_house import LEFT, RIGHT, Bench
from tandem.connectors.base import Entry
from tandem.core.rules import Which

TIE = 5.0  # seconds: changes on two sides that are closer were made at the same time


def later_laws(bench: Bench, acts: Acts, told: Sequence[str], words: re.Pattern[bytes]) -> list[str]:
    """List what is broken. ``told``: what was logged; ``words``: what no log may say and no row in clear."""
    wrong = _kept_in(bench, acts.secret, told, words)
    history = all(bench.tracker(which).kind.capabilities.history for which in Which)
    for left, right in bench.twins().items():
        if (LEFT, left) in acts.strayed or (RIGHT, right) in acts.strayed:
            continue
        wrong += _described(bench, left, acts.described.get((RIGHT, right), ""))
        if history:
            wrong += [f"{left}/{right}: {what}" for what in _last_word(bench, left, right)]
            wrong += [f"{left}/{right}: {what}" for what in _steps(bench, acts, left, right)]
    return wrong


def _described(bench: Bench, ticket: str, word: str) -> list[str]:
    """A description that was written anew stands at the peer, in its place or in a comment."""
    shown = [str(bench.tracker(LEFT).tickets[ticket].fields["description"]), *bench.texts(LEFT, ticket)]
    return [] if any(word in text for text in shown) else [f"{ticket}: the description {word} is not there"]


def _people(bench: Bench, which: Which, ticket: str, hub: str) -> list[Entry]:
    own = bench.tracker(which).account
    entries = bench.tracker(which).tickets[ticket].entries
    return [entry for entry in entries if entry.field == NATIVE[hub][which] and entry.author != own]


def _last_word(bench: Bench, left: str, right: str) -> list[str]:
    """Of a field that is merged by ``newest`` the last edit of any person stands at the end."""
    made: list[tuple[datetime, object]] = []
    for which, ticket in ((LEFT, left), (RIGHT, right)):
        made += [(entry.at, entry.after) for entry in _people(bench, which, ticket, "title")]
    if not made or bench.conflicts.get("title") == "hold":
        return []
    newest = max(at for at, _ in made)
    may_stand = {value for at, value in made if (newest - at).total_seconds() <= TIE + 1}
    shown = bench.get(LEFT, left, "title")
    return [] if shown in may_stand else [f"title {shown} stands, and the last that a person gave is {may_stand}"]


def _steps(bench: Bench, acts: Acts, left: str, right: str) -> list[str]:
    """Statuses and comments of one side stand at the peer in the order in which they were made.

    Asked where one side alone set statuses: of each comment, and of each status that was set once. What the peer had
    before is no copy of it: its ticket was made with a status, too.
    """
    wrong = []
    for which, ticket, twin in ((LEFT, left, right), (RIGHT, right, left)):
        theirs = [
            entry
            for entry in _people(bench, which, ticket, "status")
            if meant("status", which, entry.before) != meant("status", which, entry.after)
        ]
        if not theirs or _people(bench, which.other, twin, "status"):
            continue
        told: list[tuple[datetime, str, str]] = []
        earlier: dict[str, frozenset[str]] = {}
        for deed in bench.world.deeds:
            if (deed.side, deed.ticket, deed.kind, deed.private, deed.fate) == (which, ticket, "comment", False, ""):
                found = [c for c in bench.tracker(which).tickets[ticket].comments if deed.text in str(c.body)]
                told += [(found[0].at, found[0].order, deed.text)] if found else []
        said = [str(meant("status", which, entry.after)) for entry in theirs]
        for entry, word in zip(theirs, said, strict=True):
            if said.count(word) == 1:
                told.append((entry.at, entry.order, word))
                earlier[word] = acts.earlier.get((which, entry.id), frozenset())
        there = bench.tracker(which.other)
        made = [(c.order, str(c.body)) for c in there.tickets[twin].comments if c.author == there.account]
        shown = [(order, next((w for _, _, w in told if w in body), "")) for order, body in made]
        for one in there.tickets[twin].entries:
            word = str(meant("status", which.other, one.after))
            if one.field == "status" and one.author == there.account and one.id not in earlier.get(word, ()):
                shown.append((one.order, word))
        order = [word for _, word in sorted(shown)]
        wanted = [word for _, _, word in sorted(told, key=lambda item: item[1]) if order.count(word) == 1]
        if wanted != [word for word in order if word in wanted]:
            wrong.append(f"{which}: made as {wanted}, shown as {order}")
    return wrong


def _kept_in(bench: Bench, secret: Sequence[Place], told: Sequence[str], words: re.Pattern[bytes]) -> list[str]:
    """No secret at the other side, no content at all in logs or in clear in the state."""
    wrong = []
    for which, word in secret:
        tracker = bench.tracker(which.other)
        if any(word in repr(ticket) for ticket in tracker.tickets.values()):
            wrong.append(f"{word} leaked")
    logged = "\n".join(told).encode()
    wrong += [f"{found.group().decode()} stands in a log" for found in list(words.finditer(logged))[:3]]
    for file in bench.root.glob("state.db*"):
        found = words.search(file.read_bytes())
        if found:
            wrong.append(f"{found.group().decode()} stands in clear in {file.name}")
    return wrong
