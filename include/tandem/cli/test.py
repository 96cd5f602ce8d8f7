# SPDX-License-Identifier: Apache-2.0
"""``tandem test``: the door to what plays scenarios, which knows the simulated trackers and is installed with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Protocol, cast

from tandem.cli.out import Answer, UsageError

GROUP, NAME = "tandem.commands", "test"
# Our own, for a checkout that nobody installed; the same is an entry point in pyproject.toml.
BUILT_IN = "rehearsal.command:test"


class Player(Protocol):
    """Plays scenarios: an object, words, an exit code."""

    def __call__(
        self, root: Path, files: Sequence[Path], *, verbose: bool
    ) -> tuple[Mapping[str, Any], Sequence[str], int]: ...


def test(root: Path, files: Sequence[Path], *, verbose: bool = False) -> Answer:
    """Play scenarios. Raises: UsageError: the simulated trackers are not installed, or there is no such file."""
    point = next(iter(entry_points(group=GROUP, name=NAME)), None) or EntryPoint(NAME, BUILT_IN, GROUP)
    try:
        player = cast(Player, point.load())
    except ImportError:
        fix = 'Install them: pip install "tandem-sync[demo]".'
        raise UsageError("The simulated trackers are not installed.", fix) from None
    return Answer(*player(root, files, verbose=verbose))
