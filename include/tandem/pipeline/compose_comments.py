# SPDX-License-Identifier: Apache-2.0
"""Write comments and files in the target's own terms: headings, several parts, carriers of files."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace

from tandem.config import template
from tandem.core.doc import Doc, doc, media_refs, paragraph, with_media
from tandem.core.mapping import called
from tandem.core.model import HubEvent, HubFile
from tandem.core.plain import with_heading
from tandem.core.plan import ATTACH, COMMENT, Intent
from tandem.core.values import Json
from tandem.markup import split
from tandem.pipeline import untold
from tandem.pipeline.environment import End
from tandem.pipeline.onward import words_of
from tandem.pipeline.reach import OTHERWISE
from tandem.pipeline.recheck import edition_of, reads_of
from tandem.pipeline.rewrite import text_hash
from tandem.pipeline.scene import Scene, causes_of, make_action, riding
from tandem.state import actions, origins, records
from tandem.state.actions import Action
from tandem.state.store import Tx

NOWHERE_INSIDE = "the other side has no internal comments"
SHOWS_ALL = "the other side shows its files to everybody"


def comment(tx: Tx, scene: Scene, intent: Intent, seq: int) -> Iterator[Action]:
    """Carry a person's comment with its files, in as many parts as it takes; or tell of what cannot be changed."""
    end, source = scene.run.end(intent.target), scene.run.end(intent.target.other)
    event = intent.event
    if intent.text is not None and not intent.fields:  # a word of our own
        yield _notice(scene, intent, seq, intent.text, {})
        return
    if intent.text is not None:  # a change that the target cannot make is told in a comment
        told, now = next(iter(intent.fields)), intent.text
        if not (intent.carries or intent.cause) and (cause := untold.cause(tx, scene, source.which, told)) is not None:
            if actions.done_causes(tx, scene.target_of(intent.target), [cause]):
                scene.plan.rebase.add((source.which, told))
                scene.plan.mark(intent.covers, "settled", OTHERWISE)
                return
            intent = replace(intent, cause=cause)
        text = doc(paragraph(f"The {told} was changed:"), *now["content"])
        yield _notice(scene, intent, seq, shown(text), {told: scene.base_of(source.which, told)})
        return
    assert event is not None and event.doc is not None
    if event.private and not end.private_comments:  # nor do its files go: they are as private as it is
        scene.plan.mark(intent.carries, "noted", NOWHERE_INSIDE)
        return
    if event.private and event.files and not end.caps.private_files:
        event, intent = _without(scene, intent, event, {file.event: SHOWS_ALL for file in event.files})
    untaken = {file.event: why for file in event.files if (why := _untaken(end, file))}
    if untaken:
        event, intent = _without(scene, intent, event, untaken)
    origin = _origin(tx, scene, source, event, "comment", event.native)
    files = list(event.files)
    origins = {file.native: _origin(tx, scene, source, event, "file", file.native) for file in files}
    held = [_file_content(file, origins[file.native]) for file in files]
    if not end.caps.files_in_comments:
        held += _stored_before(tx, scene, source, end, event)
        for file in files:
            yield _file_action(scene, intent, seq, file, origins[file.native])
            seq += 1
        intent = replace(intent, carries=(event.id,))  # each file's event rides on its own write
    heading = heading_over(end, event.author, event.company, scene.hubs[source.which].told)
    text = with_heading(shown(event.doc or doc()), heading)
    public = end.offer.comments.as_ == "public" and not event.private
    parts = list(parts_of(end, text))
    reads = reads_of(tx, scene.run, source, event.id)
    edition = edition_of(tx, source, event.id, reads)
    # Each tracker divides a text in its own way, and what is a part already once more.
    later = [f"{event.cause}/{part}@{end.system}" for part in range(2, len(parts) + 1)]
    causes = [event.cause, *later]
    there = actions.done_causes(tx, scene.target_of(intent.target), causes)
    if causes[-1] in there and not _just_written(tx, scene, event):
        scene.plan.mark(intent.carries, "settled", OTHERWISE)
        return
    for part, body in enumerate(parts, start=1):
        if causes[part - 1] in there and part < len(parts):
            continue  # an earlier run wrote this part and was held up before the last
        rides = intent if part == len(parts) else replace(intent, carries=(), covers=())
        content: dict[str, Json] = {
            "mark": scene.run.store.vault.mark(origin, source.system, event.native),
            "part": part,
            "origin": origin,
            "heading": heading if part == 1 else "",
            "body": body,
            "public": public,
            "wrote": text_hash(scene.run, end, body),
            "said": edition.said,
            "edition": edition.number,
            "reads": reads,
            "files": [*held] if part == 1 else [],
            "onward": event.onward,
            "names": event.names,
        }
        along = [file.cause for file in files] if part == 1 and end.caps.files_in_comments else []
        yield make_action(scene, rides, seq, COMMENT, [causes[part - 1], *along], content)
        seq += 1


def _stored_before(tx: Tx, scene: Scene, source: End, end: End, event: HubEvent) -> Iterator[dict[str, Json]]:
    """Of a comment's files those that an earlier run stored, and was held up before the comment: it shows them, too."""
    named = records.events_by_id(tx, [event.id])[event.id].content.get("files")
    known = {file.native for file in event.files}
    for native in map(str, named if isinstance(named, list) else ()):
        of = None if native in known else origins.origin_at(tx, source.system, "file", native)
        if of is not None and origins.has_presence(tx, of, end.system) is not None:
            yield {"event": None, "native": native, "origin": of}


def _just_written(tx: Tx, scene: Scene, event: HubEvent) -> bool:
    """Tell whether a write of this very event is yet to be taken in. Else what it says came there by another copy."""
    return any(event.id in riding(one) for one in actions.unsettled(tx, scene.run.name))


