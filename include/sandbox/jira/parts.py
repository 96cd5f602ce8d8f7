# SPDX-License-Identifier: Apache-2.0
"""Components and versions of projects: what people make through the API, beside what settings give at the start."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.jira.catalog import Catalog, Named

FIRST = 10000


@dataclass(frozen=True)
class Component(Named):
    project: str
    """The project's id."""
    description: str | None = None
    lead: str | None = None
    """Account id."""
    assignee_type: str = "PROJECT_DEFAULT"


@dataclass(frozen=True)
class Version(Named):
    project: str
    description: str | None = None
    start: str | None = None
    release: str | None = None
    """Days, as `2026-11-25`."""
    archived: bool = False
    released: bool = False


@dataclass
class Parts:
    """All of a site, by id, in the order in which they are shown; ids are never used twice."""

    components: dict[str, Component] = field(default_factory=dict)
    versions: dict[str, Version] = field(default_factory=dict)
    _last: int = FIRST - 1
    _seeded: set[str] = field(default_factory=set)

    def seed(self, catalog: Catalog) -> None:
        """Make what the settings give to projects that were not there before."""
        for project in catalog.projects:
            if project.first_key in self._seeded:
                continue
            self._seeded.add(project.first_key)
            for name in project.settings.components:
                self.save(Component(self.next_id(), name, project.id))
            for name in project.settings.versions:
                self.save(Version(self.next_id(), name, project.id))

    def next_id(self) -> str:
        self._last += 1
        return str(self._last)

    def save(self, part: Component | Version) -> None:
        if isinstance(part, Component):
            self.components[part.id] = part
        else:
            self.versions[part.id] = part

    def of(self, kind: str, project: str) -> tuple[Named, ...]:
        """Return a project's `components` or `versions`."""
        return tuple(one for one in self.all(kind).values() if one.project == project)

    def all(self, kind: str) -> Mapping[str, Component] | Mapping[str, Version]:
        return self.components if kind == "components" else self.versions
