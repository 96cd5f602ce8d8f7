# SPDX-License-Identifier: Apache-2.0
"""The simulated Zendesk as the sandbox's core sees it: its app, its pages, its settings."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from sandbox.clock import Clock
from sandbox.tracker import Act, Detail, PageChange, PageComment, PageFile, Refused, Row
from sandbox.world import Person, Tenant
from sandbox.zendesk import (
    api_comments,
    api_exports,
    api_organizations,
    api_people,
    api_setup,
    api_tickets,
    api_tickets_beside,
    api_users_beside,
    errors,
)
from sandbox.zendesk.calls import api_app, json_answer
from sandbox.zendesk.desk import Desk
from sandbox.zendesk.jobs import Jobs
from sandbox.zendesk.records import PRIORITIES, STATUSES, Attachment, Comment, Ticket, User
from sandbox.zendesk.seed import sow
from sandbox.zendesk.tickets import create_ticket, update_ticket

_PARTS = [
    *(api_tickets.routes, api_comments.routes, api_exports.routes, api_tickets_beside.routes),
    *(api_people.routes, api_users_beside.routes, api_organizations.routes, api_setup.routes),
]


class ZendeskTracker:
    """Implements `sandbox.tracker.Tracker`."""

    def __init__(self, tenant: Tenant, clock: Clock, url: str) -> None:
        self._desk = Desk(tenant, clock, url)
        self._jobs = Jobs(self._desk)
        sow(self._desk)
        self.app = api_app(self._desk, self._jobs, _PARTS, api_comments.other_routes(self._desk))

    def account_of(self, headers: Mapping[str, str]) -> str | None:
        user = self._desk.authenticated(headers)
        return user.email if user else None

    def rate_limited(self, retry_after: str | None) -> Response:
        error = errors.rate_limited(retry_after)
        return json_answer(
            error.status, error.body, {**error.headers, "x-rate-limit": "700", "x-rate-limit-remaining": "0"}
        )

    def refusal(self, status: int, text: str, field: str | None) -> Response:
        return json_answer(status, errors.invalid(field or "base", text).body, {})

    def server_error(self, status: int) -> Response:
        return Response(
            "<html><body><h1>Sorry, something went wrong</h1></body></html>", status, media_type="text/html"
        )

    def settings(self) -> dict[str, Any]:
        return self._desk.settings.model_dump(mode="json")

    def change_settings(self, changes: Mapping[str, Any]) -> None:
        self._desk.set_settings(changes)

    def rows(self) -> list[Row]:
        self._jobs.run_due()
        tickets = [ticket for ticket in self._desk.tickets.values() if not ticket.deleted]
        return [self._row(t) for t in sorted(tickets, key=lambda t: (t.updated_at, t.id), reverse=True)]

    def detail(self, key: str) -> Detail | None:
        self._jobs.run_due()
        ticket = self._desk.tickets.get(int(key)) if key.isdigit() else None
        if ticket is None or ticket.deleted:
            return None
        first, *rest = ticket.comments
        return Detail(
            row=self._row(ticket),
            description=ticket.description,
            author=self._name(first.author_id),
            fields=self._fields(ticket),
            comments=tuple(self._comment(comment) for comment in rest),
            history=tuple(self._history(ticket)),
            files=tuple(self._file(file) for file in first.attachments),
            statuses=tuple(s for s in STATUSES if s != "new" or ticket.status == "new"),
            priorities=PRIORITIES,
            internal=not first.public,
        )

    def act(self, person: Person, key: str | None, act: Act) -> str:
        """A requester's comment opens a solved ticket again, as in `/requests`."""
        user = self._desk.user_by_email(person.email)
        if user is None:
            raise Refused("This person is not known here.")
        body: dict[str, Any] = {"subject": act.title, "status": act.status, "priority": act.priority}
        body = {name: value for name, value in body.items() if value is not None}
        try:
            files = [self._desk.add_upload(f.name, f.content_type, f.content, None).token for f in act.files]
            if act.comment or files:
                text = act.comment or ", ".join(file.name for file in act.files)
                body["comment"] = {"body": text, "public": not act.internal, "uploads": files}
            if key is None:
                return str(create_ticket(self._desk, user, body, "web").id)
            ticket = self._desk.ticket(user, int(key))
            if user.role == "end-user":
                body = self._as_requester(user, ticket, body)
            update_ticket(self._desk, user, ticket, body, "web")
        except errors.ZendeskError as error:
            raise Refused(_words(error)) from error
        return str(ticket.id)

    def _as_requester(self, user: User, ticket: Ticket, body: dict[str, Any]) -> dict[str, Any]:
        if ticket.values["requester_id"] != user.id:
            raise Refused("Customers see only their own tickets.")
        if set(body) - {"comment"} or not body["comment"]["public"]:
            raise Refused("Customers can only comment, and not internally.")
        return {**body, "status": "open"} if ticket.status in ("pending", "hold", "solved") else body

    def _name(self, number: int | None) -> str:
        user = self._desk.users.get(number or 0)
        return user.name if user else "Zendesk itself" if number == -1 else ""

    def _row(self, ticket: Ticket) -> Row:
        values = ticket.values
        changed = datetime.fromtimestamp(ticket.updated_at, UTC)
        by = self._name(ticket.audits[-1].author_id)
        return Row(str(ticket.id), values["subject"] or "", ticket.status, values["priority"] or "", changed, by)

    def _file(self, file: Attachment) -> PageFile:
        return PageFile(file.file_name, len(file.content), f"/attachments/token/{file.token}/")

    def _comment(self, comment: Comment) -> PageComment:
        files = tuple(self._file(file) for file in comment.attachments)
        at = datetime.fromtimestamp(comment.created_at, UTC)
        return PageComment(self._name(comment.author_id), at, comment.plain_body, not comment.public, files)

    def _fields(self, ticket: Ticket) -> tuple[tuple[str, str], ...]:
        values, desk = ticket.values, self._desk
        own = [(field.title, str(ticket.custom.get(field.id) or "")) for field in desk.settings.ticket_fields]
        return (
            ("Created", f"{datetime.fromtimestamp(ticket.created_at, UTC):%Y-%m-%d %H:%M:%S} UTC"),
            ("Requester", self._name(values["requester_id"])),
            ("Assignee", self._name(values["assignee_id"])),
            ("Type", values["type"] or ""),
            ("Tags", ", ".join(values["tags"])),
            *own,
            ("External id", str(values["external_id"] or "")),
            ("First comment", "public" if ticket.comments[0].public else "internal"),
        )

    def _history(self, ticket: Ticket) -> list[PageChange]:
        titles = {str(field.id): field.title for field in self._desk.settings.ticket_fields}
        history = []
        for audit in ticket.audits:
            at = datetime.fromtimestamp(audit.created_at, UTC)
            for event in audit.events:
                if isinstance(event, Comment) or event["type"] != "Change" or event["field_name"] == "custom_status_id":
                    continue
                rule = event.get("via", audit.via)
                by = rule["source"]["from"]["title"] if rule["channel"] == "rule" else self._name(audit.author_id)
                name = titles.get(event["field_name"], event["field_name"])
                history.append(PageChange(at, by, name, _shown(event["previous_value"]), _shown(event["value"])))
        return history


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)


def _words(error: errors.ZendeskError) -> str:
    """What an agent would read."""
    details = error.body.get("details")
    if isinstance(details, dict):
        return "; ".join(str(detail["description"]) for listed in details.values() for detail in listed)
    return str(error.body.get("description") or error.body.get("error"))
