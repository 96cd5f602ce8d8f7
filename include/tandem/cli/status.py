# SPDX-License-Identifier: Apache-2.0
"""``tandem status``: where pairs stand. Keys, codes, times and counts; never a ticket's text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tandem.cli.members import find_link, label, shown_key
from tandem.cli.out import IN_STEP, WAITS, Answer, UsageError
from tandem.cli.setting import Setting
from tandem.state import claims, lease, links, records, runs
from tandem.state.store import Tx, from_db, now_utc
from tandem.state.tables import event, link, member
from tandem.state.tables import lease as leases

RUNS = 5
LISTED = 50


def status(setting: Setting, pair: str | None, ticket: str | None) -> Answer:
    """Tell of one pair, of all, or of one ticket."""
    if ticket is not None and pair is None:
        raise UsageError("A ticket is looked for within a pair.", "Write tandem status PAIR --ticket KEY.")
    names = [setting.pair_name(pair)] if pair is not None else setting.demand_pairs()
    with setting.store() as store, store.read() as tx:
        if ticket is not None:
            return _ticket(tx, names[0], ticket)
        told = [_pair(tx, name) for name in names]
    waits = any(one["conflicts"] or one["quarantined"] or one["stopped"] or _forsaken(one) for one in told)
    return Answer({"pairs": told}, (line for one in told for line in _lines(one)), WAITS if waits else IN_STEP)


def _forsaken(told: Mapping[str, Any]) -> bool:
    """Tell whether a pair waits for what another pair began and nobody goes on with."""
    return any(not one["at_work"] for one in told["behind"])


def _pair(tx: Tx, pair: str) -> dict[str, Any]:
    recent = runs.recent_runs(tx, pair, RUNS)
    held, conflicts = runs.held(tx, pair), runs.conflicts(tx, pair, "held")
    found = links.links(tx, pair, ids={one.link for one in held} | {row["link"] for row in conflicts})
    by_state = sa.select(link.c.state, sa.func.count().label("n")).where(link.c.pair == pair).group_by(link.c.state)
    pending = sa.select(sa.func.count()).where(link.c.pair == pair, link.c.pending.is_(True))
    holder = tx.row(sa.select(leases).where(leases.c.pair == pair, leases.c.run.is_not(None)))
    at_work = holder if holder and holder["until"] and holder["until"] > now_utc() else None
    return {
        "pair": pair,
        "runs": [_run(row, at_work) for row in recent],
        "stopped": bool(recent) and recent[0]["state"] == "stopped",
        "links": {row["state"]: row["n"] for row in tx.rows(by_state)},
        "pending": int(tx.connection.scalar(pending) or 0),
        "events": records.count_states(tx, pair),
        "conflicts": [
            {
                "id": row["id"],
                "tickets": label(found[row["link"]]),
                "field": row["field"],
                "since": _at(row["opened_at"]),
            }
            for row in conflicts
        ],
        "quarantined": [
            {
                "tickets": label(found[one.link]),
                "side": one.side.value,
                "field": one.field,
                "code": one.code,
                "key": one.key,
                "state": one.state,
                "tries": one.tries,
                "next_try": _iso(one.next_try),
            }
            for one in held
        ],
        "behind": [
            {
                "pair": one.pair,
                "run": one.run,
                "kind": one.kind,
                "since": _iso(one.since),
                "tickets": one.tickets,
                "at_work": one.at_work,
                "what": one.text(),
            }
            for one in claims.holders(tx, pair, now_utc())
        ],
        "lease": lease.holder_text(at_work) if at_work else None,
    }


def _run(row: Mapping[str, Any], holder: Mapping[str, Any] | None) -> dict[str, Any]:
    """Tell of a run. One that has not ended and does not hold the pair was broken off; the next one goes on with it."""
    broken_off = row["state"] == "running" and (holder is None or holder["run"] != row["run"])
    return {
        "run": row["run"],
        "kind": row["kind"],
        "state": "broken off" if broken_off else row["state"],
        "dry_run": row["dry_run"],
        "started": _at(row["started_at"]),
        "ended": _at(row["ended_at"]),
        "counts": row["counts"],
        "message": row["message"],
    }


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    yield told["pair"]
    if told["lease"]:
        yield f"  at work     {told['lease']}"
    for one in told["runs"] or ():
        dry = ", dry run" if one["dry_run"] else ""
        counts = {name: n for name, n in one["counts"].get("reconcile", {}).get("report", {}).items() if n}
        words = ", ".join(f"{name} {count}" for name, count in counts.items())
        reason = f"  {one['message'].splitlines()[0]}" if one["message"] else ""
        yield f"  run         {one['started'][:19]}  {one['state']} ({one['kind']}{dry})  {words}{reason}".rstrip()
    if not told["runs"]:
        yield "  no run yet"
    yield f"  links       {_counts(told['links'])}; {told['pending']} read by id in each run"
    yield f"  events      {_counts(told['events'])}"
    for one in told["conflicts"][:LISTED]:
        yield f"  conflict    {one['tickets']}  {one['field']}  held since {one['since'][:19]} (conflict {one['id']})"
    for one in told["quarantined"][:LISTED]:
        field = f" {one['field']}" if one["field"] else ""
        then = f"next try {one['next_try'][:19]}" if one["state"] == "open" and one["next_try"] else one["state"]
        yield f"  quarantine  {one['tickets']}  from {one['side']}{field}  {one['code']} {one['key']}  {then}"
    for one in told["behind"][:LISTED]:
        yield f"  behind      {one['what']}"
    for name in ("conflicts", "quarantined", "behind"):
        if len(told[name]) > LISTED:
            yield f"  … and {len(told[name]) - LISTED} {name} more (--json has all)"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items())) or "none"


def _ticket(tx: Tx, pair: str, ticket: str) -> Answer:
    """Tell of one ticket's members and of everything that happened on them, oldest first."""
    found = find_link(tx, pair, ticket)
    if found is None:
        raise UsageError(f"{pair} knows no ticket {ticket}.", "Give its key as either tracker shows it.")
    members = tx.rows(
        sa.select(member).where(member.c.link == found.id).order_by(member.c.side, member.c.current.desc())
    )
    happened = [row for one in members for row in _events(tx, pair, one)]
    happened.sort(key=lambda row: (row["at"], row["id"]))
    held = [one for one in runs.held(tx, pair) if one.link == found.id]
    conflicts = [row for row in runs.conflicts(tx, pair, "held") if row["link"] == found.id]
    data = {
        "pair": pair,
        "state": found.state,
        "reason": found.reason,
        "pending": found.pending,
        "members": [_member(row) for row in members],
        "events": [_event(row) for row in happened],
        "conflicts": [row["field"] for row in conflicts],
        "quarantined": [{"side": one.side.value, "code": one.code, "key": one.key, "field": one.field} for one in held],
    }
    return Answer(data, _ticket_lines(data, label(found)), WAITS if held or conflicts else IN_STEP)


