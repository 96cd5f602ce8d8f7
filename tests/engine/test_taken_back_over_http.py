# SPDX-License-Identifier: Apache-2.0
"""What was taken back on a closed Zendesk ticket, whose link has gone on to a follow-up, goes from Jira (§8, §9)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.house import House
from engine.people import JIRA, ZENDESK, Desk
from support.sandbox import running_sandbox

AGAIN = {"subject": "It is back", "tags": ["customer"], "comment": {"body": "again"}}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with running_sandbox() as box:
        box.control.settings(ZENDESK, search_lag=0, export_lag=0)
        box.control.settings(JIRA, search_lag=0)
        yield House(box, f"sqlite:///{tmp_path}/state.db")


def quiet(house: House) -> None:
    for _ in range(6):
        house.box.control.advance(120)
        told = house.run()
        if not told["diff"]["actions"] and not told["diff"]["links"]:
            return


def opened(house: House, anna: Desk) -> int:
    """A customer's ticket, of which no run knows yet; gives its number."""
    house.run()
    first = {"subject": "Till broken", "tags": ["customer"], "comment": {"body": "It does not open"}}
    return int(anna.ask("POST", "/api/v2/tickets.json", json={"ticket": first})["ticket"]["id"])


def carried(house: House, anna: Desk) -> tuple[int, str]:
    """A customer's ticket and its issue in Jira."""
    ticket = opened(house, anna)
    quiet(house)
    return ticket, house.twins()[str(ticket)]


def upload(desk: Desk, name: str, content: bytes) -> str:
    sent: dict[str, Any] = {"data": content, "headers": {"Content-Type": "text/plain"}}
    return str(desk.ask("POST", f"/api/v2/uploads.json?filename={name}", **sent)["upload"]["token"])


def shown(desk: Desk, issue: str) -> tuple[str, list[str]]:
    """All that an issue says in comments, and the names of its files."""
    fields = desk.ask("GET", f"/rest/api/3/issue/{issue}?fields=comment,attachment")["fields"]
    return repr(fields["comment"]["comments"]), sorted(file["filename"] for file in fields["attachment"])


def test_a_closed_ticket_is_gone_on_from_and_things_are_taken_back_on_it(house: House) -> None:
    anna, elaine = Desk(house.box, ZENDESK, "anna"), Desk(house.box, JIRA, "elaine")
    ticket = opened(house, anna)
    for word in ("hidden", "blackened", "emptied"):
        said = {"body": f"the word is {word}", "uploads": [upload(anna, f"{word}.txt", word.encode())]}
        anna.ask("PUT", f"/api/v2/tickets/{ticket}.json", json={"ticket": {"comment": said}})
    quiet(house)
    issue = house.twins()[str(ticket)]
    assert shown(elaine, issue)[1] == ["blackened.txt", "emptied.txt", "hidden.txt"]
    for status in ("solved", "closed"):
        anna.ask("PUT", f"/api/v2/tickets/{ticket}.json", json={"ticket": {"status": status}})
        quiet(house)
    made = {**AGAIN, "via_followup_source_id": ticket}
    new = anna.ask("POST", "/api/v2/tickets.json", json={"ticket": made})["ticket"]["id"]
    quiet(house)
    assert house.twins() == {str(new): issue}

    _, hidden, blackened, emptied = anna.ask("GET", f"/api/v2/tickets/{ticket}/comments.json")["comments"]
    anna.ask("PUT", f"/api/v2/tickets/{ticket}/comments/{hidden['id']}/make_private.json")
    marked = blackened["html_body"].replace("blackened", "<redact>blackened</redact>")
    body = {"ticket_id": ticket, "html_body": marked}
    anna.ask("PUT", f"/api/v2/comment_redactions/{blackened['id']}.json", json=body)
    body = {"ticket_id": ticket, "external_attachment_urls": [emptied["attachments"][0]["content_url"]]}
    anna.ask("PUT", f"/api/v2/comment_redactions/{emptied['id']}.json", json=body)
    quiet(house)
    said, files = shown(elaine, issue)
    assert ("the word is hidden" in said, "blackened" in said, "the word is emptied" in said) == (False, False, True)
    assert files == ["blackened.txt"], "the file of a comment that was blacked out in part was not taken back"
    assert "emptied.txt" not in said, "the name of a file that was taken back is not left either"

    before = len(house.box.control.requests())
    house.run()
    asked = house.box.control.requests()[before:]
    assert len(asked) <= 4 and not any(f"/{ticket}/" in one["path"] for one in asked)


def test_a_file_that_only_a_deleted_private_comment_named_stays_in_jira(house: House) -> None:
    """Jira's history tells no comments: that one named the file is known to who read it alone."""
    anna, elaine = Desk(house.box, ZENDESK, "anna"), Desk(house.box, JIRA, "elaine")
    ticket, issue = carried(house, anna)
    head = {"X-Atlassian-Token": "no-check"}
    for name in ("costs.txt", "open.txt"):
        files = {"file": (name, name.encode())}
        elaine.ask("POST", f"/rest/api/3/issue/{issue}/attachments", files=files, headers=head)
    role = {"type": "role", "value": "Developers", "identifier": "Developers"}
    said = {"body": "what it costs us: costs.txt", "visibility": role}
    number = elaine.ask("POST", f"/rest/api/2/issue/{issue}/comment", json=said)["id"]
    quiet(house)
    elaine.ask("DELETE", f"/rest/api/3/issue/{issue}/comment/{number}")
    quiet(house)
    told = anna.ask("GET", f"/api/v2/tickets/{ticket}/comments.json")["comments"]
    assert [file["file_name"] for one in told for file in one["attachments"]] == ["open.txt"]


