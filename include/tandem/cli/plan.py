# SPDX-License-Identifier: Apache-2.0
"""``tandem plan``: what the next run would write, readable. It shows values: it is for those who run the pair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from tandem.cli.members import label, shown_key
from tandem.cli.out import IN_STEP, WAITS, Answer, UsageError, say
from tandem.cli.run import make_job, perform, switched_off, waiting
from tandem.cli.setting import Setting
from tandem.config.identity import thaw
from tandem.config.models import Pair
from tandem.config.traits import HUB_FIELDS
from tandem.core.doc import is_empty
from tandem.core.model import HubTicket
from tandem.core.plain import to_plain
from tandem.core.plan import COMMENT, plan_link
from tandem.core.rules import Which
from tandem.core.values import Json
from tandem.errors import SafetyStopError
from tandem.pipeline.dictionary import make_ends
from tandem.pipeline.environment import Environment, Job, Run
from tandem.state import actions, links, runs, stages
from tandem.state.actions import Action
from tandem.state.links import Link
from tandem.state.store import Fence, Store, from_db
from tandem.state.tables import run as run_table

LONGEST = 60  # characters shown of a value


@dataclass(frozen=True)
class Plan:
    """A stored plan with what is needed to read it."""

    pair: Pair
    run: Mapping[str, Any]
    actions: Sequence[Action]
    links: Mapping[str, Link]
    hubs: Mapping[str, Mapping[Which, HubTicket]] = field(default_factory=dict)  # by link, as long as they are kept


def plan(setting: Setting, pair: str, *, last: bool = False, tickets: Sequence[str] = ()) -> Answer:
    """Make a plan (or take the newest) and show it. A safety stop is told with it."""
    name = setting.pair_name(pair)
    job = make_job(name, dry_run=True, tickets=tickets)
    with setting.store(migrate=not last) as store:
        stopped = ""
        if not last:
            try:
                if perform(setting, store, job)["extract"].get("enabled") is False:
                    return Answer({"pair": name, "enabled": False}, [switched_off(name)])
            except SafetyStopError as stop:
                stopped = str(stop)
        found = _read(store, name, _newest(store, name) if last else job.run_id)
        clashes = _clashes(setting.environment(store, _quiet), found)
        waits = waiting(store, name)
    stops = found.run["counts"].get("safety", {}).get("stops", [])
    unfit = _unfit(found)
    tickets_unfit = len({(one["tickets"], one["side"]) for one in unfit})
    data = {
        "pair": name,
        "run": found.run["run"],
        "made": from_db(found.run["started_at"]).isoformat(),
        "writes": [_write(found, action) for action in found.actions],
        "conflicts": clashes,
        "quarantined": unfit,
        "more_quarantined": max(0, found.run["counts"].get("diff", {}).get("quarantined", 0) - tickets_unfit),
        "limits": {"creates": found.pair.limits.creates, "closes": found.pair.limits.closes},
        "stops": [dict(zip(("limit", "side", "value", "allowed"), stop, strict=True)) for stop in stops],
        "waits_for_a_person": waits,
    }
    if stopped:
        say(stopped)
    held = (
        unfit
        or data["more_quarantined"]
        or stops
        or any(waits.values())
        or any(clash["winner"] is None for clash in clashes)
    )
    return Answer(data, _lines(data), WAITS if held else IN_STEP)


def _quiet(phase: str, done: int, total: int) -> None:
    return None


def _newest(store: Store, pair: str) -> str:
    """Find the newest run that came as far as a plan."""
    select = sa.select(run_table.c.run, run_table.c.counts).where(run_table.c.pair == pair)
    with store.read() as tx:
        rows = tx.rows(select.order_by(run_table.c.started_at.desc()).limit(100))
    for row in rows:
        if {"diff", "safety"} & set(row["counts"]):
            return str(row["run"])
    raise UsageError(f"No plan of {pair} is stored.", f"Make one: tandem plan {pair}")


def _read(store: Store, pair: str, run: str) -> Plan:
    with store.read() as tx:
        row = runs.get_run(tx, pair, run)
        assert row is not None
        planned = actions.of_run(tx, pair, run)
        hubs: dict[str, dict[Which, HubTicket]] = {}
        for which in Which:
            for message in stages.hubs(tx, pair, run, which).values():
                ticket = HubTicket.model_validate(message)
                hubs.setdefault(ticket.link, {})[which] = ticket
        found = links.links(tx, pair, ids={action.link for action in planned} | set(hubs))
        return Plan(thaw(str(tx.open(row["sealed"]))), row, planned, found, hubs)


def _write(found: Plan, action: Action) -> dict[str, Any]:
    """Tell of one write: from where, to where, what."""
    members = found.links[action.link].members
    source, target = members.get(action.side.other), members.get(action.side)
    hub = found.hubs.get(action.link, {}).get(action.side)
    fields = action.content.get("fields")
    values = fields if isinstance(fields, dict) else {}
    told: dict[str, Any] = {
        "side": action.side.value,
        "kind": action.kind,
        "state": action.state,
        "source": shown_key(source.key) if source else None,
        "target": shown_key(target.key) if target else None,
        "offer": found.pair.side(action.side.value).name,
        "fields": {name: _plain(values[name]) for name in sorted(values, key=_place)},
        "before": {name: _plain(hub.fields[name].value) for name in values if hub and name in hub.fields},
        "files": _files(action),
    }
    if action.kind == COMMENT:
        told["public"] = bool(action.content["public"])
    return told


def _place(hub: str) -> tuple[int, str]:
    """The hub's own fields first, in their order."""
    own = list(HUB_FIELDS)
    return (own.index(hub) if hub in own else len(own), hub)


