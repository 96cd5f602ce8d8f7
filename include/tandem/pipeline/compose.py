# SPDX-License-Identifier: Apache-2.0
"""Write a link's plan in the target's own terms: native values, marks, the order of actions.

What cannot be written there sets the source's direction aside (:class:`Refused`); a person unknown there is *unsaid*.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tandem.config.models import FieldRule
from tandem.core.doc import Doc, doc, paragraph, text
from tandem.core.mapping import Terms, left_out, to_native
from tandem.core.plain import from_plain, to_plain, with_heading
from tandem.core.plan import COMMENT, CREATE, MOVE, UPDATE, Intent
from tandem.core.plan_later import EDIT, REDACT
from tandem.core.rules import Which
from tandem.core.values import Json, as_set, from_set, same, utc_text
from tandem.errors import ItemError, MappingError, TooLargeError
from tandem.markup import Plain, split
from tandem.markup.rejoin import CUT, MORE
from tandem.pipeline import composed, follow_up, overflow, uncut, untold
from tandem.pipeline.compose_comments import attach, comment, heading_over, shown
from tandem.pipeline.compose_later import edit, withdraw
from tandem.pipeline.environment import OVER, End, Placed
from tandem.pipeline.onward import caused
from tandem.pipeline.rewrite import takes_back
from tandem.pipeline.scene import Scene, causes_of, make_action
from tandem.pipeline.spot import meant, spot_of
from tandem.pipeline.translate import canonical
from tandem.state.actions import Action
from tandem.state.store import Tx

NOTE_ROOM = 120  # units of a field that the note takes, with its markup
NO_TEXT = "(no text)"
LEFT_OUT = "an element that the other side cannot hold"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a direction of a link (``field``: one field of it) cannot be written, and the key that would mend it."""

    source: Which
    error: ItemError
    key: str
    shown: str = ""
    field: str = ""


@dataclass
class Composed:
    """A link's actions, and what became clear while they were written."""

    actions: list[Action] = field(default_factory=list)
    refused: Refused | None = None
    aside: list[Refused] = field(default_factory=list)  # what is told of a twin and cannot be shown


def compose(tx: Tx, scene: Scene, seq: int) -> Composed:
    """Write all intents of one link. A refusal drops the source's whole direction; the other direction flows."""
    made = Composed()
    for intent in scene.plan.ordered():
        if intent not in scene.plan.intents:
            continue  # it became part of a follow-up's first comment
        refused = made.refused is not None and intent.target is made.refused.source.other
        if refused and intent.kind != REDACT:
            continue
        try:
            new = list(_actions(tx, scene, intent, seq + len(made.actions)))
        except (MappingError, TooLargeError) as error:
            source = intent.target.other
            end = scene.run.end(intent.target)
            hub = error.fields[0] if error.fields else ""
            key = end.offer.key_of(f"fields.{hub}") if hub else ""
            made.refused = Refused(source, error, key, str(intent.fields.get(hub, "")) if hub else "")
            made.actions = [one for one in made.actions if one.side is not intent.target or takes_back(one)]
            continue
        made.actions += new
    uncut.note(tx, scene)
    for (target, hub), why in scene.aside.items():
        end, value = scene.run.end(target), scene.hubs[target.other].told[hub]
        made.aside.append(Refused(target.other, why, end.offer.key_of(f"fields.{hub}"), value, hub))
    return made


def _actions(tx: Tx, scene: Scene, intent: Intent, seq: int) -> Iterator[Action]:
    if intent.kind == CREATE:
        yield from _create(tx, scene, intent, seq)
    elif intent.kind == UPDATE:
        yield from _update(tx, scene, intent, seq)
    elif intent.kind == MOVE:
        yield from _move(scene, intent, seq)
    elif intent.kind == COMMENT:
        yield from comment(tx, scene, intent, seq)
    elif intent.kind == EDIT:
        yield from edit(tx, scene, intent, seq)
    elif intent.kind == REDACT:
        yield from withdraw(tx, scene, intent, seq)
    else:
        yield from attach(tx, scene, intent, seq)


