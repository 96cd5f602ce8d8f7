# SPDX-License-Identifier: Apache-2.0
"""What is peculiar to Redmine, asked of a real one."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from contract.bench import mark, past, read, swept
from real.redmine_house import CF, NEEDS, READ, SHARED, SHOP, STATUSES, House, number, open_house
from real.redmine_server import DATABASE, Redmine
from tandem.connectors.base import Condition, Draft, Edit, Move, Needs, Note, Patch, Way
from tandem.errors import GoneError, PrivacyError, RefusedError, TransitionError

CUSTOM = frozenset(CF[name] for name in CF if name not in ("Tandem", "Labels", "Internal"))


@pytest.fixture(scope="module")
def house(redmine: Redmine) -> Iterator[House]:
    with open_house(redmine) as house:
        yield house


@contextmanager
def database(house: House) -> Iterator[sqlite3.Connection]:
    """The database behind the running Redmine, for what its people do in no test's time."""
    opened = sqlite3.connect(house.server.folder / DATABASE, timeout=30)
    try:
        with opened:
            yield opened
    finally:
        opened.close()


def take_right(house: House, right: str, role: str = "Integration") -> None:
    with database(house) as db:
        told = db.execute("SELECT permissions FROM roles WHERE name = ?", (role,)).fetchone()[0]
        assert f"- :{right}\n" in told
        db.execute("UPDATE roles SET permissions = ? WHERE name = ?", (told.replace(f"- :{right}\n", ""), role))


def give_right(house: House, right: str, role: str = "Integration") -> None:
    with database(house) as db:
        db.execute("UPDATE roles SET permissions = permissions || ? WHERE name = ?", (f"- :{right}\n", role))


def problems(house: House, login: str = "tandem", needs: Needs = NEEDS) -> dict[str, str]:
    """What a preflight finds wrong, by its key."""
    return {one.key: one.what for one in house.connect(login, needs).preflight().problems if not one.warning}


# ---- what is answered with 204 and not done


def test_a_status_that_is_passed_over_is_an_error_that_names_the_ways(house: House) -> None:
    connector, issue = house.connect(), house.opens("status")
    (outcome,) = connector.transition([Move(issue, Way("99", "No such", "99"), {}, mark())])
    assert isinstance(outcome.error, TransitionError)
    assert STATUSES["Closed"] in outcome.error.reachable
    assert read(connector, issue).fields["status"] == STATUSES["New"]


def test_an_edit_by_somebody_without_the_right_is_an_error(house: House) -> None:
    connector, issue = house.connect("rita"), house.opens("before")
    (outcome,) = connector.update([Patch(issue, {"subject": "after"}, mark())])
    assert isinstance(outcome.error, RefusedError)
    assert outcome.error.fields == ("subject",)
    assert house.shown(issue).subject == "before"


def test_a_field_that_cannot_be_is_refused_by_name(house: House) -> None:
    connector, issue = house.connect(read=READ | {CF["Channel"]}, write=READ | {CF["Channel"]}), house.opens("fields")
    (outcome,) = connector.update([Patch(issue, {CF["Channel"]: "Nowhere", "subject": "new"}, mark())])
    assert isinstance(outcome.error, RefusedError)
    assert outcome.error.fields == (CF["Channel"],)


def test_a_tracker_that_is_not_there_makes_no_issue_of_another(house: House) -> None:
    connector, ours = house.connect(), mark()
    fields = {"subject": "which", "tracker": "99", CF["Labels"]: ["shared"]}
    (outcome,) = connector.create([Draft(ours, "shop", fields)])
    assert isinstance(outcome.error, RefusedError)
    assert connector.find([ours], {}) == {}


def test_without_our_mark_one_write_is_done_and_no_other(house: House) -> None:
    """A workflow may fix the marker field: then nobody could say of a lost answer whether the write took place."""
    connector, issue = house.connect(), house.opens("fixed")
    columns = "(tracker_id, old_status_id, role_id, type, field_name, rule)"
    with database(house) as db:
        role = db.execute("SELECT id FROM roles WHERE name = 'Integration'").fetchone()[0]
        db.execute(f"INSERT INTO workflows {columns} VALUES (1, 1, ?, 'WorkflowPermission', '1', 'readonly')", (role,))
    try:
        first, second = connector.update([Patch(issue, {"subject": title}, mark()) for title in ("one", "two")])
    finally:
        with database(house) as db:
            db.execute("DELETE FROM workflows WHERE type = 'WorkflowPermission'")
    assert first.error is None
    assert isinstance(second.error, RefusedError)
    assert house.shown(issue).subject == "one"


# ---- private notes


