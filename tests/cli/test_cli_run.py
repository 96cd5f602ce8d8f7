# SPDX-License-Identifier: Apache-2.0
"""`tandem run`, `plan`, `status` and what a person decides, over the real sandbox."""

import sqlite3
from typing import Any

import pytest
from cli_house import JIRA, PAIR, ZENDESK, House, Said, keys_of, until

from support.sandbox import RunningSandbox
from tandem.cli.run import make_job, perform
from tandem.cli.setting import Setting
from tandem.errors import RateLimitedError

JIRA_FILE, ZENDESK_FILE, PAIR_FILE = (
    "contracts/infinity-jira.yaml",
    "contracts/mercuri-zendesk.yaml",
    f"pairs/{PAIR}.yaml",
)


def run_until_created(house: House, subject: str) -> dict[str, Any]:
    """Run until the peer shows the ticket."""

    def look() -> dict[str, Any] | None:
        assert house.tandem("run", PAIR).code in (0, 3)
        return house.twin(subject)

    found = until(look, lambda seen: seen is not None, "the twin is not there")
    assert found is not None
    return found


def plan_until(house: House, wanted: str) -> dict[str, Any]:
    """Plan until something of that kind (``writes``, ``conflicts``, …) is in it."""
    return until(
        lambda: house.tandem("plan", PAIR, "--json").data, lambda told: bool(told[wanted]), "nothing is planned"
    )


def test_a_run_makes_the_twin_and_says_so_in_one_line(started: House) -> None:
    started.open_ticket("Cart forgets the coupon", priority="high")

    def look() -> str:
        said = started.tandem("run", PAIR)
        assert (said.code, said.out.count("\n")) == (0, 1)
        return said.out

    said = until(look, lambda text: "created" in text, "nothing was created")
    assert said.startswith(f"{PAIR}: 1 created") and said.endswith("; in step\n")
    twin = started.twin("Cart forgets the coupon")
    assert twin is not None and twin["fields"]["priority"]["name"] == "High"


def test_json_of_a_run_is_one_object_with_its_counts(started: House) -> None:
    said = started.tandem("run", PAIR, "--json")
    told = said.data
    assert said.err == ""
    assert (told["pair"], told["dry_run"], told["waits_for_a_person"]) == (
        PAIR,
        False,
        {"conflicts": 0, "quarantined": 0},
    )
    assert set(told["counts"]) == {"extract", "map", "diff", "load", "reconcile"}
    assert told["run"].startswith("cli__")


def test_a_plan_shows_what_would_be_written_and_writes_nothing(started: House, box: RunningSandbox) -> None:
    number = started.open_ticket("Gift card is refused", priority="urgent")
    before = max(one["number"] for one in box.control.requests(JIRA))
    told = plan_until(started, "writes")
    (write,) = told["writes"]
    assert (write["kind"], write["source"], write["target"]) == ("create", f"#{number}", None)
    assert (write["fields"]["title"], write["fields"]["priority"]) == ("Gift card is refused", 1)
    writes = [
        one for one in box.control.requests(JIRA, before) if one["method"] == "PUT" or one["path"].endswith("/issue")
    ]
    assert writes == []
    last = started.tandem("plan", PAIR, "--last", "--json").data
    assert (last["run"], last["writes"]) == (told["run"], told["writes"])
    words = started.tandem("plan", PAIR, "--last").out
    assert f"#{number}  ->  (new) infinity-jira/customers  create" in words
    assert 'title "Gift card is refused"' in words
    assert "1 ticket, 1 write (limits: 500 creates, 500 closes). Nothing was written. Apply: tandem run" in words


def test_a_plan_shows_who_wins_a_conflict_and_what_is_lost(started: House) -> None:
    number = started.open_ticket("Which title holds", priority="low")
    twin = run_until_created(started, "Which title holds")
    started.change_ticket(number, priority="high")
    started.jira("PUT", f"issue/{twin['key']}", json={"fields": {"priority": {"name": "Highest"}}})
    told = plan_until(started, "conflicts")
    (clash,) = told["conflicts"]
    assert clash == {
        "tickets": f"#{number} <-> {twin['key']}",
        "field": "priority",
        "rule": "right",
        "winner": "right",
        "left": 2,
        "right": 1,
    }
    assert (
        "both changed: rule right -> right 1, losing value kept: left 2" in started.tandem("plan", PAIR, "--last").out
    )


