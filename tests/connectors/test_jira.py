# SPDX-License-Identifier: Apache-2.0
"""What the connector reads of a Jira site, and what never leaves it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from connectors.jira_house import CUSTOMER, READ, SCOPE, SHOP, House, open_house
from support.jira import JIRA, doc
from tandem.connectors.base import Condition, Cursor
from tandem.core.values import from_utc_text, utc_text
from tandem.errors import ConfigurationError

PAST = "2000-01-01T00:00:00.000Z"


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_house() as house:
        yield house


def _seen(jira, cursor):
    pages = list(jira.changed_since(cursor))
    return {seen.id: seen for page in pages for seen in page.seen}, pages[-1].cursor


# ---- what changed


def test_the_cursor_is_the_newest_change_seen_and_never_the_clock(house):
    first, second = house.make(), house.make()
    jira = house.jira()
    seen, cursor = _seen(jira, PAST)
    assert jira.capabilities.cursor is Cursor.TIME
    assert seen[first].version < seen[second].version == cursor
    assert seen[first].created_at == house.record(first).created_at
    house.site.control.advance(3600)
    assert _seen(jira, cursor)[1].removesuffix(" still") == cursor


def test_nothing_new_costs_one_request(house):
    house.make()
    jira = house.jira()
    _, cursor = _seen(jira, PAST)
    with house.asked() as asked:
        _seen(jira, cursor)
    assert [entry["path"] for entry in asked] == ["/rest/api/3/search/jql"]


def test_an_issue_that_just_left_the_scope_is_still_seen(house):
    issue = house.make()
    house.site.edit(issue, labels=[])
    seen, _ = _seen(house.jira(), PAST)
    assert not seen[issue].in_scope


def test_the_search_goes_back_far_enough_for_its_lag(house):
    """An older change that the index shows later than a newer one is seen all the same."""
    jira = house.jira(search_delay=30)
    late = house.make()
    house.site.control.advance(20)
    newest = house.make()
    cursor = house.record(newest).version
    seen, again = _seen(jira, cursor)
    assert {late, newest} <= seen.keys()
    assert again == cursor
    house.site.control.advance(60)
    third = house.make()
    assert late not in _seen(jira, house.record(third).version)[0]


def test_the_first_cursor_is_in_the_trackers_time(house):
    house.site.control.advance(7200, JIRA)
    jira = house.jira()
    there = house.record(house.make()).updated_at
    here = datetime.now(UTC)
    assert there - here > timedelta(hours=1)
    assert abs(from_utc_text(jira.start(here)) - there) < timedelta(seconds=5)


def test_pages_follow_one_another_to_the_end(house):
    made = {house.make() for _ in range(7)}
    with house.site.settings(page_size=3):
        pages = list(house.jira().changed_since(PAST))
        listed = list(house.jira().in_scope())
    assert len(pages) > 2 and made <= {seen.id for page in pages for seen in page.seen}
    cursors = [page.cursor for page in pages]
    assert cursors == sorted(cursors)
    assert made <= {seen.id for page in listed for seen in page.seen}


def test_a_project_out_of_sight_stops_no_other(house):
    scope = (Condition("project", in_=("SHOP", "VAULT")),)
    issue = house.make()
    jira = house.jira(scope=scope)
    assert issue in _seen(jira, PAST)[0]
    assert issue in {seen.id for page in jira.in_scope() for seen in page.seen}
    blind = house.jira(scope=(Condition("project", is_="VAULT"),))
    cursor = utc_text(house.record(issue).updated_at)
    assert [(page.seen, page.cursor) for page in blind.changed_since(cursor)] == [((), cursor)]


def test_a_query_that_jira_refuses_is_the_configurations_fault(house):
    with pytest.raises(ConfigurationError):
        list(house.jira(query="no such thing").in_scope())


# ---- scope


def test_listing_and_reading_agree_on_scope(house):
    inside = house.make(priority={"name": "High"})
    outside = [house.make(labels=["kiosk"]), house.make(project="OPS"), house.make(security={"name": "Confidential"})]
    jira = house.jira(scope=(*SCOPE, Condition("priority", in_=("High", "Medium"))))
    listed = {seen.id for page in jira.in_scope() for seen in page.seen}
    assert inside in listed and not listed & set(outside)
    read = {record.id: record for record in jira.fetch([inside, *outside])}
    assert {issue: read[issue].scope_reason for issue in outside} == dict(
        zip(outside, ["labels", "project", "restricted"], strict=True)
    )
    assert read[inside].in_scope and read[inside].scope_reason == ""


def test_a_restricted_issue_is_read_only_where_its_level_is_named(house):
    issue = house.make(security={"name": "Confidential"})
    level = Condition("security", in_=("Confidential",))
    assert not house.record(issue).in_scope
    assert house.record(issue, scope=(*SCOPE, level)).in_scope


def test_out_of_scope_nothing_is_told_but_where_it_is(house):
    issue = house.make(summary="The board's secret", labels=["internal"], assignee={"id": house.site.account("omar")})
    record = house.record(issue, read=READ | {"reporter"})
    assert (record.fields, record.people, record.reporter, record.type) == ({}, {}, None, "")
    assert record.place == "SHOP" and record.key.startswith("SHOP-")
    assert "secret" not in repr(record)


def test_a_raw_query_narrows_and_is_asked_for_each_read(house):
    inside, outside = house.make(summary="cart broken"), house.make(summary="till broken")
    jira = house.jira(query="summary ~ cart OR summary ~ basket")
    records = {record.id: record.scope_reason for record in jira.fetch([inside, outside])}
    assert records == {inside: "", outside: "query"}
    seen, _ = _seen(jira, PAST)
    assert (seen[inside].in_scope, seen[outside].in_scope) == (True, False)
    listed = {seen.id for page in jira.in_scope() for seen in page.seen}
    assert inside in listed and outside not in listed


def test_a_raw_query_is_answered_for_what_the_index_does_not_know_yet(house):
    with house.site.settings(search_lag=3600):
        issue = house.make(summary="cart broken")
        assert house.record(issue, query="summary ~ cart").in_scope


# ---- issues by id


def test_fields_come_flat_and_only_those_that_are_needed(house):
    omar = house.site.account("omar")
    issue = house.make(
        summary="Cart forgets the coupon",
        description=doc("As told"),
        priority={"name": "High"},
        labels=["kiosk", "customer"],
        assignee={"id": omar},
        customfield_10053=[{"value": "South"}, {"value": "North"}],
        customfield_10054="2026-11-25T11:05:00.250+0100",
    )
    with house.asked() as asked:
        record = house.record(issue, read=READ | {"duedate", "customfield_10053", "customfield_10054"})
    assert record.fields == {
        "summary": "Cart forgets the coupon",
        "description": doc("As told"),
        "status": house.status("To Do"),
        "priority": "2",
        "labels": ["customer", "kiosk"],
        "assignee": omar,
        "duedate": None,
        "customfield_10042": None,
        "customfield_10053": sorted(record.fields["customfield_10053"]),
        "customfield_10054": "2026-11-25T10:05:00.250Z",
    }
    assert record.people[omar].name == "Omar Haddad" and record.people[omar].email is None  # hidden by his profile
    (request,) = asked
    scope = {"project", "security", "labels"}
    always = {"created", "updated", "issuetype", "status", "reporter"}
    assert set(json.loads(request["body"])["fields"]) == set(record.fields) | scope | always


@pytest.mark.parametrize("offered", ["reporter", "description"])
def test_who_opened_an_issue_is_told_if_that_or_the_text_is_offered(house, offered):
    issue = house.make()
    without = READ - {"reporter", "description"}
    assert house.record(issue, read=without | {offered}).reporter.name == "Elaine Moreau"
    with house.asked() as asked:
        assert house.record(issue, read=without).reporter is None
    assert not any("reporter" in request["body"] for request in asked)


def test_what_is_gone_or_unseen_is_left_out(house):
    issue, gone = house.make(), house.make()
    hidden = house.make(by="elaine", project="VAULT")
    assert house.site.ask("DELETE", f"3/issue/{gone}").status_code == 204
    assert [record.id for record in house.jira().fetch([gone, issue, hidden, "99999"])] == [issue]


def test_a_moved_issue_keeps_its_id(house):
    issue = house.make()
    before = house.record(issue)
    kind = next(one["id"] for one in house.site.get("3/issuetype") if one["name"] == "Task")
    moving = {"targetToSourcesMapping": {f"OPS,{kind}": {"issueIdsOrKeys": [issue]}}}
    assert house.site.ask("POST", "3/bulk/issues/move", json=moving).ok
    after = house.record(issue)
    assert (after.id, after.place, after.in_scope, after.scope_reason) == (issue, "OPS", False, "project")
    assert after.key.startswith("OPS-") and after.version > before.version
    assert house.record(issue, scope=(CUSTOMER,)).url.endswith(f"/browse/{after.key}")


# ---- history


def _history(house, issue, **needs):
    return house.jira(**needs).history([issue])[issue]


def test_changes_are_told_with_author_order_and_ids(house):
    issue = house.make()
    house.site.edit(issue, "omar", labels=["customer", "kiosk"], priority={"name": "Low"}, duedate="2026-12-01")
    house.site.edit(issue, "elaine", summary="New", description=doc("More"))
    house.site.go(issue, "Start", "omar")
    found = _history(house, issue)
    assert found.whole
    told = [(entry.field, entry.before, entry.after, entry.author.name) for entry in found.entries]
    assert sorted(told[:2]) == [
        ("labels", ["customer"], ["customer", "kiosk"], "Omar Haddad"),
        ("priority", "3", "4", "Omar Haddad"),
    ]
    assert told[2][:3] == ("description", None, None)  # wiki text, which cannot be compared
    assert told[3][0] == "summary" and told[3][2] == "New"
    assert told[4] == ("status", house.status("To Do"), house.status("In Progress"), "Omar Haddad")
    assert [entry.order for entry in found.entries] == sorted(entry.order for entry in found.entries)
    assert len({entry.id for entry in found.entries}) == 5
    assert found.entries[-1].at == house.record(issue).updated_at


def test_a_comment_edited_later_says_so(house):
    issue = house.make()
    number = house.comment(issue, doc("frist"))
    house.site.control.advance(5)
    house.site.ask("PUT", f"3/issue/{issue}/comment/{number}", "elaine", json={"body": doc("first")})
    (comment,) = _history(house, issue).comments
    assert comment.body == doc("first") and comment.edited_at > comment.at


def test_markers_are_asked_for_our_own_comments_alone(house):
    issue = house.make()
    house.comment(issue, doc("theirs"))
    with house.asked() as asked:
        _history(house, issue)
    assert not any(entry["path"].endswith("/comment/list") for entry in asked)


# ---- the workflow


def test_ways_tell_where_they_lead_and_what_they_cannot_do_without(house):
    issue = house.make()
    house.site.go(issue, "Start")
    ways = {way.name: way for way in house.jira().ways([issue, "99999"])[issue]}
    assert ways.keys() == {"Wait", "Finish"}
    assert (ways["Finish"].to, ways["Finish"].needs) == (house.status("Done"), ("resolution",))
    assert ways["Wait"].needs == ()
    assert "99999" not in house.jira().ways(["99999"])


# ---- the preflight


def test_a_sound_setup_has_no_problem_and_tells_the_dictionary(house):
    issue = house.make()
    house.site.go(issue, "Start")
    house.site.control.advance(600)
    read = READ | {"customfield_10052", "resolution"}
    found = house.jira(read=read, statuses=("in progress",)).preflight()
    assert found.problems == ()
    assert found.account.id == house.site.account("tandem") and found.offset > 500
    assert found.fields["priority"].choices["1"] == "Highest"
    assert found.fields["status"].choices[house.status("Waiting")] == "Waiting"
    assert set(found.fields["customfield_10052"].choices.values()) == {"Web", "Kiosk"}
    assert set(found.fields["issuetype"].choices.values()) == {"Bug", "Story", "Task", "Sub-task"}
    kinds = {name: found.fields[name].kind for name in ("summary", "description", "labels", "assignee", "duedate")}
    assert list(kinds.values()) == ["text", "rich", "set", "person", "date"]
    assert (found.fields["summary"].max_length, found.fields["customfield_10050"].kind) == (255, "rich")
    edges = {(edge.place, edge.source, edge.way.name) for edge in found.edges}
    assert edges == {("SHOP", house.status("In Progress"), name) for name in ("Wait", "Finish")}


def test_all_problems_are_told_at_once(house):
    login = house.site.place.people["lea"].basic
    found = house.jira(
        scope=(
            Condition("project", in_=("SHOP", "NOPE")),
            Condition("priority", in_=("High", "Urgent")),
            Condition("customfield_1", set_=True),
        ),
        write=READ,
        statuses=("Done", "Parked"),
        query="labels = x ORDER BY created",
        login=login,
    ).preflight()
    told = {(problem.code, problem.key) for problem in found.problems}
    rights = ("CREATE_ISSUES", "EDIT_ISSUES", "TRANSITION_ISSUES", "ADD_COMMENTS", "CREATE_ATTACHMENTS")
    assert told == {
        ("TDM-221", "project"),
        *(("TDM-221", right) for right in rights),
        ("TDM-222", "customfield_1"),
        ("TDM-224", "priority"),
        ("TDM-225", "status"),
        ("TDM-226", "query"),
    }
    assert all(problem.fix and problem.where for problem in found.problems)


def test_a_wrong_log_in_is_the_one_problem(house):
    found = house.jira(login=("tandem@infinity.example", "wrong")).preflight()
    assert [problem.code for problem in found.problems] == ["TDM-220"]


def test_a_scope_that_takes_everything_is_warned_of(house):
    (problem,) = house.jira(scope=()).preflight().problems
    assert (problem.code, problem.warning) == ("TDM-227", True)


def test_private_comments_exist_only_in_service_projects(house):
    shop, desk = house.jira(scope=(SHOP,)), house.jira(scope=(Condition("project", is_="DESK"),))
    both = house.jira(scope=(Condition("project", in_=("SHOP", "DESK")),))
    assert [jira.preflight().private_comments for jira in (shop, desk, both)] == [False, True, False]
    assert [jira.capabilities.private_comments for jira in (shop, desk, both)] == [False, True, False]


def test_the_site_s_own_limit_of_a_file_is_told(house):
    jira = house.jira()
    with house.site.settings(attachment_limit=1234):
        assert jira.preflight().max_file == 1234
    assert jira.capabilities.max_file == 1234
    with house.asked() as asked:
        assert house.jira(files=False).preflight().max_file is None
    assert not [one for one in asked if "attachment" in one["path"]]
