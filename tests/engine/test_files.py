# SPDX-License-Identifier: Apache-2.0
"""A file that is gone at its origin before it was read holds nothing back but itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.conftest import Linked
from engine.memory_house import Bench
from tandem.connectors.memory import JIRA_LIKE
from tandem.core.rules import Which
from tandem.errors import GoneError, RetryableError, UnavailableError, UnknownOutcomeError
from tandem.state import tables


@pytest.mark.parametrize("which", list(Which))
def test_a_file_that_is_gone_lets_its_comment_and_all_else_go(linked: Linked, which: Which) -> None:
    bench = linked.bench
    with_file = bench.say(which, linked.id(which), file=b"soon gone")
    later = bench.say(which, linked.id(which))

    def fail(verb: str, phase: str, item: object) -> None:
        if verb == "download":
            raise GoneError("the file was deleted")

    bench.tracker(which).fail = fail
    bench.run()
    bench.run()
    texts = bench.texts(which.other, linked.id(which.other))
    assert [sum(word in text for text in texts) for word in (with_file, later)] == [1, 1]
    files = [row for row in bench.rows(tables.event) if row["kind"] == "file" and row["side"] == which]
    assert {(row["state"], row["reason"] != "") for row in files} == {("noted", True)}
    assert not bench.rows(tables.quarantine)


def test_a_lone_file_that_is_gone_is_noted(linked: Linked) -> None:
    bench = linked.bench
    bench.attach(Which.RIGHT, linked.issue)

    def fail(verb: str, phase: str, item: object) -> None:
        if verb == "download":
            raise GoneError("the file was deleted")

    bench.tracker(Which.RIGHT).fail = fail
    bench.run()
    bench.tracker(Which.RIGHT).fail = lambda verb, phase, item: None
    linked.set(Which.RIGHT, "title", "goes on")
    bench.run()
    assert linked.get(Which.LEFT, "title") == "goes on"
    files = [row for row in bench.rows(tables.event) if row["kind"] == "file"]
    assert [row["state"] for row in files] == ["noted"]


@pytest.mark.parametrize("private_files", [True, False])
def test_a_file_of_a_private_comment_goes_only_where_it_stays_private(tmp_path: Path, private_files: bool) -> None:
    can = replace(JIRA_LIKE.capabilities, private_comments=True, private_files=private_files)
    kinds = {"right": replace(JIRA_LIKE, capabilities=can)}
    bench = Bench(tmp_path, left={"comments": {"out": "all"}}, right={"company": "Acme"}, kinds=kinds)
    ticket, issue = bench.linked()
    secret = bench.say(Which.LEFT, ticket, private=True, file=b"secret")
    shown = bench.say(Which.LEFT, ticket, file=b"open")
    bench.quiet()
    twin = bench.tracker(Which.RIGHT).tickets[issue]
    assert [(secret in str(one.body), shown in str(one.body), one.public) for one in twin.comments] == [
        (True, False, False),
        (False, True, True),
    ]
    assert sorted(file.size for file in twin.files) == ([4, 6] if private_files else [4])
    assert ("not sent" in str(twin.comments[0].body)) is not private_files


@pytest.fixture
def apart(tmp_path: Path) -> Linked:
    """As `linked`, at a Jira whose people write private comments."""
    can = replace(JIRA_LIKE.capabilities, private_comments=True)
    bench = Bench(tmp_path, kinds={"right": replace(JIRA_LIKE, capabilities=can)})
    return Linked(bench, *bench.linked())


def _secretly_shown(apart: Linked) -> tuple[str, str]:
    """Attach a file in Jira and show it in a private comment alone; give their ids."""
    tracker, person = apart.bench.tracker(Which.RIGHT), apart.bench.person(Which.RIGHT)
    apart.bench.attach(Which.RIGHT, apart.issue, b"kept at home")
    (file,) = tracker.tickets[apart.issue].files
    return file.id, tracker.comment(apart.issue, "look at it", person, public=False, files=[file.id]).id


def test_a_file_that_a_private_text_showed_stays_at_home_when_that_text_is_gone(apart: Linked) -> None:
    bench = apart.bench
    file, said = _secretly_shown(apart)
    bench.quiet()
    bench.tracker(Which.RIGHT).delete_comment(apart.issue, said)
    bench.quiet()
    assert [one.id for one in bench.tracker(Which.RIGHT).tickets[apart.issue].files] == [file]
    assert not bench.tracker(Which.LEFT).tickets[apart.ticket].files
    assert [(row["key"], row["state"]) for row in bench.rows(tables.event) if row["kind"] == "file"] == [
        (f"private-file:{file}", "noted")
    ]


def test_a_file_that_was_withheld_goes_once_an_offered_text_shows_it(apart: Linked) -> None:
    bench = apart.bench
    file, said = _secretly_shown(apart)
    bench.quiet()
    bench.tracker(Which.RIGHT).delete_comment(apart.issue, said)
    bench.tracker(Which.RIGHT).comment(apart.issue, "look at it", bench.person(Which.RIGHT), files=[file])
    bench.quiet()
    (sent,) = bench.tracker(Which.LEFT).tickets[apart.ticket].files
    assert bench.tracker(Which.LEFT).contents[sent.id] == b"kept at home"


@pytest.mark.parametrize("lost", [False, True])
def test_a_comment_shows_its_file_that_an_earlier_run_stored(linked: Linked, lost: bool) -> None:
    """Also where the answer to the comment was lost: then the file did go, and is not told as gone at its origin."""
    bench, tracker = linked.bench, linked.bench.tracker(Which.RIGHT)
    text = bench.say(Which.LEFT, linked.ticket, file=b"see this")
    failures: list[tuple[str, type[RetryableError]]] = [("before", UnavailableError)]
    failures += [("after", UnknownOutcomeError)] if lost else []

    def fail(verb: str, phase: str, item: object) -> None:
        if verb == "comment" and failures and failures[0][0] == phase:
            raise failures.pop(0)[1]("no answer")

    tracker.fail = fail
    while failures:
        with pytest.raises(RetryableError):
            bench.run()
    bench.quiet()
    issue = tracker.tickets[linked.issue]
    (said,) = [one for one in issue.comments if text in str(one.body)]
    assert said.files == tuple(one.id for one in issue.files) and said.files
    told = [row["state"] for row in bench.rows(tables.event) if row["kind"] == "file" and row["side"] == Which.LEFT]
    assert told == ["arrived"]


def test_a_file_whose_comments_answer_was_lost_has_arrived(linked: Linked) -> None:
    bench, tracker = linked.bench, linked.bench.tracker(Which.RIGHT)
    bench.say(Which.LEFT, linked.ticket, file=b"see this")

    def fail(verb: str, phase: str, item: object) -> None:
        if (verb, phase) == ("comment", "after"):
            raise UnknownOutcomeError("no answer")

    tracker.fail = fail
    with pytest.raises(UnknownOutcomeError):
        bench.run()
    tracker.fail = lambda verb, phase, item: None
    bench.quiet()
    told = [row["state"] for row in bench.rows(tables.event) if row["kind"] == "file" and row["side"] == Which.LEFT]
    assert told == ["arrived"]
