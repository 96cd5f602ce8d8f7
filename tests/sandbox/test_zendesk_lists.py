# SPDX-License-Identifier: Apache-2.0
"""Lists, exports, search and jobs of the simulated Zendesk: paging, lags, and what is told late."""

import time
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from support.zendesk import ZendeskDesk

HOUR = 3600
ORDER_NO = 360001234567


@pytest.fixture
def start(desk: ZendeskDesk) -> int:
    """A start time for exports that only this test's tickets come after."""
    desk.control.advance(HOUR)
    return int(desk.read("incremental/tickets?start_time=0")["end_time"]) + 1


def exported(desk: ZendeskDesk, **query: Any) -> tuple[list[dict[str, Any]], str, bool]:
    page = desk.read("incremental/tickets/cursor.json", **query)
    return page["tickets"], page["after_cursor"], page["end_of_stream"]


def test_an_export_leaves_out_its_lag_and_goes_on_from_its_cursor(desk: ZendeskDesk, start: int) -> None:
    first = desk.make()["id"]
    none_yet, cursor, ended = exported(desk, start_time=start)
    desk.control.advance(61)
    second = desk.make()["id"]

    tickets, cursor, _ = exported(desk, cursor=cursor)
    assert (none_yet, ended) == ([], True)
    assert [t["id"] for t in tickets] == [first]
    desk.control.advance(61)
    tickets, cursor, _ = exported(desk, cursor=cursor)
    assert [t["id"] for t in tickets] == [second]
    assert exported(desk, cursor=cursor) == ([], cursor, True)


def test_without_a_lag_an_export_still_leaves_out_the_unfinished_second(desk: ZendeskDesk, start: int) -> None:
    desk.control.settings(desk.place.name, export_lag=0)

    made = desk.make()

    deadline = time.monotonic() + 10
    while not (page := desk.ask("GET", f"incremental/tickets/cursor?start_time={start}")).json()["tickets"]:
        assert time.monotonic() < deadline, "never exported"

    # The Date is that of the answer: not before the moment at which the export was made.
    assert [t["id"] for t in page.json()["tickets"]] == [made["id"]]
    assert datetime.fromisoformat(made["created_at"]) < parsedate_to_datetime(page.headers["Date"])


def test_an_export_is_paged_and_shows_a_ticket_again_only_when_it_changed(desk: ZendeskDesk, start: int) -> None:
    ids = [desk.make()["id"] for _ in range(5)]
    desk.control.advance(61)

    tickets, cursor, ended = exported(desk, start_time=start, per_page=3)
    rest, cursor, ended_then = exported(desk, cursor=cursor, per_page=3)
    desk.change(ids[0], priority="high")
    desk.control.advance(61)
    again, _, _ = exported(desk, cursor=cursor)

    assert ([t["id"] for t in tickets + rest], ended, ended_then) == (ids, False, True)
    assert [(t["id"], t["priority"]) for t in again] == [(ids[0], "high")]


def test_an_export_shows_deleted_tickets_and_nothing_else_does(desk: ZendeskDesk, start: int) -> None:
    made = desk.make(external_id="gone")["id"]
    assert desk.ask("DELETE", f"tickets/{made}.json").status_code == 204
    desk.control.advance(61)

    ((ticket,), _, _) = exported(desk, start_time=start)

    assert (ticket["id"], ticket["status"]) == (made, "deleted")
    assert ticket["generated_timestamp"] > start
    assert desk.ask("GET", f"tickets/{made}").json() == {"error": "RecordNotFound", "description": "Not found"}
    assert desk.read("tickets", external_id="gone")["tickets"] == []


def test_an_export_cannot_start_within_its_lag(desk: ZendeskDesk) -> None:
    now = desk.make() and desk.read("incremental/tickets?start_time=0")["end_time"] + HOUR * 24

    answer = desk.ask("GET", f"incremental/tickets/cursor?start_time={now}")

    assert (answer.status_code, answer.json()["error"]) == (422, "StartTimeTooRecent")


