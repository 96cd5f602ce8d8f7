# SPDX-License-Identifier: Apache-2.0
"""Reconcile: read back what was written, move both bases, and bring every event of the run to a state.

A base never takes in a value that was not merged. At the source it is the value staged in this run; at the target it
is what the read-back shows, unless somebody else changed the field after our write: then it is what we sent, and that
change is the next run's to merge. What our write overwrote unseen becomes an open event.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from tandem.config.models import FieldRule
from tandem.connectors.base import Entry, History, Record
from tandem.core.rules import Which
from tandem.core.values import Json, same
from tandem.errors import RefusedError
from tandem.pipeline.environment import End, Run, log
from tandem.pipeline.intake import store_ticket
from tandem.pipeline.outcomes import set_aside_as
from tandem.pipeline.read_back import by_feed, read_back
from tandem.pipeline.rewrite import takes_back
from tandem.pipeline.scene import riding
from tandem.pipeline.settle_sets import settle_set
from tandem.pipeline.translate import canonical, same_native
from tandem.state import actions, links, records, runs, twins
from tandem.state.actions import Action
from tandem.state.links import Base, Link
from tandem.state.records import Happened
from tandem.state.store import Tx

TAKEN_AWAY = "it was written, and is not there any more"


def settle(run: Run) -> dict[str, int]:
    """Take in the effect of every action that is done."""
    counts: Counter[str] = Counter()
    with run.store.read() as tx:
        done = actions.unsettled(tx, run.name)
        found = links.links(tx, run.name, ids=[action.link for action in done])
    by_link: dict[str, list[Action]] = {}
    for action in done:
        by_link.setdefault(action.link, []).append(action)
    written = {which: _written(which, found.values(), done) for which in Which}
    told = {which: by_feed(run, end, written[which].values()) for which, end in run.ends.items()}
    for some in records.chunks(list(by_link), 100):
        seen: dict[Which, dict[str, tuple[Record, History]]] = {}
        for which, end in run.ends.items():
            tickets = sorted(written[which][id_] for id_ in some if id_ in written[which])
            seen[which] = read_back(run, end, tickets, told[which])
        with run.store.begin(run.fence) as tx:
            for id_ in some:
                _settle_link(tx, run, found[id_], by_link[id_], seen, counts)
    return dict(counts)


def _written(which: Which, found: Iterable[Link], done: Iterable[Action]) -> dict[str, str]:
    """Link → ticket of this side, of those that were written here."""
    here = {action.link for action in done if action.side is which}
    return {link.id: link.members[which].ticket for link in found if link.id in here and which in link.members}


def _settle_link(
    tx: Tx,
    run: Run,
    link: Link,
    done: Sequence[Action],
    seen: Mapping[Which, Mapping[str, tuple[Record, History]]],
    counts: Counter[str],
) -> None:
    settled: list[str] = []
    for which in Which:
        own = [action for action in done if action.side is which]
        member = link.members.get(which)
        if not own or member is None:
            continue
        if member.ticket not in seen[which]:  # not to be seen now: settled by a later run, unless there is none to see
            settled += _gone(tx, run, link, own) if member.state == "final" else []
            continue
        record, history = seen[which][member.ticket]
        end = run.end(which)
        for place, action in enumerate(own):
            later, refused = own[place + 1 :], frozenset[str]()
            if action.kind == "create":
                refused = _settle_create(tx, run, end, link, action, record, history, counts)
            elif action.kind in ("update", "status"):
                refused = _settle_fields(tx, run, end, link, action, record, history, later, counts)
            if not action.content.get("gives_back"):
                _move_source(tx, run, link, action, refused)
                _arrive(tx, run, action, refused)
            if action.kind == "comment" and _is_missing(record, history, action):
                records.set_events(tx, riding(action), "noted", TAKEN_AWAY, run=run.job.run_id, action=action.id)
                log.warning("%s %s: a comment of ours is not there any more", end.offer.name, record.key)
            if action.content.get("withholds") is True:
                twins.forget_field(tx, link.id, "description", end.offer.fields["description"].native)
            settled.append(action.id)
        store_ticket(tx, run, end, record, history)
        news = records.open_events(tx, run.name, which, [record.id]).get(record.id, [])
        fresh = [event.id for event in news if event.state is None]
        records.set_events(tx, fresh, "waiting", "happened while the run wrote", run=run.job.run_id)
        counts["read_back"] += 1
    actions.settle(tx, settled, run.env.now())


def _gone(tx: Tx, run: Run, link: Link, own: Sequence[Action]) -> list[str]:
    """Settle what was written to a ticket that is gone for good: its answer is all that will ever be known of it."""
    for action in own:
        if not action.content.get("gives_back"):
            _move_source(tx, run, link, action, frozenset())
            _arrive(tx, run, action)
    return [action.id for action in own]


def _settle_create(
    tx: Tx,
    run: Run,
    end: End,
    link: Link,
    action: Action,
    record: Record,
    history: History,
    counts: Counter[str],
) -> frozenset[str]:
    """After a create each field's base is what was created: what shows, or what the first other change found.

    Returns the fields whose value was accepted without effect. Their source has said nothing yet that was agreed on.
    """
    written = action.content["native"]
    assert isinstance(written, dict)
    moved: dict[str, Base] = {}
    refused: dict[str, Base] = {}
    told = action.content["fields"]
    assert isinstance(told, dict)
    source, answered = run.end(end.which.other), _answered(action)
    made = {**written, **answered}
    held = {one.field for one in runs.held(tx, run.name) if one.link == link.id and one.side is source.which}
    for hub, rule in end.offer.fields.items():
        if rule.of_twin:
            moved |= {hub: Base(told[hub], end.mapping)} if hub in told else {}
            continue
        if not record.in_scope and rule.native in made:
            moved[hub] = Base(canonical(end, hub, made[rule.native], record), end.mapping)  # it shows us nothing now
        if rule.native not in record.fields:
            continue
        first = next((entry for entry in _sorted(history) if entry.field == rule.native), None)
        value = (
            record.fields[rule.native] if end.caps.history else answered.get(rule.native, record.fields[rule.native])
        )
        if first is not None and first.told and rule.kind != "rich":
            value = first.before
        elif first is not None and rule.native in written:
            value = written[rule.native]
        elif first is not None and rule.kind != "rich":
            value = None  # what it was made with is not told: all that shows is still to be merged
        elif value is None and _to_be_tried_again(rule) and written.get(rule.native) is not None:
            _refused(tx, run, end, link, hub, rule.native, counts)
            refused[hub] = Base(None, source.mapping)
        elif hub in held and rule.native not in written:  # it was made without
            refused[hub] = Base(None, source.mapping)
        moved[hub] = Base(canonical(end, hub, value, record), end.mapping)
    links.set_bases(tx, link.id, end.which, moved)
    links.set_bases(tx, link.id, source.which, refused)
    return frozenset(refused)


def _to_be_tried_again(rule: FieldRule) -> bool:
    """Tell whether a field that a create did not fill can be written later."""
    return rule.kind not in ("rich", "set") and not rule.once and rule.on_change is None


def _settle_fields(
    tx: Tx,
    run: Run,
    end: End,
    link: Link,
    action: Action,
    record: Record,
    history: History,
    later: Sequence[Action],
    counts: Counter[str],
) -> frozenset[str]:
    """Move the target's bases; return the fields whose write was accepted without effect."""
    native, told, before = action.content["native"], action.content["fields"], action.content.get("before")
    assert isinstance(native, dict) and isinstance(told, dict)
    answered = _answered(action)
    moved: dict[str, Base] = {}
    refused: set[str] = set()
    again = {name for other in later for name in _natives(other)}
    for name, sent in native.items():
        hub = end.hub_of(name)
        if hub is None:
            continue
        rule = end.offer.fields[hub]
        entries = [entry for entry in _sorted(history) if entry.field == name]
        ours = next((entry for entry in reversed(entries) if entry.mark == action.id), None)
        known = isinstance(before, dict) and name in before
        replaced = before[name] if isinstance(before, dict) and known else None
        first = next((entry for entry in entries if entry.mark == action.id), None)
        met = known and first is not None and first.told and rule.kind != "rich"
        if met and first is not None and not same_native(end, name, first.before, replaced, record):
            _overwritten(tx, run, end, record, name, first, entries)
        if action.content.get("gives_back"):
            continue  # it is the next run that merges what shows
        if not record.in_scope:  # it shows us nothing
            if rule.kind == "set":
                settle_set(tx, run, link, action, hub, sent, ours, ())
            else:
                moved[hub] = Base(canonical(end, hub, sent, record), end.mapping)
            continue
        if rule.kind == "set":
            told_now = answered.get(name, record.fields.get(name))
            if known and first is None and same_native(end, name, told_now, replaced, record):
                _refused(tx, run, end, link, hub, name, counts)
                refused.add(hub)
                continue
            later_on = [entry for entry in entries if ours is not None and entry.order > ours.order]
            shown_set = record.fields.get(name)
            counts["altered"] += settle_set(tx, run, link, action, hub, shown_set, ours, later_on)
            continue
        shown = canonical(end, hub, record.fields.get(name), record)
        wanted = canonical(end, hub, sent, record)
        reached = canonical(end, hub, answered.get(name, sent), record)
        if ours and ours.told and rule.kind != "rich":
            reached = canonical(end, hub, ours.after, record)
        if name in again:
            moved[hub] = Base(reached, end.mapping)  # a later write of this run speaks for what shows
            continue
        after = [entry for entry in entries if ours is not None and entry.order > ours.order]
        answers = [entry for entry in entries if _answers(end, entry, action, ours, later, history)]
        others = [entry for entry in after if end.by_person(entry) or entry in answers]
        old = canonical(end, hub, replaced, record)
        without = known and ours is None and not same(shown, wanted)
        if without and same(reached if name in answered else shown, old):
            _refused(tx, run, end, link, hub, name, counts)
            refused.add(hub)
        elif same(shown, wanted) or same(shown, reached):
            moved[hub] = Base(shown, end.mapping)
            counts["altered"] += ours is None and not same(shown, wanted)
        elif others:
            moved[hub] = Base(reached, end.mapping)
        elif ours is None and (name in answered or answers or _changed_since(end, action, entries)):
            moved[hub] = Base(reached, end.mapping)  # what shows is somebody's later change
        else:
            moved[hub] = Base(shown, end.mapping)
            counts["altered"] += 1
    moved |= {hub: Base(told[hub], end.mapping) for hub in moved if end.offer.fields[hub].of_twin}
    links.set_bases(tx, link.id, end.which, moved)
    return frozenset(refused)


