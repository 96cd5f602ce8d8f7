# SPDX-License-Identifier: Apache-2.0
"""Writes to items: each is one JSON Patch and one revision, with our mark in it.

A patch may name the revision that it was made for; then it is refused if there is a newer one. A comment is written as
the item's history, so that it stands in one revision with its mark; by the API of comments it could not.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote

from tandem.connectors.azure_devops.calls import Answer, Calls, Op, Write
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
from tandem.connectors.azure_devops.site import PREVIEWS, Site
from tandem.connectors.base import Draft, Move, Note, Outcome, Patch, Upload
from tandem.connectors.marks import Marker
from tandem.core.values import Json
from tandem.errors import ItemError, RefusedError, TooLargeError, TransitionError, UnknownOutcomeError
from tandem.http import Body, parsed

W = TypeVar("W")
Steps = Generator[Write, Raw, Outcome]
"""One write: it gives what is to be sent, is given the item as that left it or what was wrong, ends in an outcome."""


def each(site: Site, calls: Calls, write: Callable[[Site, W], Steps], writes: Sequence[W]) -> tuple[Outcome, ...]:
    """Do writes in their order; what is wrong with one, or not known of it, becomes its outcome."""
    steps = [write(site, one) for one in writes]
    begun = [_begun(step) for step in steps]
    answers = iter(calls.send([one for one in begun if isinstance(one, Write)]))
    return tuple(
        one if isinstance(one, Outcome) else _ended(step, next(answers)) for step, one in zip(steps, begun, strict=True)
    )


def _begun(step: Steps) -> Write | Outcome:
    try:
        return next(step)
    except (ItemError, UnknownOutcomeError) as error:
        return Outcome(error=error)


def _ended(step: Steps, answer: Answer) -> Outcome:
    try:
        if isinstance(answer, ItemError | UnknownOutcomeError):
            step.throw(answer)
        else:
            step.send(answer)
    except StopIteration as done:
        outcome: Outcome = done.value
        return outcome
    except (ItemError, UnknownOutcomeError) as error:
        return Outcome(error=error)
    raise AssertionError("a write is one call")


def create(site: Site, draft: Draft) -> Steps:
    """Make an item of the type that the fields name, in the state in which that type begins."""
    fields = dict(draft.fields)
    project = str(fields.pop(PROJECT, None) or draft.place or site.project)
    type_ = str(fields.pop(TYPE, None) or "")
    if not project or not type_:
        what = f"a new work item needs a project and a type ({PROJECT}, {TYPE})"
        raise RefusedError(what, where=site.http.tenant, fix="Name both in the contract's `create` or `fields`.")
    ops = [*operations(site, fields, type_), *marking(site, str(Marker(demand_mark(site, draft.mark))))]
    path = site.within(project, f"wit/workitems/${quote(type_, safe='')}")
    item = yield Write(path, tuple(ops))
    site.note(item)
    return Outcome(id=str(item["id"]), version=version(item.get("rev")))


def update(site: Site, patch: Patch) -> Steps:
    """Set fields, if the revision is still the one that was compared.

    Raises:
        StaleError: it is not.
    """
    ops = operations(site, patch.fields, site.kind_of(patch.id)[1])
    item = yield marked(site, patch.id, ops, patch.mark, rev=patch.version)
    rev = version(item.get("rev"))
    return Outcome(id=patch.id, version=rev, shown=fields_of(site, item, patch.fields), history=rev)


def transition(site: Site, move: Move) -> Steps:
    """Give an item another state; its reason follows unless the contract names one.

    Raises:
        TransitionError: its type has no such state, or a rule does not let it come there.
    """
    project, type_ = site.kind_of(move.id)
    known = [str(one["name"]) for one in (site.types(project).get(type_) or {}).get("states") or ()]
    if move.way.id != move.way.to or move.way.to not in known:
        raise TransitionError(f"{type_} has no state {move.way.id}", reachable=sorted(known), where=site.http.tenant)
    try:
        item = yield marked(site, move.id, operations(site, {STATE: move.way.to, **move.fields}, type_), move.mark)
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


def comment(site: Site, note: Note) -> Steps:
    """Add a comment.

    Raises:
        RefusedError: a private one, which Azure DevOps does not know.
    """
    if not note.public:
        what = "Azure DevOps has no private comments: whoever sees the item reads them all"
        raise RefusedError(what, where=site.http.tenant, fix="Send no internal comments to it.")
    item = yield marked(site, note.id, text_operations(HISTORY, demand_text(site, note.body)), note.mark)
    rev = version(item.get("rev"))
    about = item.get("commentVersionRef") or {}
    made = str(about.get("commentId") or "") or _newest(site, note.id)
    return Outcome(id=made, version=rev, history=rev, files=note.files)


def attach(site: Site, calls: Calls, upload: Upload) -> Outcome:
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
        related: Op = {"op": "add", "path": "/relations/-", "value": relation}
        item = calls.one(Write(f"/_apis/wit/workitems/{upload.id}", (related,), upload.id))
    except (ItemError, UnknownOutcomeError) as error:
        return Outcome(error=error)
    number = str(stored["id"]).lower()
    return Outcome(id=number, version=version(item.get("rev")), files=(number,))


# ---- one write


def marked(
    site: Site, id_: str, ops: Sequence[Op], mark: str, *, rev: str | None = None, comment: str | None = None
) -> Write:
    """A patch of an item, with its mark; ``comment`` is the one that it is about."""
    tested: list[Op] = [{"op": "test", "path": "/rev", "value": revision(rev)}] if rev is not None else []
    marks = marking(site, site.marked(id_, demand_mark(site, mark), comment))
    return Write(f"/_apis/wit/workitems/{id_}", (*tested, *ops, *marks), id_)


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


def _newest(site: Site, id_: str) -> str | None:
    """Find the comment that we just added: the newest of our account's."""
    project, _ = site.kind_of(id_)
    path = site.within(project, f"wit/workItems/{id_}/comments")
    told = parsed(site.ask("GET", path, params={"$top": "10", "order": "desc"}, version=PREVIEWS["comments"]))
    own = (one for one in told.get("comments") or () if author(one.get("createdBy")).id == site.account.id)
    return next((str(one.get("id") or one.get("commentId")) for one in own), None)
