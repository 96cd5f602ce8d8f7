# SPDX-License-Identifier: Apache-2.0
"""Recorded rows, changed as other instances' rows differ: nothing raises; ids, states, times and writers are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.answering import answering
from connectors.test_servicenow_recorded import RECORDED, stored
from tandem.connectors.base import Condition, Needs
from tandem.connectors.servicenow import ServiceNow
from tandem.connectors.servicenow.shape import plain
from tandem.http import Http

TICKET, CALLER, FILE = "1" * 32, "2" * 32, "3" * 32
ROWS = [
    row
    for file in sorted(RECORDED.glob("*.json"))
    for one in json.loads(file.read_text())["interactions"]
    for result in [(one["response"].get("json_body") or one["response"]["body"])["result"]]
    for row in (result if isinstance(result, list) else [result])
    if "table_sys_id" not in row
]
COLUMNS = [
    {"element": "short_description", "internal_type": "string", "max_length": "160"},
    {"element": "description", "internal_type": "string", "max_length": "4000"},
    {"element": "state", "internal_type": "integer", "max_length": "40"},
    {"element": "caller_id", "internal_type": "reference", "reference": "sys_user", "max_length": "32"},
    {"element": "due_date", "internal_type": "glide_date_time", "max_length": "40"},
    {"element": "watch_list", "internal_type": "glide_list", "reference": "sys_user", "max_length": "4000"},
    {"element": "active", "internal_type": "boolean", "max_length": "40"},
    {"element": "sys_class_name", "internal_type": "sys_class_name", "max_length": "80"},
]
DICTIONARY = [{"name": "task", "column_label": one["element"], "read_only": "false", **one} for one in COLUMNS]
READ = frozenset(one["element"] for one in COLUMNS) - {"sys_class_name"}
STATES = [
    {"name": "incident", "element": "state", "value": value, "label": label}
    for value, label in (("1", "New"), ("7", "Closed"))
]
PEOPLE = [{"sys_id": CALLER, "user_name": "joe", "name": "Joe Employee", "email": "joe@example.com"}]
MOMENTS = st.integers(10**9, 2 * 10**9).map(lambda at: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at))
WRITERS = st.sampled_from(["joe", "system", "glide.maint", "a,b", "", "Jörg ü", "no value"])
ODD = st.sampled_from(["", "no value", "0", "2026-02-30 25:00:00", "a,,b", "{link=https://x", "名前", " x "])


def written(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def told(draw: st.DrawFn, text: str, table: str = "sys_user") -> Any:
    """A value in one of the forms in which instances give it, with the display value left out or beside it."""
    forms: list[Any] = [text, {"value": text}, {"value": text, "display_value": f"shown {text}"}]
    if text:
        forms += [{"link": f"https://x.example/api/now/v2/table/{table}/{text}", "value": text}]
        forms += [{"link": f"https://x.example/api/now/v2/table/{table}/{text}", "display_value": "Joe"}]
    else:
        forms += [None, {"display_value": None, "value": ""}, {"display_value": "", "value": None}]
    return draw(st.sampled_from(forms))


@st.composite
def mutated(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Draw a recorded row with other values, and what must be kept of it."""
    row = {name: told(draw, str(stored(value) or "")) for name, value in deepcopy(draw(st.sampled_from(ROWS))).items()}
    at, by = draw(MOMENTS), draw(WRITERS)
    kept = {"count": draw(st.integers(0, 10**6)), "state": draw(st.sampled_from(["1", "7", "-5", "101"])), "at": at}
    sure = {
        "sys_id": TICKET,
        "number": "INC1",
        "sys_class_name": "incident",
        "sys_mod_count": str(kept["count"]),
        "sys_updated_on": written(at),
        "sys_created_on": written(at),
        "sys_created_by": by,
        "correlation_id": draw(ODD),
        "state": kept["state"],
        "short_description": draw(ODD),
        "caller_id": draw(st.sampled_from(["", CALLER, "glide.maint"])),
        "due_date": draw(ODD | MOMENTS.map(written)),
        "watch_list": draw(st.sampled_from(["", CALLER, f"{CALLER},joe@example.com", ",,"])),
    }
    row |= {name: told(draw, text) for name, text in sure.items()}
    for name in sorted(READ - {"state"}):
        if draw(st.integers(0, 9)) == 0:
            row.pop(name, None)  # a column that our account may not read
    return row, kept | {"by": by, "lost": READ - row.keys()}


