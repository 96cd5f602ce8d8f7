# SPDX-License-Identifier: Apache-2.0
"""Write a link's plan in the target's own terms: native values, headings, marks, the order of actions.

What cannot be written there sets the source's direction aside (:class:`Refused`); a person unknown there is *unsaid*.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from tandem.config import template
from tandem.config.models import FieldRule
from tandem.connectors.base import Record
from tandem.core.doc import Doc, doc, media_refs, paragraph, with_media
from tandem.core.mapping import to_native
from tandem.core.model import HubEvent, HubFile, HubTicket
from tandem.core.plain import from_plain, to_plain, with_heading
from tandem.core.plan import ATTACH, COMMENT, CREATE, MOVE, UPDATE, Intent, LinkPlan
from tandem.core.rules import Which
from tandem.core.values import Json, as_set, from_set, same, utc_text
from tandem.errors import ItemError, MappingError, TooLargeError
from tandem.markup import Plain, split
from tandem.pipeline.environment import End, Run
from tandem.pipeline.translate import canonical_native
from tandem.state import links
from tandem.state.actions import Action
from tandem.state.links import Link
from tandem.state.records import Event
from tandem.state.store import Tx

CUT = "…"
NO_TEXT = "(no text)"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a direction of a link cannot be written, and the contract's key that would mend it."""

    source: Which
    error: ItemError
    key: str
    shown: str = ""


@dataclass
class Composed:
    """A link's actions, and what became clear while they were written."""

    actions: list[Action] = field(default_factory=list)
    refused: Refused | None = None


@dataclass(frozen=True)
class Scene:
    """One link in one run, as composing sees it."""

    run: Run
    link: Link
    plan: LinkPlan
    hubs: Mapping[Which, HubTicket]
    records: Mapping[Which, Record]
    events: Mapping[int, Event]  # stored events that intents carry
    lost: Mapping[tuple[Which, str], Json]  # native values that our own writes ran over, by (side, hub field)

    def base_of(self, source: Which, hub: str) -> Json:
        """What the source shows in this run, in the form of a base."""
        end, record = self.run.end(source), self.records[source]
        rule = end.offer.fields[hub]
        native = self.lost.get((source, hub), record.fields.get(rule.native))
        return canonical_native(rule, native, end.terms(rule.native, record))


def compose(tx: Tx, scene: Scene, seq: int) -> Composed:
    """Write all intents of one link. A refusal drops the source's whole direction; the other direction flows."""
    made = Composed()
    for intent in scene.plan.ordered():
        if made.refused is not None and intent.target is made.refused.source.other:
            continue
        try:
            new = list(_actions(tx, scene, intent, seq + len(made.actions)))
        except (MappingError, TooLargeError) as error:
            source = intent.target.other
            end = scene.run.end(intent.target)
            hub = error.fields[0] if error.fields else ""
            key = end.offer.key_of(f"fields.{hub}") if hub else ""
            made.refused = Refused(source, error, key, str(intent.fields.get(hub, "")) if hub else "")
            made.actions = [action for action in made.actions if action.side is not intent.target]
            continue
        made.actions += new
    return made


def _actions(tx: Tx, scene: Scene, intent: Intent, seq: int) -> Iterator[Action]:
    if intent.kind == CREATE:
        yield from _create(tx, scene, intent, seq)
    elif intent.kind == UPDATE:
        yield from _update(scene, intent, seq)
    elif intent.kind == MOVE:
        yield from _move(scene, intent, seq)
    elif intent.kind == COMMENT:
        yield from _comment(tx, scene, intent, seq)
    else:
        yield from _attach(tx, scene, intent, seq)


def _action(scene: Scene, intent: Intent, seq: int, kind: str, causes: list[str], content: dict[str, Json]) -> Action:
    source, target = scene.records.get(intent.target.other), scene.records.get(intent.target)
    carried: dict[str, Json] = {
        "at": utc_text(intent.at),
        "carries": list(intent.carries),
        "covers": list(intent.covers),
        "source": source.id if source else None,
        "source_version": source.version if source else None,
        "target_version": target.version if target else None,
        **content,
    }
    return Action(
        id=uuid.uuid4().hex,
        run=scene.run.job.run_id,
        seq=seq,
        link=scene.link.id,
        side=intent.target,
        kind=kind,
        state="planned",
        causes=tuple(causes),
        content=carried,
    )


