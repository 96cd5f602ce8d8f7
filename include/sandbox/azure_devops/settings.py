# SPDX-License-Identifier: Apache-2.0
"""What the world file says of one simulated organization, in the vendor's own terms."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

FieldType = Literal["string", "integer", "double", "boolean", "dateTime", "plainText", "html", "identity"]
Category = Literal["Proposed", "InProgress", "Resolved", "Completed", "Removed"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ProjectSettings(_Part):
    """A project: its process, its trees. A path in a tree is given without the project (`Development\\Web`)."""

    process: Literal["Agile", "Basic", "Scrum"] = "Agile"
    areas: tuple[str, ...] = ()
    iterations: tuple[str, ...] = ()


class FieldSettings(_Part):
    """A field that the organization made for itself."""

    name: str
    type: FieldType = "string"
    types: tuple[str, ...] = ()
    """Work item types that have it; none named: all."""
    choices: tuple[str, ...] = ()
    """A picklist's values; none: anything."""
    required: bool = False
    default: Any = None


class RuleSettings(_Part):
    """A rule of the process: while a work item of this type is in this state."""

    type: str
    state: str | None = None
    """None: in every state."""
    required: tuple[str, ...] = ()
    """Reference names of fields that must be filled."""
    read_only: tuple[str, ...] = ()
    """Fields that nobody may change, but with `bypassRules`."""
    set: dict[str, Any] = {}
    """What fields become when the work item comes into the state, whatever was sent."""
    by: str | None = None
    """None: within the same save. Else what is set is a save of its own, by this alias: a program that watches."""


class AzureDevOpsSettings(_Part):
    """As a new organization comes, unless the world says otherwise; throttling is off unless set."""

    organization: str = ""
    """In the address; empty: the first word of the company, in lower case."""
    projects: dict[str, ProjectSettings] = {"Shop": ProjectSettings()}
    fields: dict[str, FieldSettings] = {}
    """By reference name (`Custom.OrderNumber`)."""
    types: tuple[str, ...] = ()
    """Work item types that an inherited process has beside the delivered ones."""
    states: dict[str, dict[str, Category]] = {}
    """Work item type: states that an inherited process has beside the delivered ones."""
    hidden_states: dict[str, tuple[str, ...]] = {}
    """Work item type: delivered states that an inherited process hides. What stands in one stays until it is moved."""
    transitions: dict[str, dict[str, tuple[str, ...]]] = {}
    """Work item type: state: the states that may follow. What is not named may go anywhere, as delivered."""
    rules: tuple[RuleSettings, ...] = ()
    markdown: bool = True
    """Whether long fields and comments may be Markdown, and answers tell of it; older servers do not."""
    batch: bool = True
    """Whether `$batch` is there: it is described nowhere any more."""
    hidden: dict[str, tuple[str, ...]] = {}
    """Alias: area paths whose work items this one does not see."""
    read_only: dict[str, tuple[str, ...]] = {}
    """Alias: area paths whose work items this one sees and may not change."""
    no_comments: tuple[str, ...] = ()
    """Aliases of those who may not comment."""
    read_only_tokens: tuple[str, ...] = ()
    """Aliases of those whose token is for reading alone (`vso.work`)."""
    expired: tuple[str, ...] = ()
    """Aliases of those whose token is too old."""
    wiql_limit: int = Field(default=20_000, ge=1)
    """A query that finds more than this fails."""
    attachment_limit: int = Field(default=60, ge=1)
    """Megabytes of one file."""
    attachments_per_item: int = Field(default=100, ge=1)
    revisions_per_item: int = Field(default=10_000, ge=1)
    links_per_item: int = Field(default=1000, ge=1)
    throttle: int | None = Field(default=None, ge=1)
    """Throughput units (TSTU) of each account in five minutes, one for each request; 200 in reality."""
