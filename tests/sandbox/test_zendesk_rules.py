# SPDX-License-Identifier: Apache-2.0
"""What the simulated Zendesk allows and refuses, and what it keeps of a write."""

from typing import Any

import pytest
import requests

from support.zendesk import ZendeskDesk

ORDER_NO = 360001234567


def refusal(answer: requests.Response) -> tuple[int, str]:
    """Status and first words of a refused write."""
    details = answer.json()["details"]
    return answer.status_code, next(iter(details.values()))[0]["description"]


def test_credentials_that_nobody_has_are_no_error_on_users_me_only(desk: ZendeskDesk) -> None:
    url = f"{desk.place.url}/api/v2"

    for auth in (None, ("anna@mercuri.example", "wrong"), ("anna@mercuri.example/token", "anna")):
        me = requests.get(f"{url}/users/me.json", auth=auth, timeout=10)
        assert (me.status_code, me.json()["user"]["name"]) == (200, "Anonymous user")
        assert requests.get(f"{url}/tickets.json", auth=auth, timeout=10).status_code == 401
    for auth in (("ANNA@mercuri.example", "anna"), ("anna@mercuri.example/token", "token-of-anna")):
        assert requests.get(f"{url}/users/me", auth=auth, timeout=10).json()["user"]["name"] == "Anna"


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("carla", "tickets", 403),
        ("carla", "users", 403),
        ("carla", "requests", 200),
        ("anna", "tickets", 200),
        ("anna", "incremental/tickets/cursor?start_time=0", 403),
        ("anna", "incremental/tickets?start_time=0", 403),
        ("tandem", "incremental/tickets/cursor?start_time=0", 200),
        ("tandem", "no/such/thing", 404),
    ],
)
def test_roles_open_what_they_may(desk: ZendeskDesk, who: str, path: str, status: int) -> None:
    assert desk.ask("GET", path, who).status_code == status


def test_a_tickets_first_comment_is_its_description_for_good(desk: ZendeskDesk) -> None:
    made = desk.make(text="first words", priority="high", type="problem")

    answer = desk.change(made["id"], description="other words", subject="Other", comment={"body": "second"})

    ticket = answer.json()["ticket"]
    assert (ticket["description"], ticket["subject"]) == ("first words", "Other")
    assert [c["body"] for c in desk.read(f"tickets/{made['id']}/comments")["comments"]] == ["first words", "second"]


def test_the_first_comment_may_be_private(desk: ZendeskDesk) -> None:
    made = desk.make(comment={"body": "for us", "public": False})

    assert made["is_public"] is False
    assert [c["public"] for c in desk.read(f"tickets/{made['id']}/comments")["comments"]] == [False]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": "done"}, "Status: done is not included in the list"),
        ({"priority": "Highest"}, "Priority: Highest is not included in the list"),
        ({"type": "bug"}, "Type: bug is not included in the list"),
        ({"status": "new"}, "Status: cannot be changed back to new"),
        ({"assignee_id": 1}, "Assignee: is invalid"),
        ({"requester_id": 1}, "Requester: is invalid"),
        ({"comment": {"body": "x", "author_id": 1}}, "Author: is invalid"),
        ({"comment": {"body": " "}}, "Comment: cannot be blank"),
        ({"comment": {"body": "x", "uploads": ["nonsense"]}}, "Uploads: token is invalid or used up"),
        ({"comment": {"body": "ä" * 32768}}, "Comment: is too long (maximum is 65535 bytes)"),
        ({"subject": "x" * 256}, "Subject: is too long (maximum is 255 characters)"),
    ],
)
def test_a_refused_change_leaves_the_whole_ticket_as_it_was(
    desk: ZendeskDesk, change: dict[str, Any], words: str
) -> None:
    made = desk.make(status="open")

    assert refusal(desk.change(made["id"], **{"tags": ["new"], **change})) == (422, words)
    assert desk.read(f"tickets/{made['id']}")["ticket"] == {
        **made,
        "generated_timestamp": desk.read(f"tickets/{made['id']}")["ticket"]["generated_timestamp"],
    }


