# SPDX-License-Identifier: Apache-2.0
"""What is to be written for comments that were sent before: the last edit of each once, or that it is taken back."""

from __future__ import annotations

from collections.abc import Collection

from tandem.core.model import HubEvent, HubTicket
from tandem.core.plan import Intent, LinkPlan
from tandem.core.rules import Which

EDITED = "edited"  # kinds of events: of a comment;
WITHDRAWN, REMOVED, WITHHELD = "withdrawn", "removed", "withheld"  # a comment, a file, the description was taken back
TAKEN_BACK = (WITHDRAWN, REMOVED, WITHHELD)
EDIT, REDACT = "edit", "redact"  # kinds of writes
REFUSED = "the other side refused to take it back"


def item_of(event: HubEvent) -> str:
    """Name what was taken back, as it is set aside by itself where the other side refuses to."""
    return f"{event.kind}:{event.native}"[:200]


def plan_later(
    plan: LinkPlan, ticket: HubTicket, target: Which, *, held: bool = False, refused: Collection[str] = ()
) -> None:
    """Plan one write for each comment that was edited or taken back: its last state counts, the rest is superseded.

    ``held``: nothing of this side is to be sent, for whatever reason. What was taken back is no news of the ticket, and
    is taken back all the same. ``refused``: what was refused, and is not to be tried again yet.
    """
    by_item: dict[tuple[str, str], list[HubEvent]] = {}
    for event in ticket.events:
        if event.kind in TAKEN_BACK or (event.kind == EDITED and not held):
            item = event.kind if event.kind in (REMOVED, WITHHELD) else WITHDRAWN
            by_item.setdefault((item, event.native), []).append(event)
    for events in by_item.values():
        for event in events:
            plan.states.pop(event.id, None)
        *earlier, last = sorted(events, key=lambda event: (event.at, event.id))
        covers = tuple(event.id for event in earlier)
        if last.note:
            plan.mark(events, "noted", last.note)
            continue
        if last.kind in TAKEN_BACK and item_of(last) in refused:
            plan.mark(events, "quarantined", REFUSED)
            continue
        kind = EDIT if last.kind == EDITED else REDACT
        plan.intents.append(Intent(target, kind, last.at, last.order, carries=(last.id,), covers=covers, event=last))
