# SPDX-License-Identifier: Apache-2.0
"""`tandem relink` (engine §4): a lost state is rebuilt from the markers; nothing is sent before a person says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.laws import at_peace, laws
from engine.memory_files import PAIR
from engine.memory_house import LEFT, RIGHT, Bench, _empty_state, aged
from tandem.connectors.memory import JIRA_LIKE, ZENDESK_LIKE
from tandem.core.rules import Which
from tandem.errors import SafetyStopError
from tandem.pipeline.environment import Job
from tandem.pipeline.relink import Lone, Relinked, Rest, accept, relink
from tandem.state import tables


def job(bench: Bench) -> Job:
    return Job(PAIR, f"relink-{next(bench.runs)}", kind="cli")


def lose_state(bench: Bench) -> None:
    """The database is gone; the keys are kept."""
    bench.restore((bench.world, _empty_state()))


def relinked(bench: Bench) -> Relinked:
    lose_state(bench)
    bench.wait()
    return relink(job(bench), bench.env)


def accepted(bench: Bench, rest: Rest = "drop") -> int:
    return accept(job(bench), bench.env, rest)


def busy(bench: Bench) -> tuple[str, str]:
    """A pair at work: two tickets, born left and right, with comments, files and fields on both sides."""
    ticket, issue = bench.linked(labels=("customer", "kiosk"), priority="high")
    other = bench.open(RIGHT, priority="2")
    bench.quiet()
    for which, id_ in ((LEFT, ticket), (RIGHT, issue), (RIGHT, other)):
        bench.say(which, id_)
        bench.say(which, id_, file=b"bytes")
        bench.say(which, id_)
    bench.attach(RIGHT, issue, b"alone")
    bench.say(LEFT, ticket, private=True)
    bench.move(LEFT, ticket, "solved")
    bench.set(RIGHT, issue, "title", "from the right")
    assert at_peace(bench) == []
    return ticket, issue


def test_a_lost_state_is_rebuilt_and_nothing_is_written_twice(bench: Bench) -> None:
    busy(bench)
    twins, before = bench.twins(), bench.changes()
    told = relinked(bench)
    assert (told.joined, told.rest, told.apart) == (2, [], [])
    assert bench.twins() == twins
    accepted(bench)
    for _ in range(3):
        bench.run()
    assert bench.changes() == before
    assert laws(bench) == []


def test_what_is_done_after_it_flows(bench: Bench) -> None:
    ticket, issue = busy(bench)
    relinked(bench)
    accepted(bench)
    bench.set(LEFT, ticket, "priority", "low")
    bench.set(RIGHT, issue, "title", "after the loss")
    for which, id_ in ((LEFT, ticket), (RIGHT, issue)):
        bench.say(which, id_, file=b"new" if which is LEFT else None)
    bench.open(LEFT)
    assert at_peace(bench) == []


def test_until_it_is_accepted_runs_write_nothing_and_say_so(bench: Bench) -> None:
    ticket, _ = busy(bench)
    relinked(bench)
    bench.say(LEFT, ticket)
    bench.set(LEFT, ticket, "priority", "low")
    before = bench.changes()
    for _ in range(2):
        with pytest.raises(SafetyStopError, match="nobody has accepted it yet") as caught:
            bench.run()
        assert caught.value.code == "TDM-323" and "--accept" in caught.value.fix
    assert bench.run(dry_run=True)["diff"]["actions"] == 2
    assert bench.changes() == before
    accepted(bench)
    assert at_peace(bench) == []


@pytest.mark.parametrize("rest", ["send", "drop"])
def test_what_was_done_meanwhile_waits_for_the_persons_word(bench: Bench, rest: Rest) -> None:
    """Comments, files and tickets without a twin are listed; fields are taken as they show."""
    ticket, issue = busy(bench)
    words = [bench.say(LEFT, ticket), bench.say(RIGHT, issue)]
    bench.set(LEFT, ticket, "priority", "urgent")
    lone = bench.open(LEFT, title="between two lives")
    told = relinked(bench)
    key = bench.tracker(RIGHT).tickets[issue].key
    assert {(one.side, one.ticket, one.kind) for one in told.rest} == {
        (LEFT, ticket, "comment"), (RIGHT, key, "comment"), (LEFT, lone, "ticket"),
    }  # fmt: skip
    assert told.apart == [Lone(LEFT, ticket, "field", "priority")]  # a heading of ours is no difference
    assert accepted(bench, rest) == 3
    bench.quiet()
    bench.quiet()
    shown = [
        any(words[0] in text for text in bench.texts(RIGHT, issue)),
        any(words[1] in text for text in bench.texts(LEFT, ticket)),
    ]
    assert shown == [rest == "send"] * 2
    assert (lone in bench.twins()) == (rest == "send")
    assert bench.get(RIGHT, issue, "priority") == "2"  # bases are what each side shows
    bench.set(LEFT, ticket, "priority", "low")
    bench.quiet()
    assert bench.get(RIGHT, issue, "priority") == "4"
    before = bench.changes()
    bench.run()
    assert bench.changes() == before
    if rest == "send":
        assert laws(bench) == []


def test_a_comment_without_its_marker_is_matched_by_author_text_and_count(bench: Bench) -> None:
    ticket, issue = bench.linked()
    for _ in range(2):
        bench.tracker(LEFT).comment(ticket, "<p>me too</p>", bench.person(LEFT))
    bench.quiet()
    there = bench.tracker(RIGHT).tickets[issue]
    there.comments = [type(one)(**{**_fields(one), "mark": None}) for one in there.comments]
    before = bench.changes()
    told = relinked(bench)
    assert (told.rest, told.twins) == ([], 2)
    accepted(bench)
    bench.quiet()
    assert bench.changes() == before


def _fields(one: object) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}  # type: ignore[attr-defined]


def test_an_edit_after_it_reaches_the_copy(bench: Bench) -> None:
    ticket, issue = busy(bench)
    relinked(bench)
    accepted(bench)
    said = bench.tracker(RIGHT).tickets[issue].comments
    own, copy = (next(one for one in said if (one.author.id == "account") is ours) for ours in (False, True))
    bench.tracker(RIGHT).edit_comment(issue, own.id, "now it reads otherwise")
    bench.tracker(RIGHT).edit_comment(issue, copy.id, "the copy is theirs")
    bench.quiet()
    assert sum("now it reads otherwise" in text for text in bench.texts(LEFT, ticket)) == 1
    assert not any("the copy is theirs" in text for text in bench.texts(LEFT, ticket))


def test_a_copy_that_people_changed_before_it_stays_theirs(bench: Bench) -> None:
    """That it no longer reads as its source is all that tells; a later edit of the source does not run over it."""
    ticket, issue = bench.linked()
    bench.say(RIGHT, issue)
    bench.quiet()
    desk = aged(ZENDESK_LIKE, edit_comments=True)
    bench.tracker(LEFT).kind = desk
    [copy] = bench.tracker(LEFT).tickets[ticket].comments
    bench.tracker(LEFT).edit_comment(ticket, copy.id, "<p>the desk's own words</p>")
    relinked(bench)
    accepted(bench)
    [own] = bench.tracker(RIGHT).tickets[issue].comments
    bench.tracker(RIGHT).edit_comment(issue, own.id, "now it reads otherwise")
    bench.quiet()
    assert bench.texts(LEFT, ticket) == ["<p>the desk's own words</p>"]


def test_a_file_that_rides_in_a_comment_is_an_origin_of_its_own_after_it(tmp_path: Path) -> None:
    """It is taken back with its comment, although the copy of that is its people's by then."""
    board = aged(JIRA_LIKE, files_in_comments=True, private_comments=True)
    bench = Bench(tmp_path, kinds={"right": board})
    ticket, issue = bench.linked()
    bench.say(LEFT, ticket, file=b"soon private")
    bench.quiet()
    relinked(bench)
    accepted(bench)
    origins = {(row["kind"], row["native"]) for row in bench.rows(tables.origin)}
    [said] = bench.tracker(LEFT).tickets[ticket].comments
    assert {("comment", said.id), ("file", said.files[0])} <= origins
    [copy] = bench.tracker(RIGHT).tickets[issue].comments
    bench.tracker(RIGHT).edit_comment(issue, copy.id, "the copy is theirs")
    bench.tracker(LEFT).make_private(ticket, said.id)
    bench.quiet()
    assert bench.tracker(RIGHT).tickets[issue].files == []


