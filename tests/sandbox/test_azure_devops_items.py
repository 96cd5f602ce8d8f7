# SPDX-License-Identifier: Apache-2.0
"""Work items of the simulated Azure DevOps: saving, reading, history, and the rules of the process."""

from collections.abc import Iterator
from typing import Any

import pytest

from support.azure_devops import NAME, PATCH, Desk, fields_of, running_desk

CUSTOM: dict[str, Any] = {
    "Custom.OrderNumber": {"name": "Order number"},
    "Custom.RootCause": {"name": "Root cause", "types": ["Bug"], "choices": ["Code", "Network"]},
    "Custom.Due": {"name": "Due", "type": "dateTime"},
}


@pytest.fixture(scope="module")
def shared() -> Iterator[Desk]:
    with running_desk({"fields": CUSTOM}) as desk:
        yield desk


@pytest.fixture
def desk(shared: Desk) -> Iterator[Desk]:
    """Settings, faults and the request log as at the start; work items of other tests remain."""
    before = shared.control.settings(NAME)
    shared.control.clear_requests()
    yield shared
    shared.control.clear_faults()
    shared.control.settings(NAME, **before)


def message(answer: Any) -> str:
    return f"{answer.status_code} {answer.json()['message']}"


# ---- values


def test_a_work_item_begins_in_its_first_state_with_a_reason(desk: Desk) -> None:
    made = desk.make(title="Cart forgets the coupon")
    fields = made["fields"]
    assert made["rev"] == 1
    assert (fields["System.State"], fields["System.Reason"], fields["System.AreaPath"]) == ("New", "New", "Shop")
    refused = desk.patch(
        "Shop/_apis/wit/workItems/$Bug", fields_of({"System.Title": "x", "System.State": "Closed"}), "david", "POST"
    )
    assert message(refused).startswith("400 TF401320: Rule Error for field State.")


def test_what_is_empty_is_not_there(desk: Desk) -> None:
    number = desk.make(fields={"System.Description": "<p>text</p>", "System.Tags": "one"})["id"]
    after = desk.set(number, {"System.Description": "", "System.Tags": ""})
    assert {"System.Description", "System.Tags", "System.AssignedTo"}.isdisjoint(after["fields"])
    assert "relations" not in after


def test_identities_are_objects_and_in_old_versions_texts(desk: Desk) -> None:
    number = desk.make(fields={"System.AssignedTo": "marco@global.example"})["id"]
    new = desk.read(f"wit/workItems/{number}")["fields"]["System.AssignedTo"]
    old = desk.ask("GET", f"wit/workItems/{number}", params={"api-version": "4.1"}).json()["fields"][
        "System.AssignedTo"
    ]
    assert set(new) == {"displayName", "url", "_links", "id", "uniqueName", "imageUrl", "descriptor"}
    assert old == "Marco Global <marco@global.example>"


@pytest.mark.parametrize(
    "value",
    [
        "marco@global.example",
        "Marco Global",
        "Marco Global <marco@global.example>",
        {"uniqueName": "marco@global.example"},
    ],
)
def test_people_are_named_in_many_ways(desk: Desk, value: Any) -> None:
    made = desk.make(fields={"System.AssignedTo": value})
    assert made["fields"]["System.AssignedTo"]["uniqueName"] == "marco@global.example"


def test_nobody_of_that_name_is_refused(desk: Desk) -> None:
    number = desk.make()["id"]
    answer = desk.patch(f"wit/workItems/{number}", fields_of({"System.AssignedTo": "nobody@global.example"}))
    assert message(answer).startswith("400 The identity value 'nobody@global.example' for field 'Assigned To'")


def test_adding_tags_keeps_the_others_and_replacing_does_not(desk: Desk) -> None:
    number = desk.make(fields={"System.Tags": "zeta; Alpha"})["id"]
    added = desk.patch(f"wit/workItems/{number}", fields_of({"System.Tags": "beta, ALPHA"})).json()
    replaced = desk.set(number, {"System.Tags": "beta"})
    assert added["fields"]["System.Tags"] == "Alpha; beta; zeta"
    assert replaced["fields"]["System.Tags"] == "beta"


