# SPDX-License-Identifier: Apache-2.0
"""Tickets by id, whole and fresh, and those that bear our marks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain

from tandem.connectors.base import Record
from tandem.connectors.servicenow.scope import Scope
from tandem.connectors.servicenow.shape import (
    ID,
    JOURNALS,
    ORIGIN,
    TABLE,
    Raw,
    batches,
    flat,
    mark,
    moment,
    version,
)
from tandem.connectors.servicenow.site import FETCH, Site, texts
from tandem.core.values import Json

ALWAYS = frozenset(
    {"sys_id", "number", TABLE, ORIGIN, "sys_mod_count", "sys_created_on", "sys_created_by", "sys_updated_on"}
)
_KEY = re.compile(r"[A-Za-z0-9_-]+")


def rows_of(site: Site, scope: Scope, ids: Sequence[str], *, whole: bool) -> dict[str, Raw]:
    """Read rows by id or number; ``whole`` with all that a history must see beside the offered columns."""
    fields = ALWAYS | scope.fields | ((site.needs.read | site.needs.write) - JOURNALS.keys())
    fields |= set(texts(site.columns)) if whole and site.needs.files else set()
    found: dict[str, Raw] = {}
    for some in batches(dict.fromkeys(id_ for id_ in ids if _KEY.fullmatch(id_)), FETCH):
        named = [id_ for id_ in some if not ID.fullmatch(id_)]
        keys = [id_ for id_ in some if ID.fullmatch(id_)]
        query = f"sys_idIN{','.join(keys)}" + (f"^ORnumberIN{','.join(named)}" if named else "")
        for row in chain.from_iterable(site.pages(site.table, query, fields)):
            found[row["sys_id"]] = row
    order = {id_: place for place, id_ in enumerate(ids)}
    return dict(sorted(found.items(), key=lambda one: order.get(one[0], order.get(one[1]["number"], 0))))


def fetch(site: Site, scope: Scope, ids: Sequence[str], *, ahead: bool) -> tuple[Record, ...]:
    """Read records. What is read for the history that is asked for next is kept for it, once."""
    rows = rows_of(site, scope, ids, whole=ahead)
    reasons = scope.reasons(list(rows.values()))
    site.fresh = {id_: row for id_, row in rows.items() if ahead and not reasons[id_]}
    named = {id_: _persons(site, row) for id_, row in rows.items() if not reasons[id_]}
    site.people({person for persons in named.values() for person in persons})  # all at once; known from here on
    return tuple(_record(site, row, reasons[id_]) for id_, row in rows.items())


def _persons(site: Site, row: Raw) -> set[str]:
    """Who is named in the columns asked for, and who made the row."""
    names = site.needs.read | site.needs.write
    columns = [site.columns[name] for name in names if name in site.columns]
    lists = [column.name for column in columns if column.kind == "set" and column.reference == "sys_user"]
    fields = [column.name for column in columns if column.kind == "person"]
    found = {person for name in lists for person in row.get(name, "").split(",")}
    return ({row.get(name, "") for name in fields} | found | {row["sys_created_by"]}) - {""}


def _record(site: Site, row: Raw, reason: str) -> Record:
    inside = not reason
    authors = site.people(_persons(site, row)) if inside else {}
    by = row["sys_created_by"]
    return Record(
        id=row["sys_id"],
        key=row["number"],
        url=f"{site.http.base_url}/{row[TABLE]}.do?sys_id={row['sys_id']}",
        version=version(row),
        place=row[TABLE],
        type="",
        created_at=moment(row["sys_created_on"]),
        updated_at=moment(row["sys_updated_on"]),
        in_scope=inside,
        fields=fields_of(site, row) if inside else {},
        people={id_: author for id_, author in authors.items() if id_ != by},
        reporter=authors.get(by),
        mark=_origin(site, row) if inside else None,
        scope_reason=reason,
    )


def fields_of(site: Site, row: Raw) -> dict[str, Json]:
    """The columns asked for. One that the answer lacks is hidden from our account: it is not empty, it is unknown."""
    names = sorted((site.needs.read | site.needs.write) - JOURNALS.keys())
    return {name: flat(site.columns[name], row[name]) for name in names if name in row and name in site.columns}


def _origin(site: Site, row: Raw) -> str | None:
    """The mark that a ticket was made with.

    Who inserts a copy of a ticket copies its correlation id too: only what our account made bears a mark.
    """
    found = mark(row.get(ORIGIN) or "")
    return found if found is not None and row["sys_created_by"] == site.user_name else None


def find(site: Site, marks: Sequence[str]) -> dict[str, str]:
    """Find tickets of ours by their correlation id, which is not unique: the oldest counts."""
    rows = site.where(site.table, ORIGIN, marks, ("sys_created_on", "sys_created_by"))
    found: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: (row["sys_created_on"], row["sys_id"])):
        origin = _origin(site, row)
        if origin is not None and origin in marks:
            found.setdefault(origin, row["sys_id"])
    return found


def states(site: Site, ids: Sequence[str]) -> dict[str, str]:
    """Read the states of tickets."""
    rows = site.where(site.table, "sys_id", ids, ("state",)) if ids else []
    return {row["sys_id"]: row["state"] for row in rows}
