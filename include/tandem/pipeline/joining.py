# SPDX-License-Identifier: Apache-2.0
"""Make one link of two tickets that exist: what both show becomes their bases, and what was said counts as exchanged.

Nothing is written to a tracker here. What differs is told; where a person says who is right, that side counts as the
one that changed, so that the next run writes it to the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tandem.connectors.base import History, Record
from tandem.core.doc import doc
from tandem.core.mapping import Kept, Said, Unsaid, to_hub, to_native
from tandem.core.merge import alike
from tandem.core.plain import to_plain
from tandem.core.rules import Which
from tandem.core.values import Json, same
from tandem.errors import MappingError, TooLargeError
from tandem.markup.rejoin import is_part
from tandem.pipeline import composed, twin
from tandem.pipeline.environment import End, Run
from tandem.pipeline.intake import events_of
from tandem.pipeline.matching import Words, matched
from tandem.pipeline.rewrite import text_hash
from tandem.pipeline.spot import meant
from tandem.pipeline.translate import canonical, hub_status
from tandem.pipeline.uncut import is_longer
from tandem.state import early, editions, joins, links, origins, records, runs
from tandem.state.links import Base
from tandem.state.records import Happened
from tandem.state.store import Tx
from tandem.state.twins import note_written
from tandem.state.vault import origin_of

EXCHANGED = "there when the tickets were joined"


@dataclass(frozen=True, slots=True)
class Seen:
    """A ticket at one side, with what happened on it."""

    record: Record
    history: History


Sides = Mapping[Which, Seen]


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that travels and that two tickets show apart, in hub terms."""

    field: str
    left: Json
    right: Json


def read_tickets(end: End, ids: Iterable[str]) -> dict[str, Seen]:
    """Read tickets that are in scope, with their histories."""
    wanted = list(dict.fromkeys(ids))
    found: dict[str, Seen] = {}
    for some in records.chunks(wanted, end.caps.fetch_batch):
        inside = {record.id: record for record in end.connector.fetch(some, ahead=True) if record.in_scope}
        histories = end.connector.history(list(inside))
        found |= {id_: Seen(inside[id_], told) for id_, told in histories.items() if told.inside}
    return found


def differences(run: Run, sides: Sides) -> list[Difference]:
    """Tell which fields that travel the two tickets show apart."""
    found = []
    for hub, how in run.rules.fields.items():
        open_ways = [target for target in how.ways if not how.is_closed(target) and target not in how.on_change]
        said = {which: _said(run.end(which), hub, sides[which].record) for which in Which}
        if not open_ways or any(isinstance(one, Unsaid | Kept) for one in said.values()):
            continue
        left, right = (_value(said[which]) for which in Which)
        if None in said.values() or not (alike(left, right) or _shows_alike(run, sides, hub, left, right)):
            found.append(Difference(hub, left, right))
    return found


def _shows_alike(run: Run, sides: Sides, hub: str, left: Json, right: Json) -> bool:
    """Tell whether one side shows what the other says, in its own way: in the words it has, as much of it as its field
    holds, or under our heading.
    """
    if any(_shows_part(run.end(which), sides[which].record, hub, *two) for which, two in _wholes(left, right)):
        return True
    if isinstance(left, dict) and isinstance(right, dict):
        here, there = run.end(Which.LEFT), run.end(Which.RIGHT)
        one, two = sides[Which.LEFT].record, sides[Which.RIGHT].record
        ways = ((left, right), (_as_read(there, hub, two, left), right), (left, _as_read(here, hub, one, right)))
        return any(matched([_description(here, one, a)], [_description(there, two, b)]) for a, b in ways)
    for which, value in ((Which.LEFT, right), (Which.RIGHT, left)):
        end, record = run.end(which), sides[which].record
        shown = canonical(end, hub, record.fields.get(end.offer.fields[hub].native), record)
        native = _native(end, hub, record, value)
        if native is not None and same(canonical(end, hub, native, record), shown):
            return True
    return False


def _wholes(left: Json, right: Json) -> tuple[tuple[Which, tuple[Json, Json]], ...]:
    """By the side that may show a part: the whole text, and that part."""
    return (Which.LEFT, (right, left)), (Which.RIGHT, (left, right))


def _shows_part(end: End, record: Record, hub: str, whole: Json, part: Json) -> bool:
    """Tell whether a side's field is too short for a text, and shows the part of it that it can hold."""
    if not (whole and part) or end.rule_for(hub, record).too_long == "quarantine":
        return False
    if not is_longer(end, record, hub, whole):
        return False
    blocks: Any = part.get("content") if hub == "description" and isinstance(part, dict) else ()
    below = doc(*blocks[1:])  # without our heading
    return is_part(whole, part) or (len(blocks) > 1 and is_part(whole, below))


def first_comment(end: End, record: Record) -> Words | None:
    """A ticket's description, as it is compared with comments of its twin; none where it holds nothing."""
    said = _said(end, "description", record) if end.rule("description") else None
    value = _value(said)
    return _description(end, record, value) if isinstance(value, dict) else None


