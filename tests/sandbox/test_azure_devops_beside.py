# SPDX-License-Identifier: Apache-2.0
"""What stands beside a work item in the simulated Azure DevOps: comments, files, links, the bin, batches, pages."""

from collections.abc import Iterator
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
CHILD, PARENT = "System.LinkTypes.Hierarchy-Forward", "System.LinkTypes.Hierarchy-Reverse"


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


# ---- relations


def test_files_are_uploaded_and_then_related(desk: Desk) -> None:
    number = desk.make()["id"]
    held = desk.attach(number, "übersicht 1.txt", b"lines", comment="the log")
    (relation,) = held["relations"]
    assert relation["attributes"] | {"authorizedDate": 0, "resourceCreatedDate": 0, "resourceModifiedDate": 0} == {
        "authorizedDate": 0,
        "id": relation["attributes"]["id"],
        "resourceCreatedDate": 0,
        "resourceModifiedDate": 0,
        "revisedDate": "9999-01-01T00:00:00Z",
        "resourceSize": 5,
        "comment": "the log",
        "name": "übersicht 1.txt",
    }
    auth = ("", desk.place.people["marco"].token or "")
    assert requests.get(relation["url"], auth=auth, timeout=10).content == b"lines"
    assert desk.item(number)["rev"] == 2


def test_a_file_comes_in_pieces(desk: Desk) -> None:
    made = desk.ask("POST", "wit/attachments", params={"fileName": "big.bin", "uploadType": "chunked"})
    assert made.status_code == 202
    path = f"wit/attachments/{made.json()['id']}"
    for start, piece in ((0, b"abc"), (3, b"de")):
        heads = {
            "Content-Range": f"bytes {start}-{start + len(piece) - 1}/5",
            "Content-Type": "application/octet-stream",
        }
        assert desk.ask("GET", path).status_code == 404
        assert desk.ask("PUT", path, data=piece, headers=heads).status_code == 201
    assert desk.ask("GET", path).content == b"abcde"


def test_files_have_limits(desk: Desk) -> None:
    desk.control.settings(NAME, attachment_limit=1, attachments_per_item=1)
    number = desk.make()["id"]
    too_large = desk.ask("POST", "wit/attachments", data=b"x" * (1024 * 1024 + 1), params={"fileName": "large"})
    assert message(too_large).startswith("400 TF400973")
    desk.attach(number, "one", b"1")
    url = desk.ask("POST", "wit/attachments", data=b"2", params={"fileName": "two"}).json()["url"]
    document = [{"op": "add", "path": "/relations/-", "value": {"rel": "AttachedFile", "url": url}}]
    assert message(desk.patch(f"wit/workItems/{number}", document)).startswith("400 VS403311")
    assert desk.item(number)["rev"] == 2


def test_relations_come_in_an_order_of_their_own_and_go_by_it(desk: Desk) -> None:
    number = desk.make()["id"]
    urls = [f"https://example.com/{place}" for place in range(6)]
    document = [{"op": "add", "path": "/relations/-", "value": {"rel": "Hyperlink", "url": url}} for url in urls]
    shown = [one["url"] for one in desk.patch(f"wit/workItems/{number}", document).json()["relations"]]
    assert sorted(shown) == urls
    assert shown != urls
    left = desk.patch(f"wit/workItems/{number}", [{"op": "remove", "path": f"/relations/{n}"} for n in (4, 1)]).json()
    assert [one["url"] for one in left["relations"]] == [shown[0], shown[2], shown[3], shown[5]]
    removed = desk.read(f"wit/workItems/{number}/updates")["value"][-1]["relations"]["removed"]
    assert {one["url"] for one in removed} == {shown[1], shown[4]}


def test_a_relation_is_there_once_and_its_comment_can_change(desk: Desk) -> None:
    number = desk.make()["id"]
    desk.relate(number, "Hyperlink", "https://example.com/a")
    twice = [{"op": "add", "path": "/relations/-", "value": {"rel": "hyperlink", "url": "https://example.com/a"}}]
    refused = desk.patch(f"wit/workItems/{number}", [*twice, *fields_of({"System.Title": "not this"})])
    assert refused.json()["typeKey"] == "RelationAlreadyExistsException"
    assert desk.item(number)["fields"]["System.Title"] == "Help"
    document = [{"op": "replace", "path": "/relations/0/attributes/comment", "value": "why"}]
    told = desk.patch(f"wit/workItems/{number}", document).json()
    assert told["relations"][0]["attributes"]["comment"] == "why"


def test_nobody_has_two_parents_or_is_its_own(desk: Desk) -> None:
    child, one, other = (desk.make(type="Task")["id"] for _ in range(3))
    desk.link(one, CHILD, child)
    assert desk.item(child)["fields"]["System.Parent"] == one

    def refused(number: int, rel: str, target: int) -> str:
        value = {"rel": rel, "url": f"{desk.url}/_apis/wit/workItems/{target}"}
        return message(desk.patch(f"wit/workItems/{number}", [{"op": "add", "path": "/relations/-", "value": value}]))

    assert refused(other, CHILD, child).startswith("400 TF201036")
    assert refused(child, PARENT, other).startswith("400 TF201036")
    assert refused(child, CHILD, one).startswith("400 TF201035")
    assert refused(child, PARENT, child).startswith("400 TF201035")
    assert refused(child, "System.LinkTypes.Nothing", one).startswith("400 VS402613")
    assert refused(child, "System.LinkTypes.Related", 10**6).startswith("404 TF401232")


def test_a_new_work_item_may_come_with_relations(desk: Desk) -> None:
    parent = desk.make(type="Feature")["id"]
    value = {"rel": PARENT, "url": f"{desk.url}/_apis/wit/workItems/{parent}"}
    marker = {"rel": "Hyperlink", "url": "https://mercuri.example/7", "attributes": {"comment": "from Mercuri"}}
    document = [
        *fields_of({"System.Title": "Child"}),
        *({"op": "add", "path": "/relations/-", "value": one} for one in (value, marker)),
    ]
    made = desk.patch(f"{PROJECT}/_apis/wit/workItems/$Task", document, "david", "POST").json()
    assert (made["rev"], made["fields"]["System.Parent"], len(made["relations"])) == (1, parent, 2)
    (first,) = desk.read(f"wit/workItems/{made['id']}/updates")["value"]
    assert {one["rel"] for one in first["relations"]["added"]} == {PARENT, "Hyperlink"}


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
    assert desk.ask("DELETE", path.replace("Old", "New"), "ada").status_code == 200


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


def test_comments_need_the_preview_flag(desk: Desk) -> None:
    number = desk.make()["id"]
    path = f"{PROJECT}/_apis/wit/workItems/{number}/comments"
    assert desk.ask("POST", path, json={"text": "x"}, params={"api-version": "7.1"}).status_code == 400
    assert desk.ask("POST", path, json={"text": "x"}, params={"api-version": COMMENTS}).status_code == 200
