# SPDX-License-Identifier: Apache-2.0
"""What a task of a run is given: the job, the installation, and both ends with their connectors."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from tandem.config import scope_ids
from tandem.config import ways as way_names
from tandem.config.identity import mapping_hash
from tandem.config.models import FieldRule, Pair, People
from tandem.config.models import Side as Offer
from tandem.connectors.base import Capabilities, Connector, Entry, Recalls, Record
from tandem.core.mapping import Said, Terms, to_hub
from tandem.core.plan import FieldPlan, PairRules
from tandem.core.rules import Choices, Which
from tandem.core.values import Json
from tandem.errors import MappingError
from tandem.markup import Plain
from tandem.state.store import Fence, Store, utc_now
from tandem.traffic import TRAFFIC

log = logging.getLogger("tandem")

LINES = "lines"  # kind of a field whose text has no markup, whatever comments have


@dataclass(frozen=True, slots=True)
class Job:
    """What one task is asked to do. Ids, dates, flags and numbers only."""

    pair: str
    run_id: str
    kind: str = "manual"  # scheduled, manual, backfill, cli
    try_number: int = 1
    window: tuple[datetime, datetime] | None = None
    tickets: tuple[str, ...] = ()
    dry_run: bool = False
    variable: str | None = None  # read by extract alone


OVER = frozenset({"set", "rich"})  # kinds of fields of which some is kept when they are written over
AT_ONCE = 200  # links that one transaction writes: meanwhile other pairs wait, and no lease is renewed

Progress = Callable[[str, int, int], None]  # phase, done, total


def _silent(phase: str, done: int, total: int) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Environment:
    """The installation: files, state, connectors to the trackers, a clock."""

    root: Path  # holds contracts/ and pairs/
    store: Store
    connect: Callable[[Offer], Connector]  # nothing is asked of the tracker yet
    now: Callable[[], datetime] = utc_now
    sleep: Callable[[float], None] = time.sleep
    progress: Progress = _silent


class Placed(Protocol):
    """What the choice of a map asks of a ticket: a record tells it, and :class:`Spot` of one still to be made."""

    @property
    def place(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def in_scope(self) -> bool: ...
    @property
    def fields(self) -> Mapping[str, Json]: ...


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a ticket will lie, of what type it will be, and what its fields will show."""

    place: str
    type: str
    in_scope: bool = True
    fields: Mapping[str, Json] = field(default_factory=dict)