def _description(end: End, record: Record, text: dict[str, Json]) -> Words:
    who = record.reporter
    plain = " ".join(to_plain(text).split())
    name, id_ = (who.name, who.id) if who else ("", "")
    return Words(record.id, plain, name, id_, end.offer.company, record.created_at)


def _native(end: End, hub: str, record: Record, value: Json) -> Json:
    """What a side would show of a value of the other's; none where it has no word for it."""
    try:
        rule = end.rule_for(hub, record)
        return to_native(rule, value, end.terms(rule.native, record), record.fields.get(rule.native))
    except (MappingError, TooLargeError):
        return None


def _as_read(end: End, hub: str, record: Record, text: dict[str, Json]) -> dict[str, Json]:
    """A text of the other side as it is read at a side that shows it: its markup may take words for signs."""
    try:
        rule = end.rule_for(hub, record)
        terms = end.terms(rule.native, record)
        said = to_hub(rule, to_native(rule, text, terms), terms)
    except (MappingError, TooLargeError):
        return text
    value = _value(said)
    return value if isinstance(value, dict) else text


def _said(end: End, hub: str, record: Record) -> Said | Unsaid | Kept | None:
    """Read a field in hub terms; none where it has no place in the contract's map."""
    try:
        rule = end.rule_for(hub, record)
        return to_hub(rule, record.fields.get(rule.native), end.terms(rule.native, record))
    except MappingError:
        return None


def _value(said: Said | Unsaid | Kept | None) -> Json:
    return said.value if isinstance(said, Said) else None


def bases_shown(end: End, record: Record) -> dict[str, Base]:
    """The bases that a ticket makes by what it shows; a person or thing that says nothing is remembered beside them."""
    found: dict[str, Base] = {}
    for hub, rule in end.offer.fields.items():
        if rule.of_twin or rule.native not in record.fields:
            continue
        shown = canonical(end, hub, record.fields[rule.native], record)
        if isinstance(_said(end, hub, record), Unsaid):
            found[hub] = Base(None, end.mapping, unsaid=shown)
        else:
            found[hub] = Base(shown, end.mapping)
    return found


def prefer(run: Run, sides: Sides, hub: str, winner: Which) -> Base | None:
    """The base by which a side counts as the one that changed a field: what the other shows, in its own terms.

    None: it has no word for that, and so simply no base yet.
    """
    end, record = run.end(winner), sides[winner].record
    rule = end.rule_for(hub, record)
    value = _value(_said(run.end(winner.other), hub, sides[winner.other].record))
    if rule.kind == "rich":
        return Base(value, end.mapping)
    terms = end.terms(rule.native, record)
    try:
        native = to_native(rule, value, terms, record.fields.get(rule.native) if rule.kind == "set" else None)
    except MappingError:
        return None
    return Base(canonical(end, hub, native, record), end.mapping)


def join(
    tx: Tx,
    run: Run,
    sides: Sides,
    *,
    origin: str | None = None,
    keep: Mapping[Which, Collection[str]] | None = None,
    why: str = "",
) -> str:
    """Make one link of two tickets, or complete the one that either has; return its id. ``origin`` is known by a mark.

    What happened on both so far is taken in as exchanged, but for the events to ``keep``: they are parked, and ``why``.
    """
    now = run.env.now()
    left, right = sides[Which.LEFT].record, sides[Which.RIGHT].record
    known = {which: links.link_of(tx, run.name, which, [sides[which].record.id]) for which in Which}
    end = run.end(Which.LEFT)
    if origin is None:
        origin = origins.put_origin(
            tx, kind="ticket", system=end.system, native=left.id, place=left.place, ticket=left.id,
            company=end.offer.company, author=left.reporter.name if left.reporter else "", at=left.created_at,
        )  # fmt: skip
    for which in Which:
        _present(tx, run.end(which), sides[which].record, origin)
    of = known[Which.LEFT].get(left.id) or known[Which.RIGHT].get(right.id)
    there = links.link_with_origin(tx, run.name, origin)
    of = of or (there.id if there else None) or links.open_link(tx, run.name, Which.LEFT, origin, left, now)
    for which in Which:
        record = sides[which].record
        other = known[which].get(record.id)
        links.join(tx, run.name, of, which, record)
        if other is not None and other != of:
            joins.absorb(tx, other, of)
        records.save_record(tx, run.name, which, record, now)
        links.see_member(tx, run.name, which, record, now)
        runs.raise_highest(tx, run.name, which, {record.place: record.key})
        links.set_bases(tx, of, which, bases_shown(run.end(which), record))
        take_in(tx, run, which, sides[which], keep[which] if keep else (), why)
    early.take_out(tx, run.name, {which: [sides[which].record.id] for which in Which})
    links.update_links(tx, [of], now, state="linked", reason="", pending=True)
    return of


def _present(tx: Tx, end: End, record: Record, origin: str) -> None:
    """See that a ticket is a presence of this origin, and no other's."""
    before = origins.origin_at(tx, end.system, "ticket", record.id)
    if before is not None and before != origin:
        joins.unite_origins(tx, before, origin)
    origins.put_presence(
        tx, of=origin, kind="ticket", system=end.system, native=record.id, place=record.place, ticket=record.id
    )


