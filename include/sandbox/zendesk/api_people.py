# SPDX-License-Identifier: Apache-2.0
"""Users, and the end users' own view of their tickets (`/requests`)."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from sandbox.zendesk import errors
from sandbox.zendesk.calls import ANONYMOUS, Answer, Call, Routes
from sandbox.zendesk.paging import page_of
from sandbox.zendesk.records import CUSTOM_STATUS_IDS, Ticket, User, stamp
from sandbox.zendesk.search import found_users
from sandbox.zendesk.shapes import comment_shape, ticket_shape, user_shape
from sandbox.zendesk.tickets import create_ticket, update_ticket
from sandbox.zendesk.values import normal_tags

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
    return _page(call, found_users(call.desk, call.user, call.query.get("query", "")))


@routes.on("GET", "/api/v2/users/{user_id}")
def show(call: Call) -> Answer:
    return Answer({"user": user_shape(call.desk, user_of(call))}, headers={"cache-control": "max-age=5, private"})


def user_of(call: Call, number: int | None = None) -> User:
    """The user of that id, else of the one in the path. Raises: ZendeskError (404)."""
    user = call.desk.users.get(call.number("user_id") if number is None else number)
    if user is None:
        raise errors.not_found()
    return user


_TEXTS = ("external_id", "phone", "notes", "details", "alias", "signature")


def set_user(call: Call, user: User, record: Mapping[str, Any]) -> None:
    """Raises: ZendeskError (403, 422)."""
    role = record.get("role", user.role)
    if role not in ("admin", "agent", "end-user"):
        raise errors.invalid("role", f"{role} is not a valid role")
    if role != user.role and call.user.role != "admin":
        raise errors.forbidden()
    organization = record.get("organization_id", user.organization_id)
    if organization is not None and organization not in call.desk.organizations:
        raise errors.invalid("organization", "is invalid", "InvalidValue")
    user.role, user.name, user.organization_id = role, str(record.get("name", user.name)), organization
    for name in _TEXTS:
        if name in record:
            setattr(user, name, None if record[name] is None else str(record[name]))
    if record.get("email") and call.desk.user_by_email(str(record["email"])) is None:
        user.email = str(record["email"])
    user.tags = tuple(sorted(set(normal_tags(record.get("tags", user.tags)))))
    user.suspended, user.verified = (
        bool(record.get("suspended", user.suspended)),
        bool(record.get("verified", user.verified)),
    )
    fields = record.get("user_fields")
    user.fields = user.fields | (dict(fields) if isinstance(fields, Mapping) else {})
    user.updated_at = call.desk.now()


def made_user(call: Call, record: Mapping[str, Any]) -> User:
    """Raises: ZendeskError (422) if it has no name, or someone else's e-mail address."""
    if not record.get("name"):
        raise errors.invalid("name", "is too short (minimum is 1 characters)")
    if record.get("email") and call.desk.user_by_email(str(record["email"])):
        raise errors.invalid("email", f"{record['email']} is already being used by another user", "DuplicateValue")
    user = call.desk.add_user(str(record["name"]), record.get("email"))
    set_user(call, user, record)
    return user


def create_or_set(call: Call, record: Mapping[str, Any]) -> tuple[User, bool]:
    """The user known by e-mail address or external id, changed, else a new one; and whether it is new."""
    user = call.desk.user_by_email(str(record["email"])) if record.get("email") else None
    if user is None and record.get("external_id"):
        user = next((u for u in call.desk.users.values() if u.external_id == record["external_id"]), None)
    if user is None:
        return made_user(call, record), True
    set_user(call, user, record)
    return user, False


def _told(call: Call, user: User, new: bool) -> Answer:
    headers = {"location": f"{call.desk.url}/api/v2/users/{user.id}.json"} if new else {}
    return Answer({"user": user_shape(call.desk, user)}, 201 if new else 200, headers)


@routes.on("POST", "/api/v2/users")
def create(call: Call) -> Answer:
    return _told(call, made_user(call, call.record("user")), True)


@routes.on("POST", "/api/v2/users/create_or_update")
def create_or_update(call: Call) -> Answer:
    return _told(call, *create_or_set(call, call.record("user")))


@routes.on("PUT", "/api/v2/users/{user_id}")
def update(call: Call) -> Answer:
    user = user_of(call)
    set_user(call, user, call.record("user"))
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