def _create(tx: Tx, scene: Scene, intent: Intent, seq: int) -> Iterator[Action]:
    end, source = scene.run.end(intent.target), scene.run.end(intent.target.other)
    ticket, record = scene.hubs[intent.target.other], scene.records[intent.target.other]
    native: dict[str, Json] = {name: end.bound_value(name, value) for name, value in (end.offer.create or {}).items()}
    bases: dict[str, Json] = {}
    rests: list[overflow.Rest] = []
    heading = heading_over(end, ticket.reporter, ticket.company, ticket.told)
    opening = follow_up.opening(tx, scene, intent) if intent.follows else None
    for hub, value in intent.fields.items():
        if opening is not None and hub == "description":
            continue  # it tells what is new
        rule = end.offer.fields[hub]
        if not rule.of_twin:
            bases[hub] = scene.base_of(source.which, hub)
        if hub == "description" and isinstance(value, dict):
            value = with_heading(shown(value), heading)
        if (fitted := _fitted(scene, intent, hub, value, None)) is None:
            continue
        written, more = fitted
        rests += [(hub, part) for part in more]
        if rule.kind == "set":  # both what the contract sets on all that it creates, and what came
            written = from_set(as_set(written) | as_set(native.get(rule.native)))
        native[rule.native] = written
    title = end.rule("title")
    if title is not None and not native.get(title.native):
        native[title.native] = NO_TEXT
    description = end.rule("description")
    if opening is not None:
        yield from follow_up.create(scene, intent, seq, opening, native, bases)
        yield from overflow.send(tx, scene, intent, seq + 1, rests, opening.cause)
        return
    if description is not None and native.get(description.native) is None:
        empty = with_heading(doc(paragraph(NO_TEXT)), heading)
        native[description.native] = end.connector.markup.render(empty).native
    moved_after = {hub for other in scene.plan.intents if other.kind == MOVE for hub in other.fields}
    for hub in scene.hubs[source.which].fields.keys() - moved_after:  # that one is agreed when its own write is done
        bases.setdefault(hub, scene.base_of(source.which, hub))
    content: dict[str, Json] = {
        "mark": scene.run.store.vault.mark(scene.link.origin, source.system, record.id),
        "native": native,
        "fields": {hub: value for hub, value in intent.fields.items() if (intent.target, hub) not in scene.aside},
        "bases": bases,
        "heading": heading,
        "names": ticket.names,
    }
    yield make_action(scene, intent, seq, CREATE, [f"made:{scene.link.origin}"], content)
    yield from overflow.send(tx, scene, intent, seq + 1, rests, "made")


def _update(tx: Tx, scene: Scene, intent: Intent, seq: int) -> Iterator[Action]:
    end, source = scene.run.end(intent.target), intent.target.other
    record = scene.records[intent.target]
    native: dict[str, Json] = {}
    before: dict[str, Json] = {}
    bases: dict[str, Json] = {}
    told: set[str] = set()
    rests: list[overflow.Rest] = []
    values = {**intent.fields, **composed.fixed(end, scene.hubs[source])}
    for hub, value in values.items():
        rule = end.offer.fields[hub]
        present = record.fields.get(rule.native)
        value = value if rule.of_twin or intent.gives_back else uncut.as_meant(tx, scene, intent, hub, value)
        if (fitted := _fitted(scene, intent, hub, value, present)) is None:
            continue
        written, more = fitted
        rests += [(hub, part) for part in more]
        if not rule.of_twin:
            bases[hub] = scene.base_of(source, hub)
        # Out of scope a ticket shows nothing: what is there is not known, and not taken for empty.
        in_sight = record.in_scope or rule.native in record.fields
        if not in_sight and rule.kind in OVER:
            continue
        if in_sight and same(canonical(end, hub, written, record), canonical(end, hub, present, record)):
            scene.plan.rebase |= {(intent.target, hub)} if rule.of_twin else set()
            continue
        told |= {hub} if rule.of_twin else set()
        native[rule.native], before[rule.native] = written, present
    cause, moved = causes_of(intent, scene)[0], _moved(scene, intent)
    if not native:
        scene.plan.rebase |= {(source, hub) for hub in bases}
        scene.plan.mark(intent.carries, *_without_a_write(scene, source, bases))
        scene.plan.mark(intent.covers, "superseded")
        yield from overflow.send(tx, scene, intent, seq, rests, cause)
        return
    own = caused(scene.hubs[source], intent.carries, _natives(end, bases), cause, utc_text(intent.at), moved)
    content: dict[str, Json] = {
        "native": native,
        "before": before,
        "fields": {hub: value for hub, value in values.items() if hub in bases or hub in told},
        "bases": bases,
        "gives_back": intent.gives_back,
        "caused": untold.named(tx, scene, intent, own),
    }
    yield make_action(scene, intent, seq, UPDATE, causes_of(intent, scene), content)
    yield from overflow.send(tx, scene, intent, seq + 1, rests, cause)


def _moved(scene: Scene, intent: Intent) -> dict[str, dict[str, bool]]:
    """Of the sets that are written, the elements that come, and (false) those that go."""
    shown = scene.hubs[intent.target].fields
    sets = {hub for hub, how in scene.run.rules.fields.items() if how.a_set} & intent.fields.keys() & shown.keys()
    wanted = {hub: as_set(intent.fields[hub]) for hub in sets}
    return {hub: {one: one in want for one in want ^ as_set(shown[hub].value)} for hub, want in wanted.items()}