def _bound(end: End, native: str, value: Json) -> Json:
    """Bind a name in ``create`` to its id."""
    return end.terms(native).choices.id_of(value) if isinstance(value, str) else value


def _causes(intent: Intent, scene: Scene) -> list[str]:
    """Events that are carried; a write without any has a cause made for it: this merge, in this run."""
    if intent.carries:
        return [f"event:{id_}" for id_ in intent.carries]
    return [f"merge:{scene.run.job.run_id}:{scene.link.id}:{intent.kind}:{','.join(sorted(intent.fields))}"]


def _create(tx: Tx, scene: Scene, intent: Intent, seq: int) -> Iterator[Action]:
    end, source = scene.run.end(intent.target), scene.run.end(intent.target.other)
    ticket, record = scene.hubs[intent.target.other], scene.records[intent.target.other]
    create = dict(end.offer.create or {})
    native: dict[str, Json] = {
        name: end.terms(name).choices.id_of(value) if isinstance(value, str) else value
        for name, value in create.items()
    }
    bases: dict[str, Json] = {}
    overflow: list[Doc] = []
    for hub, value in intent.fields.items():
        rule = end.offer.fields[hub]
        bases[hub] = scene.base_of(source.which, hub)
        if hub == "description" and isinstance(value, dict):
            value = with_heading(_shown(value), _heading(end, source, ticket.reporter))
        try:
            written, more = _fit(end, rule, value, None)
        except LookupError:
            scene.plan.unsaid.add((source.which, hub))
            continue
        overflow += more
        if rule.kind == "set":  # both what the contract sets on all that it creates, and what came
            written = from_set(as_set(written) | as_set(native.get(rule.native)))
        native[rule.native] = written
    title = end.rule("title")
    if title is not None and not native.get(title.native):
        native[title.native] = NO_TEXT
    description = end.rule("description")
    if description is not None and native.get(description.native) is None:
        empty = with_heading(doc(paragraph(NO_TEXT)), _heading(end, source, ticket.reporter))
        native[description.native] = end.connector.markup.render(empty).native
    moved_after = {hub for other in scene.plan.intents if other.kind == MOVE for hub in other.fields}
    for hub in scene.hubs[source.which].fields.keys() - moved_after:  # that one is agreed when its own write is done
        bases.setdefault(hub, scene.base_of(source.which, hub))
    content: dict[str, Json] = {
        "mark": scene.run.store.vault.mark(scene.link.origin, source.system, record.id),
        "place": None,
        "native": native,
        "fields": dict(intent.fields),
        "bases": bases,
    }
    yield _action(scene, intent, seq, CREATE, [f"made:{scene.link.origin}"], content)
    for number, text in enumerate(overflow, start=1):
        yield _notice(scene, intent, seq + number, text, [f"made:{scene.link.origin}/{number}"])


def _update(scene: Scene, intent: Intent, seq: int) -> Iterator[Action]:
    end, source = scene.run.end(intent.target), intent.target.other
    record = scene.records[intent.target]
    native: dict[str, Json] = {}
    before: dict[str, Json] = {}
    bases: dict[str, Json] = {}
    overflow: list[Doc] = []
    for hub, value in intent.fields.items():
        rule = end.offer.fields[hub]
        present = record.fields.get(rule.native)
        try:
            written, more = _fit(end, rule, value, present, record)
        except LookupError:
            scene.plan.unsaid.add((source, hub))
            continue
        bases[hub] = scene.base_of(source, hub)
        if same(_canonical(end, rule, written, record), _canonical(end, rule, present, record)):
            continue
        native[rule.native], before[rule.native] = written, present
        overflow += more
    if not native:
        scene.plan.rebase |= {(source, hub) for hub in bases}
        scene.plan.mark(intent.carries, "settled" if bases else "noted", "" if bases else "unsaid: unknown there")
        scene.plan.mark(intent.covers, "superseded")
        return
    content: dict[str, Json] = {
        "native": native,
        "before": before,
        "fields": {hub: value for hub, value in intent.fields.items() if hub in bases},
        "bases": bases,
    }
    yield _action(scene, intent, seq, UPDATE, _causes(intent, scene), content)
    for number, text in enumerate(overflow, start=1):
        causes = [f"{cause}/{number}" for cause in _causes(intent, scene)]
        yield _notice(scene, intent, seq + number, text, causes)


