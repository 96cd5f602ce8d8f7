# SPDX-License-Identifier: Apache-2.0
"""Every scenario of this folder, played with the story's contracts on simulated trackers: one test each.

Those in a folder named after a system are played with the story's pair that joins it, all others with that of Zendesk
and Jira.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.command import play
from support.story import laid_out

HERE = Path(__file__).parent
PAIRS = {
    "": "mercuri-zendesk__infinity-jira",
    "servicenow": "infinity-jira__infinity-servicenow",
    "azure_devops": "infinity-servicenow__global-azure_devops",
}


@pytest.fixture(scope="session")
def roots(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files to play with, by folder."""
    return {folder: laid_out(tmp_path_factory.mktemp(folder or "story"), pair) for folder, pair in PAIRS.items()}


@pytest.mark.parametrize("file", sorted(HERE.rglob("*.yaml")), ids=lambda file: str(file.relative_to(HERE))[:-5])
def test_it_comes_as_the_scenario_says(file: Path, roots: dict[str, Path]) -> None:
    result = play(file, roots[file.parent.name if file.parent != HERE else ""])
    assert result.passed, "\n".join(result.lines())
