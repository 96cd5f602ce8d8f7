# SPDX-License-Identifier: Apache-2.0
"""Drift: compare all linked tickets as they are now, and tell where the two sides do not agree. Nothing is written.

A field is *pending* where the next run has it in hand anyway, *held* where it waits for a person, *unsaid* where one
side's value had no counterpart when it came, and *apart* where nobody changed anything since, as after a change of a
contract. A comment or file is *earlier* where it was made before the contract offered its kind. Repair takes up what is
unsaid, apart or earlier: one side counts as the one that changed or spoke, and the next run writes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tandem.core.rules import Which
from tandem.core.values import Json, same
from tandem.pipeline.environment import Environment, Job, Run
from tandem.pipeline.extract import preflight
from tandem.pipeline.intake import events_of
from tandem.pipeline.joining import Seen, Sides, differences, prefer, read_tickets
from tandem.pipeline.policy import EARLIER, note_offers, only_since_offered
from tandem.pipeline.tasks import command
from tandem.pipeline.translate import canonical
from tandem.state import links, records, runs
from tandem.state.links import Base, Link
from tandem.state.records import Happened
from tandem.state.store import Tx

AGREE, PENDING, HELD, UNSAID, APART = "in agreement", "pending", "held", "unsaid", "apart"
EARLY = "earlier"
LONE, UNREAD = "without a twin", "not to be read now"
Known = Mapping[Which, Base | None]  # the bases of one field
TOGETHER = 200  # links compared at a time


@dataclass(frozen=True, slots=True)
class Finding:
    """A field on which the two tickets of a link do not agree, or a ``comment`` or ``file`` that did not go.

    ``winner``: who counts as right if it is repaired.
    """

    left: str
    right: str
    field: str
    state: str
    winner: Which | None = None
    repaired: bool = False


@dataclass
class Drift:
    """What a comparison came to. ``counts`` are of links, by their worst field."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    @property
    def undecided(self) -> list[Finding]:
        """What could be repaired if somebody said who is right."""
        return [one for one in self.findings if one.state in (UNSAID, APART) and one.winner is None]


def drift(job: Job, env: Environment, *, repair: bool = False, choice: Which | None = None) -> Drift:
    """Compare all links of a pair. ``choice`` is who is right where both ways are open and no rule names a side.

    Raises:
        ConfigurationError: files or trackers are wrong; all problems at once.
        LeaseHeldError: a run of the pair is at work.
    """
    told = Drift()
    with command(job, env, "drift") as run:
        for end in run.ends.values():
            preflight(run, end)
            note_offers(run, end)
        with run.store.read() as tx:
            all_links = links.links(tx, run.name)
        both = [link for link in all_links.values() if link.lone is None and link.members]
        told.counts[LONE] = len(all_links) - len(both)
        for some in records.chunks(both, TOGETHER):
            _compare(run, some, told, repair=repair, choice=choice)
    told.counts = +told.counts
    return told


def _compare(run: Run, some: Sequence[Link], told: Drift, *, repair: bool, choice: Which | None) -> None:
    seen: dict[Which, Mapping[str, Seen]] = {
        which: read_tickets(end, [link.members[which].ticket for link in some]) for which, end in run.ends.items()
    }
    with run.store.begin(run.fence) as tx:
        bases = links.bases(tx, [link.id for link in some])
        held = {one.link for one in runs.held(tx, run.name)}
        conflicts = {(str(row["link"]), str(row["field"])) for row in runs.conflicts(tx, run.name, "held")}
        for link in some:
            tickets = {which: seen[which].get(member.ticket) for which, member in link.members.items()}
            left, right = tickets[Which.LEFT], tickets[Which.RIGHT]
            if left is None or right is None:
                told.counts[UNREAD] += 1
                continue
            sides = {Which.LEFT: left, Which.RIGHT: right}
            states = []
            for one in differences(run, sides):
                known = {which: bases.get((link.id, which), {}).get(one.field) for which in Which}
                waits = link.id in held or (link.id, one.field) in conflicts
                states.append(HELD if waits else _state(run, sides, one.field, known))
                told.findings.append(_found(tx, run, link, sides, one.field, states[-1], known, repair, choice))
            early = [one for which in Which for one in _early(tx, run, link, sides, which, repair=repair)]
            told.findings += early
            states += [one.state for one in early]
            told.counts[_worst(states)] += 1


