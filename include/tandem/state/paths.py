# SPDX-License-Identifier: Apache-2.0
"""The paths of what happened through several pairs: which copies stand where, who said them first, what has arrived.

A *cause* names one thing that people did, the same in every pair that sees it, however many trackers it went through:
``<system>:<ticket>:<event>`` of a field, ``comment:<system>:<comment>``, ``file:<system>:<file>``, ``made:<origin>``.

A comment that tells of a field, which its tracker could not change, goes on as ``told:<cause of the field>``: it
neither stands in the way of the change itself, nor goes where that has arrived.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from tandem.core.values import Json
from tandem.state.actions import content_of
from tandem.state.records import chunks
from tandem.state.store import Tx
from tandem.state.tables import action, claim, link, origin, presence

LONGEST = 200  # characters of a cause
TOLD = "told:"
NEWEST = 20  # of the writes to a ticket that are looked through for one of a field
_PART = re.compile(r"(/\d+@.+)+$", re.DOTALL)
_ITEM = re.compile(r"(?P<kind>comment|file):(?P<system>[^:]+):(?P<native>.+?)(?P<part>/\d+@.+)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Copy:
    """A ticket, comment or file that we wrote: where its text was first said, and how far that may go."""

    native: str
    origin: str
    action: str
    pair: str | None  # that wrote it; unknown where the journal does not tell
    cause: str | None  # for which it was written; unknown where the journal does not tell
    author: str
    company: str
    heading: str
    private: bool  # where it was said
    onward: bool
    names: str
    notice: bool  # a word of our own, which nobody said: a notice, or a comment that only holds a file


def field_cause(system: str, ticket: str, key: str) -> str:
    """Name a change of a field."""
    return _short(f"{system}:{ticket}:", key)


def item_cause(kind: str, system: str, native: str) -> str:
    """Name a comment or file by where it was first said."""
    return _short(f"{kind}:{system}:", native)


def told_cause(cause: str) -> str:
    """Name what a comment tells of a change."""
    return _short(TOLD, cause.removeprefix(TOLD))


def field_of(told: str) -> str:
    """Of what a comment, or a part of one, tells of a change: the cause of the change itself."""
    return _PART.sub("", told.removeprefix(TOLD))


def _short(place: str, key: str) -> str:
    whole = f"{place}{key}"
    return whole if len(whole) <= LONGEST else f"{place}{sha256(key.encode()).hexdigest()[:32]}"


def copies(tx: Tx, system: str, kind: str, natives: Iterable[str], *, bare: str | None = None) -> dict[str, Copy]:
    """Which of these native things are copies that we wrote. Of those of the pair ``bare`` no text is opened."""
    found: dict[str, Copy] = {}
    for some in chunks(sorted(set(natives))):
        select = (
            sa.select(
                presence.c.native,
                presence.c.origin,
                presence.c.action,
                presence.c.sealed.label("heading"),
                presence.c.onward,
                presence.c.names,
                origin.c.company,
                sa.or_(origin.c.private, sa.func.coalesce(origin.c.hidden, False)).label("private"),
                origin.c.kind,
                origin.c.sealed.label("author"),
                origin.c.system.label("first_system"),
                origin.c.native.label("first_native"),
                action.c.pair,
                action.c.causes,
            )
            .join(origin, origin.c.id == presence.c.origin)
            .outerjoin(action, action.c.id == presence.c.action)
            .where(presence.c.system == system, presence.c.kind == kind, presence.c.native.in_(some))
            .where(presence.c.action.is_not(None))
        )
        for row in tx.rows(select):
            texts = bare is None or row["pair"] != bare
            found[row["native"]] = Copy(
                native=row["native"],
                origin=row["origin"],
                action=row["action"],
                pair=row["pair"],
                cause=_cause(kind, row),
                author=_opened(tx, row["author"], "author") if texts else "",
                company=row["company"],
                heading=_opened(tx, row["heading"], "heading") if texts else "",
                private=bool(row["private"]),
                onward=bool(row["onward"]),
                names=row["names"] or "none",
                notice=row["kind"] == "notice" or (kind == "comment" and row["kind"] == "file"),
            )
    return found


def _cause(kind: str, row: Mapping[str, Any]) -> str | None:
    """A comment may carry files, and its write their causes beside its own; each file goes on for its own."""
    if kind == "file" and row["kind"] == "file":
        return item_cause("file", row["first_system"], row["first_native"])
    return str(row["causes"][0]) if row["causes"] else None


def _opened(tx: Tx, sealed: object, part: str) -> str:
    content = tx.open(str(sealed)) if sealed else {}
    return str(content.get(part) or "") if isinstance(content, dict) else ""


def standing(tx: Tx, pair: str, origins: Collection[str], system: str, tickets: Collection[str]) -> set[str]:
    """Which of these origins stand on one of these tickets by other means than this pair's own writes."""
    found: set[str] = set()
    for some in chunks(sorted(origins)):
        select = (
            sa.select(presence.c.origin)
            .outerjoin(action, action.c.id == presence.c.action)
            .where(
                presence.c.origin.in_(some),
                presence.c.system == system,
                presence.c.ticket.in_(sorted(tickets)),
                _not_of(pair),
            )
        )
        found |= {row["origin"] for row in tx.rows(select)}
    return found


