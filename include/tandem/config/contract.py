# SPDX-License-Identifier: Apache-2.0
"""A contract as a company writes it: what it offers from one system, and how it takes in what others send.

The descriptions are printed in ``docs/reference/contract.md`` and shown by editors.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StrictBool, StrictInt, WithJsonSchema, model_validator

from tandem.config import template
from tandem.config.codes import Code
from tandem.config.composed import FILTERS
from tandem.config.models import Direction, Kind
from tandem.config.written import (
    Choice,
    Choices,
    Composed,
    Duration,
    Heading,
    Native,
    Short,
    Size,
    Text,
    Texts,
    Written,
    optional_none,
    wrong,
)

REMOVED = "none"
"""As a field's native name: the offer leaves the field out."""


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        fix = "Write a name of the time zone database, such as Europe/Brussels."
        raise wrong(Code.WRONG_VALUE, f"`{value}` is no time zone.", fix) from None
    return value


def _short_field(value: Any) -> Any:
    return {"field": value} if isinstance(value, str | int) and not isinstance(value, bool) else value


def _short_transition(value: Any) -> Any:
    return {"by": value} if isinstance(value, str) else value


Zone = Annotated[str, AfterValidator(_zone), WithJsonSchema({"type": "string", "title": "time zone"})]


class Otherwise(Written):
    """What stands in for values that the map does not name."""

    out: Text | None = Field(None, description="Hub value that is sent for a native value not in the map.")
    in_: Text | None = Field(
        None, alias="in", description="Native value that is written for a hub value not in the map."
    )


class WhenSpec(Written):
    """Another map or text, for tickets of some places, types or hub values. Of several the first that fits counts."""

    place: Texts = Field(
        (),
        description="Where the ticket lies: a Jira project's key, a Zendesk brand's name, a ServiceNow table. "
        "One of a list is enough.",
    )
    type: Texts = Field(
        (), description="The ticket's native type: a Jira issue type's name, a Zendesk `type`. With `place`, both fit."
    )
    where: dict[str, Texts] = Field(
        {},
        description="Hub field → its value, or some of which it has one: `{type: bug, priority: [1, 2]}`. All must "
        "fit. Fields whose own map does not depend on others.",
    )
    map: dict[str, Choices] = Field({}, description="Hub value → native name, in place of the field's own map.")
    template: Composed | None = Field(None, description="In place of the field's own `template` or `value`.")
    value: Choice | None = Field(None, description="In place of the field's own `template` or `value`.")
    otherwise: Otherwise | None = Field(None, description="In place of the field's own. Default: the field's.")
    ignore: Texts | None = Field(None, description="In place of the field's own. Default: the field's.")

    @model_validator(mode="after")
    def _somewhere(self) -> WhenSpec:
        if not (self.place or self.type or self.where):
            fix = "Write `place: …`, `type: …` or `where: …`; what holds for all other tickets is the field's own."
            raise wrong(Code.WRONG_VALUE, "The entry does not say for which tickets it is.", fix)
        if sum((bool(self.map), self.template is not None, self.value is not None)) != 1:
            fix = "Write one of `map: …`, `template: …`, `value: …`."
            raise wrong(Code.WRONG_VALUE, "The entry does not say what holds for its tickets.", fix)
        return self