def _files(action: Action) -> list[dict[str, Any]]:
    listed, alone = action.content.get("files"), action.content.get("file")
    files = listed if isinstance(listed, list) else [alone]
    return [{"name": one["name"], "size": one["size"]} for one in files if isinstance(one, dict)]


def _clashes(env: Environment, found: Plan) -> list[dict[str, Any]]:
    """Merge again what diff merged, by the same rules, to tell which fields both sides changed apart."""
    job = Job(found.pair.name, str(found.run["run"]))
    run = Run(job, env, found.pair, Fence(found.pair.name, 0, job.run_id, "plan"), make_ends(env, found.pair))
    rules, told = run.rules, []
    for id_, hubs in found.hubs.items():
        if len(hubs) < 2:
            continue
        made = plan_link(hubs[Which.LEFT], hubs[Which.RIGHT], rules, {}, datetime.now(UTC))
        for hub, clash in made.clashes.items():
            told.append(
                {
                    "tickets": label(found.links[id_]),
                    "field": hub,
                    "rule": clash.rule,
                    "winner": clash.winner.value if clash.winner else None,
                    **{which.value: _plain(hubs[which].fields[hub].value) for which in Which},
                }
            )
    return told


def _unfit(found: Plan) -> list[dict[str, Any]]:
    """Name the tickets that have no place in their contract."""
    return [
        {"tickets": label(found.links[id_]), "side": which.value, "code": one.code, "key": one.key, "what": one.what}
        for id_, hubs in found.hubs.items()
        for which, ticket in hubs.items()
        if ticket.in_scope
        for one in ticket.problems
    ]


def _plain(value: Json) -> Json:
    if isinstance(value, dict) and value.get("type") == "doc":
        return "" if is_empty(value) else to_plain(value)
    return value


# ---- words


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    rows = [_row(one) for one in told["writes"]]
    rows += [_clash_row(one) for one in told["conflicts"]]
    rows += [
        (one["tickets"], "quarantined", f"{one['code']} {one['key']}  {one['what']}") for one in told["quarantined"]
    ]
    first = max((len(row[0]) for row in rows), default=0)
    second = max((len(row[1]) for row in rows), default=0)
    for ticket, kind, words in rows:
        yield f"  {ticket:<{first}}  {kind:<{second}}  {words}".rstrip()
    if told["more_quarantined"]:
        more = f"{told['more_quarantined']} more cannot be written at the other side"
        yield f"  {more}: a run puts them into tandem status, with the reason"
    for stop in told["stops"]:
        yield f"  stopped: {stop['limit']} at {stop['side']}: {stop['value']} (limit {stop['allowed']})"
    writes = len(told["writes"])
    tickets = len({(one["source"], one["target"]) for one in told["writes"]})
    limits = f"limits: {told['limits']['creates']} creates, {told['limits']['closes']} closes"
    way = f"tandem approve {told['pair']}, then tandem run" if told["stops"] else "tandem run"
    head = f"{tickets} ticket{'s' if tickets != 1 else ''}, {writes} write{'s' if writes != 1 else ''} ({limits})"
    yield f"{head}. Nothing was written. Apply: {way} {told['pair']}" if writes else f"{head}. Nothing to write."


def _row(one: Mapping[str, Any]) -> tuple[str, str, str]:
    target = one["target"] or f"(new) {one['offer']}"
    parts = []
    for name, value in one["fields"].items():
        before = f"{_short(one['before'][name])} -> " if one["before"].get(name) not in (None, "", []) else ""
        parts.append(f"{name} {before}{_short(value)}")
    if "public" in one:
        parts.append("public" if one["public"] else "internal")
    size = sum(file["size"] for file in one["files"])
    if one["files"]:
        parts.append(f"{len(one['files'])} file{'s' if len(one['files']) != 1 else ''} ({_bytes(size)})")
    state = "" if one["state"] == "planned" else f"   [{one['state']}]"
    return f"{one['source'] or '?'}  ->  {target}", one["kind"], " · ".join(parts) + state


def _clash_row(one: Mapping[str, Any]) -> tuple[str, str, str]:
    if one["winner"] is None:
        both = f"left {_short(one['left'])}, right {_short(one['right'])}"
        return one["tickets"], one["field"], f"both changed: held for a person ({both})"
    loser = "right" if one["winner"] == "left" else "left"
    words = f"both changed: rule {one['rule']} -> {one['winner']} {_short(one[one['winner']])}"
    return one["tickets"], one["field"], f"{words}, losing value kept: {loser} {_short(one[loser])}"


def _short(value: Json) -> str:
    if value is None or value == "" or value == []:
        return "(empty)"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, str) and (" " in value or len(value) > LONGEST):
        line = " ".join(value.split())
        return f'"{line[:LONGEST].rstrip()}…"' if len(line) > LONGEST else f'"{line}"'
    return str(value)


def _bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB" if size >= 1e3 else f"{size} B"
