# SPDX-License-Identifier: Apache-2.0
"""A Jira Cloud site as the sandbox's core knows it."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from sandbox.clock import Clock
from sandbox.jira import (
    api,
    house_rules,
    media,
    pages,
    routes_asides,
    routes_beside,
    routes_issue,
    routes_lists,
    routes_parts,
    routes_people,
    routes_search,
    routes_site,
    routes_work,
)
from sandbox.jira.catalog import Account, Catalog
from sandbox.jira.errors import JiraError
from sandbox.jira.limits import RateLimited, Standing
from sandbox.jira.seeds import plant
from sandbox.jira.settings import JiraSettings
from sandbox.jira.site import Site
from sandbox.tracker import Act, Detail, Refused, Row, with_changes
from sandbox.world import Person, Tenant

_ENDPOINTS = (
    *routes_search.ENDPOINTS,
    *routes_asides.ENDPOINTS,
    *routes_issue.ENDPOINTS,
    *routes_beside.ENDPOINTS,
    *routes_work.ENDPOINTS,
    *routes_parts.ENDPOINTS,
    *routes_people.ENDPOINTS,
    *routes_lists.ENDPOINTS,  # its fixed paths stand before those with a project's key
    *routes_site.ENDPOINTS,
)


BURST = 100
"""The limit that a 429 which the control interface orders speaks of."""


class JiraTracker:
    """One site; what people do through its pages obeys the same rules as the API."""

    app: ASGIApp

    def __init__(self, tenant: Tenant, clock: Clock, url: str) -> None:
        settings = _validated(tenant, tenant.settings)
        self._site = Site(Catalog(tenant, settings), clock, url)
        self.app = api.application(self._site, _ENDPOINTS, media.routes(self._site))
        plant(self._site, tenant.tickets)

    def account_of(self, headers: Mapping[str, str]) -> str | None:
        """Return the address of the account whose credentials these headers carry."""
        account = api.account_of(self._site, headers)
        return account.email if account else None

    def rate_limited(self, retry_after: str | None) -> Response:
        """Answer 429 as Jira does when a burst is over its limit."""
        standing = Standing(BURST, 0, self._site.clock.timestamp() + 1)
        headers = RateLimited("jira-burst-based", standing, 1).headers | {"Retry-After": retry_after}
        told = {name: value for name, value in headers.items() if value is not None}
        return JSONResponse({"errorMessages": ["Rate limit exceeded."], "errors": {}}, 429, told)

    def refusal(self, status: int, text: str, field: str | None) -> Response:
        """Answer as Jira does to what does not fit."""
        told = {"errorMessages": [] if field else [text], "errors": {field: text} if field else {}}
        return JSONResponse(told, status)

    def server_error(self, status: int) -> Response:
        """Answer as Jira does when something within it broke."""
        return JSONResponse({"errorMessages": ["Internal server error"], "errors": {}}, status)

    def settings(self) -> dict[str, Any]:
        """Return the settings in force."""
        return self._site.catalog.settings.model_dump(mode="json", by_alias=True)

    def change_settings(self, changes: Mapping[str, Any]) -> None:
        """Set the named ones. Raises: pydantic.ValidationError."""
        before = self._site.catalog
        settings = _validated(before.tenant, with_changes(self.settings(), changes))
        self._site.catalog = Catalog(before.tenant, settings)
        for project in before.projects:
            now = self._site.catalog.project(project.first_key)
            if now is not None and now.key != project.key:
                self._site.store.rekey(project.key, now.key)
        self._site.parts.seed(self._site.catalog)

    def rows(self) -> list[Row]:
        """List all issues, last changed first."""
        return pages.rows(self._site)

    def detail(self, key: str) -> Detail | None:
        """Show one issue, by a key that it has or had."""
        return pages.detail(self._site, key)

    def act(self, person: Person, key: str | None, act: Act) -> str:
        """Do what a person filled in. Raises: Refused."""
        account = self._account(person)
        try:
            issue_id = pages.act(self._site, account, key, act)
        except JiraError as refused:
            raise Refused(str(refused)) from refused
        house_rules.run(self._site, account, issue_id, "created" if key is None else "edited")
        if act.status:
            house_rules.run(self._site, account, issue_id, "transitioned")
        issue = self._site.store.get(issue_id)
        if issue is None:
            raise Refused("The issue is gone.")
        return issue.key

    def _account(self, person: Person) -> Account:
        accounts = self._site.catalog.accounts.values()
        return next(account for account in accounts if account.email.lower() == person.email.lower())


def _validated(tenant: Tenant, settings: Mapping[str, Any]) -> JiraSettings:
    return JiraSettings.model_validate(dict(settings), context={"people": tenant.people})
