# SPDX-License-Identifier: Apache-2.0
"""The state of one simulated organization: its projects, work items and files, and who sees what of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.azure_devops import errors
from sandbox.azure_devops.fields import Fields
from sandbox.azure_devops.items import Item, Revision
from sandbox.azure_devops.people import Identity, People, made_id
from sandbox.azure_devops.process import WorkItemType, types_of
from sandbox.azure_devops.settings import AzureDevOpsSettings, ProjectSettings
from sandbox.azure_devops.times import moment
from sandbox.clock import Clock
from sandbox.tracker import with_changes
from sandbox.world import Tenant


@dataclass
class Project:
    """A project; the paths of its trees begin with its name."""

    name: str
    id: str
    process: str
    types: dict[str, WorkItemType]
    areas: list[str]
    iterations: list[str]
    made: datetime
    dates: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By iteration path in lower case: when it starts and when it is finished."""
    tags: dict[str, str] = field(default_factory=dict)
    """By name in lower case: the name as it was first written."""

    def type(self, name: str) -> WorkItemType | None:
        return next((one for one in self.types.values() if one.name.lower() == name.lower()), None)

    def tree(self, reference: str) -> list[str]:
        return self.areas if reference == "System.AreaPath" else self.iterations


@dataclass
class StoredFile:
    """An uploaded file. Nobody needs to have related it to a work item."""

    id: str
    name: str
    content: bytes
    by: Identity
    at: datetime
    complete: bool = True
    """Not so while its chunks arrive."""


@dataclass
class Query:
    """A saved query."""

    id: str
    name: str
    wiql: str
    project: Project
    by: Identity
    at: datetime


def under(path: str, root: str) -> bool:
    """Whether a path of a tree is that one, or below it."""
    return path.lower() == root.lower() or path.lower().startswith(root.lower() + "\\")


def named(tenant: Tenant, settings: AzureDevOpsSettings) -> str:
    """An organization's name, as its address has it."""
    return settings.organization or tenant.company.split()[0].lower()


class Organization:
    """State and look-ups. The rules of writing are in `writes`."""

    def __init__(self, tenant: Tenant, clock: Clock, url: str) -> None:
        self.tenant = tenant
        self.clock = clock
        self.settings = AzureDevOpsSettings.model_validate(tenant.settings)
        self.name = named(tenant, self.settings)
        self.root = url
        self.url = f"{url}/{self.name}"
        self.people = People(tenant.people)
        self.fields = Fields(self.settings)
        self.projects: dict[str, Project] = {}
        """By id."""
        self.items: dict[int, Item] = {}
        self.files: dict[str, StoredFile] = {}
        self.queries: dict[str, Query] = {}
        self.log: list[tuple[Item, Revision]] = []
        """All revisions in the order in which they were made; a revision's watermark is its place, counted from 1."""
        self.operations: dict[str, int] = {}
        """By id: how often it was asked after."""
        self._last_item = 0
        self._last_comment = 0
        self._last_relation = 65_000
        self._nodes: dict[str, int] = {}
        for name, own in self.settings.projects.items():
            self.found(name, own)

    def found(self, name: str, own: ProjectSettings) -> Project:
        """Set up a project."""
        project = Project(
            name,
            made_id(self.name, "project", name),
            own.process,
            types_of(own.process, self.settings),
            [name, *_paths(name, own.areas)],
            [name, *_paths(name, own.iterations)],
            self.now(),
        )
        self.projects[project.id] = project
        return project

    # ---- clock and numbers

    def now(self) -> datetime:
        return moment(self.clock.timestamp())

    def next_item(self) -> int:
        self._last_item += 1
        return self._last_item

    def next_comment(self) -> int:
        """Comments are numbered over the whole organization."""
        self._last_comment += 1
        return self._last_comment

    def next_relation(self) -> int:
        self._last_relation += 1
        return self._last_relation

    def node(self, tree: str, path: str) -> int:
        """The number of a node of a tree."""
        return self._nodes.setdefault(f"{tree}:{path.lower()}", 100 + len(self._nodes))

    # ---- look-ups

    def project(self, name: str, who: Identity | None = None) -> Project:
        """By id or name, if this account may know of it. Raises: AzureError (404)."""
        found = self.projects.get(name.lower())
        found = found or next((one for one in self.projects.values() if one.name.lower() == name.lower()), None)
        if found is None or (who is not None and not self.knows(who, found)):
            raise errors.no_project(name)
        return found

    def knows(self, who: Identity, project: Project) -> bool:
        """A project whose root area is hidden is hidden itself."""
        return not any(under(project.name, root) for root in self.settings.hidden.get(who.alias, ()))

    def of(self, item: Item) -> Project:
        return self.project(item.project)

    def type_of(self, item: Item) -> WorkItemType:
        return self.of(item).types[item.kind]

    def item(self, who: Identity, number: int, project: Project | None = None) -> Item:
        """A work item that is not in the recycle bin. Raises: AzureError (404)."""
        item = self.items.get(number)
        elsewhere = item is not None and project is not None and item.project != project.name
        if item is None or elsewhere or item.deleted_at is not None or not self.sees(who, item):
            raise errors.no_item(number)
        return item

    def sees(self, who: Identity, item: Item) -> bool:
        return not any(under(item.area, root) for root in self.settings.hidden.get(who.alias, ()))

    def seen(self, who: Identity, project: Project | None = None) -> Iterator[Item]:
        """All work items outside the recycle bin that an account sees, by number."""
        for item in self.items.values():
            if item.deleted_at is None and self.sees(who, item) and project in (None, self.of(item)):
                yield item

    def refuse(self, who: Identity, area: str) -> None:
        """Raises: AzureError (403): this account may not save work items there."""
        closed = (*self.settings.read_only.get(who.alias, ()), *self.settings.hidden.get(who.alias, ()))
        if who.person.role == "end-user" or any(under(area, root) for root in closed):
            raise errors.forbidden_area()

    def zone(self, who: Identity) -> ZoneInfo:
        return ZoneInfo(who.person.zone or self.tenant.zone)

    def authenticated(self, headers: Mapping[str, str]) -> Identity | None:
        """Whose token it is; one that is too old is nobody's."""
        found = self.people.authenticated(headers)
        return None if found is None or found.alias in self.settings.expired else found

    # ---- settings

    def set_settings(self, changes: Mapping[str, Any]) -> None:
        """Raises: pydantic.ValidationError; nothing is changed then."""
        changed = AzureDevOpsSettings.model_validate(
            with_changes(self.settings.model_dump(mode="json", exclude_unset=True), changes)
        )
        known = {one.name for one in self.projects.values()}
        self.settings = changed
        self.fields = Fields(changed)
        for project in self.projects.values():
            project.types = types_of(project.process, changed)
        for name, own in changed.projects.items():
            if name not in known:
                self.found(name, own)
            else:
                project = self.project(name)
                project.areas += [one for one in _paths(name, own.areas) if one not in project.areas]
                project.iterations += [one for one in _paths(name, own.iterations) if one not in project.iterations]


def _paths(project: str, below: Iterable[str]) -> list[str]:
    """Whole paths; what leads to a node is a node too."""
    found: dict[str, None] = {}
    for path in below:
        parts = path.split("\\")
        for depth in range(len(parts)):
            found["\\".join([project, *parts[: depth + 1]])] = None
    return list(found)
