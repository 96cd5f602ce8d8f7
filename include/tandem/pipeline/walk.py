# SPDX-License-Identifier: Apache-2.0
"""Status along a workflow: the way that leads to the wanted status and that the contract can fill, or a short walk.

A way is chosen by the status it leads to, never by its name alone; a choice that stays open is refused. Where no way
leads there directly, the shortest path over statuses that the contract maps is walked, five steps at most; where none
is known, towards a status whose ways were never seen. A walk that ends early leaves the base where it came to, also
where somebody steps in on its way: what was done then is merged with what the walk was for. A way of
which the tracker is not sure is tried, and if it is not there, the walk looks for another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence

from tandem.config import ways as way_names
from tandem.config.models import FieldRule, TransitionRule
from tandem.connectors.base import Edge, Move, Outcome, Record, Way
from tandem.core.mapping import Said, to_hub
from tandem.core.values import Json
from tandem.errors import ItemError, MappingError, RefusedError, StaleError, TransitionError
from tandem.pipeline.dictionary import keep_ways
from tandem.pipeline.environment import End, Run, log
from tandem.pipeline.histories import histories_of
from tandem.state import links, runs
from tandem.state.actions import Action
from tandem.state.links import Base

STEPS = 5
TRIES = 2 * (STEPS + 1)  # a way that turns out not to be there is no step


def walk(run: Run, end: End, wanted: Sequence[tuple[Action, str]]) -> tuple[Outcome, ...]:
    """Bring tickets to the statuses that their actions want. A status counts only when it is read.

    A ticket out of scope shows us none: it is moved only where a single way leads there, and the answer counts.
    """
    results: dict[str, Outcome] = {}
    last: dict[str, Outcome] = {}
    left: dict[str, Json] = {}  # the status from which the last step was taken
    led: dict[str, str] = {}  # and that to which it led
    found: dict[str, Record] = {}
    closed: set[tuple[str, str]] = set()  # (ticket, way): was tried, and is not there
    been: dict[str, set[str]] = {}  # where each walk was: it goes in no circle, though what is known may be out of date
    for _ in range(TRIES):
        open_ = [(action, ticket) for action, ticket in wanted if action.id not in results]
        if not open_:
            break
        found = {record.id: record for record in end.connector.fetch([ticket for _, ticket in open_])}
        back = _taken_back(end, open_, found, left, led)
        moving = []
        for action, ticket in open_:
            record = found.get(ticket)
            if record is None:
                results[action.id] = Outcome(error=TransitionError("The ticket cannot be read any more."))
            elif _unmoved(end, record, action, left) and action.id not in back:
                unmoved = "The transition was accepted, and the status stayed as it was."
                results[action.id] = Outcome(error=RefusedError(unmoved, where=record.key, fields=[_status(end)]))
                _stay(run, end, action, record, last)
            elif action.id in last and _moved_on(end, record, led[action.id]) and not _is(end, action, led[action.id]):
                midst = "The ticket was moved on in the midst of the way to its status; the rest is planned anew."
                results[action.id] = Outcome(error=StaleError(midst, where=record.key))
                _reached(run, end, action, led[action.id])
            elif _there(end, action, record) or (action.id in last and _moved_on(end, record, led[action.id])):
                results[action.id] = last.get(action.id, Outcome(id=ticket, version=record.version))
            else:
                moving.append((action, record))
        told, refused = _ask(end, [record.id for _, record in moving])
        for action, record in moving:
            if record.id in refused:
                results[action.id] = Outcome(error=refused[record.id])
                _stay(run, end, action, record, last)
        moving = [(action, record) for action, record in moving if record.id not in refused]
        ways = {ticket: tuple(way for way in all_ if (ticket, way.id) not in closed) for ticket, all_ in told.items()}
        _learn(run, end, moving, ways)
        moves = []
        for action, record in moving:
            try:
                passed = been.setdefault(action.id, set())
                passed.add(str(record.fields.get(_status(end))))
                moves.append((action, _move(run, end, action, record, ways.get(record.id, ()), passed)))
            except TransitionError as error:
                results[action.id] = Outcome(error=error)
                _stay(run, end, action, record, last)
        outcomes = end.connector.transition([move for _, move in moves]) if moves else ()
        for (action, move), outcome in zip(moves, outcomes, strict=True):
            if outcome.error is None:
                last[action.id] = outcome
                left[action.id] = found[move.id].fields.get(_status(end))
                led[action.id] = move.way.to
            elif isinstance(outcome.error, TransitionError) and not move.way.sure:
                closed.add((move.id, move.way.id))
            else:
                results[action.id] = outcome
                if isinstance(outcome.error, ItemError):
                    _stay(run, end, action, found[move.id], last)
    for action, ticket in wanted:
        if action.id not in results and ticket in found:
            _stay(run, end, action, found[ticket], last)
        far = TransitionError(f"The status was not reached in {STEPS} steps.")
        results.setdefault(action.id, Outcome(error=far))
    return tuple(results[action.id] for action, _ in wanted)


def _ask(end: End, ids: Sequence[str]) -> tuple[Mapping[str, tuple[Way, ...]], Mapping[str, ItemError]]:
    """Ask which ways there are. Where that is refused, each ticket is asked for by itself: one keeps back no other."""
    try:
        return (end.connector.ways(ids) if ids else {}), {}
    except ItemError as error:
        if len(ids) == 1:
            return {}, {ids[0]: error}
    told: dict[str, tuple[Way, ...]] = {}
    refused: dict[str, ItemError] = {}
    for id_ in ids:
        ways, errors = _ask(end, [id_])
        told, refused = {**told, **ways}, {**refused, **errors}
    return told, refused


def _stay(run: Run, end: End, action: Action, record: Record, last: Mapping[str, Outcome]) -> None:
    """A walk that ended early: where it came to is our doing, not a person's change."""
    if action.id in last and record.in_scope:
        _reached(run, end, action, record.fields.get(_status(end)))


