# SPDX-License-Identifier: Apache-2.0
"""Any story ends well between a desk and a board, whose stamps have whole seconds here and there."""

from __future__ import annotations

import pytest

from engine.machine import EXAMPLES, tell


@pytest.mark.parametrize("setting", ["desk and board", "whole seconds", "asked first"])
@pytest.mark.timeout(120 + EXAMPLES * 3)
def test_any_story_ends_well(setting: str) -> None:
    tell(setting)