def test_the_export_has_a_budget_of_its_own(desk: ZendeskDesk) -> None:
    desk.control.advance(61)
    desk.control.settings(desk.place.name, exports_per_minute=1)

    statuses = [desk.ask("GET", "incremental/tickets/cursor?start_time=0").status_code for _ in range(2)]

    assert statuses == [200, 429]
    assert desk.ask("GET", "users/me").status_code == 200


def test_the_export_by_time_never_splits_a_second(desk: ZendeskDesk, start: int) -> None:
    desk.control.settings(desk.place.name, job_delay=0)
    bodies = [{"subject": str(n), "comment": {"body": "x"}} for n in range(4)]
    desk.ask("POST", "tickets/create_many", json={"tickets": bodies})
    desk.ask("GET", "users/me")  # what is due is done when anything is asked
    desk.control.advance(61)

    page = desk.read("incremental/tickets.json", start_time=start, per_page=1)

    assert [t["subject"] for t in page["tickets"]] == ["0", "1", "2", "3"]
    assert (page["count"], page["end_of_stream"]) == (4, True)
    assert page["end_time"] == page["tickets"][0]["generated_timestamp"]


def test_ticket_events_hold_changes_and_comments_only_if_asked(desk: ZendeskDesk, start: int) -> None:
    made = desk.make(text="secret")["id"]
    desk.change(made, "anna", status="open")
    desk.control.advance(61)

    plain = desk.read("incremental/ticket_events", start_time=start)
    full = desk.read("incremental/ticket_events", start_time=start, include="comment_events")

    assert "secret" not in str(plain) and "secret" in str(full)
    told = plain["ticket_events"][0]["child_events"][0]
    assert (told["comment_present"], told["comment_public"], told["event_type"]) == (True, True, "Comment")
    (status, custom) = plain["ticket_events"][-1]["child_events"]
    assert (status["status"], status["previous_value"], status["event_type"]) == ("open", "new", "Change")
    assert "custom_status_id" in custom
    assert plain["ticket_events"][-1]["updater_id"] == desk.user_id("anna")


def test_ticket_events_tell_what_an_audit_tells(desk: ZendeskDesk, start: int) -> None:
    made = desk.make(tags=["old"], text="first")["id"]
    upload = desk.ask("POST", "uploads.json?filename=a.txt", data=b"a").json()["upload"]["token"]
    said = {"html_body": "<b>word</b>", "public": False, "uploads": [upload]}
    desk.change(
        made, tags=["new"], custom_fields=[{"id": ORDER_NO, "value": "7"}], comment=said, metadata={"mark": "m-1"}
    )
    desk.control.advance(61)

    events = desk.read("incremental/ticket_events.json", start_time=start, include="comment_events")["ticket_events"]
    audits = desk.read(f"tickets/{made}/audits")["audits"]

    assert [(e["id"], e["ticket_id"], e["created_at"], e["updater_id"], e["metadata"]) for e in events] == [
        (a["id"], made, a["created_at"], a["author_id"], a["metadata"]) for a in audits
    ]
    assert {e["event_type"] for e in events} == {"Audit"}
    assert events[1]["via"] == "Web service"
    assert events[1]["metadata"]["custom"] == {"mark": "m-1"}
    comment, tags, field = events[1]["child_events"]
    (theirs,) = [event for event in audits[1]["events"] if event["type"] == "Comment"]
    assert {name: comment[name] for name in theirs} == theirs
    assert (comment["event_type"], comment["public"]) == ("Comment", False)
    assert [file["file_name"] for file in comment["attachments"]] == ["a.txt"]
    assert (tags["tags"], tags["added_tags"], tags["removed_tags"]) == (["new"], ["new"], ["old"])
    assert field["custom_ticket_fields"] == {str(ORDER_NO): "7"}


