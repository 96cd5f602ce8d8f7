# SPDX-License-Identifier: Apache-2.0
"""The contract of connectors, kept by a real Redmine."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from contract.abilities import PrivateComments, Workflow
from contract.bench import SECRET, Fields
from contract.connector_suite import ConnectorContract
from real.redmine_house import CF, NEEDS, STATUSES, House, open_house
from real.redmine_server import Redmine as Server
from support.waiting import wait_for_second
from tandem.connectors.base import Needs
from tandem.connectors.redmine import Redmine
from tandem.core.values import Json

VERBS = {"create": ("POST", r"/issues\.json"), "update": ("PUT", r"/issues/"), "comment": ("PUT", r"/issues/")}


@dataclass
class RedmineBench:
    house: House
    fields: Fields
    needs: Needs
    create: Mapping[str, Json]
    place: str = "shop"
    statuses: tuple[str, str] = (STATUSES["New"], STATUSES["In Progress"])
    refuses_stale: bool = False
    ahead: float = 0.0

    def connect(self, needs: Needs) -> Redmine:
        return self.house.connect(needs=needs)

    def opens(self, title: str, *, shared: bool = True, public: bool = True) -> str:
        return self.house.opens(title, labels=("shared",) if shared else ())

    def edits(self, ticket: str, field: str, value: Json) -> None:
        if field.startswith("cf_"):
            custom = [{"id": int(field.removeprefix("cf_")), "value": value if value is not None else ""}]
            self.house.edits(ticket, custom_fields=custom)
        else:
            self.house.edits(ticket, **{f"{field}_id" if field == "assigned_to" else field: value or ""})

    def moves(self, ticket: str, status: str) -> None:
        self.house.edits(ticket, status_id=int(status))

    def comments(self, ticket: str, text: str, *, public: bool = True, file: bytes | None = None) -> None:
        self.house.says(ticket, text, public=public, file=file)

    def hides(self, ticket: str) -> None:
        self.house.edits(ticket, "admin", project_id="vault")

    def closes(self, ticket: str) -> None:
        raise NotImplementedError("no status of Redmine's is final")

    def now(self) -> datetime:
        return datetime.now(UTC)

    def settles(self) -> None:
        """Redmine tells whole seconds: lets the present one pass, and the one by which its clock is known."""
        wait_for_second(1.4)

    @contextmanager
    def loses_answer(self, verb: str) -> Iterator[None]:
        with self.house.wire.loses_answer(*VERBS[verb]):
            yield


@pytest.fixture(scope="module")
def house(redmine: Server) -> Iterator[House]:
    with open_house(redmine) as house:
        yield house


class TestRedmine(ConnectorContract, PrivateComments, Workflow):
    @pytest.fixture
    def bench(self, house: House) -> RedmineBench:
        fields = Fields(
            title="subject",
            description="description",
            labels=CF["Labels"],
            empty="assigned_to",
            empty_value=house.account("omar"),
            hidden=CF["Internal"],
            hidden_value=SECRET,
        )
        return RedmineBench(house, fields, NEEDS, {"tracker": "1"})
