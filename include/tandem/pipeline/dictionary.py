# SPDX-License-Identifier: Apache-2.0
"""What the state keeps of a tracker between runs: its dictionary, and the ids to which the contract's names are bound.

A name is bound when it is first seen and stays so while its id is there, whatever the id is called by then: an
administrator's new name, or an account whose language was switched, changes no meaning and gives one notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tandem.config import scope_ids
from tandem.config import ways as way_names
from tandem.config.models import Pair
from tandem.connectors.base import Edge, Preflight, Remembers
from tandem.core.rules import Choices, Which
from tandem.core.values import Json
from tandem.errors import Problem
from tandem.pipeline.environment import End, Environment
from tandem.state import runs
from tandem.state.facts import KeptFacts
from tandem.state.store import Tx

NO_CHOICE = "TDM-225"


def make_ends(env: Environment, pair: Pair) -> dict[Which, End]:
    """Build both ends, with the dictionaries that the last preflight left in the state."""
    ends = {}
    with env.store.begin() as tx:
        for which, offer in {Which.LEFT: pair.left, Which.RIGHT: pair.right}.items():
            row = runs.get_side(tx, pair.name, which)
            bound = _scope_of(row)
            end = ends[which] = End(which, offer, env.connect(scope_ids.by_ids(offer, bound)), bound=bound)
            _take(tx, end, row)
            if isinstance(end.connector, Remembers):
                end.connector.remember(KeptFacts(env.store, end.system, env.now()))
    return ends


def bound_scope(tx: Tx, pair: str, which: Which) -> scope_ids.Bound:
    """Read the ids to which the last preflight bound the names in a side's scope."""
    return _scope_of(runs.get_side(tx, pair, which))


def _scope_of(row: Mapping[str, Any]) -> scope_ids.Bound:
    bound: scope_ids.Bound = (row["dictionary"] or {}).get("scope", {})
    return bound


def bindings(
    tx: Tx, pair: str, which: Which
) -> tuple[Mapping[str, Mapping[str, str]], scope_ids.Bound, way_names.Bound]:
    """Read to which ids the names of a side's contract are bound: of choices, in its scope, of transitions."""
    row = runs.known_side(tx, pair, which) or {}
    stored = row.get("dictionary") or {}
    return row.get("bindings") or {}, stored.get("scope", {}), stored.get("ways", {})


def load_dictionary(tx: Tx, pair: str, end: End) -> None:
    """Take the dictionary, bindings and clock that the state holds for a side."""
    _take(tx, end, runs.get_side(tx, pair, end.which))


def _take(tx: Tx, end: End, row: Mapping[str, Any]) -> None:
    end.row = row
    end.offset = float(row["clock_offset"] or 0.0)
    stored = row["dictionary"] or {}
    end.account = stored.get("account", "")
    end.offered = row["offered"] or {}
    end.ways = stored.get("ways", {})
    end.inactive = frozenset(stored.get("inactive", ()))
    end.mentions = stored.get("mentions", {})
    end.own = {name: stored.get(name) for name in ("private_comments", "max_file")}
    fields, learnt = _opened(tx, row)
    known = {
        name: Choices(
            ids={**{label: id_ for id_, label in info["choices"].items()}, **(row["bindings"] or {}).get(name, {})},
            names=info["choices"],
            max_length=info["max_length"],
            kind=info["kind"],
        )
        for name, info in fields.items()
    }
    end.learn(known)
    end.recall(learnt)


def _opened(tx: Tx, row: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Json]]:
    """What preflight found of fields, and what it learnt beside for connectors.

    Until the next preflight it stands as older versions kept it: the fields alone, and before that in clear.
    """
    if row["sealed"] is None:
        return (row["dictionary"] or {}).get("fields", {}), {}
    told = tx.open(row["sealed"])
    told = told if isinstance(told, dict) else {}
    if told.keys() != {"fields", "learnt"}:
        return told, {}
    fields, learnt = told["fields"], told["learnt"]
    return fields if isinstance(fields, dict) else {}, learnt if isinstance(learnt, dict) else {}


