# SPDX-License-Identifier: Apache-2.0
"""A description taken back from a ticket out of scope: it is looked at first, for people may have written there.

A connector shows nothing of such a ticket. So another is asked, made for this one field that the contract writes
and for no scope. What it shows is compared with what we left there, and goes nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tandem.config.models import CommentRule
from tandem.connectors.base import Recalls, Record
from tandem.core.values import same
from tandem.pipeline.environment import End, Run
from tandem.pipeline.outcomes import Ready
from tandem.pipeline.rewrite import CHANGED
from tandem.pipeline.translate import canonical
from tandem.state import links
from tandem.state.actions import Action

HUB = "description"
NOT_SHOWN = "its twin cannot be looked at, and what people wrote there is not known"


def look(run: Run, end: End, ready: Sequence[Ready]) -> tuple[list[Ready], list[tuple[Action, str]]]:
    """Give the writes that may go, with what they meet; and the others, each with why it may not."""
    blind = {one.action.id: one for one in ready if _is_blind(one)}
    if not blind:
        return list(ready), []
    shown = _read(run, end, sorted({one.ticket for one in blind.values()}))
    with run.store.read() as tx:
        bases = links.bases(tx, {one.link.id for one in blind.values()})
    native = end.offer.fields[HUB].native
    kept: dict[str, str] = {}
    for id_, one in blind.items():
        found, known = shown.get(one.ticket), bases.get((one.link.id, end.which), {}).get(HUB)
        if found is None or native not in found.fields:
            kept[id_] = NOT_SHOWN
        elif known is None or not same(canonical(end, HUB, found.fields[native], found), known.value):
            kept[id_] = CHANGED
    going = [
        replace(one, target=shown[one.ticket]) if one.action.id in blind else one
        for one in ready
        if one.action.id not in kept
    ]
    return going, [(blind[id_].action, why) for id_, why in kept.items()]


def _is_blind(one: Ready) -> bool:
    return one.action.content.get("withholds") is True and one.target is not None and not one.target.in_scope


def _read(run: Run, end: End, tickets: Sequence[str]) -> dict[str, Record]:
    alone = replace(
        end.offer,
        scope=(),
        query=None,
        fields={HUB: end.offer.fields[HUB]},
        sent={},
        transitions={},
        create=None,
        comments=CommentRule(),
        attachments=None,
    )
    connector = run.env.connect(alone)
    if isinstance(connector, Recalls):
        connector.recall(end.learnt)
    return {record.id: record for record in connector.fetch(tickets)}
