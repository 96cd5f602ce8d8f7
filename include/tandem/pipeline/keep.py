# SPDX-License-Identifier: Apache-2.0
"""What diff has decided is stored: the plan for load, and what needs no write takes effect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tandem.core.model import HubTicket
from tandem.core.plan import LinkPlan
from tandem.core.rules import Which
from tandem.core.values import Json
from tandem.errors import MappingError
from tandem.pipeline import twin
from tandem.pipeline.compose import Refused
from tandem.pipeline.environment import AT_ONCE, Run, log
from tandem.pipeline.limits import use_approvals
from tandem.pipeline.reach import Arrived
from tandem.pipeline.translate import canonical
from tandem.state import actions, links, records, runs
from tandem.state.actions import Action
from tandem.state.links import Base, Link
from tandem.state.runs import Held
from tandem.state.store import Tx


@dataclass
class Diff:
    """What diff has decided so far. ``held`` is what was set aside before, by link."""

    held: Mapping[str, Sequence[Held]]
    actions: list[Action] = field(default_factory=list)
    plans: dict[str, LinkPlan] = field(default_factory=dict)
    refused: dict[str, Refused] = field(default_factory=dict)
    parked: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    arrived: Arrived = field(default=lambda cause, target: False)


def keep(
    run: Run,
    diff: Diff,
    all_links: Mapping[str, Link],
    by_link: Mapping[str, Mapping[Which, HubTicket]],
    *,
    apply: bool,
) -> None:
    """Store the plan. What needs no write (settled, noted, parked, conflicts) takes effect now, unless held back.

    A few links at a time, each wholly: a plan of which only a part is stored is made anew, by this task or by another
    run's, before anything of it is written.
    """
    planned: dict[str, list[Action]] = {}
    for action in diff.actions:
        planned.setdefault(action.link, []).append(action)
    refused: dict[str, list[Refused]] = {}
    for key, one in diff.refused.items():
        refused.setdefault(key.split("/")[0], []).append(one)
    for some in records.chunks(list(by_link), AT_ONCE):
        with run.store.begin(run.fence) as tx:
            actions.plan(tx, run.name, [action for id_ in some for action in planned.get(id_, ())], run.env.now())
            every = {event.id for id_ in some for ticket in by_link[id_].values() for event in ticket.events}
            judged: set[int] = set()
            for id_ in some:
                if apply and id_ in diff.plans:
                    _apply(tx, run, diff, all_links[id_], diff.plans[id_], by_link[id_])
                    judged |= diff.plans[id_].states.keys()
            records.set_events(tx, every - judged, "waiting", run=run.job.run_id)
            for id_ in some:
                for one in refused.get(id_, ()):
                    diff.counts["quarantined"] += 1
                    if apply:
                        _quarantine(tx, run, all_links[id_], one)
    for id_, plan in diff.plans.items():
        _tell(diff, plan, all_links[id_])
    with run.store.begin(run.fence) as tx:
        _rest_waits(tx, run, by_link)
        if apply:
            use_approvals(tx, run)


def _tell(diff: Diff, plan: LinkPlan, link: Link) -> None:
    for which, hub in sorted(plan.unsaid):
        diff.counts["unsaid"] += 1
        log.info("%s: %s of %s is unsaid: not in the people file", _label(link), hub, which)
    for (which, hub), number in sorted(plan.left_out.items()):
        diff.counts["unsaid"] += number
        log.info("%s: %s of %s: the other side cannot hold %d of it", _label(link), hub, which, number)
    for clash in plan.clashes.values():
        diff.counts["conflicts" if clash.winner else "held"] += 1


def _rest_waits(tx: Tx, run: Run, by_link: Mapping[str, Mapping[Which, HubTicket]]) -> None:
    """Events that this run did not judge wait: of tickets it was not asked for, or ahead of what their record shows."""
    taken = {(which, sides[which].ticket) for sides in by_link.values() for which in sides}
    for id_, which, ticket in records.stateless(tx, run.name):
        why = "ahead of what its ticket showed" if (which, ticket) in taken else "its ticket was not asked for"
        records.set_events(tx, [id_], "waiting", why, run=run.job.run_id)


def _apply(tx: Tx, run: Run, diff: Diff, link: Link, plan: LinkPlan, hubs: Mapping[Which, HubTicket]) -> None:
    now = run.env.now()
    for id_, state in plan.states.items():
        records.set_events(tx, [id_], state.name, state.reason, run=run.job.run_id)
    bases = links.bases(tx, [link.id]) if plan.unsaid else {}
    touched = {which for which, _ in plan.rebase | plan.unsaid}
    for which in (which for which in Which if which in touched and which in hubs):
        end = run.end(which)
        record = records.latest_records(tx, run.name, which, [hubs[which].ticket])[hubs[which].ticket]
        moved: dict[str, Base] = {}
        old = bases.get((link.id, which), {})
        for side, hub in plan.rebase | plan.unsaid:
            if side is not which or hub not in end.offer.fields:
                continue
            rule = end.offer.fields[hub]
            if rule.of_twin:
                moved |= twin.bases_of(end, hubs[which.other], {hub})
                continue
            shown = canonical(end, hub, record.fields.get(rule.native), record)
            if (side, hub) in plan.unsaid:
                known = old.get(hub, Base(None, end.mapping))
                moved[hub] = Base(known.value, end.mapping, unsaid=shown)
            else:
                moved[hub] = Base(shown, end.mapping)
        links.set_bases(tx, link.id, which, moved)
    agreed = {hub for _, hub in plan.rebase} - set(plan.clashes)
    runs.settle_conflicts(tx, link.id, agreed, now)
    for hub, clash in plan.clashes.items():
        content: dict[str, Json] = {
            f"{part}_{which}": getattr(hubs[which].fields[hub], part) for which in Which for part in ("base", "value")
        }
        winner = clash.winner.value if clash.winner else None
        runs.put_conflict(tx, run.name, link.id, hub, clash.rule, winner, run.job.run_id, content, now)
    why = diff.parked.get(link.id)
    if why is not None:
        if link.state != "parked" or link.reason != why:
            log.info("%s: link parked (%s)", _label(link), why)
        links.update_links(tx, [link.id], now, state="parked", reason=why[:300])
    elif link.state == "parked":
        links.update_links(tx, [link.id], now, state="linked" if link.lone is None else "new", reason="")
    for one in diff.held.get(link.id, ()):
        if one.field and (one.side, one.field) in plan.idle:
            runs.release(tx, link.id, one.side, one.field, now)  # the sides agree by now, without a write
    for which, ticket in hubs.items():
        if not ticket.problems:
            _release_mapping(tx, link, which, diff.held.get(link.id, ()), now)


def _release_mapping(tx: Tx, link: Link, which: Which, held: Sequence[Held], now: datetime) -> None:
    """A value that has its place by now lets its direction go."""
    if any(one.side is which and one.code == MappingError.code and not one.field for one in held):
        runs.release(tx, link.id, which, "", now)


def _quarantine(tx: Tx, run: Run, link: Link, refused: Refused) -> None:
    error = refused.error
    content: Json = {"what": error.what, "fix": error.fix, "value": refused.shown, "fields": list(error.fields)}
    runs.put_quarantine(
        tx, run.name, link.id, refused.source, refused.field, error.code, refused.key, content, run.env.now()
    )
    log.warning("%s quarantined: %s %s (%s)", _label(link), error.code, error.what, refused.key)


def _label(link: Link) -> str:
    return " / ".join(member.key for member in link.members.values())