def keep_dictionary(tx: Tx, pair: str, end: End, found: Preflight, now: datetime) -> list[str]:
    """Store what preflight found; bind the contract's names to ids. Return notices on names that changed.

    A name is bound when it is first seen. It stays bound while its id exists, whatever the id is called by then:
    a renamed status, or an account whose language was switched, changes no meaning.
    """
    row = runs.get_side(tx, pair, end.which)
    before: dict[str, dict[str, str]] = row["bindings"] or {}
    bindings: dict[str, dict[str, str]] = {}
    notices = []
    for native, names in _names(end).items():
        info = found.fields.get(native)
        if info is None or not info.choices:
            continue
        current = {label: id_ for id_, label in info.choices.items()}
        own = bindings.setdefault(native, {})
        for name in names:
            bound = before.get(native, {}).get(name)
            if bound in info.choices:
                own[name] = str(bound)
                if name not in current and name != bound:
                    notices.append(_renamed(native, name))
            elif name in current:
                own[name] = current[name]
            elif name in info.choices:
                own[name] = name
    # Who has left is told of no more, and is still who older texts mean.
    mentions = {**(row["dictionary"] or {}).get("mentions", {}), **found.mentions}
    scope = scope_ids.bind(end.offer.scope, found.fields, _scope_of(row))
    notices += [_renamed(native, word) for native, word in scope_ids.renamed(scope, found.fields)]
    fields: dict[str, Json] = {
        name: {"choices": dict(info.choices), "max_length": info.max_length, "kind": info.kind, "label": info.label}
        for name, info in found.fields.items()
    }
    runs.set_side(
        tx,
        pair,
        end.which,
        preflight_at=now,
        clock_offset=found.offset,
        dictionary={
            "account": found.account.id,
            "version": found.version,
            "scope": scope,
            "ways": end.ways,
            "private_comments": found.private_comments,
            "max_file": found.max_file,
            "inactive": sorted(found.inactive),
            "mentions": {name: id_ for name, id_ in mentions.items() if name in end.offer.people.accounts.values()},
        },
        sealed=tx.seal({"fields": fields, "learnt": dict(found.learnt)}),
        bindings=bindings,
    )
    runs.put_edges(tx, end.system, found.edges, whole=found.whole_workflow)
    runs.raise_highest(tx, pair, end.which, found.highest)
    load_dictionary(tx, pair, end)
    return [*_told(tx, pair, end, notices, now), *keep_ways(tx, pair, end, found.edges, now)]


def keep_ways(tx: Tx, pair: str, end: End, edges: Sequence[Edge], now: datetime) -> list[str]:
    """Bind the transitions that the contract names to the ids that were seen. Return notices on names that changed."""
    named = end.named_ways()
    bound = way_names.bind(named, edges, end.ways)
    if bound != end.ways:
        stored = runs.get_side(tx, pair, end.which)["dictionary"] or {}
        runs.set_side(tx, pair, end.which, dictionary={**stored, "ways": bound})
        load_dictionary(tx, pair, end)
    changed = way_names.renamed(named, edges, end.ways)
    return _told(tx, pair, end, [_renamed("transition", by) for by, _ in changed.values()], now)


def _told(tx: Tx, pair: str, end: End, notices: Iterable[str], now: datetime) -> list[str]:
    """Those notices that nobody was given yet."""
    return [note for note in notices if runs.first_time(tx, pair, "renamed", f"{end.which}:{note}", now)]


def _renamed(what: str, name: str) -> str:
    return f'{what}: what the contract calls "{name}" has another name in the tracker now'


def unknown_statuses(end: End, found: Preflight, bindings: Mapping[str, Mapping[str, str]]) -> list[Problem]:
    """Name the statuses of the contract that are bound to nothing and that the tracker does not have.

    Of a tracker that does not list its statuses nothing is known.
    """
    rule = end.offer.fields.get("status")
    info = found.fields.get(rule.native) if rule else None
    if rule is None or info is None or not info.choices:
        return []
    known = {*info.choices, *(label.casefold() for label in info.choices.values())}
    bound = {name for name, id_ in bindings.get(rule.native, {}).items() if id_ in info.choices}
    names = dict.fromkeys(name for _, each in rule.maps() for names in each.map.values() for name in names)
    fix = f"Choose from: {', '.join(sorted(set(info.choices.values())))}."
    return [
        Problem(NO_CHOICE, f'There is no status "{name}" here', fix, where=end.system, key=rule.native)
        for name in names
        if name not in bound and not {name, name.casefold()} & known
    ]


def _names(end: End) -> dict[str, set[str]]:
    """The native names that a contract uses, by native field."""
    offer = end.offer
    names: dict[str, set[str]] = {}
    for _, rule in (each for field_rule in offer.fields.values() for each in field_rule.maps()):
        own = names.setdefault(rule.native, set())
        for known in rule.map.values():
            own.update(known)
        own.update(rule.ignore)
        if rule.otherwise_in:
            own.add(rule.otherwise_in)
    for entry in (each for field_rule in offer.fields.values() for each in field_rule.when):
        names.setdefault(end.caps.place_field, set()).update(entry.place)
        names.setdefault(end.caps.type_field, set()).update(entry.type)
    for status, transition in offer.transitions.items():
        if "status" in offer.fields:
            names.setdefault(offer.fields["status"].native, set()).add(status)
        for native, value in transition.fields.items():
            names.setdefault(native, set()).update(_texts(value))
    for rule in offer.fields.values():
        fixed = {rule.value, *(entry.value for entry in rule.when)} - {None, ""}
        names.setdefault(rule.native, set()).update(str(value) for value in fixed)
    for native, value in (offer.create or {}).items():
        names.setdefault(native, set()).update(_texts(value))
    return names


def _texts(value: Json) -> list[str]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]