def _reached(run: Run, end: End, action: Action, status: Json) -> None:
    with run.store.begin(run.fence) as tx:
        links.set_bases(tx, action.link, end.which, {"status": Base(status, end.mapping)})


def _status(end: End) -> str:
    return end.offer.fields["status"].native


def _unmoved(end: End, record: Record, action: Action, left: Mapping[str, Json]) -> bool:
    """Tell whether a ticket shows the status from which a step was taken."""
    return record.in_scope and action.id in left and left[action.id] == record.fields.get(_status(end))


def _taken_back(
    end: End,
    open_: Sequence[tuple[Action, str]],
    found: Mapping[str, Record],
    left: Mapping[str, Json],
    led: Mapping[str, str],
) -> set[str]:
    """Of the steps that seem to have had no effect, those that their history tells of: somebody took them back."""
    unmoved = [(one, id_) for one, id_ in open_ if id_ in found and _unmoved(end, found[id_], one, left)]
    histories = histories_of(end, [id_ for _, id_ in unmoved]) if unmoved else {}
    steps = {
        (entry.mark, str(entry.after))
        for history in histories.values()
        for entry in history.entries
        if entry.field == _status(end)
    }
    return {one.id for one, _ in unmoved if (one.id, led[one.id]) in steps}


def _moved_on(end: End, record: Record, led: str) -> bool:
    """Tell whether a step can be followed by no other: its status cannot be read, or is not the one it led to.

    In the latter case somebody moved the ticket on, and its history will say who.
    """
    return not record.in_scope or str(record.fields.get(_status(end))) != led


def _wanted(end: End, action: Action) -> tuple[str, Json]:
    native, fields = action.content["native"], action.content["fields"]
    assert isinstance(native, dict) and isinstance(fields, dict)
    return str(native[_status(end)]), fields["status"]


def _map(end: End, action: Action) -> FieldRule:
    """The map by which a step was planned: that of the ticket as it will be, though not all of it is written yet."""
    number = action.content.get("map", 0)  # none in a step that an older version planned
    return end.offer.fields["status"].maps()[int(str(number))][1]


def _there(end: End, action: Action, record: Record) -> bool:
    """A ticket is there if its status reads as the wanted one."""
    return _is(end, action, record.fields.get(_status(end)))


def _is(end: End, action: Action, native: Json) -> bool:
    """Tell whether a status is the wanted one, or reads as it, whichever of the names for it that is.

    What is written for a word that the map does not name (``otherwise``) reads as another.
    """
    target, value = _wanted(end, action)
    if native == target:
        return True
    try:
        rule = _map(end, action)
        shown = to_hub(rule, native, end.terms(rule.native))
    except MappingError:
        return False
    return isinstance(shown, Said) and shown.value == value


def _learn(run: Run, end: End, moving: Sequence[tuple[Action, Record]], ways: Mapping[str, tuple[Way, ...]]) -> None:
    edges = [
        Edge(record.place, record.type, str(record.fields.get(_status(end))), way)
        for _, record in moving
        if record.in_scope
        for way in ways.get(record.id, ())
        if way.sure
    ]
    if edges:
        with run.store.begin(run.fence) as tx:
            runs.put_edges(tx, end.system, edges)
            notices = keep_ways(tx, run.name, end, edges, run.env.now())
        for notice in notices:
            log.warning("%s %s", end.offer.name, notice)