def test_an_end_user_cannot_be_an_assignee_and_an_assigned_ticket_is_open(desk: ZendeskDesk) -> None:
    made = desk.make()

    refused = desk.change(made["id"], assignee_id=desk.user_id("carla"))
    taken = desk.change(made["id"], assignee_id=desk.user_id("anna")).json()["ticket"]

    assert refusal(refused) == (422, "Assignee: is invalid")
    assert (taken["status"], taken["assignee_id"]) == ("open", desk.user_id("anna"))


def test_a_closed_ticket_takes_nothing_but_may_be_followed_up(desk: ZendeskDesk) -> None:
    made = desk.make(status="open")["id"]
    early = desk.ask("POST", "tickets", json={"ticket": {"comment": "x", "via_followup_source_id": made}})
    desk.change(made, status="closed")

    assert refusal(early) == (422, "Via followup source id: is not a closed ticket")
    assert refusal(desk.change(made, status="open")) == (422, "Status: closed prevents ticket update")
    follow_up = desk.make(via_followup_source_id=made)
    assert follow_up["via"]["source"]["rel"] == "follow_up"
    assert follow_up["via"]["source"]["from"]["ticket_id"] == made
    assert desk.read(f"tickets/{made}")["ticket"]["followup_ids"] == [follow_up["id"]]


def test_a_safe_update_refuses_what_was_overtaken(desk: ZendeskDesk) -> None:
    made = desk.make()
    desk.control.advance(1)
    desk.change(made["id"], "anna", priority="low")

    stale = desk.change(made["id"], priority="high", safe_update=True, updated_stamp=made["updated_at"])
    now = desk.read(f"tickets/{made['id']}")["ticket"]
    fresh = desk.change(made["id"], priority="high", safe_update=True, updated_stamp=now["updated_at"])

    assert (stale.status_code, stale.json()["error"], now["priority"]) == (409, "UpdateConflict", "low")
    assert (fresh.status_code, fresh.json()["ticket"]["priority"]) == (200, "high")


def test_it_is_the_presence_of_safe_update_that_counts(desk: ZendeskDesk) -> None:
    """`safe_update: false` compares all the same, and is refused without a stamp."""
    made = desk.make()
    desk.control.advance(1)
    desk.change(made["id"], "anna", priority="low")

    stale = desk.change(made["id"], priority="high", safe_update=False, updated_stamp=made["updated_at"])
    bare = desk.change(made["id"], priority="high", safe_update=False)
    now = desk.read(f"tickets/{made['id']}")["ticket"]
    fresh = desk.change(made["id"], priority="high", safe_update=False, updated_stamp=now["updated_at"])

    assert [answer.status_code for answer in (stale, bare, fresh)] == [409, 409, 200]
    assert (now["priority"], fresh.json()["ticket"]["priority"]) == ("low", "high")


def test_tags_replace_the_set_unless_added_or_removed(desk: ZendeskDesk) -> None:
    made = desk.make(tags=["b", "On Hold"])["id"]

    def after(**change: Any) -> list[str]:
        return list(desk.change(made, **change).json()["ticket"]["tags"])

    assert after(additional_tags=["a"]) == ["a", "b", "on_hold"]
    assert after(remove_tags=["b"]) == ["a", "on_hold"]
    assert after(tags=["z"]) == ["z"]
    assert after(tags=[]) == []


def test_a_custom_field_shows_under_both_names_and_in_the_audit(desk: ZendeskDesk) -> None:
    made = desk.make(custom_fields=[{"id": ORDER_NO, "value": "A-1"}, {"id": 1, "value": "unknown"}])

    answer = desk.change(made["id"], custom_fields=[{"id": ORDER_NO, "value": None}]).json()

    assert made["custom_fields"] == made["fields"] == [{"id": ORDER_NO, "value": "A-1"}]
    assert answer["ticket"]["custom_fields"] == [{"id": ORDER_NO, "value": None}]
    (event,) = answer["audit"]["events"]
    assert (event["field_name"], event["previous_value"], event["value"]) == (str(ORDER_NO), "A-1", None)