def test_ticket_events_leave_out_the_last_minute_and_never_split_a_second(desk: ZendeskDesk, start: int) -> None:
    desk.control.settings(desk.place.name, job_delay=0)
    bodies = [{"subject": str(n), "comment": {"body": "x"}} for n in range(3)]
    desk.ask("POST", "tickets/create_many", json={"tickets": bodies})
    desk.ask("GET", "users/me")  # what is due is done when anything is asked
    desk.control.advance(30)
    last = desk.make()["id"]
    none_yet = desk.read("incremental/ticket_events", start_time=start)
    desk.control.advance(31)

    page = desk.read("incremental/ticket_events", start_time=start, per_page=1, include="comment_events")
    assert none_yet["ticket_events"] == []
    assert (page["count"], len({e["timestamp"] for e in page["ticket_events"]})) == (3, 1)
    assert page["end_time"] == page["ticket_events"][0]["timestamp"]
    assert f"start_time={page['end_time']}" in page["next_page"] and "include=comment_events" in page["next_page"]
    assert last not in {e["ticket_id"] for e in page["ticket_events"]}
    desk.control.advance(60)
    rest = desk.read("incremental/ticket_events", start_time=page["end_time"] + 1)
    assert [e["ticket_id"] for e in rest["ticket_events"]] == [last]
    assert rest["end_of_stream"] is True


def test_ticket_events_are_for_admins_and_share_the_budget_of_exports(desk: ZendeskDesk) -> None:
    assert desk.ask("GET", "incremental/ticket_events?start_time=0", "anna").status_code == 403
    desk.control.advance(61)
    desk.control.settings(desk.place.name, exports_per_minute=10)

    answers = [desk.ask("GET", "incremental/ticket_events?start_time=0") for _ in range(11)]

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) <= 60


def test_search_knows_of_a_write_late_and_shows_the_ticket_as_it_is(desk: ZendeskDesk) -> None:
    made = desk.make(tags=["findme"], subject="Lamp broken")["id"]

    def found(query: str) -> list[int]:
        return [result["id"] for result in desk.read("search.json", query=query)["results"]]

    assert found("type:ticket tags:findme") == []
    desk.control.advance(61)
    assert found("type:ticket tags:findme") == [made]
    desk.change(made, tags=[], priority="high")
    assert found("type:ticket tags:findme lamp") == [made]
    (result,) = desk.read("search.json", query="type:ticket tags:findme")["results"]
    assert (result["result_type"], result["tags"], result["priority"]) == ("ticket", [], "high")
    desk.control.advance(61)
    assert found("type:ticket tags:findme") == []


@pytest.mark.parametrize(
    ("query", "hit"),
    [
        ("status<solved", True),
        ("status:pending", False),
        ("priority>=normal", True),
        ("-tags:q1", False),
        ("updated>2020-01-01T00:00:00Z", True),
        ("created<2020-01-01", False),
        ("requester:anna@mercuri.example", True),
        ('"wall lamp"', True),
        ("assignee:none", True),
        ("assignee:me", False),
        ("status:open status:pending", True),
        ("status:new status:pending", False),
        ("subject:lamp", True),
        ('subject:"wall lamp"', True),
        ("subject:amp", False),
        ("amp", False),
        ("lam*", True),
        ("description:work", True),
        ("group:none organization:none", True),
        ("group:Support", False),
        ("brand:*", True),
        ("commenter:anna@mercuri.example", True),
        ("commenter:bruno@mercuri.example", False),
        ("has_attachment:true", False),
        ("created>4hours", True),
        ("created<4hours", False),
        ("updated>1hour updated>2020-01-01", True),
        ("-subject:lamp", False),
    ],
)
def test_search_speaks_zendesks_language(desk: ZendeskDesk, query: str, hit: bool) -> None:
    made = desk.make("anna", subject="The wall lamp", tags=["q1"], status="open", priority="high")["id"]
    desk.control.advance(61)

    ids = [result["id"] for result in desk.read("search", query=f"type:ticket {query}", per_page=100)["results"]]

    assert (made in ids) is hit