def _answered(action: Action) -> Mapping[str, Json]:
    """What the write's own answer showed of the fields, where it has one."""
    shown = action.content.get("shown")
    return shown if isinstance(shown, dict) else {}


def _natives(action: Action) -> set[str]:
    native = action.content.get("native")
    return set(native) if isinstance(native, dict) and action.kind in ("update", "status") else set()


def _sorted(history: History) -> list[Entry]:
    return sorted(history.entries, key=lambda entry: (entry.order, entry.at))


def _changed_since(end: End, action: Action, entries: Sequence[Entry]) -> bool:
    """Without an entry of ours: did a person change the field after the write was sent?"""
    since = _sent(end, action)
    return since is not None and any(entry.at >= since and end.by_person(entry) for entry in entries)


def _sent(end: End, action: Action) -> datetime | None:
    """When a write was sent, by the tracker's clock: not later than that."""
    return None if action.sent_at is None else action.sent_at + timedelta(seconds=end.offset - 2)


def _answers(
    end: End, entry: Entry, action: Action, ours: Entry | None, later: Sequence[Action], history: History
) -> bool:
    """Tell whether a tracker changed a field by itself behind a later comment of ours, or behind what people did since
    our write: that is an answer to them and no alteration of ours, and for the next run.
    """
    if end.by_person(entry):
        return False
    said = {one.native for one in later if one.kind == "comment"}
    since = ours.at if ours is not None else _sent(end, action)
    told = any(
        (comment.id in said or (comment.author.id != end.account and since is not None and comment.at >= since))
        and (comment.at, comment.order) <= (entry.at, entry.order)
        for comment in history.comments
    )
    return told or any(
        end.by_person(other) and other.author.id != end.account and other.order < entry.order
        for other in history.entries
        if (other.order > ours.order if ours is not None else since is not None and other.at >= since)
    )