def test_a_plan_counts_what_cannot_be_written_at_the_other_side(started: House) -> None:
    started.open_ticket("Too long for Jira", comment={"body": "word " * 8000})

    def look() -> Said:
        return started.tandem("plan", PAIR, "--json")

    said = until(look, lambda seen: bool(seen.data["more_quarantined"]), "it fits")
    assert (said.code, said.data["more_quarantined"], said.data["writes"]) == (3, 1, [])
    assert "1 more cannot be written at the other side" in started.tandem("plan", PAIR, "--last").out


def test_a_ticket_that_does_not_fit_waits_for_a_person_with_code_and_key(started: House) -> None:
    started.edit(ZENDESK_FILE, ("1: urgent, ", ""))
    started.edit(JIRA_FILE, ("1: Highest, ", ""))
    number = started.open_ticket("Too urgent for the map", priority="urgent")

    def look() -> dict[str, Any]:
        started.tandem("run", PAIR)
        return dict(started.tandem("status", PAIR, "--json").data["pairs"][0])

    told = until(look, lambda seen: bool(seen["quarantined"]), "nothing is set aside")
    (held,) = told["quarantined"]
    assert (held["tickets"], held["code"], held["key"]) == (f"#{number}", "TDM-204", "fields.priority.map")
    assert held["next_try"] is not None
    assert started.tandem("run", PAIR).code == 3
    assert started.tandem("status", PAIR).code == 3
    one = started.tandem("status", PAIR, "--ticket", f"#{number}", "--json")
    assert one.code == 3
    assert [row["state"] for row in one.data["events"]] == ["quarantined"]
    assert "Too urgent" not in started.tandem("status", PAIR).out

    released = started.tandem("release", PAIR, number, "--json")
    assert keys_of(released.data["released"]) == {("TDM-204", "fields.priority.map")}
    started.edit(ZENDESK_FILE, ("{2: high", "{1: urgent, 2: high"))
    started.edit(JIRA_FILE, ("{2: High", "{1: Highest, 2: High"))
    run_until_created(started, "Too urgent for the map")
    assert started.tandem("status", PAIR).code == 0
    nothing = started.tandem("release", PAIR, number)
    assert (nothing.code, nothing.err.startswith("Nothing of")) == (2, True)


def test_a_safety_stop_waits_for_a_person_whose_approval_holds_once(started: House) -> None:
    assert started.tandem("approve", PAIR).code == 2
    started.edit(PAIR_FILE, ("limits: {creates: 500,", "limits: {creates: 1,"), ('"*/2 * * * *"', '"0 0 * * *"'))
    for number in range(3):
        started.open_ticket(f"One of many {number}")
    # each comes with the end of its second: a run that saw the first alone would be within the limit
    planned = until(
        lambda: started.tandem("plan", PAIR, "--json"), lambda said: len(said.data["writes"]) >= 3, "not all are seen"
    )
    assert (planned.code, planned.data["stops"][0]["allowed"]) == (3, 1)
    stopped = started.tandem("run", PAIR)
    assert stopped.code == 3
    assert "TDM-303" in stopped.err and "(limit 1)" in stopped.err and f"tandem approve {PAIR}" in stopped.err
    assert [one for one in started.twins() if one["fields"]["summary"].startswith("One of many")] == []
    assert started.tandem("status", PAIR).code == 3
    raised = started.tandem("approve", PAIR, "--json").data["raised"]
    assert raised == [{"limit": "creates", "side": "infinity-jira/customers", "from": 1, "to": 3}]
    assert started.tandem("run", PAIR).code == 0
    assert len([one for one in started.twins() if one["fields"]["summary"].startswith("One of many")]) == 3