class FieldSpec(Written):
    """One field. `title: summary` is short for `title: {field: summary}`; in an offer, `title: none` leaves it out."""

    field: Text | None = Field(
        None,
        description="Name of the native field, as the tracker's API calls it. Left out where what leaves is composed.",
    )
    kind: Kind | None = Field(
        None, description="Of `x_…` fields: what it holds. Default: `choice` where there is a `map`, else `scalar`."
    )
    map: dict[str, Choices] = Field(
        {},
        description='Hub value → native name, or a list of them: the first is written, all are read; `""` is an empty '
        "field. Required for `status`, `priority` and `type`. Of a list (`kind: set`) it is for each element.",
    )
    otherwise: Otherwise = Field(
        Otherwise(), description="For values that the map does not name; without it the ticket is quarantined."
    )
    ignore: Texts = Field((), description="Native values that are no value: the field keeps what it last agreed on.")
    when: tuple[WhenSpec, ...] = Field(
        (), description="Other maps (or texts) for tickets of some places, types and hub values."
    )
    template: Composed | None = Field(
        None,
        description="Of `x_…` fields that are only written: text composed of hub fields that come in, and of "
        "`twin.key`, `twin.url`, `twin.status`, `twin.company`: `{{ twin.key }}: {{ title | truncate(60) }}`. "
        "With `direction: out`, also of `title` (which may use itself): text composed for the other side, of hub "
        "fields that are offered, and of `own.key`, `own.url`, `own.status`, `own.company`, as far as revealed. "
        "Jinja without calls and loops; filters: " + ", ".join(f"`{name}`" for name in FILTERS) + ".",
    )
    value: Choice | None = Field(
        None,
        description="Of `x_…` fields that are only written: this value, when a ticket is made and with each later "
        "write; with `once` at creation alone. With `direction: out`, also of `type` and `priority`: this is sent.",
    )
    direction: Direction = Field(
        "both", description="`out`: offered only. `in`: taken in only (`twin.…` fields always are)."
    )
    once: StrictBool = Field(False, description="Written when a ticket is created, never again.")
    on_change: Literal["comment", "ignore"] | None = Field(
        None,
        description="What a later change from the other side does, where the tracker sets this field at creation only "
        "(Zendesk's `description`). Required there, unless the field only goes out or is `once`.",
    )
    too_long: Literal["comment", "cut", "quarantine"] = Field(
        "quarantine",
        description="What is done with a text that the tracker's field does not hold: the rest goes as a `comment`; or "
        "it is `cut` (a line ends in `…`, a text in a note), and the rest stays at its origin; or the ticket waits.",
    )
    fallback: Text | None = Field(
        None,
        description="Of people: alias to write for someone unknown here, or `none` to leave the field empty. "
        "Without it the field is left as it is.",
    )
    only: Texts | None = Field(None, description="Of labels: the only ones that are offered and taken. Default: all.")

    @property
    def says(self) -> bool:
        """Whether the contract itself says what is written, or sent."""
        own = (self.template, self.value, *(one.template for one in self.when), *(one.value for one in self.when))
        return any(text is not None for text in own)

    @property
    def leaves(self) -> bool:
        """Whether it is composed for the other side."""
        return self.says and self.direction == "out"

    @model_validator(mode="after")
    def _somewhere(self) -> FieldSpec:
        if self.field is None and not self.leaves:
            raise wrong(Code.MISSING, "`field` is missing.", "Add `field:`, the name of the tracker's own field.")
        return self


class Condition(Written):
    """One condition on a native field: exactly one of `is`, `in`, `contains`, `set`. All conditions must hold."""

    field: Text = Field(description="Name of the native field.")
    is_: Native = Field(None, alias="is", description="The field has this value, as people see it.")
    in_: Texts = Field((), alias="in", description="The field has one of these values.")
    contains: Text | None = Field(None, description="The field is a list or text that contains this.")
    set_: StrictBool | None = Field(None, alias="set", description="`true`: the field is not empty; `false`: it is.")

    @model_validator(mode="after")
    def _one(self) -> Condition:
        given = self.model_fields_set - {"field"}
        if len(given) != 1 or isinstance(self.is_, dict | list) or ("is_" in given and self.is_ is None):
            fix = "Write one of: {field: project, is: SHOP}, {…, in: [A, B]}, {…, contains: word}, {…, set: true}."
            raise wrong(Code.WRONG_VALUE, f"The condition on `{self.field}` does not have exactly one test.", fix)
        return self


class TransitionSpec(Written):
    """How a status is reached. `Done: Finish` is short for `Done: {by: Finish}`."""

    by: Texts = Field(
        (),
        description="The transition's name; several where places or types call it otherwise: the first that leads on "
        "from where the ticket stands. Required where several transitions lead to the status.",
    )
    fields: dict[str, Native] = Field({}, description="Native fields that the transition's screen asks for.")


class Comments(Written):
    out: Literal["public", "all", "none"] = Field(
        "none", description="Which comments leave. `all` (internal ones too) only within one company."
    )
    as_: Literal["public", "internal"] | None = Field(
        None,
        alias="as",
        description="How comments are written that come in. Required where the tracker has both kinds.",
    )
    names: Literal["full", "company", "none"] = Field("company", description="How the author is named to others.")
    onward: StrictBool = Field(False, description="Whether the other side may pass comments and files on.")
    in_: Heading = Field(
        template.DEFAULT,
        alias="in",
        description="Heading over a comment that comes in. Names: "
        + ", ".join(f"`{{{{ {name} }}}}`" for name in template.NAMES)
        + ".",
    )


