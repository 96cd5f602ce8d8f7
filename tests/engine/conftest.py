# SPDX-License-Identifier: Apache-2.0
"""Benches over trackers in memory: an empty one, and one with a ticket on both sides."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.memory_house import LEFT, Bench, World
from tandem.core.rules import Which
from tandem.core.values import Json


@dataclass(frozen=True)
class Linked:
    """A bench with one ticket, born left, and its twin, both at rest."""

    bench: Bench
    ticket: str
    issue: str

    def id(self, which: Which) -> str:
        """The ticket at a side."""
        return self.ticket if which is LEFT else self.issue

    def get(self, which: Which, hub: str) -> Json:
        """What a side shows."""
        return self.bench.get(which, self.id(which), hub)

    def set(self, which: Which, hub: str, value: Json) -> None:
        """A person sets a field."""
        self.bench.set(which, self.id(which), hub, value)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Two empty trackers; nothing has run yet."""
    return Bench(tmp_path)


@pytest.fixture(scope="session")
def rested(tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[World, bytes], str, str]:
    """A picture of two trackers with one ticket on both sides."""
    bench = Bench(tmp_path_factory.mktemp("rested"))
    bench.run()
    bench.open(LEFT, labels=("other",))  # so that the ids differ
    ticket = bench.open(LEFT, status="open", priority="normal", labels=("customer", "kiosk", "own"))
    bench.quiet()
    return bench.save(), ticket, bench.twin(LEFT, ticket)


@pytest.fixture
def linked(tmp_path: Path, rested: tuple[tuple[World, bytes], str, str]) -> Linked:
    """One ticket on both sides, at rest."""
    picture, ticket, issue = rested
    bench = Bench(tmp_path)
    bench.restore(picture)
    bench.runs = iter(range(100, 1000))  # type: ignore[assignment]
    return Linked(bench, ticket, issue)
