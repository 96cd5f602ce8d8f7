# SPDX-License-Identifier: Apache-2.0
"""What a world file may say about a Jira site: projects, workflow, fields, people's rights, house rules, limits."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, model_validator

Category = Literal["new", "indeterminate", "done"]
FieldType = Literal["string", "text", "number", "date", "datetime", "option", "options", "cascade", "user", "labels"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class TransitionSettings(_Part):
    """One arrow of a workflow."""

    name: str
    source: tuple[str, ...] = Field(default=(), alias="from")
    """Statuses it starts from; none given: from all."""
    to: str
    required: tuple[str, ...] = ()
    """Fields of its screen that must be filled."""
    optional: tuple[str, ...] = ()
    """Further fields of its screen."""
    sets: dict[str, Any] = {}
    """Fields that the workflow itself fills, values as in the REST API (version 3)."""


class WorkflowSettings(_Part):
    statuses: dict[str, Category] = {"To Do": "new", "In Progress": "indeterminate", "Done": "done"}
    initial: str = "To Do"
    transitions: tuple[TransitionSettings, ...] = (
        TransitionSettings(name="To Do", to="To Do"),
        TransitionSettings(name="In Progress", to="In Progress"),
        TransitionSettings(name="Done", to="Done", sets={"resolution": {"name": "Done"}}),
    )

    @model_validator(mode="after")
    def _statuses_known(self) -> Self:
        used = {self.initial, *(t.to for t in self.transitions), *(name for t in self.transitions for name in t.source)}
        if unknown := used - set(self.statuses):
            raise ValueError(f"the workflow names statuses that it does not list: {', '.join(sorted(unknown))}")
        return self


class ProjectSettings(_Part):
    name: str
    issue_types: tuple[str, ...] = Field(default=("Bug", "Story", "Task"), min_length=1)
    subtask_types: tuple[str, ...] = ("Sub-task",)
    """Types of issues that lie within another, their parent."""
    components: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    """Components and versions that it has at the start."""
    service_desk: bool = False
    """Only here does the comment property `sd.public.comment` make a comment internal."""
    browse: tuple[str, ...] | None = None
    """Aliases of the people who see it; everyone if not given."""
    required: tuple[str, ...] = ()
    """Fields that a new issue needs, beyond the summary."""
    workflow: WorkflowSettings | None = None
    """Its own; the site's if not given."""
    offers: dict[str, tuple[str, ...]] = {}
    """Field: the only names, of those of the site, that can be chosen here."""


class CustomFieldSettings(_Part):
    name: str
    type: FieldType = "string"
    options: tuple[str, ...] = ()
    """Of a cascade also those below others: `Hardware > Laptop`, with `Hardware` before it."""


class RuleTrigger(_Part):
    """When a house rule runs; every condition given must hold."""

    event: Literal["created", "edited", "transitioned"]
    project: str | None = None
    label: str | None = None
    status: str | None = None


class HouseRule(_Part):
    """What Automation for Jira does by itself, as its own account."""

    when: RuleTrigger
    fields: dict[str, Any] = {}
    """Fields to set, values as in the REST API (version 3)."""
    update: dict[str, list[dict[str, Any]]] = {}
    transition: str | None = None
    comment: str | None = None


class BurstLimit(_Part):
    """So many requests to one endpoint and method within so many seconds."""

    requests: int = Field(gt=0)
    seconds: float = Field(gt=0)


class JiraSettings(_Part):
    """All settings of a site; the world file and the control interface set them."""

    deployment: Literal["Cloud", "Server"] = "Cloud"
    """`Server`: run by the company itself, which knows version 2 of the API alone."""
    search_lag: float = Field(default=1.0, ge=0)
    """Seconds by which search is behind the store; really seconds to minutes."""
    page_size: int = Field(default=100, gt=0, le=100)
    """Most issues that one page of search gives with fields."""
    changelog_page: int = Field(default=40, gt=0, le=100)
    """Most histories that `expand=changelog` gives."""
    projects: dict[str, ProjectSettings] = {"TEST": ProjectSettings(name="Test")}
    priorities: tuple[str, ...] = ("Highest", "High", "Medium", "Low", "Lowest")
    default_priority: str = "Medium"
    resolutions: tuple[str, ...] = ("Done", "Won't Do", "Duplicate", "Cannot Reproduce")
    custom_fields: dict[str, CustomFieldSettings] = {}
    workflow: WorkflowSettings = WorkflowSettings()
    renamed: dict[str, str] = {}
    """What an administrator calls a thing of these settings now; its id stays. A status, transition, priority, type,
    resolution, security level, custom field or option of one by its name, a project by its key."""
    languages: dict[str, dict[str, str]] = {}
    """Alias of an account: names of statuses, priorities, types and resolutions in its language. Histories keep the
    site's own."""
    ignores: dict[str, tuple[str, ...]] = {}
    """Alias of an account: fields, or `status`. What it writes there is answered as ever, without effect."""
    link_types: dict[str, tuple[str, str]] = {
        "Blocks": ("is blocked by", "blocks"),
        "Cloners": ("is cloned by", "clones"),
        "Duplicate": ("is duplicated by", "duplicates"),
        "Relates": ("relates to", "relates to"),
    }
    """Name: how it reads inward and outward."""
    security_levels: dict[str, tuple[str, ...]] = {}
    """Name: aliases of the people who may see an issue of that level."""
    roles: dict[str, tuple[str, ...]] = {}
    """Name: aliases; `Administrators` and `Developers` follow from people's roles unless given."""
    groups: dict[str, tuple[str, ...]] = {}
    """Name: aliases; `jira-administrators` and `jira-users` follow from people's roles unless given."""
    hidden_emails: tuple[str, ...] = ()
    """Aliases of people whose profile hides the address from others."""
    account_ids: dict[str, str] = {}
    """Alias: account id; else one is derived from the address."""
    automation: str = "automation"
    """Alias of the account that house rules act as."""
    rules: tuple[HouseRule, ...] = ()
    issue_write_limit: bool = False
    """Refuse the 21st write to one issue within 2 s and the 101st within 30 s."""
    burst_limit: BurstLimit | None = None
    hourly_points: int | None = Field(default=None, gt=0)
    """The quota of the tenant: each request costs a point, and one more for each issue that it answers."""
    attachment_limit: int = Field(default=1_000_000_000, gt=0)
    """Largest file in bytes."""

    @model_validator(mode="after")
    def _people_known(self, info: ValidationInfo) -> Self:
        """Check aliases against the tenant's people, whom the caller gives as the context."""
        people = set((info.context or {}).get("people", ()))
        named = {*self.hidden_emails, *self.account_ids, *self.ignores, *([self.automation] if self.rules else [])}
        for members in (*self.security_levels.values(), *self.roles.values(), *self.groups.values()):
            named.update(members)
        for project in self.projects.values():
            named.update(project.browse or ())
        if unknown := named - people:
            raise ValueError(f"the settings name people whom the tenant does not have: {', '.join(sorted(unknown))}")
        return self

    @model_validator(mode="after")
    def _fields_known(self) -> Self:
        if self.default_priority not in self.priorities:
            raise ValueError(f"default_priority {self.default_priority!r} is none of the priorities")
        for field in self.custom_fields:
            if not field.removeprefix("customfield_").isdigit():
                raise ValueError(f"custom field {field!r} is not named customfield_ and a number")
        return self
