# SPDX-License-Identifier: Apache-2.0
"""What stands beside a work item in the simulated Azure DevOps: comments, forms, the bin, batches, pages."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from support.azure_devops import COMMENTS, NAME, PATCH, PROJECT, REPRO_STEPS, Desk, fields_of, running_desk

TICKETS = [
    {
        "type": "Bug",
        "by": "david",
        "title": "Checkout is slow",
        "description": "<p>Since <b>Monday</b></p>",
        "area": "Network",
        "state": "Active",
        "assigned_to": "marco",
        "tags": ["checkout"],
        "comments": ["<div>Looking at it</div>"],
    },
    {"type": "Feature", "by": "marco", "title": "Gift cards", "description": "Sell them"},
]


@pytest.fixture(scope="module")
def shared() -> Iterator[Desk]:
    projects = {"Shop": {"areas": ["Development\\Web", "Network"]}, "Ops": {"process": "Basic"}}
    with running_desk({"projects": projects}, tickets=TICKETS) as desk:
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


def comment_path(number: int, comment: int | str) -> str:
    return f"{PROJECT}/_apis/wit/workItems/{number}/comments/{comment}"


# ---- comments


def test_comments_come_newest_first_in_pages(desk: Desk) -> None:
    number = desk.make()["id"]
    for place in range(5):
        desk.say(number, f"said {place}")
    path = f"{PROJECT}/_apis/wit/workItems/{number}/comments"
    page = desk.read(path, _top=2)
    seen = [one["text"] for one in page["comments"]]
    assert (page["totalCount"], page["count"]) == (5, 2)
    while "continuationToken" in page:
        page = desk.read(path, _top=2, continuationToken=page["continuationToken"])
        seen += [one["text"] for one in page["comments"]]
    assert seen == [f"said {place}" for place in (4, 3, 2, 1, 0)]
    assert "nextPage" not in page
    assert [one["text"] for one in desk.comments(number, order="asc", _top=1)] == ["said 0"]


def test_editing_and_deleting_a_comment_revise_its_work_item(desk: Desk) -> None:
    number = desk.make()["id"]
    said = desk.say(number, "first")
    changed = desk.ask("PATCH", comment_path(number, said["id"]), "david", json={"text": "second"}).json()
    assert (changed["text"], changed["version"], desk.item(number)["rev"]) == ("second", 2, 3)
    assert desk.ask("DELETE", comment_path(number, said["id"]), "david").status_code == 204
    item = desk.item(number)
    assert (item["rev"], item["fields"]["System.CommentCount"]) == (4, 0)
    assert item["commentVersionRef"]["version"] == 3


def test_a_deleted_comment_stays_for_who_asks_for_it(desk: Desk) -> None:
    number = desk.make()["id"]
    said = desk.say(number, "gone")
    desk.ask("DELETE", comment_path(number, said["id"]), "david")
    assert desk.comments(number) == []
    assert [(one["text"], one["isDeleted"]) for one in desk.comments(number, includeDeleted="true")] == [("gone", True)]
    assert desk.ask("GET", comment_path(number, said["id"])).status_code == 404
    versions = desk.read(comment_path(number, said["id"]) + "/versions", **{"api-version": "7.1-preview.1"})["value"]
    assert [(one["version"], one.get("isDeleted", False)) for one in versions] == [(1, False), (2, True)]


def test_only_its_author_or_an_administrator_changes_a_comment(desk: Desk) -> None:
    number = desk.make()["id"]
    path = comment_path(number, desk.say(number, "mine", "david")["id"])
    assert desk.ask("PATCH", path, "marco", json={"text": "yours"}).status_code == 403
    assert desk.ask("PATCH", path, "ada", json={"text": "ours"}).json()["modifiedBy"]["displayName"] == "Ada Global"


def test_comments_are_html_or_markdown(desk: Desk) -> None:
    number = desk.make()["id"]
    marked = desk.say(number, "**bold**", form="markdown")
    assert (marked["text"], marked["format"]) == ("**bold**", "markdown")
    assert marked["renderedText"] == "<p><strong>bold</strong></p>"
    written = desk.say(number, '<p onclick="x()">safe</p><script>alert(1)</script>')
    assert (written["text"], written["format"]) == ("<p>safe</p>", "html")
    desk.control.settings(NAME, markdown=False)
    refused = desk.ask(
        "POST", f"{PROJECT}/_apis/wit/workItems/{number}/comments", json={"text": "x"}, params={"format": "markdown"}
    )
    assert refused.status_code == 400
    assert "multilineFieldsFormat" not in desk.item(number)


def test_history_is_a_comment_in_the_same_revision(desk: Desk) -> None:
    number = desk.make()["id"]
    saved = desk.set(number, {"System.Title": "renamed", "System.History": "because"})
    assert (saved["rev"], saved["fields"]["System.History"], saved["fields"]["System.CommentCount"]) == (
        2,
        "because",
        1,
    )
    assert [one["text"] for one in desk.comments(number)] == ["because"]
    assert "System.History" not in desk.set(number, {"System.Title": "again"})["fields"]


def test_old_versions_list_comments_by_revision(desk: Desk) -> None:
    number = desk.make()["id"]
    desk.say(number, "one")
    desk.say(number, "two")
    answer = desk.ask("GET", f"wit/workItems/{number}/comments", params={"api-version": "4.1-preview.2"}).json()
    assert (answer["totalCount"], answer["fromRevisionCount"]) == (2, 2)
    assert [(one["revision"], one["text"]) for one in answer["value"]] == [(2, "one"), (3, "two")]


@pytest.mark.parametrize("text", ["", "  ", None])
def test_a_comment_says_something(desk: Desk, text: Any) -> None:
    number = desk.make()["id"]
    answer = desk.ask("POST", f"{PROJECT}/_apis/wit/workItems/{number}/comments", json={"text": text})
    assert answer.status_code == 400


# ---- long fields


def test_each_long_field_is_html_or_markdown(desk: Desk) -> None:
    number = desk.make(type="Feature", fields={"System.Description": "<p>html</p>"})["id"]
    assert desk.item(number)["multilineFieldsFormat"] == {"System.Description": "html"}
    document = [
        *fields_of({"System.Description": "# mark <b>"}),
        {"op": "add", "path": "/multilineFieldsFormat/System.Description", "value": "Markdown"},
    ]
    assert desk.patch(f"wit/workItems/{number}", document).json()["multilineFieldsFormat"] == {
        "System.Description": "markdown"
    }
    kept = desk.set(number, {"System.Description": "**still**"})
    assert kept["multilineFieldsFormat"] == {"System.Description": "markdown"}
    desk.control.settings(NAME, markdown=False)
    assert desk.patch(f"wit/workItems/{number}", document).status_code == 400


def test_what_is_too_long_is_refused(desk: Desk) -> None:
    number = desk.make()["id"]
    refused = desk.patch(f"wit/workItems/{number}", fields_of({"System.Title": "x" * 256}))
    assert message(refused).endswith("Rule Error for field Title. Error code: InvalidTooLong.")
    tags = "; ".join(f"tag {place}" for place in range(101))
    assert desk.patch(f"wit/workItems/{number}", fields_of({"System.Tags": tags})).status_code == 400
    desk.control.settings(NAME, revisions_per_item=1)
    assert "revisions" in desk.patch(f"wit/workItems/{number}", fields_of({"System.Title": "x"})).json()["message"]


def test_rules_can_be_bypassed_by_those_who_may(desk: Desk) -> None:
    number = desk.make()["id"]
    document = fields_of({"System.CreatedBy": "marco@global.example", "System.AssignedTo": "Somebody Else"})
    path = f"wit/workItems/{number}"
    assert message(desk.patch(path, fields_of({"System.CreatedBy": "Marco Global"}))).startswith("400 TF401326")
    assert desk.patch(path, document, "david", bypassRules="true").status_code == 403
    fields = desk.patch(path, document, "ada", bypassRules="true").json()["fields"]
    assert (fields["System.CreatedBy"]["displayName"], fields["System.AssignedTo"]) == ("Marco Global", "Somebody Else")


def test_who_bypasses_the_rules_may_write_into_the_past(desk: Desk) -> None:
    number = desk.make()["id"]
    desk.control.advance(60, NAME)
    now = desk.set(number, {"System.Title": "now"})["fields"]["System.ChangedDate"]
    path = f"wit/workItems/{number}"
    refused = desk.patch(path, fields_of({"System.ChangedDate": "2020-01-01T00:00:00Z"}), "ada", bypassRules="true")
    assert message(refused) == "400 VS402625: Dates must be increasing with each revision."
    later = (datetime.fromisoformat(now) + timedelta(milliseconds=1)).isoformat()
    said = {"System.ChangedDate": later, "System.ChangedBy": "Marco Global", "System.Title": "told"}
    told = desk.patch(path, fields_of(said), "ada", bypassRules="true").json()["fields"]
    assert told["System.ChangedBy"]["displayName"] == "Marco Global"
    assert desk.item(number)["fields"]["System.AuthorizedAs"]["displayName"] == "Ada Global"


# ---- the recycle bin, projects, trees


def test_the_bin_speaks_an_old_language(desk: Desk) -> None:
    number = desk.make(title="Old")["id"]
    gone = desk.ask("DELETE", f"wit/workItems/{number}", "marco").json()
    assert (gone["code"], gone["deletedBy"], gone["resource"]["rev"]) == (200, "Marco Global <marco@global.example>", 2)
    assert gone["deletedDate"].endswith((" AM", " PM"))
    assert message(desk.ask("GET", f"wit/workItems/{number}")).startswith("404 TF401232")
    assert number not in desk.find("[System.Id] > 0")
    assert desk.read(f"wit/recyclebin/{number}")["name"] == "Old"
    assert [one["name"] for one in desk.read("wit/recyclebin", ids=str(number))["value"]] == ["Old"]
    back = desk.ask("PATCH", f"wit/recyclebin/{number}", json={"isDeleted": False}).json()
    assert (back["resource"]["rev"], desk.item(number)["rev"]) == (3, 3)


def test_destroying_takes_a_right_and_leaves_nothing(desk: Desk) -> None:
    number, other = desk.make()["id"], desk.make()["id"]
    desk.link(number, "System.LinkTypes.Related", other)
    destroy = {"destroy": "true"}
    assert desk.ask("DELETE", f"wit/workItems/{number}", "david", params=destroy).status_code == 403
    assert desk.ask("DELETE", f"wit/workItems/{number}", "ada", params=destroy).status_code == 204
    assert desk.ask("GET", f"wit/recyclebin/{number}").status_code == 404
    assert "relations" not in desk.item(other)
    results = desk.ask("POST", "wit/workitemsdelete", "ada", json={"ids": [number, other]}).json()["results"]
    assert [one["code"] for one in results] == [404, 200]


def test_a_work_item_changes_project_and_type(desk: Desk) -> None:
    number = desk.make(type="Task")["id"]
    here = {"System.TeamProject": "Ops"}
    refused = desk.patch(f"wit/workItems/{number}", fields_of(here))
    assert refused.json()["typeKey"] == "WorkItemTargetAreaPathNotProvidedException"
    there = {**here, "System.AreaPath": "Ops", "System.IterationPath": "Ops", "System.WorkItemType": "Issue"}
    moved = desk.set(number, {**there, "System.State": "Doing"})
    assert (moved["fields"]["System.WorkItemType"], moved["fields"]["System.State"]) == ("Issue", "Doing")
    assert desk.ask("GET", f"Shop/_apis/wit/workItems/{number}").status_code == 404
    feed = desk.read("Shop/_apis/wit/reporting/workItemRevisions")["values"]
    assert [one["rev"] for one in feed if one["id"] == number] == [1]


def test_a_node_that_is_renamed_takes_its_work_items_along_unseen(desk: Desk) -> None:
    made = desk.ask("POST", f"{PROJECT}/_apis/wit/classificationNodes/areas", "ada", json={"name": "Old"})
    assert made.status_code == 201
    number = desk.make(fields={"System.AreaPath": "Shop\\Old"})["id"]
    path = f"{PROJECT}/_apis/wit/classificationNodes/areas/Old"
    assert desk.ask("PATCH", path, "ada", json={"name": "New"}).status_code == 200
    item = desk.item(number)
    assert (item["rev"], item["fields"]["System.AreaPath"]) == (1, "Shop\\New")
    assert (
        message(desk.patch(f"wit/workItems/{number}", fields_of({"System.AreaPath": "Shop\\Old"})))
        == f"400 TF401347: Invalid tree name given for work item {number}, field 'System.AreaPath'."
    )
    assert desk.ask("DELETE", path.replace("Old", "New"), "ada").status_code == 204
    assert (desk.item(number)["rev"], desk.item(number)["fields"]["System.AreaPath"]) == (1, "Shop")


def test_iterations_have_dates(desk: Desk) -> None:
    path = f"{PROJECT}/_apis/wit/classificationNodes/iterations"
    dates = {"startDate": "2026-03-01T00:00:00Z", "finishDate": "2026-03-14T00:00:00Z"}
    made = desk.ask("POST", path, "ada", json={"name": "Sprint 1", "attributes": dates})
    assert (made.status_code, made.json()["attributes"], made.headers["Location"]) == (201, dates, made.json()["url"])
    assert desk.ask("POST", path, "ada", json={"name": "sprint 1"}).status_code == 409
    assert desk.ask("POST", path, "david", json={"name": "Sprint 2"}).status_code == 403
    tree = desk.read(f"{PROJECT}/_apis/wit/classificationNodes", _depth=2)["value"]
    assert [one["name"] for one in tree[1]["children"]] == ["Sprint 1"]
    assert (
        desk.make(fields={"System.IterationPath": "Shop\\Sprint 1"})["fields"]["System.IterationPath"]
        == "Shop\\Sprint 1"
    )


# ---- $batch


def test_a_batch_saves_many_each_for_itself(desk: Desk) -> None:
    number = desk.make()["id"]
    heads = {"Content-Type": PATCH}

    def part(document: Any, uri: str = f"/_apis/wit/workItems/{number}?api-version=7.1") -> dict[str, Any]:
        return {"method": "PATCH", "uri": uri, "headers": heads, "body": document}

    parts = [
        part(fields_of({"System.Title": "by batch"})),
        part([{"op": "test", "path": "/rev", "value": 1}, *fields_of({"System.Title": "stale"})]),
        part(fields_of({"System.Title": "made"}), "/Shop/_apis/wit/workItems/$Task?api-version=7.1"),
    ]
    answer = desk.ask("POST", "wit/$batch", json=parts).json()
    assert [one["code"] for one in answer["value"]] == [200, 412, 200]
    assert desk.item(number)["fields"]["System.Title"] == "by batch"
    desk.control.settings(NAME, batch=False)
    assert desk.ask("POST", "wit/$batch", json=parts).status_code == 404


# ---- the start, and pages


def test_the_world_file_says_what_is_there(desk: Desk) -> None:
    number = desk.find("[System.Title] = 'Checkout is slow'")[0]
    fields = desk.item(number)["fields"]
    assert (fields["System.State"], fields["System.AreaPath"], fields["System.Tags"]) == (
        "Active",
        "Shop\\Network",
        "checkout",
    )
    assert (fields["System.AssignedTo"]["displayName"], fields[REPRO_STEPS]) == (
        "Marco Global",
        "<p>Since <b>Monday</b></p>",
    )
    assert [one["text"] for one in desk.comments(number)] == ["<div>Looking at it</div>"]


def test_people_watch_and_act_on_pages(desk: Desk) -> None:
    number = desk.find("[System.Title] = 'Checkout is slow'")[0]
    page = requests.get(f"{desk.place.url}/ui/tickets/{number}", timeout=10).text
    assert ("Since Monday" in page, "Looking at it" in page, "Azure DevOps" in page) == (True, True, True)
    form = {"who": "david", "status": "Resolved", "status_was": "Active", "comment": "fixed <it>"}
    files = {"files": ("log.txt", b"lines")}
    done = requests.post(f"{desk.place.url}/ui/tickets/{number}", data=form, files=files, timeout=10)
    assert done.status_code == 200
    item = desk.item(number)
    assert (item["fields"]["System.State"], item["fields"]["System.Reason"]) == ("Resolved", "Fixed")
    assert desk.comments(number)[0]["text"] == "fixed &lt;it&gt;"
    assert item["relations"][0]["attributes"]["name"] == "log.txt"
    made = requests.post(
        f"{desk.place.url}/ui/new", data={"who": "marco", "title": "By page", "comment": "so"}, timeout=10
    )
    assert "By page" in made.text
    wrong = {"who": "david", "status": "Nowhere", "status_was": "Resolved"}
    refused = requests.post(f"{desk.place.url}/ui/tickets/{number}", data=wrong, timeout=10)
    assert (refused.status_code, "TF401320" in refused.text) == (422, True)
    assert ('name="internal"' in page, "not for the customer" in refused.text) == (False, False)
    secret = {"who": "david", "comment": "hush", "internal": "true"}
    refused = requests.post(f"{desk.place.url}/ui/tickets/{number}", data=secret, timeout=10)
    assert (refused.status_code, len(desk.comments(number))) == (422, 2)
    html = item["_links"]["html"]["href"]
    assert requests.get(html, timeout=10).url.endswith(f"/ui/tickets/{number}")


def test_a_bug_s_description_is_not_on_its_form(desk: Desk) -> None:
    number = desk.make(fields={"System.Description": "unseen words", REPRO_STEPS: "seen words"})["id"]
    page = requests.get(f"{desk.place.url}/ui/tickets/{number}", timeout=10).text
    assert ("seen words" in page, "unseen words" in page) == (True, False)
    assert desk.item(number)["fields"]["System.Description"] == "unseen words"


def test_saved_queries_run_by_their_ids(desk: Desk) -> None:
    wiql = "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project"
    path = f"{PROJECT}/_apis/wit/queries/Shared%20Queries"
    made = desk.ask("POST", path, json={"name": "All of it", "wiql": wiql})
    assert made.status_code == 201
    answer = desk.ask("GET", f"wit/wiql/{made.json()['id']}")
    assert int(answer.headers["X-Total-Count"]) == len(answer.json()["workItems"]) > 0
    assert desk.read(f"{PROJECT}/_apis/wit/queries/Shared Queries/All of it")["wiql"] == wiql
    renamed = desk.ask("PATCH", f"{PROJECT}/_apis/wit/queries/{made.json()['id']}", json={"name": "All"})
    assert (renamed.status_code, renamed.json()["name"], renamed.json()["wiql"]) == (200, "All", wiql)
    assert desk.ask("DELETE", f"{PROJECT}/_apis/wit/queries/Shared Queries/All").status_code == 204
    assert desk.ask("GET", f"wit/wiql/{made.json()['id']}").status_code == 404


def test_comments_need_the_preview_flag(desk: Desk) -> None:
    number = desk.make()["id"]
    path = f"{PROJECT}/_apis/wit/workItems/{number}/comments"
    assert desk.ask("POST", path, json={"text": "x"}, params={"api-version": "7.1"}).status_code == 400
    assert desk.ask("POST", path, json={"text": "x"}, params={"api-version": COMMENTS}).status_code == 200
