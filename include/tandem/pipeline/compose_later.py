# SPDX-License-Identifier: Apache-2.0
"""Write what became of a comment that was sent: its twin edited or said anew, or taken back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tandem.core.doc import doc, paragraph
from tandem.core.mapping import to_native
from tandem.core.model import HubEvent
from tandem.core.plain import as_edited, with_heading
from tandem.core.plan import COMMENT, UPDATE, Intent
from tandem.core.plan_later import EDIT, REDACT, REMOVED, WITHDRAWN, WITHHELD, item_of
from tandem.core.values import Json, same
from tandem.pipeline.compose_comments import heading_over, parts_of, shown
from tandem.pipeline.environment import End
from tandem.pipeline.reach import OTHERWISE
from tandem.pipeline.recheck import edition_of, reads_of
from tandem.pipeline.rewrite import CHANGED, text_hash
from tandem.pipeline.scene import Scene, make_action
from tandem.pipeline.translate import canonical
from tandem.state import actions, editions, links, origins, records, succession, twins
from tandem.state.actions import Action
from tandem.state.store import Tx
from tandem.state.twins import Twin

TAKEN_BACK = "This comment was withdrawn at its origin."
WRITES = 500  # of a link, newest first, among which our last one of its description is looked for
DESCRIPTION_BACK = "This description was withdrawn at its origin."


def edit(tx: Tx, scene: Scene, intent: Intent, seq: int) -> Iterator[Action]:
    """Edit the twin of a comment in its place, or say in a new comment how it reads now."""
    end, event = _end(scene, intent)
    there = _twins(tx, scene, intent, event)
    ids = [*intent.carries, *intent.covers]
    source = scene.run.end(intent.target.other)
    if not there:
        ahead = any(one.kind == COMMENT and one.native == event.native for one in scene.hubs[source.which].events)
        scene.plan.mark(ids, *(("waiting", "its comment goes first") if ahead else ("noted", "its twin is not there")))
        return
    reads = reads_of(tx, scene.run, source, event.id)
    edition = edition_of(tx, source, event.id, reads)
    if not editions.is_news(tx, edition, there[-1], scene.run.name, str(reads["said"])):
        editions.agree(tx, edition, there[-1], end.system)
        scene.plan.mark(ids, "settled", OTHERWISE)
        return
    in_place = end.caps.edit_comments and end.offer.on_edit == "edit"
    yield from _said_anew(tx, scene, intent, seq, event, there, in_place=in_place)


def withdraw(tx: Tx, scene: Scene, intent: Intent, seq: int) -> Iterator[Action]:
    """Take back the twins of a comment that was made private or blacked out, with their files."""
    end, event = _end(scene, intent)
    if event.kind == REMOVED:
        yield from _remove(tx, scene, intent, seq, event)
        return
    if event.kind == WITHHELD:
        yield from _withhold(tx, scene, intent, seq, event)
        return
    there = [twin for twin in _all_twins(tx, scene, intent, "comment", event.native) if not twin.withdrawn]
    journal = twins.journal_of(tx, scene.link.id, there)
    if _stays(scene, intent, there):
        twins.forget_texts(tx, journal)
        return
    record = scene.records.get(intent.target)
    in_sight = record is not None and all(twin.ticket == record.id for twin in there)
    if event.doc is not None and end.caps.edit_comments and len(there) == 1 and in_sight:
        anew = list(_said_anew(tx, scene, intent, seq, event, there, in_place=True, forget=journal))
        if [one.kind for one in anew] == [EDIT]:  # it stands in its place without what was blacked out
            yield from anew
            return
    causes = _causes(event, len(there))
    done = actions.done_causes(tx, scene.target_of(intent.target), causes)
    body = end.connector.markup.render(doc(paragraph(TAKEN_BACK))).native
    known = editions.kept(records.events_by_id(tx, [event.id])[event.id].content)
    number = known.number if known else None
    for cause, twin in zip(causes, there, strict=True):
        if cause in done and cause != causes[-1]:
            continue
        content: dict[str, Json] = {
            "event": event.id,
            "item": item_of(event),
            "ticket": twin.ticket,
            "twin": twin.native,
            # A description is the tracker's to keep: where it is the first comment, nobody changes it.
            "twins": {} if _is_description(tx, twin) else {twin.native: twin.wrote},
            "body": body,
            "wrote": text_hash(scene.run, end, body),
            "said": twins.WITHDRAWN,
            "edition": number,
            "files": list(_files(tx, end, twin)),
            "forget": list(twins.journal_of(tx, scene.link.id, [twin])),
        }
        yield make_action(scene, _riding(intent, cause == causes[-1]), seq, REDACT, [cause], content)
        seq += 1


def _stays(scene: Scene, intent: Intent, there: Sequence[Twin]) -> bool:
    """Tell whether nothing is to be taken back, and what becomes of the event."""
    end = scene.run.end(intent.target)
    if not there:
        state, why = "noted", "its twin is not there"
    elif end.offer.on_redact == "keep":
        state, why = "noted", "the contract keeps what came in"
    elif not end.caps.redact_comments:
        state, why = "parked", "the other side cannot take a comment back"
    else:
        return False
    scene.plan.mark(intent.carries, state, why)
    scene.plan.mark(intent.covers, "superseded")
    return True


def _remove(tx: Tx, scene: Scene, intent: Intent, seq: int, event: HubEvent) -> Iterator[Action]:
    """Take back a file that was blacked out, with the carrier that brought it, where there is one."""
    copies = _all_twins(tx, scene, intent, "file", event.native)
    if _stays(scene, intent, copies):
        return
    end = scene.run.end(intent.target)
    carriers = {twin.ticket: twin for twin in _copies(tx, scene, intent, copies[0].origin, "comment")}
    causes = _causes(event, len(copies))
    for cause, copy in zip(causes, copies, strict=True):
        carrier = carriers.get(copy.ticket)
        body = end.connector.markup.render(doc(paragraph(TAKEN_BACK))).native
        content: dict[str, Json] = {
            "event": event.id,
            "item": item_of(event),
            "ticket": copy.ticket,
            "twin": carrier.native if carrier else None,
            "twins": {carrier.native: carrier.wrote} if carrier else {},
            "body": body,
            "wrote": text_hash(scene.run, end, body),
            "said": twins.WITHDRAWN,
            "files": [copy.native],
            "forget": [copy.action] if copy.action else [],
        }
        yield make_action(scene, _riding(intent, cause == causes[-1]), seq, REDACT, [cause], content)
        seq += 1


def _withhold(tx: Tx, scene: Scene, intent: Intent, seq: int, event: HubEvent) -> Iterator[Action]:
    """Put a line in the place of a description that was made private or blacked out at its origin."""
    end, record = scene.run.end(intent.target), scene.records[intent.target]
    rule = end.rule("description")
    known = links.bases(tx, [scene.link.id]).get((scene.link.id, intent.target), {}).get("description")
    state, why = "", ""
    if end.offer.on_redact == "keep":
        state, why = "noted", "the contract keeps what came in"
    elif rule is None or known is None:
        state, why = "noted", "its twin is not there"
    elif rule.once or rule.on_change or not rule.comes_in:
        state, why = "parked", "the other side cannot change its description"
    elif _is_theirs(tx, scene, intent, rule.native, known.value):
        state, why = "parked", CHANGED
    if state or rule is None:
        scene.plan.mark([*intent.carries, *intent.covers], state, why)
        return
    present = record.fields.get(rule.native)
    written = to_native(rule, doc(paragraph(DESCRIPTION_BACK)), end.terms(rule.native, record), present)
    content: dict[str, Json] = {
        "event": event.id,
        "item": item_of(event),
        "withholds": True,
        "native": {rule.native: written},
        "before": {rule.native: present},
        "fields": {},
        "bases": {"description": None},
    }
    twins.forget_field(tx, scene.link.id, "description", rule.native)
    yield make_action(scene, intent, seq, UPDATE, [f"event:{event.id}"], content)


def _is_theirs(tx: Tx, scene: Scene, intent: Intent, native: str, known: Json) -> bool:
    """Tell whether people gave a description after our last write of it, or before there was any."""
    end, record = scene.run.end(intent.target), scene.records[intent.target]
    writes = actions.newest_done(tx, scene.link.id, intent.target, WRITES)
    ours = next((one for one in writes if native in _natives(one)), None)
    if ours is None or ours.done_at is None:
        return True
    if records.acted_since(tx, scene.run.name, intent.target, record.id, native, ours.done_at):
        return True
    return native in record.fields and not same(canonical(end, "description", record.fields[native], record), known)


def _natives(one: Action) -> Mapping[str, Json]:
    native = one.content.get("native")
    return native if isinstance(native, dict) else {}


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
    heading = heading_over(end, event.author, event.company, scene.hubs[source.which].told)
    reads = reads_of(tx, scene.run, source, event.id)
    edition = edition_of(tx, source, event.id, reads)
    known: Mapping[str, Json] = {twin.native: twin.wrote for twin in there if in_place or not twin.withdrawn}
    common: dict[str, Json] = {"event": event.id, "twins": dict(known), "origin": there[0].origin}
    common |= {"said": edition.said, "edition": edition.number, "reads": reads}
    bodies = list(parts_of(end, with_heading(shown(event.doc), heading)))
    if in_place and len(there) == len(bodies) == 1:
        content: dict[str, Json] = {
            **common,
            "twin": there[0].native,
            "body": bodies[0],
            "wrote": text_hash(scene.run, end, bodies[0]),
            "forget": list(forget),
            "redacts": bool(event.kind == WITHDRAWN),
            "item": item_of(event),
        }
        yield make_action(scene, intent, seq, EDIT, _causes(event, 1), content)
        return
    bodies = list(parts_of(end, with_heading(as_edited(shown(event.doc)), heading)))
    causes = _causes(event, len(bodies))
    done = actions.done_causes(tx, scene.target_of(intent.target), causes)
    for part, (cause, body) in enumerate(zip(causes, bodies, strict=True), start=1):
        if cause in done and part < len(bodies):
            continue
        more: dict[str, Json] = {
            **common,
            "mark": scene.run.store.vault.mark(there[0].origin, source.system, f"{event.native}/{event.id}"),
            "part": part,
            "parts": len(bodies),
            "heading": heading if part == 1 else "",
            "body": body,
            "public": end.offer.comments.as_ == "public" and not event.private,
            "wrote": text_hash(scene.run, end, body),
            "files": [],
            "onward": event.onward,
            "names": event.names,
        }
        if part < len(bodies):  # until the last one is there, it is still to be told
            more |= {"said": twins.UNFINISHED, "edition": there[-1].edition or 0}
        yield make_action(scene, _riding(intent, part == len(bodies)), seq, COMMENT, [cause], more)
        seq += 1


def _end(scene: Scene, intent: Intent) -> tuple[End, HubEvent]:
    assert intent.event is not None
    return scene.run.end(intent.target), intent.event


def _causes(event: HubEvent, parts: int) -> list[str]:
    cause = event.cause or f"event:{event.id}"
    return [cause if part == 1 else f"{cause}/{part}" for part in range(1, parts + 1)]


def _riding(intent: Intent, last: bool) -> Intent:
    """What a part carries: all rides on the last."""
    return intent if last else Intent(intent.target, intent.kind, intent.at, intent.order, event=intent.event)


def _twins(tx: Tx, scene: Scene, intent: Intent, event: HubEvent) -> list[Twin]:
    """The twins of a comment on the ticket that its link goes on with."""
    record = scene.records.get(intent.target)
    every = _all_twins(tx, scene, intent, "comment", event.native)
    return [twin for twin in every if record is not None and twin.ticket == record.id]


def _all_twins(tx: Tx, scene: Scene, intent: Intent, kind: str, native: str) -> list[Twin]:
    """The twins of a comment or file on any ticket of the link, those included that it has gone on from."""
    of = origins.origin_at(tx, scene.run.end(intent.target.other).system, kind, native)
    return _copies(tx, scene, intent, of, kind) if of else []


def _copies(tx: Tx, scene: Scene, intent: Intent, of: str, kind: str) -> list[Twin]:
    tickets = succession.tickets_of(tx, scene.run.name, scene.link.id, intent.target)
    return twins.twins_of(tx, of, scene.run.end(intent.target).system, tickets, kind)


def _is_description(tx: Tx, twin: Twin) -> bool:
    return twin.action is not None and "follow_up_of" in actions.content_of(tx, twin.action)


def _files(tx: Tx, end: End, twin: Twin) -> Iterator[str]:
    """The files that came with a twin, where they do not ride in it."""
    if twin.action is None or end.caps.files_in_comments:
        return
    carried = actions.content_of(tx, twin.action)
    yield from twins.files_of(tx, twins.origins_in(carried), end.system, twin.ticket)