# ---- saving


def test_a_stale_revision_is_a_failed_precondition(desk: Desk) -> None:
    number = desk.make()["id"]
    document = [{"op": "test", "path": "/rev", "value": 1}, *fields_of({"System.Title": "one"})]
    assert desk.patch(f"wit/workItems/{number}", document).json()["rev"] == 2
    assert message(desk.patch(f"wit/workItems/{number}", document)) == (
        "412 VS403351: Test Operation for path /rev failed, value 2 was not equal to test value 1."
    )
    assert desk.item(number)["fields"]["System.Title"] == "one"


def test_any_field_may_be_tested_before_a_save(desk: Desk) -> None:
    made = desk.make(fields={"System.AssignedTo": "Marco Global"})
    tests = {
        "System.State": "New",
        "System.AssignedTo": "Marco Global <marco@global.example>",
        "System.ChangedDate": made["fields"]["System.ChangedDate"],
    }
    save = fields_of({"System.Title": "tested"})
    path = f"wit/workItems/{made['id']}"
    assert desk.patch(path, [*fields_of({"System.State": "Active"}, "test"), *save]).status_code == 412
    assert desk.patch(path, [*fields_of(tests, "test"), *save]).status_code == 200


def test_a_refused_save_leaves_nothing_behind(desk: Desk) -> None:
    desk.control.settings(NAME, no_comments=["david"])
    number = desk.make()["id"]
    relation = {"op": "add", "path": "/relations/-", "value": {"rel": "Hyperlink", "url": "https://e.example"}}
    document = [relation, *fields_of({"System.Title": "not this", "System.History": "nor this"})]
    assert desk.patch(f"wit/workItems/{number}", document).status_code == 403
    item = desk.item(number)
    assert (item["rev"], item["fields"]["System.Title"], "relations" in item) == (1, "Help", False)


def test_operations_may_be_numbers(desk: Desk) -> None:
    number = desk.make()["id"]
    document = [{"op": 5, "path": "/rev", "value": 1}, {"op": 0, "path": "/fields/System.Title", "value": "by number"}]
    assert desk.patch(f"wit/workItems/{number}", document).json()["fields"]["System.Title"] == "by number"


def test_what_changes_nothing_makes_no_revision(desk: Desk) -> None:
    number = desk.make(title="same")["id"]
    assert desk.set(number, {"System.Title": "same"})["rev"] == 1


def test_a_save_needs_its_own_content_type(desk: Desk) -> None:
    number = desk.make()["id"]
    answer = desk.ask("PATCH", f"wit/workItems/{number}", "david", json=fields_of({"System.Title": "x"}))
    assert answer.status_code == 415
    assert PATCH in answer.json()["message"]


def test_validating_saves_nothing(desk: Desk) -> None:
    number = desk.make(title="as it was")["id"]
    fine = desk.patch(f"wit/workItems/{number}", fields_of({"System.Title": "x"}), validateOnly="true")
    wrong = desk.patch(f"wit/workItems/{number}", fields_of({"System.State": "Nowhere"}), validateOnly="true")
    assert (fine.status_code, fine.json()["fields"]["System.Title"], fine.json()["rev"]) == (200, "as it was", 1)
    assert wrong.status_code == 400


# ---- states


def test_reasons_and_dates_follow_the_state(desk: Desk) -> None:
    number = desk.make()["id"]
    desk.set(number, {"System.State": "Active"})
    resolved = desk.set(number, {"System.State": "Resolved"})["fields"]
    closed = desk.set(number, {"System.State": "Closed"})["fields"]
    again = desk.set(number, {"System.State": "Active"})["fields"]

    assert (resolved["System.Reason"], resolved["Microsoft.VSTS.Common.ResolvedReason"]) == ("Fixed", "Fixed")
    assert closed["Microsoft.VSTS.Common.ClosedBy"]["uniqueName"] == "david@global.example"
    assert closed["Microsoft.VSTS.Common.ClosedDate"] == closed["System.ChangedDate"]
    assert again["System.Reason"] == "Not fixed"
    gone = {f"Microsoft.VSTS.Common.{name}" for name in ("ClosedDate", "ClosedBy", "ResolvedDate", "ResolvedReason")}
    assert gone.isdisjoint(again)