def test_an_audit_tells_every_change_with_ids_as_text_and_the_metadata(desk: ZendeskDesk) -> None:
    made, anna = desk.make(), desk.user_id("anna")

    desk.change(made["id"], "anna", assignee_id=anna, priority="high", metadata={"origin": "x-7"})

    audit = desk.read(f"tickets/{made['id']}/audits")["audits"][-1]
    told = {e["field_name"]: (e["previous_value"], e["value"]) for e in audit["events"] if e["type"] == "Change"}
    assert (audit["author_id"], audit["via"]["channel"]) == (anna, "api")
    assert audit["metadata"]["custom"] == {"origin": "x-7"}
    assert told["assignee_id"] == (None, str(anna))
    assert (told["status"], told["priority"]) == (("new", "open"), (None, "high"))


def test_a_write_that_changes_nothing_leaves_no_trace(desk: ZendeskDesk) -> None:
    made = desk.make(priority="high", tags=["a"])
    desk.control.advance(5)

    answer = desk.change(made["id"], priority="high", tags=["a"], subject=made["subject"]).json()

    assert answer["audit"]["events"] == []
    assert answer["ticket"]["updated_at"] == made["updated_at"]
    assert len(desk.read(f"tickets/{made['id']}/audits")["audits"]) == 1


def test_a_comment_carries_the_account_that_wrote_it_or_the_user_it_names(desk: ZendeskDesk) -> None:
    made = desk.make()["id"]
    desk.change(made, "anna", comment={"body": "mine", "public": False})
    desk.change(made, comment={"html_body": "<b>hers</b><script>no()</script>", "author_id": desk.user_id("carla")})

    page = desk.read(f"tickets/{made}/comments", include="users")

    names = {user["id"]: user["name"] for user in page["users"]}
    told = [(names[c["author_id"]], c["plain_body"], c["public"]) for c in page["comments"]]
    assert told[1:] == [("Anna", "mine", False), ("Carla", "hers", True)]
    assert page["comments"][2]["html_body"] == '<div class="zd-comment" dir="auto"><b>hers</b></div>'


def test_an_answer_to_the_customer_notifies_by_rule(desk: ZendeskDesk) -> None:
    made = desk.make(requester_id=desk.user_id("carla"))["id"]

    answer = desk.change(made, "anna", comment={"body": "done"}).json()

    notification = answer["audit"]["events"][-1]
    assert (notification["type"], notification["via"]["channel"]) == ("Notification", "rule")
    assert notification["recipients"] == [desk.user_id("carla")]


def test_house_rules_are_marked_as_such(desk: ZendeskDesk) -> None:
    rules = [
        {"title": "Tag solved", "when": {"status": "solved"}, "set": {"additional_tags": ["done"]}},
        {"title": "Calm down", "kind": "automation", "when": {"status": "solved"}, "set": {"priority": "low"}},
    ]
    desk.control.settings(desk.place.name, house_rules=rules)
    made = desk.make(priority="high")["id"]

    desk.change(made, "anna", status="solved")

    *_, by_anna, automation = desk.read(f"tickets/{made}/audits")["audits"]
    tagged = by_anna["events"][-1]
    assert (tagged["field_name"], tagged["value"], tagged["via"]["channel"]) == ("tags", ["done"], "rule")
    assert tagged["via"]["source"] == {
        "from": {"deleted": False, "title": "Tag solved", "id": 35079793, "revision_id": 1},
        "rel": "trigger",
    }
    assert (automation["author_id"], automation["via"]["channel"]) == (-1, "rule")
    assert automation["via"]["source"]["rel"] == "automation"
    assert desk.read(f"tickets/{made}")["ticket"]["priority"] == "low"


def test_a_field_can_be_required_to_solve(desk: ZendeskDesk) -> None:
    field = {"id": ORDER_NO, "title": "Order number", "required_to_solve": True}
    desk.control.settings(desk.place.name, ticket_fields=[field])
    made = desk.make()["id"]

    refused = desk.change(made, status="solved")
    filled = desk.change(made, status="solved", custom_fields={str(ORDER_NO): "A-1"})

    assert refusal(refused) == (422, "Order number: is required when solving a ticket")
    assert filled.json()["ticket"]["status"] == "solved"


