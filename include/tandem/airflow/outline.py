# SPDX-License-Identifier: Apache-2.0
"""A stored plan in the log of a dry run: which tickets, which kind of write, which fields; never a value."""

from __future__ import annotations

from tandem.state import actions, links
from tandem.state.actions import Action
from tandem.state.links import Link
from tandem.state.store import Tx


def outline(tx: Tx, pair: str, run_id: str, sides: tuple[str, str]) -> list[str]:
    """Return a line for each planned write, in the order of the plan."""
    planned = actions.of_run(tx, pair, run_id)
    found = links.links(tx, pair, ids={action.link for action in planned})
    return [_line(action, found[action.link], sides) for action in planned]


def _line(action: Action, link: Link, sides: tuple[str, str]) -> str:
    source, target = link.members.get(action.side.other), link.members.get(action.side)
    to = target.key if target else f"(new) {sides[action.side == 'right']}"
    fields = action.content.get("fields")
    what = f": {', '.join(sorted(fields))}" if isinstance(fields, dict) and fields else ""
    return f"  {source.key if source else '?'} -> {to}  {action.kind}{what}"
