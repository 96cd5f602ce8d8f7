# SPDX-License-Identifier: Apache-2.0
"""Writes the table of a scenario's keys and its JSON Schema: ``python -m rehearsal.reference [docs]``."""

from __future__ import annotations

import sys
from pathlib import Path

from rehearsal.scenario import Scenario
from tandem.config.reference import json_text, page, schema

OTHER = "python -m tandem.config.reference"
OWN = "python -m rehearsal.reference"


def pages() -> dict[str, str]:
    """Make every generated file: its path below ``docs`` → its text."""
    return {
        "schema/scenario.schema.json": json_text(schema(Scenario)),
        "reference/scenario.md": page(Scenario).replace(OTHER, OWN, 1),
    }


if __name__ == "__main__":
    for name, text in pages().items():
        Path(sys.argv[1] if len(sys.argv) > 1 else "docs", name).write_text(text, encoding="utf-8")
