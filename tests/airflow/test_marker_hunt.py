# SPDX-License-Identifier: Apache-2.0
"""Law 2 in a real Airflow: secrets are in none of its files (database, logs, mails), at log level DEBUG."""

from typing import Any

from demo.people import Account
from demo.play import DAG, JIRA, ZENDESK
from support.installation import Installation
from support.secrets import JIRA_SETTINGS, ZENDESK_SETTINGS, Secrets, found_in, told_to


def test_secrets_are_found_nowhere(installation: Installation) -> None:
    """XCom, rendered fields and Params are in Airflow's database; logs and mails are files beside it."""
    sandbox = installation.sandbox
    sandbox.change(ZENDESK, **ZENDESK_SETTINGS)
    sandbox.change(JIRA, **JIRA_SETTINGS)
    secrets = Secrets(Account(sandbox.tenants[ZENDESK], "anna").call, Account(sandbox.tenants[JIRA], "elaine").call)
    plant(secrets)
    installation.play()
    leave(secrets)
    installation.play()
    conditions: dict[str, Any] = {"kind": "cut_after", "method": "GET", "probability": 0.5, "count": 6}
    with sandbox.fault(**conditions):
        secrets.whisper(secrets.ticket())
        secrets.mutter(secrets.issue())
        failed = installation.airflow.trigger(DAG)
        installation.airflow.wait(DAG, failed, 240)
    run = installation.play()
    log = installation.airflow.log_file(DAG, run, "extract").read_text()
    assert '"level":"debug"' in log.replace(" ", ""), "the hunt is through logs at DEBUG"

    every = [*secrets.words["zendesk"], *secrets.words["jira"]]
    assert found_in(installation.folder, every, but="sandbox") == []
    assert told_to(sandbox.requests(JIRA), "tandem", secrets.words["zendesk"]) == []
    assert told_to(sandbox.requests(ZENDESK), "tandem", secrets.words["jira"]) == []
    assert told_to(sandbox.requests(JIRA), "tandem", secrets.public), "what is offered does travel"
    assert found_in(installation.folder, secrets.public, but="sandbox") == [], "it is sealed wherever we keep it"


def plant(secrets: Secrets) -> None:
    """What was never offered."""
    secrets.whisper(secrets.ticket())
    secrets.ticket(public=False)
    secrets.ticket(tags=("billing",))
    secrets.mutter(secrets.issue())
    secrets.issue(security=True)
    secrets.issue(labels=())


def leave(secrets: Secrets) -> None:
    """What was offered once, and is no more."""
    ticket, issue = secrets.ticket(), secrets.issue()
    secrets.tag(ticket, "customer", method="DELETE")
    secrets.work_in_secret(ticket)
    secrets.edit(issue, security={"name": "Confidential"})
    secrets.plot(issue)
