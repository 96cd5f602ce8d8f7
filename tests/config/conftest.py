# SPDX-License-Identifier: Apache-2.0
"""A folder with the story's files, which each test spoils in its own way."""

import shutil
from pathlib import Path

import pytest

INCLUDE = Path(__file__).parents[2] / "include"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the story's contracts, people and pair."""
    for part in ("contracts", "pairs"):
        shutil.copytree(INCLUDE / part, tmp_path / part)
    return tmp_path
