# SPDX-License-Identifier: Apache-2.0
"""How the desk is set up: ticket fields, forms, statuses, brands, groups, tags."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sandbox.zendesk import errors
from sandbox.zendesk.api_people import user_of
from sandbox.zendesk.calls import Answer, Call, Function, Routes
from sandbox.zendesk.desk import Desk
from sandbox.zendesk.paging import page_of
from sandbox.zendesk.records import CUSTOM_STATUS_IDS, FORM_ID, GROUP_ID, PRIORITIES, STATUSES, TYPES, User, stamp
from sandbox.zendesk.shapes import brand_shape, group_shape, user_shape

routes = Routes()
_SYSTEM = ("subject", "description", "status", "tickettype", "priority", "group", "assignee")
_OPTIONS = {"status": STATUSES[1:], "tickettype": TYPES, "priority": PRIORITIES}


def ticket_fields(desk: Desk) -> list[dict[str, Any]]:
    """Zendesk's own fields, then the company's."""
    system = [(6130830000000 + n, name.capitalize(), name, False) for n, name in enumerate(_SYSTEM)]
    custom = [(field.id, field.title, field.type, field.required_to_solve) for field in desk.settings.ticket_fields]
    options = {field.id: field.options for field in desk.settings.ticket_fields if field.options}
    return [
        {
            "url": f"{desk.url}/api/v2/ticket_fields/{number}.json",
            "id": number,
            "type": kind,
            "title": title,
            "raw_title": title,
            "description": title,
            "raw_description": title,
            "position": position,
            "active": True,
            "required": required,
            "collapsed_for_agents": False,
            "regexp_for_validation": None,
            "title_in_portal": title,
            "raw_title_in_portal": title,
            "visible_in_portal": True,
            "editable_in_portal": True,
            "required_in_portal": False,
            "agent_can_edit": True,
            "tag": None,
            "created_at": stamp(desk.started_at),
            "updated_at": stamp(desk.started_at),
            "removable": kind not in _SYSTEM,
            "key": None,
            "agent_description": None,
        }
        | ({"system_field_options": [_option(v) for v in _OPTIONS[kind]]} if kind in _OPTIONS else {})
        | (
            {"custom_field_options": [{"id": number + n, **_option(v)} for n, v in enumerate(options[number], 1)]}
            if number in options
            else {}
        )
        for position, (number, title, kind, required) in enumerate([*system, *custom])
    ]


def _option(value: str) -> dict[str, Any]:
    return {"name": value.capitalize(), "raw_name": value.capitalize(), "value": value, "default": False}


def _page(call: Call, name: str, items: list[dict[str, Any]]) -> Answer:
    items = sorted(items, key=lambda item: item["id"])
    return Answer(page_of(name, items, lambda item: item, call.query, call.address, lambda item: (item["id"],)))


def _one(call: Call, name: str, items: list[dict[str, Any]]) -> Answer:
    number = call.number("id")
    for item in items:
        if item["id"] == number:
            return Answer({name: item})
    raise errors.not_found()


@routes.on("GET", "/api/v2/ticket_fields")
def list_fields(call: Call) -> Answer:
    return _page(call, "ticket_fields", ticket_fields(call.desk))


@routes.on("GET", "/api/v2/ticket_fields/{id}")
def show_field(call: Call) -> Answer:
    return _one(call, "ticket_field", ticket_fields(call.desk))


def _forms(desk: Desk) -> list[dict[str, Any]]:
    form = {
        "url": f"{desk.url}/api/v2/ticket_forms/{FORM_ID}.json",
        "id": FORM_ID,
        "name": "Default Ticket Form",
        "raw_name": "Default Ticket Form",
        "display_name": "Default Ticket Form",
        "raw_display_name": "Default Ticket Form",
        "end_user_visible": True,
        "position": 0,
        "active": True,
        "default": True,
        "in_all_brands": True,
        "restricted_brand_ids": [],
        "ticket_field_ids": [field["id"] for field in ticket_fields(desk)],
        "created_at": stamp(desk.started_at),
        "updated_at": stamp(desk.started_at),
    }
    return [form]


@routes.on("GET", "/api/v2/ticket_forms")
def list_forms(call: Call) -> Answer:
    return _page(call, "ticket_forms", _forms(call.desk))


@routes.on("GET", "/api/v2/ticket_forms/{id}")
def show_form(call: Call) -> Answer:
    return _one(call, "ticket_form", _forms(call.desk))


def _statuses(desk: Desk) -> list[dict[str, Any]]:
    return [
        {
            "url": f"{desk.url}/api/v2/custom_statuses/{CUSTOM_STATUS_IDS[status]}.json",
            "id": CUSTOM_STATUS_IDS[status],
            "status_category": status,
            "agent_label": status.capitalize(),
            "raw_agent_label": status.capitalize(),
            "end_user_label": status.capitalize(),
            "raw_end_user_label": status.capitalize(),
            "description": "",
            "raw_description": "",
            "end_user_description": "",
            "raw_end_user_description": "",
            "active": True,
            "default": True,
            "created_at": stamp(desk.started_at),
            "updated_at": stamp(desk.started_at),
        }
        for status in STATUSES[:-1]
    ]


@routes.on("GET", "/api/v2/custom_statuses")
def list_statuses(call: Call) -> Answer:
    return Answer({"custom_statuses": _statuses(call.desk)})


@routes.on("GET", "/api/v2/custom_statuses/{id}")
def show_status(call: Call) -> Answer:
    return _one(call, "custom_status", _statuses(call.desk))


@routes.on("GET", "/api/v2/brands")
def list_brands(call: Call) -> Answer:
    return _page(call, "brands", [brand_shape(call.desk)])


@routes.on("GET", "/api/v2/brands/{id}")
def show_brand(call: Call) -> Answer:
    return _one(call, "brand", [brand_shape(call.desk)])


@routes.on("GET", "/api/v2/groups")
def list_groups(call: Call) -> Answer:
    return _page(call, "groups", [group_shape(call.desk)])


@routes.on("GET", "/api/v2/groups/{id}")
def show_group(call: Call) -> Answer:
    return _one(call, "group", [group_shape(call.desk)])


@routes.on("GET", "/api/v2/groups/assignable")
def list_assignable_groups(call: Call) -> Answer:
    return list_groups(call)


@routes.on("GET", "/api/v2/groups/count")
def count_groups(call: Call) -> Answer:
    return Answer({"count": {"value": 1, "refreshed_at": stamp(call.desk.now())}})


def _memberships(call: Call, agents: Iterable[User]) -> Answer:
    """Every agent is in the one group."""
    return _page(
        call,
        "group_memberships",
        [
            {
                "url": f"{call.desk.url}/api/v2/group_memberships/{agent.id + 2}.json",
                "id": agent.id + 2,
                "user_id": agent.id,
                "group_id": GROUP_ID,
                "default": True,
                "created_at": stamp(agent.created_at),
                "updated_at": stamp(agent.created_at),
            }
            for agent in agents
            if agent.role != "end-user"
        ],
    )


@routes.on("GET", "/api/v2/group_memberships")
def list_memberships(call: Call) -> Answer:
    return _memberships(call, call.desk.users.values())


@routes.on("GET", "/api/v2/groups/{id}/memberships")
def list_memberships_of_a_group(call: Call) -> Answer:
    show_group(call)
    return list_memberships(call)


@routes.on("GET", "/api/v2/users/{user_id}/group_memberships")
def list_memberships_of_a_user(call: Call) -> Answer:
    return _memberships(call, [user_of(call)])


@routes.on("GET", "/api/v2/groups/{id}/users")
def list_agents_of_a_group(call: Call) -> Answer:
    show_group(call)
    agents = [user_shape(call.desk, user) for user in call.desk.users.values() if user.role != "end-user"]
    return _page(call, "users", agents)


def _none_of(name: str) -> Function:
    """A list of what the sandbox has none of."""
    return lambda call: _page(call, name, [])


for _name in ("macros", "views", "triggers", "automations", "satisfaction_ratings", "satisfaction_reasons"):
    routes.on("GET", f"/api/v2/{_name}")(_none_of(_name))
for _name in ("suspended_tickets", "organization_memberships", "organization_fields", "user_fields", "sla_policies"):
    routes.on("GET", f"/api/v2/{_name}")(_none_of(_name))
for _name in ("macros", "views"):
    routes.on("GET", f"/api/v2/{_name}/active")(_none_of(_name))


@routes.on("GET", "/api/v2/ticket_forms/show_many")
def show_forms(call: Call) -> Answer:
    wanted = set(call.numbers())
    return _page(call, "ticket_forms", [form for form in _forms(call.desk) if form["id"] in wanted])


@routes.on("GET", "/api/v2/ticket_fields/count")
def count_fields(call: Call) -> Answer:
    return Answer({"count": {"value": len(ticket_fields(call.desk)), "refreshed_at": stamp(call.desk.now())}})


@routes.on("GET", "/api/v2/ticket_fields/{id}/options")
def list_options(call: Call) -> Answer:
    shown = show_field(call).body or {}
    return _page(call, "custom_field_options", shown["ticket_field"].get("custom_field_options", []))


@routes.on("GET", "/api/v2/tags/count")
def count_tags(call: Call) -> Answer:
    tags = {tag for ticket in call.desk.visible(call.user) for tag in ticket.values["tags"]}
    value = len(tags.union(call.desk.settings.tags))
    return Answer({"count": {"value": value, "refreshed_at": stamp(call.desk.now())}})


@routes.on("GET", "/api/v2/tags")
def list_tags(call: Call) -> Answer:
    counts = Counter(tag for ticket in call.desk.visible(call.user) for tag in ticket.values["tags"])
    counts.update({tag: 0 for tag in call.desk.settings.tags})
    tags = sorted(counts.items(), key=lambda item: (-item[1], item[0]))

    def shape(tag: tuple[str, int]) -> dict[str, Any]:
        return {"name": tag[0], "count": tag[1]}

    return Answer(page_of("tags", tags, shape, call.query, call.address, lambda tag: (-tag[1], tag[0])))
