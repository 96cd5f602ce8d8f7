# SPDX-License-Identifier: Apache-2.0
"""Load: apply the plan in waves; wave *k* carries the *k*-th write of each ticket, so no call holds a ticket twice.

Before each write the source's scope is asked again and the target's fields are compared with what the plan saw. Load
never merges: what it finds changed waits for the next run. Each action is committed as *sent*, with its claims, before
its call, and as *done* after; an exception leaves it *sent*, to be looked up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tandem.connectors.base import Draft, Note, Outcome, Patch, Record
from tandem.core.rules import Which
from tandem.core.values import Json
from tandem.errors import BudgetError, ClosedError, FileGoneError, GoneError, ItemError, StaleError
from tandem.pipeline import follow_up, rewrite
from tandem.pipeline.environment import End, Run, log
from tandem.pipeline.files import attach, send_files
from tandem.pipeline.held import fetch
from tandem.pipeline.scene import target_at
from tandem.pipeline.translate import same_native
from tandem.pipeline.walk import walk
from tandem.state import actions, links, records, runs, twins
from tandem.state.actions import Action
from tandem.state.links import Link
from tandem.state.store import Tx

STALE_TRIES = 3


@dataclass
class Loading:
    """What is known while a plan is applied."""

    queues: dict[tuple[str, Which], list[Action]]
    counts: Counter[str] = field(default_factory=Counter)
    expected: dict[tuple[Which, str, str], Json] = field(default_factory=dict)  # what our own writes left behind
    created: set[tuple[str, Which]] = field(default_factory=set)  # (link, side) made in this run
    gone: dict[str, tuple[int, ...]] = field(default_factory=dict)  # events of files that are gone, by action
    done: int = 0


@dataclass(frozen=True, slots=True)
class Ready:
    """An action that may go, with what it meets."""

    action: Action
    link: Link
    target: Record | None

    @property
    def ticket(self) -> str:
        """The target ticket's id."""
        assert self.target is not None
        return self.target.id


def load(run: Run) -> dict[str, int]:
    """Apply the run's plan."""
    with run.store.read() as tx:
        planned = actions.in_state(tx, run.name, ["planned"], run=run.job.run_id)
        unknown = {action.link for action in actions.in_state(tx, run.name, ["sent"])}
    planned = [action for action in planned if action.link not in unknown]
    loading = Loading({})
    for action in planned:
        loading.queues.setdefault((action.link, action.side), []).append(action)
    strict = run.pair.ordering == "strict"
    while loading.queues:
        keys = [min(loading.queues, key=lambda key: _place(loading.queues[key][0]))] if strict else list(loading.queues)
        wave = [loading.queues[key].pop(0) for key in keys]
        for size, side in ((run.end(which).caps.write_batch, which) for which in Which):
            own = [action for action in wave if action.side is side]
            for some in records.chunks(own, max(size, 1)):
                _perform(run, loading, some)
                loading.done += len(some)
                run.env.progress("load", loading.done, len(planned))
        loading.queues = {key: queue for key, queue in loading.queues.items() if queue}
    return {"planned": len(planned), **loading.counts}


def _place(action: Action) -> tuple[str, int]:
    """Where an action stands in the order of events over the whole pair."""
    return str(action.content["at"]), action.seq


def _perform(run: Run, loading: Loading, batch: Sequence[Action]) -> None:
    """Check, write ahead, call and note the outcome of one batch on one side."""
    if not batch:
        return
    end = run.end(batch[0].side)
    with run.store.read() as tx:
        found = links.links(tx, run.name, ids=[action.link for action in batch])
    sources = _fresh(run, run.end(end.which.other), found)
    targets = _fresh(run, end, found)
    ready: list[Ready] = []
    for action in batch:
        link = found[action.link]
        why = _hindrance(end, loading, action, link, sources, targets)
        if why is None:
            member = link.members.get(end.which)
            ready.append(Ready(action, link, targets[member.ticket] if member else None))
        else:
            _put_off(run, loading, action, *why)
    for action, state, reason in rewrite.hindered(run, end, [(one.action, one.target) for one in ready]):
        _let_be(run, loading, action, state, reason)
        ready = [one for one in ready if one.action.content.get("event") != action.content["event"]]
    ready = _write_ahead(run, loading, end, ready)
    for kind in ("create", "update", "status", "attach", "comment", "edit", "redact"):
        own = [one for one in ready if one.action.kind == kind]
        if own:
            _call(run, loading, end, kind, own)


def _fresh(run: Run, end: End, found: Mapping[str, Link]) -> dict[str, Record]:
    return fetch(
        run, end, sorted({link.members[end.which].ticket for link in found.values() if end.which in link.members})
    )


