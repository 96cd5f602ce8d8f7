# SPDX-License-Identifier: Apache-2.0
"""The preflight: log-in, rights, clock, dictionary, choices and scope, with all problems at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from tandem.connectors.base import Author, Edge, FieldInfo, Preflight, Way
from tandem.connectors.brackets import LEAVES_OUT, TELLING
from tandem.connectors.servicenow.read import ALWAYS
from tandem.connectors.servicenow.scope import Scope, misread, misvalued, named
from tandem.connectors.servicenow.shape import JOURNALS, ORIGIN, TABLE, WRITE, Column, batches
from tandem.connectors.servicenow.site import DELIVERED, Site
from tandem.errors import CredentialsError, ItemError, Problem

VERSION = "Table API v2"
FILLED = (ALWAYS - {ORIGIN}) | {"active", "impact", "opened_at", "opened_by", "priority", "state", "urgency"}
NAMED = 1000  # rows that a reference may name, so that the contract can name them too
USERS = 100  # accounts that one query names
LIMIT = "com.glide.attachment.max_size"
_BESIDE = {"sys_audit": "documentkeyISNOTEMPTY", "sys_journal_field": "element_idISNOTEMPTY"}
_MEGABYTE = 1024 * 1024

# What a new instance's data policies ask for when an incident comes to a state.
NEEDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "incident": {"3": ("hold_reason",), "6": ("close_code", "close_notes"), "7": ("close_code", "close_notes")}
}


def preflight(site: Site, scope: Scope, search_delay: float) -> Preflight:
    """Check all that can be checked without a write."""
    try:
        account = site.account
    except CredentialsError:
        answer = site.http.request("GET", "/api/now/table/sys_user", params={"sysparm_limit": "1"}, accept=(401, 403))
        if answer.status_code == 403:
            fix = "Give it a role whose access rules let it read sys_user: who wrote what is known by it."
            problem = _wrong(site, "TDM-221", "our account may not read sys_user", fix, "sys_user")
            return _unknown(site, search_delay, problem)
        return _stranger(site, search_delay, "ServiceNow does not accept the log-in")
    except ItemError:
        return _stranger(site, search_delay, "there is no ServiceNow at this address")
    tables = list(_tables(site))
    problems = [*_rights(site, account), *tables]
    try:
        # Without the one table, what there is of columns and choices would be that of all tasks, which nobody means.
        fields = {} if any(not one.warning for one in tables) else _dictionary(site)
    except (CredentialsError, ItemError):
        fix = "Give the account the right to read sys_dictionary, sys_db_object and sys_choice."
        problems.append(_wrong(site, "TDM-221", "our account may not read the dictionary", fix))
        fields = {}
    if fields:
        problems += [*_columns(site, fields), *_audited(site), *_scope(site, scope), *_readable(site, fields)]
        if not any(one.code == "TDM-226" for one in problems):
            problems += _narrows(site, scope)
    return Preflight(
        account=account,
        offset=site.http.clock_offset,
        version=VERSION,
        fields=fields,
        search_delay=search_delay,
        edges=tuple(_edges(site)) if fields else (),
        problems=tuple(problems),
        max_file=_largest_file(site),
        untold=frozenset(name for name in fields if not site.columns[name].audited),
        inactive=_inactive(site),
        learnt=site.learnt() if fields and account.id else {},
    )


def ways(site: Site, state: str) -> tuple[Way, ...]:
    """The ways out of a state: to every other that the table has, with what the vendor's policies ask for."""
    column = site.columns.get("state")
    asked = next((NEEDS[name] for name in site.line if name in NEEDS), {})
    states = column.choices if column else {}
    return tuple(Way(one, label, one, asked.get(one, ())) for one, label in states.items() if one != state)


def _stranger(site: Site, delay: float, what: str) -> Preflight:
    fix = "Set host to https://<instance>.service-now.com, log-in and password to an active account of it."
    return _unknown(site, delay, _wrong(site, "TDM-220", what, fix))


def _unknown(site: Site, delay: float, problem: Problem) -> Preflight:
    return Preflight(Author("", ""), site.http.clock_offset, VERSION, {}, delay, problems=(problem,))


def _rights(site: Site, account: Author) -> Iterator[Problem]:
    """Journals and audit give lists without rows, and no word of it, to those who may not read them."""
    if not account.id:
        yield _wrong(site, "TDM-221", "our account may not read sys_user", "Give it the right to read users.")
    for table, query in _BESIDE.items():
        try:
            rows, total, _ = site.page(table, query, ("sys_id",), limit=1)
            blind = total > 0 and not rows
        except (CredentialsError, ItemError):
            blind = True
        if blind:
            what = f"our account may not read {table}: what people said or changed, and what is our own, is told there"
            yield _wrong(site, "TDM-221", what, f"Give it a role whose access rules let it read {table}.", table)

    if site.needs.files:
        try:
            site.page("sys_attachment", "", ("sys_id",), limit=1)
        except (CredentialsError, ItemError):
            yield _closed(site, "sys_attachment")


