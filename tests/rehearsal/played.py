# SPDX-License-Identifier: Apache-2.0
"""A play of a few steps, on contracts that a test laid out."""

from __future__ import annotations

from pathlib import Path

from rehearsal.command import play


def played(root: Path, steps: str) -> list[str]:
    """Play steps, and give what differs."""
    file = root / "one.yaml"
    file.write_text(f"about: Something.\nplay:\n{steps}", encoding="utf-8")
    result = play(file, root)
    return [] if result.passed else result.lines()