def _move(run: Run, end: End, action: Action, record: Record, ways: Iterable[Way], been: Collection[str]) -> Move:
    ways = tuple(ways)
    target, _ = _wanted(end, action)
    way = _choose(end, record, ways, target)
    if way is None and record.in_scope:
        with run.store.read() as tx:
            graph = runs.get_edges(tx, end.system, record.place, record.type)
        here = str(record.fields.get(_status(end)))
        sure = [way for way in ways if way.sure]
        step = _first_step(end, action, record, {**graph, here: sure}, here, target, been)
        step = step or _first_step(end, action, record, {**graph, here: list(ways)}, here, target, been)
        way = _choose(end, record, ways, step) if step is not None else None
    if way is None:
        names = end.terms(_status(end)).choices
        reachable = sorted({names.name_of(one.to) for one in ways if one.sure})
        raise TransitionError(
            f'No way leads to "{names.name_of(target)}"; from here go: {", ".join(reachable) or "none"}.',
            reachable=reachable,
            where=record.key,
            # Out of sight the way is not known: the status waits alone, and holds nothing else of its ticket.
            fields=[] if record.in_scope else [_status(end)],
        )
    return Move(record.id, way, _fields(end, way), action.id)


def _choose(end: End, record: Record, ways: Sequence[Way], target: str) -> Way | None:
    """The way to a status that the contract can go.

    Raises:
        TransitionError: several could be gone, or those that lead there need fields that the contract does not fill.
    """
    names = end.terms(_status(end)).choices
    rule = _rule(end, target)
    there = [way for way in ways if way.to == target]
    if rule is not None and rule.by:
        there = way_names.meant(rule.by, there, way_names.ids_of(end.ways, record.place, record.type, target))
    filled = set(rule.fields) if rule is not None else set()
    able = [way for way in there if set(way.needs) <= filled]
    if there and not able:
        missing = sorted({name for way in there for name in way.needs} - filled)
        raise TransitionError(
            f'The way to "{names.name_of(target)}" needs {", ".join(missing)}.',
            fix=f"Fill them in the contract: transitions.{names.name_of(target)}.fields.",
        )
    if len(able) > 1:
        choices = ", ".join(f'"{way.name}"' for way in able)
        raise TransitionError(
            f'"{names.name_of(target)}" is reached by several ways: {choices}.',
            fix=f"Choose one in the contract: transitions.{names.name_of(target)}.by.",
        )
    return able[0] if able else None


def _rule(end: End, status: str) -> TransitionRule | None:
    """Give what the contract says of the way to a status, by the id to which its name there is bound."""
    names = end.terms(_status(end)).choices
    return next((rule for name, rule in end.offer.transitions.items() if names.id_of(name) == status), None)


def _fields(end: End, way: Way) -> dict[str, Json]:
    """What the contract fills on the way's screen, names bound to ids."""
    rule = _rule(end, way.to)
    if rule is None:
        return {}
    return {native: end.bound_value(native, value) for native, value in rule.fields.items()}


def _mapped(end: End, action: Action) -> set[str]:
    rule = _map(end, action)
    choices = end.terms(rule.native).choices
    return {choices.id_of(name) for names in rule.map.values() for name in names}


def _first_step(
    end: End,
    action: Action,
    record: Record,
    graph: Mapping[str, Sequence[Way]],
    here: str,
    target: str,
    been: Collection[str],
) -> str | None:
    """The first status on the shortest path from here to the target, over statuses that the contract maps.

    Where no path is known: towards the nearest of them whose own ways were never seen.
    """
    mapped = _mapped(end, action)
    unknown: str | None = None
    queue: deque[tuple[str, str | None, int]] = deque([(here, None, 0)])
    seen = {here, *been}
    while queue:
        status, first, steps = queue.popleft()
        if steps == STEPS:
            continue
        for to in sorted({way.to for way in graph.get(status, ())} - seen):
            if to not in mapped or not _passable(end, record, graph[status], to):
                continue
            if to == target:
                return first or to
            if to not in graph and unknown is None:
                unknown = first or to
            seen.add(to)
            queue.append((to, first or to, steps + 1))
    return unknown


def _passable(end: End, record: Record, ways: Sequence[Way], to: str) -> bool:
    try:
        return _choose(end, record, ways, to) is not None
    except TransitionError:
        return False
