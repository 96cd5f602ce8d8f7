# SPDX-License-Identifier: Apache-2.0
"""Follow-ups of closed tickets: ours, written like any create, and people's, which join the link of the closed one.

The follow-up is one more copy of the same origin: its link moves to it, and the closed ticket stays as a former
member, whose key is still found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tandem.connectors.base import Record
from tandem.core.closing import Policy, reopen_twin
from tandem.core.doc import doc, paragraph
from tandem.core.mapping import Kept, to_hub
from tandem.core.model import HubTicket
from tandem.core.plan import COMMENT, CREATE, REOPENED, Intent, LinkPlan, PairRules
from tandem.core.rules import Which
from tandem.core.values import Json
from tandem.errors import MappingError
from tandem.pipeline.compose_comments import comment, shown
from tandem.pipeline.environment import End, Run, log
from tandem.pipeline.scene import Scene, make_action
from tandem.pipeline.translate import canonical
from tandem.state import actions, links, origins, records, succession
from tandem.state.actions import Action
from tandem.state.links import Base
from tandem.state.records import Happened
from tandem.state.store import Tx
from tandem.state.succession import NEXT

GOES_ON = "This goes on from ticket {key}, which is closed."


@dataclass(frozen=True, slots=True)
class Opening:
    """How a follow-up begins: with a comment that waits (``said``), or with a line of ours."""

    cause: str
    mark: str
    description: Json
    said: Action | None


def policy(end: End) -> Policy:
    """What a side's contract and tracker make of its closed tickets."""
    return Policy(end.offer.closed, end.offer.follow_up_on, end.caps.reopens_closed, end.caps.redacts_closed)


def opening(tx: Tx, scene: Scene, intent: Intent) -> Opening:
    """Begin a follow-up with the first comment that waits, if it is one that all may read and that fits."""
    end, source = scene.run.end(intent.target), scene.run.end(intent.target.other)
    old, native = scene.records[intent.target], f"{scene.records[source.which].id}>{intent.follows}"
    mark = scene.run.store.vault.mark(scene.link.origin, source.system, native)
    said = _first_said(tx, scene, intent)
    if said is not None:
        return Opening(f"follow_up:{old.id}", mark, said.content["body"], said)
    line = shown(doc(paragraph(GOES_ON.format(key=old.key))))
    return Opening(f"follow_up:{old.id}", mark, end.connector.markup.render(line).native, None)


def _first_said(tx: Tx, scene: Scene, intent: Intent) -> Action | None:
    waiting = next((one for one in scene.plan.intents if one.kind == COMMENT and one.event is intent.event), None)
    if intent.event is None or waiting is None:
        return None
    made = list(comment(tx, scene, waiting, 0))
    if len(made) != 1 or made[0].kind != COMMENT or made[0].content["public"] is not True:
        return None  # it comes behind, as a comment: what all may read is no place for it, or it has several parts
    scene.plan.intents = [one for one in scene.plan.intents if one is not waiting]
    return made[0]


def create(
    scene: Scene, intent: Intent, seq: int, begun: Opening, native: dict[str, Json], bases: dict[str, Json]
) -> Iterator[Action]:
    """Plan the write that opens a follow-up: once for each closing, claimed at the closed ticket."""
    end = scene.run.end(intent.target)
    description = end.rule("description")
    native = {name: value for name, value in native.items() if description is None or name != description.native}
    first = description.native if description is not None else "description"
    causes, carries = [begun.cause], list(intent.carries)
    content: dict[str, Json] = {
        "mark": begun.mark,
        "follow_up_of": intent.follows,
        "native": {**native, first: begun.description},
        "fields": {hub: value for hub, value in intent.fields.items() if hub in bases or hub.startswith("twin.")},
        "bases": bases,
    }
    if begun.said is not None:
        said = begun.said.content
        causes += begun.said.causes
        content |= {"said": said["origin"], "origin": said["origin"], "heading": said["heading"]}
        content |= {part: said[part] for part in ("files", "body", "onward", "names", "reads")}
        more = said["carries"]
        carries += [int(str(id_)) for id_ in (more if isinstance(more, list) else [])]
    content["carries"] = list(dict.fromkeys(carries))
    yield make_action(scene, intent, seq, CREATE, causes, content)


def joined(tx: Tx, run: Run, end: End, action: Action, made: str, first_comment: str | None) -> None:
    """Take a follow-up that we made into its link, and its first comment as the twin of the one that waited."""
    link, old = action.link, str(action.content["follow_up_of"])
    now = links.links(tx, run.name, ids=[link])[link].members.get(end.which)
    succession.follow(
        tx, run.name, link, end.which, end.system, old, made, current=now is None or now.ticket in (old, made)
    )
    links.update_member(tx, run.name, end.which, made, state="seen")
    origins.put_presence(
        tx, of=links.links(tx, run.name, ids=[link])[link].origin, kind="ticket", system=end.system, native=made,
        place="", ticket=made, action=action.id,
    )  # fmt: skip
    said = action.content.get("said")
    if said is not None:
        origins.put_presence(
            tx, of=str(said), kind="comment", system=end.system, native=first_comment or f"first:{made}", place="",
            ticket=made, action=action.id, heading=str(action.content.get("heading") or ""),
            onward=action.content.get("onward") is True, names=str(action.content.get("names") or "none"),
        )  # fmt: skip


