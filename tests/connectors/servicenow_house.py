# SPDX-License-Identifier: Apache-2.0
"""Infinity's ServiceNow as its people use it, and our connector to it under test."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import requests

from support.sandbox import RunningSandbox
from support.servicenow import NAME, Desk, world
from tandem.connectors.base import Condition, Draft, History, Needs, Record
from tandem.connectors.servicenow import ServiceNow
from tandem.http import Http

SECRET = "the cellar key lies under the mat"
READ = frozenset({"short_description", "description", "state", "priority", "u_labels", "contact_type", "assigned_to"})
TABLE = Condition("sys_class_name", is_="incident")
IN_SCOPE = (TABLE, Condition("u_labels", contains="shared"))
LABELS = {"label": "Labels", "type": "glide_list", "max_length": 400}
SETTINGS = {
    "columns": {
        "incident": {
            "u_labels": LABELS,
            "u_secret": {"label": "Secret", "max_length": 200},
            "u_flag": {"label": "Flag", "type": "boolean"},
        },
        "task": {"u_cost": {"label": "Cost", "type": "integer"}},
    },
    "journal_writers": ["tandem"],
}
WORLD = world(SETTINGS)


@contextmanager
def as_it_was(sandbox: RunningSandbox) -> Iterator[Desk]:
    """The desk; faults, the request log and settings are afterwards as before. Tickets remain."""
    desk = Desk(sandbox[NAME], sandbox.control)
    before = sandbox.control.settings(NAME)
    sandbox.control.clear_requests()
    yield desk
    sandbox.control.clear_faults()
    sandbox.control.settings(NAME, **before)


def needs(**changes: object) -> Needs:
    return replace(Needs(READ, READ | {"close_code", "close_notes", "sys_class_name"}, IN_SCOPE), **changes)  # type: ignore[arg-type]


def connector(
    desk: Desk,
    wants: Needs | None = None,
    who: str = "tandem",
    word: str = "",
    clock: Callable[[], float] = time.time,
    page: int = 2000,
) -> ServiceNow:
    """Our connector, logged in as one of the people; ``clock`` is what it takes for the time."""
    person = desk.place.people[who]
    session = requests.Session()
    session.auth = (person.email, word or person.password)
    return ServiceNow(Http(session, desk.place.url, tenant=f"{NAME}/{who}", clock=clock), wants or needs(), page)


def record(servicenow: ServiceNow, ticket: str) -> Record:
    (found,) = servicenow.fetch([ticket])
    return found


def history(servicenow: ServiceNow, ticket: str) -> History:
    return servicenow.history([ticket])[ticket]


def make(desk: Desk, who: str = "john", **values: Any) -> str:
    """A ticket in scope, made by a person."""
    return str(desk.make(who, **{"u_labels": "shared", **values})["sys_id"])


def made(servicenow: ServiceNow, mark: str, **fields: object) -> str:
    given = {"short_description": "A copy", "description": "Said elsewhere", "u_labels": ["shared"], **fields}
    (outcome,) = servicenow.create([Draft(mark, "incident", given)])  # type: ignore[arg-type]
    assert outcome.error is None
    return str(outcome.id)


def sent(desk: Desk, method: str, path: str = "") -> list[dict[str, Any]]:
    return [one for one in desk.control.requests(NAME) if one["method"] == method and path in one["path"]]
