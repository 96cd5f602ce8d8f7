# SPDX-License-Identifier: Apache-2.0
"""What people and the world may do in a scenario. The descriptions are printed in ``docs/reference/scenario.md``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, Field, StrictBool, StrictInt, WithJsonSchema

from tandem.config import units
from tandem.config.codes import Code
from tandem.config.written import Native, Text, Texts, Written, wrong

Side = Literal["left", "right"]
_PAUSE = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|min|h|d)")
_SECONDS = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400}


def _pause(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    found = _PAUSE.fullmatch(str(value).strip())
    if found is None:
        raise wrong(Code.UNIT, f"`{value}` is no pause.", "Write a number and a unit: 0 s, 500 ms, 10 min, 2 h, 3 d.")
    return timedelta(seconds=float(found[1]) * _SECONDS[found[2]])


def _bytes(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return units.size(value)
    except ValueError as error:
        raise wrong(Code.UNIT, f"`{value}`: {error}.", "Write a number and a unit: 512 kB, 20 MB, 8 MiB.") from None


Bytes = Annotated[
    int,
    BeforeValidator(_bytes),
    WithJsonSchema({"type": ["string", "integer"], "title": "size", "examples": ["10 kB", "20 MB"]}),
]
Pause = Annotated[
    timedelta,
    BeforeValidator(_pause),
    WithJsonSchema({"type": "string", "title": "pause", "examples": ["0 s", "10 min"]}),
]
Moment = Annotated[
    AwareDatetime,
    WithJsonSchema({"type": "string", "title": "time with its zone", "examples": ["2026-10-25T00:40:00Z"]}),
]


class Upload(Written):
    """A file. Without `text` its bytes are made up, and differ from those of files of other names."""

    name: str = Field(description="Its name.")
    size: Bytes | None = Field(None, description="How large it is made up. Default: 1 kB.")
    text: str | None = Field(None, description="What is in it.")
    like: str | None = Field(None, description="It has the made-up bytes of a file of this name.")


class Act(Written):
    """What somebody does to a ticket."""

    ticket: Text = Field(description="The scenario's own word for the ticket; `word/now`: what its link leads to now.")
    at: Side = Field(description="In which tracker.")
    by: Text | None = Field(None, description="Alias of the person. Default: the first who is no integration.")


class Create(Act):
    """Somebody opens a ticket."""

    fields: dict[str, Native] = Field(
        {},
        description="Native fields: names of choices, aliases of people. The text stands in `description`, plain. "
        "ServiceNow's table, Azure DevOps' project and type are the contract's unless one is given.",
    )
    html: str | None = Field(None, description="The description as HTML (Zendesk, Azure DevOps).")
    internal: StrictBool = Field(False, description="The first comment is internal (Zendesk).")
    files: tuple[Upload, ...] = Field((), description="Files that come with it.")


class SetFields(Act):
    """Somebody sets fields."""

    fields: dict[str, Native] = Field(
        description="Native field → value: names of choices, aliases of people, `null` to empty it."
    )


class Label(Act):
    """Somebody adds and removes labels or tags (ServiceNow: in the column that the contract has for labels)."""

    add: tuple[str, ...] = Field((), description="Labels to add.")
    remove: tuple[str, ...] = Field((), description="Labels to take away.")


class Comment(Act):
    """Somebody writes a comment."""

    text: str | None = Field(None, description="The text, plain.")
    body: Native = Field(
        None,
        description="The text in the tracker's own form: HTML (Zendesk, Azure DevOps), ADF (Jira), with `[code]` "
        "(ServiceNow), `{markdown: …}` (Azure DevOps).",
    )
    internal: StrictBool = Field(False, description="An internal note, a work note, a restricted comment.")
    files: tuple[Upload, ...] = Field((), description="Files that come with it.")
    name: Text | None = Field(None, description="A word for it, by which it can be changed later.")
    times: StrictInt = Field(1, ge=1, description="So many of them; `{n}` in the text is the number.")


class ChangeComment(Act):
    """Somebody changes, hides, redacts or removes a comment."""

    name: Text = Field(description="The comment's word.")
    text: str | None = Field(None, description="Its new text, plain (Jira, Azure DevOps).")
    internal: StrictBool = Field(False, description="It is made internal.")
    redact: str | None = Field(
        None, description="This part of its text is blackened (Zendesk; ServiceNow by a journal writer)."
    )
    delete: StrictBool = Field(False, description="It is removed (Jira, Azure DevOps; ServiceNow by an admin).")


class Attach(Act):
    """Somebody adds files to the ticket (Zendesk: in a public comment whose text is their names)."""

    files: tuple[Upload, ...] = Field(description="The files.")


class Transition(Act):
    """Somebody moves the status."""

    to: Text = Field(description="The status.")
    way: Text | None = Field(None, description="The transition's name, where several lead there (Jira).")
    fields: dict[str, Native] = Field(
        {},
        description="What the transition's screen is filled with (Jira), what a policy or a rule asks for.",
    )


class Move(Act):
    """Somebody moves the ticket into another project (Jira, Azure DevOps)."""

    project: Text = Field(description="The project's key (Jira) or name (Azure DevOps).")
    type: Text | None = Field(None, description="Its issue type there. Default: the same.")


class Restrict(Act):
    """Somebody gives the ticket a security level, or takes it away (Jira)."""

    level: Text | None = Field(None, description="The level's name; `null`: none.")


class Delete(Act):
    """Somebody deletes the ticket."""


class Join(Act):
    """Somebody joins the ticket with another one of the same tracker."""

    other: Text = Field(description="The other ticket's word.")
    type: Text | None = Field(
        None, description="Of a link: its type. Default: `Relates` (Jira), `Related` (Azure DevOps)."
    )


class FollowUp(Act):
    """Somebody opens a follow-up of a closed ticket (Zendesk)."""

    new: Text = Field(description="The new ticket's word.")
    text: str = Field("It is not solved.", description="What is said in it.")


class Request(Written):
    """Any call of a tracker's API, for what has no verb here."""

    at: Side = Field(description="In which tracker.")
    by: Text | None = Field(None, description="Alias of the person. Default: the first who is no integration.")
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = Field("POST", description="The method.")
    path: str = Field(description="Path and query.")
    body: Native = Field(None, description="What is sent, as JSON.")
    json_text: str | None = Field(None, description="What is sent, letter by letter, for what YAML cannot say.")


