# SPDX-License-Identifier: Apache-2.0
"""A work item and its history: revisions, updates, relations, comments.

A revision is what fields were; an update is what happened. A link between work items is an update without a revision:
so the numbers of both drift apart, and neither `rev` nor the changed date tells of a link.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sandbox.azure_devops.people import Identity

Values = dict[str, Any]
"""By reference name: texts, numbers, `datetime`s, `Identity`s. What is empty is not there."""


@dataclass
class Relation:
    """A link to another work item, a file, or an address."""

    rel: str
    target: str
    """Number of a work item, id of a file, or an address."""
    comment: str = ""
    name: str = ""
    number: int = 0
    added: datetime | None = None
    size: int = 0

    @property
    def work_item(self) -> bool:
        return self.rel.startswith(("System.LinkTypes.", "Microsoft.VSTS."))

    @property
    def key(self) -> tuple[str, str]:
        return self.rel, self.target


@dataclass(frozen=True)
class CommentRef:
    """The comment that a revision made, changed or deleted."""

    number: int
    version: int


@dataclass
class Revision:
    """What the fields were from a moment on."""

    rev: int
    fields: Values
    at: datetime
    by: Identity
    watermark: int
    comment: CommentRef | None = None
    deleted: bool = False
    formats: dict[str, str] = field(default_factory=dict)
    """Long fields: `markdown`; of one that is not named, HTML."""


@dataclass
class Update:
    """What one save did. `rev` is the revision that it made, or in which it happened."""

    number: int
    rev: int
    at: datetime
    by: Identity
    revised: bool
    """Whether it made a revision."""
    added: list[Relation] = field(default_factory=list)
    removed: list[Relation] = field(default_factory=list)
    changed: list[Relation] = field(default_factory=list)


@dataclass
class CommentVersion:
    number: int
    text: str
    at: datetime
    by: Identity
    deleted: bool = False


@dataclass
class Comment:
    """A comment with all its versions; a deleted one stays."""

    number: int
    by: Identity
    at: datetime
    format: Literal["html", "markdown"]
    versions: list[CommentVersion]
    reactions: dict[str, list[Identity]] = field(default_factory=dict)
    """By kind: who feels so."""

    @property
    def now(self) -> CommentVersion:
        return self.versions[-1]

    @property
    def deleted(self) -> bool:
        return self.now.deleted


@dataclass
class Item:
    """A work item."""

    number: int
    revisions: list[Revision] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    deleted_at: datetime | None = None
    deleted_by: Identity | None = None

    @property
    def now(self) -> Revision:
        return self.revisions[-1]

    @property
    def rev(self) -> int:
        return self.now.rev

    @property
    def fields(self) -> Values:
        return self.now.fields

    @property
    def kind(self) -> str:
        return str(self.fields["System.WorkItemType"])

    @property
    def project(self) -> str:
        """Name of the project."""
        return str(self.fields["System.TeamProject"])

    @property
    def area(self) -> str:
        return str(self.fields["System.AreaPath"])

    @property
    def parent(self) -> int | None:
        found = (int(one.target) for one in self.relations if one.rel == "System.LinkTypes.Hierarchy-Reverse")
        return next(found, None)

    def at(self, when: datetime) -> Revision | None:
        """The revision of that moment."""
        return next((one for one in reversed(self.revisions) if one.at <= when), None)

    def revised(self, revision: Revision) -> datetime | None:
        """When a revision ended; None: it has not."""
        later = self.revisions[revision.rev :]
        return later[0].at if later else None
