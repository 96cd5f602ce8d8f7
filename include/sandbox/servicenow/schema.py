# SPDX-License-Identifier: Apache-2.0
"""Which tables and columns an instance has: the vendor's, and what its settings add. Also as rows to be read."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import md5
from typing import Any

from sandbox.servicenow.choices import DEFAULTS, ENDS, OVERRIDES
from sandbox.servicenow.columns import TABLES, Column, Table
from sandbox.servicenow.settings import ServiceNowSettings

JOURNALS = ("comments", "work_notes")
VIRTUAL = ("sys_dictionary", "sys_choice", "sys_db_object")


def made_id(*parts: str) -> str:
    """The id of something that is there from the start: the same each time."""
    return md5("/".join(parts).encode(), usedforsecurity=False).hexdigest()


class Schema:
    """The tables of one instance."""

    def __init__(self, settings: ServiceNowSettings) -> None:
        self.tables = {table.name: table for table in TABLES}
        for name, own in settings.tables.items():
            self.tables[name] = Table(name, own.label, own.extends, own.prefix)
        for name, columns in settings.columns.items():
            made = {
                key: Column(
                    key,
                    one.label,
                    one.type,
                    32 if one.type == "reference" else one.max_length,
                    one.reference,
                    choices=one.choices,
                    table=name,
                    mandatory=one.mandatory,
                )
                for key, one in columns.items()
            }
            self.tables[name] = replace(self.tables[name], columns={**self.tables[name].columns, **made})
        self._settings = settings
        self._known: dict[str, Mapping[str, Column]] = {}

    def line(self, table: str) -> list[str]:
        """A table and those that it extends, nearest first."""
        found = []
        while table:
            found.append(table)
            table = self.tables[table].extends
        return found

    def columns(self, table: str) -> Mapping[str, Column]:
        """All columns of a table by name, those of the tables that it extends included."""
        if table not in self._known:
            found: dict[str, Column] = {}
            for name in reversed(self.line(table)):
                found |= self.tables[name].columns
                for key, choices in OVERRIDES.get(name, {}).items():
                    found[key] = replace(found[key], choices=choices)
                for key, default in DEFAULTS.get(name, {}).items():
                    found[key] = replace(found[key], default=default)
                found = {key: self._as_set(name, one) for key, one in found.items()}
            self._known[table] = found
        return self._known[table]

    def _as_set(self, table: str, column: Column) -> Column:
        where = f"{table}.{column.name}"
        length = self._settings.lengths.get(where, self._settings.lengths.get(column.name) if table == "task" else None)
        if where in self._settings.choices:
            column = replace(column, choices=self._settings.choices[where])
        return column if length is None else replace(column, length=length)

    def audits(self, table: str, column: str) -> bool:
        """Tell whether a change leaves a trace. Whether a table is audited is said of each table for itself."""
        one = self.columns(table)[column]
        return self._kept(table) and self._kept(f"{one.table}.{column}") and not column.startswith("sys_")

    def _kept(self, name: str) -> bool:
        return name not in self._settings.unaudited

    def ends(self, table: str) -> frozenset[str]:
        """States in which a row of this table is not active any more."""
        return next((ENDS[name] for name in self.line(table) if name in ENDS), frozenset())

    def is_task(self, table: str) -> bool:
        return "task" in self.line(table)

    def rows(self, table: str) -> Iterator[dict[str, str]]:
        """What the virtual tables hold. Columns stand at the table that defines them, and nowhere else."""
        for name, one in self.tables.items():
            if table == "sys_db_object":
                parent = made_id("table", one.extends) if one.extends else ""
                yield _row(table, made_id("table", name), name=name, label=one.label, super_class=parent)
            elif table == "sys_choice":
                yield from self._choices(name)
            elif table == "sys_dictionary":
                yield self._collection(name)
                yield from (self._entry(name, key) for key in one.columns)

    def _collection(self, table: str) -> dict[str, str]:
        return _row(
            "sys_dictionary",
            made_id("dictionary", table),
            name=table,
            internal_type="collection",
            active="true",
            audit=_said(self.is_task(table) and self._kept(table)),
        )

    def _entry(self, table: str, key: str) -> dict[str, str]:
        column = self.columns(table)[key]
        return _row(
            "sys_dictionary",
            made_id("dictionary", table, key),
            name=table,
            element=key,
            column_label=column.label,
            internal_type=column.type,
            reference=column.reference,
            max_length=str(column.length),
            mandatory=_said(column.mandatory),
            read_only=_said(column.read_only),
            active="true",
            choice="1" if column.choices else "0",
            default_value=column.default,
            audit="false",  # means something where a table says `audit_type=whitelist` alone
            attributes="" if self._kept(f"{table}.{key}") else "no_audit=true",
        )

    def _choices(self, table: str) -> Iterator[dict[str, str]]:
        own = set(self.tables[table].columns) | set(OVERRIDES.get(table, {}))
        own |= {key for named in self._settings.choices for at, _, key in [named.partition(".")] if at == table}
        for key in sorted(own):
            for place, (value, label) in enumerate(self.columns(table)[key].choices.items()):
                yield _row(
                    "sys_choice",
                    made_id("choice", table, key, value),
                    name=table,
                    element=key,
                    value=value,
                    label=label,
                    language="en",
                    sequence=str(place),
                    inactive="false",
                )


def _row(table: str, sys_id: str, **values: Any) -> dict[str, str]:
    began = "2016-01-19 04:49:47"
    return {
        "sys_id": sys_id,
        "sys_created_on": began,
        "sys_created_by": "glide.maint",
        "sys_updated_on": began,
        "sys_updated_by": "glide.maint",
        "sys_mod_count": "0",
        "sys_tags": "",
        **{
            column: "" for one in TABLES if one.name == table for column in one.columns if not column.startswith("sys_")
        },
        **values,
    }


def _said(flag: bool) -> str:
    return "true" if flag else "false"
