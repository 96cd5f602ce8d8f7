# SPDX-License-Identifier: Apache-2.0
"""The simulated Zendesk's answers have the keys, types, statuses and headers of recorded ones."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from support import material
from support.material import demand
from support.zendesk import ZendeskDesk

RECORDED = demand(material.RECORDED / "zendesk")
FILES = ("TestAttachmentUpload", "TestTags", "TestTicketCreateUpdateDelete")

# Keys that the recorded accounts always fill and that Zendesk's description calls optional: null here.
NULLABLE = {"organization_id", "custom_role_id", "last_login_at"}
# Recorded in 2024 only, on the one ticket of that year; the others are of 2023.
NEWER = {"generated_timestamp"}
# Keys whose content differs by account or request; only their type is compared.
OPEN = {"custom_fields", "fields", "user_fields", "custom", "from", "to"}


def exchanges() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every recorded exchange: method, path without numbers and query, response."""
    for name in FILES:
        for cassette in json.loads((RECORDED / f"{name}.cassettes.json").read_text())["interactions"]:
            for exchange in cassette["interactions"]:
                path = exchange["request"]["uri"].split("/api/v2/")[1].split("?")[0].removesuffix(".json")
                path = re.sub(r"(?<=uploads/)\w+|V3-\w+|\d+", "N", path)
                yield exchange["request"]["method"], path, exchange["response"]


def recorded(method: str, path: str, status: int) -> list[dict[str, Any]]:
    found = [r for m, p, r in exchanges() if (m, p, r["status"]["code"]) == (method, path, status)]
    assert found, f"nothing recorded for {method} {path} {status}"
    return found


def kind(value: Any) -> str:
    return "number" if type(value) in (int, float) else type(value).__name__


def misfits(ours: Any, theirs: list[Any], where: str = "") -> list[str]:
    """How `ours` differs in keys and types from all that was recorded at the same place."""
    kinds = {kind(value) for value in theirs}
    key = where.rsplit(".", 1)[-1]
    if kind(ours) not in kinds and kinds != {"NoneType"} and not (ours is None and key in NULLABLE):
        return [f"{where}: {kind(ours)}, recorded {kinds}"]
    if key in OPEN:
        return []
    if isinstance(ours, list):
        items = [item for value in theirs if isinstance(value, list) for item in value]
        return [m for item in ours if items for m in misfits(item, _alike(item, items), f"{where}[]")]
    if not isinstance(ours, dict):
        return []
    dicts = [value for value in theirs if isinstance(value, dict)]
    always = set.intersection(*(set(value) for value in dicts)) if dicts else set()
    ever = {key for value in dicts for key in value}
    found = [f"{where}.{key}: missing" for key in sorted(always - set(ours))]
    for key, value in ours.items():
        if key in ever:
            found += misfits(value, [d[key] for d in dicts if key in d], f"{where}.{key}")
        elif dicts and key not in NEWER:
            found.append(f"{where}.{key}: never recorded")
    return found


def _alike(item: Any, items: list[Any]) -> list[Any]:
    """Events are compared with events of their own type."""
    if isinstance(item, dict) and "type" in item:
        return [other for other in items if other.get("type") == item["type"]] or items
    return items


def check(answer: requests.Response, path: str) -> None:
    method = str(answer.request.method)
    theirs = recorded(method, path, answer.status_code)
    if theirs[0]["body"] is None:
        assert answer.content == b""
    else:
        assert misfits(answer.json(), [r["body"] for r in theirs]) == []
        types = {_header(r, "content-type").split(";")[0] for r in theirs}
        assert answer.headers["content-type"].split(";")[0] in types
    wanted = ("location", "cache-control", "x-rate-limit", "x-rate-limit-remaining")
    for name in wanted:
        if all(_header(r, name) for r in theirs):
            assert name in answer.headers, f"{method} {path} lacks {name}"
    if _header(theirs[0], "cache-control"):
        assert answer.headers["cache-control"] in {_header(r, "cache-control") for r in theirs}


def _header(response: dict[str, Any], name: str) -> str:
    values = {key.lower(): value for key, value in response["headers"].items()}
    return str(values.get(name, ""))


def test_the_life_of_a_ticket_looks_as_recorded(desk: ZendeskDesk) -> None:
    upload = desk.ask("POST", "uploads.json?filename=README.md", data=b"# Read me", headers={"Content-Type": "text/x"})
    token = upload.json()["upload"]["token"]
    created = desk.ask(
        "POST", "tickets.json", json={"ticket": {"subject": "s", "comment": {"body": "b", "uploads": token}}}
    )
    number = created.json()["ticket"]["id"]
    updated = desk.change(number, description="ignored", id=number, subject="t")
    comments = desk.ask("GET", f"tickets/{number}/comments.json?page[size]=100&include_inline_images=false")
    comment = comments.json()["comments"][0]
    file = comment["attachments"][0]
    redacted = desk.ask(
        "PUT", f"tickets/{number}/comments/{comment['id']}/attachments/{file['id']}/redact.json", json={}
    )
    deleted = desk.ask("DELETE", f"tickets/{number}.json")

    check(upload, "uploads")
    check(created, "tickets")
    check(updated, "tickets/N")
    check(comments, "tickets/N/comments")
    check(redacted, "tickets/N/comments/N/attachments/N/redact")
    check(deleted, "tickets/N")