def _events(tx: Tx, pair: str, one: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = (event.c.id, event.c.side, event.c.at, event.c.kind, event.c.field, event.c.person, event.c.state)
    where = (event.c.pair == pair, event.c.side == one["side"], event.c.ticket == one["ticket"])
    return tx.rows(sa.select(*names, event.c.reason).where(*where))


def _member(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("side", "key", "former_keys", "ticket", "place", "url", "current", "state", "reason")
    return {name: row[name] for name in names}


def _event(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("side", "kind", "field", "person", "state", "reason")
    return {"at": _at(row["at"]), **{name: row[name] for name in names}}


def _ticket_lines(told: Mapping[str, Any], head: str) -> Iterator[str]:
    reason = f" ({told['reason']})" if told["reason"] else ""
    yield f"{head}  {told['state']}{reason}" + ("  read by id in the next run" if told["pending"] else "")
    for one in told["members"]:
        former = f"  formerly {', '.join(one['former_keys'])}" if one["former_keys"] else ""
        gone = "" if one["current"] else "  former"
        yield f"  {one['side']:<6}{shown_key(one['key'])}  {one['state']}{gone}{former}  {one['url']}".rstrip()
    for row in told["events"]:
        who = "" if row["person"] else " (house rule)"
        reason = f"  {row['reason']}" if row["reason"] else ""
        what = f"{row['kind']} {row['field'] or ''}".strip()
        yield f"  {row['at'][:19]}  {row['side']:<6}{what:<22}{row['state'] or 'unjudged'}{who}{reason}"
    for one in told["quarantined"]:
        yield f"  quarantine  from {one['side']} {one['field']}  {one['code']} {one['key']}"
    for field in told["conflicts"]:
        yield f"  conflict    {field}"


def _at(moment: datetime | None) -> str | None:
    return _iso(from_db(moment)) if moment else None


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
