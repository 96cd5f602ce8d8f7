# SPDX-License-Identifier: Apache-2.0
"""What other pairs brought to a side, and how it goes on: with its first author, as far as all contracts let it.

A copy that another pair wrote is a source for this one, unless what it holds stands at this pair's other side already.
What was private where it was said is private wherever its copies stand; what goes on is never more than each company
on the path allows: ``onward`` of each, and the least that any of them lets be named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tandem.config.models import Side as Offer
from tandem.connectors.base import Comment, Entry, File, Record
from tandem.core import set_steps
from tandem.core.model import HubEvent, HubTicket, Step
from tandem.core.values import Json, from_utc_text, same, utc_text
from tandem.pipeline.environment import End, Run
from tandem.state import actions, links, origins, paths, succession, twins
from tandem.state.paths import Copy, Foreign
from tandem.state.precedence import PASSED
from tandem.state.records import Happened
from tandem.state.store import Tx

LEAST = ("none", "company", "full")  # of names, the least first
ONE_HOP = "it goes one hop only: its company's contract does not let it be passed on"
PRIVATE_THERE = "private where it was said"
NO_SETS: Mapping[str, Mapping[str, bool]] = {}


@dataclass(frozen=True, slots=True)
class Words:
    """Whose words something is, as far as they may be named; and whether they may go on from the next side."""

    author: str
    company: str
    names: str
    onward: bool


def words_of(offer: Offer, author: str, by: Mapping[str, Json] | None = None) -> Words:
    """Tell whose words leave a side: its own people's, or (``by``) those of who said it first."""
    rule = offer.comments
    names = rule.names if by is None else min(rule.names, str(by["names"]), key=LEAST.index)
    said = author if by is None else str(by["author"])
    company = offer.company if by is None else str(by["company"])
    onward = rule.onward and (by is None or by["onward"] is True)
    return Words(said if names == "full" else "", "" if names == "none" else company, names, onward)


def sources(
    tx: Tx, run: Run, end: End, record: Record, kind: str, natives: Iterable[str]
) -> tuple[set[str], dict[str, Copy]]:
    """Of comments or files: the copies that end here, and those that are sources for this pair."""
    found = paths.copies(tx, end.system, kind, natives, bare=run.name)
    others = {id_: one for id_, one in found.items() if one.pair not in (None, run.name) and not one.notice}
    if others:
        there, system = _there(tx, run, end, record), run.end(end.which.other).system
        standing = paths.standing(tx, run.name, {one.origin for one in others.values()}, system, there)
        others = {id_: one for id_, one in others.items() if one.origin not in standing}
    return found.keys() - others.keys(), others


def _there(tx: Tx, run: Run, end: End, record: Record) -> set[str]:
    link = links.link_of(tx, run.name, end.which, [record.id]).get(record.id)
    return set(succession.tickets_of(tx, run.name, link, end.which.other)) if link else set()


def said_by(copy: Copy) -> dict[str, Json]:
    """What an event keeps of who said it first."""
    return {
        "author": copy.author,
        "company": copy.company,
        "names": copy.names,
        "onward": copy.onward,
        "heading": copy.heading,
    }


def is_private(tx: Tx, copy: Copy, comment: Comment) -> bool:
    """Tell whether a copy's words are private: said so, or made so by people at the copy."""
    if copy.private:
        return True
    return not comment.public and actions.content_of(tx, copy.action).get("public") is True


def going_on(tx: Tx, end: End, happened: Happened, copy: Copy, said: Comment | File) -> Happened:
    """Make of what happened on a copy what is to happen beyond it; what may not go on ends here."""
    comment = said if isinstance(said, Comment) else None
    private = copy.private or said.private if isinstance(said, File) else is_private(tx, copy, said)
    if private and end.offer.comments.out != "all":
        return replace(happened, content={}, state="noted", reason=PRIVATE_THERE)
    if not copy.onward:
        return replace(happened, content={}, state="noted", reason=ONE_HOP)
    content = {**happened.content, "by": said_by(copy)}
    cause = copy.cause or happened.cause
    if comment is not None:
        content |= {"public": not private, "shown_to_all": comment.public}
        if actions.content_of(tx, copy.action).get("bases"):
            cause = paths.told_cause(cause)
    else:
        content["private"] = private
    return replace(happened, content=content, cause=cause, state=None)


