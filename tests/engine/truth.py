# SPDX-License-Identifier: Apache-2.0
"""What must hold after any storm, found by asking the trackers."""

from __future__ import annotations

import re
import threading
from datetime import datetime
from typing import Any

from engine.house import House
from engine.people import JIRA, LABELS, PRIORITIES, ZENDESK, People
from engine.remembered import Memory, Said

STATUS = {
    "new": {"To Do", "In Progress", "In Review"},
    "open": {"To Do", "In Progress", "In Review"},
    "hold": {"In Progress", "In Review"},
    "pending": {"Waiting"},
    "solved": {"Done"},
}


BORN = re.compile(r"(ticket|issue|title|summary|again)-")
Raw = dict[str, Any]


def check(house: House, people: People) -> list[str]:
    """List every broken law, in words."""
    wrong: list[str] = []
    lines = _lines(people)
    issues = _issues(people)
    twins = house.twins()
    now = {str(tickets[-1]["id"]): tickets for tickets in lines}
    if set(twins) != set(now):
        wrong.append(f"tickets without a twin: {sorted(set(now) - set(twins))}, {sorted(set(twins) - set(now))}")
    if set(twins.values()) != set(issues):
        wrong.append(f"issues without a twin: {sorted(set(issues) - set(twins.values()))}")
    if len(lines) != len(people.tickets) + len(people.issues):
        wrong.append(f"{len(lines)} tickets for {len(people.tickets)} + {len(people.issues)} born")
    for left, right in twins.items():
        tickets, issue = now.get(left), issues.get(right)
        if tickets and issue:
            memory = people.tickets.get(tickets[0]["id"]) or people.issues.get(right) or Memory()
            wrong += [f"#{left}/{issue['key']}: {what}" for what in _compare(people, tickets, issue, memory)]
    for tenant in (JIRA, ZENDESK):
        for number, entry in enumerate(house.box.control.requests(tenant)):
            if str(entry.get("account")).startswith("tandem"):
                wrong += [f"{word} in request {number} to {tenant}" for word in people.secrets if word in str(entry)]
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


def _lines(people: People) -> list[list[Raw]]:
    """All tickets of people's with their comments, each with those that go on from it, oldest first."""
    found: dict[int, Raw] = {}
    path: str | None = "/api/v2/tickets.json?page[size]=100"
    while path:
        page = people.zendesk.ask("GET", path)
        found |= {one["id"]: one for one in page["tickets"] if BORN.match(one["subject"])}
        path = page["links"]["next"] if page["meta"]["has_more"] else None
        path = path.partition(people.zendesk.url)[2] or path if path else None
    for id_, one in found.items():
        one["comments"] = people.zendesk.ask("GET", f"/api/v2/tickets/{id_}/comments.json?page[size]=100")["comments"]
    lines: dict[int, list[Raw]] = {}
    for id_, one in sorted(found.items()):
        source = one["via"]["source"]
        before = source["from"].get("ticket_id") if source["rel"] == "follow_up" else None
        lines[id_] = [*lines.pop(before, []), one]
    return list(lines.values())


def _issues(people: People) -> dict[str, Raw]:
    found: dict[str, Raw] = {}
    token = None
    while True:
        sent = {"jql": "project in (SHOP, OPS)", "maxResults": 100, "fields": ["summary"]}
        page = people.jira.ask(
            "POST", "/rest/api/3/search/jql", json=sent | ({"nextPageToken": token} if token else {})
        )
        for one in page["issues"]:
            issue = people.jira.ask("GET", f"/rest/api/3/issue/{one['id']}")
            if BORN.match(issue["fields"]["summary"]):
                found[one["id"]] = issue
        token = page.get("nextPageToken")
        if not token:
            return found


def _compare(people: People, tickets: list[Raw], issue: Raw, memory: Memory) -> list[str]:
    ticket, fields = tickets[-1], issue["fields"]
    wrong = [] if memory.outside or ticket["status"] == "closed" else _fields(ticket, fields, memory)
    left = [(one["id"], comment) for one in tickets for comment in one["comments"]]
    open_left = [comment["body"] for id_, comment in left if id_ == ticket["id"] and ticket["status"] != "closed"]
    every_left = [comment["body"] for _, comment in left]
    right = [str(comment["body"]) for comment in fields["comment"]["comments"]]
    for said in memory.said:
        here, there = (every_left, right) if said.side == ZENDESK else (right, every_left)
        reachable = right if said.side == ZENDESK else open_left
        wrong += _said(said, here, there, reachable, sure=_sure(said, ticket, memory))
    for side, texts in ((JIRA, every_left), (ZENDESK, right)):
        own = [one for one in memory.said if one.side == side and len(one.words) == 1 and not one.loose]
        shown = [said.words[0] for one in texts for said in own if said.words[0] in one]
        told = [said.words[0] for said in own if said.words[0] in shown]
        if shown != told and sorted(shown) == sorted(told):
            wrong.append(f"comments out of order: {shown}")
    wrong += _files(people, tickets, issue, memory)
    return wrong


def _sure(said: Said, ticket: Raw, memory: Memory) -> bool:
    """Tell whether all that is to become of a comment must have happened by now."""
    blocked = memory.merged or (said.side == JIRA and ticket["status"] == "closed")
    return not blocked and said.side not in memory.outside


def _said(said: Said, here: list[str], there: list[str], reachable: list[str], *, sure: bool) -> list[str]:
    """What is wrong about one comment: each of its words stands once at most, the last one once, the hidden nowhere."""
    wrong = []
    last = said.words[-1]
    for word in said.words:
        count = sum(word in text for text in there)
        if count > 1:
            wrong.append(f"comment {word} stands {count} times at the peer")
        if count and word in said.unheard:
            wrong.append(f"comment {word} leaked")
        if sure and word in said.taken_back and any(word in text for text in reachable):
            wrong.append(f"comment {word} was taken back and is still there")
    if said.private or said.loose or last in said.taken_back | said.unheard:
        return wrong
    if sum(last in text for text in here) != 1:
        wrong.append(f"comment {last} is not once at home")
    copies = [text for text in there if last in text]
    if sure and len(copies) != 1:
        wrong.append(f"comment {last} of {said.words}: {len(copies)} at the peer")
    if copies and said.by not in copies[0]:
        wrong.append(f"comment {last} does not name {said.by}")
    return wrong


def _fields(ticket: Raw, fields: Raw, memory: Memory) -> list[str]:
    wrong = []
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
    return wrong


def _files(people: People, tickets: list[Raw], issue: Raw, memory: Memory) -> list[str]:
    wrong = []
    left = [file for one in tickets for comment in one["comments"] for file in comment["attachments"]]
    right = issue["fields"]["attachment"]
    shut = tickets[-1]["status"] == "closed" or bool(memory.outside)
    for name, body in memory.files.items():
        there = [file for file in left if file["file_name"] == name], [f for f in right if f["filename"] == name]
        if any(len(side) > 1 for side in there):
            wrong.append(f"file {name}: {len(there[0])} in Zendesk, {len(there[1])} in Jira")
        if shut or name in memory.loose_files:
            continue
        if [len(side) for side in there] != [1, 1]:
            wrong.append(f"file {name}: {len(there[0])} in Zendesk, {len(there[1])} in Jira")
            continue
        for desk, url in ((people.zendesk, there[0][0]["content_url"]), (people.jira, there[1][0]["content"])):
            if desk.session.get(url, timeout=30).content != body:
                wrong.append(f"file {name} differs")
    return wrong
