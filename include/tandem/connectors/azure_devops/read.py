# SPDX-License-Identifier: Apache-2.0
"""Items by id, whole and fresh, and those that bear our marks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from urllib.parse import quote

from tandem.connectors.azure_devops.scope import Scope, quoted
from tandem.connectors.azure_devops.shape import (
    CHANGED,
    CREATED,
    CREATED_BY,
    DELETED,
    FORMATS,
    PROJECT,
    STATE,
    TYPE,
    Raw,
    author,
    batches,
    flat,
    markdown,
    moment,
    stored,
    version,
)
from tandem.connectors.azure_devops.site import FETCH, Site
from tandem.connectors.azure_devops.texts import in_elements
from tandem.connectors.base import Author, Record, Way
from tandem.core.values import Json
from tandem.errors import ItemError
from tandem.http import parsed

FOUND = 20  # marks in one query


def asked(site: Site, scope: Scope) -> frozenset[str]:
    """All fields that an item is read with."""
    return site.needs.read | site.needs.write | scope.fields


def fetch(site: Site, scope: Scope, ids: Sequence[str], *, ahead: bool) -> tuple[Record, ...]:
    """Read records, and which of those that are missing lie in the recycle bin.

    Files are relations, and whole items alone have those: where the history is asked for next, they are read and kept
    for it, once.
    """
    whole = ahead and site.needs.files
    items = site.items(ids, asked(site, scope), relations=whole)
    items = items if whole else formed(site, items)
    reasons = scope.reasons(list(items.values()))
    site.fresh = {id_: item for id_, item in items.items() if whole and not reasons[id_]}
    return (
        *(_record(site, item, reasons[id_]) for id_, item in items.items()),
        *_thrown_away(site, [id_ for id_ in dict.fromkeys(ids) if id_ not in items]),
    )


def formed(site: Site, items: Mapping[str, Raw]) -> dict[str, Raw]:
    """Add in which form texts are that may be Markdown: only an item that is read with all its fields tells."""
    wanted = {stored(name, type_) for name in asked_texts(site) for type_ in ("Bug", "")}
    doubtful = [
        id_
        for id_, item in items.items()
        if not item.get(FORMATS)
        and any(not in_elements(str((item.get("fields") or {}).get(name) or "")) for name in wanted)
    ]
    whole = site.items(doubtful, relations=True) if doubtful else {}
    same = {id_ for id_, one in whole.items() if one.get("rev") == items[id_].get("rev")}
    return {
        id_: {**item, FORMATS: whole[id_].get(FORMATS) or {}} if id_ in same else item for id_, item in items.items()
    }


def asked_texts(site: Site) -> list[str]:
    """The long texts that are asked for."""
    names = site.needs.read | site.needs.write
    return [name for name in names if (one := site.fields.get(name)) is not None and one.kind == "rich"]


def _record(site: Site, item: Raw, reason: str) -> Record:
    id_, told, inside = str(item["id"]), item.get("fields") or {}, not reason
    reporter = author(told.get(CREATED_BY))
    return Record(
        id=id_,
        key=id_,
        url=address(site, str(told.get(PROJECT) or ""), id_),
        version=version(item.get("rev")),
        place=str(told.get(PROJECT) or ""),
        type=str(told.get(TYPE) or ""),
        created_at=moment(told.get(CREATED)),
        updated_at=moment(told.get(CHANGED)),
        in_scope=inside,
        fields=fields_of(site, item, site.needs.read | site.needs.write) if inside else {},
        people=_people(site, item) if inside else {},
        reporter=reporter if inside and reporter.id else None,
        mark=site.origin(item) if inside else None,
        scope_reason=reason,
    )


def address(site: Site, project: str, id_: str) -> str:
    """The page at which people open an item."""
    return f"{site.http.base_url}/{quote(project, safe='')}/_workitems/edit/{id_}"


def fields_of(site: Site, item: Raw, names: Collection[str]) -> dict[str, Json]:
    """Fields in their flat form. One that the answer lacks is empty: Azure DevOps leaves empty fields out."""
    told = item.get("fields") or {}
    at = {name: stored(name, str(told.get(TYPE) or "")) for name in sorted(names)}
    return {name: flat(site.fields.get(name), told.get(own), markdown(item, own)) for name, own in at.items()}


def _people(site: Site, item: Raw) -> dict[str, Author]:
    told = item.get("fields") or {}
    names = site.needs.read | site.needs.write
    found = (
        author(told[name]) for name in names if name in told and (one := site.fields.get(name)) and one.kind == "person"
    )
    return {one.id: one for one in found if one.id}


def _thrown_away(site: Site, missing: Sequence[str]) -> list[Record]:
    """What lies in the recycle bin: the tracker's own word that it was deleted."""
    numbers = [id_ for id_ in missing if id_.isascii() and id_.isdigit()]
    found = []
    for some in batches(numbers, FETCH):
        path = site.within(site.project, "wit/recyclebin")
        answer = site.ask("GET", path, params={"ids": ",".join(some)}, accept=(400, 403, 404))
        told = parsed(answer) if answer.status_code == 200 else []
        listed = told.get("value") or () if isinstance(told, dict) else told
        found += [one for one in listed if str(one.get("id")) in some and int(one.get("code") or 200) == 200]
    return [_tombstone(site, one) for one in found]


def _tombstone(site: Site, told: Raw) -> Record:
    id_, project = str(told["id"]), str(told.get("project") or "")
    at = moment(told.get("deletedDate"))
    return Record(
        id=id_,
        key=id_,
        url=address(site, project, id_),
        version=version(0),
        place=project,
        type=str(told.get("type") or ""),
        created_at=at,
        updated_at=at,
        in_scope=False,
        final="deleted",
        scope_reason="deleted",
    )


def find(site: Site, marks: Sequence[str]) -> dict[str, str]:
    """Find items made with these marks. A query reads the database, not an index; the oldest item counts."""
    found: dict[str, str] = {}
    if not site.mark_field:
        return found
    for some in batches(dict.fromkeys(marks), FOUND):
        words = " OR ".join(f"[{site.mark_field}] CONTAINS {quoted(mark)}" for mark in some)
        ids = [id_ for listed in site.query(words) for id_ in listed]
        for id_, item in sorted(site.items(ids).items(), key=lambda one: int(one[0])):
            origin = site.origin(item)
            if origin is not None and origin in some:
                found.setdefault(origin, id_)
    return found


def ways(site: Site, ids: Sequence[str]) -> dict[str, tuple[Way, ...]]:
    """The steps that each item's type has from where it stands."""
    found = {}
    for id_, item in site.items(ids, (STATE,)).items():
        told = item.get("fields") or {}
        found[id_] = steps(site, str(told.get(PROJECT) or ""), str(told.get(TYPE) or ""), str(told.get(STATE) or ""))
    return found


def steps(site: Site, project: str, type_: str, state: str) -> tuple[Way, ...]:
    """The steps from a state. What rules ask for on the way is told by nobody before it is tried."""
    try:
        told = site.types(project).get(type_) or {}
    except ItemError:
        return ()
    listed = (told.get("transitions") or {}).get(state) or ()
    names = dict.fromkeys(str(one["to"]) for one in listed if one.get("to") and one["to"] != state)
    return tuple(Way(name, name, name) for name in names)


def is_deleted(fields: Raw) -> bool:
    """Tell whether a revision is one of an item in the recycle bin."""
    return fields.get(DELETED) in (True, "true", "True", 1)
