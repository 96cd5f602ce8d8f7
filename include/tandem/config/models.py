# SPDX-License-Identifier: Apache-2.0
"""A pair as the engine reads it: both offers resolved, every default filled in, nothing to look up any more.

Files are read by :func:`tandem.config.load_pair`; what people write there is described in ``contract.py``,
``pair.py`` and ``people.py``. Everything here is frozen: one run uses one configuration from start to end
(:func:`tandem.config.freeze` and :func:`tandem.config.thaw` carry it from task to task). Sizes are in bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import GetPydanticSchema
from pydantic_core import core_schema

from tandem.config.field_rules import TWIN, Direction, FieldRule, HubValue, Kind, Names, WhenRule, hub_value
from tandem.connectors.base import Condition
from tandem.core.values import Json
from tandem.errors import Problem

__all__ = [
    "NOBODY",
    "TWIN",
    "AttachmentRule",
    "Batch",
    "CommentRule",
    "ConflictRules",
    "Direction",
    "FieldRule",
    "HubValue",
    "Kind",
    "Limits",
    "Names",
    "Pair",
    "PairPeople",
    "People",
    "Rule",
    "Scope",
    "ServiceLevel",
    "Side",
    "TransitionRule",
    "WhenRule",
    "Which",
    "hub_value",
    "shown",
]

Which = Literal["left", "right"]
Rule = Literal["left", "right", "newest", "hold"]

NOBODY = "none"
"""As a ``fallback`` of people: write the field empty."""


def shown(file: Path) -> str:
    """Write a file's name for messages: short where it stands below the working directory."""
    return str(file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file)


def _conditions(stored: list[Condition | dict[str, Json]]) -> tuple[Condition, ...]:
    return tuple(
        item if isinstance(item, Condition) else Condition(**{**item, "in_": tuple(item["in_"])})  # type: ignore[arg-type]
        for item in stored
    )


# How pydantic stores what it cannot describe: the alias Json names itself.
AnyJson = Annotated[Json, GetPydanticSchema(lambda _type, _next: core_schema.any_schema())]
Scope = Annotated[
    tuple[Condition, ...],
    GetPydanticSchema(
        lambda _type, _next: core_schema.no_info_plain_validator_function(
            _conditions,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda scope: [asdict(item) for item in scope]
            ),
        )
    ),
]


@dataclass(frozen=True, slots=True)
class TransitionRule:
    """How a native status is reached: by which transition, and what its screen is filled with.

    Of several names the first counts that is a transition from where a ticket stands; none: whatever leads there.
    """

    by: tuple[str, ...] = ()
    fields: Mapping[str, AnyJson] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CommentRule:
    """Which comments leave this side, and how the other side's are written here."""

    out: Literal["public", "all", "none"] = "none"
    as_: Literal["public", "internal"] = "public"
    names: Literal["full", "company", "none"] = "company"
    onward: bool = False
    in_: str = ""  # heading over a comment that came in, for tandem.config.template.render


@dataclass(frozen=True, slots=True)
class AttachmentRule:
    """Which files travel. ``allow`` and ``deny`` hold media types (``image/*``) and endings (``.exe``)."""

    unreferenced: Literal["send", "hold"]
    up_to: int | None = None
    allow: tuple[str, ...] = ()  # empty: all that are not denied
    deny: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class People:
    """One company's map of people to its own accounts, for one side."""

    accounts: Mapping[str, str] = field(default_factory=dict)  # alias (lower-case e-mail) → account id
    file: Path | None = None
    inactive: Names = frozenset()  # accounts that were deactivated: they are read, and never written
    mentions: Mapping[str, str] = field(default_factory=dict)  # account → the id by which texts call it, if another

    def account(self, alias: str) -> str | None:
        """Give the account that stands for an alias here, if it can be given anything."""
        account = self.accounts.get(alias.lower())
        return None if account in self.inactive else account

    def alias(self, account: str) -> str | None:
        """Give the alias of an account (an account has one alias at most)."""
        return next((alias for alias, known in self.accounts.items() if known == account), None)

    def mention(self, alias: str) -> str | None:
        """Give the id by which a text here calls whom an alias stands for; none where nobody is to be called."""
        account = self.account(alias)
        return self.mentions.get(account, account) if account else None

    def mentioned(self, id_: str) -> str | None:
        """Give the alias of whom a text here calls by an id."""
        account = next((one for one, own in self.mentions.items() if own.casefold() == id_.casefold()), id_)
        return self.alias(account)


