# SPDX-License-Identifier: Apache-2.0
"""Take a ticket in: its version, its link and origin, and each thing that happened on it as an event, once.

What the action journal explains is an echo. What bears our mark is a copy, never a source. All else is a person's, or
a house rule's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tandem.connectors.base import Comment, Entry, File, History, Record
from tandem.core.plan import DELETED
from tandem.core.values import Json
from tandem.pipeline import copied, files, follow_up, onward, presence
from tandem.pipeline.environment import End, Run, log
from tandem.pipeline.later import later_on
from tandem.pipeline.outside import keys_outside, leaving, times_outside, without
from tandem.pipeline.policy import only_since_offered
from tandem.pipeline.scene import target_named
from tandem.pipeline.taken_back import blacked_out, taken_back
from tandem.pipeline.withheld import keep_withheld
from tandem.state import joins, links, origins, paths, records, runs, succession, wakes
from tandem.state.records import Happened
from tandem.state.store import Tx
from tandem.state.vault import origin_of


def store_ticket(tx: Tx, run: Run, end: End, record: Record, history: History | None) -> int:
    """Store one version of a ticket with its events; open its link when it is first seen. Return the new events."""
    now = run.env.now()
    told, since = history, links.last_inside(tx, run.name, end.which, record.id)
    if history is not None and not history.inside:
        history = None  # it left the scope between the two calls: what happened is read when it is back
    of = links.link_of(tx, run.name, end.which, [record.id]).get(record.id)
    first = of is None
    if of is None:
        beside = succession.beside(tx, run.name, end.which, [record.id]).get(record.id)
        if beside is not None and not beside.next and told is not None:
            return _store_former(tx, run, end, beside.link, record, told, since)
        if beside is not None or not record.in_scope:
            return 0
        if follow_up.meet(tx, run, end, record):
            return 0
        of = _first_sight(tx, run, end, record, now)
        if of is None:
            return 0
    was = "" if first else links.member_states(tx, run.name, end.which, [record.id])[record.id][1]
    met = first or (since is None and _joined_unseen(tx, run, of))
    away = times_outside(tx, run, end, record, history, back=was == "out") if history and not met else ()
    records.save_record(tx, run.name, end.which, record, now)
    if was == "out" and record.in_scope:
        runs.let_try(tx, of, end.which.other, now)
    if was == succession.NEXT:
        follow_up.begin(tx, run, end, of, record)
    follow_up.keep_description(tx, run, end, of, record)
    links.see_member(tx, run.name, end.which, record, now)
    told_deleted(tx, run, end, record.id, record.final == DELETED)
    joins.move_presence(tx, end.system, record.id, record.place)
    runs.raise_highest(tx, run.name, end.which, {record.place: record.key})
    links.update_links(tx, [of], now, pending=True)
    happened = events_of(tx, run, end, record, history) if history else []
    if history is not None:
        happened = keep_withheld(tx, run, end, record.id, history, happened, now)
    made, changed = keys_outside(history, away) if history and run.pair.on_return == "drop" else (set(), set())
    known = records.known_event_keys(tx, run.name, end.which, record.id) if made | changed else set()
    happened = without(happened, made - known, changed - known)
    if history is not None and not first:
        happened = only_since_offered(end, happened)
        happened += later_on(tx, run, end, record, history, happened, changed, since)
    if told is not None and not first:
        happened += taken_back(tx, run, end, record, told, of, since)
        _conceal(tx, run, end, told)
    joined = links.links(tx, run.name, ids=[of])[of].lone is None
    happened += leaving(run, record, was, joined=joined)
    if met and run.pair.past == "none":
        happened = [_dropped(one, "made before first contact") if one.kind != "field" else one for one in happened]
    if first and not joined:
        author = record.reporter.name if record.reporter else ""
        at = end.our_time(record.created_at)
        happened.insert(0, Happened("made", "made", "", at, {"author": author}))
    return records.add_events(tx, run.name, end.which, record.id, happened)


def _joined_unseen(tx: Tx, run: Run, of: str) -> bool:
    """Tell whether a link was made by presence, of which this side was not seen in scope then.

    What it holds from before is its past, as of any ticket that comes into scope for the first time.
    """
    members = links.links(tx, run.name, ids=[of])[of].members
    by = presence.makers(tx, run, {which: member.ticket for which, member in members.items()})
    return not by <= {None} and run.name not in by


def _conceal(tx: Tx, run: Run, end: End, history: History) -> None:
    """Let copies of what people hid here go no further, and be taken back where other pairs brought them.

    A tracker on the way may keep its copy, and then nothing of its ticket changes.
    """
    shown = {comment.id for comment in history.comments if comment.public}
    hidden = history.hidden.union(comment.id for comment in history.comments if not comment.public)
    private = [file.id for file in history.files if file.private]
    news = origins.conceal(tx, end.system, "comment", hidden) | origins.conceal(tx, end.system, "file", private)
    news |= origins.conceal(tx, end.system, "comment", shown - hidden, hidden=False)
    wakes.put_anew(tx, news, run.env.now(), but=run.name)


def _store_former(
    tx: Tx, run: Run, end: End, link: str, record: Record, history: History, since: datetime | None
) -> int:
    """Of a ticket that its link has gone on from only what was taken back counts; it goes on under the follow-up.

    The version looked at is noted, so that a ticket that rests is not read again.
    """
    happened = taken_back(tx, run, end, record, history, link, since)
    for comment in history.comments:
        if history.inside and comment.redacted:
            read = _comment_event(end, comment, echo=False)
            happened += blacked_out(tx, run, end, link, comment, read, since)
    records.save_record(tx, run.name, end.which, record, run.env.now())
    records.drop_content(tx, run.name, end.which, record.id)
    links.see_member(tx, run.name, end.which, record, run.env.now())
    links.update_member(tx, run.name, end.which, record.id, version=record.version)
    if not happened:
        return 0
    links.update_links(tx, [link], run.env.now(), pending=True)
    now = links.links(tx, run.name, ids=[link])[link].members[end.which]
    return records.add_events(tx, run.name, end.which, now.ticket, happened)


def told_deleted(tx: Tx, run: Run, end: End, ticket: str, deleted: bool) -> None:
    """Note, once, that a linked ticket was deleted by its tracker's word, where the contract tells the other side."""
    if deleted and end.offer.on_delete == "note":
        records.add_events(tx, run.name, end.which, ticket, [Happened(DELETED, DELETED, "", run.env.now(), {})])


