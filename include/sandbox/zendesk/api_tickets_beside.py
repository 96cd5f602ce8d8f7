# SPDX-License-Identifier: Apache-2.0
"""Beside the tickets: deleted ones, imports, the people and times of a ticket, and what hangs on it."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from sandbox.zendesk import errors
from sandbox.zendesk.api_tickets import ticket_of
from sandbox.zendesk.calls import Answer, Call, Routes
from sandbox.zendesk.imports import import_ticket
from sandbox.zendesk.jobs import created, done
from sandbox.zendesk.metrics import metric_shape
from sandbox.zendesk.paging import page_of
from sandbox.zendesk.records import Ticket, stamp
from sandbox.zendesk.shapes import audit_shape, ticket_shape, user_shape
from sandbox.zendesk.tickets import restore_ticket, wipe_ticket

routes = Routes()


def _deleted(call: Call) -> list[Ticket]:
    return [ticket for _, ticket in sorted(call.desk.tickets.items()) if ticket.deleted]


def _deleted_shape(call: Call, ticket: Ticket) -> dict[str, Any]:
    by = call.desk.users.get(ticket.deleted_by or 0)
    return {
        "id": ticket.id,
        "subject": ticket.values["subject"],
        "description": ticket.description,
        "actor": {"id": by.id if by else -1, "name": by.name if by else "Zendesk"},
        "deleted_at": stamp(ticket.generated_at),
        "previous_state": ticket.status,
    }


@routes.on("GET", "/api/v2/deleted_tickets")
def list_deleted(call: Call) -> Answer:
    shape = partial(_deleted_shape, call)
    return Answer(page_of("deleted_tickets", _deleted(call), shape, call.query, call.address, lambda t: (t.id,)))


def _deleted_one(call: Call, number: int) -> Ticket:
    found = next((ticket for ticket in _deleted(call) if ticket.id == number), None)
    if found is None:
        raise errors.not_found()
    return found


@routes.on("PUT", "/api/v2/deleted_tickets/{ticket_id}/restore")
def restore(call: Call) -> Answer:
    restore_ticket(call.desk, _deleted_one(call, call.number("ticket_id")))
    return Answer(None)


@routes.on("PUT", "/api/v2/deleted_tickets/restore_many")
def restore_many(call: Call) -> Answer:
    for number in call.numbers():
        restore_ticket(call.desk, _deleted_one(call, number))
    return Answer(None)


@routes.on("DELETE", "/api/v2/deleted_tickets/{ticket_id}")
def wipe(call: Call) -> Answer:
    return _wiped(call, [call.number("ticket_id")])


@routes.on("DELETE", "/api/v2/deleted_tickets/destroy_many")
def wipe_many(call: Call) -> Answer:
    return _wiped(call, call.numbers())


def _wiped(call: Call, numbers: Iterable[int]) -> Answer:
    def one(number: int) -> dict[str, Any]:
        wipe_ticket(call.desk, _deleted_one(call, number))
        return done("delete", number)

    return call.queued([partial(one, number) for number in numbers], "Deleting ticket")


@routes.on("POST", "/api/v2/imports/tickets", "admin")
def import_one(call: Call) -> Answer:
    ticket = import_ticket(call.desk, call.user, call.record("ticket"))
    location = {"location": f"{call.desk.url}/api/v2/tickets/{ticket.id}.json"}
    return Answer({"ticket": ticket_shape(call.desk, ticket)}, 201, location)


@routes.on("POST", "/api/v2/imports/tickets/create_many", "admin")
def import_many(call: Call) -> Answer:
    def one(index: int, body: dict[str, Any]) -> dict[str, Any]:
        return created(index, import_ticket(call.desk, call.user, body).id)

    return call.queued([partial(one, n, body) for n, body in enumerate(call.records("tickets"))], "Importing ticket")


def _people(call: Call, numbers: Iterable[int]) -> Answer:
    users = [user for number, user in sorted(call.desk.users.items()) if number in set(numbers)]
    shape = partial(user_shape, call.desk)
    return Answer(page_of("users", users, shape, call.query, call.address, lambda user: (user.id,)))


@routes.on("GET", "/api/v2/tickets/{ticket_id}/collaborators")
def collaborators(call: Call) -> Answer:
    return _people(call, ticket_of(call).values["collaborator_ids"])


@routes.on("GET", "/api/v2/tickets/{ticket_id}/followers")
def followers(call: Call) -> Answer:
    return _people(call, ticket_of(call).values["follower_ids"])


@routes.on("GET", "/api/v2/tickets/{ticket_id}/email_ccs")
def email_ccs(call: Call) -> Answer:
    return _people(call, ticket_of(call).values["email_cc_ids"])


def _tickets(call: Call, tickets: list[Ticket]) -> Answer:
    shape = partial(ticket_shape, call.desk)
    return Answer(page_of("tickets", tickets, shape, call.query, call.address, lambda ticket: (ticket.id,)))


@routes.on("GET", "/api/v2/tickets/{ticket_id}/incidents")
def incidents(call: Call) -> Answer:
    number = ticket_of(call).id
    return _tickets(call, [t for t in call.desk.visible(call.user) if t.values["problem_id"] == number])


@routes.on("GET", "/api/v2/problems")
def problems(call: Call) -> Answer:
    return _tickets(call, [t for t in call.desk.visible(call.user) if t.values["type"] == "problem"])


@routes.on("GET", "/api/v2/tickets/recent")
def recent(call: Call) -> Answer:
    """What the caller touched last; here: the newest five."""
    return _tickets(call, call.desk.visible(call.user)[-5:])


@routes.on("GET", "/api/v2/tickets/{ticket_id}/related")
def related(call: Call) -> Answer:
    ticket = ticket_of(call)
    came_from = ticket.via["source"]["from"].get("ticket_id")
    incidents = sum(t.values["problem_id"] == ticket.id for t in call.desk.visible(call.user))
    sources = [] if came_from is None else [str(came_from)]
    return Answer(
        {"topic_id": None, "followup_source_ids": sources, "from_archive": False, "incidents": incidents, "twitter": {}}
    )


@routes.on("GET", "/api/v2/tickets/{ticket_id}/audits/count")
def count_audits(call: Call) -> Answer:
    value = len(ticket_of(call).audits)
    return Answer({"count": {"value": value, "refreshed_at": stamp(call.desk.now())}})


@routes.on("GET", "/api/v2/ticket_audits", "admin")
def all_audits(call: Call) -> Answer:
    """Newest first, by a cursor of its own kind."""
    audits = [audit for ticket in call.desk.visible(call.user) for audit in ticket.audits]
    newest = sorted(audits, key=lambda audit: -audit.id)[:100]
    shown = [audit_shape(call.desk, audit) for audit in newest]
    cursors = {"before_cursor": str(newest[-1].id), "after_cursor": str(newest[0].id)} if newest else {}
    urls = {f"{n.removesuffix('_cursor')}_url": f"{call.address}?cursor={c}" for n, c in cursors.items()}
    return Answer({"audits": shown, **cursors, **urls})


@routes.on("GET", "/api/v2/tickets/{ticket_id}/metrics")
def metrics(call: Call) -> Answer:
    return Answer({"ticket_metric": metric_shape(call.desk, _measured(ticket_of(call)))})


@routes.on("GET", "/api/v2/ticket_metrics")
def all_metrics(call: Call) -> Answer:
    measured = [ticket for ticket in call.desk.visible(call.user) if not ticket.imported]
    shape = partial(metric_shape, call.desk)
    return Answer(page_of("ticket_metrics", measured, shape, call.query, call.address, lambda ticket: (ticket.id,)))


def _measured(ticket: Ticket) -> Ticket:
    """Imported tickets have no metrics. Raises: ZendeskError (404)."""
    if ticket.imported:
        raise errors.not_found()
    return ticket
