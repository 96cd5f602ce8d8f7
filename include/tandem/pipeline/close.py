# SPDX-License-Identifier: Apache-2.0
"""End a run for each ticket that it took up: what is wholly consumed rests, all else is read by id in the next run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tandem.connectors.base import Record
from tandem.core.rules import Which
from tandem.core.values import same
from tandem.errors import MappingError
from tandem.pipeline import composed, twin
from tandem.pipeline.environment import AT_ONCE, End, Run
from tandem.pipeline.translate import base_to_hub, canonical, hub_status
from tandem.state import links, records, runs, stages
from tandem.state.links import Base, Link
from tandem.state.store import Tx

Bases = Mapping[tuple[str, Which], Mapping[str, Base]]


def close(run: Run) -> dict[str, int]:
    """Note what is wholly consumed, so that it is not read again; count what stays open."""
    counts: Counter[str] = Counter()
    with run.store.read() as tx:
        taken = {which: stages.taken_up(tx, run.name, run.job.run_id, which) for which in Which}
        of = {which: links.link_of(tx, run.name, which, taken[which]) for which in Which}
        touched = links.links(tx, run.name, ids={id_ for side in of.values() for id_ in side.values()})
        bases = links.bases(tx, touched)
        held = {one.link for one in runs.held(tx, run.name)}
    for some in records.chunks(list(touched.values()), AT_ONCE):
        with run.store.begin(run.fence) as tx:
            for link in some:
                _close_link(tx, run, link, bases, link.id in held, counts)
    return dict(counts)


def _close_link(tx: Tx, run: Run, link: Link, bases: Bases, held: bool, counts: Counter[str]) -> None:
    """A link rests when nothing of it is open; until then it is read by id in each run."""
    resting = bool(link.members) and not held
    newest: dict[Which, Record] = {}
    for which, member in link.members.items():
        found = records.latest_records(tx, run.name, which, [member.ticket])
        if member.ticket not in found:
            resting = False
            continue
        newest[which] = record = found[member.ticket]
        waiting = records.open_events(tx, run.name, which, [member.ticket]).get(member.ticket, [])
        states = {event.state or "none" for event in waiting}
        if states - {"parked", "conflict"} or member.state == "unseen":
            resting = False
        for state in states:
            counts[state] += 1
        if link.state == "linked" and not _agreed(run.end(which), record, bases.get((link.id, which), {}), states):
            resting = False
    if link.state == "new" and link.lone is not None:
        resting = False
    if link.state == "linked" and _untold(run, link, newest, bases):
        resting = False
    for which, record in newest.items():
        if resting:
            links.update_member(tx, run.name, which, record.id, version=record.version)
            records.drop_content(tx, run.name, which, record.id)
    status = _status(run, link, newest, bases)
    links.update_links(tx, [link.id], run.env.now(), pending=not resting, status=status)
    counts["in_step" if resting and link.state == "linked" else "open"] += 1


def _status(
    run: Run,
    link: Link,
    newest: Mapping[Which, Record],
    bases: Bases,
) -> str | None:
    """The hub status that both last agreed on (it stands in clear)."""
    for which in Which:
        base = bases.get((link.id, which), {}).get("status")
        end, record = run.end(which), newest.get(which)
        rule = end.rule("status")
        if base is None or rule is None or (rule.when and record is None):
            continue
        try:
            rule = end.rule_for("status", record) if record is not None else rule
        except MappingError:
            continue  # out of scope: the other side may know
        value = base_to_hub(rule, base, end.terms(rule.native))
        return None if value is None else str(value)
    return None


def _untold(
    run: Run,
    link: Link,
    newest: Mapping[Which, Record],
    bases: Bases,
) -> bool:
    """Tell whether a side has news of its ticket, such as its first key, that the other has not been told."""
    for which, record in newest.items():
        end, target = run.end(which), run.end(which.other)
        own = bases.get((link.id, which), {})
        news = twin.told(end, record, hub_status(end, record, own))
        told = composed.told_by(end, target, record, own, news, newest.get(which.other))
        heard = twin.heard(target, bases.get((link.id, which.other), {}))
        taken = {hub for hub, rule in target.offer.fields.items() if rule.of_twin}
        if any(hub in taken and value != heard.get(hub) for hub, value in told.items()):
            return True
    return False


def _agreed(end: End, record: Record, bases: Mapping[str, Base], states: set[str]) -> bool:
    """Tell whether a side shows nothing but its bases (a held conflict, or a value that says nothing, apart)."""
    for hub, rule in end.offer.fields.items():
        base = bases.get(hub)
        if base is None or rule.native not in record.fields or not rule.goes_out or "conflict" in states:
            continue
        shown = canonical(end, hub, record.fields[rule.native], record)
        if not (same(shown, base.value) or (base.unsaid is not None and same(shown, base.unsaid))):
            kept = end.caps.life_cycle_ends | set(end.rule_for(hub, record).ignore)
            if not kept & {str(shown), end.terms(rule.native).choices.name_of(shown)}:
                return False
    return True