def test_a_ticket_takes_only_so_many_updates_of_one_user(desk: ZendeskDesk) -> None:
    desk.control.settings(desk.place.name, updates_per_ticket=2)
    made = desk.make()["id"]
    left = [desk.change(made, subject=str(n)).headers["zendesk-ratelimit-per-ticket-updates"] for n in range(2)]

    third = desk.change(made, subject="too much")

    assert [text.split(" resets")[0] for text in left] == ["total=2; remaining=1;", "total=2; remaining=0;"]
    assert (third.status_code, 0 < int(third.headers["Retry-After"]) <= 601) == (429, True)
    assert desk.change(made, "anna", subject="another user").status_code == 200
    desk.control.advance(601)
    assert desk.change(made, subject="later").status_code == 200


def test_the_whole_account_may_ask_only_so_often(desk: ZendeskDesk) -> None:
    desk.control.advance(61)
    desk.control.settings(desk.place.name, requests_per_minute=2)

    answers = [desk.ask("GET", "users/me") for _ in range(3)]

    assert [a.status_code for a in answers] == [200, 200, 429]
    assert [a.headers["x-rate-limit-remaining"] for a in answers] == ["1", "0", "0"]
    assert 0 < int(answers[2].headers["Retry-After"]) <= 60
    desk.control.advance(int(answers[2].headers["Retry-After"]))
    assert [desk.ask("GET", "users/me").status_code for _ in range(3)] == [200, 200, 429]


def test_the_headers_tell_the_very_time_that_a_refusal_asks_to_wait(desk: ZendeskDesk) -> None:
    desk.control.advance(61)
    desk.ask("GET", "users/me")
    desk.control.advance(40)
    desk.control.settings(desk.place.name, requests_per_minute=1)
    refused = desk.ask("GET", "users/me")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == refused.headers["ratelimit-reset"]
    assert 15 <= int(refused.headers["Retry-After"]) <= 20


def test_files_ride_in_a_comment_and_are_served_from_elsewhere(desk: ZendeskDesk) -> None:
    content = bytes(range(256)) * 40
    uploads = [
        desk.ask("POST", f"uploads.json?filename={name}", data=content, headers={"Content-Type": "image/png"}).json()
        for name in ("shot.png", "shot.png")
    ]
    made = desk.make(comment={"body": "see", "uploads": [u["upload"]["token"] for u in uploads]})["id"]

    files = desk.read(f"tickets/{made}/comments")["comments"][0]["attachments"]
    first = requests.get(files[0]["content_url"], allow_redirects=False, timeout=10)
    reused = desk.change(made, comment={"body": "again", "uploads": uploads[0]["upload"]["token"]})

    assert [(f["file_name"], f["size"], f["content_type"]) for f in files] == [("shot.png", 10240, "image/png")] * 2
    assert first.status_code == 302
    assert first.headers["Location"].startswith("http://localhost:")
    assert requests.get(files[1]["content_url"], timeout=10).content == content
    assert refusal(reused) == (422, "Uploads: token is invalid or used up")


def test_a_file_that_is_too_big_is_refused(desk: ZendeskDesk) -> None:
    desk.control.settings(desk.place.name, attachment_limit=10)

    assert desk.ask("POST", "uploads.json?filename=a", data=b"x" * 11).status_code == 413


def test_comments_can_be_blacked_out_and_hidden_and_the_audit_follows(desk: ZendeskDesk) -> None:
    token = desk.ask("POST", "uploads.json?filename=pin.txt", data=b"1234").json()["upload"]["token"]
    made = desk.make(comment={"body": "the pin is 1234", "uploads": [token]})["id"]
    (comment,) = desk.read(f"tickets/{made}/comments")["comments"]
    path, file = f"tickets/{made}/comments/{comment['id']}", comment["attachments"][0]

    desk.ask("PUT", f"{path}/redact", json={"text": "1234"})
    desk.ask("PUT", f"{path}/attachments/{file['id']}/redact", json={})
    desk.ask("PUT", f"{path}/make_private")

    (after,) = desk.read(f"tickets/{made}/comments")["comments"]
    assert (after["plain_body"], after["public"]) == ("the pin is ▇▇▇▇", False)
    assert after["attachments"][0] | {"deleted": True, "size": 0} == after["attachments"][0]
    assert requests.get(file["content_url"], timeout=10).status_code == 404
    assert desk.read(f"tickets/{made}")["ticket"]["description"] == "the pin is ▇▇▇▇"
    events = [event for audit in desk.read(f"tickets/{made}/audits")["audits"] for event in audit["events"]]
    assert "1234" not in str(events[0]["body"])
    assert [e["type"] for e in events[-3:]] == [
        "CommentRedactionEvent",
        "AttachmentRedactionEvent",
        "CommentPrivacyChange",
    ]


