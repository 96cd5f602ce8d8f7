# SPDX-License-Identifier: Apache-2.0
"""People at a simulated ServiceNow, and an instance made for a contract."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from rehearsal.acts import Upload
from rehearsal.crew import Desk, RefusedError, Said, Seen, Stored, content
from rehearsal.reading import read_html
from rehearsal.spoken import values
from sandbox.servicenow.schema import Schema
from sandbox.servicenow.settings import INCIDENT_POLICIES, ServiceNowSettings
from tandem.config.models import FieldRule, Side

_API = "/api/now/table"
_TABLE = "sys_class_name"
_PEOPLE = "sys_user"
_JOURNALS = ("comments", "work_notes")
_MARKED = re.compile(r"\[code\](.*?)\[/code\]", re.DOTALL)
_ID = 32  # characters of a sys_id


@dataclass
class ServiceNowCrew:
    """Implements :class:`rehearsal.crew.Crew`. Values are as people see them: labels, names of rows, aliases."""

    desk: Desk
    side: Side
    columns: dict[str, Mapping[str, tuple[str, str]]] = field(default_factory=dict)  # table → column → type, reference
    labels: dict[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)  # table → column → value → label

    @cached_property
    def admin(self) -> str:
        """Who reads journals and audit, and may delete."""
        people = self.desk.house.tenant.people
        return next((alias for alias, one in people.items() if one.role == "admin"), self.desk.house.tenant.integration)

    def _ask(self, who: str | None, method: str, path: str, **sent: Any) -> Any:
        answer = self.desk.ask(who, method, path, **sent)
        return answer["result"] if answer else None

    def _rows(self, table: str, query: str) -> list[dict[str, str]]:
        asked = {"sysparm_query": query, "sysparm_exclude_reference_link": "true"}
        found: list[dict[str, str]] = self._ask(self.admin, "GET", f"{_API}/{table}", params=asked)
        return found

    def account(self, alias: str) -> str:
        """Give a person's sys_id."""
        email = self.desk.house.tenant.people[self.desk.who(alias)].email
        return self._rows(_PEOPLE, f"email={email}")[0]["sys_id"]

    @property
    def table(self) -> str:
        """The table whose rows the contract offers."""
        return _table(self.side)

    # ---- what is written

    def _known(self, table: str) -> tuple[Mapping[str, tuple[str, str]], Mapping[str, Mapping[str, str]]]:
        """The table's columns with type and reference, and the labels of their choices."""
        line = f"nameIN{table},task^elementISNOTEMPTY"
        rows = self._rows("sys_dictionary", line)
        columns = {row["element"]: (row["internal_type"], row["reference"]) for row in rows}
        labels: dict[str, dict[str, str]] = {}
        for name in ("task", table):  # the nearest that has any for a column has them all
            own: dict[str, dict[str, str]] = {}
            for row in self._rows("sys_choice", f"name={name}"):
                own.setdefault(row["element"], {})[row["value"]] = row["label"]
            labels |= own
        return columns, labels

    def _sent(self, table: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        columns, labels = self._known(table)
        return {name: self._value(columns.get(name), labels.get(name, {}), value) for name, value in fields.items()}

    def _value(self, column: tuple[str, str] | None, labels: Mapping[str, str], value: Any) -> Any:
        if value is None or column is None:
            return "" if value is None else value
        if isinstance(value, list):
            return ",".join(str(self._value(column, labels, one)) for one in value)
        known = {label: stored for stored, label in labels.items()}
        if str(value) in known:
            return known[str(value)]
        reference = column[1]
        if reference == _PEOPLE and value in self.desk.house.tenant.people:
            return self.account(value)
        if reference and len(str(value)) != _ID:
            with suppress(RefusedError):  # the instance has no such table: it takes what is given
                found = self._rows(reference, f"name={value}")
                return found[0]["sys_id"] if found else value
        return value

    def create(
        self, who: str | None, fields: Mapping[str, Any], html: str | None, internal: bool, files: Sequence[Upload]
    ) -> str:
        if html is not None or internal:
            raise RefusedError("a ServiceNow ticket begins with plain text that everybody may read")
        told = {"short_description": "It does not work", **fields}
        table = str(told.pop(_TABLE, self.table))
        made = self._ask(who, "POST", f"{_API}/{table}", json=self._sent(table, told))
        self.attach(who, made["sys_id"], files)
        return str(made["sys_id"])

    def _table_of(self, ticket: str) -> str:
        return self._rows("task", f"sys_id={ticket}")[0][_TABLE]

    def set(self, who: str | None, ticket: str, fields: Mapping[str, Any]) -> None:
        table = self._table_of(ticket)
        self._ask(who, "PATCH", f"{_API}/{table}/{ticket}", json=self._sent(table, fields))

    def label(self, who: str | None, ticket: str, add: Sequence[str], remove: Sequence[str]) -> None:
        rule = self.side.fields.get("labels")
        if rule is None:
            raise RefusedError("the contract names no column of labels here; write `set`")
        now = self._rows("task", f"sys_id={ticket}")[0]
        row = self._rows(now[_TABLE], f"sys_id={ticket}")[0]
        held = [one for one in row[rule.native].split(",") if one and one not in remove]
        self.set(who, ticket, {rule.native: ",".join([*held, *add])})

    def comment(
        self, who: str | None, ticket: str, text: str | None, body: Any, internal: bool, files: Sequence[Upload]
    ) -> str:
        before = {one["sys_id"] for one in self._journal(ticket)}
        self.attach(who, ticket, files)
        self.set(who, ticket, {_JOURNALS[internal]: str(body if body is not None else text or "")})
        made = [one["sys_id"] for one in self._journal(ticket) if one["sys_id"] not in before]
        return made[0] if made else ""

    def edit_comment(self, who: str | None, ticket: str, comment: str, text: str) -> None:
        raise RefusedError("nobody can edit what stands in a journal; write `redact` or `delete`")

    def hide_comment(self, who: str | None, ticket: str, comment: str) -> None:
        raise RefusedError("nobody can move an entry from one journal to the other; write `redact` or `delete`")

    def redact_comment(self, who: str | None, ticket: str, comment: str, text: str) -> None:
        path = f"{_API}/sys_journal_field/{comment}"
        said = self._ask(self.admin, "GET", path)["value"]
        self._ask(who or self.admin, "PATCH", path, json={"value": said.replace(text, "▇" * len(text))})

    def delete_comment(self, who: str | None, ticket: str, comment: str) -> None:
        self._ask(who or self.admin, "DELETE", f"{_API}/sys_journal_field/{comment}")

    def attach(self, who: str | None, ticket: str, files: Sequence[Upload]) -> None:
        for file in files:
            asked = {"table_name": self._table_of(ticket), "table_sys_id": ticket, "file_name": file.name}
            kind = {"Content-Type": "application/octet-stream"}
            self._ask(who, "POST", "/api/now/attachment/file", params=asked, data=content(file), headers=kind)

    def status(self, who: str | None, ticket: str, to: str, way: str | None, fields: Mapping[str, Any]) -> None:
        self.set(who, ticket, {"state": to, **fields})

    def move(self, who: str | None, ticket: str, project: str, kind: str | None) -> None:
        raise RefusedError("a ServiceNow ticket stays in its table; write `set` with its group")

    def restrict(self, who: str | None, ticket: str, level: str | None) -> None:
        raise RefusedError("a ServiceNow ticket has no security level; write `settings` with `hidden`")

    def delete(self, who: str | None, ticket: str) -> None:
        self._ask(self.admin, "DELETE", f"{_API}/{self._table_of(ticket)}/{ticket}")

    def link(self, who: str | None, ticket: str, other: str, kind: str | None) -> None:
        raise RefusedError("ServiceNow links by columns; write `set` with `parent` or `problem_id`")

    def merge(self, who: str | None, ticket: str, into: str) -> None:
        raise RefusedError("ServiceNow does not merge tickets")

    def follow_up(self, who: str | None, ticket: str, text: str) -> str:
        raise RefusedError("ServiceNow has no follow-ups")

    def blind(self, tickets: Sequence[str], projects: Sequence[str]) -> None:
        numbers = [row["number"] for ticket in tickets for row in self._rows("task", f"sys_id={ticket}")]
        hidden = {self.desk.house.tenant.integration: numbers} if numbers else {}
        self.desk.house.tracker.change_settings({"hidden": hidden})

    # ---- what is seen

    def see(self, ticket: str) -> Seen | None:
        found = self._rows("task", f"sys_id={ticket}")
        if not found:
            return None
        table = found[0][_TABLE]
        row = self._rows(table, f"sys_id={ticket}")[0]
        columns, labels = self._known(table)
        fields = {name: self._shown(columns.get(name), labels.get(name, {}), value) for name, value in row.items()}
        listed = self._journal(ticket)
        said = [Said(one["sys_id"], _read(one["value"]), one["element"] == _JOURNALS[0]) for one in listed]
        files = [self._file(one) for one in self._attached(ticket)]
        return Seen(ticket, row["number"], fields, said, files)

    def _attached(self, ticket: str) -> list[dict[str, str]]:
        asked = {"sysparm_query": f"table_sys_id={ticket}^ORDERBYsys_created_on"}
        found: list[dict[str, str]] = self._ask(self.admin, "GET", "/api/now/attachment", params=asked)
        return found

    def _file(self, row: Mapping[str, str]) -> Stored:
        return Stored(row["file_name"], int(row["size_bytes"]), self.desk.download(row["download_link"]))

    def _shown(self, column: tuple[str, str] | None, labels: Mapping[str, str], value: str) -> Any:
        kind, reference = column or ("", "")
        if value == "":
            return [] if kind == "glide_list" else None
        if kind == "glide_list":
            return [self._named(reference, one) for one in value.split(",")]
        return self._named(reference, value) if reference else labels.get(value, value)

    def _named(self, reference: str, value: str) -> str:
        """A person's alias, a row's name; anything else as it is."""
        if reference == _PEOPLE:
            emails = {person.email: alias for alias, person in self.desk.house.tenant.people.items()}
            rows = self._rows(_PEOPLE, f"sys_id={value}")
            return emails.get(rows[0]["email"], rows[0]["name"]) if rows else value
        rows = self._rows(reference, f"sys_id={value}") if reference and len(value) == _ID else []
        return rows[0].get("name") or rows[0].get("number") or value if rows else value

    def _journal(self, ticket: str) -> list[dict[str, str]]:
        """All entries as they were written: within a second the audit's count of updates tells the order."""
        audit = self._rows("sys_audit", f"documentkey={ticket}^fieldnameIN{','.join(_JOURNALS)}")
        order = {(one["fieldname"], one["newvalue"], one["user"]): int(one["record_checkpoint"]) for one in audit}

        def place(one: Mapping[str, str]) -> tuple[str, int]:
            return one["sys_created_on"], order.get((one["element"], one["value"], one["sys_created_by"]), 0)

        return sorted(self._rows("sys_journal_field", f"element_id={ticket}"), key=place)


def _read(value: str) -> str:
    """What a reader sees of an entry: HTML between the marks of code."""
    return _MARKED.sub(lambda found: read_html(found[1]), value).strip()


# ---- an instance for a contract

_TYPES = {"set": "glide_list", "people": "reference", "date": "glide_date", "rich": "string"}
_LONG = 4000  # characters of a text of several lines
_GRANTED = ["sys_audit", "sys_journal_field", "sys_properties"]


def _table(side: Side) -> str:
    named = [one.is_ for one in side.scope if one.field == _TABLE and one.is_ is not None]
    return str(next(iter([*named, (side.create or {}).get(_TABLE)]), None) or "incident")


def settings(side: Side) -> dict[str, Any]:
    """Make an instance in which a contract finds all that it speaks of."""
    table = _table(side)
    delivered = Schema(ServiceNowSettings())
    tables = {} if table in delivered.tables else {table: {"label": table.capitalize()}}
    known = delivered.columns(table if not tables else "task")
    own = {rule.native: _column(side, rule) for rule in side.fields.values() if rule.native not in known}
    for condition in side.scope:
        if condition.field not in known:
            listed = {"type": "glide_list", "max_length": _LONG} if condition.contains is not None else {}
            own.setdefault(condition.field, {"label": condition.field, **listed})
    names = {*known, *own}
    filled = {name for way in side.transitions.values() for name in way.fields} | set(side.create or {})
    spoken = {rule.native for rule in side.fields.values() if rule.map} | filled | {one.field for one in side.scope}
    choices = {}
    for name in sorted(spoken & known.keys()):
        if known[name].choices and (other := _renamed(known[name].choices, values(side, name))):
            choices[f"{table}.{name}"] = other
    groups = [word for name in names if name == "assignment_group" for word in values(side, name)]
    return {
        "tables": tables,
        "columns": {table: own} if own else {},
        "choices": choices,
        "policies": [one.model_dump() for one in INCIDENT_POLICIES if f"{one.table}.state" not in choices],
        "groups": list(dict.fromkeys(["Service Desk", *groups])),
        "companies": values(side, "company"),
        "grants": {"tandem": _GRANTED},
    }


def _renamed(delivered: Mapping[str, str], spoken: Sequence[str]) -> dict[str, str]:
    """Give choices the names that a contract has for them, in its order; what is left over gets a code of its own.

    So what a row has at first, and what follows from other columns, are choices that the contract knows.
    """
    missing = [word for word in spoken if word not in {*delivered, *delivered.values()}]
    free = [code for code, label in delivered.items() if not {code, label} & set(spoken)]
    own = (str(code) for code in range(100, 1000) if str(code) not in delivered)
    return {**delivered, **dict(zip([*free, *own], missing, strict=False))} if missing else {}


def _column(side: Side, rule: FieldRule) -> dict[str, Any]:
    if rule.map:
        return {"label": rule.hub, "choices": {name: name for name in values(side, rule.native)}}
    made: dict[str, Any] = {"label": rule.hub, "type": _TYPES.get(rule.kind, "string"), "max_length": _LONG}
    return made | ({"reference": _PEOPLE} if rule.kind == "people" else {})