def _closed(site: Site, table: str) -> Problem:
    return _wrong(site, "TDM-221", f"our account may not read {table}", f"Give it a role that lets it read {table}.")


def _tables(site: Site) -> Iterator[Problem]:
    if len(site.tables) != 1:
        what = "the scope names no table" if not site.tables else "the scope names several tables"
        fix = "Name one in the scope: {field: sys_class_name, is: incident}. Each table has an offer of its own."
        yield _wrong(site, "TDM-227", what, fix, TABLE)
        return
    try:
        rows, _, _ = site.page("sys_db_object", f"name={site.table}", ("name",), limit=1)
    except CredentialsError:
        yield replace(_closed(site, "sys_db_object"), warning=site.table in DELIVERED)
        return
    if not rows or site.line[-1] != "task":
        near = get_close_matches(site.table.lower(), DELIVERED, 1)
        fix = f'Did you mean "{near[0]}"? ' if near else ""
        fix += "Name a table that extends task: incident, problem, change_request, sc_task."
        yield _wrong(site, "TDM-224", f"there is no table of tasks {site.table}", fix, TABLE)
    elif len(site.needs.scope) == 1 and not site.needs.query:
        what = "the scope takes every row of the table that our account may see"
        everything = _wrong(site, "TDM-227", what, "Name a group, a label or the like in the scope.", "scope")
        yield replace(everything, warning=True)


def _dictionary(site: Site) -> dict[str, FieldInfo]:
    asked = {name for state in NEEDS.get(site.table, {}).values() for name in state} if site.needs.statuses else set()
    columns = {**site.columns, **site.with_choices(asked)}
    found = {name: _info(site, column) for name, column in columns.items() if name not in JOURNALS}
    if TABLE in found:
        kinds = {site.table: site.table}
        found[TABLE] = replace(found[TABLE], kind="choice", writable=True, choices=kinds, max_length=None)
    return found


def _info(site: Site, column: Column) -> FieldInfo:
    choices: Mapping[str, str] = column.choices
    if column.type == "boolean":
        choices = {"true": "true", "false": "false"}
    elif _names_rows(column) and not choices and column.name in site.needed:
        choices = _rows_named(site, column.reference)
    return FieldInfo(
        name=column.name,
        label=column.label,
        kind="persons" if column.kind == "set" and column.reference == "sys_user" else column.kind,
        writable=not column.read_only,
        max_length=column.length or None if column.kind in ("text", "lines") else None,
        choices=choices,
        required=column.mandatory,
        filled=column.name in FILLED,
    )


def _names_rows(column: Column) -> bool:
    """Whether values are ids of rows that people know by name (a person is one of the people file)."""
    reference = column.reference if column.reference != "sys_user" else ""
    return column.name != TABLE and (column.kind == "choice" or (column.kind == "set" and bool(reference)))


def _rows_named(site: Site, table: str) -> dict[str, str]:
    """The rows that a reference may name, where they are few enough to be named in a contract."""
    try:
        rows, total, _ = site.page(table, "nameISNOTEMPTY^ORDERBYname", ("sys_id", "name"), limit=NAMED)
    except (CredentialsError, ItemError):
        return {}
    return {row["sys_id"]: row["name"] for row in rows} if total <= NAMED else {}


def _columns(site: Site, fields: Mapping[str, FieldInfo]) -> Iterator[Problem]:
    for name in sorted((site.needed | {ORIGIN, WRITE}) - fields.keys()):
        what = f"the table {site.table} has no column {name}"
        fix = "Write the column's name (short_description, u_order_no, …)."
        if name in JOURNALS:
            what = f"{name} is a journal, not a field"
            fix = "Journals travel as comments: `comments.out`, `comments.as`."
        yield _wrong(site, "TDM-222", what, fix, name)
    for name in sorted((site.needs.read | site.needs.write) & {ORIGIN, WRITE}):
        yield _wrong(site, "TDM-223", f"{name} is for our marks alone", "Take it out of the contract's fields.", name)
    for name in sorted(site.needs.write & fields.keys()):
        if not fields[name].writable:
            yield _wrong(site, "TDM-223", f"{name} cannot be written", "Take it out of what comes in.", name)
    html = sorted(name for name in site.needed & site.columns.keys() if site.columns[name].type.endswith("html"))
    for name in html:
        yield _wrong(site, "TDM-223", f"{name} is kept as HTML, which is not read here", "Leave it out.", name)
    states = fields["state"].choices if "state" in fields else {}
    known = {word.casefold() for pair in states.items() for word in pair}
    for status in site.needs.statuses:
        if states and status.casefold() not in known:
            fix = f"Choose from: {', '.join(states.values())}."
            yield _wrong(site, "TDM-225", f'{site.table} has no state "{status}"', fix, "state")