def inherited(happened: Happened, entry: Entry, told: Mapping[str, Foreign], later: bool) -> Happened:
    """A field that another pair wrote: what people did elsewhere, at its own time.

    A status may be reached over others. What was done is where that walk ends, so the entries on its way are no
    events: those that more of the same write follow (``later``), and one that is not the end while the write is under
    way, or planned once more since its answer was lost. A walk that came to a stop on its way left a status that nobody
    meant: that goes on by itself, for the cause is not carried out, and may yet be by another write.
    """
    one = told.get(entry.field)
    if one is None:
        return happened
    short = one.target is not None and not same(entry.after, one.target)
    under_way = short and one.state in ("sent", "planned")
    if later or under_way:
        return replace(happened, content={}, state="noted", reason=PASSED)
    content: dict[str, Json] = {**happened.content, "author": one.author, "first_at": one.at}
    if one.steps:
        content["steps"] = one.steps
    cause = happened.cause if one.state in ("failed", "cancelled") else one.cause
    return replace(happened, content=content, cause=cause, person=one.person)


def late_copy(tx: Tx, mark: str) -> tuple[str, Mapping[str, Json]] | None:
    """Find the write of any pair that bears this mark and whose answer is not known yet: its id and what it meant."""
    for one in actions.sent_anywhere(tx, "comment"):
        if one.content.get("mark") == mark:
            return one.id, one.content
    return None


def late_file(tx: Tx, system: str, target: str, file: File) -> tuple[str, Mapping[str, Json]] | None:
    """Find the write of any pair to a ticket whose answer is not known yet and whose file this may be.

    Files bear no mark, so name and size must do, as they do where the write's own pair looks it up.
    """
    for one in actions.sent_to(tx, "attach", target):
        meant = one.content.get("file")
        if not isinstance(meant, dict) or (meant["name"], meant["size"]) != (file.name, file.size):
            continue
        if not origins.was_made(tx, str(meant["origin"]), system, one.id):
            return one.id, one.content
    return None


def caused(
    ticket: HubTicket,
    events: Sequence[int],
    hubs: Mapping[str, str],
    made: str,
    at: str,
    moved: Mapping[str, Mapping[str, bool]] = NO_SETS,
) -> dict[str, Json]:
    """Tell other pairs of a write of fields (``hubs``: native → hub), by native field: its cause, when, and whose.

    ``moved``: of sets, by hub field, the elements that the write brings, or (false) takes away; each has its cause.
    """
    own: dict[str, HubEvent] = {event.field: event for event in ticket.events if event.id in set(events)}
    told: dict[str, Json] = {}
    for native, hub in hubs.items():
        event = own.get(hub)
        one: dict[str, Json] = {"cause": made, "at": at, "author": "", "person": False}
        if event is not None:
            author = event.author
            one = {"cause": event.cause, "at": utc_text(event.at), "author": author, "person": event.person}
        if moved.get(hub):
            known = last_steps(ticket, hub)
            steps = {
                element: known.get(element) or Step(cause=made, at=from_utc_text(at), there=there)
                for element, there in moved[hub].items()
            }
            one["steps"] = {element: step.model_dump(mode="json") for element, step in steps.items()}
        told[native] = one
    return told


def steps_told(told: Mapping[str, Json]) -> dict[str, Step]:
    """Read what a write of a set told of each element."""
    found = told.get("steps")
    return {element: Step.model_validate(one) for element, one in found.items()} if isinstance(found, dict) else {}


def steps_of(caused: Json, native: str) -> dict[str, Step]:
    """Read what a write of fields told of each element of a set."""
    told = caused.get(native) if isinstance(caused, dict) else None
    return steps_told(told) if isinstance(told, dict) else {}


def last_steps(ticket: HubTicket, hub: str) -> dict[str, Step]:
    """What was done last to each element of a ticket's set, as far as it is known."""
    own = [event for event in ticket.events if event.kind == "field" and event.field == hub and event.known]
    found = {element: some[-1] for element, some in (set_steps.steps(own) or {}).items()}
    return found | ticket.fields[hub].steps


def withdrawn_here(tx: Tx, system: str, comment: str) -> bool:
    """Tell whether the copy that a comment is was taken back, or is just being so."""
    twin = twins.twin_at(tx, system, comment)
    if twin is not None and twin.withdrawn:
        return True
    under_way = [*actions.sent_anywhere(tx, "redact"), *actions.sent_anywhere(tx, "edit")]
    return any(
        one.content.get("twin") == comment and (one.kind == "redact" or one.content.get("redacts") is True)
        for one in under_way
    )
