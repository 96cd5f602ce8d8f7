# SPDX-License-Identifier: Apache-2.0
"""One running sandbox for all tests here that need no world of their own."""

from collections.abc import Iterator
from typing import Any

import pytest

from support.sandbox import RunningSandbox, running_sandbox
from support.zendesk import ZendeskDesk

ORDER_NO = 360001234567


def _person(name: str, role: str) -> dict[str, Any]:
    token = None if role == "end-user" else f"token-of-{name.lower()}"
    email, password = f"{name.lower()}@mercuri.example", name.lower()
    return {"name": name, "email": email, "password": password, "token": token, "role": role}


WORLD = {
    "tenants": [
        {
            "name": "mercuri-zendesk",
            "kind": "zendesk",
            "company": "Mercuri Inc.",
            "people": {
                "tandem": _person("Tandem", "admin"),
                "anna": _person("Anna", "agent"),
                "bruno": _person("Bruno", "agent"),
                "carla": _person("Carla", "end-user"),
            },
            "settings": {
                "export_lag": 60,
                "search_lag": 60,
                "job_delay": 10,
                "ticket_fields": [{"id": ORDER_NO, "title": "Order number"}],
            },
        }
    ]
}


@pytest.fixture(scope="session")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(WORLD) as running:
        yield running


@pytest.fixture
def desk(sandbox: RunningSandbox) -> Iterator[ZendeskDesk]:
    """Mercuri's Zendesk. Faults, the request log and settings are as at the start; tickets of other tests remain."""
    desk = ZendeskDesk(sandbox["mercuri-zendesk"], sandbox.control)
    before = sandbox.control.settings(desk.place.name)
    sandbox.control.clear_requests()
    yield desk
    sandbox.control.clear_faults()
    sandbox.control.settings(desk.place.name, **before)
