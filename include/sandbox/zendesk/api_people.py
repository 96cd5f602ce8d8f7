# SPDX-License-Identifier: Apache-2.0
"""Users, and the end users' own view of their tickets (`/requests`)."""

from functools import partial
from typing import Any

from sandbox.zendesk import errors
from sandbox.zendesk.calls import ANONYMOUS, Answer, Call, Routes
from sandbox.zendesk.paging import page_of
from sandbox.zendesk.records import CUSTOM_STATUS_IDS, Ticket, User, stamp
from sandbox.zendesk.search import found_users
from sandbox.zendesk.shapes import comment_shape, ticket_shape, user_shape
from sandbox.zendesk.tickets import create_ticket, update_ticket

routes = Routes()


@routes.on("GET", "/api/v2/users/me", "anyone")
def me(call: Call) -> Answer:
    """Wrong credentials are no error here: the answer is the anonymous user, with 200."""
    if call.user is ANONYMOUS:
        return Answer({"user": {**user_shape(call.desk, ANONYMOUS), "id": None, "email": "invalid@example.com"}})
    return Answer({"user": user_shape(call.desk, call.user)})


def _page(call: Call, users: list[User]) -> Answer:
    shape = partial(user_shape, call.desk)
    return Answer(page_of("users", users, shape, call.query, call.address, lambda user: (user.id,)))


@routes.on("GET", "/api/v2/users")
def list_users(call: Call) -> Answer:
    users = list(call.desk.users.values())
    roles = [value for key, value in call.query.multi_items() if key in ("role", "role[]")]
    return _page(call, [user for user in users if not roles or user.role in roles])


@routes.on("GET", "/api/v2/users/show_many")
def show_many(call: Call) -> Answer:
    wanted = set(call.numbers())
    external = set(filter(None, call.query.get("external_ids", "").split(",")))
    users = [user for user in call.desk.users.values() if user.id in wanted or user.external_id in external]
    page = {"users": [user_shape(call.desk, user) for user in users]}
    return Answer({**page, "next_page": None, "previous_page": None, "count": len(users)})


@routes.on("GET", "/api/v2/users/search")
def search_users(call: Call) -> Answer:
    if "external_id" in call.query:
        return _page(call, [u for u in call.desk.users.values() if u.external_id == call.query["external_id"]])
    return _page(call, found_users(call.desk, call.query.get("query", "")))


@routes.on("GET", "/api/v2/users/{user_id}")
def show(call: Call) -> Answer:
    return Answer({"user": user_shape(call.desk, _user(call))}, headers={"cache-control": "max-age=5, private"})


def _user(call: Call) -> User:
    user = call.desk.users.get(call.number("user_id"))
    if user is None:
        raise errors.not_found()
    return user


def _set(call: Call, user: User, record: dict[str, Any]) -> None:
    role = record.get("role", user.role)
    if role not in ("admin", "agent", "end-user"):
        raise errors.invalid("role", f"{role} is not a valid role")
    if role != user.role and call.user.role != "admin":
        raise errors.forbidden()
    user.role, user.name = role, str(record.get("name", user.name))
    user.external_id = record.get("external_id", user.external_id)
    user.tags = tuple(record.get("tags", user.tags))
    user.updated_at = call.desk.now()


def _created(call: Call, record: dict[str, Any]) -> Answer:
    if not record.get("name"):
        raise errors.invalid("name", "is too short (minimum is 1 characters)")
    user = call.desk.add_user(str(record["name"]), record.get("email"))
    _set(call, user, record)
    return Answer(
        {"user": user_shape(call.desk, user)}, 201, {"location": f"{call.desk.url}/api/v2/users/{user.id}.json"}
    )


@routes.on("POST", "/api/v2/users")
def create(call: Call) -> Answer:
    record = call.record("user")
    if record.get("email") and call.desk.user_by_email(str(record["email"])):
        raise errors.invalid("email", f"{record['email']} is already being used by another user", "DuplicateValue")
    return _created(call, record)


