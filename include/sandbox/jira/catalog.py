# SPDX-License-Identifier: Apache-2.0
"""The site's fixed furniture, with ids: accounts, projects, types, statuses, workflows, priorities, levels."""

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

from sandbox.jira.settings import Category, CustomFieldSettings, JiraSettings, ProjectSettings, WorkflowSettings
from sandbox.jira.values import JsonObject, words
from sandbox.world import Tenant

TYPE_TEXTS = {
    "Bug": "A problem or error.",
    "Story": "Functionality or a feature expressed as a user goal.",
    "Task": "Tasks track small, distinct pieces of work.",
    "Sub-task": "The sub-task of the issue",
}
PERMISSIONS_BY_ROLE: dict[str, frozenset[str]] = {
    "end-user": frozenset({"BROWSE_PROJECTS"}),
    "agent": words(
        "BROWSE_PROJECTS CREATE_ISSUES EDIT_ISSUES TRANSITION_ISSUES ASSIGN_ISSUES ASSIGNABLE_USER "
        "ADD_COMMENTS CREATE_ATTACHMENTS LINK_ISSUES MOVE_ISSUES EDIT_OWN_COMMENTS DELETE_OWN_COMMENTS "
        "DELETE_OWN_ATTACHMENTS SET_ISSUE_SECURITY RESOLVE_ISSUES CLOSE_ISSUES SCHEDULE_ISSUES "
        "WORK_ON_ISSUES EDIT_OWN_WORKLOGS DELETE_OWN_WORKLOGS VIEW_VOTERS_AND_WATCHERS"
    ),
}
PERMISSIONS_BY_ROLE["admin"] = PERMISSIONS_BY_ROLE["agent"] | words(
    "ADMINISTER BULK_CHANGE USER_PICKER ADMINISTER_PROJECTS DELETE_ISSUES EDIT_ALL_COMMENTS DELETE_ALL_COMMENTS "
    "DELETE_ALL_ATTACHMENTS MODIFY_REPORTER MANAGE_WATCHERS EDIT_ALL_WORKLOGS DELETE_ALL_WORKLOGS"
)


@dataclass(frozen=True)
class Account:
    id: str
    alias: str
    name: str
    email: str
    secrets: frozenset[str]
    role: str
    zone: ZoneInfo
    active: bool
    email_hidden: bool
    app: bool
    """Whether it is a program's account (`accountType` app), as house rules have."""

    def may(self, permission: str) -> bool:
        return permission in PERMISSIONS_BY_ROLE[self.role]


@dataclass(frozen=True)
class Named:
    """A priority, resolution or security level: an id (a string of digits) and a name."""

    id: str
    name: str


N = TypeVar("N", bound=Named)


@dataclass(frozen=True)
class IssueType(Named):
    subtask: bool = False


@dataclass(frozen=True)
class Status(Named):
    category: Category


@dataclass(frozen=True)
class LinkType(Named):
    inward: str
    outward: str


@dataclass(frozen=True)
class Transition(Named):
    source: frozenset[str]
    """Status ids; empty: from all."""
    to: Status
    required: tuple[str, ...]
    optional: tuple[str, ...]
    sets: JsonObject

    @property
    def screen(self) -> tuple[str, ...]:
        return self.required + self.optional


@dataclass(frozen=True)
class Project(Named):
    key: str
    first_key: str
    """The one in the settings: it still leads here after the key was changed."""
    settings: ProjectSettings
    types: tuple[IssueType, ...]
    """Those of sub-tasks last."""
    initial: Status
    statuses: tuple[Status, ...]
    transitions: tuple[Transition, ...]


@dataclass(frozen=True)
class Group(Named):
    members: frozenset[str]
    """Account ids."""


@dataclass(frozen=True)
class CustomField:
    id: str
    name: str
    type: str
    options: tuple[Named, ...] = ()


