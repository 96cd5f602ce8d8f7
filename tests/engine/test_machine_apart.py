# SPDX-License-Identifier: Apache-2.0
"""Any story ends well where both refuse what is stale, and where neither tells its history."""

from __future__ import annotations

import pytest

from engine.machine import EXAMPLES, tell


@pytest.mark.parametrize("setting", ["compare and set", "no history", "followed up"])
@pytest.mark.timeout(120 + EXAMPLES * 3)
def test_any_story_ends_well(setting: str) -> None:
    tell(setting)
