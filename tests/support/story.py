# SPDX-License-Identifier: Apache-2.0
"""The story's files, of one pair alone: what a test may spoil, and runs by itself."""

import shutil
from pathlib import Path

from support.sandbox import INCLUDE


def laid_out(root: Path, pair: str) -> Path:
    """All contracts and people files of the story, and one of its pairs, as an installation has them."""
    shutil.copytree(INCLUDE / "contracts", root / "contracts")
    (root / "pairs").mkdir()
    shutil.copy(INCLUDE / "pairs" / f"{pair}.yaml", root / "pairs")
    return root
