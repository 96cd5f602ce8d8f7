# SPDX-License-Identifier: Apache-2.0
"""Writes to items: each is one JSON Patch and one revision, with our mark in it.

A patch may name the revision that it was made for; then it is refused if there is a newer one. A comment is written as
the item's history, so that it stands in one revision with its mark; by the API of comments it could not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote

import requests

from tandem.connectors.azure_devops.read import fields_of, steps
from tandem.connectors.azure_devops.shape import (
    FILE,
    HISTORY,
    PROJECT,
    STATE,
    TAGS,
    TEXT_LONGEST,
    TITLE_LONGEST,
    TYPE,
    Raw,
    author,
    native,
    revision,
    stored,
    version,
)
from tandem.connectors.azure_devops.site import API, PATCH, PREVIEWS, Site
from tandem.connectors.base import Draft, Move, Note, Outcome, Patch, Upload, settled
from tandem.connectors.marks import Marker
from tandem.core.values import Json
from tandem.errors import (
    CredentialsError,
    GoneError,
    ItemError,
    RefusedError,
    StaleError,
    TooLargeError,
    TransitionError,
    UnknownOutcomeError,
)
from tandem.http import Body, parsed

W = TypeVar("W")
Op = dict[str, Any]
ANSWERED = (400, 403, 404, 409, 412, 413)
MARKDOWN_API = "7.1-preview.3"
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_.]{1,127}")
_STALE = ("/rev", "TF26071", "RevisionMismatch")


def each(site: Site, write: Callable[[Site, W], Outcome], writes: Sequence[W]) -> tuple[Outcome, ...]:
    """Do writes one after another; what is wrong with one, or not known of it, becomes its outcome."""
    return tuple(map(settled(partial(write, site)), writes))


def create(site: Site, draft: Draft) -> Outcome:
    """Make an item of the type that the fields name, in the state in which that type begins."""
    fields = dict(draft.fields)
    project = str(fields.pop(PROJECT, None) or draft.place or site.project)
    type_ = str(fields.pop(TYPE, None) or "")
    if not project or not type_:
        what = f"a new work item needs a project and a type ({PROJECT}, {TYPE})"
        raise RefusedError(what, where=site.http.tenant, fix="Name both in the contract's `create` or `fields`.")
    ops = [*operations(site, fields, type_), *marking(site, str(Marker(demand_mark(site, draft.mark))))]
    path = site.within(project, f"wit/workitems/${quote(type_, safe='')}")
    item = _sent(site, "POST", path, ops, None)
    site.note(item)
    return Outcome(id=str(item["id"]), version=version(item.get("rev")))


def update(site: Site, patch: Patch) -> Outcome:
    """Set fields, if the revision is still the one that was compared.

    Raises:
        StaleError: it is not.
    """
    item = put(site, patch.id, operations(site, patch.fields, site.kind_of(patch.id)[1]), patch.mark, rev=patch.version)
    rev = version(item.get("rev"))
    return Outcome(id=patch.id, version=rev, shown=fields_of(site, item, patch.fields), history=rev)


def transition(site: Site, move: Move) -> Outcome:
    """Give an item another state; its reason follows unless the contract names one.

    Raises:
        TransitionError: its type has no such state, or a rule does not let it come there.
    """
    project, type_ = site.kind_of(move.id)
    known = [str(one["name"]) for one in (site.types(project).get(type_) or {}).get("states") or ()]
    if move.way.id != move.way.to or move.way.to not in known:
        raise TransitionError(f"{type_} has no state {move.way.id}", reachable=sorted(known), where=site.http.tenant)
    try:
        item = put(site, move.id, operations(site, {STATE: move.way.to, **move.fields}, type_), move.mark)
    except RefusedError as error:
        if STATE not in error.fields:
            raise
        here = site.items([move.id], (STATE,)).get(move.id, {})
        at = str((here.get("fields") or {}).get(STATE) or "")
        raise TransitionError(
            f"a rule of {type_} does not let it become {move.way.to}",
            reachable=[way.to for way in steps(site, project, type_, at)],
            where=site.http.tenant,
        ) from None
    rev = version(item.get("rev"))
    return Outcome(id=move.id, version=rev, shown=fields_of(site, item, {STATE, *move.fields}), history=rev)


def comment(site: Site, note: Note) -> Outcome:
    """Add a comment.

    Raises:
        RefusedError: a private one, which Azure DevOps does not know.
    """
    if not note.public:
        what = "Azure DevOps has no private comments: whoever sees the item reads them all"
        raise RefusedError(what, where=site.http.tenant, fix="Send no internal comments to it.")
    item = put(site, note.id, text_operations(HISTORY, demand_text(site, note.body)), note.mark)
    rev = version(item.get("rev"))
    about = item.get("commentVersionRef") or {}
    made = str(about.get("commentId") or "") or _newest(site, note.id)
    return Outcome(id=made, version=rev, history=rev, files=note.files)


def attach(site: Site, upload: Upload) -> Outcome:
    """Store a file: first its bytes, then its relation to the item."""
    if len(upload.name) > TITLE_LONGEST:
        what = f"a file's name is longer than {TITLE_LONGEST}"
        return Outcome(error=TooLargeError(what, where=site.http.tenant))
    try:
        project, _ = site.kind_of(upload.id)
        with upload.open() as chunks:
            answer = site.ask(
                "POST",
                site.within(project, "wit/attachments"),
                params={"fileName": upload.name},
                kind="application/octet-stream",
                data=Body(chunks, upload.size),
            )
        stored = parsed(answer)
        relation = {"rel": FILE, "url": stored["url"], "attributes": {"name": upload.name}}
        path = f"/_apis/wit/workitems/{upload.id}"
        item = _sent(site, "PATCH", path, [{"op": "add", "path": "/relations/-", "value": relation}], upload.id)
    except (ItemError, UnknownOutcomeError) as error:
        return Outcome(error=error)
    number = str(stored["id"]).lower()
    return Outcome(id=number, version=version(item.get("rev")), files=(number,))


# ---- one write


def put(
    site: Site, id_: str, ops: Sequence[Op], mark: str, *, rev: str | None = None, comment: str | None = None
) -> Raw:
    """Do one patch of an item, with its mark; ``comment`` is the one that it is about."""
    tested: list[Op] = [{"op": "test", "path": "/rev", "value": revision(rev)}] if rev is not None else []
    marks = marking(site, site.marked(id_, demand_mark(site, mark), comment))
    return _sent(site, "PATCH", f"/_apis/wit/workitems/{id_}", [*tested, *ops, *marks], id_)


def operations(site: Site, fields: Mapping[str, Json], type_: str) -> list[Op]:
    """Write fields of an item of a type as operations.

    Raises:
        RefusedError: a field that there is not, or that nobody can set.
        TooLargeError: longer than a field takes.
    """
    where = site.http.tenant
    wrong = sorted(name for name in fields if name not in site.fields or site.fields[name].read_only)
    if wrong:
        raise RefusedError(f"there is no field to write: {', '.join(wrong)}", where=where, fields=wrong)
    made: list[Op] = []
    for name, value in fields.items():
        known = site.fields[name]
        written = native(known, value)
        longest = TEXT_LONGEST if known.kind in ("rich", "lines") else TITLE_LONGEST
        if isinstance(written, str) and known.kind != "set" and len(written) > longest:
            raise TooLargeError(f"the value for {name} is longer than {longest}", where=where, fields=[name])
        # To add tags is to add to those that are there.
        made += (
            text_operations(stored(name, type_), value)
            if known.kind == "rich"
            else [{"op": "replace" if name == TAGS else "add", "path": f"/fields/{name}", "value": written}]
        )
    return made


def text_operations(name: str, value: Json) -> list[Op]:
    """Write a long text, and that it is Markdown where it is."""
    written = value.get("markdown") if isinstance(value, dict) else value
    ops: list[Op] = [{"op": "add", "path": f"/fields/{name}", "value": written or ""}]
    if isinstance(value, dict):
        ops.append({"op": "add", "path": f"/multilineFieldsFormat/{name}", "value": "Markdown"})
    return ops


def marking(site: Site, says: str) -> list[Op]:
    return [{"op": "add", "path": f"/fields/{site.mark_field}", "value": says}]


def demand_mark(site: Site, mark: str) -> str:
    """Refuse to write where our own work could not be known again."""
    if not site.mark_field:
        what = "the contract names no field for the marks by which our own work is known again"
        raise RefusedError(what, where=site.http.tenant, fix="Write options: {marker: Custom.…}.")
    return mark


def demand_text(site: Site, body: Json) -> Json:
    """Refuse a text that is longer than a comment may be."""
    text = body.get("markdown") if isinstance(body, dict) else body
    if len(str(text or "")) > TEXT_LONGEST:
        raise TooLargeError(f"a comment is longer than {TEXT_LONGEST} characters", where=site.http.tenant)
    return body


def _sent(site: Site, method: str, path: str, ops: Sequence[Op], ticket: str | None) -> Raw:
    formatted = any(op["path"].startswith("/multilineFieldsFormat/") for op in ops)
    answer = site.ask(
        method,
        path,
        body=list(ops),
        kind=PATCH,
        accept=ANSWERED,
        ticket=ticket,
        version=MARKDOWN_API if formatted else API,
    )
    if answer.status_code >= 400:
        raise refused(site, answer)
    item: Raw = parsed(answer)
    return item


def refused(site: Site, answer: requests.Response) -> ItemError | CredentialsError:
    """Read a refusal: its kind and the fields that it names, never its words, which may hold what was written."""
    where, status = site.http.tenant, answer.status_code
    try:
        body = answer.json()
    except ValueError:
        body = {}
    told: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
    words, kind = str(told.get("message") or ""), str(told.get("typeKey") or "")
    if status in (409, 412) or any(sign in words or sign in kind for sign in _STALE):
        return StaleError("the item has a newer revision", where=where)
    if status == 404:
        return GoneError("an item is not there, or hidden from our account", where=where)
    if status == 413:
        return TooLargeError("Azure DevOps takes nothing of this size", where=where)
    if status == 403:
        fix = "Give the account the right to edit work items in the item's area."
        return RefusedError("our account may not write this item", where=where, fix=fix)
    fields = _named(told)
    what = f"Azure DevOps refused a write ({kind if _FIELD.fullmatch(kind) else status})"
    return RefusedError(what + (f": {', '.join(fields)}" if fields else ""), where=where, fields=fields)


def _named(told: Mapping[str, Any]) -> list[str]:
    """The fields that broken rules name."""
    about = told.get("customProperties") or {}
    listed = [about, *(about.get("RuleValidationErrors") or ())] if isinstance(about, Mapping) else []
    names = [str(one.get(key) or "") for one in listed for key in ("FieldReferenceName", "fieldReferenceName")]
    return list(dict.fromkeys(name for name in names if _FIELD.fullmatch(name)))


def _newest(site: Site, id_: str) -> str | None:
    """Find the comment that we just added: the newest of our account's."""
    project, _ = site.kind_of(id_)
    path = site.within(project, f"wit/workItems/{id_}/comments")
    told = parsed(site.ask("GET", path, params={"$top": "10", "order": "desc"}, version=PREVIEWS["comments"]))
    own = (one for one in told.get("comments") or () if author(one.get("createdBy")).id == site.account.id)
    return next((str(one.get("id") or one.get("commentId")) for one in own), None)
