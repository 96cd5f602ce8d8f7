# SPDX-License-Identifier: Apache-2.0
"""One link in one run, as its plan is written out: what it reads from, and the form of an action."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tandem.connectors.base import Record
from tandem.core.model import HubTicket
from tandem.core.plan import Intent, LinkPlan
from tandem.core.rules import Which
from tandem.core.values import Json, utc_text
from tandem.errors import ItemError
from tandem.pipeline.environment import Run
from tandem.pipeline.translate import canonical
from tandem.state.actions import Action
from tandem.state.links import Link
from tandem.state.records import Event


@dataclass(frozen=True)
class Scene:
    """One link in one run, as composing sees it."""

    run: Run
    link: Link
    plan: LinkPlan
    hubs: Mapping[Which, HubTicket]
    records: Mapping[Which, Record]
    events: Mapping[int, Event]  # stored events that intents carry
    lost: Mapping[tuple[Which, str], Json]  # native values that our own writes ran over, by (side, hub field)
    aside: dict[tuple[Which, str], ItemError] = field(default_factory=dict)  # twin fields that cannot be written there
    in_part: set[tuple[Which, str]] = field(default_factory=set)  # fields there that hold only a part of their text

    def base_of(self, source: Which, hub: str) -> Json:
        """What the source shows in this run, in the form of a base."""
        end, record = self.run.end(source), self.records[source]
        native = self.lost.get((source, hub), record.fields.get(end.offer.fields[hub].native))
        return canonical(end, hub, native, record)

    def target_of(self, which: Which) -> str:
        """What a write to a side claims its causes at."""
        return target_at(self.run.end(which).system, self.records.get(which))


def target_at(system: str, record: Record | None) -> str:
    """Name the target of a claim: a ticket, or for a create its tracker."""
    return system if record is None else target_named(system, record.id)


def target_named(system: str, ticket: str) -> str:
    """Name a ticket as the target of claims."""
    return f"{system}:{ticket}"


def make_action(
    scene: Scene, intent: Intent, seq: int, kind: str, causes: list[str], content: dict[str, Json]
) -> Action:
    """Plan one write: what it carries, and the versions that it was planned on."""
    source, target = scene.records.get(intent.target.other), scene.records.get(intent.target)
    carried: dict[str, Json] = {
        "at": utc_text(intent.at),
        "carries": list(intent.carries),
        "covers": list(intent.covers),
        "source": source.id if source else None,
        "source_version": source.version if source else None,
        "target_version": target.version if target else None,
        **content,
    }
    return Action(
        id=uuid.uuid4().hex,
        run=scene.run.job.run_id,
        seq=seq,
        link=scene.link.id,
        side=intent.target,
        kind=kind,
        state="planned",
        causes=tuple(causes),
        content=carried,
    )


def riding(action: Action) -> Iterator[int]:
    """The events that an action carries or covers."""
    for part in ("carries", "covers"):
        ids = action.content.get(part)
        yield from (int(str(id_)) for id_ in (ids if isinstance(ids, list) else []))


def causes_of(intent: Intent, scene: Scene) -> list[str]:
    """Events that are carried; a write without any has a cause made for it: this merge, in this run."""
    if intent.cause:
        return [intent.cause]
    if intent.carries:
        known = {event.id: event.again or event.cause for ticket in scene.hubs.values() for event in ticket.events}
        return [known.get(id_) or f"event:{id_}" for id_ in intent.carries]
    return [f"merge:{scene.run.job.run_id}:{scene.link.id}:{intent.kind}:{','.join(sorted(intent.fields))}"]
