# SPDX-License-Identifier: Apache-2.0
"""JQL on the simulated Jira: what it finds, how far it lags, how it pages, what it refuses."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from support.jira import JIRA, JiraSite, doc, jira_site


@pytest.fixture(scope="module")
def site() -> Iterator[JiraSite]:
    with jira_site() as running:
        yield running


@pytest.fixture(scope="module")
def known(site: JiraSite) -> dict[str, str]:
    """Make issues to search for, by what is special about each."""
    elaine = site.account("elaine")
    return {
        "bug": site.create(issuetype={"name": "Bug"}, labels=["q1", "red"], priority={"name": "High"}),
        "assigned": site.create(assignee={"accountId": elaine}, labels=["q1"]),
        "order": site.create(customfield_10042="Order 77", labels=["q1"], customfield_10052={"value": "Kiosk"}),
        "text": site.create(description=doc("A zebra crosses"), labels=["q1"], duedate="2024-03-01"),
        "bare": site.create(),
    }


@pytest.mark.parametrize(
    ("jql", "found"),
    [
        ("labels = q1 and issuetype = Bug", {"bug"}),
        ("labels in (red, blue)", {"bug"}),
        ("labels = q1 AND (priority = High OR assignee is not EMPTY)", {"bug", "assigned"}),
        ("labels = q1 and not labels = red", {"assigned", "order", "text"}),
        ("labels = q1 and priority > Medium", {"bug"}),
        ("assignee = elaine@infinity.example", {"assigned"}),
        ('cf[10042] ~ "order 77"', {"order"}),
        ('"Order no" ~ 77', {"order"}),
        ("Channel = Kiosk and labels = q1", {"order"}),
        ("text ~ zebra", {"text"}),
        ('summary ~ "nothing" OR description ~ zeb*', {"text"}),
        ("duedate <= 2024-03-01", {"text"}),
        ("labels = q1 and labels != red", {"assigned", "order", "text"}),
        ("labels != red and project = SHOP and labels not in (old)", {"assigned", "order", "text"}),
        ('statusCategory = "To Do" and labels = red', {"bug"}),
        ("status = 10000 and resolution is EMPTY and labels = red", {"bug"}),
        ("labels = red and created >= -5m", {"bug"}),
        ("labels = red and created >= startOfDay(-1d) and updated <= now()", {"bug"}),
        ("labels = red && level is EMPTY", {"bug"}),
    ],
)
def test_a_query_finds_what_it_says(site: JiraSite, known: dict[str, str], jql: str, found: set[str]) -> None:
    assert set(site.search(jql)) == {known[name] for name in found}


@pytest.fixture(scope="module")
def story(site: JiraSite) -> dict[str, str]:
    """Issues with a past and with company, by what is special about each."""
    elaine, names = site.account("elaine"), ("moved", "watched", "worked", "still")
    made = {name: site.create(labels=["q2"]) for name in names}
    site.ask("POST", f"3/issue/{made['moved']}/transitions", json={"transition": {"id": "11"}})
    site.edit(made["moved"], assignee={"accountId": elaine}, priority={"name": "High"})
    site.edit(made["moved"], assignee=None)
    site.ask("POST", f"3/issue/{made['watched']}/watchers", json=site.account("omar"))
    site.ask("POST", f"3/issue/{made['watched']}/votes", "elaine")
    link = {"type": {"name": "Blocks"}, "inwardIssue": {"key": made["moved"]}, "outwardIssue": {"key": made["watched"]}}
    site.ask("POST", "3/issueLink", json=link)
    site.ask(
        "POST", f"3/issue/{made['worked']}/worklog", json={"timeSpent": "2h", "started": "2026-01-02T10:00:00.000+0000"}
    )
    admins = {"visibility": {"type": "role", "value": "Administrators"}}
    site.ask("POST", f"3/issue/{made['worked']}/comment", json={"body": doc("Only okapis")} | admins)
    site.attach(made["worked"], "a.txt", b"a")
    return made


@pytest.mark.parametrize(
    ("jql", "found"),
    [
        ("resolution = Unresolved", {"moved", "watched", "worked", "still"}),
        ("resolution not in (Unresolved)", set()),
        ("statusCategory in (4)", {"moved"}),
        ('status was "In Progress"', {"moved"}),
        ('status was "To Do" and status != "To Do"', {"moved"}),
        ('status was not "In Progress"', {"watched", "worked", "still"}),
        ('status was in ("In Progress", Done) after -1d by currentUser()', {"moved"}),
        ('status was "In Progress" before -1d', set()),
        ("status changed", {"moved"}),
        ('status CHANGED FROM "To Do" TO "In Progress" AFTER startOfDay(-1d)', {"moved"}),
        ('status changed to ("To Do", Done)', set()),
        ("status changed during (-1d, now()) on now() before 2124-01-01", {"moved"}),
        ("status changed by elaine@infinity.example", set()),
        ("assignee was elaine@infinity.example and assignee is EMPTY", {"moved"}),
        ("assignee changed from EMPTY", {"moved"}),
        ("priority was Medium and priority = High", {"moved"}),
        ("NOT status changed", {"watched", "worked", "still"}),
        ("watcher = elaine@infinity.example and watchers = 2", {"watched"}),
        ("votes >= 1 and voter in membersOf(jira-users)", {"watched"}),
        ("issue in linkedIssues({moved})", {"watched"}),
        ('issue in linkedIssues({moved}, "is blocked by")', set()),
        ('key in linkedIssues({watched}, "is blocked by")', {"moved"}),
        ("timespent >= 2h and timespent < 3h", {"worked"}),
        ("worklogAuthor = currentUser() and worklogDate < 2026-02-01", {"worked"}),
        ("attachments is not EMPTY", {"worked"}),
        ("comment ~ okapis", {"worked"}),
        (
            "statusCategoryChangedDate >= startOfWeek() and created <= endOfMonth()",
            {"moved", "watched", "worked", "still"},
        ),
        ("created < startOfMonth(-1) or created > endOfYear(1y) or created < startOfYear(-1)", set()),
        ("fixVersion in unreleasedVersions()", set()),
    ],
)
def test_a_query_asks_for_the_past_and_for_company(
    site: JiraSite, story: dict[str, str], jql: str, found: set[str]
) -> None:
    keys = site.search(f"labels = q2 and ({jql.format(**story)})")
    assert set(keys) == {story[name] for name in found}


def test_a_query_sees_no_restricted_comment(site: JiraSite, story: dict[str, str]) -> None:
    assert site.search("labels = q2 and comment ~ okapis", "elaine") == []


def test_a_query_about_the_past_is_taken_apart(site: JiraSite) -> None:
    queries = ["status was in (Done) by currentUser()", "assignee changed after -1d", "status was Done"]
    shown = site.ask("POST", "3/jql/parse", json={"queries": queries}).json()["queries"]
    clauses = [one["structure"]["where"] for one in shown]
    assert [one["operator"] for one in clauses] == ["was in", "changed", "was"]
    assert [[when["operator"] for when in one["predicates"]] for one in clauses] == [["by"], ["after"], []]
    assert clauses[0]["predicates"][0]["operand"]["function"] == "currentUser"
    assert clauses[2]["operand"]["value"] == "Done"


def test_all_that_is_wrong_with_a_query_is_said(site: JiraSite) -> None:
    wrong = "colour = red AND (NOT size = 1 OR status = Sleeping)"
    [shown] = site.ask("POST", "3/jql/parse", json={"queries": [wrong]}).json()["queries"]
    said = [
        "Field 'colour' does not exist or you do not have permission to view it.",
        "Field 'size' does not exist or you do not have permission to view it.",
        "The value 'Sleeping' does not exist for the field 'status'.",
    ]
    assert shown["errors"] == said
    answer = site.ask("POST", "3/search/jql", json={"jql": wrong})
    assert (answer.status_code, answer.json()["errorMessages"]) == (400, said)


def test_an_issue_is_found_by_key_and_id_and_its_reporter(site: JiraSite, known: dict[str, str]) -> None:
    key = known["bare"]
    number = site.get(f"3/issue/{key}")["id"]
    assert site.search(f"key = {key}") == site.search(f"id in ({number})") == [key]
    assert key in site.search("reporter = currentUser()", "elaine")
    assert site.search("reporter = currentUser()") == []


@pytest.mark.parametrize(
    ("jql", "says"),
    [
        ("colour = red", "Field 'colour' does not exist"),
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ("project = VAULT", "The value 'VAULT' does not exist for the field 'project'."),
        ("status = Sleeping", "does not exist for the field 'status'"),
        ("key = SHOP-9999", "does not exist for the field 'key'"),
        ("updated >= yesterday", "Date value 'yesterday'"),
        ("labels ~ red", "operator '~' is not supported"),
        ("project SHOP", "Error in the JQL Query: Expecting operator"),
        ("project = SHOP and", "before the end of the query"),
        ("order by updated", "Unbounded"),
        ("", "Unbounded"),
        ("status were Done", "Expecting operator"),
        ("summary was Old", "History searches do not support the 'summary' field"),
        ("status was Done to 'To Do'", "'from' and 'to' are not supported"),
        ("status changed during (-1d)", "list of two dates"),
        ("created >= startOfAge()", "Unable to find JQL function"),
        ("created >= startOfWeek(soon)", "Date value 'soon'"),
        ("assignee in membersOf(nobody)", "for group 'nobody'"),
        ("timespent > long", "is not a valid duration"),
        ("attachments = 10001", "operator '=' is not supported"),
    ],
)
def test_a_query_that_does_not_hold_is_refused_in_words(site: JiraSite, jql: str, says: str) -> None:
    answer = site.ask("GET", "3/search/jql", params={"jql": jql})
    assert answer.status_code == 400
    assert says in answer.json()["errorMessages"][0]


def test_without_fields_only_ids_come_and_never_a_total(site: JiraSite, known: dict[str, str]) -> None:
    body = site.get("3/search/jql", jql="labels = red")
    assert body["isLast"] is True
    assert [set(issue) for issue in body["issues"]] == [{"id"}]
    assert "total" not in body
    with_key = site.get("3/search/jql", jql="labels = red", fields="key")["issues"][0]
    assert set(with_key) == {"expand", "id", "self", "key"}
    named = site.ask("POST", "3/search/jql", json={"jql": "labels = red", "fields": ["summary"], "expand": "names"})
    assert named.json()["names"] == {"summary": "Summary"}
    assert list(named.json()["issues"][0]["fields"]) == ["summary"]


def test_pages_follow_the_token_and_hold_every_issue_once(site: JiraSite, known: dict[str, str]) -> None:
    query = {"jql": "labels = q1 order by key asc", "fields": ["key"], "maxResults": 3}
    first = site.ask("POST", "3/search/jql", json=query).json()
    assert first["isLast"] is False
    rest = site.ask("POST", "3/search/jql", json=query | {"nextPageToken": first["nextPageToken"]}).json()
    assert rest["isLast"] is True
    assert "nextPageToken" not in rest
    keys = [issue["key"] for page in (first, rest) for issue in page["issues"]]
    assert keys == [known[name] for name in ("bug", "assigned", "order", "text")]
    other = query | {"jql": "labels = red", "nextPageToken": first["nextPageToken"]}
    assert site.ask("POST", "3/search/jql", json=other).status_code == 400
    site.control.advance(8 * 86_400)
    try:
        late = query | {"nextPageToken": first["nextPageToken"]}
        assert site.ask("POST", "3/search/jql", json=late).status_code == 400
    finally:
        site.control.advance(-8 * 86_400)


def test_a_page_is_capped_with_fields_and_far_larger_without(site: JiraSite) -> None:
    with site.settings(page_size=2):
        jql = "project = SHOP"
        assert len(site.get("3/search/jql", jql=jql, fields="summary", maxResults=1000)["issues"]) == 2
        assert len(site.get("3/search/jql", jql=jql, fields="key", maxResults=1000)["issues"]) > 2


def test_search_lags_behind_the_store_and_reconciles_what_it_is_told(site: JiraSite) -> None:
    key = site.create(labels=["lagging"], summary="Old name")
    site.control.advance(60, JIRA)
    with site.settings(search_lag=30):
        site.edit(key, summary="New name", labels=["other"])
        [found] = site.get("3/search/jql", jql="labels = lagging", fields="summary,updated")["issues"]
        assert found["fields"]["summary"] == "Old name"
        assert found["fields"]["updated"] < site.fields(key)["updated"]
        number = int(found["id"])
        fresh = {"jql": "labels = other", "fields": ["summary"], "reconcileIssues": [number]}
        [now] = site.ask("POST", "3/search/jql", json=fresh).json()["issues"]
        assert now["fields"]["summary"] == "New name"
        made = site.create(labels=["lagging"])
        assert site.search("labels = lagging") == [key]
        assert site.fields(made)["labels"] == ["lagging"]
        site.ask("DELETE", f"3/issue/{key}")
        assert site.search("labels = lagging") == [key]
        site.control.advance(31, JIRA)
        assert site.search("labels = lagging") == [made]
        many = {"jql": "labels = other", "reconcileIssues": list(range(51))}
        assert site.ask("POST", "3/search/jql", json=many).status_code == 400


def test_a_date_is_read_in_the_accounts_zone_to_the_minute_and_epoch_in_none(site: JiraSite) -> None:
    key = site.create(labels=["zoned"])
    at = datetime.strptime(site.fields(key)["updated"], "%Y-%m-%dT%H:%M:%S.%f%z")
    minute = at.astimezone(ZoneInfo("Europe/Brussels")).strftime("%Y-%m-%d %H:%M")
    new_york = at.astimezone(ZoneInfo("America/New_York")).strftime("%Y-%m-%d %H:%M")
    after = (at + timedelta(minutes=1)).astimezone(ZoneInfo("Europe/Brussels")).strftime("%Y-%m-%d %H:%M")
    assert site.search(f'labels = zoned and updated >= "{minute}"') == [key]
    assert site.search(f'labels = zoned and updated >= "{after}"') == []
    assert site.search(f'labels = zoned and updated >= "{minute}"', "omar") == []
    assert site.search(f'labels = zoned and updated >= "{new_york}"', "omar") == [key]
    milliseconds = round(at.timestamp() * 1000)
    for who in ("tandem", "omar"):
        assert site.search(f"labels = zoned and updated >= {milliseconds}", who) == [key]
        assert site.search(f"labels = zoned and updated > {milliseconds}", who) == []
    seconds = minute + ":00"
    assert site.ask("GET", "3/search/jql", params={"jql": f'updated >= "{seconds}"'}).status_code == 400


def test_dates_sort_downwards_unless_told_otherwise(site: JiraSite) -> None:
    one, two = site.create(labels=["sorted"]), site.create(labels=["sorted"])
    assert site.search("labels = sorted order by updated") == [two, one]
    assert site.search("labels = sorted order by updated asc") == [one, two]
    site.edit(one, summary="touched")
    assert site.search("labels = sorted order by updated DESC, key") == [one, two]


def test_search_embeds_twenty_comments_and_says_how_many_there_are(site: JiraSite) -> None:
    key = site.create(labels=["talkative"])
    for number in range(22):
        site.ask("POST", f"3/issue/{key}/comment", json={"body": doc(f"{number}")})
    [found] = site.get("3/search/jql", jql="labels = talkative", fields="comment")["issues"]
    embedded = found["fields"]["comment"]
    assert (embedded["total"], len(embedded["comments"])) == (22, 20)
    assert len(site.fields(key)["comment"]["comments"]) == 22


def test_the_old_search_is_gone(site: JiraSite) -> None:
    for method in ("GET", "POST"):
        answer = site.ask(method, "3/search", **({"json": {"jql": "project = SHOP"}} if method == "POST" else {}))
        assert answer.status_code == 410
        assert "search/jql" in answer.json()["errorMessages"][0]
