# SPDX-License-Identifier: Apache-2.0
"""Global's Azure DevOps as its people use it, and our connector to it under test."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from support.azure_devops import NAME, PROJECT, REPRO_STEPS, Desk, world
from support.sandbox import RunningSandbox
from tandem.connectors.azure_devops import AzureDevOps
from tandem.connectors.base import Condition, Draft, History, Needs, Record
from tandem.http import Http

SECRET = "the cellar key lies under the mat"
MARKER = "Custom.Tandem"
TITLE, TEXT, TAGS = "System.Title", "Text", "System.Tags"
STATE, PRIORITY, ASSIGNEE = "System.State", "Microsoft.VSTS.Common.Priority", "System.AssignedTo"
ORDER, HIDDEN = "Custom.Order", "Custom.Secret"
READ = frozenset({TITLE, TEXT, TAGS, STATE, PRIORITY, ASSIGNEE, ORDER})
IN_SCOPE = (Condition("System.TeamProject", is_=PROJECT), Condition(TAGS, contains="shared"))
SETTINGS: Mapping[str, Any] = {
    "projects": {PROJECT: {"process": "Agile", "areas": ["Web", "Network", "Network\\Core", "Cellar"]}},
    "fields": {
        MARKER: {"name": "Tandem"},
        ORDER: {"name": "Order"},
        HIDDEN: {"name": "Secret"},
        "Custom.Count": {"name": "Count", "type": "integer"},
    },
    "hidden": {"tandem": [f"{PROJECT}\\Cellar"]},
}
WORLD = world(SETTINGS)
GONE = "gone@global.example"
WORLD["tenants"][0]["people"]["gone"] = {
    "name": "Gone Global",
    "email": GONE,
    "password": "gone",
    "token": "azure-devops-gone-token",
    "role": "agent",
    "active": False,
}


@contextmanager
def as_it_was(sandbox: RunningSandbox) -> Iterator[Desk]:
    """The desk; faults, the request log and settings are afterwards as before. Items remain."""
    desk = Desk(sandbox[NAME], sandbox.control)
    before = sandbox.control.settings(NAME)
    sandbox.control.clear_requests()
    yield desk
    sandbox.control.clear_faults()
    sandbox.control.settings(NAME, **before)


def needs(**changes: object) -> Needs:
    options = {"marker": MARKER, "markup": "html"}
    whole = Needs(READ, READ | {"System.TeamProject", "System.WorkItemType"}, IN_SCOPE, options=options)
    return replace(whole, **changes)  # type: ignore[arg-type]


def connector(
    desk: Desk,
    wants: Needs | None = None,
    who: str = "tandem",
    word: str = "",
    clock: Callable[[], float] = time.time,
) -> AzureDevOps:
    """Our connector, with the token of one of the people; ``clock`` is what it takes for the time."""
    session = requests.Session()
    session.auth = ("tandem", word or desk.place.people[who].token or "")
    return AzureDevOps(Http(session, desk.url, tenant=f"{NAME}/{who}", clock=clock), wants or needs())


def record(azure: AzureDevOps, ticket: str) -> Record:
    (found,) = azure.fetch([ticket])
    return found


def history(azure: AzureDevOps, ticket: str) -> History:
    return azure.history([ticket])[ticket]


def make(desk: Desk, title: str = "Help", text: str = "", who: str = "david", type_: str = "Bug", **fields: Any) -> str:
    """A work item in scope, made by a person; a double underscore in the name of a field stands for a dot."""
    given = {name.replace("__", "."): value for name, value in {"System__Tags": "shared", **fields}.items()}
    given |= {REPRO_STEPS if type_ == "Bug" else "System.Description": text} if text else {}
    return str(desk.make(who, type_, title=title, fields=given)["id"])


def made(azure: AzureDevOps, mark: str, **fields: object) -> str:
    given: dict[str, object] = {TITLE: "A copy", TEXT: "<p>Said elsewhere</p>", TAGS: ["shared"]}
    given |= {"System.TeamProject": PROJECT, "System.WorkItemType": "Bug", **fields}
    (outcome,) = azure.create([Draft(mark, None, given)])  # type: ignore[arg-type]
    assert outcome.error is None
    return str(outcome.id)


def sent(desk: Desk, method: str, path: str = "") -> list[dict[str, Any]]:
    return [one for one in desk.control.requests(NAME) if one["method"] == method and path in one["path"].lower()]


def at_the_end(azure: AzureDevOps) -> str:
    """The cursor behind all that has happened by now."""
    cursor = azure.start(datetime.now(UTC) - timedelta(minutes=1))
    return [str(page.cursor) for page in azure.changed_since(cursor)][-1]