def test_a_comment_of_a_closed_tickets_is_taken_back_that_came_from_jira(house: House) -> None:
    """Its copy stands in the closed ticket, where Zendesk takes nothing else any more."""
    anna, elaine = Desk(house.box, ZENDESK, "anna"), Desk(house.box, JIRA, "elaine")
    ticket, issue = carried(house, anna)
    doc = {
        "version": 1,
        "type": "doc",
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": "hush"}]}],
    }
    files = {"file": ("hush.txt", b"hush")}
    head = {"X-Atlassian-Token": "no-check"}
    elaine.ask("POST", f"/rest/api/3/issue/{issue}/attachments", files=files, headers=head)
    made = elaine.ask("POST", f"/rest/api/3/issue/{issue}/comment", json={"body": doc})
    quiet(house)
    for status in ("solved", "closed"):
        anna.ask("PUT", f"/api/v2/tickets/{ticket}.json", json={"ticket": {"status": status}})
    quiet(house)
    assert "hush" in repr(
        [one["body"] for one in anna.ask("GET", f"/api/v2/tickets/{ticket}/comments.json")["comments"]]
    )
    role = {"type": "role", "value": "Developers", "identifier": "Developers"}
    path = f"/rest/api/3/issue/{issue}/comment/{made['id']}"
    elaine.ask("PUT", path, json={"body": doc, "visibility": role})
    quiet(house)
    said = anna.ask("GET", f"/api/v2/tickets/{ticket}/comments.json")["comments"]
    assert not any("hush" in one["body"].replace("hush.txt", "") for one in said)


def test_what_is_hidden_between_reading_and_writing_never_leaves(house: House) -> None:
    anna, elaine = Desk(house.box, ZENDESK, "anna"), Desk(house.box, JIRA, "elaine")
    ticket, issue = carried(house, anna)
    told = {"body": "<p>costs us 90 000</p>", "uploads": [upload(anna, "costs.txt", b"90 000")]}
    anna.ask("PUT", f"/api/v2/tickets/{ticket}.json", json={"ticket": {"comment": told}})
    anna.ask("PUT", f"/api/v2/tickets/{ticket}.json", json={"ticket": {"comment": {"body": "and this is public"}}})
    said = {"body": "their margin is 40 percent"}
    number = elaine.ask("POST", f"/rest/api/2/issue/{issue}/comment", json=said)["id"]
    elaine.ask("POST", f"/rest/api/2/issue/{issue}/comment", json={"body": "and this, too"})

    def hide(task: str) -> None:
        if task == "load":
            first = anna.ask("GET", f"/api/v2/tickets/{ticket}/comments.json")["comments"][1]
            anna.ask("PUT", f"/api/v2/tickets/{ticket}/comments/{first['id']}/make_private.json")
            role = {"type": "role", "value": "Developers", "identifier": "Developers"}
            elaine.ask("PUT", f"/rest/api/2/issue/{issue}/comment/{number}", json={**said, "visibility": role})

    house.box.control.advance(120)
    house.between = hide
    house.run()
    house.between = None
    quiet(house)
    there, files = shown(elaine, issue)
    assert ("90 000" in there, files, "and this is public" in there) == (False, [], True)
    here = repr([one["body"] for one in anna.ask("GET", f"/api/v2/tickets/{ticket}/comments.json")["comments"]])
    assert ("margin" in here, "and this, too" in here) == (False, True)


def test_a_picture_that_people_put_there_stays_when_the_description_is_taken_back(house: House) -> None:
    """The issue is out of scope: what stands there is read all the same before it is written over."""
    anna, elaine = Desk(house.box, ZENDESK, "anna"), Desk(house.box, JIRA, "elaine")
    told = {issue: carried(house, anna) for issue in ("kept", "taken")}
    for ticket, issue in told.values():
        elaine.ask("PUT", f"/rest/api/3/issue/{issue}", json={"update": {"labels": [{"remove": "customer"}]}})
        anna.ask("PUT", f"/api/v2/tickets/{ticket}.json", json={"ticket": {"tags": []}})
    quiet(house)
    ticket, issue = told["kept"]
    files = {"file": ("till.png", b"not really a picture", "image/png")}
    head = {"X-Atlassian-Token": "no-check"}
    number = elaine.ask("POST", f"/rest/api/3/issue/{issue}/attachments", files=files, headers=head)[0]["id"]
    text = elaine.ask("GET", f"/rest/api/2/issue/{issue}?fields=description")["fields"]["description"]
    elaine.ask("PUT", f"/rest/api/2/issue/{issue}", json={"fields": {"description": f"{text}\n\n!till.png!"}})
    for ticket, _ in told.values():
        first = anna.ask("GET", f"/api/v2/tickets/{ticket}/comments.json")["comments"][0]["id"]
        anna.ask("PUT", f"/api/v2/tickets/{ticket}/comments/{first}/make_private.json")
    quiet(house)
    now = {
        name: elaine.ask("GET", f"/rest/api/2/issue/{issue}?fields=description,attachment")["fields"]
        for name, (_, issue) in told.items()
    }
    assert "withdrawn at its origin" in now["taken"]["description"]
    assert now["kept"]["description"] == f"{text}\n\n!till.png!"
    assert [file["id"] for file in now["kept"]["attachment"]] == [number]
