# SPDX-License-Identifier: Apache-2.0
"""Runs, the sides' cursors, and what waits for a person: conflicts, quarantine, approvals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tandem.connectors.base import Edge, Way
from tandem.core.rules import Which
from tandem.core.values import Json
from tandem.state.store import Tx, from_db, to_db
from tandem.state.tables import approval, conflict, edge, notice, quarantine, run, side

BACK_OFF = (timedelta(0), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
PARK_AFTER = 12
_SIDE = sa.select(side).where(side.c.pair == sa.bindparam("pair"), side.c.side == sa.bindparam("which"))
_RUN = sa.select(run).where(run.c.pair == sa.bindparam("pair"), run.c.run == sa.bindparam("name"))
_CHANGE_SIDE = sa.update(side).where(side.c.pair == sa.bindparam("of_pair"), side.c.side == sa.bindparam("of_side"))
_CHANGE_RUN = sa.update(run).where(run.c.pair == sa.bindparam("of_pair"), run.c.run == sa.bindparam("of_run"))
_COUNTS = _RUN.with_only_columns(run.c.counts, run.c.state)


@dataclass(frozen=True, slots=True)
class Held:
    """An open quarantine of one direction (``field`` empty) or one field of a link."""

    id: int
    link: str
    side: Which
    field: str
    code: str
    key: str
    tries: int
    state: str
    next_try: datetime | None

    @property
    def tried_at(self) -> datetime | None:
        """When it was tried last."""
        return None if self.next_try is None else self.next_try - pause(self.tries)


def pause(tries: int) -> timedelta:
    """How long to wait after so many vain tries."""
    return BACK_OFF[min(tries, len(BACK_OFF)) - 1]


def known_side(tx: Tx, pair: str, which: Which) -> dict[str, Any] | None:
    """Read how far a side was read; none: never."""
    return tx.row(_SIDE, pair=pair, which=which.value)


def get_side(tx: Tx, pair: str, which: Which) -> dict[str, Any]:
    """Read how far a side was read; a side never read before gets a row with nothing in it."""
    row = known_side(tx, pair, which)
    if row is None:
        tx.upsert(side, [{"pair": pair, "side": which.value}], update=())
        row = tx.row(_SIDE, pair=pair, which=which.value)
    assert row is not None
    return row


def accounts(tx: Tx) -> set[str]:
    """The accounts by which this installation works, at whichever tracker."""
    rows = tx.rows(sa.select(side.c.dictionary).where(side.c.dictionary.is_not(None)))
    return {str(row["dictionary"]["account"]) for row in rows if row["dictionary"] and row["dictionary"].get("account")}


def set_side(tx: Tx, pair: str, which: Which, **values: object) -> None:
    """Change a side's row. Times are aware."""
    ready = {name: to_db(value) if isinstance(value, datetime) else value for name, value in values.items()}
    tx.run(_CHANGE_SIDE, of_pair=pair, of_side=which.value, **ready)


def raise_highest(tx: Tx, pair: str, which: Which, seen: Mapping[str, str]) -> None:
    """Remember the highest key seen in each place, behind which lost creates are looked for."""
    known: dict[str, str] = dict(get_side(tx, pair, which)["highest"] or {})
    higher = {
        place: key for place, key in seen.items() if place not in known or number_of(key) > number_of(known[place])
    }
    if higher:
        set_side(tx, pair, which, highest={**known, **higher})


def number_of(key: str) -> int:
    """The number in a key such as SHOP-12; 0 where there is none."""
    digits = key.rpartition("-")[2]
    return int(digits) if digits.isdigit() else 0


def open_run(tx: Tx, pair: str, name: str, values: Mapping[str, object], now: datetime) -> None:
    """Begin a run, or begin it anew where its extract is tried again."""
    row = {
        "pair": pair,
        "run": name,
        "state": "running",
        "started_at": to_db(now),
        "ended_at": None,
        "counts": {},
        "message": None,
        **values,
    }
    tx.upsert(run, [row])


def get_run(tx: Tx, pair: str, name: str) -> dict[str, Any] | None:
    """Read a run's row."""
    return tx.row(_RUN, pair=pair, name=name)


def count(tx: Tx, pair: str, name: str, phase: str, counts: Mapping[str, Any]) -> str:
    """Put a phase's counts into the run's row; tell the state that the run is in."""
    row = tx.row(_COUNTS, pair=pair, name=name)
    assert row is not None
    all_counts = {**row["counts"], phase: dict(counts)}
    tx.run(_CHANGE_RUN, of_pair=pair, of_run=name, counts=all_counts)
    return str(row["state"])


