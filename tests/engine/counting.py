# SPDX-License-Identifier: Apache-2.0
"""Counts what runs cost their trackers, at the trackers, and shows it as the table of ``docs/requests.md``."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.house import House

ALL = json.dumps({"limits": {"creates": 5000, "closes": 5000}})
NO_LEAST: Mapping[tuple[str, str], int] = {}
_GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NAMES = re.compile(rf"(?<=/)(\d+|[A-Z]+-\d+|[0-9a-f]{{32}}|{_GUID})(?=/|$|\.)")


@dataclass
class Table:
    """Requests by what was done, tracker, task and endpoint."""

    rows: list[tuple[str, str, str, str, int]] = field(default_factory=list)

    def add(self, what: str, tenant: str, task: str, calls: Counter[str]) -> None:
        self.rows += [(what, tenant, task, call, number) for call, number in sorted(calls.items())]

    def total(self, what: str, tenant: str, *tasks: str) -> int:
        return sum(n for w, t, task, _, n in self.rows if (w, t) == (what, tenant) and (not tasks or task in tasks))

    def text(self, least: Mapping[tuple[str, str], int] = NO_LEAST) -> str:
        """The table; ``least`` is the smallest possible number of what was done at a tracker."""
        lines = ["| what | tracker | task | request | number |", "|---|---|---|---|---|"]
        for what, tenant in dict.fromkeys((w, t) for w, t, *_ in self.rows):
            own = [row for row in self.rows if row[:2] == (what, tenant)]
            lines += [f"| {what} | {tenant} | {task} | `{call}` | {number} |" for _, _, task, call, number in own]
            smallest = least.get((what, tenant))
            beside = f" (the smallest possible: {smallest})" if smallest is not None else ""
            lines.append(f"| **{what}** | **{tenant}** | | **in all{beside}** | **{self.total(what, tenant)}** |")
        return "\n".join(lines)


def counted(house: House, table: Table, what: str, **job: Any) -> dict[str, Any]:
    """One run, each of its tasks' requests put into the table."""
    control, tasks = house.box.control, ["extract"]
    control.clear_requests()

    def note(task: str) -> None:
        for tenant in house.tenants.values():
            table.add(what, tenant, tasks[-1], Counter(_call(one) for one in control.requests(tenant)))
        control.clear_requests()
        tasks.append(task)

    house.between = lambda task: None if task == "extract" else note(task)
    told = house.run(variable=ALL, **job)
    note("end")
    house.between = None
    return told


def quiet(house: House) -> None:
    """Run until nothing is left to do."""
    for _ in range(6):
        house.box.control.advance(120)
        told = house.run(variable=ALL)
        if not told["diff"]["actions"] and not told["diff"]["links"]:
            return
    raise AssertionError("it does not come to rest")


def _call(one: Mapping[str, Any]) -> str:
    """An endpoint: the path without what names one thing."""
    return f"{one['method']} {_NAMES.sub('{id}', one['path']).removesuffix('.json')}"
