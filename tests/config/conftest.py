# SPDX-License-Identifier: Apache-2.0
"""A folder with the story's contracts and one of its pairs, which each test spoils in its own way."""

import shutil
from pathlib import Path

import pytest

INCLUDE = Path(__file__).parents[2] / "include"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the story's contracts and people, and of its pair of customers' tickets."""
    shutil.copytree(INCLUDE / "contracts", tmp_path / "contracts")
    (tmp_path / "pairs").mkdir()
    shutil.copy(INCLUDE / "pairs" / "mercuri-zendesk__infinity-jira.yaml", tmp_path / "pairs")
    return tmp_path