def note(tx: Tx, pair: str, name: str, message: str) -> None:
    """Say in a run's row what its last try failed of; it may be tried again."""
    tx.run(_CHANGE_RUN, of_pair=pair, of_run=name, message=message)


def end_run(tx: Tx, pair: str, name: str, state: str, message: str, now: datetime) -> None:
    """End a run."""
    tx.run(_CHANGE_RUN, of_pair=pair, of_run=name, state=state, message=message, ended_at=to_db(now))


_NEWEST_START = (
    sa.select(run.c.started_at)
    .where(run.c.pair == sa.bindparam("pair"), run.c.state.in_(sa.bindparam("states", expanding=True)))
    .order_by(run.c.started_at.desc())
    .limit(1)
)


def newest_start(tx: Tx, pair: str, *states: str) -> datetime | None:
    """When the newest run that ended in one of these states was started."""
    row = tx.row(_NEWEST_START, pair=pair, states=states)
    return from_db(row["started_at"]) if row else None


def recent_runs(tx: Tx, pair: str, most: int = 10) -> list[dict[str, Any]]:
    """Read the newest runs."""
    return tx.rows(sa.select(run).where(run.c.pair == pair).order_by(run.c.started_at.desc()).limit(most))


def put_edges(tx: Tx, system: str, edges: Iterable[Edge], *, whole: bool = False) -> None:
    """Remember ways that a workflow was seen to offer. ``whole``: of these places and types there are no others."""
    edges = list(edges)
    if whole:
        for place, type_ in {(item.place, item.type) for item in edges}:
            tx.run(sa.delete(edge).where(edge.c.system == system, edge.c.place == place, edge.c.type == type_))
    rows = {
        (item.place, item.type, item.source, item.way.id): {
            "system": system,
            "place": item.place,
            "type": item.type,
            "source": item.source,
            "way": item.way.id,
            "sealed": tx.seal(item.way.name),
            "target": item.way.to,
            "needs": list(item.way.needs),
        }
        for item in edges
    }
    tx.upsert(edge, list(rows.values()))


def get_edges(tx: Tx, system: str, place: str, type_: str) -> dict[str, list[Way]]:
    """Read the workflow's graph for a place and type: status → ways."""
    where = (edge.c.system == system, edge.c.place == place, edge.c.type == type_)
    graph: dict[str, list[Way]] = {}
    for row in tx.rows(sa.select(edge).where(*where)):
        name = str(tx.open(row["sealed"])) if row["sealed"] is not None else ""
        graph.setdefault(row["source"], []).append(Way(row["way"], name, row["target"], tuple(row["needs"])))
    return graph


def put_conflict(
    tx: Tx, pair: str, link: str, field: str, rule: str, winner: str | None, run_: str, content: Json, now: datetime
) -> int:
    """Record a conflict. A held one that is there already is kept, with the newest values.

    One that a run recorded which never wrote, because it died, is recorded once, whichever run meets it again.
    """
    of = (conflict.c.link == link, conflict.c.field == field)
    same = (conflict.c.rule == rule, conflict.c.winner.is_(None) if winner is None else conflict.c.winner == winner)
    died = sa.select(run.c.run).where(run.c.pair == pair, run.c.state != "done")
    for row in tx.rows(sa.select(conflict.c.id, conflict.c.sealed).where(*of, *same, conflict.c.run.in_(died))):
        if tx.open(row["sealed"]) == content:
            tx.run(sa.update(conflict).where(conflict.c.id == row["id"]).values(run=run_))
            return int(row["id"])
    held = tx.row(sa.select(conflict.c.id).where(*of, conflict.c.state == "held"))
    state = "decided" if winner else "held"
    values: dict[str, Any] = {"rule": rule, "winner": winner, "state": state, "run": run_, "sealed": tx.seal(content)}
    if winner:
        values["closed_at"] = to_db(now)
    if held:
        tx.run(sa.update(conflict).where(conflict.c.id == held["id"]).values(**values))
        return int(held["id"])
    row = {"pair": pair, "link": link, "field": field, "opened_at": to_db(now), **values}
    return int(tx.insert(conflict, row))


def settle_conflicts(tx: Tx, link: str, fields: Iterable[str], now: datetime) -> None:
    """Close held conflicts of fields that agree by now."""
    where = (conflict.c.link == link, conflict.c.field.in_(list(fields)), conflict.c.state == "held")
    tx.run(sa.update(conflict).where(*where).values(state="settled", closed_at=to_db(now)))


def conflicts(tx: Tx, pair: str, state: str | None = None) -> list[dict[str, Any]]:
    """Read a pair's conflicts, newest first."""
    where = [conflict.c.pair == pair] + ([conflict.c.state == state] if state else [])
    return tx.rows(sa.select(conflict).where(*where).order_by(conflict.c.id.desc()))


