# SPDX-License-Identifier: Apache-2.0
"""Users many at a time, their deletion, and what belongs to one of them."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from sandbox.zendesk import errors
from sandbox.zendesk.api_people import create_or_set, made_user, set_user, user_of
from sandbox.zendesk.calls import Answer, Call, Routes
from sandbox.zendesk.jobs import done
from sandbox.zendesk.paging import page_of
from sandbox.zendesk.records import Ticket, User, stamp
from sandbox.zendesk.search import found_users
from sandbox.zendesk.shapes import group_shape, organization_shape, ticket_shape, user_shape
from sandbox.zendesk.values import normal_tags

routes = Routes()


@routes.on("GET", "/api/v2/users/count")
def count(call: Call) -> Answer:
    return Answer({"count": {"value": len(call.desk.users), "refreshed_at": stamp(call.desk.now())}})


@routes.on("GET", "/api/v2/users/autocomplete")
def autocomplete(call: Call) -> Answer:
    """Names with what was typed in them, at least two characters of it."""
    if len(call.query.get("name", "")) < 2:
        raise errors.invalid_value("name must be at least 2 characters")
    users = [user for user in found_users(call.desk, call.user, f'"{call.query["name"]}"') if user.active]
    shape = partial(user_shape, call.desk)
    return Answer(page_of("users", users, shape, call.query, call.address, lambda user: (user.id,)))


def _deleted(call: Call, user: User) -> User:
    """A deleted user stays, inactive. Raises: ZendeskError (422) for one whose tickets are still worked on."""
    if any(t.values["requester_id"] == user.id and t.status != "closed" and not t.deleted for t in _tickets(call)):
        raise errors.invalid("base", "User is a requester of one or more tickets that are not closed")
    user.active, user.updated_at = False, call.desk.now()
    return user


@routes.on("DELETE", "/api/v2/users/{user_id}", "admin")
def delete(call: Call) -> Answer:
    """200 with the user, not 204."""
    return Answer({"user": user_shape(call.desk, _deleted(call, user_of(call)))})


@routes.on("POST", "/api/v2/users/create_many", "admin")
def create_many(call: Call) -> Answer:
    def one(index: int, record: dict[str, Any]) -> dict[str, Any]:
        return {"status": "Created", "id": made_user(call, record).id, "index": index}

    return call.queued([partial(one, n, record) for n, record in enumerate(call.records("users"))], "Creating user")


@routes.on("POST", "/api/v2/users/create_or_update_many", "admin")
def create_or_update_many(call: Call) -> Answer:
    def one(index: int, record: dict[str, Any]) -> dict[str, Any]:
        user, new = create_or_set(call, record)
        return {"status": "Created" if new else "Updated", "id": user.id, "index": index}

    return call.queued([partial(one, n, record) for n, record in enumerate(call.records("users"))], "Creating user")


@routes.on("PUT", "/api/v2/users/update_many", "admin")
def update_many(call: Call) -> Answer:
    """One body for the `ids` of the query, or a list of bodies with an id each."""
    if "ids" in call.query:
        shared = call.record("user")
        wanted: list[tuple[int, Mapping[str, Any]]] = [(number, shared) for number in call.numbers()]
    else:
        wanted = [(int(record.get("id") or 0), record) for record in call.records("users")]

    def one(number: int, record: Mapping[str, Any]) -> dict[str, Any]:
        set_user(call, user_of(call, number), record)
        return done("update", number)

    return call.queued([partial(one, number, record) for number, record in wanted], "Updating user")


@routes.on("DELETE", "/api/v2/users/destroy_many", "admin")
def destroy_many(call: Call) -> Answer:
    def one(number: int) -> dict[str, Any]:
        return done("delete", _deleted(call, user_of(call, number)).id)

    return call.queued([partial(one, number) for number in call.numbers()], "Deleting user")


@routes.on("GET", "/api/v2/users/{user_id}/related")
def related(call: Call) -> Answer:
    number, tickets = user_of(call).id, _tickets(call)
    return Answer(
        {
            "user_related": {
                "assigned_tickets": sum(t.values["assignee_id"] == number for t in tickets),
                "requested_tickets": sum(t.values["requester_id"] == number for t in tickets),
                "ccd_tickets": sum(number in t.values["email_cc_ids"] for t in tickets),
                "organization_subscriptions": 0,
            }
        }
    )


@routes.on("GET", "/api/v2/users/{user_id}/identities")
def identities(call: Call) -> Answer:
    user = user_of(call)
    listed = [] if user.email is None else [user.id + 1]

    def shape(number: int) -> dict[str, Any]:
        return {
            "url": f"{call.desk.url}/api/v2/users/{user.id}/identities/{number}.json",
            "id": number,
            "user_id": user.id,
            "type": "email",
            "value": user.email,
            "verified": user.verified or user.person is not None,
            "primary": True,
            "created_at": stamp(user.created_at),
            "updated_at": stamp(user.updated_at),
            "undeliverable_count": 0,
            "deliverable_state": "deliverable",
        }

    return Answer(page_of("identities", listed, shape, call.query, call.address, lambda number: (number,)))


@routes.on("GET", "/api/v2/users/{user_id}/tags")
def tags(call: Call) -> Answer:
    return Answer({"tags": list(user_of(call).tags)})


def _tagged(call: Call, tags: set[str], status: int = 200) -> Answer:
    set_user(call, user_of(call), {"tags": sorted(tags)})
    return Answer({"tags": list(user_of(call).tags)}, status)


@routes.on("POST", "/api/v2/users/{user_id}/tags")
def set_tags(call: Call) -> Answer:
    return _tagged(call, set(normal_tags(call.body().get("tags"))), 201)


@routes.on("PUT", "/api/v2/users/{user_id}/tags")
def add_tags(call: Call) -> Answer:
    return _tagged(call, set(user_of(call).tags) | set(normal_tags(call.body().get("tags"))))


@routes.on("DELETE", "/api/v2/users/{user_id}/tags")
def remove_tags(call: Call) -> Answer:
    return _tagged(call, set(user_of(call).tags) - set(normal_tags(call.body().get("tags"))))


@routes.on("GET", "/api/v2/users/{user_id}/groups")
def groups(call: Call) -> Answer:
    own = [] if user_of(call).role == "end-user" else [group_shape(call.desk)]
    return Answer(page_of("groups", own, lambda group: group, call.query, call.address, lambda group: (group["id"],)))


@routes.on("GET", "/api/v2/users/{user_id}/organizations")
def organizations(call: Call) -> Answer:
    user = user_of(call)
    own = [one for one in call.desk.organizations.values() if one.id == user.organization_id]
    shape = partial(organization_shape, call.desk)
    return Answer(page_of("organizations", own, shape, call.query, call.address, lambda one: (one.id,)))


def _tickets(call: Call) -> list[Ticket]:
    return call.desk.visible(call.user)


def _list(call: Call, tickets: list[Ticket]) -> Answer:
    shape = partial(ticket_shape, call.desk)
    return Answer(page_of("tickets", tickets, shape, call.query, call.address, lambda ticket: (ticket.id,)))


@routes.on("GET", "/api/v2/users/{user_id}/tickets/requested")
def requested(call: Call) -> Answer:
    number = user_of(call).id
    return _list(call, [ticket for ticket in _tickets(call) if ticket.values["requester_id"] == number])


@routes.on("GET", "/api/v2/users/{user_id}/tickets/assigned")
def assigned(call: Call) -> Answer:
    number = user_of(call).id
    return _list(call, [ticket for ticket in _tickets(call) if ticket.values["assignee_id"] == number])


@routes.on("GET", "/api/v2/users/{user_id}/tickets/ccd")
def ccd(call: Call) -> Answer:
    number = user_of(call).id
    return _list(call, [ticket for ticket in _tickets(call) if number in ticket.values["email_cc_ids"]])
