# SPDX-License-Identifier: Apache-2.0
"""A pair as its people meet it in a real Airflow: its DAG, its runs, its form, its Variable, its mails."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import requests

from demo.play import DAG, PAIR
from demo.processes import wait_until
from support.installation import BROKEN, Installation, tasks, text_of
from tandem.state import lease, tables

TITLE = "Wishlist loses its third entry"


@pytest.fixture(scope="package")
def ticket(installation: Installation) -> int:
    return installation.anna.open_ticket(TITLE, "Only on telephones.")


def test_a_pair_becomes_a_dag_that_says_in_words_what_it_does(installation: Installation) -> None:
    dag = installation.airflow.call("GET", f"/dags/{DAG}/details")
    assert {tag["name"] for tag in dag["tags"]} == {"Mercuri Inc.", "Infinity Solutions", "zendesk", "jira"}
    assert (dag["max_active_runs"], dag["catchup"]) == (1, False)
    assert dag["description"] == "Mercuri Inc. (Zendesk) and Infinity Solutions (Jira) in step"
    for said in ("Mercuri Inc.", "customer", "| priority | both ways |", "20 s", "elaine@infinity.example"):
        assert said in dag["doc_md"]
    for name, param in dag["params"].items():
        assert param["schema"]["title"], name
        assert "xample" in str(param), name
    listed = installation.airflow.call("GET", f"/dags/{DAG}/tasks")["tasks"]
    after = {each["task_id"]: each["downstream_task_ids"] for each in listed}
    assert after == {"extract": ["map"], "map": ["diff"], "diff": ["load"], "load": ["reconcile"], "reconcile": []}
    assert all(each["doc_md"] for each in listed)


def test_a_dry_run_plans_and_writes_nothing_and_says_why_it_ends(installation: Installation, ticket: int) -> None:
    run = installation.play({"dry_run": True})
    assert installation.states(run) == dict.fromkeys(tasks()[:3], "success") | dict.fromkeys(tasks()[3:], "skipped")
    assert "dry run: the plan is stored and nothing is written" in installation.log(DAG, run, "load")[-1]
    assert f"{ticket} -> (new) infinity-jira/customers  create: " in "\n".join(installation.log(DAG, run, "diff"))
    assert installation.airflow.result(DAG, run, "diff")["creates"] == 1
    assert [issue for issue in installation.elaine.issues("SHOP") if issue["fields"]["summary"] == TITLE] == []


def test_a_run_carries_a_ticket_over_and_hands_on_numbers_alone(installation: Installation, ticket: int) -> None:
    run = installation.play()
    assert installation.states(run) == dict.fromkeys(tasks(), "success")
    found = [issue for issue in installation.elaine.issues("SHOP") if issue["fields"]["summary"] == TITLE]
    assert len(found) == 1
    assert installation.airflow.result(DAG, run, "reconcile")["created"] == 1
    for task in tasks():
        passed = json.dumps(installation.airflow.result(DAG, run, task))
        assert TITLE not in passed and "telephones" not in passed
        log = installation.airflow.log_file(DAG, run, task).read_text()
        assert TITLE not in log and "telephones" not in log
    table = installation.log(DAG, run, "reconcile")[-3]
    for told in ("created", "quarantined", "requests to mercuri-zendesk"):
        assert told in table
    assert any(line.startswith("mercuri-zendesk: ") for line in installation.log(DAG, run, "extract"))


def test_a_wrong_variable_fails_its_run_alone_and_names_key_and_allowed_values(installation: Installation) -> None:
    body = {"key": f"tandem__{PAIR}", "value": json.dumps({"conflicts": {"priority": "loudest"}})}
    installation.airflow.call("POST", "/variables", body)
    try:
        run = installation.play()
    finally:
        installation.airflow.call("DELETE", f"/variables/tandem__{PAIR}")
    assert installation.states(run)["extract"] == "failed"
    assert installation.airflow.task(DAG, run, "extract")["try_number"] == 1
    said = "\n".join(installation.log(DAG, run, "extract")[-8:])
    for word in ("conflicts.priority", "left", "right", "newest", "hold"):
        assert word in said
    mail = text_of(installation.mail(f"[Tandem] failed: {DAG} at extract"))
    assert mail.startswith("Changes made since ")
    for word in (
        "conflicts.priority",
        "newest",
        f"/dags/{DAG}/runs/",
        "/tandem/handbook/TDM-",
        "elaine@infinity.example",
    ):
        assert word in mail
    assert installation.states(installation.play())["extract"] == "success"


def test_a_pair_switched_off_by_its_variable_ends_skipped(installation: Installation) -> None:
    body = {"key": f"tandem__{PAIR}", "value": json.dumps({"enabled": False})}
    installation.airflow.call("POST", "/variables", body)
    try:
        run = installation.play()
    finally:
        installation.airflow.call("DELETE", f"/variables/tandem__{PAIR}")
    assert installation.states(run) == dict.fromkeys(tasks(), "skipped")
    assert "enabled: false" in installation.log(DAG, run, "extract")[-1]


def test_a_run_that_meets_another_waits_without_a_slot_and_its_lateness_is_told(installation: Installation) -> None:
    late = f"[Tandem] late: {DAG} has run"
    known = len(installation.mails(late))  # a slow machine is late before this test
    with installation.store.begin() as tx:
        tx.run(tables.notice.delete())  # so that the hour's one mail is still to come
    fence = lease.take(
        installation.store, PAIR, "the-other-run", "load", now=datetime.now(UTC), ttl=timedelta(minutes=10)
    )
    run = installation.airflow.trigger(DAG)
    state = lambda: installation.airflow.task(DAG, run, "extract")["state"]  # noqa: E731
    wait_until(lambda: state() == "up_for_reschedule", "the run to wait", 60, installation.airflow.processes)
    mail = installation.mail(late, known)
    lease.give_back(installation.store, fence)
    assert "(deadline 20 s)" in mail["Subject"]
    text = text_of(mail)
    not_begun = "the run has not started: another is at work"  # a slow machine is late before the first task
    assert "extract: waits for another run of the pair" in text or not_begun in text
    for word in (
        "none is lost",
        "the-other-run",
        "The next mail",
        "/tandem/handbook/TDM-110",
    ):
        assert word in text
    installation.airflow.wait(DAG, run, 120)
    assert installation.states(run) == dict.fromkeys(tasks(), "success")


def test_a_broken_file_becomes_a_dag_that_says_what_is_wrong(installation: Installation) -> None:
    details = installation.airflow.call("GET", f"/dags/{BROKEN}/details")
    assert [tag["name"] for tag in details["tags"]] == ["invalid"]
    assert "warehouse" in details["doc_md"]
    run = installation.airflow.trigger(BROKEN)
    assert installation.airflow.wait(BROKEN, run) == "failed"
    said = "\n".join(installation.log(BROKEN, run, "invalid")[-6:])
    assert "TDM-218" in said and "right" in said and "infinity-jira" in said
    mail = text_of(installation.mail(f"[Tandem] invalid: {BROKEN}"))
    assert "TDM-218" in mail and "No change reaches the other side" in mail
    assert installation.airflow.call("GET", "/importErrors")["import_errors"] == []


def test_mails_link_to_pages_of_the_handbook(installation: Installation) -> None:
    page = f"{installation.airflow.url}/tandem/handbook/TDM-104"
    token = requests.get(f"{installation.airflow.url}/auth/token", timeout=30).json()["access_token"]
    head = {"Authorization": f"Bearer {token}"}
    assert "TDM-104" in requests.get(page, headers=head, timeout=30).text
    assert requests.get(page.replace("104", "999"), headers=head, timeout=30).status_code == 404
