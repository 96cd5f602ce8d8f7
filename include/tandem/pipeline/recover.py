# SPDX-License-Identifier: Apache-2.0
"""Find out what became of writes that were sent and whose answers were lost: looked up, never repeated blindly.

History first, value second: an entry or thing that bears the action's mark proves that the write took place, whatever
shows now. Only where a history that can be read has no such entry did it not take place.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tandem.connectors.base import History, Outcome, Record
from tandem.core.values import Json
from tandem.errors import UnknownOutcomeError
from tandem.pipeline import rewrite
from tandem.pipeline.environment import End, Run, log
from tandem.pipeline.files import listed, told_apart
from tandem.pipeline.histories import histories_of
from tandem.pipeline.outcomes import LOST, note_done, set_aside_as
from tandem.pipeline.rewrite import takes_back
from tandem.pipeline.scene import riding
from tandem.state import actions, links, origins, records, runs
from tandem.state.actions import Action
from tandem.state.links import Base, Link
from tandem.state.store import Tx

GRACE = timedelta(seconds=5)
"""A call that was cut off may still be at work in its tracker: nothing younger than this is taken for not happened."""

VAIN = 3
"""So often a run sends one write whose answer is lost, and that did not arrive. Then it is set aside: what a tracker
breaks down over, each time it is asked, must not hold all other tickets."""


def recover(run: Run) -> dict[str, int]:
    """Resolve every ``sent`` action of the pair; give up what earlier runs had planned and not sent.

    One whose ticket cannot be read now stays ``sent``: until it is known, nothing else is written to its link.
    """
    counts = {"found": 0, "not_found": 0, "unknown": 0, "cancelled": 0}
    with run.store.read() as tx:
        open_ones = actions.in_state(tx, run.name, ["sent", "planned"])
    sent = [one for one in open_ones if one.state == "sent"]
    planned = [one for one in open_ones if one.state == "planned" and one.run != run.job.run_id]
    if planned:
        with run.store.begin(run.fence) as tx:
            actions.drop(tx, [one.id for one in planned], "cancelled", reason="its run ended before it was sent")
            events = {event for one in planned for event in riding(one)}
            records.set_events(tx, events, "waiting", run=run.job.run_id)
        counts["cancelled"] = len(planned)
    if not sent:
        return counts
    _wait(run, sent)
    for which, end in run.ends.items():
        own = [one for one in sent if one.side is which]
        if own:
            _look_up(run, end, own, counts)
    log.info("%s: of %d interrupted writes %d had arrived", run.name, len(sent), counts["found"])
    return counts


def _wait(run: Run, sent: list[Action]) -> None:
    newest = max((one.sent_at for one in sent if one.sent_at), default=None)
    if newest is not None:
        left = (newest + GRACE - run.env.now()).total_seconds()
        if left > 0:
            run.env.sleep(min(left, GRACE.total_seconds()))


def _look_up(run: Run, end: End, sent: list[Action], counts: dict[str, int]) -> None:
    creates = [one for one in sent if one.kind == "create"]
    if creates:
        _find_creates(run, end, creates, counts)
    others = [one for one in sent if one.kind != "create"]
    if not others:
        return
    with run.store.read() as tx:
        found = links.links(tx, run.name, ids=[one.link for one in others])
    at = {one.id: rewrite.ticket_of(one, _current(found[one.link], end)) for one in others}
    read = {record.id: record for record in end.connector.fetch(sorted({one for one in at.values() if one}))}
    histories = histories_of(end, sorted(read))
    for one in others:
        member = found[one.link].members.get(end.which)
        record = read.get(at[one.id] or "")
        history = histories.get(record.id) if record else None
        if record is not None and history is not None and history.whole:
            _resolve(run, end, found[one.link], one, record, history, counts)
        elif member is not None and member.state == "final":
            _not_there(run, one, counts, f"the twin is {member.reason}", "parked")
        else:  # what cannot be read proves nothing: it stays sent, and its link waits
            counts["unknown"] += 1


def _current(link: Link, end: End) -> str | None:
    member = link.members.get(end.which)
    return member.ticket if member else None


def _find_creates(run: Run, end: End, creates: list[Action], counts: dict[str, int]) -> None:
    marks = [str(one.content["mark"]) for one in creates]
    after: dict[str, str] = {}
    for one in creates:
        highest = one.content.get("highest")
        for place, key in (highest if isinstance(highest, dict) else {}).items():
            after[place] = str(key) if place not in after else min(after[place], str(key), key=runs.number_of)
    there = end.connector.find(marks, after)
    for one, mark in zip(creates, marks, strict=True):
        id_ = there.get(mark)
        if id_ is None:
            _not_there(run, one, counts)
            continue
        with run.store.begin(run.fence) as tx:
            note_done(tx, run, end, one, Outcome(id=id_), None)
        counts["found"] += 1


def _resolve(
    run: Run, end: End, link: Link, action: Action, record: Record, history: History, counts: dict[str, int]
) -> None:
    if action.kind == "comment":
        mark, part = str(action.content["mark"]), int(str(action.content.get("part") or 1))
        own = [comment for comment in history.comments if comment.mark == mark]
        if len(own) >= part:
            comment = own[part - 1]
            outcome = Outcome(id=comment.id)
            if end.caps.files_in_comments:
                outcome, action = _with_files(action, comment.id, history)
            _there(run, end, action, outcome, record, counts)
            return
    elif action.kind in ("edit", "redact"):
        if rewrite.took_place(end, action, history):
            _there(run, end, action, Outcome(id=str(action.content["twin"])), record, counts)
            return
    elif action.kind == "attach":
        with run.store.read() as tx:
            native = _lost_file(tx, end, action, history)
        if native is not None:
            _there(run, end, action, Outcome(id=native), record, counts)
            return
    else:
        own_entries = [entry for entry in history.entries if entry.mark == action.id]
        if own_entries and _arrived(end, action, own_entries[-1].field, own_entries[-1].after):
            _there(run, end, action, Outcome(id=record.id, history=own_entries[-1].id), record, counts)
            return
        if own_entries:
            _half_way(run, end, link, action, str(own_entries[-1].after))
    _not_there(run, action, counts)


def _arrived(end: End, action: Action, field: str, after: object) -> bool:
    """A walk along a workflow has arrived only at its last step; any other write has with its entry."""
    native = action.content.get("native")
    if action.kind != "status" or not end.caps.workflow or not isinstance(native, dict):
        return True
    return str(native.get(field)) == str(after)


def _half_way(run: Run, end: End, link: Link, action: Action, reached: str) -> None:
    """A walk that was interrupted: the step that it reached is ours, and the rest is planned anew from there."""
    with run.store.begin(run.fence) as tx:
        links.set_bases(tx, link.id, end.which, {"status": Base(reached, end.mapping)})


def _with_files(action: Action, comment: str, history: History) -> tuple[Outcome, Action]:
    """What a comment that was found holds, and with what it goes without: what could not be read at its origin."""
    held = told_apart(action.content, [file for file in history.files if file.comment == comment])
    outcome, arrived = Outcome(id=comment, files=tuple(native for _, native in held)), [file for file, _ in held]
    gone = [file.get("event") for file in listed(action.content) if file not in arrived]
    return outcome, replace(action, content={**action.content, "gone": gone}) if gone else action


def _lost_file(tx: Tx, end: End, action: Action, history: History) -> str | None:
    """The file that another pair has taken for this action's, or one of our account with the same name and size."""
    file = action.content["file"]
    assert isinstance(file, dict)
    known = origins.present(tx, end.system, "file", [one.id for one in history.files])
    for native, made in known.items():
        if made == action.id:
            return native
    for one in history.files:
        if (
            one.id not in known
            and one.author.id == end.account
            and one.size == file["size"]
            and one.name == file["name"]
        ):
            return one.id
    return None


