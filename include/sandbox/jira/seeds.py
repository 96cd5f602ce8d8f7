# SPDX-License-Identifier: Apache-2.0
"""The issues that are there at the start, from the world file's `tickets`."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from sandbox.jira import comments, edits, transitions
from sandbox.jira.adf import of_text
from sandbox.jira.catalog import Account
from sandbox.jira.site import Site
from sandbox.jira.store import Issue


class Seed(BaseModel):
    """One issue, people by alias, texts plain."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    project: str
    issuetype: str = "Task"
    summary: str
    description: str | None = None
    priority: str | None = None
    labels: tuple[str, ...] = ()
    reporter: str
    assignee: str | None = None
    status: str | None = None
    """One that a single transition without required fields leads to."""
    security: str | None = None
    duedate: str | None = None
    comments: tuple[dict[str, str], ...] = ()
    """Each with `by` (alias) and `text`."""
    fields: dict[str, Any] = {}
    """Custom fields, values as in the REST API (version 3)."""


def plant(site: Site, tickets: Iterable[Mapping[str, Any]]) -> None:
    """Create the issues as their reporters would.

    Raises:
        pydantic.ValidationError, JiraError, KeyError: the world file does not fit.
    """
    for ticket in tickets:
        seed = Seed.model_validate(ticket)
        author = site.catalog.account(seed.reporter)
        issue = edits.create(site, author, {"fields": _fields(site, seed)}, "3")
        if seed.status and seed.status != site.catalog.status(issue.status).name:
            issue = _walk(site, author, issue, seed.status)
        for comment in seed.comments:
            by = site.catalog.account(comment["by"])
            comments.add(site, by, site.find(by, issue.key), {"body": of_text(comment["text"])}, "3")
    site.store.settle()


def _fields(site: Site, seed: Seed) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "project": {"key": seed.project},
        "issuetype": {"name": seed.issuetype},
        "summary": seed.summary,
        "labels": list(seed.labels),
        **seed.fields,
    }
    named = {"priority": seed.priority, "security": seed.security}
    fields |= {name: {"name": value} for name, value in named.items() if value}
    if seed.description:
        fields["description"] = of_text(seed.description)
    if seed.assignee:
        fields["assignee"] = {"accountId": site.catalog.account(seed.assignee).id}
    if seed.duedate:
        fields["duedate"] = seed.duedate
    return fields


def _walk(site: Site, author: Account, issue: Issue, status: str) -> Issue:
    chosen = next(t for t in transitions.legal(site, author, issue) if t.to.name == status)
    return transitions.take(site, author, issue, {"transition": {"id": chosen.id}}, "3")