@dataclass(frozen=True, slots=True)
class Side:
    """One offer of one company's contract, resolved."""

    name: str  # as the pair file names it: "infinity-jira/customers"
    contract: str  # the file's name: "infinity-jira"
    offer: str | None
    company: str
    system: str
    connection: str
    file: Path
    zone: str = "UTC"
    due_hour: int = 17  # hour of the day, in ``zone``, at which a day without a time is due
    automations: tuple[str, ...] = ()
    search_delay: timedelta | None = None  # overrides what the connector knows
    options: Mapping[str, str] = field(default_factory=dict)  # what only this kind of tracker must be told
    fields: Mapping[str, FieldRule] = field(default_factory=dict)  # by hub field
    sent: Mapping[str, FieldRule] = field(default_factory=dict)  # by hub field: what is composed for the other side
    transitions: Mapping[str, TransitionRule] = field(default_factory=dict)  # by native status
    closed: Literal["reopen", "follow_up", "quarantine"] = "quarantine"
    follow_up_on: Literal["reopen", "comment"] = "reopen"
    on_delete: Literal["silent", "note"] = "silent"
    scope: Scope = ()
    query: str | None = None
    comments: CommentRule = CommentRule()
    attachments: AttachmentRule | None = None  # None: no files travel
    reveal: Names = frozenset()  # of "key", "url", "status"
    create: Mapping[str, AnyJson] | None = None  # None: nothing is created here
    private_first: Literal["skip", "withhold"] = "skip"
    on_edit: Literal["edit", "comment"] = "edit"
    on_redact: Literal["follow", "keep"] = "follow"
    people: People = People()
    lines: Mapping[str, int] = field(default_factory=dict)  # of the whole file, by dotted key

    @property
    def conditions(self) -> frozenset[str]:
        """The hub fields on which the maps of others depend."""
        return frozenset(name for rule in self.fields.values() for entry in rule.when for name in entry.where)

    def key_of(self, key: str) -> str:
        """Give the full key in the contract's file of a key as the offer has it: ``offers.customers.scope``."""
        parts = key.split(".")
        whole = 1 if parts[0] != "fields" else 3 if key.startswith(f"fields.{TWIN}") else 2
        replaced = ".".join(parts[:whole])  # what an offer replaces as a whole
        return f"offers.{self.offer}.{key}" if f"offers.{self.offer}.{replaced}" in self.lines else key

    def has(self, key: str) -> bool:
        """Tell whether the file says anything at a key."""
        return self.key_of(key) in self.lines

    def line_of(self, key: str) -> int | None:
        """Give the line of a key (``fields.status.map.solved``), or of the nearest key above it."""
        above = key
        while above:
            if line := self.lines.get(self.key_of(above)):
                return line
            above = above.rpartition(".")[0]
        return self.lines.get(f"offers.{self.offer}", self.lines.get(""))

    def problem(self, code: str, what: str, fix: str, key: str, *, warning: bool = False) -> Problem:
        """Say what is wrong at a key of this side's contract."""
        return Problem(
            code,
            what,
            fix,
            where=self.name,
            file=shown(self.file),
            line=self.line_of(key),
            key=self.key_of(key),
            warning=warning,
        )


@dataclass(frozen=True, slots=True)
class ConflictRules:
    """Who wins where both sides changed one field apart."""

    default: Rule = "hold"
    fields: Mapping[str, Rule] = field(default_factory=dict)

    def rule(self, hub: str) -> Rule:
        """Give the rule for a hub field."""
        return self.fields.get(hub, self.default)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may do without asking, per interval of the schedule. ``changed_share`` is of 1."""

    creates: int = 500
    closes: int = 500
    changed_share: float | None = None


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """What was promised for tickets of one priority, end to end."""

    resolve: timedelta


@dataclass(frozen=True, slots=True)
class PairPeople:
    """E-mail addresses: who acts, who answers for it, who is told."""

    responsible: tuple[str, ...]
    accountable: str
    informed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Upper bounds for the tickets in one call. None: as many as the tracker takes."""

    fetch: int | None = None
    write: int | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two offers joined, ready to run."""

    name: str  # the file's name: "mercuri-zendesk__infinity-jira"
    left: Side
    right: Side
    schedule: str  # cron, as in the file
    interval: timedelta  # smallest distance between two of its times
    deadline: timedelta
    people: PairPeople
    conflicts: ConflictRules = ConflictRules()
    tie: Which = "left"
    start: Literal["now", "open", "all"] | date = "now"
    ordering: Literal["ticket", "strict"] = "ticket"
    past: Literal["all", "none"] = "all"
    on_leave: Literal["silent", "note"] = "silent"
    on_return: Literal["drop", "send"] = "drop"
    limits: Limits = Limits()
    service_levels: Mapping[int, ServiceLevel] = field(default_factory=dict)  # by priority
    insist: Names = frozenset()  # hub fields whose changes by a tracker itself are undone
    values: Mapping[str, tuple[HubValue, ...]] = field(
        default_factory=dict
    )  # hub values beyond the known ones, by field
    enabled: bool = True
    batch: Batch = Batch()
    files: tuple[Path, ...] = ()  # every file that this pair was made from
    warnings: tuple[Problem, ...] = ()

    def side(self, which: Which) -> Side:
        return self.left if which == "left" else self.right


@dataclass(frozen=True, slots=True)
class BrokenPair:
    """A pair whose files cannot be used, and all that is wrong with them.

    ``pair`` is what the files say all the same, and ``sides`` are those that can be made out: to look at, not to run.
    """

    name: str
    file: Path
    problems: tuple[Problem, ...]
    pair: Pair | None = None
    sides: tuple[Side, ...] = ()
