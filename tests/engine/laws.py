# SPDX-License-Identifier: Apache-2.0
"""What must be so between two trackers in memory once runs went undisturbed: asked of both, after what people did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from engine.memory_files import MEANING, NATIVE, SHARED_LABELS
from engine.memory_house import BLACKED_OUT, HIDDEN, LEFT, RIGHT, SHOWN, Bench, Deed
from tandem.core.rules import Which
from tandem.core.values import Json
from tandem.state import records, tables

ONE_MINUTE = timedelta(minutes=1)
FINAL = {"arrived", "settled", "superseded", "echo", "noted", "dropped", "withdrawn"}
TELLING = {"noted", "dropped", "parked", "deferred", "conflict", "quarantined"}  # states that need a reason


def laws(bench: Bench, *, resting: bool = True) -> list[str]:
    """List every broken law, in words. ``resting``: nothing may be on its way any more."""
    wrong: list[str] = []
    twins = bench.twins()
    both = {LEFT: twins, RIGHT: {right: left for left, right in twins.items()}}
    kin = kin_of(bench)
    for which in Which:
        mine = {ticket for side, ticket in bench.world.born if side is which}
        made = set(bench.tracker(which).tickets) - mine
        marks = [bench.tracker(which).tickets[ticket].mark for ticket in made]
        if len(set(marks)) != len(marks):
            wrong.append(f"{which}: one ticket was made twice")
        known = {ticket for side, ticket in kin if side is which}
        if not made <= known:
            wrong.append(f"{which}: copies without a link: {sorted(made - known)}")
        for ticket in sorted(one for one in mine if not kin.get((which, one))):
            if in_scope(bench, which, ticket):
                wrong.append(f"{which} {ticket} has no twin")
    for left, right in twins.items():
        if in_scope(bench, LEFT, left) and in_scope(bench, RIGHT, right):
            wrong += [f"{left}/{right}: {what}" for what in _apart(bench, left, right)]
    for deed in bench.world.deeds:
        twin = both[deed.side].get(deed.ticket)
        takes = twin is not None and not _gone(bench, deed.side.other, twin)
        if twin is not None and takes and not deed.private and in_scope(bench, deed.side, deed.ticket):
            wrong += _once(bench, deed, kin[(deed.side, deed.ticket)])
    wrong += _order(bench, both) + _leaks(bench) + _states(bench, resting=resting)
    return wrong + (house_labels(bench) if resting else [])


def house_labels(bench: Bench) -> list[str]:
    """The labels that a side shares with nobody are its people's alone: where not all stand as they put them."""
    wrong = []
    for which in Which:
        name = NATIVE["labels"][which]
        for ticket in bench.tracker(which).tickets.values():
            changes = [entry for entry in ticket.entries if entry.field == name]
            own = _unshared(changes[0].before) if changes else set()
            for entry in changes:
                before, after = _unshared(entry.before), _unshared(entry.after)
                if entry.author.id != bench.tracker(which).account.id:
                    own = (own | (after - before)) - (before - after)
            shown = _unshared(ticket.fields[name])
            if changes and own != shown:
                wrong.append(f"{which} {ticket.id}: its own labels are {sorted(shown)}, not {sorted(own)}")
    return wrong


def _unshared(labels: Json) -> set[str]:
    return {str(one) for one in labels} - SHARED_LABELS if isinstance(labels, list) else set()


def kin_of(bench: Bench) -> dict[tuple[Which, str], list[str]]:
    """For each ticket that is or was a member of a link: all that are or were at the other side."""
    rows = bench.rows(tables.member)
    return {
        (Which(row["side"]), row["ticket"]): [
            other["ticket"] for other in rows if other["link"] == row["link"] and other["side"] != row["side"]
        ]
        for row in rows
    }


def _gone(bench: Bench, which: Which, ticket: str) -> bool:
    """Takes no more, or cannot be seen."""
    found = bench.tracker(which).tickets[ticket]
    return bool(found.deleted or found.hidden or found.merged_into or found.fields["status"] == "closed")


def in_scope(bench: Bench, which: Which, ticket: str) -> bool:
    """Tell whether a ticket may leave its side, and takes what comes."""
    found = bench.tracker(which).tickets[ticket]
    labels = found.fields[NATIVE["labels"][which]]
    inside = isinstance(labels, list) and "customer" in labels and not _gone(bench, which, ticket)
    return inside and (which is LEFT or (found.fields["project"] in bench.places and found.fields["security"] is None))


def meant(hub: str, which: Which, native: Json) -> object:
    """What a native value says."""
    if hub == "labels":
        return {str(item) for item in native} & SHARED_LABELS if isinstance(native, list) else set()
    return MEANING[hub][which].get(str(native)) if hub in MEANING else native


def _apart(bench: Bench, left: str, right: str) -> list[str]:
    wrong = []
    held = _held(bench, left, right)
    for hub in NATIVE:
        shown = {
            LEFT: meant(hub, LEFT, bench.get(LEFT, left, hub)),
            RIGHT: meant(hub, RIGHT, bench.get(RIGHT, right, hub)),
        }
        if hub == "status" and shown[LEFT] in (None, "in_progress") and shown[RIGHT] in ("new", "in_progress"):
            continue  # left has no word for new: it is written as open
        if shown[LEFT] == shown[RIGHT]:
            wrong += [f"{hub}: held, and both say {shown[LEFT]}"] if hub in held else []
        elif hub not in held:
            wrong.append(f"{hub}: {shown[LEFT]} / {shown[RIGHT]}")
        elif not all(_by_people(bench, which, ticket, hub) for which, ticket in ((LEFT, left), (RIGHT, right))):
            wrong.append(f"{hub}: held, and people of one side alone changed it")
    return wrong


