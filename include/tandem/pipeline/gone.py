# SPDX-License-Identifier: Apache-2.0
"""Links of which a ticket cannot be seen any more before what was written to it was read back.

When it can be seen again all goes on from there. That may never be, so what happens meanwhile is parked, and says why.
That the ticket was deleted is told all the same, where its contract says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from tandem.core.closing import tell_deleted
from tandem.core.model import HubTicket
from tandem.core.plan import LinkPlan
from tandem.core.rules import Which
from tandem.pipeline.environment import Run
from tandem.pipeline.translate_events import bare
from tandem.state import records
from tandem.state.links import Link
from tandem.state.store import Tx


def park(tx: Tx, run: Run, link: Link, hubs: Mapping[Which, HubTicket]) -> tuple[LinkPlan, str] | None:
    """Park what is open on a link, if one of its tickets cannot be seen or is gone for good; say which and why."""
    lost = next((which for which, one in link.members.items() if one.state in ("unseen", "final")), None)
    if lost is None:
        return None
    plan, member = LinkPlan(), link.members[lost]
    why = f"{run.end(lost).offer.name}: {member.reason}"
    for ticket in hubs.values():
        plan.mark(ticket.events, "parked", why)
    if lost not in hubs:  # it was never read
        own = records.open_events(tx, run.name, lost, [member.ticket]).get(member.ticket, [])
        plan.mark([event.id for event in own], "parked", why)
        if link.members[lost.other].state not in ("unseen", "final"):  # else nobody is there to be told
            tell_deleted(plan, lost, bare(own))
    return plan, why
