# SPDX-License-Identifier: Apache-2.0
"""What was made while a ticket was out of scope: it never leaves, unless the pair says so; and that it left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from tandem.connectors.base import Away, History, Record
from tandem.core.plan import LEFT
from tandem.pipeline.environment import End, Run
from tandem.state import links
from tandem.state.records import Happened
from tandem.state.store import Tx

MADE_OUTSIDE = "made outside the scope"
CHANGED_OUTSIDE = "changed outside the scope"


def times_outside(tx: Tx, run: Run, end: End, record: Record, history: History, *, back: bool) -> tuple[Away, ...]:
    """Tell when a linked ticket was out of scope, in its tracker's time.

    The history of the scope's fields tells. Where it does not, of a ticket that was seen out (``back``): from the last
    read that saw it in scope until now.
    """
    told = history.away or ()
    if not back:
        return told
    inside = links.last_inside(tx, run.name, end.which, record.id)
    since = (inside or end.our_time(record.created_at)) + timedelta(seconds=end.offset)
    if any(one.until is None or one.until >= since for one in told):
        return told
    return (*told, Away(since))


def keys_outside(history: History, times: Iterable[Away]) -> tuple[set[str], set[str]]:
    """Name what was made in these times, by the keys of events; and the comments that were changed in them."""
    away = tuple(times)

    def outside(at: datetime, order: str = "") -> bool:
        return any(one.holds(at, order) for one in away)

    orders = {comment.id: comment.order for comment in history.comments}
    made = {f"field:{entry.id}" for entry in history.entries if any(one.spans(entry) for one in away)}
    made |= {f"comment:{comment.id}" for comment in history.comments if outside(comment.at, comment.order)}
    made |= {f"file:{file.id}" for file in history.files if outside(file.at, orders.get(file.comment or "", ""))}
    changed = {f"comment:{one.id}" for one in history.comments if one.edited_at is not None and outside(one.edited_at)}
    return made, changed


def changed_outside(one: Happened) -> Happened:
    """Drop a comment, or an edit of one, that reads as it was written outside."""
    return replace(one, content={}, state="dropped", reason=CHANGED_OUTSIDE)


def without(happened: Iterable[Happened], made: set[str], changed: set[str]) -> list[Happened]:
    """Drop what was made outside, and what was changed there before it was read.

    A field's change stays until it is merged: its time counts, and none of its steps.
    """
    kept = []
    for one in happened:
        if one.key in changed and one.key not in made and not one.state:
            kept.append(changed_outside(one))
        elif one.key not in made or one.state:
            kept.append(one)
        elif one.kind == "field":
            kept.append(replace(one, content={**one.content, "outside": True}))
        else:
            kept.append(replace(one, content={}, state="dropped", reason=MADE_OUTSIDE))
    return kept


def leaving(run: Run, record: Record, was: str, *, joined: bool) -> list[Happened]:
    """The event that a ticket left the scope, where the pair says that the other side is told."""
    left = joined and was == "seen" and not record.in_scope and not record.final
    if not left or run.pair.on_leave != "note":
        return []
    return [Happened(f"{LEFT}:{record.version}", LEFT, "", run.env.now(), {})]
