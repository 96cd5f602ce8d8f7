# SPDX-License-Identifier: Apache-2.0
"""``tandem connect``: join tickets that exist at both sides, from a list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tandem.cli.out import IN_STEP, WAITS, Answer, UsageError
from tandem.cli.run import make_job
from tandem.cli.setting import Setting
from tandem.config.models import shown
from tandem.core.plain import to_plain
from tandem.core.values import Json
from tandem.pipeline.connect import CHOICES, Connected, Row, read_rows
from tandem.pipeline.connect import connect as join_rows

LONGEST = 60  # characters of a value that are shown


def connect(setting: Setting, pair: str, file: Path, prefer: str | None) -> Answer:
    """Join the tickets that a list names."""
    name = setting.pair_name(pair)
    if prefer is not None and prefer not in CHOICES:
        raise UsageError(f"--prefer {prefer} is no choice.", f"Write one of: {', '.join(CHOICES)}.")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{file} cannot be read.", "Name a CSV file in UTF-8.") from None
    rows = read_rows(text, shown(file))
    with setting.store(migrate=True) as store:
        env = setting.environment(store, lambda phase, done, total: None)
        told = join_rows(make_job(name), env, rows, shown(file), prefer or "")
    data = {
        "pair": name,
        "joined": [_row(row) for row in told.joined],
        "already": [_row(row) for row in told.already],
        "differences": [
            {**_row(one.row), "field": one.difference.field, "values": [one.difference.left, one.difference.right]}
            for one in told.open
        ],
    }
    return Answer(data, list(_lines(name, told)), WAITS if told.open else IN_STEP)


def _row(row: Row) -> dict[str, Any]:
    return {"line": row.line, "left": row.left, "right": row.right}


def _lines(pair: str, told: Connected) -> Iterator[str]:
    for one in told.open:
        row, apart = one.row, one.difference
        left, right = _words(apart.left), _words(apart.right)
        yield f"line {row.line}  {row.left} / {row.right}  {apart.field}: {left} / {right}"
    if told.open:
        yield "Nothing was joined: say who is right, by --prefer left, right or hold, or in the list's third column."
        return
    known = f", {len(told.already)} were joined already" if told.already else ""
    yield f"{len(told.joined)} pairs of tickets joined{known}. Nothing was written to a tracker. Now: tandem run {pair}"


def _words(value: Json) -> str:
    text = to_plain(value) if isinstance(value, dict) else "nothing" if value in (None, []) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
