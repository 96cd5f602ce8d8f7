# SPDX-License-Identifier: Apache-2.0
"""The rest of a text that was too long for its field: it goes as comments, which are no comments at their source.

Each is an event of its own from the moment it is planned, so that it is sent although the run that cut the text may die
before. It ends where its text reads otherwise by then: what the field says now goes with a rest of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from tandem.connectors.base import Record
from tandem.core.doc import Doc
from tandem.core.model import HubEvent
from tandem.core.plan import COMMENT, Intent
from tandem.core.values import Json
from tandem.core.values import canonical as one_text
from tandem.pipeline.compose_comments import comment
from tandem.pipeline.environment import End, Run
from tandem.pipeline.onward import words_of
from tandem.pipeline.scene import Scene
from tandem.pipeline.translate import canonical
from tandem.state import records
from tandem.state.actions import Action
from tandem.state.records import Event, Happened
from tandem.state.store import Tx

KEY = "overflow:"
OUTDATED = "the text that it is the rest of reads otherwise by now"

Rest = tuple[str, Doc]
"""A hub field, and a part of its text that the field of the other side does not hold."""


def send(tx: Tx, scene: Scene, intent: Intent, seq: int, rests: Iterable[Rest], cause: str) -> Iterator[Action]:
    """Send as comments what was too long for its field."""
    source = scene.run.end(intent.target.other)
    record, words = scene.records[source.which], words_of(source.offer, "")
    for number, (hub, text) in enumerate(rests, start=1):
        key = f"{KEY}{cause}:{number}"
        content: dict[str, Json] = {
            "native": key,
            "body": source.connector.markup.render(text).native,
            "public": True,
            "author": "",
            "files": [],
            "rest_of": hub,
            "field_said": _said(scene.run, source, record, hub) if _tells(scene, source, hub) else None,
        }
        happened = Happened(key, "comment", intent.order, intent.at, content, state="waiting")
        id_ = records.add_event(tx, scene.run.name, source.which, record.id, happened)
        if id_ is not None:  # one that is known is planned as the open event that it is
            event = HubEvent(
                id=id_, kind="comment", at=intent.at, order=intent.order, doc=text, native=key, cause=f"event:{id_}",
                company=words.company, names=words.names, onward=words.onward,
            )  # fmt: skip
            alone = Intent(intent.target, COMMENT, intent.at, intent.order, carries=(id_,), event=event)
            for action in comment(tx, scene, alone, seq):
                told = {name: value for name, value in action.content.items() if name != "reads"}
                yield replace(action, content={**told, "rest_of": hub})
                seq += 1


def _tells(scene: Scene, source: End, hub: str) -> bool:
    """Tell whether the source's field shows the text. It does not where a contract composes it, nor where our own write
    ran over it: that comes back to its field later."""
    rule = source.rule(hub)
    return rule is not None and not rule.of_twin and (source.which, hub) not in scene.lost


def is_rest(event: Event) -> bool:
    """Tell whether an event is the rest of a text, and no comment of its ticket."""
    return event.key.startswith(KEY)


def is_outdated(run: Run, end: End, record: Record, event: Event) -> bool:
    """Tell whether the field that a rest belongs to says something else by now."""
    hub, said = str(event.content.get("rest_of")), event.content.get("field_said")
    rule = end.offer.fields.get(hub)
    return bool(said and rule and rule.native in record.fields) and _said(run, end, record, hub) != said


def _said(run: Run, end: End, record: Record, hub: str) -> str:
    shows = canonical(end, hub, record.fields.get(end.offer.fields[hub].native), record)
    return run.store.vault.digest(one_text(shows))
