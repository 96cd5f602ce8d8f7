# SPDX-License-Identifier: Apache-2.0
"""A pair as it is written: two offers by name, and the rules between them. It holds no native field name."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictInt, StringConstraints, WithJsonSchema

from tandem.config.codes import Code
from tandem.config.models import Rule, Which
from tandem.config.written import Duration, Email, Emails, Schedule, Share, Texts, Written, wrong


def _start(value: Any) -> Any:
    if value in ("now", "open", "all") or not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        fix = "Write now, open, all, or a date such as 2026-01-31."
        raise wrong(Code.WRONG_VALUE, f"`{value}` is no start.", fix) from None


def _priority(value: Any) -> Any:
    if str(value) not in ("1", "2", "3", "4"):
        raise wrong(Code.HUB_VALUE, f"`{value}` is no priority.", "Priorities are 1, 2, 3 and 4; 1 is the most urgent.")
    return int(value)


Start = Annotated[
    Any,
    BeforeValidator(_start),
    WithJsonSchema(
        {"anyOf": [{"enum": ["now", "open", "all"]}, {"type": "string", "format": "date", "title": "date"}]}
    ),
]
Priority = Annotated[int, BeforeValidator(_priority)]
Count = Annotated[StrictInt, Field(ge=1)]
Reference = Annotated[
    str,
    StringConstraints(pattern=r"^[\w.-]+(/[\w.-]+)?$", max_length=90),
    WithJsonSchema({"type": "string", "title": "contract, or contract/offer"}),
]


class LimitsSpec(Written):
    """What one run may do without asking; the first two are per interval of the schedule."""

    creates: Count = Field(500, description="Tickets created at one side.")
    closes: Count = Field(500, description="Tickets closed at one side.")
    changed_share: Share | None = Field(
        None, description="Share of the linked tickets that a run changes, from 50 links on. Default: no limit."
    )


class ServiceLevelSpec(Written):
    resolve: Duration = Field(description="From creation to solved, end to end.")


class PeopleSpec(Written):
    """Who is mailed: e-mail addresses."""

    responsible: Emails = Field(description="Who acts when something goes wrong.", min_length=1)
    accountable: Email = Field(description="Who answers for the pair.")
    informed: Emails = Field((), description="Who is told.")


class PairFile(Written):
    """`include/pairs/<left>__<right>.yaml`: which two offers are kept in step, when and by which rules."""

    left: Reference = Field(
        description="A contract's file name without `.yaml`; the offer, if it has several: `infinity-jira/customers`."
    )
    right: Reference = Field(description="The other side, likewise.")
    schedule: Schedule = Field(description="When it runs: five fields of cron, in quotes.")
    deadline: Duration = Field(description="How long a run may take before people are mailed.")
    people: PeopleSpec = Field(description="Who is mailed, and about what.")
    conflicts: dict[str, Rule] = Field(
        {},
        description="Hub field, or `default` → who wins where both sides changed it apart: `left`, `right`, the "
        "`newest` change, or `hold` for a person. Default: `newest` where both sides have a readable history, "
        "else `hold`.",
    )
    tie: Which = Field("left", description="Who wins under `newest` where both changed within 5 s.")
    start: Start = Field(
        "now",
        description="Which existing tickets are taken: those made from `now` on, the `open` ones, `all`, or those "
        "made since a date.",
    )
    ordering: Literal["ticket", "strict"] = Field(
        "ticket", description="Order is kept within each ticket, or (slower) over the whole pair."
    )
    past: Literal["all", "none"] = Field(
        "all", description="Whether a ticket that comes into scope brings along its earlier comments and files."
    )
    on_leave: Literal["silent", "note"] = Field(
        "silent", description="Whether the other side is told when a ticket leaves the scope."
    )
    on_return: Literal["drop", "send"] = Field(
        "drop", description="What becomes of changes made while a ticket was out of scope."
    )
    limits: LimitsSpec = Field(LimitsSpec(), description="Beyond these a run stops before its first write.")
    service_levels: dict[Priority, ServiceLevelSpec] = Field({}, description="Priority → what was promised.")
    insist: Texts = Field(
        (),
        description="Hub fields that are written again if a tracker changes them by itself, where its history tells "
        "that.",
    )
    values: dict[str, Texts] = Field({}, description="Hub field → hub values beyond the known ones.")