def test_a_closed_ticket_is_blacked_out_by_the_newer_way_alone(desk: ZendeskDesk) -> None:
    """As the descriptions of the three ways say: the two older ones end with the ticket."""
    token = desk.ask("POST", "uploads.json?filename=pin.txt", data=b"1234").json()["upload"]["token"]
    made = desk.make(comment={"body": "the pin is 1234", "uploads": [token]})["id"]
    (comment,) = desk.read(f"tickets/{made}/comments")["comments"]
    path, file = f"tickets/{made}/comments/{comment['id']}", comment["attachments"][0]
    desk.change(made, status="closed")

    refused = [
        desk.ask("PUT", f"{path}/redact", json={"text": "1234"}).status_code,
        desk.ask("PUT", f"{path}/attachments/{file['id']}/redact", json={}).status_code,
    ]
    marked = comment["html_body"].replace("1234", "<redact>1234</redact>")
    more = {"html_body": marked, "external_attachment_urls": [file["content_url"]]}
    answer = desk.ask("PUT", f"comment_redactions/{comment['id']}", json={"ticket_id": made, **more})

    assert (refused, answer.status_code) == ([422, 422], 200)
    (after,) = desk.read(f"tickets/{made}/comments")["comments"]
    assert (after["plain_body"], after["attachments"][0]["file_name"]) == ("the pin is ▇▇▇▇", "redacted.txt")
    assert requests.get(file["content_url"], timeout=10).status_code == 404


def test_a_customer_sees_their_own_tickets_without_what_is_private(desk: ZendeskDesk) -> None:
    mine = desk.make(requester_id=desk.user_id("carla"), status="solved")["id"]
    other = desk.make()["id"]
    desk.change(mine, "anna", comment={"body": "for us only", "public": False})

    seen = [request["id"] for request in desk.read("requests", "carla")["requests"]]
    answer = desk.ask("PUT", f"requests/{mine}", "carla", json={"request": {"comment": {"body": "still broken"}}})

    assert mine in seen and other not in seen
    assert desk.ask("GET", f"requests/{other}", "carla").status_code == 404
    assert answer.json()["request"]["status"] == "open"
    comments = desk.read(f"requests/{mine}/comments", "carla")["comments"]
    assert [c["body"] for c in comments] == ["It does not work", "still broken"]


def test_what_an_account_may_not_see_is_missing_without_a_word(desk: ZendeskDesk) -> None:
    made = desk.make(external_id="hidden-1")["id"]
    desk.control.settings(desk.place.name, hidden={"tandem@mercuri.example": [made]})

    assert desk.read("tickets", external_id="hidden-1")["tickets"] == []
    assert desk.ask("GET", f"tickets/{made}").status_code == 404
    assert len(desk.read("tickets", "anna", external_id="hidden-1")["tickets"]) == 1


def test_text_that_is_no_text_is_refused(desk: ZendeskDesk) -> None:
    lone_surrogate = b'{"ticket": {"subject": "\\ud83d", "comment": "x"}}'
    headers = {"Content-Type": "application/json"}

    assert desk.ask("POST", "tickets", data=lone_surrogate, headers=headers).status_code == 400
    assert desk.ask("POST", "tickets", data=b"{", headers=headers).status_code == 422
    assert desk.ask("POST", "tickets", json={"tickets": {}}).status_code == 400
    assert desk.make(text="🧵 and 👩‍👩‍👧")["description"] == "🧵 and 👩‍👩‍👧"