def _dropped(one: Happened, why: str) -> Happened:
    return Happened(one.key, one.kind, one.order, one.at, {}, one.field, one.person, "dropped", why)


def _first_sight(tx: Tx, run: Run, end: End, record: Record, now: datetime) -> str | None:
    """Give a ticket its origin and link. A copy that we made is joined to its source's link, never made a source."""
    marked = origin_of(record.mark)
    known = origins.origin_at(tx, end.system, "ticket", record.id)
    if known is None and marked is not None:
        own = links.link_with_origin(tx, run.name, marked)
        if own is None or end.which in own.members:
            if runs.first_time(tx, run.name, "marked", f"{end.which}:{record.id}", now):
                log.warning(
                    "%s %s carries a mark that this pair cannot place; it is left alone", end.offer.name, record.key
                )
            return None
        origins.put_presence(
            tx, of=marked, kind="ticket", system=end.system, native=record.id, place=record.place, ticket=record.id
        )
        links.join(tx, run.name, own.id, end.which, record)
        links.update_links(tx, [own.id], now, state="linked", reason="")
        return own.id
    if known is None and joins.has_orphan(tx, end.system, run.store.vault.source(end.system, record.id)):
        if runs.first_time(tx, run.name, "orphan", f"{end.which}:{record.id}", now):
            what = "it has a copy that it was not joined to, and is left alone; join them: tandem relink"
            log.warning("%s %s: %s %s", end.offer.name, record.key, what, run.name)
        return None
    of = origins.put_origin(
        tx,
        kind="ticket",
        system=end.system,
        native=record.id,
        place=record.place,
        ticket=record.id,
        company=end.offer.company,
        author=record.reporter.name if record.reporter else "",
        at=record.created_at,
    )
    there = links.link_with_origin(tx, run.name, of)
    if there is not None:
        links.join(tx, run.name, there.id, end.which, record)
        return there.id
    return links.open_link(tx, run.name, end.which, of, record, now)