@dataclass
class End:
    """One side in a run: its offer, its connector, its dictionary."""

    which: Which
    offer: Offer
    connector: Connector
    dictionary: Mapping[str, Choices] = field(default_factory=dict)
    offset: float = 0.0  # the tracker's clock minus ours, in seconds
    account: str = ""
    inactive: frozenset[str] = frozenset()  # accounts of the people file that were deactivated, at the last preflight
    mentions: Mapping[str, str] = field(default_factory=dict)  # account → the id by which texts there call it
    offered: Mapping[str, str] = field(default_factory=dict)  # since when comments and files of a kind are offered
    own: Mapping[str, bool | int | None] = field(default_factory=dict)  # what the last preflight told of this place
    row: Mapping[str, Any] = field(default_factory=dict)  # the side's row: whoever holds the lease alone changes it
    bound: scope_ids.Bound = field(default_factory=dict)  # the ids by which the connector knows the scope
    ways: way_names.Bound = field(default_factory=dict)  # the ids of the transitions that the contract names
    learnt: Mapping[str, Json] = field(default_factory=dict)  # by the last preflight, for connectors made since

    def __post_init__(self) -> None:
        self.learn(self.dictionary)

    def learn(self, dictionary: Mapping[str, Choices]) -> None:
        """Take a tracker's dictionary. A field that says no kind holds markup if its tracker's does."""
        self.dictionary = dictionary
        marked_up = {
            hub: replace(rule, kind="rich")
            for hub, rule in self.offer.fields.items()
            if rule.kind == "scalar" and not rule.map and dictionary.get(rule.native, Choices()).kind == "rich"
        }
        self.offer = replace(self.offer, fields={**self.offer.fields, **marked_up}) if marked_up else self.offer

    def recall(self, learnt: Mapping[str, Json]) -> None:
        """Let the connector take up what the last preflight learnt, if it can: then it need not ask that again."""
        self.learnt = learnt
        if isinstance(self.connector, Recalls):
            self.connector.recall(learnt)

    @property
    def system(self) -> str:
        """Tells this tracker from others in the whole installation."""
        return self.offer.connection

    @property
    def caps(self) -> Capabilities:
        return self.connector.capabilities

    @property
    def private_comments(self) -> bool:
        """Whether there are internal comments at this very place."""
        told = self.own.get("private_comments")
        return self.caps.private_comments if told is None else bool(told)

    @property
    def max_file(self) -> int:
        """The largest file that this very place takes, in bytes."""
        told = self.own.get("max_file")
        return self.caps.max_file if told is None else int(told)

    @cached_property
    def mapping(self) -> str:
        """Hash of the contract's mapping."""
        return mapping_hash(self.offer)

    def rule(self, hub: str) -> FieldRule | None:
        return self.offer.fields.get(hub)

    def rule_for(self, hub: str, ticket: Placed) -> FieldRule:
        """Give the rule in force for a ticket: its place, its type and its hub values may choose the map.

        Raises:
            MappingError: it depends on more than the place, and that is not told of a ticket out of scope.
        """
        rule = self.offer.fields[hub]
        return rule.maps()[self.map_for(hub, ticket)][1] if rule.when else rule

    def map_for(self, hub: str, ticket: Placed) -> int:
        """Give the number of the map in force among all that a field has.

        Raises:
            MappingError: as :meth:`rule_for`.
        """
        rule = self.offer.fields[hub]
        if not rule.when:
            return 0
        chosen = rule.map_at(*self.spot_words(ticket), lambda name: self._shows(name, ticket))
        if chosen is None:
            raise MappingError(f"Which map of {hub} is in force cannot be told out of scope.", fields=[hub])
        return chosen

    def spot_words(self, ticket: Placed) -> tuple[set[str], set[str] | None]:
        """Give all words for a ticket's place and its type; of one out of scope the type is not told."""
        types = self._words(self.caps.type_field, ticket.type) if ticket.in_scope else None
        return self._words(self.caps.place_field, ticket.place), types

    @property
    def people(self) -> People:
        """The company's map of people, of which nobody is written who was deactivated; with how texts call them."""
        if not self.inactive and not self.mentions:
            return self.offer.people
        return replace(self.offer.people, inactive=self.inactive, mentions=self.mentions)

    def _shows(self, hub: str, ticket: Placed) -> Json:
        """What a field that others depend on says; nothing, if it has no word for it."""
        rule = self.rule_for(hub, ticket)
        try:
            said = to_hub(rule, ticket.fields.get(rule.native), self.terms(rule.native))
        except MappingError:
            return None
        return said.value if isinstance(said, Said) else None

    def _words(self, native: str, value: str) -> set[str]:
        """All words for a value: itself, its id, its name, and the names that are bound to it."""
        choices = self.dictionary.get(native, Choices())
        same = {value, choices.id_of(value), choices.name_of(value)}
        return same | {name for name, id_ in choices.ids.items() if id_ in same}

    def bound_value(self, native: str, value: Json) -> Json:
        """Bind the names in a value that the contract itself gives, one or a list, to their ids."""
        choices = self.dictionary.get(native, Choices())
        if isinstance(value, list):
            return [choices.id_of(item) if isinstance(item, str) else item for item in value]
        return choices.id_of(value) if isinstance(value, str) else value

    def hub_of(self, native: str) -> str | None:
        """Give the hub field that a native field stands for."""
        return next((hub for hub, rule in self.offer.fields.items() if rule.native == native), None)

    def our_time(self, moment: datetime) -> datetime:
        """Tell an instant of the tracker's clock in ours."""
        return moment - timedelta(seconds=self.offset)

    def named_ways(self) -> dict[str, tuple[str, ...]]:
        """The transitions that the contract calls by name: status → names."""
        status = self.offer.fields.get("status")
        choices = self.dictionary.get(status.native, Choices()) if status is not None else Choices()
        return {choices.id_of(to): rule.by for to, rule in self.offer.transitions.items() if rule.by}

    def by_person(self, entry: Entry) -> bool:
        """Tell whether a person made a change: neither a rule of the tracker's own nor a listed automation."""
        return not entry.by_rule and not {entry.author.id, entry.author.name} & set(self.offer.automations)

    def terms(self, native: str, record: Record | None = None) -> Terms:
        """Give what is needed to read and write a field of a record."""
        people = record.people if record else {}
        choices, markup = self.dictionary.get(native, Choices()), self.connector.markup
        return Terms(
            choices=choices,
            people=self.people,
            markup=Plain(markup.hosts, self.caps.utf16) if choices.kind == LINES else markup,
            emails={account: person.email.lower() for account, person in people.items() if person.email},
            zone=self.offer.zone,
            due_hour=self.offer.due_hour,
            life_cycle_ends=self.caps.life_cycle_ends,
            label_allowed=self.caps.label_allowed,
            label_max=self.caps.label_max,
            utf16=self.caps.utf16,
        )