@dataclass(frozen=True)
class Catalog:
    """Everything that settings decide, built anew when they change; ids follow the order in the settings."""

    tenant: Tenant
    settings: JiraSettings
    statuses: tuple[Status, ...] = field(init=False)

    def __post_init__(self) -> None:
        names: dict[str, Category] = {}
        for flow in [self.settings.workflow, *(p.workflow for p in self.settings.projects.values() if p.workflow)]:
            names |= flow.statuses
        made = (
            Status(_status_id(n, name), self.called(name), category) for n, (name, category) in enumerate(names.items())
        )
        object.__setattr__(self, "statuses", tuple(made))

    def ignores(self, account: Account, part: str) -> bool:
        """Tell whether what the account writes there is answered as if it were done, and is not."""
        return part in self.settings.ignores.get(account.alias, ())

    def called(self, name: str) -> str:
        """Give the present name of what the settings call so."""
        return self.settings.renamed.get(name, name)

    @cached_property
    def priorities(self) -> tuple[Named, ...]:
        return _numbered(map(self.called, self.settings.priorities), 1)

    @cached_property
    def resolutions(self) -> tuple[Named, ...]:
        return _numbered(map(self.called, self.settings.resolutions), 10000)

    @cached_property
    def types(self) -> tuple[IssueType, ...]:
        projects = self.settings.projects.values()
        used = dict.fromkeys((name, False) for project in projects for name in project.issue_types)
        used |= dict.fromkeys((name, True) for project in projects for name in project.subtask_types)
        return tuple(IssueType(str(10001 + n), self.called(name), sub) for n, (name, sub) in enumerate(used))

    @cached_property
    def levels(self) -> tuple[Named, ...]:
        return _numbered(map(self.called, self.settings.security_levels), 10100)

    @cached_property
    def link_types(self) -> tuple[LinkType, ...]:
        return tuple(
            LinkType(str(10000 + n), name, inward, outward)
            for n, (name, (inward, outward)) in enumerate(self.settings.link_types.items())
        )

    @cached_property
    def custom_fields(self) -> tuple[CustomField, ...]:
        return tuple(self._custom(n, *pair) for n, pair in enumerate(self.settings.custom_fields.items()))

    @cached_property
    def projects(self) -> tuple[Project, ...]:
        return tuple(self._project(n, *pair) for n, pair in enumerate(self.settings.projects.items()))

    @cached_property
    def accounts(self) -> Mapping[str, Account]:
        """By account id."""
        hidden, app = set(self.settings.hidden_emails), self.settings.automation
        made = (
            Account(
                id=self.settings.account_ids.get(alias) or _account_id(self.tenant.name, person.email),
                alias=alias,
                name=person.name,
                email=person.email,
                secrets=frozenset(s for s in (person.password, person.token) if s),
                role=person.role,
                zone=ZoneInfo(person.zone or self.tenant.zone),
                active=person.active,
                email_hidden=alias in hidden,
                app=alias == app,
            )
            for alias, person in self.tenant.people.items()
        )
        return {account.id: account for account in made}

    @cached_property
    def roles(self) -> Mapping[str, frozenset[str]]:
        """Account ids by role name."""
        by_alias = {account.alias: account for account in self.accounts.values()}
        derived = {
            "Administrators": frozenset(a.id for a in by_alias.values() if a.role == "admin"),
            "Developers": frozenset(a.id for a in by_alias.values() if a.role != "end-user"),
        }
        return derived | {
            role: frozenset(by_alias[a].id for a in aliases) for role, aliases in self.settings.roles.items()
        }

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Groups of accounts, each with a UUID for an id."""
        by_alias = {account.alias: account for account in self.accounts.values()}
        derived = {
            "jira-administrators": tuple(a.alias for a in by_alias.values() if a.role == "admin"),
            "jira-users": tuple(a.alias for a in by_alias.values() if a.active),
        }
        return tuple(
            Group(_group_id(self.tenant.name, name), name, frozenset(by_alias[alias].id for alias in aliases))
            for name, aliases in (derived | self.settings.groups).items()
        )

    def group(self, id_or_name: object) -> Group | None:
        return next((g for g in self.groups if id_or_name in (g.id, g.name)), None)

    def members(self, kind: object, name: object) -> frozenset[str] | None:
        """Return the account ids of a role or group, to which a comment is restricted; None if there is none such."""
        if kind == "group":
            group = self.group(name)
            return group.members if group else None
        return self.roles.get(str(name))

    def account(self, alias: str) -> Account:
        """Find by the world's alias. Raises: KeyError."""
        for account in self.accounts.values():
            if account.alias == alias:
                return account
        raise KeyError(alias)

    def project(self, id_or_key: object) -> Project | None:
        """Find by id or key, one that it had before too; keys are upper-case but read in any case."""
        wanted = str(id_or_key)
        now = next((p for p in self.projects if wanted == p.id or wanted.upper() == p.key), None)
        return now or next((p for p in self.projects if wanted.upper() == p.first_key), None)

    def status(self, status_id: str) -> Status:
        return next(s for s in self.statuses if s.id == status_id)

    def may_browse(self, account: Account, project: Project) -> bool:
        """*Browse projects*, by the list in the settings; administrators have no way round it."""
        allowed = project.settings.browse
        return allowed is None or account.alias in allowed

    def may_see_level(self, account: Account, level: str | None) -> bool:
        """Whether the account is a member of the issue security level."""
        if level is None:
            return True
        members = zip(self.levels, self.settings.security_levels.values(), strict=True)
        return any(known.id == level and account.alias in aliases for known, aliases in members)

    def _project(self, number: int, key: str, settings: ProjectSettings) -> Project:
        flow = settings.workflow or self.settings.workflow
        statuses = {status.name: status for status in self.statuses}
        by_name = {name: statuses[self.called(name)] for name in flow.statuses}
        types = settings.issue_types, settings.subtask_types
        return Project(
            id=str(10000 + number),
            name=settings.name,
            key=self.called(key),
            first_key=key,
            settings=settings,
            types=tuple(kind for kind in self.types if kind.name in map(self.called, types[kind.subtask])),
            initial=by_name[flow.initial],
            statuses=tuple(by_name.values()),
            transitions=self._transitions(flow, by_name),
        )

    def _transitions(self, flow: WorkflowSettings, by_name: Mapping[str, Status]) -> tuple[Transition, ...]:
        return tuple(
            Transition(
                id=str(11 + 10 * n),
                name=self.called(made.name),
                source=frozenset(by_name[name].id for name in made.source),
                to=by_name[made.to],
                required=made.required,
                optional=made.optional,
                sets=dict(made.sets),
            )
            for n, made in enumerate(flow.transitions)
        )

    def _custom(self, number: int, field_id: str, settings: CustomFieldSettings) -> CustomField:
        options = _numbered(map(self.called, settings.options), 10020 + 100 * number)
        return CustomField(field_id, self.called(settings.name), settings.type, options)


def named(known: Iterable[N], wanted: str) -> N | None:
    """Find by name, in any case."""
    return next((item for item in known if item.name.lower() == wanted.lower()), None)


def with_id(known: Iterable[N], wanted: str) -> N | None:
    return next((item for item in known if item.id == wanted), None)


def _status_id(number: int, name: str) -> str:
    """Jira's own In Progress is 3 on every site; others are numbered by the site."""
    return "3" if name == "In Progress" else str(10000 + number)


def _numbered(names: Iterable[str], first: int) -> tuple[Named, ...]:
    return tuple(Named(str(first + n), name) for n, name in enumerate(names))


def _account_id(tenant: str, email: str) -> str:
    """Derive a stable id in one of the two shapes that Atlassian uses: 24 hex digits, or `557058:` and a UUID."""
    digest = hashlib.sha256(f"{tenant}/{email.lower()}".encode()).digest()
    return f"557058:{uuid.UUID(bytes=digest[:16])}" if digest[-1] % 2 else digest.hex()[:24]


def _group_id(tenant: str, name: str) -> str:
    return str(uuid.UUID(bytes=hashlib.sha256(f"{tenant}/group/{name}".encode()).digest()[:16]))