def _hindrance(
    end: End,
    loading: Loading,
    action: Action,
    link: Link,
    sources: Mapping[str, Record],
    targets: Mapping[str, Record],
) -> tuple[str, str] | None:
    """Why an action may not go now: (state of its events, reason)."""
    source = link.members.get(end.which.other)
    origin = sources.get(source.ticket) if source else None
    notice = action.content.get("notice") is True  # a word of ours holds nothing of the ticket
    if origin is None and not notice:
        return "parked", "the ticket cannot be seen at its side"
    if origin is not None and not origin.in_scope and not notice:
        return "parked", f"left the scope ({origin.scope_reason})"
    member = link.members.get(end.which)
    if action.kind == "create":
        stands = member.ticket if member else None
        return ("deferred", "it has a twin by now") if stands != action.content.get("follow_up_of") else None
    target = targets.get(member.ticket) if member else None
    if target is None:
        return "deferred", "the twin cannot be seen"
    if target.final:
        return "parked", f"the twin is {target.final}"
    if (link.id, end.which) in loading.created or action.content.get("target_version") is None or not target.in_scope:
        return None  # what is out of scope shows us nothing to compare; what comes in is written all the same
    before = action.content.get("before")
    for native, staged in (before if isinstance(before, dict) else {}).items():
        wanted = loading.expected.get((end.which, target.id, native), staged)
        if not same_native(end, native, target.fields.get(native), wanted, target):
            return "deferred", "the twin changed since it was read"
    return None


def _write_ahead(run: Run, loading: Loading, end: End, ready: Sequence[Ready]) -> list[Ready]:
    """Commit the actions as sent, with what they are about to replace."""
    now, going, claimed = run.env.now(), [], []
    with run.store.begin(run.fence) as tx:
        for one in ready:
            content = dict(one.action.content)
            if one.target is not None and one.action.kind in ("update", "status"):
                native = content["native"]
                assert isinstance(native, dict)
                content["before"] = {name: one.target.fields.get(name) for name in native}
                content["target_version"] = one.target.version
            if one.action.kind == "create":
                content["highest"] = runs.get_side(tx, run.name, end.which)["highest"] or {}
            if actions.send(tx, one.action, target_at(end.system, one.target), run.fence.number, now, content):
                going.append(replace(one, action=replace(one.action, state="sent", content=content, sent_at=now)))
            else:
                claimed.append(one)
    for one in claimed:
        _put_off(run, loading, one.action, "deferred", "another action carries the same cause")
    return going


def _call(run: Run, loading: Loading, end: End, kind: str, ready: Sequence[Ready]) -> None:
    if kind == "create":
        outcomes = _create(run, loading, end, ready)
    elif kind == "update" or (kind == "status" and not end.caps.workflow):
        outcomes = _update(end, ready)
    elif kind == "status":
        outcomes = walk(run, end, [(one.action, one.ticket) for one in ready])
    elif kind == "attach":
        outcomes = tuple(attach(run, end, one.action, one.ticket) for one in ready)
    elif kind in ("edit", "redact"):
        outcomes = rewrite.rewrite(end, kind, [(one.action, one.ticket) for one in ready])
    else:
        outcomes = _comment(run, loading, end, ready)
    for one, outcome in zip(ready, outcomes, strict=True):
        if outcome.error is None:
            _done(run, loading, end, one, outcome)
        else:
            _failed(run, loading, one.action, outcome.error)


def _create(run: Run, loading: Loading, end: End, ready: Sequence[Ready]) -> tuple[Outcome, ...]:
    """Make tickets. A follow-up takes along the files of the comment that it begins with."""
    drafts: list[tuple[Ready, Draft]] = []
    results: dict[str, Outcome] = {}
    for one in ready:
        content = one.action.content
        native, closed = content["native"], content.get("follow_up_of")
        assert isinstance(native, dict)
        tokens: tuple[str, ...] = ()
        if closed is not None:
            try:
                tokens, loading.gone[one.action.id] = send_files(run, end, one.action, str(closed))
            except ItemError as error:
                results[one.action.id] = Outcome(error=error)
                continue
        of = None if closed is None else str(closed)
        drafts.append((one, Draft(str(content["mark"]), None, native, follow_up_of=of, files=tokens)))
    outcomes = end.connector.create([draft for _, draft in drafts]) if drafts else ()
    results |= {one.action.id: outcome for (one, _), outcome in zip(drafts, outcomes, strict=True)}
    return tuple(results[one.action.id] for one in ready)


