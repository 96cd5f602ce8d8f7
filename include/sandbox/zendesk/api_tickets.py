# SPDX-License-Identifier: Apache-2.0
"""`/api/v2/tickets`: read, write, one by one and many at a time."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from sandbox.zendesk import errors
from sandbox.zendesk.calls import Answer, Call, Routes
from sandbox.zendesk.jobs import created, done
from sandbox.zendesk.paging import page_of
from sandbox.zendesk.records import Ticket, stamp
from sandbox.zendesk.shapes import audit_shape, ticket_shape, user_shape
from sandbox.zendesk.tickets import create_ticket, delete_ticket, merge_tickets, update_ticket
from sandbox.zendesk.values import normal_tags

routes = Routes()
_SORTABLE = {"id", "created_at", "updated_at", "status", "priority", "subject"}


def ticket_of(call: Call) -> Ticket:
    return call.desk.ticket(call.user, call.number("ticket_id"))


def sideloads(call: Call, tickets: list[Ticket]) -> dict[str, Any]:
    """What `include=` adds to an answer."""
    if "users" not in call.query.get("include", ""):
        return {}
    wanted = {t.values[name] for t in tickets for name in ("requester_id", "assignee_id")} | {
        t.submitter_id for t in tickets
    }
    users = [user for number, user in call.desk.users.items() if number in wanted]
    return {"users": [user_shape(call.desk, user) for user in users]}


@routes.on("GET", "/api/v2/tickets")
def list_tickets(call: Call) -> Answer:
    tickets = call.desk.visible(call.user)
    if "external_id" in call.query:
        tickets = [t for t in tickets if t.values["external_id"] == call.query["external_id"]]
    # With cursors the older way of sorting is passed over, without a word.
    older = {} if "page[size]" in call.query else call.query
    by = (call.query.get("sort") or older.get("sort_by") or "id").lstrip("-")
    if by in _SORTABLE:
        tickets.sort(key=lambda t: _sort_value(t, by))
    descending = call.query.get("sort", "").startswith("-") or older.get("sort_order") == "desc"
    if descending:
        tickets.reverse()
    place = {ticket.id: number for number, ticket in enumerate(tickets)}
    key = (lambda t: (t.id,)) if by == "id" and not descending else (lambda t: (place[t.id],))
    page = page_of("tickets", tickets, partial(ticket_shape, call.desk), call.query, call.address, key)
    # The list has a budget of its own (for pages beyond 500); the sandbox never uses it up.
    budget = {"zendesk-ratelimit-tickets-index": "total=50; remaining=50; resets=60"}
    return Answer(page | sideloads(call, tickets), headers=budget)


def _sort_value(ticket: Ticket, by: str) -> Any:
    if by in ("created_at", "updated_at", "id"):
        return getattr(ticket, by)
    return str(ticket.values[by] or "")


@routes.on("GET", "/api/v2/tickets/count")
def count_tickets(call: Call) -> Answer:
    return Answer({"count": {"value": len(call.desk.visible(call.user)), "refreshed_at": stamp(call.desk.now())}})


@routes.on("GET", "/api/v2/tickets/show_many")
def show_many(call: Call) -> Answer:
    known = (call.desk.tickets.get(number) for number in sorted(set(call.numbers())))
    tickets = [ticket for ticket in known if ticket and call.desk.sees(call.user, ticket)]
    page: dict[str, Any] = {"tickets": [ticket_shape(call.desk, t) for t in tickets]}
    return Answer(page | sideloads(call, tickets) | {"next_page": None, "previous_page": None, "count": len(tickets)})


@routes.on("GET", "/api/v2/tickets/{ticket_id}")
def show(call: Call) -> Answer:
    ticket = ticket_of(call)
    return Answer({"ticket": ticket_shape(call.desk, ticket)} | sideloads(call, [ticket]))


@routes.on("POST", "/api/v2/tickets")
def create(call: Call) -> Answer:
    ticket = create_ticket(call.desk, call.user, call.record("ticket"), client=call.headers.get("user-agent", ""))
    # A generated timestamp of 0 in the answer to a creation: as recorded.
    shape = ticket_shape(call.desk, ticket) | {"generated_timestamp": 0}
    location = {"location": f"{call.desk.url}/api/v2/tickets/{ticket.id}.json"}
    return Answer({"ticket": shape, "audit": audit_shape(call.desk, ticket.audits[0])}, 201, location)


@routes.on("PUT", "/api/v2/tickets/{ticket_id}")
def update(call: Call) -> Answer:
    ticket, body = ticket_of(call), call.record("ticket")
    budget = call.desk.count_update(call.user, ticket)
    audit = update_ticket(call.desk, call.user, ticket, body, client=call.headers.get("user-agent", ""))
    limit = call.desk.settings.updates_per_ticket
    told = budget and {
        "zendesk-ratelimit-per-ticket-updates": f"total={limit}; remaining={budget[0]}; resets={budget[1]}"
    }
    return Answer(
        {"ticket": ticket_shape(call.desk, ticket), "audit": audit_shape(call.desk, audit)}, headers=told or {}
    )


@routes.on("DELETE", "/api/v2/tickets/{ticket_id}")
def delete(call: Call) -> Answer:
    delete_ticket(call.desk, call.user, ticket_of(call))
    return Answer(None, 204)


@routes.on("POST", "/api/v2/tickets/create_many")
def create_many(call: Call) -> Answer:
    def one(index: int, body: Mapping[str, Any]) -> dict[str, Any]:
        return created(index, create_ticket(call.desk, call.user, body).id)

    return call.queued(
        [partial(one, index, body) for index, body in enumerate(call.records("tickets"))], "Creating ticket"
    )


@routes.on("PUT", "/api/v2/tickets/update_many")
def update_many(call: Call) -> Answer:
    """One body for the `ids` of the query, or a list of bodies with an id each."""
    if "ids" in call.query:
        shared = call.record("ticket")
        wanted = [(number, shared) for number in call.numbers()]
    else:
        wanted = [(int(body.get("id") or 0), body) for body in call.records("tickets")]

    def one(number: int, body: Mapping[str, Any]) -> dict[str, Any]:
        ticket = call.desk.ticket(call.user, number)
        call.desk.count_update(call.user, ticket)
        update_ticket(call.desk, call.user, ticket, body)
        return done("update", number)

    return call.queued([partial(one, number, body) for number, body in wanted], "Updating ticket")


@routes.on("DELETE", "/api/v2/tickets/destroy_many")
def destroy_many(call: Call) -> Answer:
    def one(number: int) -> dict[str, Any]:
        delete_ticket(call.desk, call.user, call.desk.ticket(call.user, number))
        return done("delete", number)

    return call.queued([partial(one, number) for number in call.numbers()], "Deleting ticket")


@routes.on("POST", "/api/v2/tickets/{ticket_id}/merge")
def merge(call: Call) -> Answer:
    target, body = ticket_of(call), call.body()
    sources = [call.desk.ticket(call.user, int(number)) for number in body.get("ids") or []]
    if not sources or target in sources:
        raise errors.invalid_attribute("ids must name other tickets")

    def all_at_once() -> dict[str, Any]:
        merge_tickets(call.desk, call.user, target, sources, body)
        return done("merge", target.id)

    return call.queued([all_at_once], "Merging ticket")


@routes.on("GET", "/api/v2/tickets/{ticket_id}/tags")
def tags(call: Call) -> Answer:
    return Answer({"tags": list(ticket_of(call).values["tags"])})


def _change_tags(call: Call, key: str) -> Answer:
    ticket = ticket_of(call)
    call.desk.count_update(call.user, ticket)
    update_ticket(call.desk, call.user, ticket, {key: normal_tags(call.body().get("tags"))})
    return Answer({"tags": list(ticket.values["tags"])})


@routes.on("POST", "/api/v2/tickets/{ticket_id}/tags")
def set_tags(call: Call) -> Answer:
    answer = _change_tags(call, "tags")
    return Answer(answer.body, 201)


@routes.on("PUT", "/api/v2/tickets/{ticket_id}/tags")
def add_tags(call: Call) -> Answer:
    return _change_tags(call, "additional_tags")


@routes.on("DELETE", "/api/v2/tickets/{ticket_id}/tags")
def remove_tags(call: Call) -> Answer:
    _change_tags(call, "remove_tags")
    return Answer(None, 204)


@routes.on("GET", "/api/v2/job_statuses")
def job_statuses(call: Call) -> Answer:
    """Newest first, without a time of creation."""
    from_newest = sorted(call.desk.jobs.values(), key=lambda job: -job.number)
    page = page_of("job_statuses", from_newest, call.job, call.query, call.address, lambda j: (-j.number,))
    return Answer(page)


@routes.on("GET", "/api/v2/job_statuses/{job_id}")
def job_status(call: Call) -> Answer:
    job = call.desk.jobs.get(call.params["job_id"])
    if job is None:
        raise errors.not_found()
    return Answer({"job_status": call.job(job)})