def _overwritten(tx: Tx, run: Run, end: End, record: Record, name: str, ours: Entry, entries: Sequence[Entry]) -> None:
    """Our write met another value than was compared: it becomes an open event, with its author and time."""
    if not any(rule.native == name and rule.goes_out for rule in end.offer.fields.values()):
        return
    theirs = next((entry for entry in reversed(entries) if entry.order < ours.order), None)
    at = end.our_time(theirs.at if theirs else ours.at)
    author = theirs.author.name if theirs else ""
    lost = Happened(
        f"lost:{ours.id}", "field", ours.order, at, {"before": None, "after": ours.before, "author": author}, name
    )
    records.add_events(tx, run.name, end.which, record.id, [lost])
    log.warning("%s %s: a change made in the moment of our write is merged by the next run", end.offer.name, record.key)


def _refused(tx: Tx, run: Run, end: End, link: Link, hub: str, name: str, counts: Counter[str]) -> None:
    """Accepted without effect: the base stays, the field is set aside, other fields flow."""
    info = end.dictionary.get(name)
    allowed: list[Json] = list(sorted(info.names.values())) if info else []
    content: Json = {"what": "The tracker accepted the write, and the field did not change.", "allowed": allowed}
    key = end.offer.key_of(f"fields.{hub}")
    source = end.which.other
    runs.put_quarantine(tx, run.name, link.id, source, hub, RefusedError.code, key, content, run.env.now())
    counts["refused"] += 1


