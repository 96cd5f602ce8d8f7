# SPDX-License-Identifier: Apache-2.0
"""What both sides have agreed on of a set once it was written: each element by itself."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.connectors.base import Entry
from tandem.core import elements
from tandem.core.mapping import Said, to_hub
from tandem.core.values import Json, as_set, from_set
from tandem.pipeline.environment import End, Run
from tandem.pipeline.onward import steps_of
from tandem.pipeline.translate import canonical
from tandem.state import links, steps
from tandem.state.actions import Action
from tandem.state.links import Base, Link
from tandem.state.store import Tx


def settle_set(
    tx: Tx,
    run: Run,
    link: Link,
    action: Action,
    hub: str,
    written: Json,
    wrote: Entry | None,
    later: Sequence[Entry],
) -> bool:
    """Of a set only those elements are agreed that the source's staged value and the target's read-back both have, or
    both lack. All others keep their base: what the target's people added meanwhile is still to be merged.

    ``written``: the read-back or, of a target that is out of scope by now and shows nothing, what was sent.

    With our own entry in the history more is known: what a house rule or the tracker itself made of an element is how
    it stands there, and is not sent again (tells whether there was any); what people did to one since is merged next.
    """
    target, source = run.end(action.side), run.end(action.side.other)
    staged = action.content["bases"]
    assert isinstance(staged, dict)
    theirs = _labels(source, hub, staged[hub])
    ours = _labels(target, hub, written)
    wrote = wrote if wrote is not None and wrote.told else None
    native = action.content["native"]
    assert isinstance(native, dict)
    reached = _labels(target, hub, wrote.after) if wrote is not None else frozenset[str]()
    dropped = _labels(target, hub, native[target.offer.fields[hub].native]) - reached if wrote is not None else set()
    people = _touched(target, hub, [entry for entry in later if target.by_person(entry)])
    altered = ((_touched(target, hub, later) | dropped) - people) & (theirs ^ ours)
    old = links.bases(tx, [link.id])
    for end, shown, known, met in (
        (source, staged[hub], theirs, theirs),
        (target, written, ours, reached),
    ):
        rule = end.offer.fields[hub]
        terms = end.terms(rule.native)
        own = old.get((link.id, end.which), {}).get(hub)
        before = _labels(end, hub, own.value) if own else frozenset()
        agreed = (theirs & ours) | (before & (theirs ^ ours))
        agreed = (agreed - altered - people) | (known & altered) | (met & people)
        apart = {item for item in as_set(shown) if elements.read(rule, item, terms) not in known}
        base = from_set(frozenset(apart) | elements.as_shown(rule, agreed, terms, as_set(shown)))
        links.set_bases(tx, link.id, end.which, {hub: Base(canonical(end, hub, base), end.mapping)})
    place = steps.Set(target.system, link.members[target.which].ticket, target.offer.fields[hub].native)
    told = steps_of(action.content.get("caused"), place.field)
    steps.keep(tx, place, {element: [step] for element, step in told.items()})
    return bool(altered)


def _touched(end: End, hub: str, entries: Sequence[Entry]) -> frozenset[str]:
    """The elements that these changes brought or took away."""
    changed = [_labels(end, hub, entry.before) ^ _labels(end, hub, entry.after) for entry in entries if entry.told]
    return frozenset[str]().union(*changed)


def _labels(end: End, hub: str, native: Json) -> frozenset[str]:
    """The elements of a set that are offered or taken, in hub terms."""
    rule, terms = end.offer.fields[hub], end.terms(end.offer.fields[hub].native)
    said = to_hub(rule, native, terms)
    return as_set(said.value) if isinstance(said, Said) else frozenset()
