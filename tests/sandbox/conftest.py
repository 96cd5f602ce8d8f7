# SPDX-License-Identifier: Apache-2.0
"""One running sandbox for all tests here that need no world of their own."""

import os
from collections.abc import Iterator
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from support.sandbox import RunningSandbox, running_sandbox
from support.zendesk import ZendeskDesk

# The library azure-devops keeps on disk what it discovers of an address. Where, it looks up as it is imported: in the
# home directory unless told otherwise, and there addresses of other runs would be found.
_DISCOVERED = TemporaryDirectory(prefix="azure-devops-")
os.environ["AZURE_DEVOPS_CACHE_DIR"] = _DISCOVERED.name

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


@pytest.fixture(scope="module")
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
