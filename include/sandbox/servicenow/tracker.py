# SPDX-License-Identifier: Apache-2.0
"""The simulated ServiceNow as the sandbox's core sees it: its app, its pages, its settings."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.clock import Clock
from sandbox.servicenow import api_attachment, api_batch, api_table, pages
from sandbox.servicenow.calls import HOUR, RULE, Answer, Api, Function, response
from sandbox.servicenow.errors import SnowError, rate_limited
from sandbox.servicenow.instance import Instance
from sandbox.servicenow.seed import sow
from sandbox.tracker import Act, Detail, Refused, Row
from sandbox.world import Person, Tenant


class ServiceNowTracker:
    """Implements `sandbox.tracker.Tracker`."""

    app: ASGIApp

    def __init__(self, tenant: Tenant, clock: Clock, url: str) -> None:
        self._instance = Instance(tenant, clock, url)
        sow(self._instance)
        functions: dict[str, Function] = {"table": api_table.serve, "attachment": api_attachment.serve}
        api = Api(self._instance, functions)
        functions["batch"] = api_batch.serving(api.answer)
        self.app = _with_form(self._instance, api)

    def account_of(self, headers: Mapping[str, str]) -> str | None:
        user = self._instance.authenticated(headers)
        return user.person.email if user and user.person else None

    def rate_limited(self, retry_after: str | None) -> Response:
        end = str(int(self._instance.now() // HOUR + 1) * HOUR)
        told = {"X-RateLimit-Limit": "100", "X-RateLimit-Reset": end, "X-RateLimit-Rule": RULE}
        error = rate_limited(RULE, told | ({} if retry_after is None else {"Retry-After": retry_after}))
        return response(Answer(error.body, error.status, error.headers))

    def refusal(self, status: int, text: str, field: str | None) -> Response:
        detail = f"{field}: {text}" if field else text
        error = SnowError(status, "Operation Failed", detail)
        return response(Answer(error.body, status))

    def server_error(self, status: int) -> Response:
        error = SnowError(status, "Unknown error", "Transaction failed")
        return response(Answer(error.body, status))

    def settings(self) -> dict[str, Any]:
        return self._instance.settings.model_dump(mode="json")

    def change_settings(self, changes: Mapping[str, Any]) -> None:
        self._instance.set_settings(changes)

    def rows(self) -> list[Row]:
        return pages.rows(self._instance)

    def detail(self, key: str) -> Detail | None:
        return pages.detail(self._instance, key)

    def act(self, person: Person, key: str | None, act: Act) -> str:
        try:
            return pages.act(self._instance, self._instance.user(person), key, act)
        except SnowError as error:
            raise Refused(error.detail) from error


def _with_form(instance: Instance, api: Api) -> ASGIApp:
    """Addresses that people open in their browser: a row's leads to its page, a file's shows it, to all who watch."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path.startswith("/api/"):
            await api(scope, receive, send)
            return
        table, _, kind = path.strip("/").rpartition(".")
        sys_id = Request(scope).query_params.get("sys_id", "")
        row = instance.row(table, sys_id) if kind == "do" and table in instance.rows else None
        answer: Response = RedirectResponse(f"/ui/tickets/{row['number']}" if row and "number" in row else "/", 303)
        if row and sys_id in instance.files:
            answer = Response(instance.files[sys_id], 200, {"Content-Type": row["content_type"]})
        await answer(scope, receive, send)

    return app