def _held(bench: Bench, left: str, right: str) -> set[str]:
    """Fields of a pair of tickets that wait for people to agree."""
    of = {row["link"] for row in bench.rows(tables.member) if (row["side"], row["ticket"]) == (LEFT.value, left)}
    rows = [row for row in bench.rows(tables.conflict) if row["link"] in of and row["state"] == "held"]
    return {row["field"] for row in rows if row["rule"] == "hold"}


def _by_people(bench: Bench, which: Which, ticket: str, hub: str) -> bool:
    tracker = bench.tracker(which)
    entries = tracker.tickets[ticket].entries
    return any(entry.field == NATIVE[hub][which] and entry.author != tracker.account for entry in entries)


def _once(bench: Bench, deed: Deed, peers: Sequence[str]) -> list[str]:
    """What was said or shown stands once at the peer; taken back, it stands there no more.

    A copy that people changed or deleted is theirs: it is not written again, and that is all that is asked.
    """
    there = bench.tracker(deed.side.other)
    may_be = {"": {1}, "edited": {1}, HIDDEN: {0}, BLACKED_OUT: {0}, SHOWN: {1}}.get(deed.fate, {0, 1})
    if deed.kind == "file":
        found = [file for peer in peers for file in there.tickets[peer].files if file.name == deed.text]
        if len(found) not in (may_be | {0} if deed.fate == SHOWN else may_be):  # what was taken back may stay so
            return [f"file {deed.text} ({deed.fate}): {len(found)} times at the peer"]
        return [f"file {deed.text} differs" for file in found if there.contents[file.id] != deed.content]
    shown = [text for peer in peers for text in said_at(bench, deed.side.other, peer) if deed.text in text]
    if len(shown) not in may_be:
        return [f"comment {deed.text} ({deed.fate}): {len(shown)} times at the peer"]
    return [f"comment {deed.text} does not name {deed.author}" for text in shown if deed.author not in text]


def said_at(bench: Bench, which: Which, ticket: str) -> list[str]:
    """The bodies of a ticket's comments; a follow-up begins with one that waited."""
    found = bench.tracker(which).tickets[ticket]
    return [*([str(found.fields["description"])] if found.follows else []), *bench.texts(which, ticket)]


def _order(bench: Bench, both: Mapping[Which, Mapping[str, str]]) -> list[str]:
    """What one side said about one ticket stands at the peer in the same order."""
    wrong = []
    for which in Which:
        for ticket, twin in both[which].items():
            own = (d for d in bench.world.deeds if (d.side, d.ticket, d.kind) == (which, ticket, "comment"))
            said = [deed.text for deed in own if not deed.private and not deed.fate]
            shown = [word for text in bench.texts(which.other, twin) for word in said if word in text]
            if shown != [word for word in said if word in shown]:
                wrong.append(f"{which} {ticket}: out of order: {shown}")
    return wrong


def _leaks(bench: Bench) -> list[str]:
    """No private word stands anywhere in the other tracker."""
    wrong = []
    for which in Which:
        tracker = bench.tracker(which.other)
        everything = "\n".join(repr(ticket) for ticket in tracker.tickets.values())
        names = {content for content in tracker.contents.values()}
        for deed in bench.world.deeds:
            if deed.side is which and deed.private and (deed.text in everything or deed.content in names - {b""}):
                wrong.append(f"{deed.text} leaked")
    return wrong


def _states(bench: Bench, *, resting: bool) -> list[str]:
    wrong = []
    for row in bench.events():
        state = row["state"]
        name = f"event {row['key']} of {row['side']} {row['ticket']}"
        if state not in FINAL and state not in records.OPEN:
            wrong.append(f"{name} is in no state")
        elif state in TELLING and not row["reason"]:
            wrong.append(f"{name} is {state} without a reason")
        elif resting and state in ("waiting", "deferred"):
            wrong.append(f"{name} still is {state} ({row['reason']})")
    for which in (which for which in Which if bench.tracker(which).kind.capabilities.history):
        known = {(row["ticket"], row["key"]) for row in bench.events() if row["side"] == which}
        linked = {ticket for ticket, _ in known}
        for ticket in linked:
            if not in_scope(bench, which, ticket):
                continue
            for entry in bench.tracker(which).tickets[ticket].entries:
                offered = entry.field in {native[which] for native in NATIVE.values()}
                if offered and (ticket, f"field:{entry.id}") not in known:
                    wrong.append(f"{which} {ticket}: the change {entry.id} went unseen")
    return wrong


def at_peace(bench: Bench) -> list[str]:
    """Two undisturbed runs, and a third that must write nothing; then every law."""
    bench.quiet()
    bench.run()
    before = bench.changes()
    bench.run()
    wrong = laws(bench)
    if bench.changes() != before:
        wrong.append("a run with nothing new wrote")
    return wrong


def at_rest(bench: Bench) -> None:
    """A run with nothing new writes nothing, and nothing is on its way."""
    bench.quiet()
    before = bench.changes()
    bench.run()
    assert bench.changes() == before
    assert not bench.events("waiting", "deferred", "quarantined", "conflict")
    assert not [row["id"] for row in bench.rows(tables.link) if row["pending"]], "read once more for nothing"