class Clock(Written):
    """Time passes, or jumps."""

    advance: Pause | None = Field(None, description="By so much.")
    to: Moment | None = Field(None, description="To this time.")
    of: Side | None = Field(None, description="For this tracker alone, which is then fast. Default: for everybody.")


class Settings(Written):
    """An administrator changes a tracker's settings."""

    at: Side = Field(description="Of which tracker.")
    change: dict[str, Native] = Field(description="Joined with its settings, key by key; `null` removes one.")
    replace: StrictBool = Field(False, description="A setting that is named is replaced as a whole.")


class Blind(Written):
    """The integration's account may no longer see some tickets; without any it sees all again."""

    at: Side = Field(description="In which tracker.")
    tickets: Texts = Field((), description="Words of the tickets (Zendesk, ServiceNow).")
    projects: Texts = Field((), description="Keys of projects (Jira); names of projects, area paths (Azure DevOps).")


class FaultSpec(Written):
    """What goes wrong between Tandem and a tracker. Neither people's acts nor the looks of `expect` meet it."""

    at: Side = Field(description="At which tracker.")
    kind: Literal["down", "rate_limited", "refused", "error_before", "error_after", "cut_after", "none"] = Field(
        description="`down`: no answer. `rate_limited`: 429. `refused`: 4xx. `error_before`, `error_after`: 5xx, "
        "before or after it was done. `cut_after`: done, and the answer lost. `none`: all of it ends."
    )
    method: Text | None = Field(None, description="Only requests of this method.")
    path: str = Field("", description="Only requests whose path and query match this regular expression.")
    body: str = Field("", description="Only requests whose body matches it.")
    skip: StrictInt = Field(0, ge=0, description="So many pass first.")
    count: StrictInt | None = Field(1, ge=1, description="It strikes so often; `null`: until it is ended.")
    status: StrictInt | None = Field(
        None, ge=400, le=599, description="Of `error_…` (default 500), of `refused` (default 422)."
    )
    text: str = Field("It is refused.", description="Of `refused`: what is said; `{n}` is how often it has struck.")
    field: Text | None = Field(None, description="Of `refused`: the native field that is blamed.")
    retry_after: str | None = Field("1", description="Of a 429: its `Retry-After`, as it is; `null`: none.")


class Change(Written):
    """Somebody edits a contract, the pair or a map of people. Comments in the file are lost: it is a copy."""

    file: Text = Field(description="Below the root: `contracts/infinity-jira`, `pairs/…`, `contracts/people/…`.")
    set: dict[str, Native] = Field(description="Joined with what the file says, key by key; `null` removes a key.")
