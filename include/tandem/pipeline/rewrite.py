# SPDX-License-Identifier: Apache-2.0
"""Load what became of comments: a twin is edited if it still reads as we wrote it last, and withdrawn in any case."""

from __future__ import annotations

from tandem.connectors.base import Outcome, Rewrite
from tandem.errors import ItemError, StaleError, TwinGoneError
from tandem.pipeline.environment import End, Run
from tandem.pipeline.later import reads_as
from tandem.state import actions, links, records
from tandem.state.actions import Action
from tandem.state.store import Tx


def rewrite(run: Run, end: End, action: Action, ticket: str) -> Outcome:
    """Edit a twin. One that reads so already was edited by a write whose answer was lost; one that people changed is
    theirs, and the next run tells the edit in a comment of its own.
    """
    twin, body = str(action.content["twin"]), action.content["body"]
    history = end.connector.history([ticket]).get(ticket)
    if history is None or not history.whole:
        return Outcome(error=StaleError("the twin's comments cannot be read now"))
    there = next((comment for comment in history.comments if comment.id == twin), None)
    if there is None:
        return Outcome(error=TwinGoneError("people deleted its twin"))
    if reads_as(end, there.body, body):
        return Outcome(id=twin)
    with run.store.read() as tx:
        written = actions.body_of(tx, links.written_by(tx, end.system, "comment", twin))
    if written is None or there.body is None or not reads_as(end, there.body, written):
        with run.store.begin(run.fence) as tx:
            _tell_apart(tx, action)
        return Outcome(error=StaleError("people changed its twin: the edit goes in a comment of its own"))
    return end.connector.rewrite(Rewrite(ticket, twin, body))


def withdraw(end: End, action: Action, ticket: str) -> Outcome:
    """Withdraw all parts of a twin."""
    twins = action.content["twins"]
    assert isinstance(twins, list)
    outcome = Outcome(id=str(twins[0]))
    for twin in twins:
        one = end.connector.withdraw(ticket, str(twin))
        if isinstance(one.error, ItemError):
            outcome = one
    return outcome


def note_later(tx: Tx, end: End, action: Action) -> None:
    """Note what reads otherwise now; the texts that were there before are let go of."""
    twins = action.content["twins"] if action.kind == "withdraw" else [action.content["twin"]]
    assert isinstance(twins, list)
    for twin in map(str, twins):
        before = links.written_by(tx, end.system, "comment", twin)
        if before is not None and before != action.id:
            actions.forget_bodies(tx, [before])
        links.rewritten(tx, end.system, "comment", twin, action.id)


def _tell_apart(tx: Tx, action: Action) -> None:
    carries = action.content["carries"]
    assert isinstance(carries, list)
    for id_, event in records.events_by_id(tx, [int(str(one)) for one in carries]).items():
        records.refresh(tx, id_, {**event.content, "apart": True})
