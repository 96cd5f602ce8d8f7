# SPDX-License-Identifier: Apache-2.0
"""Writes to issues: one call for each, several at once, each with our marker in the very call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import partial
from secrets import token_hex
from typing import Any, TypeVar

from urllib3.fields import RequestField

from tandem.connectors.base import Draft, Move, Note, Outcome, Patch, Upload, settled
from tandem.connectors.jira import lost_files
from tandem.connectors.jira.history import is_internal
from tandem.connectors.jira.read import transitions
from tandem.connectors.jira.shape import MARK, SYSTEM, TEXT_LONGEST, flat, stamp, wire
from tandem.connectors.jira.site import Site
from tandem.core.values import Json
from tandem.errors import ItemError, PrivacyError, RefusedError, TooLargeError, TransitionError
from tandem.http import Body, parsed
from tandem.markup import Adf

INTERNAL = "sd.public.comment"  # comment property of Jira Service Management
W = TypeVar("W")


def each(site: Site, write: Callable[[Site, W], Outcome], writes: Sequence[W]) -> tuple[Outcome, ...]:
    """Do writes, some at once; what is wrong with one of them, or not known of it, becomes its outcome."""
    return tuple(site.http.map(settled(partial(write, site)), writes))


def create(site: Site, draft: Draft) -> Outcome:
    """Create an issue. The answer names it and no more: its version comes with the read-back."""
    fields = _wired(site, draft.fields)
    if draft.place is not None:
        fields["project"] = wire(draft.place, SYSTEM["project"])
    body = {"fields": fields, "properties": [_property(draft.mark)]}
    made = parsed(site.write("POST", "/issue", "/issue", None, json=body))
    return Outcome(id=str(made["id"]))


def update(site: Site, patch: Patch) -> Outcome:
    """Set fields of an issue. Of the answer, which is the whole issue, only those are kept."""
    answer = lost_files.write(
        site,
        "PUT",
        f"/issue/{patch.id}",
        "/issue",
        patch.id,
        params={"returnIssue": "true"},
        json={"fields": _wired(site, patch.fields), "historyMetadata": _metadata(patch.mark)},
    )
    if not answer.content:  # a site that does not know ``returnIssue``
        return Outcome(id=patch.id)
    made = parsed(answer)
    shown = {name: flat(name, made["fields"][name]) for name in patch.fields if name in made["fields"]}
    return Outcome(id=patch.id, version=stamp(made["fields"]["updated"]), shown=shown)


def transition(site: Site, move: Move) -> Outcome:
    """Take one way of the workflow. The answer says nothing: the status must be read to know it."""
    body = {
        "transition": {"id": move.way.id},
        "fields": _wired(site, move.fields),
        "historyMetadata": _metadata(move.mark),
    }
    path = f"/issue/{move.id}/transitions"
    answer = site.write("POST", path, "/issue/transitions", move.id, accept=400, json=body)
    if answer.status_code != 400:
        return Outcome(id=move.id)
    blamed = sorted(parsed(answer).get("errors") or ())
    if set(blamed) & set(move.fields):
        what = f'the transition "{move.way.name}" refused its fields: {", ".join(blamed)}'
        raise RefusedError(what, where=site.http.tenant, fields=blamed)
    offered = transitions(site, move.id) or ()
    asked = f"; its screen asks for {', '.join(blamed)}" if blamed else ""
    raise TransitionError(
        f'the transition "{move.way.name}" was refused{asked}',
        reachable=sorted({way.to for way in offered}),
        where=site.http.tenant,
    )


def comment(site: Site, note: Note) -> Outcome:
    """Add a comment, with its files shown at its end as far as its text does not show them.

    Raises:
        TooLargeError: it is longer than Jira takes, as our codec measures it.
        RefusedError: a private comment where Jira has none: it is never written publicly.
        PrivacyError: Jira shows publicly what was to be internal; the comment was deleted again.
    """
    if Adf().length(note.body) > TEXT_LONGEST:
        raise TooLargeError(f"a comment is longer than {TEXT_LONGEST} characters", where=site.http.tenant)
    properties = [_property(note.mark)]
    if not note.public:
        if not site.has_internal_comments(note.id):
            raise RefusedError(
                "the project has no internal comments",
                where=site.http.tenant,
                fix="Set `comments.as: public`, or use a service project.",
            )
        properties.append({"key": INTERNAL, "value": {"internal": True}})
    body = {"body": _with_files(site, note.body, note.files), "properties": properties}
    path = f"/issue/{note.id}/comment"
    made = parsed(lost_files.write(site, "POST", path, "/issue/comment", note.id, json=body))
    number = str(made["id"])
    if not (note.public or is_internal(made) or is_internal(site.get(f"{path}/{number}", "/issue/comment"))):
        site.write("DELETE", f"{path}/{number}", "/issue/comment", note.id)
        raise PrivacyError(
            "an internal comment was stored as a public one; it was deleted again",
            where=site.http.tenant,
            fix="Check the project's settings for internal comments, then run again.",
        )
    return Outcome(id=number, files=note.files)


def attach(site: Site, upload: Upload) -> Outcome:
    """Attach a file as a stream; Jira wants the header that tells a browser's forgery from a program."""
    part = RequestField("file", b"", filename=upload.name)
    part.make_multipart(content_type=upload.media_type)
    boundary = token_hex(16)
    head = f"--{boundary}\r\n{part.render_headers()}".encode()
    tail = f"\r\n--{boundary}--\r\n".encode()
    try:
        with upload.open() as chunks:
            answer = site.write(
                "POST",
                f"/issue/{upload.id}/attachments",
                "/issue/attachments",
                upload.id,
                data=Body(_framed(head, chunks, tail, upload.size), len(head) + upload.size + len(tail)),
                headers={
                    "X-Atlassian-Token": "no-check",
                    "Content-Type": f"multipart/form-data; boundary={boundary}",
                },
            )
    except ItemError as error:
        return Outcome(error=error)
    number = site.media.attached(parsed(answer)[0])
    return Outcome(id=number, files=(number,))