def _there(run: Run, end: End, action: Action, outcome: Outcome, record: Record, counts: dict[str, int]) -> None:
    with run.store.begin(run.fence) as tx:
        note_done(tx, run, end, action, outcome, record)
    counts["found"] += 1


def _not_there(
    run: Run, action: Action, counts: dict[str, int], reason: str = "it did not arrive", state: str = "waiting"
) -> None:
    """It did not take place: within its own run it is planned again, else its events wait for the next diff."""
    vain = int(str(action.content.get(LOST) or 0)) >= VAIN
    with run.store.begin(run.fence) as tx:
        if action.run == run.job.run_id and state == "waiting" and vain:
            _set_aside(tx, run, action)
        elif action.run == run.job.run_id and state == "waiting":
            actions.replan(tx, action.id)
        else:
            actions.drop(tx, [action.id], "failed", reason=reason)
            records.set_events(tx, riding(action), state, reason, run=run.job.run_id)
        links.update_links(tx, [action.link], run.env.now(), pending=True)
    counts["not_found"] += 1


def _set_aside(tx: Tx, run: Run, action: Action) -> None:
    """Quarantine a ticket's direction over a write that never arrives, with what is to come after it."""
    error = UnknownOutcomeError(f"It was sent {VAIN} times, and its tracker broke down over it each time.")
    behind = [
        one
        for one in actions.in_state(tx, run.name, ["planned"], run=run.job.run_id)
        if one.link == action.link and one.side is action.side
        if not takes_back(action) or one.content.get("event") == action.content["event"]
    ]
    actions.drop(tx, [action.id, *(one.id for one in behind)], "failed", error=error.code, reason=error.what)
    events = {event for one in (action, *behind) for event in riding(one)}
    records.set_events(tx, events, "quarantined", error.what, run=run.job.run_id)
    source, now = action.side.other, run.env.now()
    content: Json = {"what": error.what, "fix": UnknownOutcomeError.fix, "fields": []}
    runs.put_quarantine(tx, run.name, action.link, source, set_aside_as(action), error.code, "", content, now)
    if runs.first_time(tx, run.name, "refused", f"{action.link}:{action.side}:{action.kind}:{error.code}:", now):
        log.warning("%s: %s on %s: %s", run.name, action.kind, run.end(action.side).offer.name, error)
