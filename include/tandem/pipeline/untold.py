# SPDX-License-Identifier: Apache-2.0
"""A change that a write carries without an event of its own: its cause is named alike in every pair all the same.

Else a ring would bring the change twice to a tracker that can only be told of it, and once more to where it was made.
It was made out of one pair's scope, and another pair's events tell of it; or no history tells of it to anybody.
"""

from __future__ import annotations

from collections.abc import Mapping

from tandem.core.intents import Intent
from tandem.core.rules import Which
from tandem.core.values import Json
from tandem.pipeline.environment import End, Run
from tandem.pipeline.rewrite import text_hash
from tandem.pipeline.scene import Scene
from tandem.state import editions, paths
from tandem.state.store import Tx

HUB = "description"  # what some trackers can only be told of


def cause(tx: Tx, scene: Scene, source: Which, hub: str) -> str | None:
    """Name what a side's field shows. None: it needs no name beyond this pair."""
    own = [event for event in scene.hubs[source].events if event.kind == "field" and event.field == hub]
    if own:
        return max(own, key=lambda event: (event.at, event.order)).cause
    end, record = scene.run.end(source), scene.records[source]
    native = end.offer.fields[hub].native
    if hub != HUB or end.caps.history or native not in record.fields:
        return None
    said = text_hash(scene.run, end, record.fields[native])
    last = paths.last_written(tx, scene.link.origin, scene.target_of(source), native)
    if last is not None and text_hash(scene.run, end, last[0]) == said:
        return last[1]  # another pair brought it
    number = editions.described(tx, end.system, record.id, said)
    return paths.field_cause(end.system, record.id, f"{native}~{number}")


def named(tx: Tx, scene: Scene, intent: Intent, caused: Mapping[str, Json]) -> dict[str, Json]:
    """Name, in what a write of fields tells other pairs, the causes of those that it carries without an event."""
    end, source = scene.run.end(intent.target), intent.target.other
    carried = {event.field for event in scene.hubs[source].events if event.id in intent.carries}
    told = dict(caused)
    for native, one in caused.items():
        hub = end.hub_of(native)
        if hub is None or hub in carried or intent.gives_back or scene.run.rules.fields[hub].a_set:
            continue
        if isinstance(one, dict) and (name := cause(tx, scene, source, hub)) is not None:
            told[native] = {**one, "cause": name}
    return told


def note_write(tx: Tx, run: Run, end: End, ticket: str, native: object) -> None:
    """Note that a description is ours: what people give after it is another change, in whatever words."""
    rule = end.rule(HUB)
    if not end.caps.history and rule is not None and isinstance(native, dict) and rule.native in native:
        editions.described(tx, end.system, ticket, text_hash(run, end, native[rule.native]))
