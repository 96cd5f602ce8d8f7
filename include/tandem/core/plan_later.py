# SPDX-License-Identifier: Apache-2.0
"""What is to be written for comments that were sent before: the last edit of each once, or that it is taken back."""

from __future__ import annotations

from tandem.core.model import HubEvent, HubTicket
from tandem.core.plan import Intent, LinkPlan
from tandem.core.rules import Which

EDITED, WITHDRAWN = "edited", "withdrawn"  # kinds of events
EDIT, REDACT = "edit", "redact"  # kinds of writes


def plan_later(plan: LinkPlan, ticket: HubTicket, target: Which) -> None:
    """Plan one write for each comment that was edited or taken back: its last state counts, the rest is superseded."""
    by_comment: dict[str, list[HubEvent]] = {}
    for event in ticket.events:
        if event.kind in (EDITED, WITHDRAWN):
            by_comment.setdefault(event.native, []).append(event)
    for events in by_comment.values():
        *earlier, last = sorted(events, key=lambda event: (event.at, event.id))
        covers = tuple(event.id for event in earlier)
        if last.note:
            plan.mark(events, "noted", last.note)
            continue
        kind = EDIT if last.kind == EDITED else REDACT
        plan.intents.append(Intent(target, kind, last.at, last.order, carries=(last.id,), covers=covers, event=last))