def _is_missing(record: Record, history: History, action: Action) -> bool:
    """Tell whether a comment is not there, though its write was answered with an id.

    A tracker that makes none gives no id: so people deleted it, and theirs is the last word (engine.md §5, §8).
    """
    told = {comment.id for comment in history.comments} | history.hidden
    return record.in_scope and history.inside and history.whole and action.native not in told


def _move_source(tx: Tx, run: Run, link: Link, action: Action, refused: frozenset[str]) -> None:
    """The source's base takes in what was staged in the run that wrote, never a re-read; a refused field stays."""
    staged = action.content.get("bases")
    if isinstance(staged, dict) and staged:
        source = run.end(action.side.other)
        sets = (
            {hub for hub, rule in source.offer.fields.items() if rule.kind == "set"}
            if action.kind != "create"
            else set()
        )
        values = {hub: Base(value, source.mapping) for hub, value in staged.items() if hub not in sets | refused}
        links.set_bases(tx, link.id, source.which, values)


def _arrive(tx: Tx, run: Run, action: Action, refused: frozenset[str] = frozenset()) -> None:
    carries, covers, written = (action.content.get(part) for part in ("carries", "covers", "fields"))
    fields = set(written) if isinstance(written, dict) else set[str]()
    ids = {int(str(id_)) for id_ in (carries if isinstance(carries, list) else [])}
    covered = set(riding(action)) - ids if covers else set[int]()
    if refused:
        stays = _of_fields(tx, run.end(action.side.other), ids | covered, refused)
        records.set_events(tx, stays, "quarantined", "accepted without effect", run=run.job.run_id)
        if fields <= refused:
            actions.drop(tx, [action.id], "failed", reason="accepted without effect")
        else:
            actions.unclaim(tx, action.id, [one.cause for one in records.events_by_id(tx, stays).values()])
        ids, covered = ids - stays, covered - stays
    gone = action.content.get("gone")
    lost = {int(str(id_)) for id_ in (gone if isinstance(gone, list) else [])}
    records.set_events(tx, lost, "noted", "the file cannot be read at its origin", run=run.job.run_id)
    records.set_events(tx, ids - lost, "arrived", run=run.job.run_id, action=action.id)
    records.set_events(tx, covered, "superseded", run=run.job.run_id, action=action.id)
    item = set_aside_as(action)
    if item and ids:  # of several parts all rides on the last
        runs.release(tx, action.link, action.side.other, item, run.env.now())
    if not takes_back(action) and (not fields or fields - refused):
        runs.release(tx, action.link, action.side.other, "", run.env.now())
    for hub in fields - refused:
        runs.release(tx, action.link, action.side.other, hub, run.env.now())


def _of_fields(tx: Tx, source: End, ids: Collection[int], hubs: Collection[str]) -> set[int]:
    """Of these events, those that changed one of these fields."""
    return {id_ for id_, event in records.events_by_id(tx, ids).items() if source.hub_of(event.field or "") in hubs}