def _update(end: End, ready: Sequence[Ready]) -> tuple[Outcome, ...]:
    """Write fields; a stale stamp is tried again while the fields in the write still show what was compared."""
    results: dict[str, Outcome] = {}
    versions = {one.action.id: one.target.version for one in ready if one.target}
    left = list(ready)
    for _ in range(STALE_TRIES):
        patches = []
        for one in left:
            native = one.action.content["native"]
            assert isinstance(native, dict)
            patches.append(Patch(one.ticket, native, one.action.id, versions[one.action.id]))
        answered = end.connector.update(patches)
        results |= {one.action.id: outcome for one, outcome in zip(left, answered, strict=True)}
        stale = [one for one in left if isinstance(results[one.action.id].error, StaleError)]
        again = {record.id: record for record in end.connector.fetch([one.ticket for one in stale])} if stale else {}
        left = []
        for one in stale:
            record = again.get(one.ticket)
            before = one.action.content["before"]
            assert isinstance(before, dict)
            if record and all(
                same_native(end, name, record.fields.get(name), value, record) for name, value in before.items()
            ):
                versions[one.action.id] = record.version
                left.append(one)
        if not left:
            break
    return tuple(results[one.action.id] for one in ready)


def _comment(run: Run, loading: Loading, end: End, ready: Sequence[Ready]) -> tuple[Outcome, ...]:
    """Write comments; a file that cannot be stored keeps its comment back, one that is gone at its origin does not."""
    results: dict[str, Outcome] = {}
    notes: list[tuple[Ready, Note]] = []
    for one in ready:
        content = one.action.content
        try:
            tokens, gone = send_files(run, end, one.action, one.ticket)
        except ItemError as error:
            results[one.action.id] = Outcome(error=error)
            continue
        loading.gone[one.action.id] = gone
        note = Note(one.ticket, content["body"], content["public"] is True, str(content["mark"]), tokens)
        notes.append((one, note))
    outcomes = end.connector.comment([note for _, note in notes]) if notes else ()
    results |= {one.action.id: outcome for (one, _), outcome in zip(notes, outcomes, strict=True)}
    return tuple(results[one.action.id] for one in ready)


def _done(run: Run, loading: Loading, end: End, one: Ready, outcome: Outcome) -> None:
    action = one.action
    if gone := loading.gone.get(action.id):
        action = replace(action, content={**action.content, "gone": list(gone)})
    with run.store.begin(run.fence) as tx:
        note_done(tx, run, end, action, outcome, one.target)
    loading.counts[action.kind] += 1
    if action.kind == "create":
        loading.created.add((action.link, end.which))
    elif one.target is not None:
        native = action.content.get("native")
        for name, value in (native if isinstance(native, dict) else {}).items():
            shown = outcome.shown.get(name, value) if outcome.shown is not None else value
            loading.expected[(end.which, one.target.id, name)] = shown


def note_done(tx: Tx, run: Run, end: End, action: Action, outcome: Outcome, target: Record | None) -> None:
    """Note that a write took place, and what it made, in one transaction."""
    content, now = dict(action.content), run.env.now()
    if outcome.shown is not None:
        content["shown"] = dict(outcome.shown)
    actions.done(tx, action.id, now, native=outcome.id, history=outcome.history, content=content)
    place = target.place if target else ""
    ticket = target.id if target else str(outcome.id)
    if content.get("follow_up_of") is not None:
        assert outcome.id is not None
        follow_up.joined(tx, run, end, action, outcome.id, outcome.first_comment)
        files = content.get("files")
        for file, native in zip(files if isinstance(files, list) else [], outcome.files, strict=False):
            _file_present(tx, end, file, native, place, outcome.id, action.id)
        links.update_links(tx, [action.link], now, state="linked", reason="", pending=True)
    elif action.kind == "create":
        assert outcome.id is not None
        link = links.links(tx, run.name, ids=[action.link])[action.link]
        links.put_presence(
            tx, of=link.origin, kind="ticket", system=end.system, native=outcome.id, place=place,
            ticket=outcome.id, action=action.id,
        )  # fmt: skip
        links.join_made(tx, run.name, action.link, end.which, outcome.id)
        links.update_links(tx, [action.link], now, state="linked", reason="", pending=True)
    elif action.kind == "comment" and outcome.id is not None:
        origin = str(content["origin"])
        links.ensure_origin(tx, origin, "notice", end.system, outcome.id, run.end(end.which.other).offer.company)
        links.put_presence(
            tx, of=origin, kind="comment", system=end.system, native=outcome.id, place=place, ticket=ticket,
            action=action.id, heading=str(content.get("heading") or ""),
        )  # fmt: skip
        wrote, said = (str(content[part]) if content.get(part) else None for part in ("wrote", "said"))
        twins.note_written(tx, end.system, outcome.id, wrote, said)
        files = content.get("files")
        if end.caps.files_in_comments and isinstance(files, list):
            for file, native in zip(files, outcome.files, strict=False):
                _file_present(tx, end, file, native, place, ticket, action.id)
    elif action.kind in ("edit", "redact"):
        rewrite.note(tx, end, content)
    elif action.kind == "attach" and outcome.id is not None:
        _file_present(tx, end, content["file"], outcome.id, place, ticket, action.id)


