# SPDX-License-Identifier: Apache-2.0
"""What the simulated ServiceNow does with tables, queries and writes: the rules and the surprises of the real one."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from support.servicenow import NAME, Desk, running_desk


@pytest.fixture(scope="module")
def shared() -> Iterator[Desk]:
    columns = {"incident": {"u_labels": {"label": "Labels", "type": "glide_list", "max_length": 200}}}
    with running_desk({"columns": columns}) as desk:
        yield desk


@pytest.fixture
def desk(shared: Desk) -> Iterator[Desk]:
    """Settings, faults and the request log as at the start; rows of other tests remain."""
    before = shared.control.settings(NAME)
    shared.control.clear_requests()
    yield shared
    shared.control.clear_faults()
    shared.control.settings(NAME, **before)


def found(desk: Desk, query: str, table: str = "incident", who: str = "tandem") -> list[str]:
    return [row["short_description"] for row in desk.read(f"table/{table}", who, query=query)]


# ---- values


def test_everything_is_a_text_and_references_are_objects(desk: Desk) -> None:
    row = desk.make(impact=1, knowledge=True, assigned_to=desk.user_id("beth"))
    assert (row["impact"], row["knowledge"], row["sys_mod_count"], row["closed_at"]) == ("1", "true", "0", "")
    assert row["assigned_to"] == {
        "link": f"{desk.place.url}/api/now/v2/table/sys_user/{desk.user_id('beth')}",
        "value": desk.user_id("beth"),
    }
    assert row["assignment_group"] == ""


@pytest.mark.parametrize(
    ("display", "no_link", "form"),
    [
        ("false", "false", {"link", "value"}),
        ("true", "false", {"link", "display_value"}),
        ("all", "false", {"link", "display_value", "value"}),
        ("all", "true", {"display_value", "value"}),
    ],
)
def test_references_have_four_forms(desk: Desk, display: str, no_link: str, form: set[str]) -> None:
    made = desk.make(assigned_to=desk.user_id("beth"))
    row = desk.read(f"table/incident/{made['sys_id']}", display_value=display, exclude_reference_link=no_link)
    assert set(row["assigned_to"]) == form


def test_without_links_a_reference_is_a_text(desk: Desk) -> None:
    made = desk.make(assigned_to=desk.user_id("beth"))
    at = f"table/incident/{made['sys_id']}"
    assert desk.read(at, exclude_reference_link="true")["assigned_to"] == desk.user_id("beth")
    shown = desk.read(at, exclude_reference_link="true", display_value="True")  # as a Python client spells it
    assert (shown["assigned_to"], shown["state"], shown["upon_reject"]) == (
        "Beth Infinity",
        "New",
        "Cancel all future Tasks",
    )


def test_times_are_utc_and_shown_in_the_user_s_zone(desk: Desk) -> None:
    made = desk.make(due_date="2026-07-01 12:00:00")
    at = f"table/incident/{made['sys_id']}"
    assert made["due_date"] == "2026-07-01 12:00:00"
    assert desk.read(at, display_value="all")["due_date"]["display_value"] == "2026-07-01 05:00:00"
    shown = {"due_date": "2026-07-01 12:00:00", "urgency": "1 - High"}
    written = desk.ask("PATCH", at + "?sysparm_input_display_value=true", json=shown).json()["result"]
    assert (written["due_date"], written["urgency"]) == ("2026-07-01 19:00:00", "1")


def test_unset_choices_are_null_where_all_is_shown(desk: Desk) -> None:
    made = desk.make(contact_type="")
    row = desk.read(f"table/incident/{made['sys_id']}", display_value="all")
    assert (row["contact_type"], row["description"]) == (
        {"display_value": None, "value": ""},
        {"display_value": "", "value": ""},
    )


def test_what_is_too_long_is_cut_in_silence(desk: Desk) -> None:
    assert len(desk.make(short_description="x" * 500)["short_description"]) == 160


def test_a_reference_takes_rubbish(desk: Desk) -> None:
    assert desk.make(caller_id={"link": "https://e.example/aaaaaaaaaaaaaaaaaaaaaa"})["caller_id"]["value"] == (
        "{link=https://e.example/aaaaaaaa"
    )


def test_unknown_columns_are_passed_over_when_read_and_when_written(desk: Desk) -> None:
    made = desk.make(no_such_column="x")
    assert "no_such_column" not in made
    assert desk.read(f"table/incident/{made['sys_id']}", fields="number,nor_this,assigned_to.email") == {
        "number": made["number"],
        "assigned_to.email": "",
    }


# ---- queries


def test_queries_join_with_and_or_and_new_query(desk: Desk) -> None:
    for title, urgency in (("q one", "1"), ("q two", "2"), ("q three", "3")):
        desk.make(short_description=title, urgency=urgency)
    order = "^ORDERBYshort_description"
    both = "short_descriptionSTARTSWITHq ^"
    assert found(desk, both + "urgency=1^ORurgency=2" + order) == ["q one", "q two"]
    assert found(desk, both + "urgencyNOT IN1,2") == ["q three"]
    assert found(desk, "short_description=q one^NQshort_description=Q TWO" + order) == ["q one", "q two"]
    assert found(desk, both + "urgency>1^urgency<=2") == ["q two"]
    assert found(desk, both + "ORDERBYDESCurgency") == ["q three", "q two", "q one"]
    assert found(desk, both + "assigned_toISEMPTY^urgencyBETWEEN2@3" + order) == ["q three", "q two"]
    assert found(desk, both + "opened_by.email=john@infinity.example^short_descriptionLIKEone") == ["q one"]


def test_a_caret_in_a_value_is_doubled(desk: Desk) -> None:
    desk.make(short_description="up ^ and away")
    assert found(desk, "short_description=up ^^ and away") == ["up ^ and away"]


def test_the_invalid_part_of_a_query_is_passed_over(desk: Desk) -> None:
    desk.make(short_description="typo")
    assert found(desk, "shrt_description=nothing^short_description=typo") == ["typo"]
    assert len(found(desk, "shrt_description=typo")) == len(found(desk, ""))
    assert desk.ask("GET", "table/incident?query=short_description=typo").headers["X-Total-Count"] == str(
        len(found(desk, ""))
    )
    desk.control.settings(NAME, invalid_query_returns_no_rows=True)
    assert found(desk, "shrt_description=nothing^short_description=typo") == []


def test_a_page_is_cut_before_the_rights_are_asked(desk: Desk) -> None:
    numbers = [desk.make(short_description="cut")["number"] for _ in range(4)]
    desk.control.settings(NAME, hidden={"beth": numbers[:2]})
    query = {"sysparm_query": "short_description=cut^ORDERBYnumber", "sysparm_limit": "2"}
    first = desk.ask("GET", "table/incident", "beth", params=query)
    second = desk.ask("GET", "table/incident", "beth", params={**query, "sysparm_offset": "2"})
    assert (first.json()["result"], first.headers["X-Total-Count"]) == ([], "4")
    assert [row["number"] for row in second.json()["result"]] == numbers[2:]
    assert (
        desk.ask("GET", "table/incident", "beth", params={**query, "sysparm_no_count": "true"}).headers.get(
            "X-Total-Count"
        )
        is None
    )


def test_a_task_is_found_by_its_table_and_by_that_of_all_tasks(desk: Desk) -> None:
    made = desk.make(table="change_request", short_description="of two tables")
    assert found(desk, "short_description=of two tables", "task") == ["of two tables"]
    assert found(desk, "short_description=of two tables") == []
    assert desk.read(f"table/task/{made['sys_id']}")["sys_class_name"] == "change_request"


# ---- what the instance does by itself


@pytest.mark.parametrize(("impact", "urgency", "priority"), [("1", "1", "1"), ("2", "2", "3"), ("3", "3", "5")])
def test_the_priority_follows_from_impact_and_urgency(desk: Desk, impact: str, urgency: str, priority: str) -> None:
    made = desk.make(impact=impact, urgency=urgency, priority="2")
    assert made["priority"] == priority
    assert desk.change(made["sys_id"], priority="4")["priority"] == priority
    lookup = desk.read("table/dl_u_priority", query=f"impact={impact}^urgency={urgency}")
    assert [row["priority"] for row in lookup] == [priority]


def test_resolving_asks_for_a_code_and_leaves_the_incident_active(desk: Desk) -> None:
    made = desk.make()
    refused = desk.ask("PATCH", f"table/incident/{made['sys_id']}", "john", json={"state": "6"})
    assert refused.status_code == 403
    assert "Resolution code, Close notes" in refused.json()["error"]["detail"]
    done = desk.change(made["sys_id"], state="6", close_code="Solved (Permanently)", close_notes="done")
    assert (done["incident_state"], done["active"], done["closed_at"]) == ("6", "true", "")
    assert done["resolved_by"]["value"] == desk.user_id("john")
    again = desk.change(made["sys_id"], incident_state="2")
    assert (again["state"], again["reopen_count"], again["resolved_at"]) == ("2", "1", "")


def test_a_closed_incident_takes_nothing_more_but_from_an_admin(desk: Desk) -> None:
    made = desk.make()
    closed = desk.change(made["sys_id"], state="7", close_code="Solved (Permanently)", close_notes="done")
    assert (closed["active"], closed["closed_by"]["value"]) == ("false", desk.user_id("john"))
    refused = desk.ask("PATCH", f"table/incident/{made['sys_id']}", "john", json={"comments": "too late"})
    assert (refused.status_code, refused.json()["status"]) == (403, "failure")
    assert desk.change(made["sys_id"], "tandem", state="2")["active"] == "true"


def test_putting_on_hold_asks_for_a_reason_which_goes_with_the_hold(desk: Desk) -> None:
    made = desk.make()
    assert desk.ask("PATCH", f"table/incident/{made['sys_id']}", json={"state": "3"}).status_code == 403
    assert desk.change(made["sys_id"], state="3", hold_reason="1")["hold_reason"] == "1"
    assert desk.change(made["sys_id"], state="2")["hold_reason"] == ""


def test_a_house_rule_works_in_the_same_update_or_in_one_of_its_own(desk: Desk) -> None:
    same = {"table": "incident", "when": {"category": "network"}, "set": {"contact_type": "phone"}}
    later = {"table": "task", "when": {"category": "network"}, "set": {"work_notes": "moved"}, "by": "beth"}
    desk.control.settings(NAME, rules=[same, later])
    made = desk.make()
    changed = desk.change(made["sys_id"], category="network")
    assert (changed["contact_type"], changed["sys_mod_count"], changed["sys_updated_by"]) == ("phone", "2", "beth")
    audits = desk.read("table/sys_audit", query=f"documentkey={made['sys_id']}")
    told = {(row["fieldname"], row["record_checkpoint"], row["user"]) for row in audits}
    assert told == {("category", "1", "john"), ("contact_type", "1", "john"), ("work_notes", "2", "beth")}


# ---- journals, audit, stamps


def test_journals_read_back_empty_and_lie_in_a_table_of_their_own(desk: Desk) -> None:
    made = desk.make(comments="for all")
    changed = desk.change(made["sys_id"], "beth", work_notes="for us")
    assert (made["comments"], changed["work_notes"], changed["comments_and_work_notes"]) == ("", "", "")
    entries = desk.read("table/sys_journal_field", query=f"element_id={made['sys_id']}")
    assert {(e["element"], e["value"], e["sys_created_by"], e["name"]) for e in entries} == {
        ("comments", "for all", "john", "incident"),
        ("work_notes", "for us", "beth", "incident"),
    }
    shown = desk.read(f"table/incident/{made['sys_id']}", display_value="true")
    assert shown["work_notes"].endswith(" - Beth Infinity (Work notes)\nfor us\n\n")
    assert shown["comments_and_work_notes"].index("for us") < shown["comments_and_work_notes"].index("for all")


def test_an_update_that_changes_nothing_is_none(desk: Desk) -> None:
    made = desk.make()
    same = desk.change(made["sys_id"], short_description="Help")
    assert (same["sys_mod_count"], same["sys_updated_on"]) == ("0", made["sys_updated_on"])


def test_journals_and_audit_are_for_admins_unless_granted(desk: Desk) -> None:
    made = desk.make(comments="hello")
    assert desk.read("table/sys_journal_field", "john", query=f"element_id={made['sys_id']}") == []
    desk.control.settings(NAME, grants={"john": ["sys_journal_field"]})
    assert len(desk.read("table/sys_journal_field", "john", query=f"element_id={made['sys_id']}")) == 1
    assert desk.ask("PATCH", "table/sys_audit/1", json={}).status_code == 404
    entry = desk.read("table/sys_journal_field", query=f"element_id={made['sys_id']}")[0]["sys_id"]
    assert desk.ask("PATCH", f"table/sys_journal_field/{entry}", json={"value": "changed"}).status_code == 403


def test_rights_drop_columns_in_silence(desk: Desk) -> None:
    desk.control.settings(NAME, unreadable={"john": ["description"]}, unwritable={"john": ["urgency"]})
    made = desk.make(description="seen by others", urgency="1")
    assert "description" not in made
    assert made["urgency"] == "3"
    assert desk.read(f"table/incident/{made['sys_id']}")["description"] == "seen by others"


# ---- dictionary


def test_columns_stand_in_the_dictionary_of_the_table_that_defines_them(desk: Desk) -> None:
    own = desk.read("table/sys_dictionary", query="name=incident", fields="element,internal_type.value,max_length")
    assert "u_labels" in {row["element"] for row in own}
    assert "short_description" not in {row["element"] for row in own}
    inherited = desk.read("table/sys_dictionary", query="name=task^element=short_description")
    assert (inherited[0]["max_length"], inherited[0]["internal_type"]["value"]) == ("160", "string")
    parents = desk.read("table/sys_db_object", query="name=incident", fields="super_class.name")
    assert parents == [{"super_class.name": "task"}]
    states = desk.read("table/sys_choice", query="name=incident^element=state^value=6")
    assert [row["label"] for row in states] == ["Resolved"]


def test_what_is_not_audited_says_so_in_the_dictionary_and_leaves_no_trace(desk: Desk) -> None:
    """A table says it of itself, in the row without a column, and a column by an attribute."""
    desk.control.settings(NAME, unaudited=["problem", "task.priority", "incident.u_labels"])
    told = {
        (row["name"], row["element"]): (row["audit"], row["attributes"])
        for row in desk.read("table/sys_dictionary", query="nameINtask,incident,problem")
    }
    assert (told["incident", ""], told["problem", ""]) == (("true", ""), ("false", ""))
    assert told["task", "priority"] == told["incident", "u_labels"] == ("false", "no_audit=true")
    assert told["task", "urgency"] == ("false", "")
    for table, seen in (("incident", {"urgency"}), ("problem", set[str]())):
        made = desk.make(table=table)
        desk.change(made["sys_id"], table=table, urgency="1", impact="3")
        audits = desk.read("table/sys_audit", query=f"documentkey={made['sys_id']}", fields="fieldname")
        assert {row["fieldname"] for row in audits} == seen


# ---- files


def test_a_file_is_pending_first_and_does_not_change_its_row(desk: Desk) -> None:
    made = desk.make()
    file = desk.attach(made["sys_id"], "Übersicht.txt", b"\x00\xff")
    assert (file["state"], file["size_bytes"], file["sys_mod_count"]) == ("pending", "2", "0")
    desk.control.advance(5)
    (listed,) = desk.read("attachment", query=f"table_sys_id={made['sys_id']}")
    assert (listed["state"], listed["sys_updated_by"], listed["sys_mod_count"]) == ("available", "system", "1")
    assert desk.ask("GET", f"attachment/{file['sys_id']}/file").content == b"\x00\xff"
    assert desk.read(f"table/incident/{made['sys_id']}")["sys_mod_count"] == "0"
    assert (
        requests.get(f"{desk.place.url}/sys_attachment.do?sys_id={file['sys_id']}", timeout=10).content == b"\x00\xff"
    )
    assert desk.ask("DELETE", f"attachment/{file['sys_id']}").status_code == 204
    assert desk.ask("GET", f"attachment/{file['sys_id']}/file").status_code == 404


def test_a_file_may_come_as_a_form(desk: Desk) -> None:
    made = desk.make()
    answer = desk.ask(
        "POST",
        "attachment/upload",
        "john",
        data={"table_name": "incident", "table_sys_id": made["sys_id"]},
        files={"uploadFile": ("a.bin", b"\r\n--x", "application/x-test")},
    )
    assert answer.status_code == 201
    file = answer.json()["result"]
    assert (file["file_name"], file["content_type"]) == ("a.bin", "application/x-test")
    assert desk.ask("GET", f"attachment/{file['sys_id']}/file").content == b"\r\n--x"
    assert desk.ask("POST", "attachment/file?table_name=incident").status_code == 400


def test_a_file_over_the_limit_is_refused(desk: Desk) -> None:
    desk.control.settings(NAME, attachment_limit=1)
    made = desk.make()
    query = {"table_name": "incident", "table_sys_id": made["sys_id"], "file_name": "a"}
    assert desk.ask("POST", "attachment/file", params=query, data=b"x" * (1024 * 1024 + 1)).status_code == 413
    assert desk.read("table/sys_properties", query="name=com.glide.attachment.max_size")[0]["value"] == "1"


# ---- batches, limits, refusals


def batch(desk: Desk, *calls: dict[str, Any]) -> Any:
    body = {"batch_request_id": "7", "rest_requests": [{"id": str(n), **call} for n, call in enumerate(calls)]}
    return desk.ask("POST", "v1/batch", "john", json=body).json()


def test_each_call_of_a_batch_has_an_answer_of_its_own_and_some_come_back(desk: Desk) -> None:
    made = desk.make()
    good = {"method": "PATCH", "url": f"/api/now/table/incident/{made['sys_id']}"}
    good["body"] = b64encode(b'{"urgency": "1"}').decode()
    bad = {"method": "GET", "url": "/api/now/table/incident/nowhere", "exclude_response_headers": True}
    told = batch(desk, good, bad)
    assert (told["batch_request_id"], told["unserviced_requests"]) == ("7", [])
    assert [one["status_code"] for one in told["serviced_requests"]] == [200, 404]
    assert json.loads(b64decode(told["serviced_requests"][0]["body"]))["result"]["urgency"] == "1"
    assert told["serviced_requests"][1]["headers"] == []
    desk.control.settings(NAME, batch_calls=1)
    assert batch(desk, bad, good)["unserviced_requests"] == ["1"]
    assert desk.read(f"table/incident/{made['sys_id']}")["sys_mod_count"] == "1"


def test_the_rate_limit_counts_each_user_by_the_hour(desk: Desk) -> None:
    desk.control.settings(NAME, requests_per_hour=2)
    told = [desk.ask("GET", "table/incident?sysparm_limit=1", "beth") for _ in range(3)]
    assert [answer.status_code for answer in told] == [200, 200, 429]
    assert told[0].headers["X-RateLimit-Limit"] == "2"
    assert int(told[2].headers["Retry-After"]) <= 3600
    assert desk.ask("GET", "table/incident?sysparm_limit=1", "john").status_code == 200
    desk.control.advance(3600)
    assert desk.ask("GET", "table/incident?sysparm_limit=1", "beth").status_code == 200


@pytest.mark.parametrize(
    ("who", "method", "path", "status", "message"),
    [
        (None, "GET", "table/incident", 401, "User Not Authenticated"),
        ("tandem", "GET", "table/incident/nowhere", 404, "No Record found"),
        ("tandem", "GET", "table/no_such_table", 400, "Invalid table no_such_table"),
        ("tandem", "GET", "nothing/here", 400, "Requested URI does not represent any resource"),
        ("tandem", "POST", "table/incident/nowhere", 404, "No Record found"),
        ("john", "DELETE", "table/sys_user/nowhere", 404, "No Record found"),
    ],
)
def test_refusals_have_the_vendor_s_form(
    desk: Desk, who: str | None, method: str, path: str, status: int, message: str
) -> None:
    answer = desk.ask(method, path, who)
    assert answer.status_code == status
    assert answer.json()["error"]["message"] == message
    assert answer.json()["status"] == "failure"


def test_a_table_that_is_closed_to_someone_refuses(desk: Desk) -> None:
    desk.control.settings(NAME, closed_tables={"beth": ["incident"]})
    assert desk.ask("GET", "table/incident", "beth").json()["error"] == {
        "message": "User Not Authorized",
        "detail": "Failed API level ACL Validation",
    }
    assert desk.ask("POST", "table/incident", "beth", json={}).status_code == 403


def test_a_token_logs_in_too(desk: Desk) -> None:
    token = {"Authorization": "Bearer token-of-john"}
    made = requests.post(f"{desk.place.url}/api/now/table/incident", headers=token, json={}, timeout=10).json()
    assert made["result"]["sys_created_by"] == "john"


def test_people_work_on_the_pages_by_the_same_rules(desk: Desk) -> None:
    url = desk.place.url
    made = requests.post(f"{url}/ui/new", data={"who": "john", "title": "By page", "comment": "text"}, timeout=10)
    number = made.url.rsplit("/", 1)[-1].partition("?")[0]
    form = {"who": "john", "status": "Resolved", "status_was": "New", "comment": "a word", "internal": "true"}
    files = {"files": ("a.txt", b"a", "text/plain")}
    page = requests.post(f"{url}/ui/tickets/{number}", data=form, files=files, timeout=10)
    assert page.status_code == 200
    assert "a word" in page.text
    assert "a.txt" in page.text
    assert "State: New → Resolved" in page.text
    (row,) = desk.read("table/incident", query=f"number={number}")
    assert (row["state"], row["close_code"], row["description"]) == ("6", "Solved (Permanently)", "text")
    form |= {"status": "Closed", "status_was": "Resolved", "comment": ""}
    requests.post(f"{url}/ui/tickets/{number}", data=form, timeout=10)
    refused = requests.post(f"{url}/ui/tickets/{number}", data={"who": "john", "comment": "late"}, timeout=10)
    assert (refused.status_code, "ACL Exception" in refused.text) == (422, True)
    form_of = requests.get(f"{url}/incident.do?sys_id={row['sys_id']}", timeout=10)
    assert form_of.url.endswith(f"/ui/tickets/{number}")
