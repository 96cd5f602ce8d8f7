# SPDX-License-Identifier: Apache-2.0
"""Relations of work items in the simulated Azure DevOps: files, addresses, and links between work items."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from support.azure_devops import NAME, PROJECT, Desk, fields_of, running_desk

CHILD, PARENT = "System.LinkTypes.Hierarchy-Forward", "System.LinkTypes.Hierarchy-Reverse"


@pytest.fixture(scope="module")
def shared() -> Iterator[Desk]:
    with running_desk() as desk:
        yield desk


@pytest.fixture
def desk(shared: Desk) -> Iterator[Desk]:
    """Settings as at the start; work items of other tests remain."""
    before = shared.control.settings(NAME)
    yield shared
    shared.control.settings(NAME, **before)


def message(answer: Any) -> str:
    return f"{answer.status_code} {answer.json()['message']}"


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
        put = desk.ask("PUT", path, data=piece, headers=heads)
        assert (put.status_code, "Location" in put.headers) == (202 if start == 0 else 201, True)
    assert desk.ask("GET", path).content == b"abcde"


@pytest.mark.parametrize(
    ("name", "kind", "away"),
    [
        ("a.png", "image/png", False),
        ("a.pdf", "application/pdf", False),
        ("a.svg", "application/octet-stream", True),
        ("a.html", "application/octet-stream", True),
        ("", "application/octet-stream", True),
    ],
)
def test_files_are_shown_by_the_name_in_their_address(desk: Desk, name: str, kind: str, away: bool) -> None:
    stored = desk.ask("POST", "wit/attachments", data=b"x", params={"fileName": "stored.png"}).json()["id"]
    answer = desk.ask("GET", f"wit/attachments/{stored}", params={"fileName": name})
    assert (answer.headers["Content-Type"], "Content-Disposition" in answer.headers) == (kind, away)


def test_files_have_limits(desk: Desk) -> None:
    desk.control.settings(NAME, attachment_limit=1, attachments_per_item=1)
    number = desk.make()["id"]
    too_large = desk.ask("POST", "wit/attachments", data=b"x" * (1024 * 1024 + 1), params={"fileName": "large"})
    assert message(too_large).startswith("400 The attachment exceeds")
    desk.attach(number, "one", b"1")
    url = desk.ask("POST", "wit/attachments", data=b"2", params={"fileName": "two"}).json()["url"]
    document = [{"op": "add", "path": "/relations/-", "value": {"rel": "AttachedFile", "url": url}}]
    assert message(desk.patch(f"wit/workItems/{number}", document)).startswith(
        "400 A work item can have at most 1 attachments"
    )
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
    assert "System.LinkTypes.Nothing" in refused(child, "System.LinkTypes.Nothing", one)
    assert refused(child, "System.LinkTypes.Related", 10**6).startswith("404 TF401232")


def test_successors_lead_back_to_nobody(desk: Desk) -> None:
    numbers = [desk.make()["id"] for _ in range(3)]
    for here, there in ((0, 1), (1, 2)):
        desk.link(numbers[here], "System.LinkTypes.Dependency-Forward", numbers[there])
    value = {"rel": "System.LinkTypes.Dependency-Forward", "url": f"{desk.url}/_apis/wit/workItems/{numbers[0]}"}
    refused = desk.patch(f"wit/workItems/{numbers[2]}", [{"op": "add", "path": "/relations/-", "value": value}])
    assert message(refused).startswith("400 TF201035")
    desk.link(numbers[2], "System.LinkTypes.Related", numbers[0])


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


@pytest.mark.parametrize(
    ("mode", "kind", "shown"),
    [
        ("MustContain", "oneHop", [(None, "top"), ("top", "left"), ("top", "right"), (None, "left"), ("left", "leaf")]),
        ("DoesNotContain", "oneHop", [(None, "right"), (None, "leaf")]),
        ("Recursive", "tree", [(None, "top"), ("top", "left"), ("left", "leaf"), ("top", "right")]),
    ],
)
def test_queries_over_links_answer_with_pairs(desk: Desk, mode: str, kind: str, shown: list[Any]) -> None:
    numbers = {name: desk.make(type="Task", title=f"{mode} {name}")["id"] for name in ("top", "left", "right", "leaf")}
    for parent, child in (("top", "left"), ("top", "right"), ("left", "leaf")):
        desk.link(numbers[parent], CHILD, numbers[child])
    text = (
        f"SELECT [System.Id] FROM WorkItemLinks WHERE ([Source].[System.Title] CONTAINS '{mode} ') AND "
        f"([System.Links.LinkType] = '{CHILD}') AND ([Target].[System.WorkItemType] <> '') MODE ({mode})"
    )
    answer = desk.ask("POST", "wit/wiql", json={"query": text}).json()
    names = {number: name for name, number in numbers.items()}
    found = [
        (names[one["source"]["id"]] if "source" in one else None, names[one["target"]["id"]])
        for one in answer["workItemRelations"]
    ]
    assert (answer["queryType"], answer["queryResultType"], "workItems" in answer) == (kind, "workItemLink", False)
    assert found == shown
    path = f"{PROJECT}/_apis/wit/queries/Shared%20Queries"
    saved = desk.ask("POST", path, json={"name": f"Links {mode}", "wiql": text}).json()
    assert saved["queryType"] == kind
    assert desk.read(f"wit/wiql/{saved['id']}")["workItemRelations"]
    wrong = [
        text.replace(") AND ([Target]", " OR [Target]"),
        text.replace(CHILD, "System.LinkTypes.Nothing"),
        text.replace(CHILD, "System.LinkTypes.Related").replace(mode + ")", "Recursive)"),
        text.replace(f"({mode})", "(Somehow)"),
    ]
    assert [desk.ask("POST", "wit/wiql", json={"query": one}).status_code for one in wrong] == [400] * 4