def _file_present(tx: Tx, end: End, file: Json, native: str, place: str, ticket: str, action: str) -> None:
    assert isinstance(file, dict)
    links.put_presence(
        tx, of=str(file["origin"]), kind="file", system=end.system, native=native, place=place, ticket=ticket,
        action=action,
    )  # fmt: skip


def _let_be(run: Run, loading: Loading, action: Action, state: str, why: str) -> None:
    """A twin is people's by now: what was to be written of its comment ends or is parked; all else goes on."""
    queue = loading.queues.get((action.link, action.side), [])
    own = [other for other in queue if other.content.get("event") == action.content["event"]]
    events = {id_ for other in (action, *own) for id_ in riding(other)}
    with run.store.begin(run.fence) as tx:
        actions.drop(tx, [action.id, *(other.id for other in own)], "cancelled", reason=why)
        records.set_events(tx, events, state, why, run=run.job.run_id)
        links.update_links(tx, [action.link], run.env.now(), pending=True)
    queue[:] = [other for other in queue if other not in own]
    loading.counts[state] += 1


def _failed(run: Run, loading: Loading, action: Action, error: ItemError) -> None:
    """One item did not go: it waits, is set aside, or parks its link; what comes behind it waits too."""
    if isinstance(error, StaleError | BudgetError):
        _put_off(run, loading, action, "deferred", error.what, error=error.code)
    elif isinstance(error, FileGoneError):
        with run.store.begin(run.fence) as tx:
            actions.drop(tx, [action.id], "failed", error=error.code, reason=error.what)
            records.set_events(tx, riding(action), "noted", error.what, run=run.job.run_id)
        loading.counts["noted"] += 1
    elif isinstance(error, ClosedError | GoneError):
        _put_off(run, loading, action, "parked", error.what, error=error.code)
    else:
        end, now = run.end(action.side), run.env.now()
        refused = _refused_fields(end, action, error)
        _put_off(run, loading, action, "quarantined", error.what, error=error.code, only=refused)
        content: Json = {"what": error.what, "fix": error.fix, "fields": list(error.fields)}
        with run.store.begin(run.fence) as tx:
            for hub in refused or [""]:
                key = end.offer.key_of(f"fields.{hub}") if hub else ",".join(error.fields)
                runs.put_quarantine(tx, run.name, action.link, end.which.other, hub, error.code, key, content, now)
            cause = f"{action.link}:{end.which}:{action.kind}:{error.code}:{','.join(refused)}"
            news = runs.first_time(tx, run.name, "refused", cause, now)
        tell = log.warning if news else log.debug  # told once for a cause and ticket, however the refusal is worded
        tell("%s: %s on %s refused: %s", run.name, action.kind, run.end(action.side).offer.name, error)


def _refused_fields(end: End, action: Action, error: ItemError) -> list[str]:
    """The fields that the tracker refuses by name: they are set aside and all else flows. None: the whole direction."""
    native = action.content.get("native")
    named = [end.hub_of(name) for name in error.fields]
    if action.kind not in ("update", "status") or not isinstance(native, dict) or not named or None in named:
        return []
    return sorted({hub for hub in named if hub is not None})


def _put_off(
    run: Run,
    loading: Loading,
    action: Action,
    state: str,
    reason: str,
    *,
    error: str = "",
    only: Collection[str] = (),
) -> None:
    """Cancel an action and all that must keep order with it; their events wait in this state.

    ``only``: where these fields alone are set aside, just the later writes of them wait too.
    """
    queue = loading.queues.get((action.link, action.side), [])
    behind = [other for other in queue if not only or not set(only).isdisjoint(_fields_of(other))]
    ids = [action.id, *(other.id for other in behind)]
    events = {id_ for other in (action, *behind) for id_ in riding(other)}
    with run.store.begin(run.fence) as tx:
        actions.drop(tx, ids, "failed" if error else "cancelled", error=error, reason=reason)
        records.set_events(tx, events, state, reason, run=run.job.run_id)
        links.update_links(tx, [action.link], run.env.now(), pending=True)
    queue[:] = [other for other in queue if other not in behind]
    loading.counts[state] += 1


def _fields_of(action: Action) -> Iterable[str]:
    fields = action.content.get("fields")
    return fields if isinstance(fields, dict) else ()


def riding(action: Action) -> Iterable[int]:
    """The events that an action carries or covers."""
    for part in ("carries", "covers"):
        ids = action.content.get(part)
        yield from (int(str(id_)) for id_ in (ids if isinstance(ids, list) else []))
