# SPDX-License-Identifier: Apache-2.0
"""Load: apply the plan in waves; wave *k* carries the *k*-th write of each ticket, so no call holds a ticket twice.

Before each write the source is asked again whether its ticket is in scope and still shows what the write carries, and
the target's fields are compared with what the plan saw. Load never merges: what it finds changed waits for the next
run. Each action is committed as *sent*, with its claims, before its call, and as *done* after; an exception leaves it
*sent*, to be looked up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tandem.connectors.base import Draft, Note, Outcome, Patch, Record
from tandem.core.plan import DELETED
from tandem.core.rules import Which
from tandem.errors import ItemError, StaleError, UnknownOutcomeError
from tandem.pipeline import rewrite
from tandem.pipeline.environment import OVER, End, Run
from tandem.pipeline.files import attach, send_files
from tandem.pipeline.held import fetch
from tandem.pipeline.looked_at import look
from tandem.pipeline.outcomes import Loading, Ready, done, failed, let_be, lost, put_off
from tandem.pipeline.recheck import REREAD, outdated
from tandem.pipeline.scene import target_at
from tandem.pipeline.translate import same_native
from tandem.pipeline.walk import walk
from tandem.state import actions, links, records, runs
from tandem.state.actions import Action
from tandem.state.claims import CLAIMED
from tandem.state.links import Link

STALE_TRIES = 3
MOST_LOST = 10
"""So many answers may be lost while a plan is applied; then the tracker is down, and the rest is not tried."""


def load(run: Run) -> dict[str, int]:
    """Apply the run's plan.

    Raises:
        UnknownOutcomeError: of some writes nobody knows whether they took place; the others have been applied.
    """
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
                if loading.lost and (strict or len(loading.lost) >= MOST_LOST):
                    raise loading.lost[0]
        loading.queues = {key: queue for key, queue in loading.queues.items() if queue}
    if loading.lost:
        raise loading.lost[0]
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
    targets = _fresh(run, end, found, [stands for one in batch if (stands := rewrite.ticket_of(one, None))])
    ready: list[Ready] = []
    for action in batch:
        link = found[action.link]
        why = _hindrance(end, loading, action, link, sources, targets)
        if why is None:
            ticket = _ticket(action, link, end)
            target = targets[ticket] if ticket else None
            ready.append(Ready(action, link, target, target is not None and _as_read(end, loading, action, target)))
        else:
            put_off(run, loading, action, *why)
    seen = {ticket: record for ticket, record in sources.items() if record.in_scope}
    members = {one.action.id: one.link.members.get(end.which.other) for one in ready}
    carrying = [
        (one.action, seen[member.ticket])
        for one in ready
        if (member := members[one.action.id]) is not None and member.ticket in seen
    ]
    late = outdated(run, run.end(end.which.other), carrying, loading.ours[end.which.other])
    for one in ready:
        if one.action.id in late:
            put_off(run, loading, one.action, "deferred", REREAD)
    ready = [one for one in ready if one.action.id not in late]
    for action, state, reason in rewrite.hindered(run, end, [(one.action, one.target) for one in ready]):
        let_be(run, loading, action, state, reason)
        ready = [one for one in ready if one.action.content.get("event") != action.content["event"]]
    ready, kept = look(run, end, ready)
    for action, reason in kept:
        let_be(run, loading, action, "parked", reason)
    ready = _write_ahead(run, loading, end, ready)
    for kind in ("create", "update", "status", "attach", "comment", "edit", "redact"):
        own = [one for one in ready if one.action.kind == kind]
        if own:
            _call(run, loading, end, kind, own)


def _as_read(end: End, loading: Loading, action: Action, target: Record) -> bool:
    """Tell whether a target is in the version that the plan saw, or that our own writes left since."""
    return target.version == loading.ours[end.which].get(target.id, action.content.get("target_version"))


def _fresh(run: Run, end: End, found: Mapping[str, Link], more: Sequence[str] = ()) -> dict[str, Record]:
    current = {link.members[end.which].ticket for link in found.values() if end.which in link.members}
    return fetch(run, end, sorted(current.union(more)))


def _ticket(action: Action, link: Link, end: End) -> str | None:
    member = link.members.get(end.which)
    return rewrite.ticket_of(action, member.ticket if member else None)


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
    # A word of ours holds nothing of the ticket, nor does it that a comment is taken back.
    notice = action.content.get("notice") is True or rewrite.says_nothing(action)
    if origin is None and not notice:
        return "parked", "the ticket cannot be seen at its side"
    if origin is not None and not origin.in_scope and not notice:
        return "parked", f"left the scope ({origin.scope_reason})"
    member = link.members.get(end.which)
    if action.kind == "create":
        stands = member.ticket if member else None
        return ("deferred", "it has a twin by now") if stands != action.content.get("follow_up_of") else None
    target = targets.get(_ticket(action, link, end) or "")
    if target is None:
        return "deferred", "the twin cannot be seen"
    if target.final and not (action.kind == "redact" and end.caps.redacts_closed and target.final != DELETED):
        return "parked", f"the twin is {target.final}"
    if not target.in_scope and not rewrite.says_nothing(action) and _writes_over(end, action):
        return "deferred", "the twin left the scope since it was read"
    if (link.id, end.which) in loading.created or action.content.get("target_version") is None or not target.in_scope:
        return None  # what is out of scope shows us nothing to compare; what comes in is written all the same
    before = action.content.get("before")
    for native, staged in (before if isinstance(before, dict) else {}).items():
        wanted = loading.expected.get((end.which, target.id, native), staged)
        if not same_native(end, native, target.fields.get(native), wanted, target):
            return "deferred", "the twin changed since it was read"
    return None


def _writes_over(end: End, action: Action) -> bool:
    """Tell whether a write must know what it meets, some of which it keeps."""
    native = action.content.get("native")
    over = {rule.native for rule in end.offer.fields.values() if rule.kind in OVER}
    return isinstance(native, dict) and not over.isdisjoint(native)


def _write_ahead(run: Run, loading: Loading, end: End, ready: Sequence[Ready]) -> list[Ready]:
    """Commit the actions as sent, with what they are about to replace."""
    now, going, claimed = run.env.now(), [], []
    with run.store.begin(run.fence) as tx:
        for one in ready:
            content = dict(one.action.content)
            if one.target is not None and one.action.kind in ("update", "status"):
                native = content["native"]
                assert isinstance(native, dict)
                # Out of scope a ticket shows nothing: what is replaced there is not known, and not taken for empty.
                content["before"] = {name: one.target.fields[name] for name in native if name in one.target.fields}
                content["target_version"] = one.target.version
            if one.action.kind == "create":
                content["highest"] = runs.get_side(tx, run.name, end.which)["highest"] or {}
            if actions.send(tx, one.action, target_at(end.system, one.target), run.fence.number, now, content):
                going.append(replace(one, action=replace(one.action, state="sent", content=content, sent_at=now)))
            else:
                claimed.append(one)
    for one in claimed:
        put_off(run, loading, one.action, "deferred", CLAIMED)
    return going


def _call(run: Run, loading: Loading, end: End, kind: str, ready: Sequence[Ready]) -> None:
    if kind == "create":
        outcomes = _create(run, loading, end, ready)
    elif kind == "update" or (kind == "status" and not end.caps.workflow):
        outcomes = _update(end, ready)
    elif kind == "status":
        outcomes = walk(run, end, [(one.action, one.ticket) for one in ready])
    elif kind == "attach":
        outcomes = tuple(_attach(run, end, one) for one in ready)
    elif kind in ("edit", "redact"):
        outcomes = rewrite.rewrite(end, kind, [(one.action, one.ticket) for one in ready])
    else:
        outcomes = _comment(run, loading, end, ready)
    for one, outcome in zip(ready, outcomes, strict=True):
        if outcome.error is None:
            done(run, loading, end, one, outcome)
        elif isinstance(outcome.error, UnknownOutcomeError):
            lost(run, loading, one.action, outcome.error)
        else:
            failed(run, loading, one.action, outcome.error)


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
            except (ItemError, UnknownOutcomeError) as error:
                results[one.action.id] = Outcome(error=error)
                continue
        of = None if closed is None else str(closed)
        drafts.append((one, Draft(str(content["mark"]), None, native, follow_up_of=of, files=tokens)))
    outcomes = end.connector.create([draft for _, draft in drafts]) if drafts else ()
    results |= {one.action.id: outcome for (one, _), outcome in zip(drafts, outcomes, strict=True)}
    return tuple(results[one.action.id] for one in ready)


def _attach(run: Run, end: End, one: Ready) -> Outcome:
    try:
        return attach(run, end, one.action, one.ticket)
    except UnknownOutcomeError as error:
        return Outcome(error=error)


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
        except (ItemError, UnknownOutcomeError) as error:
            results[one.action.id] = Outcome(error=error)
            continue
        loading.gone[one.action.id] = gone
        note = Note(one.ticket, content["body"], content["public"] is True, str(content["mark"]), tokens)
        notes.append((one, note))
    outcomes = end.connector.comment([note for _, note in notes]) if notes else ()
    results |= {one.action.id: outcome for (one, _), outcome in zip(notes, outcomes, strict=True)}
    return tuple(results[one.action.id] for one in ready)