@routes.on("POST", "/api/v2/users/create_or_update")
def create_or_update(call: Call) -> Answer:
    record = call.record("user")
    user = call.desk.user_by_email(str(record["email"])) if record.get("email") else None
    if user is None and record.get("external_id"):
        user = next((u for u in call.desk.users.values() if u.external_id == record["external_id"]), None)
    if user is None:
        return _created(call, record)
    _set(call, user, record)
    return Answer({"user": user_shape(call.desk, user)})


@routes.on("PUT", "/api/v2/users/{user_id}")
def update(call: Call) -> Answer:
    user = _user(call)
    _set(call, user, call.record("user"))
    return Answer({"user": user_shape(call.desk, user)})


def _request_shape(call: Call, ticket: Ticket) -> dict[str, Any]:
    """A ticket as its requester sees it."""
    whole = ticket_shape(call.desk, ticket)
    names = ("id", "status", "priority", "type", "subject", "description", "organization_id", "via", "requester_id")
    shown = {name: whole[name] for name in names}
    return {
        "url": f"{call.desk.url}/api/v2/requests/{ticket.id}.json",
        **shown,
        "custom_status_id": CUSTOM_STATUS_IDS[ticket.status],
        "created_at": stamp(ticket.created_at),
        "updated_at": stamp(ticket.updated_at),
        "can_be_solved_by_me": ticket.status not in ("solved", "closed"),
        "custom_fields": whole["custom_fields"],
    }


def _request(call: Call) -> Ticket:
    ticket = call.desk.ticket(call.user, call.number("ticket_id"))
    if ticket.values["requester_id"] != call.user.id or not ticket.is_public:
        raise errors.not_found()
    return ticket


@routes.on("GET", "/api/v2/requests", "user")
def list_requests(call: Call) -> Answer:
    own = [t for t in call.desk.visible(call.user) if t.values["requester_id"] == call.user.id and t.is_public]
    shape = partial(_request_shape, call)
    return Answer(page_of("requests", own, shape, call.query, call.address, lambda ticket: (ticket.id,)))


@routes.on("POST", "/api/v2/requests", "user")
def create_request(call: Call) -> Answer:
    record = call.record("request")
    allowed = {
        k: v for k, v in record.items() if k in ("subject", "comment", "custom_fields", "via_followup_source_id")
    }
    ticket = create_ticket(call.desk, call.user, allowed | {"comment": _public(record)})
    return Answer({"request": _request_shape(call, ticket)}, 201)


@routes.on("GET", "/api/v2/requests/{ticket_id}", "user")
def show_request(call: Call) -> Answer:
    return Answer({"request": _request_shape(call, _request(call))})


@routes.on("PUT", "/api/v2/requests/{ticket_id}", "user")
def update_request(call: Call) -> Answer:
    """A requester's word on a pending or solved ticket opens it again."""
    ticket, record = _request(call), call.record("request")
    body: dict[str, Any] = {"comment": _public(record)} if record.get("comment") else {}
    if record.get("solved"):
        body["status"] = "solved"
    elif body and ticket.status in ("pending", "hold", "solved"):
        body["status"] = "open"
    update_ticket(call.desk, call.user, ticket, body)
    return Answer({"request": _request_shape(call, ticket)})


def _public(record: dict[str, Any]) -> dict[str, Any]:
    """Requesters have no private comments, and speak for themselves only."""
    comment = record.get("comment")
    said = {"body": comment} if isinstance(comment, str) else dict(comment or {})
    return {**{k: v for k, v in said.items() if k in ("body", "html_body", "uploads")}, "public": True}


@routes.on("GET", "/api/v2/requests/{ticket_id}/comments", "user")
def request_comments(call: Call) -> Answer:
    public = [comment for comment in _request(call).comments if comment.public]
    shape = partial(comment_shape, call.desk)
    return Answer(page_of("comments", public, shape, call.query, call.address, lambda c: (c.created_at, c.id)))