class Attachments(Written):
    unreferenced: Literal["send", "hold"] | None = Field(
        None, description="What becomes of files that no text of the ticket shows. Required."
    )
    up_to: Size | None = Field(None, description="Largest file, both ways. Default: what the trackers take.")
    allow: Texts = Field((), description="Media types (`image/*`) and endings (`.pdf`) that travel. Default: all.")
    deny: Texts = Field((), description="Media types and endings that do not travel; goes before `allow`.")


class Offer(Written):
    """What one pair joins. A key given here replaces the contract's of the same name, `fields` one by one."""

    fields: dict[
        str,
        Annotated[FieldSpec, Short(_short_field, {"type": ["string", "integer"], "title": "native field, or none"})],
    ] = Field(
        {},
        description="Hub field → native field. Hub fields: `title`, `description`, `type`, `status`, `priority`, "
        "`assignee`, `reporter`, `labels`, `due`, and `x_…` as agreed with the other side. `twin.key`, `twin.url`, "
        "`twin.status` and `twin.company` show what the other side reveals of its ticket.",
    )
    transitions: dict[
        str, Annotated[TransitionSpec, Short(_short_transition, {"type": "string", "title": "name of the transition"})]
    ] = Field({}, description="Native status → how it is reached, where the tracker has a workflow.")
    closed: Literal["reopen", "follow_up", "quarantine"] = Field(
        "quarantine", description="What is done when something arrives for a closed ticket. Zendesk cannot `reopen`."
    )
    follow_up_on: Literal["reopen", "comment"] = Field(
        "reopen", description="With `closed: follow_up`: what opens the follow-up ticket."
    )
    on_delete: Literal["silent", "note"] = Field(
        "silent", description="Whether the other side is told, once and neutrally, when a ticket is deleted here."
    )
    scope: tuple[Condition, ...] | None = Field(
        None, description="Which tickets are offered: all conditions hold. Required. `[]` is every ticket."
    )
    query: str | None = Field(None, description="A query in the tracker's own language that narrows the scope further.")
    comments: Comments = Field(Comments(), description="Which comments leave, and how they are written here.")
    attachments: Annotated[Attachments | None, Short(optional_none, {"const": "none"})] = Field(
        None, description="Which files travel. Default: `none`."
    )
    reveal: tuple[Literal["key", "url", "status"], ...] = Field(
        (), description="What the other side may be told about the ticket here."
    )
    create: Annotated[dict[str, Native] | None, Short(optional_none, {"const": "none"})] = Field(
        None,
        description="Native values for tickets that are created here, beside the mapped fields (which win). Required; "
        "`none`: the other side's new tickets are not created here.",
    )
    private_first: Literal["skip", "withhold"] = Field(
        "skip",
        description="Zendesk: a ticket whose first comment is internal is not offered, or goes with a neutral line.",
    )
    on_edit: Literal["edit", "comment"] = Field(
        "edit", description="A comment that was edited at its origin: edit its twin, or add a comment that says so."
    )
    on_redact: Literal["follow", "keep"] = Field(
        "follow", description="A comment that was made private or redacted at its origin: redact its twin, or leave it."
    )


class ContractFile(Offer):
    """`include/contracts/<company>-<system>.yaml`: edited by the company alone."""

    company: Text = Field(description="The company's name, as others see it.")
    system: Text = Field(
        description="The tracker: `azure_devops`, `jira`, `redmine`, `request_tracker`, `servicenow`, `zendesk`, or "
        "one whose connector another package brings."
    )
    connection: Text = Field(description="Id of the Airflow connection that holds address and log-in.")
    zone: Zone = Field("UTC", description="Time zone in which days are meant.")
    due_hour: Annotated[StrictInt, Field(ge=0, le=23)] = Field(
        17, description="Hour of the day at which a ticket is due whose tracker knows days only."
    )
    automations: Texts = Field((), description="Ids of accounts whose edits are house rules, not people's.")
    search_delay: Duration | None = Field(
        None, description="How long the tracker's search lags behind. Default: what the connector knows."
    )
    options: dict[str, Text] = Field(
        {},
        description="What only this kind of tracker must be told. Redmine: `marker` (the custom field for our marks, "
        "`cf_…`) and `markup` (`textile` or `common_mark`). Azure DevOps: `marker` (`Custom.…`) and `markup` (`html` "
        "or `markdown`: how new texts are written). All are required.",
    )
    offers: dict[str, Offer] = Field(
        {}, description="Named offers. Without them the contract itself is the one offer. Each inherits the keys above."
    )