def take_in(tx: Tx, run: Run, which: Which, seen: Seen, keep: Collection[str] = (), why: str = "") -> None:
    """All that happened so far is behind us: no field is replayed, and nothing that was said is said again."""
    ticket = seen.record.id
    waiting = records.open_events(tx, run.name, which, [ticket]).get(ticket, [])
    over = [event.id for event in waiting if event.key not in keep]
    records.set_events(tx, over, "settled", EXCHANGED, run=run.job.run_id)
    happened = events_of(tx, run, run.end(which), seen.record, seen.history)
    parked = [replace(one, state="parked", reason=why) for one in happened if one.key in keep]
    settled = [_settled(one) for one in happened if one.key not in keep]
    records.add_events(tx, run.name, which, ticket, [*parked, *settled])


def _settled(one: Happened) -> Happened:
    return one if one.state else replace(one, content={}, state="settled", reason=EXCHANGED)


def twins(tx: Tx, run: Run, sides: Sides, kind: str, pairs: Iterable[tuple[Words, Words]], *, by: str) -> None:
    """Comments or files that both tickets have (left, right) are known as one, whatever becomes of them."""
    for left, right in pairs:
        copied = Which.RIGHT if right.mark else Which.LEFT if left.mark else None
        older = copied.other if copied else Which.LEFT if left.at <= right.at else Which.RIGHT
        source, copy = (left, right) if older is Which.LEFT else (right, left)
        of = _origin_of(tx, run, sides, older, kind, source, origin_of(copy.mark))
        end, record = run.end(older.other), sides[older.other].record
        origins.put_presence(
            tx, of=of, kind=kind, system=end.system, native=copy.id, place=record.place, ticket=record.id, action=by
        )
        if kind == "comment" and copied is not None and copy.text.endswith(source.text):
            wrote, said = (_hashed(run, sides, side, id_) for side, id_ in ((copied, copy.id), (older, source.id)))
            edition = editions.told_by(tx, run.end(older).system, source.id, said)
            # As for fields: what both show is where both agree.
            note_written(tx, end.system, copy.id, wrote, edition.said, edition.number)


def _hashed(run: Run, sides: Sides, which: Which, comment: str) -> str:
    body = next(one.body for one in sides[which].history.comments if one.id == comment)
    return text_hash(run, run.end(which), body)


def _origin_of(tx: Tx, run: Run, sides: Sides, which: Which, kind: str, source: Words, marked: str | None) -> str:
    """Give a comment or file its origin: the one that its copy's marker names, or a new one.

    A file that rides in a comment shows the marker of that comment, which is the comment's own.
    """
    end, record = run.end(which), sides[which].record
    of = joins.kind_of(tx, marked) if marked is not None else None
    if marked is not None and of in (None, kind) and origins.origin_at(tx, end.system, kind, source.id) is None:
        joins.restore_origin(tx, marked, kind, end.system, source.id, end.offer.company, private=source.private)
        origins.put_presence(
            tx, of=marked, kind=kind, system=end.system, native=source.id, place=record.place, ticket=record.id
        )
        return marked
    return origins.put_origin(
        tx, kind=kind, system=end.system, native=source.id, place=record.place, ticket=record.id,
        company=end.offer.company, author=source.author, at=source.at, private=source.private,
    )  # fmt: skip


def heard_so_far(tx: Tx, run: Run, sides: Sides, which: Which) -> None:
    """What a side shows of its twin, as the other tells it, need not be told again."""
    end, other = run.end(which), run.end(which.other)
    record, source = sides[which].record, sides[which.other].record
    news = twin.told(other, source, hub_status(other, source, {}))
    told = composed.told_by(other, end, source, {}, news, record)
    of = links.link_of(tx, run.name, which, [record.id])[record.id]
    heard = {
        hub: Base(told[hub], end.mapping)
        for hub, rule in end.offer.fields.items()
        if rule.of_twin and hub in told and _shows(end, hub, record, told[hub])
    }
    links.set_bases(tx, of, which, heard)


def _shows(end: End, hub: str, record: Record, told: str) -> bool:
    """Tell whether a field shows what its twin tells, in its own way."""
    shown = record.fields.get(end.offer.fields[hub].native)
    native = _native(end, hub, record, meant(end.offer.fields[hub], told))
    return native is not None and same(canonical(end, hub, native, record), canonical(end, hub, shown, record))


def words_of(end: End, seen: Seen, kind: str) -> list[Words]:
    """The comments (or files) of a ticket, as they are compared with its twin's."""
    return [*_words(end, seen, kind)]


def _words(end: End, seen: Seen, kind: str) -> Iterable[Words]:
    if kind == "file":
        for file in seen.history.files:
            name, who = f"{file.name} {file.size}", file.author
            yield Words(file.id, name, who.name, who.id, end.offer.company, file.at, file.mark)
        return
    for comment in seen.history.comments:
        text = " ".join(to_plain(end.connector.markup.parse(comment.body).doc).split())
        who, company, private = comment.author, end.offer.company, not comment.public
        yield Words(comment.id, text, who.name, who.id, company, comment.at, comment.mark, private)
