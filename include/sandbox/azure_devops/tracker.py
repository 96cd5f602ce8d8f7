# SPDX-License-Identifier: Apache-2.0
"""The simulated Azure DevOps as the sandbox's core sees it: its app, its pages, its settings."""

import re
from collections.abc import Mapping
from typing import Any

from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.azure_devops import (
    api_attachments,
    api_batch,
    api_items,
    api_projects,
    api_queries,
    api_recycle,
    api_reporting,
    api_setup,
    api_tags,
    api_teams,
    api_trees,
    pages,
)
from sandbox.azure_devops.calls import Answer, Api, Function, response
from sandbox.azure_devops.errors import AzureError, blocked, internal, refused
from sandbox.azure_devops.organization import Organization
from sandbox.azure_devops.seed import sow
from sandbox.azure_devops.throttle import Throttle
from sandbox.clock import Clock
from sandbox.tracker import Act, Detail, Refused, Row
from sandbox.world import Person, Tenant


class AzureDevOpsTracker:
    """Implements `sandbox.tracker.Tracker`."""

    app: ASGIApp

    def __init__(self, tenant: Tenant, clock: Clock, url: str) -> None:
        self._organization = Organization(tenant, clock, url)
        sow(self._organization)
        functions: dict[str, Function] = {
            "connectiondata": api_projects.connection,
            "operations": api_projects.operations,
            "projects": api_projects.projects,
            "resourceareas": api_projects.areas,
            "teams": api_teams.every,
            "wit/attachments": api_attachments.serve,
            "wit/classificationnodes": api_trees.serve,
            "wit/fields": api_setup.fields,
            "wit/queries": api_queries.serve_saved,
            "wit/recyclebin": api_recycle.serve,
            "wit/reporting": api_reporting.serve,
            "wit/queriesbatch": api_queries.serve_batch,
            "wit/tags": api_tags.serve,
            "wit/wiql": api_queries.serve,
            "wit/workitemrelationtypes": api_setup.relation_types,
            "wit/workitems": api_items.serve,
            "wit/workitemsbatch": api_items.serve_batch,
            "wit/workitemsdelete": api_items.serve_delete,
            "wit/workitemtypecategories": api_setup.categories,
            "wit/workitemtypes": api_setup.types,
        }
        api = Api(self._organization, functions, api_projects.locations())
        functions["wit/$batch"] = api_batch.serving(api.answer)
        self.app = _with_form(self._organization, api)

    def account_of(self, headers: Mapping[str, str]) -> str | None:
        who = self._organization.authenticated(headers)
        return who.mail if who else None

    def rate_limited(self, retry_after: str | None) -> Response:
        told = Throttle().told(self._organization, None)
        del told["Retry-After"]
        return response(
            Answer(blocked().body, 429, told | ({} if retry_after is None else {"Retry-After": retry_after}))
        )

    def refusal(self, status: int, text: str, field: str | None) -> Response:
        return response(Answer(refused(status, text, field).body, status))

    def server_error(self, status: int) -> Response:
        return response(Answer(internal(status).body, status))

    def settings(self) -> dict[str, Any]:
        return self._organization.settings.model_dump(mode="json")

    def change_settings(self, changes: Mapping[str, Any]) -> None:
        self._organization.set_settings(changes)

    def rows(self) -> list[Row]:
        return pages.rows(self._organization)

    def detail(self, key: str) -> Detail | None:
        return pages.detail(self._organization, key)

    def act(self, person: Person, key: str | None, act: Act) -> str:
        try:
            return pages.act(self._organization, self._organization.people.of(person), key, act)
        except AzureError as error:
            raise Refused(error.message) from error


def _with_form(organization: Organization, api: Api) -> ASGIApp:
    """Addresses that people open in their browser: a work item's leads to its page, a file's shows it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        item = re.search(r"/_workitems/edit/(\d+)$", path)
        file = re.fullmatch(r"/_files/([0-9a-f-]{36})", path)
        answer: Response
        if item:
            answer = RedirectResponse(f"/ui/tickets/{item[1]}", 303)
        elif file and file[1] in organization.files:
            answer = Response(organization.files[file[1]].content, 200, {"Content-Type": "application/octet-stream"})
        else:
            await api(scope, receive, send)
            return
        await answer(scope, receive, send)

    return app
