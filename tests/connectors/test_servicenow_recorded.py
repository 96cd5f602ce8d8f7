# SPDX-License-Identifier: Apache-2.0
"""The connector reads what a real ServiceNow once answered."""

import json
import re
from collections.abc import Iterator
from typing import Any

from support import material
from support.material import demand
from tandem.connectors.servicenow.shape import Column, flat, moment, version

RECORDED = demand(material.RECORDED / "servicenow")
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def stored(value: Any) -> Any:
    return value.get("value") if isinstance(value, dict) else value


def rows() -> Iterator[dict[str, Any]]:
    """Every recorded row, with stored values alone; rows of display values are left out."""
    for file in sorted(RECORDED.glob("*.json")):
        for one in json.loads(file.read_text())["interactions"]:
            said = one["response"]
            result = (said.get("json_body") or said["body"])["result"]
            for row in result if isinstance(result, list) else [result]:
                raw = {name: stored(value) for name, value in row.items()}
                if all(isinstance(value, str) for value in raw.values()):
                    yield raw


def test_every_recorded_row_is_understood() -> None:
    found = list(rows())
    assert len(found) > 8
    for row in found:
        assert moment(row["sys_updated_on"]).tzinfo is not None
        if "sys_mod_count" in row:
            assert re.fullmatch(r"\d{10}", version(row))
        for name, value in row.items():
            timed = TIME.fullmatch(value) and not name.endswith("duration")
            column = Column(name, name, "glide_date_time" if timed else "string", 40)
            assert (flat(column, value) is None) is (value == "")
            if timed:
                assert flat(column, value) == value.replace(" ", "T") + "Z"