@dataclass
class Run:
    """One task's view of a run."""

    job: Job
    env: Environment
    pair: Pair
    fence: Fence
    ends: Mapping[Which, End]
    _sent_before: Mapping[str, int] = field(default_factory=TRAFFIC.sent)

    def requests(self) -> dict[str, int]:
        """Requests that this task has sent so far, by side."""
        sent = TRAFFIC.sent()
        before = self._sent_before
        return {which.value: sent.get(end.system, 0) - before.get(end.system, 0) for which, end in self.ends.items()}

    @property
    def store(self) -> Store:
        return self.env.store

    @property
    def name(self) -> str:
        return self.pair.name

    def end(self, which: Which) -> End:
        return self.ends[which]

    @cached_property
    def rules(self) -> PairRules:
        """What the pair says of each field that both offers know."""
        fields: dict[str, FieldPlan] = {}
        left, right = self.end(Which.LEFT), self.end(Which.RIGHT)
        for hub in left.offer.fields.keys() & right.offer.fields.keys():
            if left.offer.fields[hub].of_twin or right.offer.fields[hub].of_twin:
                continue
            rules = {Which.LEFT: left.offer.fields[hub], Which.RIGHT: right.offer.fields[hub]}
            ways = frozenset(which for which in Which if rules[which].comes_in and rules[which.other].goes_out)
            fields[hub] = FieldPlan(
                hub=hub,
                ways=ways,
                rule=self.pair.conflicts.rule(hub),
                a_set=rules[Which.LEFT].kind == "set",
                once=frozenset(which for which in Which if rules[which].once),
                on_change={which: rule.on_change for which, rule in rules.items() if rule.on_change},
                over=frozenset(which for which in Which if rules[which].kind in OVER),
            )
        return PairRules(
            fields=fields,
            tie=Which(self.pair.tie),
            workflow=frozenset(which for which, end in self.ends.items() if end.caps.workflow),
            creates=frozenset(which for which, end in self.ends.items() if end.offer.create is not None),
            takes_comments=frozenset(Which),
            takes_files=frozenset(which for which, end in self.ends.items() if end.offer.attachments is not None),
            twins={
                which: frozenset(hub for hub, rule in end.offer.fields.items() if rule.of_twin)
                for which, end in self.ends.items()
            },
        )