def _not_of(pair: str) -> sa.ColumnElement[bool]:
    """What this pair's own writes did not bring: people's, or another pair's."""
    return sa.or_(action.c.pair.is_(None), action.c.pair != pair)


def arrived(tx: Tx, asked: Collection[tuple[str, str]], *, but: str | None = None) -> set[tuple[str, str]]:
    """Which of these (cause, target) were written and are done; ``but``: the writes of this pair do not count."""
    found: set[tuple[str, str]] = set()
    for some in chunks(sorted({cause for cause, _ in asked})):
        select = (
            sa.select(claim.c.cause, claim.c.target)
            .join(action, action.c.id == claim.c.action)
            .where(claim.c.cause.in_(some), action.c.state == "done")
        )
        if but is not None:
            select = select.where(action.c.pair != but)
        found |= {(row["cause"], row["target"]) for row in tx.rows(select)}
    return found & set(asked)


def at_target(tx: Tx, asked: Collection[tuple[str, str]], *, but: str) -> set[tuple[str, str]]:
    """Which of these (cause, target) name a comment or file that stands there, as people said it or as a copy.

    ``but``: the copies that this pair wrote do not count. Of what is told in parts each is there with the first: a
    text that came another way comes that way whole, divided as the trackers there ask for it.
    """
    natives: dict[tuple[str, str], dict[str, set[str]]] = {}
    for cause, _ in asked:
        if (named := _ITEM.fullmatch(cause)) is not None:
            natives.setdefault((named["kind"], named["system"]), {}).setdefault(named["native"], set()).add(cause)
    found: set[tuple[str, str]] = set()
    said, there = presence.alias("said"), presence.alias("there")
    for (kind, system), own in natives.items():
        for some in chunks(sorted(own)):
            select = (
                sa.select(said.c.native, there.c.system, there.c.ticket)
                .join(there, there.c.origin == said.c.origin)
                .outerjoin(action, action.c.id == there.c.action)
                .where(said.c.kind == kind, said.c.system == system, said.c.native.in_(some))
                .where(there.c.current, _not_of(but))
            )
            for row in tx.rows(select):
                found |= {(cause, f"{row['system']}:{row['ticket']}") for cause in own[row["native"]]}
    return found & set(asked)


def ticket_at(tx: Tx, of: str, system: str, places: Collection[str]) -> str | None:
    """Find the ticket that is an origin's current copy in a tracker, in one of these places (none told: in any)."""
    select = sa.select(presence.c.native, presence.c.place).where(
        presence.c.origin == of, presence.c.system == system, presence.c.kind == "ticket", presence.c.current
    )
    for row in tx.rows(select.order_by(presence.c.id)):
        if not places or not row["place"] or row["place"] in places:
            return str(row["native"])
    return None


@dataclass(frozen=True, slots=True)
class Foreign:
    """A write of a field that another pair made: what caused it, and when that happened."""

    cause: str
    at: str
    author: str
    person: bool
    state: str  # of the action
    target: Json  # of a status: where the walk is to end; of other fields nothing
    steps: Json  # of a set: by element, in hub terms, the cause and time of what was done to it


def foreign(tx: Tx, pair: str, marks: Iterable[str]) -> tuple[set[str], dict[str, Mapping[str, Foreign]]]:
    """Of marks that name our actions: those of this pair, and what other pairs' writes tell, by native field."""
    own: set[str] = set()
    others: dict[str, Mapping[str, Foreign]] = {}
    for some in chunks(sorted(set(marks))):
        for row in tx.rows(
            sa.select(action.c.id, action.c.pair, action.c.kind, action.c.state).where(action.c.id.in_(some))
        ):
            if row["pair"] == pair:
                own.add(row["id"])
                continue
            content = content_of(tx, row["id"])
            caused = content.get("caused")
            told = caused if isinstance(caused, dict) else {}
            written = content.get("native")
            wanted = written if isinstance(written, dict) else {}
            others[row["id"]] = {
                str(native): Foreign(
                    str(one["cause"]),
                    str(one["at"]),
                    str(one.get("author") or ""),
                    one.get("person") is True,
                    str(row["state"]),
                    wanted.get(native) if row["kind"] == "status" else None,
                    one.get("steps"),
                )
                for native, one in told.items()
                if isinstance(one, dict)
            }
    return own, others


def last_written(tx: Tx, of: str, target: str, native: str) -> tuple[Json, str] | None:
    """What pairs wrote last into a field of a ticket, a copy of this origin: the value, and what caused it."""
    at = sa.exists().where(claim.c.action == action.c.id, claim.c.target == target)
    own = sa.select(link.c.id).where(link.c.origin == of)
    done = sa.select(action.c.id).where(action.c.link.in_(own), action.c.state == "done", action.c.kind == "update", at)
    for row in tx.rows(done.order_by(action.c.done_at.desc(), action.c.seq.desc()).limit(NEWEST)):
        content = content_of(tx, row["id"])
        written, caused = content.get("native"), content.get("caused")
        if isinstance(written, dict) and native in written:
            told = caused.get(native) if isinstance(caused, dict) else None
            return (written[native], str(told["cause"])) if isinstance(told, dict) else None
    return None