def plan_reopening(run: Run, plan: LinkPlan, ticket: HubTicket, twin: HubTicket, rules: PairRules) -> None:
    """Open the twin again where people went on in a follow-up, by a word that each of its maps has."""
    rule = run.end(twin.side).rule("status")
    if rule is not None:
        maps = [one.map for _, one in rule.maps()]
        reopen_twin(plan, ticket, twin, lambda status: all(status in one for one in maps), rules)


def meet(tx: Tx, run: Run, end: End, record: Record) -> bool:
    """Tell whether a ticket seen for the first time is the follow-up of a linked one. It joins when that is done.

    The link goes on to one: what people open beside the first follow-up of a ticket is a ticket of its own.
    """
    if record.follows is None:
        return False
    of = links.link_of(tx, run.name, end.which, [record.follows]).get(record.follows)
    if of is None or succession.has_next(tx, run.name, of, end.which):
        return False
    links.join(tx, run.name, of, end.which, record)
    links.update_member(tx, run.name, end.which, record.id, current=False, state=NEXT)
    links.update_links(tx, [of], run.env.now(), pending=True)  # that the old one is closed may be still to be read
    return True


def move_on(run: Run) -> None:
    """Let links go on to people's follow-ups, as soon as nothing of the closed tickets is on its way any more."""
    with run.store.read() as tx:
        waiting = {which: succession.next_members(tx, run.name, which, NEXT) for which in Which}
    for which, end in run.ends.items():
        if not waiting[which]:
            continue
        with run.store.begin(run.fence) as tx:
            for link, old, new in waiting[which]:
                if any(one.link == link for one in _unsure(tx, run)) or _is_busy(tx, run, end, old):
                    continue
                succession.follow(tx, run.name, link, which, end.system, old, new, current=True)
                origin = links.links(tx, run.name, ids=[link])[link].origin
                origins.put_presence(
                    tx, of=origin, kind="ticket", system=end.system, native=new, place="", ticket=new
                )  # fmt: skip
                happened = Happened(REOPENED, REOPENED, "", run.env.now(), {})
                records.add_events(tx, run.name, which, new, [happened])
                links.update_links(tx, [link], run.env.now(), pending=True, state="linked", reason="")
                log.info("%s %s goes on in its follow-up %s", end.offer.name, old, new)


def _unsure(tx: Tx, run: Run) -> Sequence[Action]:
    return [*actions.in_state(tx, run.name, ["sent"]), *actions.unsettled(tx, run.name)]


def _is_busy(tx: Tx, run: Run, end: End, old: str) -> bool:
    record = records.latest_records(tx, run.name, end.which, [old]).get(old)
    open_ = records.open_events(tx, run.name, end.which, [old]).get(old, [])
    return record is None or record.final is None or any(event.state not in ("parked", "conflict") for event in open_)


def begin(tx: Tx, run: Run, end: End, link: str, record: Record) -> None:
    """Set the bases of a link that went on to people's follow-up.

    Its description is the side's base and never offered; what is empty in it says nothing. A status that says nothing
    is its base too: that the twin is opened again is an event of its own.
    """
    old = links.bases(tx, [link]).get((link, end.which), {})
    moved: dict[str, Base] = {}
    for hub, rule in end.offer.fields.items():
        if rule.of_twin or rule.native not in record.fields:
            continue
        native = record.fields[rule.native]
        shows = canonical(end, hub, native, record)
        if hub == "description" or hub not in old or shows in (None, []) or _says_nothing(end, hub, record):
            moved[hub] = Base(shows, end.mapping)
    links.set_bases(tx, link, end.which, moved)


def keep_description(tx: Tx, run: Run, end: End, link: str, record: Record) -> None:
    """What becomes of a follow-up's description later on, as when it is blacked out, is never offered either."""
    rule = end.rule("description")
    if record.follows is None or rule is None or rule.native not in record.fields:
        return
    if succession.has_gone_on(tx, run.name, link, end.which):
        shows = canonical(end, "description", record.fields[rule.native], record)
        links.set_bases(tx, link, end.which, {"description": Base(shows, end.mapping)})


def _says_nothing(end: End, hub: str, record: Record) -> bool:
    rule = end.rule_for(hub, record)
    try:
        return isinstance(to_hub(rule, record.fields[rule.native], end.terms(rule.native, record)), Kept)
    except MappingError:
        return False
