# SPDX-License-Identifier: Apache-2.0
import requests

from real.rt_server import RequestTrackerServer


def test_it_answers_and_comes_back_after_it_was_killed(request_tracker: RequestTrackerServer) -> None:
    api, nora = f"{request_tracker.url}/REST/2.0", request_tracker.login("nora")
    ticket = {"Queue": "Support", "Subject": "there before", "Content": "x", "ContentType": "text/plain"}
    made = requests.post(f"{api}/ticket", json=ticket, auth=nora, timeout=30)
    assert made.status_code == 201, made.text
    request_tracker.server.kill()
    request_tracker.server.start()
    found = requests.get(f"{api}/ticket/{made.json()['id']}", auth=nora, timeout=30)
    assert found.json()["Subject"] == "there before"