def _without_a_write(scene: Scene, source: Which, bases: Mapping[str, Json]) -> tuple[str, str]:
    """What becomes of a change of which nothing is written: state and reason."""
    if not bases:
        return "noted", "unsaid: unknown there"
    if any((source, hub) in scene.plan.left_out for hub in bases):
        return "noted", LEFT_OUT
    return "settled", ""


def _move(scene: Scene, intent: Intent, seq: int) -> Iterator[Action]:
    """A status: a field like any other where the tracker has no workflow, else a way to be walked."""
    end, source = scene.run.end(intent.target), intent.target.other
    (hub, value), number = next(iter(intent.fields.items())), end.map_for("status", _spot(scene, intent.target))
    rule = end.offer.fields[hub].maps()[number][1]
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
        "map": number,  # the walk goes by it too, whichever of its fields are written first
        "gives_back": intent.gives_back,
    }
    causes = causes_of(intent, scene)
    own = caused(scene.hubs[source], intent.carries, {rule.native: hub}, causes[0], utc_text(intent.at))
    yield make_action(scene, intent, seq, MOVE, causes, {**content, "caused": own})


def _natives(end: End, hubs: Iterable[str]) -> dict[str, str]:
    """Native field → hub field, of these."""
    return {end.offer.fields[hub].native: hub for hub in hubs}


def _spot(scene: Scene, which: Which) -> Placed:
    """Where a ticket lies, of what type it is, and what it shows of what maps depend on, once the plan is done."""
    written = {hub: value for one in scene.plan.intents if one.target is which for hub, value in one.fields.items()}
    return spot_of(scene.run.end(which), scene.records.get(which), written)


def _fitted(scene: Scene, intent: Intent, hub: str, value: Json, present: Json) -> tuple[Json, list[Doc]] | None:
    """Write one field's value by the map in force. None: it is unsaid, or it cannot be shown and is set aside alone.

    Raises:
        MappingError, TooLargeError: it cannot be written.
    """
    end = scene.run.end(intent.target)
    try:
        rule = end.rule_for(hub, _spot(scene, intent.target))
        value = meant(rule, value)
        if missing := left_out(rule, value, end.terms(rule.native)):
            scene.plan.left_out[(intent.target.other, hub)] = missing
        return _fit(scene, intent.target, rule, value, present)
    except LookupError:
        scene.plan.unsaid.add((intent.target.other, hub))
    except (MappingError, TooLargeError) as error:
        if not end.offer.fields[hub].of_twin:
            raise
        scene.aside[(intent.target, hub)] = error
    return None


def _fit(scene: Scene, target: Which, rule: FieldRule, value: Json, present: Json) -> tuple[Json, list[Doc]]:
    """Write a value; one that is too long goes as the contract says: what does not fit becomes a comment, or is cut.

    Raises:
        MappingError, TooLargeError: it cannot be written.
        LookupError: a person has no account there.
    """
    terms = scene.run.end(target).terms(rule.native, scene.records.get(target))
    if isinstance(value, dict):
        value = shown(value) if rule.kind == "rich" else to_plain(shown(value))
    try:
        return to_native(rule, value, terms, present), []
    except TooLargeError:
        limit = terms.choices.max_length
        if rule.too_long == "quarantine" or limit is None:
            raise
        scene.in_part.add((target, rule.hub))
        cut = rule.too_long == "cut"
        if isinstance(value, dict):
            first, rest = split(terms.markup, value, limit - NOTE_ROOM if cut and limit > 2 * NOTE_ROOM else limit)
            if cut:
                return _noted(rule, first, terms, present), []
            return to_native(rule, first, terms, present), [] if rest is None else [rest]
        whole = str(value)
        return _cut(whole, limit, terms.utf16), [] if cut else [doc(paragraph(f"{rule.hub}: {whole}"))]


def _noted(rule: FieldRule, first: Doc, terms: Terms, present: Json) -> Json:
    """Write the first part of a text, with a note that there is more, where there is room for one."""
    try:
        return to_native(rule, doc(*first["content"], paragraph(text(MORE, "em"))), terms, present)
    except TooLargeError:
        return to_native(rule, first, terms, present)


def _cut(line: str, limit: int, utf16: bool) -> str:
    """Cut a line at a word, never inside a character that a reader sees as one."""
    first, _ = split(Plain(utf16=utf16), from_plain(line), limit - len(CUT))
    return to_plain(first).rstrip() + CUT
