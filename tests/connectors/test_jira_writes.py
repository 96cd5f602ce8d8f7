# SPDX-License-Identifier: Apache-2.0
"""What the connector writes to a Jira site: once, marked, item by item."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import pytest

from connectors.jira_house import READ, House, open_house
from support.jira import JIRA, doc, picture
from tandem.connectors.base import Condition, Draft, Move, Note, Patch, Upload, Way
from tandem.errors import (
    CredentialsError,
    GoneError,
    RefusedError,
    TransitionError,
    UnknownOutcomeError,
)

DESK = (Condition("project", is_="DESK"),)


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_house() as house:
        yield house


@pytest.fixture(autouse=True)
def no_faults(house: House) -> Iterator[None]:
    yield
    house.site.control.clear_faults()


def _kind(house, name="Task"):
    return next(str(one["id"]) for one in house.site.get("3/issuetype") if one["name"] == name)


def _draft(house, mark, **fields):
    return Draft(mark, "SHOP", {"issuetype": _kind(house), "summary": "Made by us", "labels": ["customer"]} | fields)


def _highest(house):
    return house.record(house.make()).key


# ---- creating


def test_a_create_takes_values_in_the_form_they_are_read_in(house):
    omar = house.site.account("omar")
    fields = {
        "description": doc("As told"),
        "priority": "2",
        "assignee": omar,
        "labels": ["customer", "kiosk"],
        "customfield_10042": "A-1001",
        "customfield_10051": 13,
        "customfield_10052": "Kiosk",
    }
    write = READ | {"customfield_10051", "customfield_10052"}
    jira = house.jira(read=write, write=write)
    (made,) = jira.create([_draft(house, "m-1", **fields)])
    assert made.error is None and made.version is None
    (record,) = jira.fetch([made.id])
    kiosk = record.fields["customfield_10052"]
    assert kiosk.isdigit()
    assert record.fields == fields | {
        "summary": "Made by us",
        "status": house.status("To Do"),
        "customfield_10051": 13,
        "customfield_10052": kiosk,
    }
    assert record.mark == "m-1" and record.in_scope


def test_one_bad_create_holds_only_itself(house):
    drafts = [_draft(house, f"b-{number}") for number in range(3)]
    drafts[1] = _draft(house, "b-1", labels=["two words"], assignee="nobody")
    with house.asked() as asked:
        first, second, third = house.jira().create(drafts)
    assert first.id and third.id and (first.error, third.error) == (None, None)
    assert isinstance(second.error, RefusedError) and second.error.fields == ("assignee", "labels")
    assert "two words" not in str(second.error) and "nobody" not in str(second.error)
    assert sum(entry["method"] == "POST" and entry["path"].endswith("/issue") for entry in asked) == 3


def test_what_cannot_be_set_is_refused_without_a_request(house):
    with house.asked() as asked:
        outcomes = house.jira().create([_draft(house, "n-1", status="3"), _draft(house, "n-2", nonsense="x")])
    assert [outcome.error.fields for outcome in outcomes] == [("status",), ("nonsense",)]
    assert not any(entry["method"] == "POST" for entry in asked if entry["path"].endswith("/issue"))


def test_a_create_whose_answer_was_lost_is_found_by_key_though_search_is_late(house):
    highest = _highest(house)
    with house.site.settings(search_lag=3600):
        house.site.control.fault("cut_after", JIRA, method="POST", path="/issue$", count=1)
        jira = house.jira()
        assert isinstance(jira.create([_draft(house, "lost-1")])[0].error, UnknownOutcomeError)
        found = jira.find(["lost-1", "never-sent"], {"SHOP": highest})
    assert found.keys() == {"lost-1"}
    (record,) = jira.fetch(list(found.values()))
    assert (record.mark, record.fields["summary"]) == ("lost-1", "Made by us")


def test_the_look_up_goes_on_over_other_peoples_issues(house):
    highest = _highest(house)
    for _ in range(102):
        house.make()
    (made,) = house.jira().create([_draft(house, "far-1")])
    with house.asked() as asked:
        assert house.jira().find(["far-1"], {"SHOP": highest}) == {"far-1": made.id}
    assert [one["path"] for one in asked] == ["/rest/api/3/issue/bulkfetch"] * 2  # a hundred keys at a time
    assert house.jira().find(["far-1"], {"SHOP": house.record(made.id).key}) == {}


def test_the_look_up_finds_in_an_empty_project_too(house):
    kind = {"issuetype": _kind(house), "summary": "First"}
    (made,) = house.jira(scope=(Condition("project", is_="OPS"),)).create([Draft("ops-1", "OPS", kind)])
    assert house.jira().find(["ops-1"], {"OPS": ""}) == {"ops-1": made.id}


# ---- changing


def test_an_update_answers_what_it_shows_and_marks_its_history(house):
    issue = house.make(duedate="2026-12-01")
    jira = house.jira(read=READ | {"duedate"}, write=READ | {"duedate"})
    fields = {"summary": "Ours", "labels": ["b", "customer"], "duedate": None, "priority": "1"}
    (outcome,) = jira.update([Patch(issue, fields, "p-1")])
    assert outcome.error is None and outcome.shown == fields
    (record,) = jira.fetch([issue])
    assert outcome.version == record.version
    assert {name: record.fields[name] for name in fields} == fields
    entries = jira.history([issue])[issue].entries
    assert {entry.field: entry.mark for entry in entries} == dict.fromkeys(fields, "p-1")
    house.site.edit(issue, summary="Theirs")
    assert jira.history([issue])[issue].entries[-1].mark is None


def test_emptying_reaches_every_kind_of_field(house):
    filled = {
        "description": doc("x"),
        "priority": {"name": "High"},
        "assignee": {"id": house.site.account("omar")},
        "duedate": "2026-12-01",
        "customfield_10042": "A-1",
        "customfield_10051": 2,
        "customfield_10052": {"value": "Web"},
        "customfield_10053": [{"value": "North"}],
        "customfield_10055": {"id": house.site.account("omar")},
    }
    issue = house.make(**filled)
    names = frozenset(filled) | {"labels"}
    jira = house.jira(read=names, write=names, scope=(Condition("project", is_="SHOP"),))
    assert all(value is not None for value in jira.fetch([issue])[0].fields.values())
    (outcome,) = jira.update([Patch(issue, dict.fromkeys(names), "e-1")])
    assert outcome.error is None
    assert jira.fetch([issue])[0].fields == dict.fromkeys(names)


def test_refusals_name_fields_and_never_values(house):
    issue = house.make()
    patches = [Patch(issue, {"summary": "secret " * 50}, "r-1"), Patch("99999", {"summary": "x"}, "r-2")]
    refused, gone = house.jira().update(patches)
    assert isinstance(refused.error, RefusedError) and refused.error.fields == ("summary",)
    assert "secret" not in str(refused.error)
    assert isinstance(gone.error, GoneError)


def test_a_right_that_is_missing_for_one_ticket_is_that_tickets_matter(house):
    login = house.site.place.people["lea"].basic
    (outcome,) = house.jira(login=login).update([Patch(house.make(), {"summary": "x"}, "f-1")])
    assert isinstance(outcome.error, RefusedError) and "right" in outcome.error.fix


def test_a_wrong_log_in_is_the_calls_failure(house):
    with pytest.raises(CredentialsError):
        house.jira(login=("tandem@infinity.example", "wrong")).update([Patch("1", {"summary": "x"}, "c-1")])


# ---- the workflow


def test_a_transition_moves_the_status_with_its_fields_and_is_marked(house):
    issue = house.make()
    jira = house.jira(read=READ | {"resolution"})
    (started,) = jira.transition([Move(issue, house.way(issue, "Start"), {}, "t-1")])
    (finished,) = jira.transition([Move(issue, house.way(issue, "Finish"), {"resolution": "Fixed"}, "t-2")])
    assert (started.error, finished.error, finished.id, finished.version) == (None, None, issue, None)
    (record,) = jira.fetch([issue])
    assert record.fields["status"] == house.status("Done") and record.fields["resolution"]
    entries = jira.history([issue])[issue].entries
    told = [(entry.field, entry.mark) for entry in entries]
    assert told == [("status", "t-1"), ("resolution", "t-2"), ("status", "t-2")]


def test_a_screen_that_asks_for_more_is_a_transition_error(house):
    issue = house.make()
    house.site.go(issue, "Start")
    (outcome,) = house.jira().transition([Move(issue, house.way(issue, "Finish"), {}, "t-3")])
    assert isinstance(outcome.error, TransitionError)
    assert "resolution" in str(outcome.error)
    assert set(outcome.error.reachable) == {house.status("Waiting"), house.status("Done")}


def test_a_value_that_the_screen_refuses_names_its_field(house):
    issue = house.make()
    house.site.go(issue, "Start")
    move = Move(issue, house.way(issue, "Finish"), {"resolution": "Vanished"}, "t-4")
    (outcome,) = house.jira(read=READ | {"resolution"}).transition([move])
    assert isinstance(outcome.error, RefusedError) and outcome.error.fields == ("resolution",)


def test_a_way_that_is_no_longer_there_is_a_transition_error(house):
    issue = house.make()
    stale = Way("9999", "Old", house.status("Done"))
    (outcome,) = house.jira().transition([Move(issue, stale, {}, "t-5")])
    assert isinstance(outcome.error, TransitionError)
    assert house.status("In Progress") in outcome.error.reachable


# ---- comments and files


def _note(issue, body, mark, public=True, files=()):
    return Note(issue, body, public, mark, files)


def _comments(house, issue, **needs):
    return {comment.id: comment for comment in house.jira(**needs).history([issue])[issue].comments}


@contextmanager
def _open(content):
    stream = BytesIO(content)
    yield iter(lambda: stream.read(1000), b"")


def _upload(issue, content, name="shot.png", size=None):
    return Upload(issue, name, "image/png", len(content) if size is None else size, lambda: _open(content))


def test_a_comment_is_known_again_by_its_mark_whatever_is_offered(house):
    issue = house.make()
    theirs = house.comment(issue, doc("theirs"))
    (outcome,) = house.jira().comment([_note(issue, doc("ours"), "c-2")])
    assert outcome.error is None
    told = _comments(house, issue)
    assert told.keys() == {theirs, outcome.id}
    assert (told[outcome.id].mark, told[outcome.id].body, told[theirs].mark) == ("c-2", doc("ours"), None)
    assert _comments(house, issue, comments="none").keys() == {outcome.id}


def test_what_must_be_private_is_never_written_where_all_can_read_it(house):
    issue = house.make()
    (outcome,) = house.jira().comment([_note(issue, doc("between us"), "c-3", public=False)])
    assert isinstance(outcome.error, RefusedError)
    assert house.site.get(f"3/issue/{issue}/comment")["total"] == 0


def test_a_service_project_takes_internal_comments(house):
    issue = house.make(project="DESK")
    notes = [_note(issue, doc("between us"), "c-4", public=False)]
    (outcome,) = house.jira(scope=DESK).comment(notes)
    told = _comments(house, issue, scope=DESK)
    assert (told[outcome.id].public, told[outcome.id].mark) == (False, "c-4")


def test_what_others_write_into_our_internal_comment_stays(house):
    issue = house.make(project="DESK")
    (outcome,) = house.jira(scope=DESK).comment([_note(issue, doc("ours"), "c-5", public=False)])
    path = f"3/issue/{issue}/comment/{outcome.id}"
    assert house.site.ask("PUT", path, "automation", json={"body": doc("theirs")}).ok
    told = _comments(house, issue, scope=DESK)[outcome.id]
    assert (told.mark, told.body, told.public) == ("c-5", None, False)


def test_a_file_comes_and_goes_whole(house):
    issue = house.make()
    content = bytes(range(256)) * 40
    jira = house.jira()
    outcome = jira.attach(_upload(issue, content, 'Rechnung "März".png'))
    assert outcome.error is None
    file = next(file for file in jira.history([issue])[issue].files if file.id == outcome.id)
    assert (file.size, file.media_type) == (len(content), "image/png")
    assert "März" in file.name and file.name.endswith(".png")
    with jira.download(issue, file.id) as chunks:
        assert b"".join(chunks) == content


def test_bytes_are_fetched_without_our_log_in_from_another_host(house):
    issue = house.make()
    outcome = house.jira().attach(_upload(issue, b"x" * 10))
    with house.asked() as asked, house.jira().download(issue, outcome.id) as chunks:
        assert b"".join(chunks) == b"x" * 10
    accounts = {entry["path"].startswith("/file/"): entry["account"] for entry in asked}
    assert accounts == {False: "tandem@infinity.example", True: None}


@pytest.mark.parametrize("size", [5, 15])
def test_a_file_of_another_size_than_announced_is_not_stored(house, size):
    issue = house.make()
    outcome = house.jira().attach(_upload(issue, b"x" * 10, size=size))
    assert isinstance(outcome.error, RefusedError)
    assert house.site.fields(issue)["attachment"] == []


def test_an_empty_file_is_a_file(house):
    issue = house.make()
    assert house.jira().attach(_upload(issue, b"")).error is None
    assert [file["size"] for file in house.site.fields(issue)["attachment"]] == [0]


def test_a_comment_shows_its_files_once_each(house):
    issue = house.make()
    jira = house.jira()
    one, two = (jira.attach(_upload(issue, b"x", name)).id for name in ("one.png", "two.png"))
    body = picture(one)  # a text names a file by its attachment until it is written
    (outcome,) = jira.comment([_note(issue, body, "c-6", files=(one, two))])
    assert outcome.error is None
    told = jira.history([issue])[issue]
    (comment,) = told.comments
    assert comment.files == (one, two)
    assert str(comment.body).count(house.site.media_of(one)) == 1
    assert {file.id: file.comment for file in told.files} == {one: comment.id, two: comment.id}
    assert body == picture(one)


def test_a_description_names_files_as_the_site_does(house):
    issue = house.make()
    jira = house.jira()
    file = jira.attach(_upload(issue, b"x")).id
    (outcome,) = jira.update([Patch(issue, {"description": picture(file)}, "d-1")])
    assert outcome.error is None
    assert house.site.media_of(file) in str(house.site.fields(issue)["description"])


def test_a_write_whose_answer_was_lost_is_not_sent_again(house):
    issue = house.make()
    house.site.control.fault("error_after", JIRA, method="POST", path="/comment$", count=1)
    (lost,) = house.jira().comment([_note(issue, doc("once"), "u-1")])
    assert isinstance(lost.error, UnknownOutcomeError)
    assert [comment.mark for comment in _comments(house, issue).values()] == ["u-1"]


def test_our_own_work_is_still_told_of_a_ticket_that_left_the_scope(house):
    issue = house.make(summary="theirs before")
    jira = house.jira()
    jira.update([Patch(issue, {"summary": "ours"}, "o-1")])
    (said,) = jira.comment([_note(issue, doc("our words"), "o-2")])
    (edited,) = jira.comment([_note(issue, doc("our other words"), "o-3")])
    stored = jira.attach(_upload(issue, b"x"))
    house.site.ask("PUT", f"3/issue/{issue}/comment/{edited.id}", "automation", json={"body": doc("a secret")})
    house.comment(issue, doc("a secret"))
    house.site.attach(issue, "secret.png", b"x")
    house.site.edit(issue, summary="a secret", labels=[])
    told = jira.history([issue])[issue]
    assert [(entry.after, entry.mark) for entry in told.entries] == [("ours", "o-1")]
    assert {comment.id: comment.body for comment in told.comments} == {said.id: doc("our words"), edited.id: None}
    assert [file.id for file in told.files] == [stored.id]
    assert "secret" not in repr(told) and "theirs" not in repr(told)
    with jira.download(issue, str(stored.id)) as chunks:
        assert b"".join(chunks) == b"x"
