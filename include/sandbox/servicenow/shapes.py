# SPDX-License-Identifier: Apache-2.0
"""Rows as answers show them: every value a text, references as objects, and the three ways of `display_value`."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Literal

from sandbox.servicenow.columns import Column
from sandbox.servicenow.instance import FORM, Instance, User
from sandbox.servicenow.query import Row
from sandbox.servicenow.schema import JOURNALS
from sandbox.servicenow.values import TIMES

Display = Literal["false", "true", "all"]
_HEADS = {"comments": "Additional comments", "work_notes": "Work notes"}
_REFERENCES = ("reference", "domain_id")


class View:
    """How one request wants to see rows."""

    def __init__(
        self, instance: Instance, user: User, display: Display, no_links: bool, fields: tuple[str, ...]
    ) -> None:
        self._instance = instance
        self._user = user
        self._display = display
        self._no_links = no_links
        self._fields = fields

    def row(self, table: str, row: Row) -> dict[str, Any]:
        """One row; columns that are not there, or out of the user's sight, are left out in silence."""
        kind = row.get("sys_class_name") or table
        kind = kind if kind in self._instance.schema.tables else table
        names: Iterable[str] = self._fields or self._instance.schema.columns(kind)
        return {name: self._value(kind, row, name) for name in names if self._may(kind, name)}

    def _may(self, table: str, path: str) -> bool:
        return self._instance.has(table, path) and self._instance.readable(self._user, path.partition(".")[0])

    def _value(self, table: str, row: Row, path: str) -> Any:
        column, raw = self._at(table, row, path)
        if column.name in (*JOURNALS, "comments_and_work_notes") and "." not in path:
            raw, shown = "", self._journal(row, column.name)
        else:
            shown = self._shown(column, raw)
        if column.type in _REFERENCES and raw:
            return self._reference(column, raw, shown)
        if self._display == "all":
            # Unset choices show null, other unset columns an empty text.
            return {"display_value": None if not raw and column.choices else shown, "value": raw}
        return shown if self._display == "true" else raw

    def _at(self, table: str, row: Row, path: str) -> tuple[Column, str]:
        instance, (name, _, rest) = self._instance, path.partition(".")
        column = instance.schema.columns(table)[name]
        if not rest:
            return column, row[name]
        there = instance.row(column.reference, row[name]) if row[name] else None
        if there is None:
            return self._deepest(column.reference, rest), ""
        return self._at(column.reference, there, rest)

    def _deepest(self, table: str, path: str) -> Column:
        name, _, rest = path.partition(".")
        column = self._instance.schema.columns(table)[name]
        return self._deepest(column.reference, rest) if rest else column

    def _reference(self, column: Column, raw: str, shown: str) -> Any:
        if self._no_links:
            if self._display == "all":
                return {"display_value": shown, "value": raw}
            return shown if self._display == "true" else raw
        # On v2, whichever version was called: as recorded.
        link = f"{self._instance.url}/api/now/v2/table/{column.reference}/{raw}"
        if self._display == "all":
            return {"display_value": shown, "link": link, "value": raw}
        return {"display_value": shown, "link": link} if self._display == "true" else {"link": link, "value": raw}

    def _shown(self, column: Column, raw: str) -> str:
        if column.type == "due_date" and column.name == "sla_due" and not raw:
            return "UNKNOWN"
        if not raw:
            return ""
        if column.choices:
            return column.choices.get(raw, raw)
        if column.type in TIMES:
            at = datetime.strptime(raw, FORM).replace(tzinfo=UTC)
            return at.astimezone(self._user.tz).strftime(FORM)
        if column.type == "integer" and raw.lstrip("-").isdigit():
            return f"{int(raw):,}"
        if column.type == "glide_duration":
            return _duration(raw)
        if column.type == "sys_class_name":
            known = self._instance.schema.tables.get(raw)
            return known.label if known else raw
        if column.type in _REFERENCES:
            return self._name(column.reference, raw)
        if column.type == "glide_list" and column.reference:
            return ", ".join(self._name(column.reference, one) for one in raw.split(","))
        return raw

    def _name(self, table: str, sys_id: str) -> str:
        if table not in self._instance.schema.tables:
            return sys_id
        row = self._instance.row(table, sys_id) or {}
        return row.get("number") or row.get("name") or (sys_id if sys_id == "global" else "")

    def _journal(self, row: Row, name: str) -> str:
        """All entries in one text, newest first, times of the user's zone."""
        wanted = (name,) if name in JOURNALS else JOURNALS
        entries = [
            entry
            for entry in self._instance.rows["sys_journal_field"].values()
            if entry["element_id"] == row["sys_id"] and entry["element"] in wanted
        ]
        text = ""
        for entry in reversed(entries):
            at = datetime.strptime(entry["sys_created_on"], FORM).replace(tzinfo=UTC).astimezone(self._user.tz)
            by = self._instance.name_of(entry["sys_created_by"])
            text += f"{at.strftime(FORM)} - {by} ({_HEADS[entry['element']]})\n{entry['value']}\n\n"
        return text


def _duration(raw: str) -> str:
    """A duration is a time after 1970."""
    seconds = int((datetime.strptime(raw, FORM).replace(tzinfo=UTC)).timestamp())
    parts = []
    for size, name in ((86400, "Day"), (3600, "Hour"), (60, "Minute")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}{'s' if count > 1 else ''}")
    return " ".join(parts) or "0 Seconds"


def attachment(instance: Instance, row: Row) -> dict[str, str]:
    """A file as the attachment API shows it: all texts, with the address of its bytes."""
    link = f"{instance.url}/api/now/attachment/{row['sys_id']}/file"
    return {**row, "download_link": link}