def test_it_can_be_done_again(bench: Bench) -> None:
    ticket, _ = busy(bench)
    bench.say(LEFT, ticket)
    relinked(bench)
    bench.run(dry_run=True)
    told = relink(job(bench), bench.env)
    assert told.joined == 0
    assert accepted(bench, "send") == 1
    assert at_peace(bench) == []


@pytest.mark.parametrize("which", list(Which))
def test_a_source_that_was_out_of_sight_is_not_copied_again(bench: Bench, which: Which) -> None:
    ticket, _ = busy(bench)
    source = ticket if which is LEFT else next(right for left, right in bench.twins().items() if left != ticket)
    bench.label(which, source, remove="customer")
    told = relinked(bench)
    assert [one.kind for one in told.rest] == ["copy"] and told.joined == 1
    accepted(bench)
    bench.label(which, source, add="customer")
    tickets = {side: len(bench.tracker(side).tickets) for side in Which}
    for _ in range(3):
        bench.run()
    assert {side: len(bench.tracker(side).tickets) for side in Which} == tickets
    assert relink(job(bench), bench.env).joined == 1
    accepted(bench)
    bench.say(which, source)
    assert at_peace(bench) == []
    assert len([row for row in bench.rows(tables.link) if row["state"] == "linked"]) == 2