def test_required_fields_of_a_state_are_told_all_at_once(desk: Desk) -> None:
    required = ["Custom.RootCause", "Custom.OrderNumber"]
    desk.control.settings(NAME, rules=[{"type": "Bug", "state": "Resolved", "required": required}])
    number = desk.make()["id"]
    desk.set(number, {"System.State": "Active"})
    refused = desk.patch(f"wit/workItems/{number}", fields_of({"System.State": "Resolved"}))
    told = refused.json()["customProperties"]["RuleValidationErrors"]
    assert [one["fieldReferenceName"] for one in told] == required
    assert "One additional error occurred" in refused.json()["message"]
    filled = {"System.State": "Resolved", "Custom.RootCause": "Code", "Custom.OrderNumber": "A-1"}
    assert desk.set(number, filled)["fields"]["System.State"] == "Resolved"


def test_states_may_follow_only_as_the_process_says(desk: Desk) -> None:
    desk.control.settings(NAME, transitions={"Bug": {"New": ["Active"]}}, states={"Bug": {"Waiting": "InProgress"}})
    number = desk.make()["id"]
    refused = desk.patch(f"wit/workItems/{number}", fields_of({"System.State": "Waiting"}))
    assert message(refused).startswith("400 TF401320: Rule Error for field State.")
    desk.set(number, {"System.State": "active"})
    fields = desk.set(number, {"System.State": "Waiting"})["fields"]
    assert (fields["System.State"], fields["System.Reason"]) == ("Waiting", "Moved to state Waiting")


def test_a_reason_fits_its_move_and_nothing_else(desk: Desk) -> None:
    number = desk.make()["id"]
    desk.set(number, {"System.State": "Active"})
    path = f"wit/workItems/{number}"
    assert desk.patch(path, fields_of({"System.Reason": "Fixed"})).status_code == 400
    wrong = {"System.State": "Resolved", "System.Reason": "Because"}
    assert message(desk.patch(path, fields_of(wrong))).startswith("400 TF401320: Rule Error for field Reason.")
    right = {"System.State": "Resolved", "System.Reason": "Duplicate"}
    assert desk.set(number, right)["fields"]["System.Reason"] == "Duplicate"