def _audited(site: Site) -> Iterator[Problem]:
    """What a write of ours leaves in the audit is all by which it is known again."""
    if WRITE in site.columns and not site.columns[WRITE].audited:
        what = f"ServiceNow keeps no history of {WRITE} in {site.table}, and our own work is known by it"
        fix = f"Have an administrator tick Audit in the dictionary entry of {site.table} (that of type Collection), "
        fix += f"and take the attribute no_audit from that of {WRITE}."
        yield _wrong(site, "TDM-221", what, fix)


def _scope(site: Site, scope: Scope) -> Iterator[Problem]:
    for condition in site.needs.scope:
        try:
            unknown = list(scope.unknown(condition)) if condition.field != TABLE else []
        except CredentialsError:
            yield _closed(site, site.columns[condition.field].reference)
            continue
        for word, fix in unknown:
            what = f'the scope names {condition.field} "{word}", which ServiceNow does not have'
            yield _wrong(site, "TDM-224", what, fix, condition.field)
    wrong = misread(site.needs.query or "", site.knows)
    if wrong:
        told = ", ".join(f'"{part}"' for part in wrong)
        what = f"ServiceNow would pass over a part of the raw query, or read it as more: {told}"
        fix = "Use columns of the table and known operators; no ^NQ and no ORDERBY."
        yield _wrong(site, "TDM-226", what, fix, "query")
    for part, fix in misvalued(site.needs.query or "", site.with_choices(named(site.needs.query or ""))):
        what = f'"{part}" in the raw query says nothing to ServiceNow: it would pass over it, or find nothing by it'
        yield _wrong(site, "TDM-226", what, fix, "query")


def _narrows(site: Site, scope: Scope) -> Iterator[Problem]:
    """A raw query that is all that narrows a scope, and narrows nothing, has it take the whole table."""
    if site.needs.query is None or scope.fields != {TABLE}:
        return
    try:
        found, all_ = (
            site.page(site.table, scope.query(narrowed=raw), ("sys_id",), limit=1)[1] for raw in (True, False)
        )
    except (CredentialsError, ItemError):  # told already
        return
    if found == all_ >= TELLING:
        what = f"the raw query leaves out none of the {all_} rows of {site.table}"
        yield replace(_wrong(site, "TDM-227", what, LEAVES_OUT, "query"), warning=True)


def _readable(site: Site, fields: Mapping[str, FieldInfo]) -> Iterator[Problem]:
    """A column that our account may not read is left out of every answer. Without those of the system nothing works."""
    asked = (site.needed & fields.keys()) | {WRITE} | ALWAYS
    try:
        rows, _, _ = site.page(site.table, "ORDERBYDESCsys_created_on", asked, limit=1)
    except ItemError:  # there is no such table, as is told already
        return
    except CredentialsError:
        yield _closed(site, site.table)
        return
    for name in sorted(asked - rows[0].keys()) if rows else ():
        fix = "Give it the right to read the column, or take the column out of the contract."
        yield _wrong(site, "TDM-222", f"our account may not read {name} of {site.table}", fix, name)


def _edges(site: Site) -> Iterator[Edge]:
    column = site.columns.get("state") if site.tables else None
    for state in column.choices if column else ():
        yield from (Edge(site.table, "", state, way) for way in ways(site, state))


def _inactive(site: Site) -> frozenset[str]:
    """Which of the accounts that are written were deactivated, or are no users here."""
    asked = sorted(site.needs.accounts)
    if not asked:
        return frozenset()
    try:
        active = {row["sys_id"] for rows in _users(site, asked) for row in rows}
    except (CredentialsError, ItemError):
        return frozenset()  # that we may not read users is told already
    return frozenset(asked) - active


def _users(site: Site, accounts: Sequence[str]) -> Iterator[Sequence[Mapping[str, str]]]:
    for part in batches(accounts, USERS):
        yield from site.pages("sys_user", f"sys_idIN{','.join(part)}^active=true", ("sys_id",))


def _largest_file(site: Site) -> int | None:
    """The instance's own limit, where our account may know it."""
    if not site.needs.files:
        return None
    try:
        rows, _, _ = site.page("sys_properties", f"name={LIMIT}", ("value",), limit=1)
    except (CredentialsError, ItemError):
        return None
    limit = rows[0]["value"] if rows else ""
    return int(limit) * _MEGABYTE if limit.isdigit() else None


def _wrong(site: Site, code: str, what: str, fix: str, key: str = "") -> Problem:
    return Problem(code, what, fix, where=site.http.tenant, key=key)