@pytest.mark.parametrize("by", ["ours", "people"])
@pytest.mark.parametrize("born", list(Which))
@pytest.mark.parametrize("gone", [False, True], ids=["closed one in sight", "closed one gone"])
def test_a_line_of_follow_ups_is_known_again_and_nothing_is_said_twice(
    tmp_path: Path, by: str, born: Which, gone: bool
) -> None:
    """The follow-up stands for the ticket; what was exchanged on the closed one counts as exchanged."""
    bench = Bench(tmp_path, left={"closed": "follow_up"})
    bench.run()
    first = bench.open(born, **({"status": "open"} if born is LEFT else {}))
    bench.quiet()
    ticket, issue = next(iter(bench.twins().items()))
    bench.say(LEFT, ticket, file=b"left")
    bench.say(RIGHT, issue)
    bench.move(LEFT, ticket, "solved")
    bench.quiet()
    bench.move(LEFT, ticket, "closed")
    bench.quiet()
    if by == "ours":
        bench.say(RIGHT, issue)
        bench.move(RIGHT, issue, "2")
    else:
        fields = {"subject": bench.get(RIGHT, issue, "title"), "description": "<p>again</p>", "tags": ["customer"]}
        bench.tracker(LEFT).open_ticket(fields, bench.person(LEFT), follows=ticket)
    bench.quiet()
    twins = bench.twins()
    assert twins != {ticket: issue}
    new = next(iter(twins))
    bench.say(LEFT, new)
    bench.say(RIGHT, issue)
    bench.quiet()
    if gone:
        bench.tracker(LEFT).tickets[ticket].deleted = True  # as years later
    before = bench.changes()
    told = relinked(bench)
    if gone and by == "people":
        assert {one.kind for one in told.rest} <= {"ticket", "copy"}, "nothing shows that they belong together"
        return
    assert told.joined == 1 and bench.twins() == twins
    assert [one for one in told.rest if one.kind != "comment"] == []
    if gone:
        return  # what was exchanged on the closed ticket cannot be told any more: the person decides
    assert told.rest == []
    accepted(bench, "send")
    for _ in range(3):
        bench.run()
    assert bench.changes() == before
    bench.say(RIGHT, issue)
    bench.quiet()
    assert len([text for text in bench.texts(LEFT, new)]) == 3
    assert first in (ticket, issue)
