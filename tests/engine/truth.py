# SPDX-License-Identifier: Apache-2.0
"""What must hold after any storm, found by asking the trackers."""

from __future__ import annotations

import re
import threading
from datetime import datetime
from typing import Any

from engine.house import House
from engine.people import JIRA, LABELS, PRIORITIES, ZENDESK, Memory, People

STATUS = {
    "new": {"To Do", "In Progress", "In Review"},
    "open": {"To Do", "In Progress", "In Review"},
    "hold": {"In Progress", "In Review"},
    "pending": {"Waiting"},
    "solved": {"Done"},
}


def check(house: House, people: People) -> list[str]:
    """List every broken law, in words."""
    wrong: list[str] = []
    tickets = _tickets(people)
    issues = _issues(people)
    twins = house.twins()
    if set(twins) != {str(id_) for id_ in tickets}:
        wrong.append(f"tickets without a twin: {sorted({str(i) for i in tickets} - set(twins))}")
    if set(twins.values()) != set(issues):
        wrong.append(f"issues without a twin: {sorted(set(issues) - set(twins.values()))}")
    if len(tickets) != len(people.tickets) + len(people.issues):
        wrong.append(f"{len(tickets)} tickets for {len(people.tickets)} + {len(people.issues)} born")
    for left, right in twins.items():
        ticket, issue = tickets.get(int(left)), issues.get(right)
        if ticket and issue:
            memory = people.tickets.get(int(left)) or people.issues.get(right) or Memory()
            wrong += [f"#{left}/{issue['key']}: {what}" for what in _compare(people, ticket, issue, memory)]
    for number, entry in enumerate(house.box.control.requests(JIRA)):
        if str(entry.get("account")).startswith("tandem"):
            wrong += [f"{word} in request {number} to Jira" for word in people.secrets if word in str(entry)]
    return wrong


def wait_for_feeds(people: People) -> None:
    """Wait until both trackers' feeds have caught up with a change made now."""
    word = people.word("probe")
    made = people.jira.ask(
        "POST",
        "/rest/api/3/issue",
        json={"fields": {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": word}},
    )
    ticket = people.zendesk.ask(
        "POST", "/api/v2/tickets.json", json={"ticket": {"subject": word, "comment": {"body": word}}}
    )
    start = int(datetime.fromisoformat(ticket["ticket"]["created_at"]).timestamp()) - 5
    admin = people.admin()
    for _ in range(200):
        listed = people.jira.ask("POST", "/rest/api/3/search/jql", json={"jql": f"key = {made['key']}"})["issues"]
        page = admin.ask("GET", f"/api/v2/incremental/tickets/cursor.json?start_time={start}", allow=(422,))
        if listed and page and any(one["id"] == ticket["ticket"]["id"] for one in page["tickets"]):
            return
        threading.Event().wait(0.1)
    raise AssertionError("the feeds did not catch up")


def _tickets(people: People) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    path: str | None = "/api/v2/tickets.json?page[size]=100"
    while path:
        page = people.zendesk.ask("GET", path)
        found |= {one["id"]: one for one in page["tickets"] if "customer" in one["tags"]}
        path = page["links"]["next"] if page["meta"]["has_more"] else None
        path = path.partition(people.zendesk.url)[2] or path if path else None
    born = {id_: one for id_, one in found.items() if re.match(r"(ticket|issue|title|summary)-", one["subject"])}
    for id_, one in born.items():
        one["comments"] = people.zendesk.ask("GET", f"/api/v2/tickets/{id_}/comments.json?page[size]=100")["comments"]
    return born


def _issues(people: People) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    token = None
    while True:
        sent = {"jql": "project = SHOP AND labels = customer", "maxResults": 100, "fields": ["summary"]}
        page = people.jira.ask(
            "POST", "/rest/api/3/search/jql", json=sent | ({"nextPageToken": token} if token else {})
        )
        for one in page["issues"]:
            issue = people.jira.ask("GET", f"/rest/api/3/issue/{one['id']}")
            if re.match(r"(ticket|issue|title|summary)-", issue["fields"]["summary"]):
                found[one["id"]] = issue
        token = page.get("nextPageToken")
        if not token:
            return found


def _compare(people: People, ticket: dict[str, Any], issue: dict[str, Any], memory: Memory) -> list[str]:
    wrong = []
    fields = issue["fields"]
    if ticket["subject"] != fields["summary"]:
        wrong.append(f"title {ticket['subject']!r} / {fields['summary']!r}")
    last = {titles[-1] for titles in memory.titles.values() if titles}
    if ticket["subject"] not in last:
        wrong.append(f"title {ticket['subject']!r} is none of the last {last}")
    if ticket["priority"] and PRIORITIES[ticket["priority"]] != fields["priority"]["name"]:
        wrong.append(f"priority {ticket['priority']} / {fields['priority']['name']}")
    if fields["status"]["name"] not in STATUS[ticket["status"]]:
        wrong.append(f"status {ticket['status']} / {fields['status']['name']}")
    shared = set(LABELS)
    if set(ticket["tags"]) & shared != set(fields["labels"]) & shared:
        wrong.append(f"labels {ticket['tags']} / {fields['labels']}")
    left = [comment["body"] for comment in ticket["comments"]]
    right = [str(comment["body"]) for comment in fields["comment"]["comments"]]
    for side, texts in memory.comments.items():
        for text in texts:
            here, there = (left, right) if side == ZENDESK else (right, left)
            if sum(text in one for one in there) != 1 or sum(text in one for one in here) != 1:
                wrong.append(
                    f"comment {text}: {sum(text in o for o in here)} here, {sum(text in o for o in there)} there"
                )
        shown = [text for one in (right if side == ZENDESK else left) for text in texts if text in one]
        if shown != texts and sorted(shown) == sorted(texts):
            wrong.append(f"comments out of order: {shown}")
    wrong += _files(people, ticket, issue, memory)
    return wrong


def _files(people: People, ticket: dict[str, Any], issue: dict[str, Any], memory: Memory) -> list[str]:
    wrong = []
    left = [file for comment in ticket["comments"] for file in comment["attachments"]]
    right = issue["fields"]["attachment"]
    for name, body in memory.files.items():
        there = [file for file in left if file["file_name"] == name], [f for f in right if f["filename"] == name]
        if [len(side) for side in there] != [1, 1]:
            wrong.append(f"file {name}: {len(there[0])} in Zendesk, {len(there[1])} in Jira")
            continue
        for desk, url in ((people.zendesk, there[0][0]["content_url"]), (people.jira, there[1][0]["content"])):
            if desk.session.get(url, timeout=30).content != body:
                wrong.append(f"file {name} differs")
    return wrong
