# SPDX-License-Identifier: Apache-2.0
"""The settings that stories are told in: two trackers' manners, both contracts, the pair's rules, and house rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine.acts import UNOFFERED
from engine.memory_files import JIRA
from engine.memory_house import LEFT, RIGHT, Bench, World, aged
from tandem.connectors.base import FieldInfo
from tandem.connectors.memory import JIRA_LIKE, ZENDESK_LIKE, Kind, Tracker
from tandem.core.rules import Which

Rules = Mapping[Which, Sequence[Callable[[Tracker, str], None]]]


def _urgent_when_paid(tracker: Tracker, ticket: str) -> None:
    """A desk's automation: whoever adds the label ``payment`` makes it urgent."""
    found = tracker.tickets[ticket]
    last = found.entries[-1] if found.entries else None
    if last and last.field == "tags" and "payment" in (last.after or []) and "payment" not in (last.before or []):  # type: ignore[operator]
        tracker.change(ticket, {"priority": "urgent"}, tracker.robot)


def _kiosk_when_done(tracker: Tracker, ticket: str) -> None:
    """A board's automation: what is done gets the label ``kiosk``."""
    found = tracker.tickets[ticket]
    last = found.entries[-1] if found.entries else None
    if last and last.field == "status" and last.after == "3":
        labels = found.fields["labels"]
        tracker.change(ticket, {"labels": sorted({*map(str, labels or []), "kiosk"})}, tracker.robot)  # type: ignore[arg-type]


def _open_when_answered(tracker: Tracker, ticket: str) -> None:
    """As Request Tracker does it: a reply opens a solved ticket again."""
    found = tracker.tickets[ticket]
    solved = [entry for entry in found.entries if entry.field == "status" and entry.after == "solved"]
    replies = [said for said in found.comments if said.public]
    answered = solved and replies and replies[-1].order > solved[-1].order
    if found.fields["status"] == "solved" and answered:
        tracker.change(ticket, {"status": "open"}, tracker.robot)


AUTOMATIONS: Rules = {LEFT: (_urgent_when_paid,), RIGHT: (_kiosk_when_done,)}


@dataclass(frozen=True)
class Setting:
    """Two trackers, what the contracts say otherwise than the bench's, and the pair's rules.

    ``step``: seconds that each change takes on the trackers' clocks. ``places``: the right one's that are in scope.
    """

    left: Kind = ZENDESK_LIKE
    right: Kind = JIRA_LIKE
    contracts: Mapping[Which, Mapping[str, Any]] = field(default_factory=dict)
    pair: Mapping[str, Any] = field(default_factory=dict)
    step: float = 1.0
    rules: Rules = field(default_factory=dict)
    places: Sequence[str] = ("SHOP",)


SETTINGS: Mapping[str, Setting] = {
    # A board with a workflow and stamps of milliseconds, a desk with stamps of seconds: several acts in each second.
    "desk and board": Setting(pair={"on_return": "send"}, step=0.3),
    # Both have stamps of seconds, and house rules that answer to what is written.
    "whole seconds": Setting(
        left=replace(ZENDESK_LIKE, answers=False),
        right=aged(JIRA_LIKE, version_resolution=1.0, clock=1.0),
        step=0.24,
        rules=AUTOMATIONS,
    ),
    # Both refuse what is stale; the board's files ride in comments, it answers what it took, and both its projects are
    # in scope.
    "compare and set": Setting(
        left=aged(ZENDESK_LIKE, version_resolution=0.001, clock=0.001, compare_and_set=True),
        right=replace(
            aged(JIRA_LIKE, compare_and_set=True, files_in_comments=True, private_comments=True),
            stamped=True,
            answers=True,
        ),
        contracts={RIGHT: {"scope": [{"field": "project", "in": ["SHOP", "OPS"]}, *JIRA["scope"][1:]]}},
        pair={"on_return": "send"},
        step=0.7,
        rules=AUTOMATIONS,
        places=("SHOP", "OPS"),
    ),
    # Neither side tells who changed which field when, only what it took: what both changed is the board's to say.
    "no history": Setting(
        left=aged(ZENDESK_LIKE, history=False),
        right=replace(aged(JIRA_LIKE, history=False), answers=True),
        pair={"on_return": "send", "conflicts": {"default": "right", "priority": "left"}},
    ),
    # Closed tickets of the desk are followed up; its comments can be edited, and a reply opens what was solved.
    "followed up": Setting(
        left=aged(ZENDESK_LIKE, edit_comments=True),
        contracts={LEFT: {"closed": "follow_up", "follow_up_on": "comment", "on_delete": "note"}},
        pair={"on_return": "send", "insist": ["status"]},
        step=0.4,
        rules={LEFT: (_open_when_answered,)},
    ),
    # A person is asked before a second ticket is made or closed, and which title holds that both changed; all goes in
    # one line, and an edit is said anew.
    "asked first": Setting(
        contracts={LEFT: {"closed": "follow_up"}, RIGHT: {"on_edit": "comment"}},
        pair={"limits": {"creates": 1, "closes": 1}, "ordering": "strict", "conflicts": {"title": "hold"}},
        step=0.3,
    ),
}


_FOLDERS: list[TemporaryDirectory[str]] = []  # of the benches that stories begin from: gone when the process ends


def _with_unoffered(kind: Kind, name: str) -> Kind:
    return replace(kind, fields={**kind.fields, name: FieldInfo(name, name, "text")})


@cache
def begun(name: str) -> tuple[Bench, tuple[World, bytes]]:
    """A bench of a setting, with a ticket on both sides at rest: each story begins there."""
    setting = SETTINGS[name]
    kinds = {
        "left": _with_unoffered(setting.left, UNOFFERED[LEFT]),
        "right": _with_unoffered(setting.right, UNOFFERED[RIGHT]),
    }
    _FOLDERS.append(TemporaryDirectory())
    left, right = (setting.contracts.get(which) for which in Which)
    bench = Bench(Path(_FOLDERS[-1].name), left=left, right=right, pair=setting.pair, kinds=kinds)
    bench.places = set(setting.places)
    bench.run()
    bench.open(LEFT, status="open", priority="high")
    bench.quiet()
    for which, rules in setting.rules.items():
        bench.tracker(which).rules.extend(rules)
    bench.world.clock.step = timedelta(seconds=setting.step)
    return bench, bench.save()