@pytest.fixture(scope="module")
def given_back() -> Iterator[tuple[str, dict[str, Any]]]:
    """Serve whatever stands in a dictionary."""
    tables: dict[str, Any] = {"sys_dictionary": DICTIONARY, "sys_choice": STATES, "sys_user": PEOPLE}

    def table(body: Any, path: str) -> dict[str, Any]:
        return {"result": tables.get(path.partition("?")[0].rpartition("/")[2], [])}

    names = ("incident", "sys_audit", "sys_journal_field", "sys_attachment", "sys_dictionary", "sys_choice", "sys_user")
    with answering(**{f"table_{name}": table for name in names}) as (url, _):
        yield url, tables


def servicenow(url: str, **changes: Any) -> ServiceNow:
    scope = (Condition("sys_class_name", is_="incident"),)
    return ServiceNow(Http(requests.Session(), url, tenant="mutated"), Needs(READ, frozenset(), scope, **changes))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutated())
def test_any_row_is_read_with_its_id_state_and_time(given_back: Any, drawn: Any) -> None:
    url, tables = given_back
    row, kept = drawn
    tables["incident"] = [row]
    (record,) = servicenow(url).fetch([TICKET])
    assert (record.id, record.key, record.place, record.in_scope) == (TICKET, "INC1", "incident", True)
    assert record.fields["state"] == kept["state"]
    assert (record.updated_at, record.created_at) == (kept["at"], kept["at"])
    assert int(record.version) == kept["count"]
    assert (record.reporter.name if record.reporter else "") == {"joe": "Joe Employee"}.get(kept["by"], kept["by"])
    assert set(record.fields) == READ - kept["lost"]
    assert json.dumps(dict(record.fields))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_history_is_told_with_its_states_comments_files_and_writers(given_back: Any, data: st.DataObject) -> None:
    url, tables = given_back
    tables["incident"] = [data.draw(mutated())[0]]
    at = data.draw(MOMENTS)
    draw = data.draw

    def each(row: Mapping[str, str]) -> dict[str, Any]:
        return {name: told(draw, text) for name, text in row.items()}

    by = draw(WRITERS)
    step = {
        "documentkey": TICKET,
        "user": by,
        "sys_created_on": written(at),
        "record_checkpoint": draw(st.sampled_from(["", "4"])),
    }
    tables["sys_audit"] = [
        each({**step, "sys_id": "5" * 32, "fieldname": "state", "oldvalue": "1", "newvalue": "7"}),
        each({**step, "sys_id": "6" * 32, "fieldname": "due_date", "oldvalue": draw(ODD), "newvalue": draw(ODD)}),
    ]
    journal = {"element_id": TICKET, "sys_created_by": by, "sys_created_on": written(at)}
    tables["sys_journal_field"] = [
        each({**journal, "sys_id": "7" * 32, "element": "comments", "value": draw(ODD)}),
        each({**journal, "sys_id": "8" * 32, "element": "work_notes", "value": "hush"}),
    ]
    file = {"table_sys_id": TICKET, "sys_id": FILE, "sys_created_by": by, "sys_created_on": written(at)}
    size = draw(st.sampled_from(["", "0", "5881"]))
    tables["sys_attachment"] = [each({**file, "file_name": draw(ODD), "size_bytes": size, "content_type": draw(ODD)})]
    found = servicenow(url, files=True, comments="public").history([TICKET])[TICKET]
    assert [(e.at, e.before, e.after) for e in found.entries if e.field == "state"] == [(at, "1", "7")]
    assert [(one.id, one.at, one.public) for one in found.comments] == [("7" * 32, at, True)]
    assert [(one.id, one.at, one.size) for one in found.files] == [(FILE, at, int(size or 0))]
    writer = {"joe": "Joe Employee"}.get(by, by)
    assert {one.author.name for one in (*found.entries, *found.comments, *found.files)} == {writer}
    assert "hush" not in str(found)


@given(
    st.dictionaries(
        st.text(max_size=5),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: st.dictionaries(st.sampled_from(["value", "link", "display_value"]), inner),
        ),
    )
)
def test_a_row_is_texts_whatever_an_instance_gives(row: dict[str, Any]) -> None:
    made = plain(row)
    assert made.keys() == row.keys()
    assert all(isinstance(value, str) for value in made.values())
