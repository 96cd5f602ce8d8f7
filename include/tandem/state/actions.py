# SPDX-License-Identifier: Apache-2.0
"""Actions, written ahead: planned, sent (committed before the call, with its claims), then done or failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from tandem.core.rules import Which
from tandem.core.values import Json
from tandem.state.records import chunks
from tandem.state.store import Tx, from_db, to_db
from tandem.state.tables import action, claim

LIVE = ("planned", "sent", "done")


@dataclass(frozen=True, slots=True)
class Action:
    """One intended remote write. ``content`` is sealed: what is meant, what it replaces, what was answered."""

    id: str
    run: str
    seq: int
    link: str
    side: Which
    kind: str
    state: str
    causes: tuple[str, ...]
    content: Mapping[str, Json] = field(default_factory=dict)
    native: str | None = None
    history: str | None = None
    sent_at: datetime | None = None
    done_at: datetime | None = None
    reason: str = ""


def plan(tx: Tx, pair: str, actions: Sequence[Action], now: datetime) -> None:
    """Store a plan."""
    rows = [
        {
            "id": item.id,
            "pair": pair,
            "run": item.run,
            "seq": item.seq,
            "link": item.link,
            "side": item.side.value,
            "kind": item.kind,
            "state": item.state,
            "causes": list(item.causes),
            "reason": item.reason[:300],
            "planned_at": to_db(now),
            "sealed": tx.seal(dict(item.content)),
        }
        for item in actions
    ]
    for some in chunks(rows):
        tx.upsert(action, some, update=())


_IN_ORDER = sa.select(action).where(action.c.pair == sa.bindparam("pair")).order_by(action.c.seq)
_OF_RUN = _IN_ORDER.where(action.c.run == sa.bindparam("run"))
_STATES = action.c.state.in_(sa.bindparam("states", expanding=True))
_IN_STATE, _IN_STATE_OF_RUN = _IN_ORDER.where(_STATES), _OF_RUN.where(_STATES)


def in_state(tx: Tx, pair: str, states: Sequence[str], *, run: str | None = None) -> list[Action]:
    """Read a pair's actions in these states, in order."""
    if run is None:
        rows = tx.rows(_IN_STATE, pair=pair, states=states)
    else:
        rows = tx.rows(_IN_STATE_OF_RUN, pair=pair, states=states, run=run)
    return [_action(tx, row) for row in rows]


_UNSETTLED = (
    sa.select(action)
    .where(action.c.pair == sa.bindparam("pair"), action.c.state == "done", action.c.settled_at.is_(None))
    .order_by(action.c.done_at, action.c.seq)
)


def sent_anywhere(tx: Tx, kind: str) -> list[Action]:
    """Read the actions of a kind, of any pair, of which it is not known yet whether they took place."""
    return [
        _action(tx, row) for row in tx.rows(sa.select(action).where(action.c.state == "sent", action.c.kind == kind))
    ]


def sent_to(tx: Tx, kind: str, target: str) -> list[Action]:
    """Read the actions of a kind, of any pair, that were sent to a target and have no answer yet, the oldest first."""
    claims = sa.exists().where(claim.c.action == action.c.id, claim.c.target == target)
    sent = sa.select(action).where(action.c.state == "sent", action.c.kind == kind, claims)
    return [_action(tx, row) for row in tx.rows(sent.order_by(action.c.sent_at, action.c.seq))]


def unsettled(tx: Tx, pair: str) -> list[Action]:
    """Read actions that are done and whose effect on bases and events is still to be taken in."""
    return [_action(tx, row) for row in tx.rows(_UNSETTLED, pair=pair)]


def of_run(tx: Tx, pair: str, run: str) -> list[Action]:
    """Read all actions of a run, in order."""
    return [_action(tx, row) for row in tx.rows(_OF_RUN, pair=pair, run=run)]


def newest_writes(tx: Tx, link: str, which: Which, most: int) -> list[Action]:
    """Read the newest writes of fields that are done at one side of a link, newest first."""
    where = (
        action.c.link == link,
        action.c.side == which.value,
        action.c.state == "done",
        action.c.kind.in_(("update", "status")),
    )
    select = sa.select(action).where(*where).order_by(action.c.done_at.desc(), action.c.seq.desc()).limit(most)
    return [_action(tx, row) for row in tx.rows(select)]


def content_of(tx: Tx, id_: str) -> Mapping[str, Json]:
    """Read what an action meant; empty where it is not known."""
    row = tx.row(sa.select(action.c.sealed).where(action.c.id == id_))
    content = tx.open(str(row["sealed"])) if row else {}
    return content if isinstance(content, dict) else {}


def last_words(tx: Tx, made_by: str, comment: str) -> Mapping[str, Json]:
    """Read what a comment of ours was last made to say: by the newest edit of it, else by the write that made it."""
    link = sa.select(action.c.link).where(action.c.id == made_by).scalar_subquery()
    edits = (action.c.link == link, action.c.kind == "edit", action.c.state == "done", action.c.native == comment)
    row = tx.row(sa.select(action.c.id).where(*edits).order_by(action.c.done_at.desc(), action.c.seq.desc()).limit(1))
    return content_of(tx, row["id"] if row else made_by)