def test_search_finds_a_ticket_by_its_number_and_sorts_as_it_is_told(desk: ZendeskDesk) -> None:
    ids = [desk.make(tags=["sorted"], priority=priority)["id"] for priority in ("high", "low", "urgent")]
    desk.control.advance(61)

    def found(query: str) -> list[int]:
        return [result["id"] for result in desk.read("search", query=query)["results"]]

    assert ids[0] in found(f"type:ticket {ids[0]}")
    assert found("type:ticket tags:sorted order_by:priority sort:asc") == [ids[1], ids[0], ids[2]]
    assert found("tags:sorted order_by:priority sort:desc") == [ids[2], ids[0], ids[1]]
    assert desk.read("search/count", query="tags:sorted")["count"] == 3
    answer = desk.ask("GET", "search", params={"query": "colour:red"})
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid")


def test_search_finds_people_organizations_and_groups(desk: ZendeskDesk) -> None:
    made = desk.ask("POST", "organizations", json={"organization": {"name": "MD Photo", "tags": ["vip"]}}).json()
    photo = made["organization"]["id"]
    user = {"name": "Jane Doe", "email": "jane@md.example", "tags": ["premium"], "organization_id": photo}
    jane = desk.ask("POST", "users", json={"user": user}).json()["user"]["id"]
    ticket = desk.make(requester_id=jane, subject="Jane's lens")["id"]
    assert desk.read(f"tickets/{ticket}")["ticket"]["organization_id"] == photo  # its requester's
    desk.control.advance(61)

    def found(query: str) -> list[tuple[str, int]]:
        return [(one["result_type"], one["id"]) for one in desk.read("search", query=query)["results"]]

    assert found('type:user "Jane Doe"') == found("type:user tags:premium") == [("user", jane)]
    assert found('type:user organization:"MD Photo"') == found("type:user name:jane") == [("user", jane)]
    assert found("type:organization created>2015-05-01 tags:vip") == [("organization", photo)]
    assert found('type:organization name:"MD Photo"') == [("organization", photo)]
    assert found('type:ticket organization:"MD Photo"') == [("ticket", ticket)]
    assert found("jane") == [("ticket", ticket), ("user", jane)]
    assert [kind for kind, _ in found("type:group name:support")] == ["group"]


def test_search_export_goes_by_cursor(desk: ZendeskDesk) -> None:
    ids = [desk.make(tags=["exported"])["id"] for _ in range(3)]
    desk.control.advance(61)
    query: dict[str, Any] = {"query": "tags:exported", "filter[type]": "ticket", "page[size]": 2}

    first = desk.read("search/export.json", **query)
    second = desk.read("search/export.json", **query, **{"page[after]": first["meta"]["after_cursor"]})

    assert [r["id"] for r in first["results"] + second["results"]] == ids
    assert (first["meta"]["has_more"], second["meta"]["has_more"]) == (True, False)


def test_a_cursor_page_names_a_next_even_at_the_end(desk: ZendeskDesk) -> None:
    made = desk.make()["id"]
    for n in range(2):
        desk.change(made, comment={"body": f"more {n}"})
    path = f"tickets/{made}/comments.json"

    first = desk.ask("GET", f"{path}?page[size]=2").json()
    rest = desk.ask("GET", first["links"]["next"].split("/api/v2/")[1]).json()
    beyond = desk.ask("GET", rest["links"]["next"].split("/api/v2/")[1]).json()

    assert "page%5Bafter%5D" in first["links"]["next"]
    assert [c["body"] for c in first["comments"] + rest["comments"]] == ["It does not work", "more 0", "more 1"]
    assert (first["meta"]["has_more"], rest["meta"]["has_more"]) == (True, False)
    assert (beyond["comments"], beyond["meta"]["has_more"]) == ([], False)
    assert rest["links"]["next"] and beyond["links"] == {"prev": None, "next": None}


def test_pages_by_number_count_and_stop(desk: ZendeskDesk) -> None:
    for _ in range(3):
        desk.make(external_id="three")

    first = desk.read("tickets.json", external_id="three", per_page=2)
    second = desk.read("tickets.json", external_id="three", per_page=2, page=2)

    assert (first["count"], len(first["tickets"]), len(second["tickets"])) == (3, 2, 1)
    assert "page=2" in first["next_page"] and "external_id=three" in first["next_page"]
    assert (second["next_page"], first["previous_page"]) == (None, None)