def _move(scene: Scene, intent: Intent, seq: int) -> Iterator[Action]:
    """A status: a field like any other where the tracker has no workflow, else a way to be walked."""
    end, source = scene.run.end(intent.target), intent.target.other
    (hub, value), rule = next(iter(intent.fields.items())), end.offer.fields["status"]
    record = scene.records.get(intent.target)
    written = to_native(rule, value, end.terms(rule.native, record))
    present = record.fields.get(rule.native) if record else None
    step = scene.events.get(intent.step) if intent.step is not None else None
    base = step.content.get("after") if step else scene.base_of(source, hub)
    content: dict[str, Json] = {
        "native": {rule.native: written},
        "before": {rule.native: present},
        "fields": {hub: value},
        "bases": {hub: base},
    }
    yield _action(scene, intent, seq, MOVE, _causes(intent, scene), content)


def _comment(tx: Tx, scene: Scene, intent: Intent, seq: int) -> Iterator[Action]:
    end, source = scene.run.end(intent.target), scene.run.end(intent.target.other)
    event = intent.event
    if intent.text is not None:  # a change that the target cannot make is told in a comment
        told = next(iter(intent.fields))
        text = doc(paragraph(f"The {told} was changed:"), *intent.text["content"])
        bases: dict[str, Json] = {told: scene.base_of(source.which, told)}
        yield _notice(scene, intent, seq, _shown(text), _causes(intent, scene), bases)
        return
    assert event is not None and event.doc is not None
    record = scene.records[source.which]
    origin = links.put_origin(
        tx,
        kind="comment",
        system=source.system,
        native=event.native,
        place=record.place,
        ticket=record.id,
        company=source.offer.company,
        author=event.author,
        at=event.at,
        private=event.private,
    )
    files = list(event.files)
    origins = {file.native: _file_origin(tx, scene, source, event, file) for file in files}
    if not end.caps.files_in_comments:
        for file in files:
            yield _file_action(scene, intent, seq, file, origins[file.native])
            seq += 1
    heading = _heading(end, source, event.author)
    text = with_heading(_shown(event.doc), heading)
    public = end.offer.comments.as_ == "public" and not event.private
    if event.private and not end.private_comments:
        scene.plan.mark(intent.carries, "noted", "the other side has no internal comments")
        return
    for part, body in enumerate(_parts(end, text), start=1):
        suffix = "" if part == 1 else f"/{part}"
        content: dict[str, Json] = {
            "mark": scene.run.store.vault.mark(origin, source.system, event.native),
            "part": part,
            "origin": origin,
            "heading": heading if part == 1 else "",
            "body": body,
            "public": public,
            "files": [_file_content(file, origins[file.native]) for file in files] if part == 1 else [],
        }
        yield _action(scene, intent, seq, COMMENT, [f"event:{event.id}{suffix}"], content)
        seq += 1


def _notice(
    scene: Scene, intent: Intent, seq: int, text: Doc, causes: list[str], bases: dict[str, Json] | None = None
) -> Action:
    """A comment of our own: it has an origin of its own, so that it is never taken for a person's."""
    end = scene.run.end(intent.target)
    origin = uuid.uuid5(uuid.UUID(scene.link.origin), ",".join(causes)).hex
    native = end.connector.markup.render(text).native
    content: dict[str, Json] = {
        "mark": scene.run.store.vault.mark(origin, scene.run.end(intent.target.other).system, origin),
        "part": 1,
        "origin": origin,
        "notice": True,
        "heading": "",
        "body": native,
        "public": end.offer.comments.as_ == "public",
        "files": [],
        "bases": dict(bases or {}),
        "fields": {},
    }
    action = _action(scene, intent, seq, COMMENT, causes, content)
    if bases is None:  # overflow of another write, which carries the events
        return replace(action, content={**action.content, "carries": [], "covers": []})
    return action


