# SPDX-License-Identifier: Apache-2.0
"""One site: its furniture, its issues, who may see them, and how a write is put on record."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.clock import Clock
from sandbox.jira import adf
from sandbox.jira.catalog import Account, Catalog, Project
from sandbox.jira.errors import JiraError, no_issue
from sandbox.jira.fields import Field, Setting, fields_of
from sandbox.jira.limits import Limits
from sandbox.jira.parts import Parts
from sandbox.jira.store import Attachment, Comment, History, Issue, Item, Store, Worklog
from sandbox.jira.values import JsonObject


@dataclass
class Site:
    """Everything behind one address; `catalog` is replaced when settings change."""

    catalog: Catalog
    clock: Clock
    url: str
    store: Store = field(init=False)
    limits: Limits = field(init=False)
    parts: Parts = field(default_factory=Parts)
    media_tokens: dict[str, str] = field(default_factory=dict)
    """By media UUID: what an address at Media Services must carry."""

    def __post_init__(self) -> None:
        self.store = Store(self.clock)
        self.limits = Limits(self.clock)
        self.parts.seed(self.catalog)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.catalog.tenant.zone)

    def project_of(self, issue: Issue) -> Project:
        project = self.catalog.project(issue.project)
        if project is None:
            raise LookupError(f"{issue.key} stands in a project that the settings no longer have")
        return project

    def setting(self, issue: Issue, account: Account, version: str) -> Setting:
        return Setting(self.catalog, version, self.project_of(issue), account, self.parts, issue.attachments)

    def sees(self, account: Account, issue: Issue) -> bool:
        """Whether the account may browse the project and belongs to the issue's security level."""
        project = self.catalog.project(issue.project)
        if project is None or not self.catalog.may_browse(account, project):
            return False
        return self.catalog.may_see_level(account, self.level_of(issue))

    def level_of(self, issue: Issue) -> str | None:
        """Return the id of an issue's security level; a sub-task has its parent's."""
        parent = self.store.get(issue.parent) if issue.parent else None
        level: str | None = (parent or issue).fields.get("security")
        return level

    def sees_said(self, account: Account, said: Comment | Worklog) -> bool:
        """Whether the restriction of a comment or worklog, if it has one, names a role or group of the account."""
        if said.visibility is None:
            return True
        members = self.catalog.members(said.visibility["type"], said.visibility["identifier"])
        return members is not None and account.id in members

    def find(self, account: Account, id_or_key: str) -> Issue:
        """Find an issue that the account may see.

        Raises:
            JiraError: 404, the same for an issue that is not there.
        """
        issue = self.store.find(id_or_key)
        if issue is None or not self.sees(account, issue):
            raise no_issue()
        return issue

    def record(
        self,
        issue: Issue,
        account: Account,
        items: Iterable[Item] = (),
        metadata: JsonObject | None = None,
        **changes: Any,
    ) -> Issue:
        """Save a write, with one history entry for all its items if it has any."""
        issue = self.store.save(replace(issue, **changes))
        made = tuple(items)
        if not made:
            return issue
        entry = History(self.store.next_id("history"), account.id, issue.updated, made, metadata)
        return self.store.save(replace(issue, histories=(*issue.histories, entry)), touch=False)

    def check_media(self, issue_files: Iterable[Attachment], document: JsonObject | None) -> None:
        """Refuse a document that shows a file which the issue does not have.

        Raises:
            JiraError: 400 ATTACHMENT_VALIDATION_ERROR.
        """
        if not adf.media_ids(document) <= {file.media for file in issue_files}:
            raise JiraError(400, "ATTACHMENT_VALIDATION_ERROR")

    def without_lost_media(self, before: Issue, after: Issue) -> tuple[Issue, tuple[Item, ...]]:
        """Drop the files whose last media node a write took away, as Jira does, and say so in the changelog."""
        lost = self._shown_media(before) - self._shown_media(after)
        gone = tuple(file for file in after.attachments if file.media in lost)
        for file in gone:
            self.store.files.pop(file.media, None)
        kept = tuple(file for file in after.attachments if file not in gone)
        return replace(after, attachments=kept), tuple(removed(file) for file in gone)

    def rich_fields(self) -> list[Field]:
        return [known for known in fields_of(self.catalog).values() if known.kind == "text"]

    def _shown_media(self, issue: Issue) -> frozenset[str]:
        documents = [issue.fields.get(known.id) for known in self.rich_fields()]
        documents += [comment.body for comment in issue.comments]
        return frozenset[str]().union(*(adf.media_ids(document) for document in documents))


def removed(file: Attachment) -> Item:
    """Describe a file's removal."""
    return Item("Attachment", "attachment", str(file.id), file.name, None, None)