def test_show_many_leaves_out_what_is_not_there(desk: ZendeskDesk) -> None:
    made = desk.make()["id"]

    assert [t["id"] for t in desk.read("tickets/show_many", ids=f"{made},99999999")["tickets"]] == [made]
    answer = desk.ask("GET", "tickets/show_many?ids=" + ",".join(map(str, range(101))))
    assert (answer.status_code, answer.json()["max_count"]) == (400, 100)


def test_a_job_is_done_later_and_item_by_item(desk: ZendeskDesk) -> None:
    queued = desk.ask(
        "POST", "tickets/create_many", json={"tickets": [{"comment": "good"}, {"subject": "bad"}, {"comment": "good"}]}
    )
    before = desk.read("tickets/count")["count"]["value"]

    job = desk.finished(queued)

    assert queued.json()["job_status"]["status"] == "queued"
    good, bad, _ = job["results"]
    assert (good["index"], desk.ask("GET", f"tickets/{good['id']}").status_code) == (0, 200)
    assert (bad["index"], bad["error"], "id" in bad) == (1, "RecordInvalid", False)
    assert desk.read("tickets/count")["count"]["value"] == before + 2
    assert desk.read("job_statuses")["job_statuses"][0]["id"] == job["id"]


def test_many_updates_take_one_body_or_a_list(desk: ZendeskDesk) -> None:
    one, two = desk.make()["id"], desk.make()["id"]
    bodies = [{"id": one, "priority": "low"}, {"id": two, "priority": "urgent"}]

    listed = desk.finished(desk.ask("PUT", "tickets/update_many", json={"tickets": bodies}))
    desk.finished(desk.ask("PUT", f"tickets/update_many?ids={one},{two}", json={"ticket": {"type": "task"}}))

    assert [result["status"] for result in listed["results"]] == ["Updated", "Updated"]
    tickets = desk.read("tickets/show_many", ids=f"{one},{two}")["tickets"]
    assert [(t["priority"], t["type"]) for t in tickets] == [("low", "task"), ("urgent", "task")]


def test_the_job_queue_has_an_end(desk: ZendeskDesk) -> None:
    desk.control.settings(desk.place.name, job_limit=1)
    body = {"tickets": [{"comment": "x"}]}

    statuses = [desk.ask("POST", "tickets/create_many", json=body).status_code for _ in range(2)]

    assert statuses == [200, 429]
    desk.control.advance(11)
    assert desk.ask("POST", "tickets/create_many", json=body).status_code == 200


def test_merged_tickets_are_closed_and_say_so(desk: ZendeskDesk) -> None:
    target, source = desk.make()["id"], desk.make()["id"]

    desk.finished(desk.ask("POST", f"tickets/{target}/merge", "anna", json={"ids": [source]}))

    ticket = desk.read(f"tickets/{source}")["ticket"]
    assert (ticket["status"], ticket["tags"]) == ("closed", ["closed_by_merge"])
    last = desk.read(f"tickets/{source}/comments")["comments"][-1]
    assert (last["plain_body"], last["public"]) == (
        f"This request was closed and merged into request #{target}.",
        False,
    )


@pytest.mark.parametrize("address", ["tickets.json", "users.json", "tickets/{one}/comments.json"])
def test_pages_by_number_end_at_ten_thousand_records(desk, address):
    path = address.format(one=desk.make()["id"])

    last = desk.ask("GET", path, params={"page": 1000, "per_page": 10})
    beyond = desk.ask("GET", path, params={"page": 1001, "per_page": 10})

    assert last.status_code == 200
    assert (beyond.status_code, beyond.json()["errors"][0]["code"]) == (400, "InvalidPaginationDepth")


def test_with_cursors_the_older_way_of_sorting_is_passed_over(desk):
    ids = [desk.make()["id"] for _ in range(2)]

    by_number = [one["id"] for one in desk.read("tickets.json", sort_by="id", sort_order="desc")["tickets"]]
    first = desk.read("tickets.json", **{"page[size]": 100, "sort_by": "id", "sort_order": "desc"})["tickets"]
    found = [one["id"] for one in first]

    assert by_number[:2] == ids[::-1]
    assert found == sorted(found)