def _attach(tx: Tx, scene: Scene, intent: Intent, seq: int) -> Iterator[Action]:
    """A file that no comment carries: by itself, or in a carrier comment that is recorded as the file's twin."""
    end, source = scene.run.end(intent.target), scene.run.end(intent.target.other)
    event = intent.event
    assert event is not None
    file = event.files[0]
    origin = _file_origin(tx, scene, source, event, file)
    if not end.caps.files_in_comments:
        yield _file_action(scene, intent, seq, file, origin)
        return
    heading = _heading(end, source, event.author)
    content: dict[str, Json] = {
        "mark": scene.run.store.vault.mark(origin, source.system, file.native),
        "part": 1,
        "origin": origin,
        "heading": heading,
        "body": end.connector.markup.render(with_heading(doc(paragraph(f"[{file.name}]")), heading)).native,
        "public": end.offer.comments.as_ == "public",
        "files": [_file_content(file, origin)],
    }
    yield _action(scene, intent, seq, COMMENT, [f"event:{event.id}"], content)


def _file_action(scene: Scene, intent: Intent, seq: int, file: HubFile, origin: str) -> Action:
    alone = Intent(intent.target, ATTACH, intent.at, intent.order, carries=(file.event,), event=intent.event)
    content: dict[str, Json] = {"file": _file_content(file, origin)}
    return _action(scene, alone, seq, ATTACH, [f"event:{file.event}"], content)


def _file_content(file: HubFile, origin: str) -> dict[str, Json]:
    return {
        "event": file.event,
        "native": file.native,
        "name": file.name,
        "size": file.size,
        "media_type": file.media_type,
        "origin": origin,
    }


def _file_origin(tx: Tx, scene: Scene, source: End, event: HubEvent, file: HubFile) -> str:
    record = scene.records[source.which]
    return links.put_origin(
        tx,
        kind="file",
        system=source.system,
        native=file.native,
        place=record.place,
        ticket=record.id,
        company=source.offer.company,
        author=event.author,
        at=event.at,
        private=event.private,
    )


def _shown(text: Doc) -> Doc:
    """Of pictures in a text only the name goes: no address of the sender's tracker leaves."""
    return with_media(text, dict.fromkeys(media_refs(text)))


def _heading(end: End, source: End, author: str) -> str:
    """Name first author and company over a text, as far as the sender's offer says."""
    names = source.offer.comments.names
    if names == "none":
        return ""
    company = source.offer.company
    values = {"author": author or company, "company": company if author else ""}
    return template.render(end.offer.comments.in_ or template.DEFAULT, values)


def _parts(end: End, text: Doc) -> Iterator[Json]:
    """Render a text; one that is too long for a comment goes in several, none of it lost."""
    rest: Doc | None = text
    while rest is not None:
        native = end.connector.markup.render(rest).native
        if end.connector.markup.length(native) <= end.caps.max_comment:
            yield native
            return
        first, rest = split(end.connector.markup, rest, end.caps.max_comment)
        yield end.connector.markup.render(first).native


def _fit(end: End, rule: FieldRule, value: Json, present: Json, record: Record | None = None) -> tuple[Json, list[Doc]]:
    """Write a value; one that is too long goes as the contract says: what does not fit becomes a comment.

    Raises:
        MappingError, TooLargeError: it cannot be written.
        LookupError: a person has no account there.
    """
    terms = end.terms(rule.native, record)
    if rule.kind == "rich" and isinstance(value, dict):
        value = _shown(value)
    try:
        return to_native(rule, value, terms, present), []
    except TooLargeError:
        limit = terms.choices.max_length
        if rule.too_long != "comment" or limit is None:
            raise
        if isinstance(value, dict):
            first, rest = split(terms.markup, value, limit)
            return to_native(rule, first, terms, present), [] if rest is None else [rest]
        whole = str(value)
        return _cut(whole, limit), [doc(paragraph(f"{rule.hub}: {whole}"))]


def _cut(line: str, limit: int) -> str:
    """Cut a line at a word, never inside a character that a reader sees as one."""
    first, _ = split(Plain(), from_plain(line), limit - len(CUT))
    return to_plain(first).rstrip() + CUT


def _canonical(end: End, rule: FieldRule, native: Json, record: Record) -> Json:
    return canonical_native(rule, native, end.terms(rule.native, record))
