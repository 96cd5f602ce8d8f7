# SPDX-License-Identifier: Apache-2.0
"""Organizations: the companies whose people are the desk's customers."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from sandbox.zendesk import errors
from sandbox.zendesk.calls import Answer, Call, Routes
from sandbox.zendesk.jobs import done
from sandbox.zendesk.paging import page_of
from sandbox.zendesk.records import Organization, stamp
from sandbox.zendesk.shapes import organization_shape, ticket_shape, user_shape
from sandbox.zendesk.values import normal_tags

routes = Routes()
_TEXTS = ("name", "details", "notes", "external_id")
_FLAGS = ("shared_tickets", "shared_comments")


def _page(call: Call, organizations: list[Organization]) -> Answer:
    shape = partial(organization_shape, call.desk)
    listed = sorted(organizations, key=lambda one: one.id)
    return Answer(page_of("organizations", listed, shape, call.query, call.address, lambda one: (one.id,)))


def _one(call: Call, number: int | None = None) -> Organization:
    found = call.desk.organizations.get(call.number("organization_id") if number is None else number)
    if found is None:
        raise errors.not_found()
    return found


def _set(call: Call, organization: Organization, record: Mapping[str, Any]) -> None:
    """Raises: ZendeskError (422) for a name that is missing or taken."""
    name = str(record.get("name", organization.name) or "").strip()
    if not name:
        raise errors.invalid("name", "cannot be blank", "BlankValue")
    others = (one for one in call.desk.organizations.values() if one is not organization)
    if any(one.name.lower() == name.lower() for one in others):
        raise errors.invalid("name", f"{name} has already been taken", "DuplicateValue")
    for text in _TEXTS:
        if text in record:
            setattr(organization, text, None if record[text] is None else str(record[text]))
    for flag in _FLAGS:
        if flag in record:
            setattr(organization, flag, bool(record[flag]))
    organization.name = name
    organization.tags = tuple(sorted(set(normal_tags(record.get("tags", organization.tags)))))
    organization.domain_names = tuple(normal_tags(record.get("domain_names", organization.domain_names)))
    fields = record.get("organization_fields")
    organization.fields = organization.fields | (dict(fields) if isinstance(fields, Mapping) else {})
    organization.updated_at = call.desk.now()


def _made(call: Call, record: Mapping[str, Any]) -> Organization:
    now = call.desk.now()
    made = Organization(0, "", now, now)
    _set(call, made, record)
    made.id = call.desk.new_id()
    call.desk.organizations[made.id] = made
    return made


def _gone(call: Call, number: int) -> None:
    """Its people and tickets stay, without it."""
    del call.desk.organizations[_one(call, number).id]
    for user in call.desk.users.values():
        if user.organization_id == number:
            user.organization_id = None
    for ticket in call.desk.tickets.values():
        if ticket.values["organization_id"] == number:
            ticket.values = {**ticket.values, "organization_id": None}


def _by_external_id(call: Call, external_id: Any) -> Organization | None:
    found = (one for one in call.desk.organizations.values() if one.external_id == external_id)
    return next(found, None) if external_id else None


@routes.on("GET", "/api/v2/organizations")
def list_organizations(call: Call) -> Answer:
    return _page(call, list(call.desk.organizations.values()))


@routes.on("GET", "/api/v2/organizations/count")
def count(call: Call) -> Answer:
    return Answer({"count": {"value": len(call.desk.organizations), "refreshed_at": stamp(call.desk.now())}})


@routes.on("GET", "/api/v2/organizations/search")
def search(call: Call) -> Answer:
    """By external id or by the whole name."""
    external, name = call.query.get("external_id"), call.query.get("name", "").lower()
    if not external and not name:
        raise errors.invalid_value("name or external_id is required")
    return _page(
        call,
        [
            one
            for one in call.desk.organizations.values()
            if (external and one.external_id == external) or (name and one.name.lower() == name)
        ],
    )


@routes.on("GET", "/api/v2/organizations/autocomplete")
def autocomplete(call: Call) -> Answer:
    """Names that begin with what was typed, at least two characters of it."""
    typed = call.query.get("name", "").lower()
    if len(typed) < 2:
        raise errors.invalid_value("name must be at least 2 characters")
    return _page(call, [one for one in call.desk.organizations.values() if one.name.lower().startswith(typed)])


@routes.on("GET", "/api/v2/organizations/show_many")
def show_many(call: Call) -> Answer:
    wanted = set(call.numbers())
    external = set(filter(None, call.query.get("external_ids", "").split(",")))
    return _page(call, [o for o in call.desk.organizations.values() if o.id in wanted or o.external_id in external])


@routes.on("GET", "/api/v2/organizations/{organization_id}")
def show(call: Call) -> Answer:
    return Answer({"organization": organization_shape(call.desk, _one(call))})


@routes.on("GET", "/api/v2/organizations/{organization_id}/related")
def related(call: Call) -> Answer:
    number = _one(call).id
    people = sum(user.organization_id == number for user in call.desk.users.values())
    tickets = sum(ticket.values["organization_id"] == number for ticket in call.desk.visible(call.user))
    return Answer({"organization_related": {"tickets_count": tickets, "users_count": people}})


@routes.on("GET", "/api/v2/organizations/{organization_id}/users")
def users(call: Call) -> Answer:
    number = _one(call).id
    found = [user for user in call.desk.users.values() if user.organization_id == number]
    shape = partial(user_shape, call.desk)
    return Answer(page_of("users", found, shape, call.query, call.address, lambda user: (user.id,)))


@routes.on("GET", "/api/v2/organizations/{organization_id}/tickets")
def tickets(call: Call) -> Answer:
    number = _one(call).id
    found = [ticket for ticket in call.desk.visible(call.user) if ticket.values["organization_id"] == number]
    shape = partial(ticket_shape, call.desk)
    return Answer(page_of("tickets", found, shape, call.query, call.address, lambda ticket: (ticket.id,)))


@routes.on("POST", "/api/v2/organizations")
def create(call: Call) -> Answer:
    made = _made(call, call.record("organization"))
    location = {"location": f"{call.desk.url}/api/v2/organizations/{made.id}.json"}
    return Answer({"organization": organization_shape(call.desk, made)}, 201, location)


@routes.on("POST", "/api/v2/organizations/create_or_update")
def create_or_update(call: Call) -> Answer:
    """Known by its id or its external id."""
    record = call.record("organization")
    found = call.desk.organizations.get(int(record.get("id") or 0)) or _by_external_id(call, record.get("external_id"))
    if found is None:
        return create(call)
    _set(call, found, record)
    return Answer({"organization": organization_shape(call.desk, found)})


@routes.on("PUT", "/api/v2/organizations/{organization_id}")
def update(call: Call) -> Answer:
    organization = _one(call)
    _set(call, organization, call.record("organization"))
    return Answer({"organization": organization_shape(call.desk, organization)})


@routes.on("DELETE", "/api/v2/organizations/{organization_id}")
def delete(call: Call) -> Answer:
    _gone(call, call.number("organization_id"))
    return Answer(None, 204)


@routes.on("POST", "/api/v2/organizations/create_many")
def create_many(call: Call) -> Answer:
    def one(record: Mapping[str, Any]) -> dict[str, Any]:
        return {"status": "Created", "id": _made(call, record).id}

    return call.queued([partial(one, record) for record in call.records("organizations")], "Creating organization")


@routes.on("PUT", "/api/v2/organizations/update_many")
def update_many(call: Call) -> Answer:
    """One body for the `ids` of the query, or a list of bodies with an id each."""
    if "ids" in call.query:
        shared = call.record("organization")
        wanted = [(number, shared) for number in call.numbers()]
    else:
        wanted = [(int(record.get("id") or 0), record) for record in call.records("organizations")]

    def one(number: int, record: Mapping[str, Any]) -> dict[str, Any]:
        _set(call, _one(call, number), record)
        return done("update", number)

    return call.queued([partial(one, number, record) for number, record in wanted], "Updating organization")


@routes.on("DELETE", "/api/v2/organizations/destroy_many")
def destroy_many(call: Call) -> Answer:
    def one(number: int) -> dict[str, Any]:
        _gone(call, number)
        return done("delete", number)

    return call.queued([partial(one, number) for number in call.numbers()], "Deleting Organization")
