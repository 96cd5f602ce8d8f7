# SPDX-License-Identifier: Apache-2.0
"""A folder with the story's contracts and one of its pairs, which each test spoils in its own way."""

from pathlib import Path

import pytest

from support.story import laid_out


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the story's contracts and people, and of its pair of customers' tickets."""
    return laid_out(tmp_path, "mercuri-zendesk__infinity-jira")
