# SPDX-License-Identifier: Apache-2.0
"""What became of a write: done, lost, put off or refused; and what that means for what is to come after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from tandem.connectors.base import Outcome, Record
from tandem.core.rules import Which
from tandem.core.values import Json
from tandem.errors import (
    BudgetError,
    ClosedError,
    FileGoneError,
    GoneError,
    ItemError,
    StaleError,
    UnknownOutcomeError,
)
from tandem.pipeline import follow_up, rewrite, untold
from tandem.pipeline.environment import End, Run, log
from tandem.pipeline.files import without_gone
from tandem.pipeline.scene import riding
from tandem.state import actions, links, origins, records, runs, twins, wakes
from tandem.state.actions import Action
from tandem.state.links import Link
from tandem.state.store import Tx

LOST = "lost"  # in an action's content: how often its own call was made and its answer was lost


@dataclass
class Loading:
    """What is known while a plan is applied."""

    queues: dict[tuple[str, Which], list[Action]]
    counts: Counter[str] = field(default_factory=Counter)
    expected: dict[tuple[Which, str, str], Json] = field(default_factory=dict)  # what our own writes left behind
    # By side and ticket, the version in which our write left it; empty if somebody else touched it besides.
    ours: dict[Which, dict[str, str]] = field(default_factory=lambda: {which: {} for which in Which})
    created: set[tuple[str, Which]] = field(default_factory=set)  # (link, side) made in this run
    gone: dict[str, tuple[int, ...]] = field(default_factory=dict)  # events of files that are gone, by action
    lost: list[UnknownOutcomeError] = field(default_factory=list)
    done: int = 0


@dataclass(frozen=True, slots=True)
class Ready:
    """An action that may go, with what it meets."""

    action: Action
    link: Link
    target: Record | None
    as_read: bool = False  # nobody but us touched the target since it was read

    @property
    def ticket(self) -> str:
        """The target ticket's id."""
        assert self.target is not None
        return self.target.id


def done(run: Run, loading: Loading, end: End, one: Ready, outcome: Outcome) -> None:
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
        loading.ours[end.which][one.target.id] = (outcome.version if one.as_read else None) or ""


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
        for file, native in zip(without_gone(content), outcome.files, strict=False):
            _file_present(tx, end, file, native, place, outcome.id, action)
        links.update_links(tx, [action.link], now, state="linked", reason="", pending=True)
    elif action.kind == "create":
        assert outcome.id is not None
        link = links.links(tx, run.name, ids=[action.link])[action.link]
        origins.put_presence(
            tx, of=link.origin, kind="ticket", system=end.system, native=outcome.id, place=place,
            ticket=outcome.id, action=action.id, heading=str(content.get("heading") or ""),
            names=str(content.get("names") or "none"),
        )  # fmt: skip
        links.join_made(tx, run.name, action.link, end.which, outcome.id)
        links.update_links(tx, [action.link], now, state="linked", reason="", pending=True)
    elif action.kind == "update":
        untold.note_write(tx, run, end, ticket, content["native"])
    elif action.kind == "comment" and outcome.id is not None:
        origin = str(content["origin"])
        kind = "notice" if content.get("notice") is True else "comment"
        origins.ensure_origin(tx, origin, kind, end.system, outcome.id, run.end(end.which.other).offer.company)
        origins.put_presence(
            tx, of=origin, kind="comment", system=end.system, native=outcome.id, place=place, ticket=ticket,
            action=action.id, heading=str(content.get("heading") or ""), **_further(action),
        )  # fmt: skip
        wrote, said = (str(content[part]) if content.get(part) else None for part in ("wrote", "said"))
        twins.note_written(tx, end.system, outcome.id, wrote, said, rewrite.edition_in(content))
        if end.caps.files_in_comments:
            for file, native in zip(without_gone(content), outcome.files, strict=False):
                _file_present(tx, end, file, native, place, ticket, action)
    elif action.kind in ("edit", "redact"):
        rewrite.note(tx, end, content)
    elif action.kind == "attach" and outcome.id is not None:
        _file_present(tx, end, content["file"], outcome.id, place, ticket, action)
        if not end.caps.tells_own_files:  # else the pairs beyond would not read of it
            wakes.put_anew(tx, [ticket], now, but=run.name)


def _further(action: Action) -> dict[str, Any]:
    """How far what an action writes may go on from there."""
    return {"onward": action.content.get("onward") is True, "names": str(action.content.get("names") or "none")}


