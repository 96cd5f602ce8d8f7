# SPDX-License-Identifier: Apache-2.0
"""Write what became of a comment that was sent: its twin edited or said anew, or taken back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tandem.core.doc import Doc, Node, doc, paragraph, text
from tandem.core.model import HubEvent
from tandem.core.plain import with_heading
from tandem.core.plan import COMMENT, Intent
from tandem.core.plan_later import EDIT, REDACT, WITHDRAWN
from tandem.core.values import Json
from tandem.pipeline.compose_comments import heading_over, parts_of, shown
from tandem.pipeline.environment import End
from tandem.pipeline.rewrite import said_of, text_hash
from tandem.pipeline.scene import Scene, make_action
from tandem.state import actions, links, twins
from tandem.state.actions import Action
from tandem.state.store import Tx
from tandem.state.twins import Twin

TAKEN_BACK = "This comment was withdrawn at its origin."


def edit(tx: Tx, scene: Scene, intent: Intent, seq: int) -> Iterator[Action]:
    """Edit the twin of a comment in its place, or say in a new comment how it reads now."""
    end, event = _end(scene, intent)
    there = _twins(tx, scene, intent, event)
    if not there:
        scene.plan.mark([*intent.carries, *intent.covers], "noted", "its twin is not there")
        return
    in_place = end.caps.edit_comments and end.offer.on_edit == "edit"
    yield from _said_anew(tx, scene, intent, seq, event, there, in_place=in_place)


def withdraw(tx: Tx, scene: Scene, intent: Intent, seq: int) -> Iterator[Action]:
    """Take back the twins of a comment that was made private or blacked out, with their files."""
    end, event = _end(scene, intent)
    there = [twin for twin in _twins(tx, scene, intent, event) if not twin.withdrawn]
    journal = twins.journal_of(tx, scene.link.id, there)
    state, why = "", ""
    if not there:
        state, why = "noted", "its twin is not there"
    elif end.offer.on_redact == "keep":
        state, why = "noted", "the contract keeps what came in"
    elif not end.caps.redact_comments:
        state, why = "parked", "the other side cannot take a comment back"
    if state:
        twins.forget_texts(tx, journal)
        scene.plan.mark(intent.carries, state, why)
        scene.plan.mark(intent.covers, "superseded")
        return
    if event.doc is not None and end.caps.edit_comments and len(there) == 1:
        anew = list(_said_anew(tx, scene, intent, seq, event, there, in_place=True, forget=journal))
        if [one.kind for one in anew] == [EDIT]:  # it stands in its place without what was blacked out
            yield from anew
            return
    causes = _causes(event, len(there))
    done = actions.done_causes(tx, scene.target_of(intent.target), causes)
    body = end.connector.markup.render(doc(paragraph(TAKEN_BACK))).native
    for cause, twin in zip(causes, there, strict=True):
        if cause in done and cause != causes[-1]:
            continue
        content: dict[str, Json] = {
            "event": event.id,
            "twin": twin.native,
            "twins": {twin.native: twin.wrote},
            "body": body,
            "wrote": text_hash(scene.run, end, body),
            "said": twins.WITHDRAWN,
            "files": list(_files(tx, scene, intent, twin)),
            "forget": list(twins.journal_of(tx, scene.link.id, [twin])),
        }
        yield make_action(scene, _riding(intent, cause == causes[-1]), seq, REDACT, [cause], content)
        seq += 1


def _said_anew(
    tx: Tx,
    scene: Scene,
    intent: Intent,
    seq: int,
    event: HubEvent,
    there: Sequence[Twin],
    *,
    in_place: bool,
    forget: Sequence[str] = (),
) -> Iterator[Action]:
    end, source = scene.run.end(intent.target), scene.run.end(intent.target.other)
    assert event.doc is not None
    heading = heading_over(end, source, event.author, scene.hubs[source.which].told)
    said = said_of(tx, scene.run, source, event.id)
    known: Mapping[str, Json] = {twin.native: twin.wrote for twin in there if in_place or not twin.withdrawn}
    common: dict[str, Json] = {"event": event.id, "twins": dict(known), "origin": there[0].origin, "said": said}
    bodies = list(parts_of(end, with_heading(shown(event.doc), heading)))
    if in_place and len(there) == len(bodies) == 1:
        content: dict[str, Json] = {
            **common,
            "twin": there[0].native,
            "body": bodies[0],
            "wrote": text_hash(scene.run, end, bodies[0]),
            "forget": list(forget),
            "redacts": bool(event.kind == WITHDRAWN),
        }
        yield make_action(scene, intent, seq, EDIT, [f"event:{event.id}"], content)
        return
    bodies = list(parts_of(end, with_heading(_edited(shown(event.doc)), heading)))
    causes = _causes(event, len(bodies))
    done = actions.done_causes(tx, scene.target_of(intent.target), causes)
    for part, (cause, body) in enumerate(zip(causes, bodies, strict=True), start=1):
        if cause in done and part < len(bodies):
            continue
        more: dict[str, Json] = {
            **common,
            "mark": scene.run.store.vault.mark(there[0].origin, source.system, f"{event.native}/{event.id}"),
            "part": part,
            "heading": heading if part == 1 else "",
            "body": body,
            "public": end.offer.comments.as_ == "public" and not event.private,
            "wrote": text_hash(scene.run, end, body),
            "files": [],
        }
        yield make_action(scene, _riding(intent, part == len(bodies)), seq, COMMENT, [cause], more)
        seq += 1


def _edited(document: Doc) -> Doc:
    """Say before a text that it was edited."""
    first: Node | None = document["content"][0] if document["content"] else None
    if first is not None and first["type"] == "paragraph":
        led: Node = {**first, "content": [text("Edited: "), *first["content"]]}
        return doc(led, *document["content"][1:])
    return doc(paragraph("Edited:"), *document["content"])


def _end(scene: Scene, intent: Intent) -> tuple[End, HubEvent]:
    assert intent.event is not None
    return scene.run.end(intent.target), intent.event


def _causes(event: HubEvent, parts: int) -> list[str]:
    return [f"event:{event.id}" if part == 1 else f"event:{event.id}/{part}" for part in range(1, parts + 1)]


def _riding(intent: Intent, last: bool) -> Intent:
    """What a part carries: all rides on the last."""
    return intent if last else Intent(intent.target, intent.kind, intent.at, intent.order, event=intent.event)


def _twins(tx: Tx, scene: Scene, intent: Intent, event: HubEvent) -> list[Twin]:
    source, target = scene.run.end(intent.target.other), scene.run.end(intent.target)
    of = links.origin_at(tx, source.system, "comment", event.native)
    record = scene.records.get(intent.target)
    return twins.twins_of(tx, of, target.system, record.id) if of and record else []


def _files(tx: Tx, scene: Scene, intent: Intent, twin: Twin) -> Iterator[str]:
    """The files that came with a twin, where they do not ride in it."""
    end, record = scene.run.end(intent.target), scene.records[intent.target]
    if twin.action is None or end.caps.files_in_comments:
        return
    carried = actions.content_of(tx, twin.action)
    yield from twins.files_of(tx, twins.origins_in(carried), end.system, record.id)