def test_a_private_note_is_not_sent_where_our_role_may_not_write_one(house: House) -> None:
    connector, issue = house.connect("halved"), house.opens("private")
    (outcome,) = connector.comment([Note(issue, "between us", False, mark())])
    assert isinstance(outcome.error, RefusedError)
    assert house.notes(issue) == []


def test_a_private_note_that_became_public_is_taken_back(house: House) -> None:
    connector, issue = house.connect(), house.opens("private")
    with (
        house.wire.interrupted("PUT", f"/issues/{issue}", lambda: take_right(house, "set_notes_private")),
        pytest.raises(PrivacyError, match="taken back"),
    ):
        connector.comment([Note(issue, "between us", False, mark())])
    give_right(house, "set_notes_private")
    assert house.notes(issue) == []


def test_a_file_that_came_with_a_private_note_stays(house: House) -> None:
    connector, issue = house.connect(), house.opens("files")
    house.says(issue, "open", file=b"open")
    house.says(issue, "between us", public=False, file=b"secret")
    house.attaches(issue, "named.txt", b"named in a private note")
    house.says(issue, "see named.txt", public=False)
    told = past(connector, issue)
    assert [(file.size, file.referenced) for file in told.files] == [(4, True)]
    assert len(told.hidden) == 2
    assert len(told.withheld) == 2
    (secret,) = (file.id for file in house.shown(issue).attachments if file.filesize == 6)
    with pytest.raises(GoneError), connector.download(issue, str(secret)):
        pass


def test_who_does_not_see_private_notes_may_not_send_files(house: House) -> None:
    assert "view_private_notes" in problems(house, "halved")
    assert "view_private_notes" not in problems(house, "halved", replace(NEEDS, files=False))


# ---- marks


def test_nobody_but_our_role_sees_the_mark(house: House) -> None:
    connector, ours = house.connect(), mark()
    (made,) = connector.create([Draft(ours, "shop", {"subject": "marked", "tracker": "1", CF["Labels"]: ["shared"]})])
    connector.comment([Note(str(made.id), "said", True, mark())])
    connector.comment([Note(str(made.id), "between us", False, mark())])
    assert read(connector, str(made.id)).mark == ours
    shown = house.shown(str(made.id), "ines")
    assert ours not in repr(list(shown))
    assert [list(one.details) for one in shown.journals] == [[], []]


def test_the_mark_of_a_create_outlives_later_writes_and_is_found(house: House) -> None:
    connector, ours = house.connect(), mark()
    (made,) = connector.create([Draft(ours, "shop", {"subject": "first", "tracker": "1", CF["Labels"]: ["shared"]})])
    fresh = house.connect()
    fresh.update([Patch(str(made.id), {"subject": "second"}, mark())])
    assert house.connect().find([ours, mark()], {}) == {ours: made.id}


def test_what_others_write_into_our_field_is_no_mark(house: House) -> None:
    connector, issue, strange = house.connect(), house.opens("forged"), mark()
    house.edits(issue, "admin", custom_fields=[{"id": 1, "value": f"- {strange}"}], subject="by the administrator")
    assert [entry.mark for entry in past(connector, issue).entries if entry.field == "subject"] == [None]


def test_writes_under_one_mark_are_each_known(house: House) -> None:
    """The parts of a long comment and the steps of a walk have one mark: a field that stays as it is tells of none."""
    connector, issue, ours = house.connect(), house.opens("parts"), mark()
    parts = [connector.comment([Note(issue, text, True, ours)])[0].id for text in ("one", "two", "three")]
    for status in ("In Progress", "Resolved"):
        way = next(way for way in connector.ways([issue])[issue] if way.to == STATUSES[status])
        (moved,) = connector.transition([Move(issue, way, {}, ours)])
        assert moved.error is None
    told = past(connector, issue)
    assert [(one.id, one.mark) for one in told.comments] == [(part, ours) for part in parts]
    assert [entry.mark for entry in told.entries] == [ours, ours]


def test_a_copy_that_somebody_makes_of_our_issue_is_theirs(house: House) -> None:
    """Who copies an issue copies our field with it, even if its people do not see it."""
    connector, ours, later = house.connect(), mark(), mark()
    fields = {"subject": "ours", "tracker": "1", CF["Labels"]: ["shared"]}
    (made,) = connector.create([Draft(ours, "shop", fields)])
    copy = house.copies(str(made.id), "a copy")
    assert ours in repr(list(house.shown(copy)))
    assert (read(connector, str(made.id)).mark, read(connector, copy).mark) == (ours, None)
    house.as_("admin").issue.delete(int(str(made.id)))
    assert connector.find([ours], {}) == {}
    connector.update([Patch(copy, {"subject": "a copy of ours"}, later)])
    says = next(one.value for one in house.shown(copy).custom_fields if one.id == number("Tandem"))
    assert says.startswith(f"- {later}")