def _worst(states: Sequence[str]) -> str:
    return next((state for state in (APART, EARLY, UNSAID, HELD, PENDING) if state in states), AGREE)


def _early(tx: Tx, run: Run, link: Link, sides: Sides, which: Which, *, repair: bool) -> Iterator[Finding]:
    """What was said or attached before the contract offered it; a repair lets it wait to be sent."""
    end, record = run.end(which), sides[which].record
    happened = events_of(tx, run, end, record, sides[which].history)
    early = {one.key for one in only_since_offered(end, happened) if one.reason == EARLIER}
    if early:
        kept = records.keys_with_reason(tx, run.name, which, record.id, "noted", EARLIER)
        early -= records.known_event_keys(tx, run.name, which, record.id) - kept
    left, right = (link.members[one].key for one in Which)
    for one in happened:
        if one.key not in early:
            continue
        if repair:
            if not records.reopen(tx, run.name, which, record.id, one.key, (EARLIER,), one.content):
                records.add_events(tx, run.name, which, record.id, [replace(one, state="waiting")])
            links.update_links(tx, [link.id], run.env.now(), pending=True)
        yield Finding(left, right, one.kind, EARLY, which, repair)


def _state(run: Run, sides: Sides, hub: str, known: Known) -> str:
    """Tell why two fields differ that no person was asked about."""
    shown = {which: _shown(run, which, sides, hub) for which in Which}
    unsaid = {
        which: base is not None and base.unsaid is not None and same(base.unsaid, shown[which])
        for which, base in known.items()
    }
    moved = [
        which
        for which, base in known.items()
        if not unsaid[which] and (base is None or not same(base.value, shown[which]))
    ]
    if moved:
        return PENDING
    return UNSAID if any(unsaid.values()) else APART


def _shown(run: Run, which: Which, sides: Sides, hub: str) -> Json:
    end, record = run.end(which), sides[which].record
    return canonical(end, hub, record.fields.get(end.offer.fields[hub].native), record)


def _found(
    tx: Tx,
    run: Run,
    link: Link,
    sides: Sides,
    hub: str,
    state: str,
    known: Known,
    repair: bool,
    choice: Which | None,
) -> Finding:
    left, right = (link.members[which].key for which in Which)
    if state not in (UNSAID, APART):
        return Finding(left, right, hub, state)
    winner = _winner(run, hub, known, state, choice)
    if repair and winner is not None:
        _take_up(tx, run, link, sides, hub, winner, known[winner])
    return Finding(left, right, hub, state, winner, repair and winner is not None)


def _winner(run: Run, hub: str, known: Known, state: str, choice: Which | None) -> Which | None:
    """Who is right: the side whose value was unsaid, the only one that may send, the pair's rule, or as was said."""
    how = run.rules.fields[hub]
    if state == UNSAID:
        spoke = [which for which, base in known.items() if base is not None and base.unsaid is not None]
        if len(spoke) == 1 and spoke[0].other in how.ways:
            return spoke[0]
    if len(how.ways) == 1:
        return next(iter(how.ways)).other
    return Which(how.rule) if how.rule in ("left", "right") else choice


def _take_up(tx: Tx, run: Run, link: Link, sides: Sides, hub: str, winner: Which, known: Base | None) -> None:
    """Let a side count as the one that changed a field; the next run merges and writes it."""
    end, record = run.end(winner), sides[winner].record
    base = prefer(run, sides, hub, winner) or Base(None, end.mapping)
    if known is not None and known.unsaid is not None:
        base = Base(known.value, end.mapping)
    links.set_bases(tx, link.id, winner, {hub: base})
    key = f"repair:{run.job.run_id}:{hub}"[:200]
    native = end.offer.fields[hub].native
    event = Happened(key, "field", "", run.env.now(), {"author": ""}, native, False, "waiting", "taken up by a repair")
    records.add_events(tx, run.name, winner, record.id, [event])
    links.update_links(tx, [link.id], run.env.now(), pending=True)
