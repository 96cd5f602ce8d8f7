# SPDX-License-Identifier: Apache-2.0
"""What a run costs its trackers, counted at the trackers themselves."""

from collections import Counter
from collections.abc import Iterator

import pytest

from engine.house import TENANTS, House
from support.sandbox import RunningSandbox, running_sandbox
from support.zendesk import ZendeskDesk

ZENDESK, JIRA = TENANTS["mercuri_zendesk"], TENANTS["infinity_jira"]
CUSTOMER = {"tags": ["customer"]}
MANY = 12


@pytest.fixture(scope="module")
def box() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        running.control.settings(ZENDESK, export_lag=0, search_lag=0)
        running.control.settings(JIRA, search_lag=0)
        yield running


class Meter:
    """Counts requests by task and tracker."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.counts: dict[tuple[str, str], Counter[str]] = {}

    def run(self) -> None:
        """One run, counted."""
        control, tasks = self.house.box.control, ["building"]
        control.clear_requests()

        def note(task: str) -> None:
            for tenant in (ZENDESK, JIRA):
                asked = [one["path"].rpartition("/")[2] for one in control.requests(tenant)]
                self.counts[tasks[-1], tenant] = Counter(asked)
            control.clear_requests()
            tasks.append(task)

        self.counts = {}
        self.house.between = note
        self.house.run()
        note("end")
        self.house.between = None

    def of(self, task: str, tenant: str) -> int:
        return self.counts[task, tenant].total()


@pytest.fixture(scope="module")
def meter(box: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Meter:
    house = House(box, f"sqlite:///{tmp_path_factory.mktemp('requests') / 'state.db'}")
    box.control.advance(5)  # what the world begins with is old
    house.run()
    return Meter(house)


def test_an_idle_run_asks_each_tracker_once_and_only_to_extract(meter: Meter) -> None:
    meter.run()
    for tenant in (ZENDESK, JIRA):
        assert meter.of("extract", tenant) == 1
        others = {task: meter.of(task, tenant) for task, where in meter.counts if where == tenant and task != "extract"}
        assert others == dict.fromkeys(("building", "map", "diff", "load", "reconcile"), 0)


def test_changed_tickets_are_read_in_batches(meter: Meter) -> None:
    """What happened on Zendesk's tickets comes with the feed; of those of its last minute, from each one's audits."""
    desk = ZendeskDesk(meter.house.box[ZENDESK], meter.house.box.control)
    made = [desk.make("anna", **CUSTOMER)["id"] for _ in range(MANY)]
    _calm(meter)
    for number in made:
        assert desk.change(number, "anna", comment={"body": "One more thing", "public": True}).ok
    desk.control.advance(2)
    meter.run()
    assert len(meter.house.twins()) == MANY
    assert meter.counts["extract", ZENDESK] == Counter(
        {"cursor.json": 1, "ticket_events.json": 1, "show_many.json": 2}  # tickets, and people
    )
    assert meter.counts["load", ZENDESK]["audits.json"] == 0  # nothing moved since
    assert meter.of("reconcile", ZENDESK) == 0
    assert meter.counts["load", JIRA]["comment"] == MANY
    assert meter.of("load", JIRA) - MANY <= 4
    assert meter.of("reconcile", JIRA) <= 7
    # Our own writes come back as changes: read like any other.
    desk.control.advance(2)
    meter.run()
    assert meter.of("extract", JIRA) <= 7
    assert [meter.of(task, tenant) for task in ("load", "reconcile") for tenant in (ZENDESK, JIRA)] == [0, 0, 0, 0]


def _calm(meter: Meter) -> None:
    """Run until nothing moves."""
    for _ in range(6):
        meter.house.box.control.advance(2)
        told = meter.house.run()
        if not told["diff"]["actions"] and not told["diff"]["links"]:
            return
    raise AssertionError("it does not come to rest")
