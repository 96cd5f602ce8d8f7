# SPDX-License-Identifier: Apache-2.0
"""The shapes that bodies must have before anything looks into them, as Jira reads JSON into its own types."""

from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.jira.errors import JiraError

Id: TypeAlias = str | int
Words: TypeAlias = list[str] | str | None


class Payload(BaseModel):
    """What a handler reads of a body; whatever else is sent is no business of ours."""

    model_config = ConfigDict(extra="ignore", strict=True)


class Entry(Payload):
    """An entity property."""

    key: str
    value: Any


class Named(Payload):
    id: Id | None = None
    name: str | None = None


class LinkPart(Payload):
    """A link from the issue at hand: its other end alone is named."""

    type: Named
    inwardIssue: dict[str, Id | None] | None = None
    outwardIssue: dict[str, Id | None] | None = None
    comment: dict[str, Any] | None = None


class NewLink(LinkPart):
    inwardIssue: dict[str, Id | None]
    outwardIssue: dict[str, Id | None]


class AddComment(Payload):
    add: dict[str, Any] = {}


class AddLink(Payload):
    add: LinkPart = LinkPart(type=Named())


class Update(Payload):
    """Operations by field: each a verb with its operand."""

    model_config = ConfigDict(extra="allow", strict=True)
    __pydantic_extra__: dict[str, list[dict[str, Any]]] = Field(init=False)

    comment: list[AddComment] = []
    issuelinks: list[AddLink] = []
    worklog: list[AddComment] = []


class Changes(Payload):
    """Of an issue: created, edited, or moved along its workflow."""

    fields: dict[str, Any] | None = None
    update: Update | None = None
    properties: list[Entry] = []
    transition: Named | None = None
    historyMetadata: dict[str, Any] | None = None


class ManyChanges(Payload):
    issueUpdates: list[Changes] | None = None


class Said(Payload):
    """A comment, written or changed."""

    visibility: dict[str, Any] | None = None
    properties: list[Entry] = []


class Logged(Payload):
    """A worklog, written or changed."""

    timeSpent: str | None = None
    timeSpentSeconds: int | None = None
    started: str | None = None
    visibility: dict[str, Any] | None = None
    properties: list[Entry] = []


class _Part(Payload):
    name: str | None = None
    description: str | None = None
    project: str | None = None
    projectId: Id | None = None


class NewComponent(_Part):
    """A component, made or changed."""

    leadAccountId: str | None = None
    assigneeType: str | None = None


class NewVersion(_Part):
    """A version, made or changed."""

    startDate: str | None = None
    releaseDate: str | None = None
    archived: bool | None = None
    released: bool | None = None


class Fetch(Payload):
    issueIdsOrKeys: list[Id] | None = None
    fields: Words = None
    properties: Words = None
    expand: Words = None


class Logs(Payload):
    issueIdsOrKeys: list[Id] | None = None
    fieldIds: list[str] | None = None
    maxResults: int | None = None


class Search(Payload):
    jql: str | None = None
    fields: Words = None
    properties: Words = None
    expand: Words = None
    maxResults: int | None = None
    reconcileIssues: list[int] | None = None


class Numbers(Payload):
    changelogIds: list[int] | None = None
    issueIds: list[Id] | None = None


class Queries(Payload):
    queries: list[str] | None = None
    jqls: list[str] | None = None
    issueIds: list[int] | None = None


class Listed(Payload):
    ids: list[int] | None = None


def check(body: Any, shape: type[Payload]) -> None:
    """Raises: JiraError 400, in Jira's words."""
    try:
        shape.model_validate(body)
    except ValidationError:
        what = "Invalid request payload. Refer to the REST API documentation and try again."
        raise JiraError(400, what) from None