_CONFLICTS_OF_RUN = sa.select(sa.func.count().label("n")).where(
    conflict.c.pair == sa.bindparam("pair"), conflict.c.run == sa.bindparam("name")
)


def count_conflicts(tx: Tx, pair: str, name: str) -> int:
    """Count the conflicts that a run met."""
    row = tx.row(_CONFLICTS_OF_RUN, pair=pair, name=name)
    assert row is not None
    return int(row["n"])


def put_quarantine(
    tx: Tx, pair: str, link: str, which: Which, field: str, code: str, key: str, content: Json, now: datetime
) -> None:
    """Set a direction or a field aside, or count one more vain try with a longer pause."""
    where = (
        quarantine.c.link == link,
        quarantine.c.side == which.value,
        quarantine.c.field == field,
        quarantine.c.state != "released",
    )
    known = tx.row(sa.select(quarantine).where(*where))
    tries = known["tries"] + 1 if known else 1
    values = {
        "code": code,
        "key": key[:200],
        "state": "parked" if tries >= PARK_AFTER else "open",
        "tries": tries,
        "next_try": to_db(now + pause(tries)),
        "sealed": tx.seal(content),
    }
    if known:
        tx.run(sa.update(quarantine).where(quarantine.c.id == known["id"]).values(**values))
        return
    row = {"pair": pair, "link": link, "side": which.value, "field": field, "opened_at": to_db(now), **values}
    tx.insert(quarantine, row)


def release(tx: Tx, link: str, which: Which, field: str | None, now: datetime) -> None:
    """End a quarantine: it went through (``field`` none: the whole direction with its fields)."""
    where = [quarantine.c.link == link, quarantine.c.side == which.value, quarantine.c.state != "released"]
    if field is not None:
        where.append(quarantine.c.field == field)
    tx.run(sa.update(quarantine).where(*where).values(state="released", closed_at=to_db(now)))


def let_try(tx: Tx, link: str, which: Which, now: datetime) -> None:
    """Let what is set aside of a direction, and was refused by a ticket as it was, be tried by the next run."""
    where = (quarantine.c.link == link, quarantine.c.side == which.value, quarantine.c.state != "released")
    tx.run(sa.update(quarantine).where(*where).values(state="open", next_try=to_db(now)))


_HELD = (
    sa.select(quarantine)
    .where(quarantine.c.pair == sa.bindparam("pair"), quarantine.c.state != "released")
    .order_by(quarantine.c.id)
)


def held(tx: Tx, pair: str) -> list[Held]:
    """Read what is set aside."""
    return [
        Held(
            row["id"], row["link"], Which(row["side"]), row["field"], row["code"], row["key"], row["tries"],
            row["state"], from_db(row["next_try"]) if row["next_try"] else None,
        )
        for row in tx.rows(_HELD, pair=pair)
    ]  # fmt: skip


def first_time(tx: Tx, pair: str, kind: str, cause: str, now: datetime) -> bool:
    """Tell whether people have not been told of this yet, and note that they are now."""
    return tx.upsert(notice, [{"pair": pair, "kind": kind, "cause": cause[:200], "at": to_db(now)}], update=()) == 1


def due(tx: Tx, pair: str, kind: str, cause: str, every: timedelta, now: datetime) -> bool:
    """Tell whether people are to be told of this (again): not if they were less than ``every`` ago. Note it if so."""
    if first_time(tx, pair, kind, cause, now):
        return True
    key = (notice.c.pair == pair, notice.c.kind == kind, notice.c.cause == cause[:200])
    return tx.run(sa.update(notice).where(*key, notice.c.at <= to_db(now - every)).values(at=to_db(now))) == 1


_USED = sa.delete(approval).where(approval.c.pair == sa.bindparam("pair"))
_APPROVALS = sa.select(approval).where(approval.c.pair == sa.bindparam("pair"))


def approvals(tx: Tx, pair: str) -> dict[tuple[str, str], int]:
    """Read limits that a person raised for the next run: (limit, side) → value."""
    rows = tx.rows(_APPROVALS, pair=pair)
    return {(row["limit"], row["side"]): row["value"] for row in rows}


def approve(tx: Tx, pair: str, limit: str, which: str, value: int, by: str, now: datetime) -> None:
    """Raise a limit for the next run."""
    row = {"pair": pair, "limit": limit, "side": which, "value": value, "by": by, "at": to_db(now)}
    tx.upsert(approval, [row], update=["value", "by", "at"])


def use_approvals(tx: Tx, pair: str) -> None:
    """Let go of raised limits: they hold for one run."""
    tx.run(_USED, pair=pair)
