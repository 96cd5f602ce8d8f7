# SPDX-License-Identifier: Apache-2.0
"""Mercuri's Zendesk as its people use it, and our connector to it under test."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests

from support.sandbox import RunningSandbox
from support.zendesk import ZendeskDesk
from tandem.connectors.base import Condition, Draft, Needs
from tandem.connectors.zendesk import Zendesk
from tandem.http import Http

TENANT = "mercuri-zendesk"
ORDER = 360001234567
ORDER_FIELD = f"custom_field_{ORDER}"
CAUSE = 360001234568
SECRET = "the cellar key lies under the mat"
READ = frozenset({"subject", "description", "status", "priority", "type", "tags", "assignee_id", ORDER_FIELD})
IN_SCOPE = (Condition("tags", contains="shared"),)


def _person(name: str, role: str) -> dict[str, object]:
    return {"name": name, "email": f"{name.lower()}@mercuri.example", "password": name.lower(), "role": role}


WORLD = {
    "tenants": [
        {
            "name": TENANT,
            "kind": "zendesk",
            "company": "Mercuri Inc.",
            "people": {
                "tandem": _person("Tandem", "admin"),
                "anna": _person("Anna", "agent"),
                "carla": _person("Carla", "end-user"),
            },
            "settings": {
                "export_lag": 0,
                "search_lag": 0,
                "job_delay": 0,
                "ticket_fields": [
                    {"id": ORDER, "title": "Order number"},
                    {
                        "id": CAUSE,
                        "title": "Cause",
                        "type": "tagger",
                        "options": ["cart", "payment"],
                        "required_to_solve": False,
                    },
                ],
                "house_rules": [{"title": "Escalate", "when": {"tags": ["vip"]}, "set": {"priority": "urgent"}}],
            },
        }
    ]
}


@contextmanager
def as_it_was(sandbox: RunningSandbox) -> Iterator[ZendeskDesk]:
    """The desk; faults, the request log and settings are afterwards as before. Tickets remain."""
    desk = ZendeskDesk(sandbox[TENANT], sandbox.control)
    before = sandbox.control.settings(TENANT)
    sandbox.control.clear_requests()
    yield desk
    sandbox.control.clear_faults()
    sandbox.control.settings(TENANT, **before)


def needs(**changes: object) -> Needs:
    return Needs(**{"read": READ, "write": READ, "scope": IN_SCOPE, **changes})  # type: ignore[arg-type]


def connector(
    desk: ZendeskDesk,
    wants: Needs | None = None,
    who: str = "tandem",
    word: str | None = None,
    clock: Callable[[], float] = time.time,
) -> Zendesk:
    """Our connector, logged in as one of the people; ``clock`` is what it takes for the time."""
    person = desk.place.people[who]
    session = requests.Session()
    session.auth = (person.email, word or person.password)
    http = Http(session, desk.place.url, tenant=f"{TENANT}/{who}", clock=clock)
    return Zendesk(http, wants or needs(), lambda: datetime.fromtimestamp(clock(), UTC))


def desk_time(desk: ZendeskDesk) -> datetime:
    """The tracker's clock, in whole seconds."""
    return parsedate_to_datetime(desk.ask("GET", "users/me.json").headers["Date"])


def record(zendesk: Zendesk, number: object):
    (found,) = zendesk.fetch([str(number)])
    return found


def history(zendesk: Zendesk, number: object):
    return zendesk.history([str(number)])[str(number)]


def made(zendesk: Zendesk, mark: str, **fields: object) -> str:
    given = {"subject": "A copy", "description": "<p>Said elsewhere</p>", "tags": ["shared"], **fields}
    (outcome,) = zendesk.create([Draft(mark, None, given)])
    assert outcome.error is None
    return str(outcome.id)


def everything(pages) -> dict[str, object]:
    return {seen.id: seen for page in pages for seen in page.seen}


def sent(desk: ZendeskDesk, method: str, path: str = "") -> list[dict[str, object]]:
    return [one for one in desk.control.requests(TENANT) if one["method"] == method and path in one["path"]]


def say(desk: ZendeskDesk, number: object, text: str, public: bool, name: str | None = None) -> None:
    comment = {"body": text, "public": public}
    if name:
        uploaded = desk.ask(
            "POST", "uploads.json", "anna", params={"filename": name}, data=b"content of " + name.encode()
        )
        comment["uploads"] = [uploaded.json()["upload"]["token"]]
    assert desk.change(number, "anna", comment=comment).ok