def test_one_pair_has_one_writer_and_a_killed_run_gives_way_at_once(started: House, box: RunningSandbox) -> None:
    box.control.fault("hang", JIRA)
    hanging = started.start("run", PAIR)
    try:
        told = until(
            lambda: started.tandem("status", "--json").data["pairs"][0],
            lambda seen: seen["runs"][0]["state"] == "running",
            "it does not run",
        )
        run = told["runs"][0]["run"]
        assert run in told["lease"]
        refused = started.tandem("run", PAIR)
        assert (refused.code, "TDM-104" in refused.err, run in refused.err) == (1, True, True)
    finally:
        hanging.kill()
        hanging.communicate()
    box.control.clear_faults()
    assert started.tandem("run", PAIR).code == 0
    states = {one["run"]: one["state"] for one in started.tandem("status", "--json").data["pairs"][0]["runs"]}
    assert states[run] == "broken off"


class WaitedError(Exception):
    """In place of a sleep."""


def test_a_tracker_that_does_not_answer_is_asked_again(started: House, box: RunningSandbox) -> None:
    fault = box.control.fault("down", ZENDESK, count=4)  # as often as one read is repeated by itself
    slept: list[float] = []
    with started.entered(), Setting(started.root).store() as store:
        counts = perform(Setting(started.root), store, make_job(PAIR), sleep=slept.append)
    assert set(counts) == {"extract", "map", "diff", "load", "reconcile"}
    assert slept == [2.0]
    assert next(one["struck"] for one in box.control.faults() if one["id"] == fault) == 4


@pytest.mark.parametrize(("told", "error"), [("120", WaitedError), ("600", RateLimitedError)])
def test_a_tracker_that_asks_to_wait_is_waited_for_as_long_as_it_says_but_not_for_ever(
    started: House, box: RunningSandbox, told: str, error: type[Exception]
) -> None:
    # budgets are remembered by connection for the whole process: this one is not used again
    connection = f"zendesk_{told}"
    started.edit(ZENDESK_FILE, ("connection: mercuri_zendesk", f"connection: {connection}"))
    started.environ[f"AIRFLOW_CONN_{connection.upper()}"] = started.environ["AIRFLOW_CONN_MERCURI_ZENDESK"]
    box.control.fault("rate_limited", ZENDESK, retry_after=told)

    def sleep(seconds: float) -> None:
        assert round(seconds) == float(told)
        raise WaitedError

    with started.entered(), Setting(started.root).store() as store, pytest.raises(error):
        perform(Setting(started.root), store, make_job(PAIR), sleep=sleep)


def test_a_run_that_fails_is_closed_with_the_reason_and_shows_no_trace(started: House) -> None:
    started.edit(PAIR_FILE, ("tie: right", "tie: rigth"))
    said = started.tandem("run", PAIR)
    assert (said.code, said.out) == (1, "")
    assert "TDM-215   include/pairs" in said.err and "Traceback" not in said.err


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [('{"enabled": false}', 0, "is switched off"), ('{"limits": {"creatse": 1}}', 1, "limits.creatse")],
)
def test_the_pairs_variable_is_read_from_the_environment(started: House, text: str, code: int, words: str) -> None:
    said = started.tandem("run", PAIR, **{f"AIRFLOW_VAR_TANDEM__{PAIR.upper()}": text})
    assert (said.code, words in said.out + said.err) == (code, True)


@pytest.mark.parametrize(
    "words",
    [
        ("--window", "2026-03-02", "2026-03-01"),
        ("--window", "yesterday", "today"),
        ("--window", "2026-03-01"),
        ("--no-such-option",),
    ],
)
def test_a_command_line_that_cannot_be_meant_ends_with_2(started: House, words: tuple[str, ...]) -> None:
    assert started.tandem("run", PAIR, *words).code == 2


def test_a_window_compares_what_is_linked_and_finds_it_in_step(started: House) -> None:
    started.open_ticket("Seen again")
    run_until_created(started, "Seen again")
    told = started.tandem("run", PAIR, "--window", "2020-01-01", "2040-01-01", "--json").data
    assert told["counts"]["extract"]["left"]["compared"] >= 1
    assert told["counts"]["reconcile"]["created"] == 0


def test_a_newer_state_database_is_refused_and_left_alone(started: House) -> None:
    with sqlite3.connect(started.folder / "state.db") as state:
        state.execute("UPDATE tandem_alembic_version SET version_num = '9999'")
    said = started.tandem("run", PAIR)
    assert (said.code, "TDM-306" in said.err, "newer version" in said.err) == (1, True, True)
