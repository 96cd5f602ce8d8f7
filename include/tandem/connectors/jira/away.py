# SPDX-License-Identifier: Apache-2.0
"""When an issue was out of scope, read in its changelog. What its deciding fields held goes no further than here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tandem.connectors.away import Step, times_away
from tandem.connectors.base import Away
from tandem.connectors.jira.shape import Form, levels, told_at
from tandem.connectors.jira.site import Site
from tandem.core.values import Json

Change = Mapping[str, Any]


def away(site: Site, changes: Iterable[Change]) -> tuple[Away, ...] | None:
    """Tell when an issue that is in scope now was not; none if its changelog cannot tell, or a raw query decides too.

    Comments and changes are numbered in two series in Jira: within one millisecond nobody can tell which came first.
    """
    if site.scope.query is not None:
        return None
    steps = [step for change in changes for step in _steps(site, change)]
    stepwise = {name for name in {step.field for step in steps} if _form(site, name).stepwise}
    # Of a set that is told element by element those that never changed are not known: one of them may be what counts.
    constant = {name for name in stepwise if not site.scope.holds(name, _last(steps, name))}
    kept = _summed([step for step in steps if step.field not in constant], stepwise)
    return times_away(kept, site.scope.holds, one_series=False)


def _form(site: Site, name: str) -> Form:
    return site.all_forms.get(name, Form("text"))


def _steps(site: Site, change: Change) -> Iterable[Step]:
    at, order = told_at(change, "created"), str(change["id"]).zfill(20)
    items = change.get("items") or ()
    keys: Change = next((item for item in items if item.get("field") == "Key"), {})
    for item in items:
        name = item.get("fieldId")
        if name in site.scope.fields:
            before, after = (_value(item, end, _form(site, name), keys) for end in ("from", "to"))
            yield Step(at, order, name, before, after)


def _value(item: Change, end: str, shape: Form, keys: Change) -> Json:
    """Read one end of a change as an issue would show it, as far as a condition looks at it."""
    raw, shown = item.get(end) or None, item.get(f"{end}String") or None
    if raw is None and shown is None:
        return None
    if item.get("fieldId") == "project":
        key = str(keys.get(f"{end}String") or "").rpartition("-")[0]
        return {"id": str(raw), "name": str(shown), "key": key or None}
    if shape.many and not shape.by:
        return sorted(str(shown or "").split())  # type: ignore[return-value]
    if shape.many and not shape.stepwise:
        ids = str(raw or "").strip("[]").replace(",", " ").split()
        return [*ids, *(str(shown).split(",") if shown else [])]
    if shape.child:
        told: list[Json] = [{"id": id_, "value": name} for id_, name in levels(shown)]
        upper = told[0] if told else None
        below: dict[str, Json] = {"child": told[1]} if told[1:] else {}
        return {**upper, **below} if isinstance(upper, dict) else str(shown)
    if shape.by:
        return {"id": str(raw), "accountId": str(raw), "name": str(shown), "value": str(shown)}
    return str(shown)


def _last(steps: Iterable[Step], name: str) -> Json:
    """What the elements that ever changed come to in the end."""
    return list(_applied({}, [step for step in steps if step.field == name]).values())


def _applied(state: Mapping[str, Json], steps: Iterable[Step]) -> dict[str, Json]:
    shown = dict(state)
    for step in sorted(steps, key=lambda step: step.order):
        if step.before is not None:
            shown.pop(_id(step.before), None)
        if step.after is not None:
            shown[_id(step.after)] = step.after
    return shown


def _summed(steps: list[Step], stepwise: set[str]) -> list[Step]:
    """Make whole sets of those that are told element by element."""
    made = [step for step in steps if step.field not in stepwise]
    for name in stepwise & {step.field for step in steps}:
        own = sorted((step for step in steps if step.field == name), key=lambda step: step.order)
        state = _at_first(own)
        groups: dict[str, list[Step]] = defaultdict(list)
        for step in own:
            groups[step.order].append(step)
        for order, group in groups.items():
            before, state = state, _applied(state, group)
            at: datetime = group[0].at
            made.append(Step(at, order, name, list(before.values()), list(state.values())))
    return made


def _at_first(steps: Iterable[Step]) -> dict[str, Json]:
    """The elements that were there before the first of these changes: those that went before they came."""
    met: set[str] = set()
    there: dict[str, Json] = {}
    for step in steps:
        if step.before is not None and _id(step.before) not in met:
            there[_id(step.before)] = step.before
        met |= {_id(value) for value in (step.before, step.after) if value is not None}
    return there


def _id(value: Json) -> str:
    return str(value["id"]) if isinstance(value, dict) else str(value)
