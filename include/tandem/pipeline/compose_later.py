# SPDX-License-Identifier: Apache-2.0
"""What became of comments after they were sent, in the target's own terms: their twins are edited or withdrawn."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from tandem.core.doc import doc, paragraph
from tandem.core.model import HubEvent
from tandem.core.plain import with_heading
from tandem.core.plan import COMMENT, EDIT, WITHDRAW, Intent
from tandem.core.values import Json
from tandem.pipeline.compose_comments import heading_over, parts_of, shown
from tandem.pipeline.scene import Scene, make_action
from tandem.state import links
from tandem.state.actions import Action
from tandem.state.store import Tx

EDITED = "Edited:"


def later_on(tx: Tx, scene: Scene, intent: Intent, seq: int) -> Iterator[Action]:
    """Edit or withdraw the twins of a comment; where its text cannot be changed, a new comment tells the edit."""
    end, source = scene.run.end(intent.target), scene.run.end(intent.target.other)
    event = intent.event
    assert event is not None
    origin = links.origin_at(tx, source.system, "comment", event.native)
    twins = links.copies(tx, origin, end.system) if origin else []
    if origin is None or not twins:
        scene.plan.mark((*intent.carries, *intent.covers), "noted", "it has no twin there")
    elif intent.kind == WITHDRAW:
        if end.offer.on_redact == "keep":
            scene.plan.mark((*intent.carries, *intent.covers), "noted", "the other side keeps what it has")
            return
        content: dict[str, Json] = {"twins": list(twins), "notice": True}  # it holds nothing of the ticket
        yield make_action(scene, intent, seq, WITHDRAW, [f"event:{event.id}"], content)
    else:
        yield from _edit(scene, intent, seq, event, origin, twins)


def _edit(scene: Scene, intent: Intent, seq: int, event: HubEvent, origin: str, twins: list[str]) -> Iterator[Action]:
    assert event.doc is not None
    end, source = scene.run.end(intent.target), scene.run.end(intent.target.other)
    heading = heading_over(end, source, event.author, scene.hubs[source.which].told)
    if event.private and not end.private_comments:
        scene.plan.mark((*intent.carries, *intent.covers), "noted", "the other side has no internal comments")
        return
    bodies = list(parts_of(end, with_heading(shown(event.doc), heading)))
    apart = event.apart or not end.caps.edits_comments or end.offer.on_edit == "comment"
    if not apart and len(twins) == len(bodies) == 1:
        content: dict[str, Json] = {"twin": twins[0], "body": bodies[0]}
        yield make_action(scene, intent, seq, EDIT, [f"event:{event.id}"], content)
        return
    text = doc(paragraph(EDITED), *shown(event.doc)["content"])
    own = uuid.uuid5(uuid.UUID(origin), f"edited:{event.id}").hex
    bodies = list(parts_of(end, with_heading(text, heading)))
    for part, body in enumerate(bodies, start=1):
        last = part == len(bodies)
        riding = intent if last else Intent(intent.target, COMMENT, intent.at, intent.order, event=event)
        told: dict[str, Json] = {
            "mark": scene.run.store.vault.mark(own, source.system, own),
            "part": part,
            "origin": own,
            "heading": heading if part == 1 else "",
            "body": body,
            "public": end.offer.comments.as_ == "public" and not event.private,
            "files": [],
        }
        cause = f"event:{event.id}" if part == 1 else f"event:{event.id}/{part}"
        yield make_action(scene, riding, seq, COMMENT, [cause], told)
        seq += 1