def test_an_edit_of_ours_is_known_and_the_issue_shows_that_it_changed(house: House) -> None:
    connector, issue, ours, write = house.connect(), house.opens("edit"), mark(), mark()
    (made,) = connector.comment([Note(issue, "before", True, ours)])
    (outcome,) = connector.edit([Edit(issue, str(made.id), "after", write)])
    assert outcome.error is None
    (comment,) = past(connector, issue).comments
    assert (comment.body, comment.mark, comment.write) == ("after", ours, write)


# ---- reading


def test_deleted_and_hidden_are_told_apart(house: House) -> None:
    connector = house.connect()
    deleted, hidden, last = (house.opens(name) for name in ("deleted", "hidden", "last"))
    house.edits(hidden, "admin", project_id="vault")
    house.as_("admin").issue.delete(int(deleted))
    assert {one.id: one.final for one in connector.fetch([deleted, hidden, last])} == {deleted: "deleted", last: None}


def test_who_opened_an_issue_is_told_beside_its_text_alone(house: House) -> None:
    issue = house.opens("whose words")
    (told,) = house.connect().fetch([issue])
    assert told.reporter is not None and told.reporter.id == house.account("ines")
    (untold,) = house.connect(read=NEEDS.read - {"description", "author"}).fetch([issue])
    assert untold.reporter is None


def test_an_issue_of_a_subproject_or_a_private_one_is_out_of_scope(house: House) -> None:
    connector = house.connect(read=READ | {"is_private"})
    inner = house.opens("inner", project_id="shop-web")
    private = house.opens("private", is_private=True)
    assert {read(connector, inner).scope_reason, read(connector, private).scope_reason} == {"project", "restricted"}
    assert not {inner, private} & set(swept(connector))
    named = house.connect(scope=(SHOP, SHARED, Condition("is_private", is_=True)), read=READ | {"is_private"})
    assert read(named, private).in_scope


def test_closed_issues_are_listed(house: House) -> None:
    connector, issue = house.connect(), house.opens("closed")
    house.edits(issue, status_id=int(STATUSES["Closed"]))
    assert issue in swept(connector)


def test_more_issues_of_one_second_than_a_page_holds_are_all_listed(house: House) -> None:
    pattern = int(house.opens("one of many"))
    copied = "tracker_id, project_id, subject, description, status_id, priority_id, author_id, lock_version, done_ratio"
    with database(house) as db:
        for number in range(1, 231):
            db.execute(
                f"INSERT INTO issues ({copied}, is_private, created_on, updated_on, lft, rgt) SELECT {copied}, 0, "
                "'2031-01-01 00:00:00', '2031-01-01 00:00:00.' || ?, 1, 2 FROM issues WHERE id = ?",
                (f"{number:03}000", pattern),
            )
        many = {str(row[0]) for row in db.execute("SELECT id FROM issues WHERE updated_on > '2031-01-01'")}
        db.execute("UPDATE issues SET root_id = id WHERE root_id IS NULL")
    try:
        seen = [one.id for page in house.connect().changed_since("2030-12-31T00:00:00Z") for one in page.seen]
        assert many <= set(seen)
        assert len(many) == 230
    finally:
        with database(house) as db:
            db.execute("DELETE FROM issues WHERE updated_on > '2031-01-01'")


def test_a_raw_query_narrows_the_scope(house: House) -> None:
    query = "set_filter=1&f[]=subject&op[subject]=~&v[subject][]=narrow"
    connector = house.connect(query=query)
    narrow, wide = house.opens("narrow"), house.opens("wide")
    found = swept(connector)
    assert narrow in found and wide not in found
    assert [read(connector, issue).in_scope for issue in (narrow, wide)] == [True, False]
    assert "query" in problems(house, needs=replace(NEEDS, query="project = SHOP"))


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("f[]=subjct&op[subjct]=~&v[subjct][]=narrow", ['no filter "subjct"']),
        (
            "f[]=subject&op[subject]=~&v[subject][]=x&f[]=trackr_id&op[trackr_id]=*&tracker_id=1",
            ["trackr_id", "tracker_id"],
        ),
        ("f[]=tracker_id&v[tracker_id][]=1", ["has no `op[tracker_id]=…`"]),
        ("f[]=tracker_id&op[tracker_id]==&v[tracker_id][]=", ["refuses"]),
        ("utf8=✓&set_filter=1&sort=id:desc&f[]=status_id&op[status_id]=o&f[]=&c[]=tracker&group_by=&t[]=", []),
    ],
)
def test_what_redmine_would_pass_over_in_a_raw_query_is_told(house: House, query: str, told: list[str]) -> None:
    """It would list more than the query says, and judge each issue by as much."""
    found = house.connect(query=query).preflight().problems
    assert [(one.code, one.key) for one in found] == [("TDM-226", "query")] * len(told)
    assert [words in one.what for words, one in zip(told, found, strict=True)] == [True] * len(told), found


