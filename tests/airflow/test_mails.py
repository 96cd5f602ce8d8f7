# SPDX-License-Identifier: Apache-2.0
"""What a mail says to the one who reads it at night; and that it comes once an hour for each cause."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tandem.airflow import alerts
from tandem.airflow.alerts import Audience, failed_mail, late_mail, say_last
from tandem.airflow.describe import TASKS
from tandem.airflow.mail import Mail, text_of
from tandem.airflow.standing import Standing, read_standing
from tandem.errors import ConfigurationError, CredentialsError, Problem
from tandem.state import lease, runs
from tandem.state.store import Store

NOW = datetime(2026, 3, 1, 9, 16, tzinfo=UTC)
QUEUED = datetime(2026, 3, 1, 9, 4, tzinfo=UTC)
AUDIENCE = Audience(
    "mercuri-zendesk__infinity-jira",
    "sync__mercuri-zendesk__infinity-jira",
    600,
    ("mercuri-zendesk", "infinity-jira/customers"),
    ("integration@infinity.example",),
    ("elaine@infinity.example",),
)
AT_WORK = Standing(
    in_step_since=QUEUED,
    holder="load of this run, process 7 on host",
    behind_another=False,
    doing="POST /rest/api/3/issue at infinity_jira, sent 09:05:10 UTC",
    failure="TDM-102 infinity_jira: GET /rest/api/3/field answered 503",
    writes={"done": 3, "sent": 1},
    unanswered=("create", "right", QUEUED),
)


@pytest.fixture(autouse=True)
def _address(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(alerts, "_base_url", lambda: "https://airflow.example")
    yield


def late(state: str, tasks: dict[str, str | None], standing: Standing | None) -> Mail:
    run = {"queued_at": QUEUED.isoformat(), "run_after": QUEUED.isoformat(), "state": state, "dag_run_id": "manual__1"}
    return late_mail(AUDIENCE, run, dict.fromkeys(TASKS) | tasks, standing, NOW)


def facts(mail: Mail) -> dict[str, str]:
    return dict(mail.facts)


def test_a_late_run_names_the_task_the_request_and_the_last_failure() -> None:
    mail = late("running", {"extract": "success", "map": "success", "diff": "success", "load": "running"}, AT_WORK)
    assert mail.subject == f"[Tandem] late: {AUDIENCE.dag_id} has run 12 min (deadline 10 min)"
    assert text_of(mail).startswith("Changes made since 09:04 UTC have not all reached the other side yet; none is ")
    told = facts(mail)
    assert told["What hangs"] == "load: running"
    assert told["Last request"] == "POST /rest/api/3/issue at infinity_jira, sent 09:05:10 UTC, no answer yet"
    assert told["Last failure"] == AT_WORK.failure
    assert told["Last write"] == "create at infinity-jira/customers, no answer since 01 Mar 09:04 UTC"
    assert told["Not done yet"] == "reconcile"
    assert [address for _, address in mail.links] == [
        f"https://airflow.example/dags/{AUDIENCE.dag_id}/runs/manual__1",
        f"https://airflow.example/dags/{AUDIENCE.dag_id}",
        "https://airflow.example/tandem/handbook/TDM-110",
    ]
    assert "in an hour" in mail.next


def test_a_run_that_has_not_started_says_why() -> None:
    behind, alone = late("queued", {}, AT_WORK), late("queued", {}, None)
    assert facts(behind)["What hangs"] == "the run has not started: another is at work"
    assert "paused" in facts(alone)["What hangs"]


@pytest.mark.parametrize("state", [None, "scheduled", "queued", "running", "up_for_reschedule"])
def test_a_run_that_waits_for_another_says_so_even_while_it_looks_whether_its_turn_has_come(state: str | None) -> None:
    behind = replace(AT_WORK, holder="load of run other, process 7 on host", behind_another=True)
    told = facts(late("running", {"extract": state}, behind))
    assert told["What hangs"] == "extract: waits for another run of the pair"
    assert told["Not done yet"] == "map, diff, load, reconcile"


def test_a_failed_run_says_what_where_and_what_to_do() -> None:
    error = CredentialsError("The log-in was refused.", where="mercuri_zendesk", fix="Renew the token.")
    mail = failed_mail(AUDIENCE, "manual__1", "extract", QUEUED, error, None)
    told = facts(mail)
    assert error.code in mail.subject and "extract" in mail.subject
    assert (told["What"], told["Where"]) == (f"{error.code}  The log-in was refused.", "mercuri_zendesk, task extract")
    assert told["What to do"] == "Renew the token."


def test_the_handbook_s_page_is_that_of_the_problem_itself() -> None:
    def problem(code: str) -> Problem:
        return Problem(code, "what", "fix")

    assert alerts.page_of(ConfigurationError([problem("TDM-220"), problem("TDM-220")])) == "TDM-220"
    assert alerts.page_of(ConfigurationError([problem("TDM-220"), problem("TDM-215")])) == "TDM-301"
    assert alerts.page_of(CredentialsError("refused")) == CredentialsError.code


def test_one_mail_an_hour_for_each_cause(sqlite_store: Store) -> None:
    def due(cause: str, minutes: float) -> bool:
        with sqlite_store.begin() as tx:
            return runs.due(tx, "p", "mail", cause, alerts.MAIL_EVERY, NOW + timedelta(minutes=minutes))

    assert [due("late", minutes) for minutes in (0, 1, 44, 59.9, 61, 119.8)] == [True, False, False, True, False, True]
    assert due("failed", 1)


def test_what_the_holder_waits_for_is_read_for_the_mail(sqlite_store: Store) -> None:
    fence = lease.take(sqlite_store, "p", "run", "extract", now=NOW)
    lease.renew(sqlite_store, fence, doing="GET /api at x, sent 09:05:10 UTC")
    with sqlite_store.read() as tx:
        ours, other = read_standing(tx, "p", "run"), read_standing(tx, "p", "later")
    assert ours.doing == "GET /api at x, sent 09:05:10 UTC"
    assert ours.holder.startswith("extract of this run, process ")
    assert other.holder.startswith("extract of run run, process ")
    assert (ours.behind_another, other.behind_another) == (False, True)


def test_last_lines_stand_outside_the_group_that_airflow_folds(caplog: Any) -> None:
    with caplog.at_level(logging.INFO, "tandem"):
        say_last(("TDM-104 held", "handbook: x"), logging.ERROR)
    assert [record.getMessage() for record in caplog.records] == ["::endgroup::", "TDM-104 held", "handbook: x"]