def _framed(head: bytes, chunks: Iterable[bytes], tail: bytes, size: int) -> Iterator[bytes]:
    """Frame a file; one of another size than announced is never finished, so that Jira stores nothing of it."""
    yield head
    left = size
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            break
        yield chunk
    if left != 0:
        raise RefusedError("the file has another size than its tracker says")
    yield tail


def _property(mark: str) -> dict[str, Any]:
    return {"key": MARK, "value": {"mark": mark}}


def _metadata(mark: str) -> dict[str, Any]:
    return {"type": MARK, "generator": {"id": MARK, "type": MARK}, "extraData": {MARK: mark}}


def _wired(site: Site, fields: Mapping[str, Json]) -> dict[str, Any]:
    forms = site.forms
    unknown = sorted(name for name in fields if name not in forms)
    if unknown:
        raise RefusedError(f"Jira has no such field: {', '.join(unknown)}", where=site.http.tenant, fields=unknown)
    fixed = sorted(name for name in fields if not forms[name].writable)
    if fixed:
        raise RefusedError(f"Jira lets nobody set: {', '.join(fixed)}", where=site.http.tenant, fields=fixed)
    wired = {name: wire(value, forms[name]) for name, value in fields.items()}
    return {name: _with_files(site, value, ()) if _is_rich(value) else value for name, value in wired.items()}


def _is_rich(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get("type") == "doc"


def _with_files(site: Site, body: Any, files: Sequence[str]) -> Any:
    """Name files in a text as Media Services does, where it has attachment ids; append those not shown yet.

    One that people deleted since it was stored is left out.
    """
    native = deepcopy(body)
    shown = set()
    lost = set()
    for node in lost_files.files_in(native):
        number = str(node["attrs"].get("id", ""))
        if number.isdigit() and (media := _media(site, number)) is not None:
            node["attrs"]["id"] = media
        elif number.isdigit():
            lost.add(number)
        shown.add(node["attrs"].get("id"))
    native = lost_files.without(native, lost) if lost else native
    named = [media for file in files if (media := _media(site, file)) is not None]
    nodes = [
        {"type": "media", "attrs": {"type": "file", "id": media, "collection": ""}}
        for media in named
        if media not in shown
    ]
    if nodes:
        native["content"].append({"type": "mediaGroup", "content": nodes})
    return native


def _media(site: Site, file: str) -> str | None:
    """Name a file as texts do; none if it is not there any more.

    Raises:
        RefusedError: it is there, and the site does not tell its name.
    """
    media = site.media.of(file)
    if media is None and site.has_file(file):
        raise RefusedError("a file of the text cannot be found at Jira", where=site.http.tenant)
    return media
