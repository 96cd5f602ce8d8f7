# SPDX-License-Identifier: Apache-2.0
"""Every scenario of this folder, played with the story's contracts on simulated trackers: one test each."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.command import play

HERE = Path(__file__).parent
ROOT = HERE.parents[1] / "include"


@pytest.mark.parametrize("file", sorted(HERE.glob("*.yaml")), ids=lambda file: file.stem)
def test_it_comes_as_the_scenario_says(file: Path) -> None:
    result = play(file, ROOT)
    assert result.passed, "\n".join(result.lines())