def _notice(scene: Scene, intent: Intent, seq: int, text: Doc, bases: Mapping[str, Json]) -> Action:
    """A comment of our own: it has an origin of its own, so that it is never taken for a person's."""
    end, causes = scene.run.end(intent.target), causes_of(intent, scene)
    origin = uuid.uuid5(uuid.UUID(scene.link.origin), ",".join(causes)).hex
    words = words_of(scene.run.end(intent.target.other).offer, "")
    content: dict[str, Json] = {
        "mark": scene.run.store.vault.mark(origin, scene.run.end(intent.target.other).system, origin),
        "part": 1,
        "origin": origin,
        "heading": "",
        "body": end.connector.markup.render(text).native,
        "public": end.offer.comments.as_ == "public",
        "files": [],
        "bases": dict(bases),
        "fields": {},
        "notice": not intent.fields,
        "onward": words.onward,
        "names": words.names,
    }
    return make_action(scene, intent, seq, COMMENT, causes, content)


def attach(tx: Tx, scene: Scene, intent: Intent, seq: int) -> Iterator[Action]:
    """A file that no comment carries: by itself, or in a carrier comment that is recorded as the file's twin."""
    end, source = scene.run.end(intent.target), scene.run.end(intent.target.other)
    event = intent.event
    assert event is not None
    file = event.files[0]
    if event.private and not (end.private_comments and end.caps.private_files):
        scene.plan.mark(intent.carries, "noted", NOWHERE_INSIDE if not end.private_comments else SHOWS_ALL)
        return
    if why := _untaken(end, file):
        scene.plan.mark(intent.carries, "noted", why)
        return
    origin = _origin(tx, scene, source, event, "file", file.native)
    if not end.caps.files_in_comments:
        yield _file_action(scene, intent, seq, file, origin)
        return
    heading = heading_over(end, event.author, event.company, scene.hubs[source.which].told)
    content: dict[str, Json] = {
        "mark": scene.run.store.vault.mark(origin, source.system, file.native),
        "part": 1,
        "origin": origin,
        "heading": heading,
        "body": end.connector.markup.render(with_heading(doc(paragraph(f"[{file.name}]")), heading)).native,
        "public": end.offer.comments.as_ == "public" and not event.private,
        "files": [_file_content(file, origin)],
        "onward": event.onward,
        "names": event.names,
    }
    yield make_action(scene, intent, seq, COMMENT, [event.cause], content)


def _untaken(end: End, file: HubFile) -> str:
    """Why this side cannot store a file; empty if it can."""
    if file.size > end.max_file:
        return "the other side takes no file as large as this"
    return "the other side takes no empty file" if file.size == 0 and not end.caps.empty_files else ""


def _without(scene: Scene, intent: Intent, event: HubEvent, untaken: Mapping[int, str]) -> tuple[HubEvent, Intent]:
    """A comment without files that this side must not or cannot have: a note stands in the place of each."""
    for id_, why in untaken.items():
        scene.plan.mark([id_], "noted", why)
    lines = [paragraph(f"({one.name}: not sent, {untaken[one.event]})") for one in event.files if one.event in untaken]
    blocks = event.doc["content"] if event.doc else []
    left = tuple(file for file in event.files if file.event not in untaken)
    bare = event.model_copy(update={"files": left, "doc": doc(*blocks, *lines)})
    return bare, replace(intent, carries=tuple(id_ for id_ in intent.carries if id_ not in untaken))


def _file_action(scene: Scene, intent: Intent, seq: int, file: HubFile, origin: str) -> Action:
    alone = Intent(intent.target, ATTACH, intent.at, intent.order, carries=(file.event,), event=intent.event)
    assert intent.event is not None
    content: dict[str, Json] = {
        "file": _file_content(file, origin),
        "onward": intent.event.onward,
        "names": intent.event.names,
    }
    return make_action(scene, alone, seq, ATTACH, [file.cause], content)


def _file_content(file: HubFile, origin: str) -> dict[str, Json]:
    return {
        "event": file.event,
        "native": file.native,
        "name": file.name,
        "size": file.size,
        "media_type": file.media_type,
        "origin": origin,
    }


def _origin(tx: Tx, scene: Scene, source: End, event: HubEvent, kind: str, native: str) -> str:
    record = scene.records[source.which]
    return origins.put_origin(
        tx,
        kind=kind,
        system=source.system,
        native=native,
        place=record.place,
        ticket=record.id,
        company=source.offer.company,
        author=event.author,
        at=event.at,
        private=event.private,
    )


def shown(text: Doc) -> Doc:
    """Of pictures in a text only the name goes: no address of the sender's tracker leaves."""
    return with_media(text, dict.fromkeys(media_refs(text)))


def heading_over(end: End, author: str, company: str, told: Mapping[str, str]) -> str:
    """Name first author and company over a text, as far as they may be named, and what is told of the ticket."""
    form = end.offer.comments.in_ or template.DEFAULT
    values = {"author": author or company, "company": company if author else "", **told}
    if not (author or company) and not any(told.get(name) for name in template.names_in(form)):
        return ""
    return template.render(form, values)


def parts_of(end: End, text: Doc) -> Iterator[Json]:
    """Render a text; one that is too long for a comment goes in several, none of it lost."""
    rest: Doc | None = called(text, end.people)
    while rest is not None:
        native = end.connector.markup.render(rest).native
        if end.connector.markup.length(native) <= end.caps.max_comment:
            yield native
            return
        first, rest = split(end.connector.markup, rest, end.caps.max_comment)
        yield end.connector.markup.render(first).native
