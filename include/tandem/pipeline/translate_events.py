# SPDX-License-Identifier: Apache-2.0
"""Events of one side in hub terms: changes of fields, comments and files as far as they are offered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatch

from tandem.config.models import AttachmentRule
from tandem.config.units import spoken
from tandem.connectors.base import Record
from tandem.core.doc import doc, paragraph
from tandem.core.mapping import Said, hub_text, to_hub
from tandem.core.model import HubEvent, HubFile
from tandem.core.plain import not_as_edited, without_heading
from tandem.core.plan import NOT_ANY_MORE
from tandem.core.plan_later import EDITED, TAKEN_BACK
from tandem.core.values import from_utc_text, same
from tandem.errors import MappingError
from tandem.pipeline.environment import End
from tandem.pipeline.onward import Words, steps_told, words_of
from tandem.pipeline.outside import MADE_OUTSIDE
from tandem.state import paths
from tandem.state.records import Event


def bare(events: Sequence[Event]) -> tuple[HubEvent, ...]:
    """Events of a ticket out of scope: that they wait, and nothing of what they say."""
    return tuple(_back(event) if event.kind in TAKEN_BACK else _only(event) for event in events)


def _only(event: Event) -> HubEvent:
    return HubEvent(id=event.id, kind=event.kind, at=event.at, order=event.order)


def _back(event: Event) -> HubEvent:
    """That a comment or file was taken back, and nothing of what is left of it."""
    return _only(event).model_copy(update={"native": str(event.content.get("native", ""))})


def events_of(end: End, record: Record, events: Sequence[Event]) -> list[HubEvent]:
    files = {str(event.content.get("native")): event for event in events if event.kind == "file"}
    told: list[HubEvent] = []
    ahead = False
    last = {event.field: event.id for event in events if event.kind == "field"}
    for event in events:
        ahead = ahead or (event.kind == "field" and _ahead(end, event, record, events))
        if ahead and not event.key.startswith("lost:") and event.kind not in TAKEN_BACK:
            continue  # and so does all that came after it: a comment must not arrive before the status that it is on
        if event.kind == "field":
            told.append(_field_event(end, record, event, last=last[event.field] == event.id))
        elif event.kind == "comment" and "of" in event.content:
            told.append(_edit(end, event))
        elif event.kind == "comment":
            told.append(_comment(end, event, files))
        elif event.kind == EDITED:
            told.append(_comment(end, event, {}).model_copy(update={"kind": event.kind}))
        elif event.kind in TAKEN_BACK:
            rest = _comment(end, event, {}) if "body" in event.content else None
            told.append(rest.model_copy(update={"kind": event.kind}) if rest and not rest.note else _back(event))
        elif event.kind == "file":
            told.append(_file(end, event))
        else:
            told.append(_only(event))
    return told


def _ahead(end: End, event: Event, record: Record, events: Sequence[Event]) -> bool:
    """Tell whether the record does not show this change yet: it was made between the reading of the two.

    The record stands where the last change to its very value left it, or before the first; what the history holds
    beyond that place is ahead. A change that is older than the record is never: something unrecorded took it back.
    """
    if event.key.startswith("lost:") or "after" not in event.content:
        return False
    if event.at.timestamp() + end.offset < record.updated_at.timestamp() - end.caps.clock:
        return False
    own = [other for other in events if other.kind == "field" and other.field == event.field]
    shown = record.fields.get(event.field or "")
    reached = [place for place, other in enumerate(own) if same(other.content.get("after"), shown)]
    if reached:
        return own.index(event) > reached[-1]
    return same(own[0].content.get("before"), shown)


def _field_event(end: End, record: Record, event: Event, *, last: bool) -> HubEvent:
    """What another pair brought was not made here: out of scope, too, the ``last`` change keeps its cause."""
    hub = end.hub_of(event.field or "")
    goes_out = hub is not None and end.offer.fields[hub].goes_out
    first_at = event.content.get("first_at")  # another pair wrote it
    own = paths.field_cause(end.system, record.id, event.key.partition(":")[2])
    brought = bool(first_at) and event.cause != own
    told = HubEvent(
        id=event.id,
        kind="field",
        at=from_utc_text(str(first_at)) if first_at else event.at,
        order=event.order,
        field=hub or "",
        author=_words(end, event).author,
        cause=event.cause,
        person=event.person,
        brought=brought,
        known=False,
        note=NOT_ANY_MORE if not goes_out else "" if brought and last else _outside(event),
    )
    if hub is None or "after" not in event.content:
        return told
    rule = end.rule_for(hub, record)
    terms = end.terms(rule.native, record)
    try:
        before = to_hub(rule, event.content.get("before"), terms)
        after = to_hub(rule, event.content.get("after"), terms)
    except MappingError:
        return told
    if isinstance(before, Said) and isinstance(after, Said):
        if same(before.value, after.value):
            told = told.model_copy(update={"note": ""})  # nothing of it was ever to leave
        steps = steps_told(event.content) if rule.kind == "set" else {}
        return told.model_copy(update={"before": before.value, "after": after.value, "known": True, "steps": steps})
    return told


def _outside(event: Event) -> str:
    return MADE_OUTSIDE if event.content.get("outside") else ""


def _comment(end: End, event: Event, files: Mapping[str, Event]) -> HubEvent:
    content = event.content
    private = content.get("public") is not True
    if end.offer.comments.out == "none" or (private and end.offer.comments.out != "all"):
        return HubEvent(  # it waits since a wider offer: that it is there passes the border, and nothing of it
            id=event.id, kind="comment", at=event.at, order=event.order, private=private, note=NOT_ANY_MORE
        )
    parsed = end.connector.markup.parse(content.get("body"))
    text, words, by = hub_text(parsed.doc, end.terms("")), _words(end, event), content.get("by")
    if isinstance(by, dict) and by["heading"]:
        text = without_heading(text, str(by["heading"]))
    names = content.get("files")
    carried = [files[str(native)] for native in names if str(native) in files] if isinstance(names, list) else []
    told = [_file(end, file) for file in carried if private or file.content.get("private") is not True]
    refused = [file for file in told if file.note]
    if refused:
        lines = [paragraph(f"({file.files[0].name}: {file.note})") for file in refused]
        text = doc(*text["content"], *lines)
    return HubEvent(
        id=event.id,
        kind="comment",
        at=event.at,
        order=event.order,
        author=words.author,
        company=words.company,
        names=words.names,
        onward=words.onward,
        cause=event.cause,
        doc=text,
        private=private,
        native=str(content.get("native")),
        files=tuple(file.files[0] for file in told if not file.note),
    )


def _edit(end: End, event: Event) -> HubEvent:
    """What a comment tells that another pair wrote of an edit: an edit of the comment that it is of."""
    told = _comment(end, event, {})
    if told.doc is None:
        return told.model_copy(update={"kind": EDITED})
    more = event.content.get("more")
    parts = [end.connector.markup.parse(body).doc for body in (more if isinstance(more, list) else [])]
    whole = doc(*not_as_edited(told.doc)["content"], *(block for part in parts for block in part["content"]))
    return told.model_copy(update={"kind": EDITED, "native": str(event.content["of"]), "doc": whole})


def _file(end: End, event: Event) -> HubEvent:
    content = event.content
    file = HubFile(
        event=event.id,
        native=str(content.get("native")),
        name=str(content.get("name")),
        size=int(str(content.get("size") or 0)),
        media_type=str(content.get("media_type") or "application/octet-stream"),
        cause=event.cause,
    )
    words, private = _words(end, event), content.get("private") is True
    hidden = private and end.offer.comments.out != "all"  # it waits since a wider offer
    referenced = bool(content.get("referenced") or content.get("comment"))
    return HubEvent(
        id=event.id,
        kind="file",
        at=event.at,
        order=event.order,
        author=words.author,
        company=words.company,
        names=words.names,
        onward=words.onward,
        cause=event.cause,
        native=file.native,
        files=(file,),
        private=private,
        note=NOT_ANY_MORE if hidden else _refusal(end.offer.attachments, file, referenced),
    )


def _refusal(rule: AttachmentRule | None, file: HubFile, referenced: bool) -> str:
    """Why a file does not leave; empty if it does."""
    if rule is None:
        return NOT_ANY_MORE
    if rule.up_to is not None and file.size > rule.up_to:
        return f"not sent: larger than {spoken(rule.up_to)}"
    kinds = (file.media_type.lower(), "." + file.name.rpartition(".")[2].lower())

    def among(patterns: Sequence[str]) -> bool:
        return any(fnmatch(kind, pattern.lower()) for pattern in patterns for kind in kinds)

    if among(rule.deny) or (rule.allow and not among(rule.allow)):
        return "not sent: this type of file is not offered"
    if rule.unreferenced == "hold" and not referenced:
        return "held: no text refers to it"
    return ""


def _words(end: End, event: Event) -> Words:
    by = event.content.get("by")
    return words_of(end.offer, str(event.content.get("author", "")), by if isinstance(by, dict) else None)