def test_the_events_of_a_change_are_as_recorded(desk: ZendeskDesk) -> None:
    """Recorded: an update with a new subject and a description that nothing takes."""
    made = desk.make(subject="test")["id"]
    (event,) = desk.change(made, subject="new", description="new").json()["audit"]["events"]
    (theirs,) = recorded("PUT", "tickets/N", 200)[0]["body"]["audit"]["events"]

    assert list(event) == list(theirs)
    assert (event["type"], event["field_name"], event["previous_value"]) == ("Change", "subject", "test")


def test_the_events_of_a_creation_come_in_the_recorded_order(desk: ZendeskDesk) -> None:
    events = desk.ask("POST", "tickets", json={"ticket": {"subject": "s", "comment": "c"}}).json()["audit"]["events"]
    # The sandbox's people belong to no organization.
    theirs = [
        (e["type"], e.get("field_name"))
        for e in recorded("POST", "tickets", 201)[-1]["body"]["audit"]["events"]
        if e.get("field_name") != "organization_id"
    ]

    assert [(e["type"], e.get("field_name")) for e in events] == theirs


def test_bulk_jobs_look_as_recorded(desk: ZendeskDesk) -> None:
    queued = desk.ask("POST", "tickets/create_many.json", json={"tickets": [{"description": "t", "subject": "t"}] * 3})
    check(queued, "tickets/create_many")
    job = desk.finished(queued)
    ids = [result["id"] for result in job["results"]]
    check(desk.ask("GET", f"job_statuses/{job['id']}.json"), "job_statuses/N")
    check(desk.ask("GET", "tickets/show_many.json?ids=" + ",".join(map(str, ids))), "tickets/show_many")

    updating = desk.ask("PUT", "tickets/update_many.json", json={"tickets": [{"id": ids[0], "subject": "u"}]})
    check(updating, "tickets/update_many")
    updated = desk.finished(updating)
    check(desk.ask("GET", f"job_statuses/{updated['id']}.json"), "job_statuses/N")
    check(desk.ask("DELETE", "tickets/destroy_many.json?ids=" + ",".join(map(str, ids))), "tickets/destroy_many")


def test_errors_are_word_for_word_as_recorded(desk: ZendeskDesk) -> None:
    missing = 9223372036854775807
    many = [{"subject": "t"}] * 101
    answers = [
        ("tickets/N", desk.ask("DELETE", f"tickets/{missing}.json")),
        ("tickets/N", desk.ask("PUT", f"tickets/{missing}.json", json={"ticket": {"subject": "x"}})),
        ("tickets/create_many", desk.ask("POST", "tickets/create_many.json", json={"tickets": many})),
    ]

    for path, answer in answers:
        check(answer, path)
        assert answer.json() == recorded(str(answer.request.method), path, answer.status_code)[0]["body"]


def test_people_brands_tags_and_uploads_look_as_recorded(desk: ZendeskDesk) -> None:
    desk.make(tags=["sample"])
    token = desk.ask("POST", "uploads.json?filename=a", data=b"a").json()["upload"]["token"]

    check(desk.ask("GET", f"users/{desk.user_id('anna')}.json"), "users/N")
    check(desk.ask("GET", f"brands/{desk.make()['brand_id']}.json"), "brands/N")
    check(desk.ask("GET", "tags.json?page[size]=100"), "tags")
    check(desk.ask("GET", "tags.json"), "tags")
    check(desk.ask("DELETE", f"uploads/{token}.json"), "uploads/N")


@pytest.mark.parametrize("spelling", ["ratelimit", "rate-limit"])
def test_rate_headers_come_in_both_recorded_spellings(desk: ZendeskDesk, spelling: str) -> None:
    desk.control.settings(desk.place.name, rate_headers=spelling)
    ours = {name for name in desk.ask("GET", "users/me").headers if "rate" in name.lower() and "limit" in name.lower()}
    theirs = [
        {name.lower() for name in response["headers"] if re.fullmatch(r"(x-)?rate-?limit(-\w+)?", name.lower())}
        for _, _, response in exchanges()
    ]

    assert {name.lower() for name in ours} in theirs


def test_a_comparison_would_notice_a_difference() -> None:
    theirs = [{"a": 1, "b": [{"type": "x", "c": None}]}]

    assert misfits({"a": 1, "b": [{"type": "x", "c": "anything"}]}, theirs) == []
    assert misfits({"a": "1", "b": [{"type": "x", "d": 1}]}, theirs) == [
        ".a: str, recorded {'number'}",
        ".b[].c: missing",
        ".b[].d: never recorded",
    ]