def _file_present(tx: Tx, end: End, file: Json, native: str, place: str, ticket: str, action: Action) -> None:
    assert isinstance(file, dict)
    origins.put_presence(
        tx, of=str(file["origin"]), kind="file", system=end.system, native=native, place=place, ticket=ticket,
        action=action.id, **_further(action),
    )  # fmt: skip


def lost(run: Run, loading: Loading, action: Action, error: UnknownOutcomeError) -> None:
    """Of one write nobody knows whether it took place: it stays sent, and what comes behind it is not tried."""
    times = int(str(action.content.get(LOST) or 0)) + 1
    with run.store.begin(run.fence) as tx:
        actions.keep(tx, action.id, {**action.content, LOST: times})
    loading.queues.get((action.link, action.side), []).clear()
    loading.lost.append(error)


def let_be(run: Run, loading: Loading, action: Action, state: str, why: str) -> None:
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


def failed(run: Run, loading: Loading, action: Action, error: ItemError) -> None:
    """One item did not go: it waits, is set aside, or parks its link; what comes behind it waits too."""
    if isinstance(error, StaleError | BudgetError):
        put_off(run, loading, action, "deferred", error.what, error=error.code)
    elif isinstance(error, FileGoneError):
        with run.store.begin(run.fence) as tx:
            actions.drop(tx, [action.id], "failed", error=error.code, reason=error.what)
            records.set_events(tx, riding(action), "noted", error.what, run=run.job.run_id)
        loading.counts["noted"] += 1
    elif isinstance(error, ClosedError | GoneError):
        put_off(run, loading, action, "parked", error.what, error=error.code)
    else:
        end, now = run.end(action.side), run.env.now()
        refused = [set_aside_as(action)] if rewrite.takes_back(action) else _refused_fields(end, action, error)
        whole = action.kind == "create"  # without what is refused it is made by the next run
        state, only = ("waiting", ()) if whole and refused else ("quarantined", refused)
        put_off(run, loading, action, state, error.what, error=error.code, only=only)
        content: Json = {"what": error.what, "fix": error.fix, "fields": list(error.fields)}
        with run.store.begin(run.fence) as tx:
            for hub in refused or [""]:
                key = end.offer.key_of(f"fields.{hub}") if hub in end.offer.fields else ",".join(error.fields)
                runs.put_quarantine(tx, run.name, action.link, end.which.other, hub, error.code, key, content, now)
            cause = f"{action.link}:{end.which}:{action.kind}:{error.code}:{','.join(refused)}"
            news = runs.first_time(tx, run.name, "refused", cause, now)
        tell = log.warning if news else log.debug  # told once for a cause and ticket, however the refusal is worded
        tell("%s: %s on %s refused: %s", run.name, action.kind, run.end(action.side).offer.name, error)


def set_aside_as(action: Action) -> str:
    """What a refused write is set aside as: what it takes back by itself (as a field), all else as its direction."""
    return str(action.content.get("item") or "") if rewrite.takes_back(action) else ""


def _refused_fields(end: End, action: Action, error: ItemError) -> list[str]:
    """The fields in the write that the tracker refuses by name: they are set aside and all else flows.

    None: the whole direction, also where it blames a field that was not in the write.
    """
    native = action.content.get("native")
    if not isinstance(native, dict) or not set(error.fields) <= set(native):
        return []
    named = [end.hub_of(name) for name in error.fields]
    if None in named or (action.kind == "create" and not all(hub and _spared(end, hub) for hub in named)):
        return []
    return sorted({hub for hub in named if hub is not None})


def _spared(end: End, hub: str) -> bool:
    """Tell whether a ticket is still itself without a field, and can be given it later."""
    rule = end.offer.fields[hub]
    own = hub in ("title", "description", "type", "status") or rule.native in (end.offer.create or {})
    return not own and not rule.once and rule.on_change is None


def put_off(
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

    ``only``: where these fields alone are set aside, just the later writes of them wait too. What takes something back
    keeps order with nothing but what takes back more of the same.
    """
    queue = loading.queues.get((action.link, action.side), [])
    if rewrite.takes_back(action):
        behind = [other for other in queue if other.content.get("event") == action.content["event"]]
    else:
        ordered = [other for other in queue if not rewrite.takes_back(other)]
        behind = [other for other in ordered if not only or not set(only).isdisjoint(_fields_of(other))]
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
