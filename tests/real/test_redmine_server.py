# SPDX-License-Identifier: Apache-2.0
import requests

from real.redmine_server import Redmine


def test_it_answers_and_comes_back_after_it_was_killed(redmine: Redmine) -> None:
    key = {"X-Redmine-API-Key": redmine.key("ines")}
    made = requests.post(
        f"{redmine.url}/issues.json",
        json={"issue": {"project_id": "shop", "subject": "there before"}},
        headers=key,
        timeout=30,
    )
    assert made.status_code == 201, made.text
    redmine.server.kill()
    redmine.server.start()
    found = requests.get(f"{redmine.url}/issues/{made.json()['issue']['id']}.json", headers=key, timeout=30)
    assert found.json()["issue"]["subject"] == "there before"