def newest_done(tx: Tx, link: str, which: Which, most: int) -> list[Action]:
    """Read the newest writes of any kind that are done at one side of a link, newest first."""
    where = (action.c.link == link, action.c.side == which.value, action.c.state == "done")
    select = sa.select(action).where(*where).order_by(action.c.done_at.desc(), action.c.seq.desc()).limit(most)
    return [_action(tx, row) for row in tx.rows(select)]


def by_history(tx: Tx, pair: str, which: Which, ids: Iterable[str]) -> dict[str, str]:
    """Which of these are histories that the tracker answered to our writes on a side: id of the history → action."""
    found: dict[str, str] = {}
    for some in chunks(sorted(set(ids))):
        select = sa.select(action.c.history, action.c.id).where(
            action.c.pair == pair, action.c.side == which.value, action.c.state == "done", action.c.history.in_(some)
        )
        found |= {row["history"]: row["id"] for row in tx.rows(select)}
    return found


def send(tx: Tx, one: Action, target: str, fence: int, now: datetime, content: Mapping[str, Json]) -> bool:
    """Mark an action as sent and claim its causes at the target; false where another action has claimed one.

    The caller commits before the call is made.
    """
    wanted = [{"cause": cause, "target": target, "action": one.id} for cause in one.causes]
    for row in wanted:
        held = tx.row(sa.select(claim.c.action).where(claim.c.cause == row["cause"], claim.c.target == row["target"]))
        if held and held["action"] != one.id:
            return False
    tx.upsert(claim, wanted, update=())
    values = {"state": "sent", "fence": fence, "sent_at": to_db(now), "sealed": tx.seal(dict(content))}
    tx.run(sa.update(action).where(action.c.id == one.id).values(**values))
    return True


def done_causes(tx: Tx, target: str, causes: Sequence[str]) -> set[str]:
    """Which of these causes a write that is done carried to a target."""
    select = (
        sa.select(claim.c.cause)
        .join(action, action.c.id == claim.c.action)
        .where(claim.c.target == target, claim.c.cause.in_(causes), action.c.state == "done")
    )
    return {row["cause"] for row in tx.rows(select)}


def done(
    tx: Tx, id_: str, now: datetime, *, native: str | None, history: str | None, content: Mapping[str, Json]
) -> None:
    """Mark an action as done."""
    values = {
        "state": "done",
        "native": native,
        "history": history,
        "done_at": to_db(now),
        "sealed": tx.seal(dict(content)),
    }
    tx.run(sa.update(action).where(action.c.id == id_).values(**values))


def drop(tx: Tx, ids: Iterable[str], state: str, *, error: str = "", reason: str = "") -> None:
    """Mark actions as failed or cancelled and give their claims back: their events wait again."""
    for some in chunks(sorted(set(ids))):
        tx.run(sa.delete(claim).where(claim.c.action.in_(some)))
        values = {"state": state, "error": error or None, "reason": reason[:300]}
        tx.run(sa.update(action).where(action.c.id.in_(some)).values(**values))


def unclaim(tx: Tx, id_: str, causes: Iterable[str]) -> None:
    """Give back some of an action's claims: what they stand for had no effect, and is to be tried again."""
    tx.run(sa.delete(claim).where(claim.c.action == id_, claim.c.cause.in_(list(causes))))


def keep(tx: Tx, id_: str, content: Mapping[str, Json]) -> None:
    """Change what is noted of an action."""
    tx.run(sa.update(action).where(action.c.id == id_).values(sealed=tx.seal(dict(content))))


def replan(tx: Tx, id_: str) -> None:
    """Set an action that never reached its tracker back to planned."""
    tx.run(sa.delete(claim).where(claim.c.action == id_))
    tx.run(sa.update(action).where(action.c.id == id_).values(state="planned", sent_at=None))


def settle(tx: Tx, ids: Iterable[str], now: datetime) -> None:
    """Note that the effect of actions has been taken in."""
    for some in chunks(sorted(set(ids))):
        tx.run(sa.update(action).where(action.c.id.in_(some)).values(settled_at=to_db(now)))


def _action(tx: Tx, row: Mapping[str, object]) -> Action:
    content = tx.open(str(row["sealed"]))
    assert isinstance(content, dict)
    causes = row["causes"]
    assert isinstance(causes, list)
    sent, done_ = row["sent_at"], row["done_at"]
    return Action(
        id=str(row["id"]),
        run=str(row["run"]),
        seq=int(str(row["seq"])),
        link=str(row["link"]),
        side=Which(str(row["side"])),
        kind=str(row["kind"]),
        state=str(row["state"]),
        causes=tuple(str(cause) for cause in causes),
        content=content,
        native=None if row["native"] is None else str(row["native"]),
        history=None if row["history"] is None else str(row["history"]),
        sent_at=from_db(sent) if isinstance(sent, datetime) else None,
        done_at=from_db(done_) if isinstance(done_, datetime) else None,
        reason=str(row["reason"]),
    )
