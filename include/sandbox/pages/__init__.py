# SPDX-License-Identifier: Apache-2.0
"""The pages on which people watch a tracker and act in it: the list, and a ticket. Plain HTML, no script."""

from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI, Form, UploadFile
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.clock import Clock
from sandbox.tracker import Act, Refused, Tracker, Upload
from sandbox.world import Person, Tenant

VENDORS = {"zendesk": "Zendesk", "jira": "Jira", "servicenow": "ServiceNow", "azure_devops": "Azure DevOps"}


def pages_app(tenant: Tenant, tracker: Tracker, clock: Clock) -> FastAPI:
    """The app behind `/` and `/ui/...` of one tenant."""
    app = FastAPI(openapi_url=None)
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["time"] = lambda at: at.strftime("%Y-%m-%d %H:%M:%S")
    program = tenant.people[tenant.integration].name
    templates.globals.update(tenant=tenant, vendor=VENDORS[tenant.kind], program=program)

    def show(template: str, status: int = 200, *, error: str | None = None, **values: object) -> Response:
        page = templates.get_template(template).render(now=clock.now(), error=error, **values)
        return HTMLResponse(page, status)

    def show_ticket(key: str, status: int = 200, *, error: str | None = None, who: str = "") -> Response:
        detail = tracker.detail(key)
        if detail is None:
            return show("missing.html", 404, key=key)
        return show("ticket.html", status, detail=detail, error=error, who=who)

    def person(alias: str) -> Person:
        if alias not in tenant.people:
            raise Refused("Choose who you are.")
        return tenant.people[alias]

    @app.get("/")
    async def tickets() -> Response:
        return show("tickets.html", rows=tracker.rows())

    @app.get("/ui/new")
    async def new() -> Response:
        return show("new.html", who="")

    @app.get("/ui/tickets/{key}")
    async def ticket(key: str, who: str = "") -> Response:
        return show_ticket(key, who=who)

    @app.post("/ui/new")
    async def create(
        who: str = Form(""), title: str = Form(""), comment: str = Form(""), files: list[UploadFile] | None = None
    ) -> Response:
        act = Act(title=title or None, comment=_lines(comment), files=await _uploads(files))
        try:
            key = tracker.act(person(who), None, act)
        except Refused as error:
            return show("new.html", 422, error=str(error), who=who)
        return RedirectResponse(f"/ui/tickets/{quote(key)}?who={quote(who)}", 303)

    @app.post("/ui/tickets/{key}")
    async def change(
        key: str,
        who: str = Form(""),
        title: str = Form(""),
        title_was: str = Form(""),
        status: str = Form(""),
        status_was: str = Form(""),
        priority: str = Form(""),
        priority_was: str = Form(""),
        comment: str = Form(""),
        internal: bool = Form(False),
        files: list[UploadFile] | None = None,
    ) -> Response:
        if tracker.detail(key) is None:
            return show("missing.html", 404, key=key)
        # The form sends every field: only what differs from what the page showed is meant.
        act = Act(
            title=title if title != title_was else None,
            status=status if status != status_was else None,
            priority=priority if priority != priority_was else None,
            comment=_lines(comment),
            internal=internal,
            files=await _uploads(files),
        )
        try:
            tracker.act(person(who), key, act)
        except Refused as error:
            return show_ticket(key, 422, error=str(error), who=who)
        return RedirectResponse(f"/ui/tickets/{quote(key)}?who={quote(who)}", 303)

    return app


def _lines(text: str) -> str | None:
    """Browsers send a text area's line ends as CR LF."""
    return text.replace("\r\n", "\n").strip() or None


async def _uploads(files: list[UploadFile] | None) -> tuple[Upload, ...]:
    """The chosen files; a form without a choice sends one without a name."""
    return tuple(
        [
            Upload(file.filename, file.content_type or "application/octet-stream", await file.read())
            for file in files or []
            if file.filename
        ]
    )
