# SPDX-License-Identifier: Apache-2.0
"""What the core's pages show of an instance, and what people do through them."""

from datetime import UTC, datetime
from typing import Any

from sandbox.servicenow import api_attachment, writes
from sandbox.servicenow.columns import Column
from sandbox.servicenow.instance import FORM, Instance, User
from sandbox.servicenow.query import Row as Values
from sandbox.servicenow.schema import JOURNALS
from sandbox.tracker import Act, Detail, PageChange, PageComment, PageFile, Refused, Row

_SHOWN_ABOVE = {"short_description", "description", "priority", "state", "number", *JOURNALS}
_TABLE = "incident"


def rows(instance: Instance) -> list[Row]:
    """All tasks, last changed first."""
    found = sorted(instance.table("task"), key=lambda row: (row["sys_updated_on"], row["number"]), reverse=True)
    return [_row(instance, row) for row in found]


def detail(instance: Instance, key: str) -> Detail | None:
    """Work notes and all: who watches the sandbox sees everything."""
    row = next((one for one in instance.table("task") if one["number"] == key), None)
    if row is None:
        return None
    columns = instance.schema.columns(row["sys_class_name"])
    entries = [one for one in instance.rows["sys_journal_field"].values() if one["element_id"] == row["sys_id"]]
    audits = [one for one in instance.rows["sys_audit"].values() if one["documentkey"] == row["sys_id"]]
    shown = [
        (column.label, _said(instance, column, row[name]))
        for name, column in columns.items()
        if row[name] and row[name] != column.default and name not in _SHOWN_ABOVE and not name.startswith("sys_")
    ]
    return Detail(
        row=_row(instance, row),
        description=row["description"],
        author=instance.name_of(row["sys_created_by"]),
        fields=(("Table", instance.schema.tables[row["sys_class_name"]].label), *shown),
        comments=tuple(
            PageComment(
                instance.name_of(one["sys_created_by"]),
                _at(one["sys_created_on"]),
                one["value"],
                one["element"] == "work_notes",
            )
            for one in entries
        ),
        history=tuple(
            PageChange(
                _at(one["sys_created_on"]),
                instance.name_of(one["user"]),
                columns[one["fieldname"]].label,
                _said(instance, columns[one["fieldname"]], one["oldvalue"]),
                _said(instance, columns[one["fieldname"]], one["newvalue"]),
            )
            for one in audits
            if one["fieldname"] not in JOURNALS and one["fieldname"] in columns
        ),
        files=tuple(
            PageFile(one["file_name"], int(one["size_bytes"]), f"/sys_attachment.do?sys_id={one['sys_id']}")
            for one in instance.rows["sys_attachment"].values()
            if one["table_sys_id"] == row["sys_id"]
        ),
        statuses=tuple(columns["state"].choices.values()),
        priorities=tuple(columns["priority"].choices.values()),
    )


def act(instance: Instance, user: User, key: str | None, act: Act) -> str:
    """Do what a person filled in; the text of a new task is its description. Raises: SnowError, Refused."""
    body: dict[str, Any] = {"short_description": act.title} if act.title else {}
    if act.priority:
        body["priority"] = _code(instance, _TABLE, "priority", act.priority)
    if key is None:
        text = act.comment or ""
        row = writes.create(instance, user, _TABLE, {"caller_id": user.sys_id, **body, "description": text})
    else:
        found = next((one for one in instance.table("task") if one["number"] == key), None)
        if found is None:
            raise Refused("There is no such task.")
        row = found
        if act.comment:
            body["work_notes" if act.internal else "comments"] = act.comment
        if act.status:
            body |= _moved(instance, row, act.status)
        writes.update(instance, user, row["sys_class_name"], row, body)
    for file in act.files:
        kind = row["sys_class_name"]
        api_attachment.store(instance, user, row, kind, file.name, file.content_type, file.content)
    return row["number"]


def _moved(instance: Instance, row: Values, label: str) -> dict[str, Any]:
    """A state, with the first choice for what the data policies ask for."""
    table = row["sys_class_name"]
    state = _code(instance, table, "state", label)
    body: dict[str, Any] = {"state": state}
    columns = instance.schema.columns(table)
    for policy in instance.settings.policies:
        if policy.table in instance.schema.line(table) and state in policy.when.get("state", ()):
            body |= {n: next(iter(columns[n].choices), "As told.") for n in policy.mandatory if not row[n]}
    return body


def _code(instance: Instance, table: str, column: str, label: str) -> str:
    choices = instance.schema.columns(table)[column].choices
    return next((value for value, shown in choices.items() if shown == label), label)


def _row(instance: Instance, row: Values) -> Row:
    columns = instance.schema.columns(row["sys_class_name"])
    return Row(
        key=row["number"],
        title=row["short_description"],
        status=columns["state"].choices.get(row["state"], row["state"]),
        priority=columns["priority"].choices.get(row["priority"], row["priority"]),
        changed=_at(row["sys_updated_on"]),
        by=instance.name_of(row["sys_updated_by"]),
    )


def _said(instance: Instance, column: Column, value: str) -> str:
    if not column.reference or not value:
        return column.choices.get(value, value)
    named = []
    for one in value.split(","):
        there = instance.row(column.reference, one) if column.reference in instance.schema.tables else None
        named.append((there.get("number") or there.get("name") or one) if there else one)
    return ", ".join(named)


def _at(text: str) -> datetime:
    return datetime.strptime(text, FORM).replace(tzinfo=UTC)
