# SPDX-License-Identifier: Apache-2.0
"""Writing rows: what may be written, the instance's own rules, journals, and the audit of each update."""

from collections.abc import Mapping
from typing import Any

from sandbox.servicenow import errors, flow
from sandbox.servicenow.instance import SYSTEM, Instance, User, stamp
from sandbox.servicenow.query import Row
from sandbox.servicenow.schema import JOURNALS, VIRTUAL
from sandbox.servicenow.settings import RuleSettings
from sandbox.servicenow.values import as_text, from_display, stored

_WRITTEN_BY_ITSELF = ("sys_journal_field", "sys_audit")


def create(instance: Instance, user: User, table: str, body: Mapping[str, Any], *, display: bool = False) -> Row:
    """Make a row. Raises: SnowError (400, 403)."""
    if table not in instance.schema.tables:
        raise errors.no_table(table)
    instance.refuse_closed(user, table)
    if table in VIRTUAL or (table in _WRITTEN_BY_ITSELF and user.alias not in instance.settings.journal_writers):
        raise errors.protected()
    columns = instance.schema.columns(table)
    row = {name: column.default for name, column in columns.items()}
    task = instance.schema.is_task(table)
    if task:
        row |= flow.begun(instance, user, table)
    taken, said = _taken(instance, user, table, row, body, display)
    row |= taken
    if task:
        row |= flow.followed(instance, user, table, {}, row)
        row |= _ruled(instance, table, {}, row)
        flow.demand(instance, table, row)
        row["number"] = as_text(body.get("number")) or instance.new_number(table)
        if "task_effective_number" in columns:
            row["task_effective_number"] = row["number"]
    own = {name: value for name, value in row.items() if not columns[name].read_only}
    kept = instance.keep(table, own, user.user_name)
    if task:
        _journal(instance, user, kept, said)
        _later(instance, table, {}, kept)
    return kept


def update(
    instance: Instance, user: User, table: str, row: Row, body: Mapping[str, Any], *, display: bool = False
) -> None:
    """Change a row; what changes nothing is no update. Raises: SnowError (403)."""
    instance.refuse_closed(user, table)
    if table in VIRTUAL or (table in _WRITTEN_BY_ITSELF and user.alias not in instance.settings.journal_writers):
        raise errors.protected()
    kind = row.get("sys_class_name") or table
    task = instance.schema.is_task(kind)
    final = instance.settings.closed_is_final and not user.admin and kind == "incident" and row["state"] == "7"
    if final:
        raise errors.protected()
    taken, said = _taken(instance, user, kind, row, body, display)
    after = row | taken
    if task:
        after |= flow.followed(instance, user, kind, row, after)
        after |= _ruled(instance, kind, row, after)
        flow.demand(instance, kind, after)
    before = dict(row)
    _store(instance, user, kind, row, after, said)
    if task:
        _later(instance, kind, before, row)


def delete(instance: Instance, user: User, table: str, row: Row) -> None:
    """Raises: SnowError (403)."""
    instance.refuse_closed(user, table)
    kind = row.get("sys_class_name") or table
    allowed = user.admin or table == "sys_attachment"
    if kind in VIRTUAL or not allowed:
        raise errors.undeletable()
    del instance.rows[kind][row["sys_id"]]
    instance.files.pop(row["sys_id"], None)


def _taken(
    instance: Instance, user: User, table: str, row: Row, body: Mapping[str, Any], display: bool
) -> tuple[Row, Row]:
    """What a body sets, and what it says to journals. Unknown columns, and those out of reach, are passed over."""
    columns = instance.schema.columns(table)
    out_of_reach = instance.settings.unwritable.get(user.alias, ())
    values: Row = {}
    said: Row = {}
    for name, value in body.items():
        column = columns.get(name)
        if column is None or column.read_only or name in out_of_reach or name in ("number", "sys_class_name"):
            continue
        text = as_text(value)
        if name in JOURNALS and instance.schema.is_task(table):
            if text:
                said[name] = text[: column.length]
            continue
        if column.type == "journal_list":
            continue
        if display:
            text = from_display(column, text, user.tz, lambda of, name: _named(instance, of, name))
        values[name] = stored(column, text, row[name])
    return values, said


def _named(instance: Instance, table: str, name: str) -> str | None:
    if table not in instance.rows:
        return None
    return next((row["sys_id"] for row in instance.rows[table].values() if row.get("name") == name), None)


def _store(instance: Instance, user: User, table: str, row: Row, after: Row, said: Row) -> None:
    changed = {name: (row[name], value) for name, value in after.items() if value != row[name]}
    if not changed and not said:
        return
    row |= after
    row["sys_mod_count"] = str(int(row["sys_mod_count"] or 0) + 1)
    row["sys_updated_on"], row["sys_updated_by"] = stamp(instance.now()), user.user_name
    if instance.schema.is_task(table):
        for name, (before, now) in changed.items():
            if instance.schema.audits(row["sys_class_name"], name):
                _audit(instance, user, row, name, before, now)
        _journal(instance, user, row, said)


def _journal(instance: Instance, user: User, row: Row, said: Row) -> None:
    table = row["sys_class_name"]
    for element, text in said.items():
        entry = {"name": table, "element": element, "element_id": row["sys_id"], "value": text}
        instance.keep("sys_journal_field", entry, user.user_name)
        _audit(instance, user, row, element, "", text)


def _audit(instance: Instance, user: User, row: Row, name: str, before: str, after: str) -> None:
    entry = {
        "tablename": row["sys_class_name"],
        "documentkey": row["sys_id"],
        "fieldname": name,
        "oldvalue": before,
        "newvalue": after,
        "user": user.user_name,
        "record_checkpoint": row["sys_mod_count"],
        "internal_checkpoint": instance.new_id(),
    }
    instance.keep("sys_audit", entry, user.user_name)


def _ruled(instance: Instance, table: str, before: Row, after: Row) -> Row:
    """What the instance's rules set in the same update."""
    found: Row = {}
    for rule in instance.settings.rules:
        if rule.by is None and _applies(rule, instance.schema.line(table), before, after):
            found |= rule.set
    return found


def _later(instance: Instance, table: str, before: Row, row: Row) -> None:
    """Rules that follow with an update of their own."""
    for rule in instance.settings.rules:
        if rule.by is not None and _applies(rule, instance.schema.line(table), before, row):
            by = instance.users.get(rule.by, SYSTEM)
            values, said = _taken(instance, by, table, row, rule.set, False)
            _store(instance, by, table, row, row | values, said)


def _applies(rule: RuleSettings, line: list[str], before: Row, after: Row) -> bool:
    if rule.table not in line:
        return False
    if not rule.when:
        return not before
    return all(after.get(n) == v for n, v in rule.when.items()) and any(
        before.get(n) != v for n, v in rule.when.items()
    )