# ---- the dictionary


@pytest.mark.parametrize("login", ["admin", "tandem"])
def test_custom_fields_of_all_kinds_go_and_come(house: House, login: str) -> None:
    connector = house.connect(login, read=READ | CUSTOM, write=READ | CUSTOM)
    told = connector.preflight()
    knows = login == "admin"
    values = {
        CF["Order no"]: "A-1",
        CF["Channel"]: "Kiosk",
        CF["Regions"]: ["East", "North"] if knows else ["1", "3"],
        CF["Expert"]: house.account("omar"),
        CF["Watched by"]: sorted([house.account("ines"), house.account("omar")]),
        CF["Seen in"]: ["1.0", "1.1"] if knows else ["1", "2"],
        CF["Seen on"]: "2026-02-28",
        CF["Confirmed"]: "1",
        CF["Count"]: 7 if knows else "7",
        CF["Cost"]: 1.5 if knows else "1.5",
        CF["Analysis"]: "line\nline",
        CF["Page"]: "https://a.example/",
    }
    issue, ours = house.opens("custom"), mark()
    (outcome,) = connector.update([Patch(issue, values, ours)])
    assert outcome.error is None
    record = read(connector, issue)
    assert {name: record.fields[name] for name in values} == values
    entries = {entry.field: (entry.before, entry.after, entry.mark) for entry in past(connector, issue).entries}
    assert entries == {name: (None, value, ours) for name, value in values.items()}
    (emptied,) = connector.update([Patch(issue, dict.fromkeys(values), mark())])
    assert emptied.error is None
    assert {read(connector, issue).fields[name] for name in values} == {None}
    if knows:
        assert told.fields[CF["Channel"]].choices == {"Web": "Web", "Kiosk": "Kiosk", "Phone": "Phone"}
        kinds = {name: told.fields[CF[name]].kind for name in ("Expert", "Regions", "Seen on", "Cost", "Confirmed")}
        assert [*kinds.values()] == ["person", "set", "date", "number", "choice"]
        assert record.people[house.account("omar")].name == "Omar Haddad"


def test_what_a_set_held_is_counted_back(house: House) -> None:
    connector, issue = house.connect(), house.opens("set", labels=("shared", "vip"))
    for labels in (["shared"], ["shared", "kiosk", "payment"], ["payment", "shared"]):
        house.sets(issue, "Labels", labels)
    told = [(entry.before, entry.after) for entry in past(connector, issue).entries]
    assert told == [
        (["shared", "vip"], ["shared"]),
        (["shared"], ["kiosk", "payment", "shared"]),
        (["kiosk", "payment", "shared"], ["payment", "shared"]),
    ]


def test_all_that_is_wrong_is_told_at_once(house: House) -> None:
    wrong = replace(
        NEEDS,
        read=NEEDS.read | {"nothing"},
        write=NEEDS.write | {"author"},
        scope=(Condition("project", in_=("shop", "nowhere")), Condition("tracker", is_="Epic")),
        statuses=("New", "Lost"),
        options={"marker": CF["Labels"]},
    )
    house.opens("there is one")
    found = problems(house, needs=wrong)
    assert {"project", "nothing", "author", "status", "tracker", "options.markup", "options.marker"} <= set(found)
    (fix,) = (one.fix for one in house.connect(needs=wrong).preflight().problems if one.key == "nothing")
    assert f"{CF['Labels']} (Labels), {CF['Order no']} (Order no)" in fix
    assert "add_issues" not in problems(house, "rita")
    assert "edit_issues" in problems(house, "rita")
    assert problems(house) == {}


def test_a_marker_field_that_is_no_filter_is_told(house: House) -> None:
    with database(house) as db:
        db.execute("UPDATE custom_fields SET is_filter = 0 WHERE id = 1")
    try:
        house.opens("there is one")
        assert "options.marker" in problems(house)
    finally:
        with database(house) as db:
            db.execute("UPDATE custom_fields SET is_filter = 1 WHERE id = 1")


def test_an_account_without_any_role_is_told(house: House) -> None:
    assert "project" in problems(house, "guest")
    take_right(house, "view_issues", "Non member")
    try:
        assert {"project", "view_issues"} <= set(problems(house, "guest"))
    finally:
        give_right(house, "view_issues", "Non member")


def test_a_wrong_key_is_told(house: House) -> None:
    (problem,) = house.connect("stranger").preflight().problems
    assert problem.code == "TDM-220"