def events_of(tx: Tx, run: Run, end: End, record: Record, history: History) -> list[Happened]:
    """What happened on a ticket, echoes marked as such, private and unoffered things absent."""
    offered = {rule.native for rule in end.offer.fields.values() if rule.goes_out}
    ours, others = paths.foreign(tx, run.name, [entry.mark for entry in history.entries if entry.mark])
    rich = {rule.native for rule in end.offer.fields.values() if rule.kind == "rich"}
    last = {(entry.mark, entry.field): entry.id for entry in history.entries}
    happened = []
    for entry in history.entries:
        if entry.field in offered:
            one = _field_event(end, record, entry, entry.mark in ours, entry.field in rich)
            later = last[entry.mark, entry.field] != entry.id
            happened.append(onward.inherited(one, entry, others.get(entry.mark or "", {}), later))
    known = origins.present(tx, end.system, "comment", [comment.id for comment in history.comments])
    for comment in history.comments:
        if comment.id not in known:
            _late_copy(tx, end, record, history, comment)
    known = origins.present(tx, end.system, "file", [file.id for file in history.files])
    for file in history.files:
        if file.id not in known and file.author.id == end.account:
            _late_file(tx, end, record, file)
    copies, said = onward.sources(tx, run, end, record, "comment", [comment.id for comment in history.comments])
    for comment in history.comments:
        one = _comment_event(end, comment, comment.id in copies)
        copy = said.get(comment.id)
        happened.append(one if copy is None else onward.going_on(tx, end, one, copy, comment))
    happened = copied.as_said(tx, run, end, history, happened, said)
    held, brought = onward.sources(tx, run, end, record, "file", [file.id for file in history.files])
    for file in history.files:
        copy = brought.get(file.id)
        one = _file_event(end, file, file.id in held or (copy is None and file.comment in copies))
        happened.append(one if copy is None else onward.going_on(tx, end, one, copy, file))
    return happened


def _late_copy(tx: Tx, end: End, record: Record, history: History, comment: Comment) -> None:
    """A comment that bears our mark is a copy that we made, even where its answer was lost; so are the files it holds.

    One that only holds a file bears the file's mark, and its file is the copy.
    """
    of = origin_of(comment.mark)
    kind = origins.kind_of_origin(tx, of) if of else None
    if of is None or kind is None:
        return
    id_, meant = onward.late_copy(tx, str(comment.mark)) or ("found", {})
    _present(tx, end, record, "comment", comment.id, of, id_, meant)
    if kind == "file":
        for native in comment.files:
            _present(tx, end, record, "file", native, of, id_, meant)
    elif end.caps.files_in_comments:
        held = [file for file in history.files if file.comment == comment.id]
        for one, native in files.told_apart(meant, held):
            _present(tx, end, record, "file", native, str(one["origin"]), id_, meant)


def _late_file(tx: Tx, end: End, record: Record, file: File) -> None:
    """A file of our account that a write whose answer is not known yet explains is a copy, not our account's own."""
    found = onward.late_file(tx, end.system, target_named(end.system, record.id), file)
    if found is not None and isinstance(meant := found[1]["file"], dict):
        _present(tx, end, record, "file", file.id, str(meant["origin"]), *found)


def _present(
    tx: Tx, end: End, record: Record, kind: str, native: str, of: str, action: str, meant: Mapping[str, Json]
) -> None:
    origins.put_presence(
        tx,
        of=of,
        kind=kind,
        system=end.system,
        native=native,
        place=record.place,
        ticket=record.id,
        action=action,
        heading=str(meant.get("heading") or "") if kind == "comment" else "",
        onward=meant.get("onward") is True,
        names=str(meant.get("names") or "none"),
    )


def _field_event(end: End, record: Record, entry: Entry, echo: bool, rich: bool) -> Happened:
    content: dict[str, Json] = {"author": entry.author.name}
    if entry.told and not rich:
        content |= {"before": entry.before, "after": entry.after}
    return Happened(
        f"field:{entry.id}",
        "field",
        entry.order,
        end.our_time(entry.at),
        {} if echo else content,
        entry.field,
        end.by_person(entry),
        "echo" if echo else None,
        cause=paths.field_cause(end.system, record.id, entry.id),
    )


def _comment_event(end: End, comment: Comment, echo: bool) -> Happened:
    content: dict[str, Json] = {
        "native": comment.id,
        "body": comment.body,
        "public": comment.public,
        "author": comment.author.name,
        "author_id": comment.author.id,
        "files": list(comment.files),
    }
    return Happened(
        f"comment:{comment.id}",
        "comment",
        comment.order,
        end.our_time(comment.at),
        {} if echo else content,
        state="echo" if echo else None,
        cause=paths.item_cause("comment", end.system, comment.id),
    )


def _file_event(end: End, file: File, echo: bool) -> Happened:
    content: dict[str, Json] = {
        "native": file.id,
        "name": file.name,
        "size": file.size,
        "media_type": file.media_type,
        "author": file.author.name,
        "comment": file.comment,
        "referenced": file.referenced,
        "private": file.private,
    }
    return Happened(
        f"file:{file.id}",
        "file",
        "",
        end.our_time(file.at),
        {} if echo else content,
        state="echo" if echo else None,
        cause=paths.item_cause("file", end.system, file.id),
    )