def test_the_process_and_programs_set_fields_by_themselves(desk: Desk) -> None:
    rules = [
        {"type": "Bug", "state": "Active", "set": {"Custom.RootCause": "Code"}},
        {"type": "Bug", "state": "Active", "set": {"System.Tags": "seen"}, "by": "ada"},
        {"type": "Bug", "state": "Active", "read_only": ["Custom.OrderNumber"]},
    ]
    desk.control.settings(NAME, rules=rules)
    number = desk.make()["id"]
    answered = desk.set(number, {"System.State": "Active"})
    item = desk.item(number)
    assert item["fields"]["Custom.RootCause"] == "Code"
    assert (item["rev"], item["fields"]["System.Tags"]) == (3, "seen")
    assert (item["fields"]["System.ChangedBy"]["displayName"], answered["rev"]) == ("Ada Global", 3)
    refused = desk.patch(f"wit/workItems/{number}", fields_of({"Custom.OrderNumber": "A-1"}))
    assert "ReadOnly" in refused.json()["message"]


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("Microsoft.VSTS.Common.Priority", "1", 1),
        ("Custom.RootCause", "network", "Network"),
        ("Custom.Due", "2026-03-01", "2026-02-28T18:30:00Z"),  # the account's midnight
        ("Custom.Due", "2026-03-01T10:00:00.120Z", "2026-03-01T10:00:00.12Z"),
        ("Microsoft.VSTS.Scheduling.Effort", "2.5", 2.5),
        ("System.AreaPath", "\\shop\\network", "Shop\\Network"),
        ("Repro Steps", "<b>by name</b>", "<b>by name</b>"),
    ],
)
def test_values_are_brought_into_their_field_s_form(desk: Desk, name: str, value: Any, kept: Any) -> None:
    fields = desk.make(fields={name: value})["fields"]
    assert kept in fields.values()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("Microsoft.VSTS.Common.Priority", 9, "InvalidListValue"),
        ("Microsoft.VSTS.Common.Priority", "high", "InvalidType"),
        ("Custom.RootCause", "Weather", "InvalidListValue"),
        ("Custom.Due", "soon", "InvalidType"),
        ("System.Title", "", "InvalidEmpty"),
        ("System.State", None, "InvalidEmpty"),
        ("System.AreaPath", "Shop\\Nowhere", "TF401347"),
        ("Custom.Nothing", "x", "TF51535"),
        ("System.CommentCount", 7, "TF401326"),
        ("System.BoardColumn", "Active", "TF401326"),
    ],
)
def test_values_that_do_not_fit_are_refused(desk: Desk, name: str, value: Any, said: str) -> None:
    number = desk.make()["id"]
    answer = desk.patch(f"wit/workItems/{number}", [{"op": "add", "path": f"/fields/{name}", "value": value}])
    assert (answer.status_code, said in answer.json()["message"]) == (400, True)
    assert desk.item(number)["rev"] == 1


# ---- history


def test_before_version_5_there_is_a_history_and_no_project_in_addresses(desk: Desk) -> None:
    number = desk.make()["id"]
    desk.say(number, "heard")
    old = desk.read(f"wit/workItems/{number}", **{"api-version": "4.1", "_expand": "all"})
    assert ("workItemHistory" in old["_links"], "workItemComments" in old["_links"]) == (True, False)
    assert old["url"] == f"{desk.url}/_apis/wit/workItems/{number}"
    (said,) = desk.read(f"wit/workItems/{number}/history", **{"api-version": "4.1"})["value"]
    assert (said["rev"], said["value"]) == (2, "heard")


def test_a_comment_raises_the_revision_and_its_answer_has_none(desk: Desk) -> None:
    number = desk.make()["id"]
    said = desk.say(number, "<b>Seen</b>")
    item = desk.item(number)
    assert (said["text"], said["version"], "rev" in said) == ("<b>Seen</b>", 1, False)
    assert (item["rev"], item["fields"]["System.CommentCount"]) == (2, 1)
    assert item["fields"]["System.History"] == "<b>Seen</b>"
    assert item["commentVersionRef"]["commentId"] == said["id"]


def test_links_are_updates_without_a_revision_and_files_are_not(desk: Desk) -> None:
    number, other = desk.make()["id"], desk.make(type="Feature")["id"]
    linked = desk.link(number, "System.LinkTypes.Hierarchy-Reverse", other)
    attached = desk.attach(number, "log.txt", b"lines")
    updates = desk.read(f"wit/workItems/{number}/updates")["value"]
    assert (linked["rev"], attached["rev"]) == (1, 2)
    assert [(one["id"], one["rev"], "fields" in one) for one in updates] == [(1, 1, True), (2, 1, False), (3, 2, True)]
    assert [one["rel"] for one in desk.item(other)["relations"]] == ["System.LinkTypes.Hierarchy-Forward"]


def test_the_last_update_ends_never(desk: Desk) -> None:
    number = desk.make()["id"]
    changed = desk.set(number, {"System.Title": "newer"})
    first, last = desk.read(f"wit/workItems/{number}/updates")["value"]
    assert first["revisedDate"] == changed["fields"]["System.ChangedDate"]
    assert last["revisedDate"] == "9999-01-01T00:00:00Z"
    assert last["fields"]["System.Title"] == {"oldValue": "Help", "newValue": "newer"}
