# SPDX-License-Identifier: Apache-2.0
"""Comments and files later on (engine.md §8): edited, hidden, blacked out, deleted, at the origin and at a twin."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from engine.memory_files import PAIR
from engine.memory_house import LEFT, RIGHT, Bench, KilledError
from tandem.connectors.memory import JIRA_LIKE
from tandem.core.rules import Which
from tandem.state import tables
from tandem.state.actions import Action, in_state


def joined(root: Path, **change: Any) -> tuple[Bench, str, str]:
    """A bench with a ticket of Anna's and its twin."""
    bench = Bench(root, **change)
    bench.run()
    ticket = bench.open(LEFT)
    bench.quiet()
    return bench, ticket, bench.twin(LEFT, ticket)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Bench, str, str]:
    return joined(tmp_path)


def comment(bench: Bench, which: Which, ticket: str, text: str) -> str:
    """The id of the comment that holds a text."""
    return next(c.id for c in bench.tracker(which).tickets[ticket].comments if text in str(c.body))


def edit(bench: Bench, which: Which, ticket: str, old: str, new: str) -> None:
    body = f"<p>{new}</p>" if which is LEFT else new
    bench.tracker(which).edit_comment(ticket, comment(bench, which, ticket, old), body)


def states(bench: Bench, start: str) -> list[tuple[str, str]]:
    return [(e["state"], e["reason"]) for e in bench.events() if e["key"].startswith(start)]


def still(bench: Bench) -> None:
    """Nothing is written any more."""
    bench.quiet()
    assert bench.run()["diff"]["actions"] == 0


def done(bench: Bench, kind: str) -> list[Action]:
    with bench.store.read() as tx:
        return [one for one in in_state(tx, PAIR, ["done"]) if one.kind == kind]


# ---- edited at its origin


def test_an_edit_goes_to_the_twin_in_its_place(tmp_path: Path) -> None:
    bench, ticket, twin = joined(tmp_path)
    bench.say(LEFT, ticket)
    old = bench.say(LEFT, ticket)
    bench.quiet()
    edit(bench, LEFT, ticket, old, "new words")
    bench.quiet()
    assert sum("new words" in text for text in bench.texts(RIGHT, twin)) == 1
    assert not any(old in text for text in bench.texts(RIGHT, twin))
    assert len(bench.texts(RIGHT, twin)) == 2
    assert states(bench, "edited:") == [("arrived", "")]
    still(bench)


def test_where_the_tracker_cannot_edit_a_new_comment_says_so(pair: tuple[Bench, str, str]) -> None:
    bench, ticket, twin = pair
    old = bench.say(RIGHT, twin)
    bench.quiet()
    edit(bench, RIGHT, twin, old, "new words")
    bench.quiet()
    said = bench.texts(LEFT, ticket)
    assert len(said) == 2
    assert old in said[0]
    assert "Edited: new words" in said[1]
    still(bench)
    assert len(bench.texts(RIGHT, twin)) == 1


def test_the_contract_may_ask_for_a_comment(tmp_path: Path) -> None:
    bench, ticket, twin = joined(tmp_path, right={"on_edit": "comment"})
    old = bench.say(LEFT, ticket)
    bench.quiet()
    edit(bench, LEFT, ticket, old, "new words")
    bench.quiet()
    said = bench.texts(RIGHT, twin)
    assert [old in said[0], "Edited: new words" in said[1], len(said)] == [True, True, 2]
    still(bench)


@pytest.mark.parametrize("on_edit", ["edit", "comment"])
def test_a_twin_that_people_changed_is_theirs(tmp_path: Path, on_edit: str) -> None:
    bench, ticket, twin = joined(tmp_path, right={"on_edit": on_edit})
    old = bench.say(LEFT, ticket)
    bench.quiet()
    edit(bench, RIGHT, twin, old, "Elaine's words")
    bench.quiet()
    edit(bench, LEFT, ticket, old, "Anna's words")
    bench.quiet()
    assert bench.texts(RIGHT, twin) == ["Elaine's words"]
    assert not any("Elaine" in text for text in bench.texts(LEFT, ticket))
    assert {state for state, _ in states(bench, "edited:")} == {"noted"}
    still(bench)


@pytest.mark.parametrize("on_edit", ["edit", "comment"])
def test_a_twin_that_people_deleted_is_never_written_again(tmp_path: Path, on_edit: str) -> None:
    bench, ticket, twin = joined(tmp_path, right={"on_edit": on_edit})
    old = bench.say(LEFT, ticket)
    bench.quiet()
    bench.tracker(RIGHT).delete_comment(twin, comment(bench, RIGHT, twin, old))
    edit(bench, LEFT, ticket, old, "Anna's words")
    bench.quiet()
    assert bench.texts(RIGHT, twin) == []
    assert states(bench, "edited:")[0][0] == "noted"
    still(bench)


def test_a_twin_that_people_delete_before_it_is_read_back_is_never_written_again(pair: tuple[Bench, str, str]) -> None:
    """Its write was answered with an id: it was made, and what people do with it is theirs."""
    bench, ticket, twin = pair
    text = bench.say(LEFT, ticket)

    def tidy(task: str) -> None:
        if task == "reconcile":
            bench.tracker(RIGHT).delete_comment(twin, comment(bench, RIGHT, twin, text))

    bench.between = tidy
    bench.run()
    bench.between = lambda task: None
    bench.set(LEFT, ticket, "title", "something else to do")
    still(bench)
    assert bench.texts(RIGHT, twin) == []
    assert states(bench, "comment:") == [("noted", "it was written, and is not there any more")]
    assert len(done(bench, "comment")) == 1


def test_of_several_edits_the_last_goes_once(pair: tuple[Bench, str, str]) -> None:
    bench, ticket, twin = pair
    old = bench.say(LEFT, ticket)
    bench.quiet()
    edit(bench, LEFT, ticket, old, "second")
    bench.run(upto="map")
    edit(bench, LEFT, ticket, "second", "third")
    bench.run(upto="map")
    edit(bench, LEFT, ticket, "third", "fourth")
    bench.quiet()
    assert [("fourth" in text, "third" in text) for text in bench.texts(RIGHT, twin)] == [(True, False)]
    assert [state for state, _ in states(bench, "edited:")] == ["superseded", "superseded", "arrived"]
    assert len(done(bench, "edit")) == 1


def test_an_edit_that_is_taken_back_before_a_run_sends_nothing(pair: tuple[Bench, str, str]) -> None:
    bench, ticket, _ = pair
    old = bench.say(LEFT, ticket)
    bench.quiet()
    edit(bench, LEFT, ticket, old, "second")
    bench.run(upto="map")
    edit(bench, LEFT, ticket, "second", old)
    still(bench)
    assert done(bench, "edit") == []
    assert [state for state, _ in states(bench, "edited:")] == ["superseded"]


def test_each_edit_after_the_other_arrives(pair: tuple[Bench, str, str]) -> None:
    bench, ticket, twin = pair
    texts = [bench.say(LEFT, ticket), "second", "third", "second"]
    bench.quiet()
    for old, new in pairwise(texts):
        edit(bench, LEFT, ticket, old, new)
        bench.quiet()
        assert new in bench.texts(RIGHT, twin)[0]
    assert len(bench.texts(RIGHT, twin)) == 1


def test_an_edit_between_reading_and_writing_is_not_lost(pair: tuple[Bench, str, str]) -> None:
    bench, ticket, twin = pair
    old = bench.say(LEFT, ticket)
    bench.between = lambda task: edit(bench, LEFT, ticket, old, "late words") if task == "load" else None
    bench.run()
    bench.between = lambda task: None
    bench.quiet()
    assert ["late words" in text for text in bench.texts(RIGHT, twin)] == [True]


def test_files_of_an_edited_comment_stay(pair: tuple[Bench, str, str]) -> None:
    bench, ticket, twin = pair
    old = bench.say(LEFT, ticket, file=b"bytes")
    bench.quiet()
    edit(bench, LEFT, ticket, old, "new words")
    still(bench)
    assert len(bench.tracker(RIGHT).tickets[twin].files) == 1
    assert len(bench.tracker(LEFT).tickets[ticket].files) == 1


def test_an_edit_out_of_scope_does_not_leave(pair: tuple[Bench, str, str]) -> None:
    bench, ticket, twin = pair
    old = bench.say(LEFT, ticket)
    bench.quiet()

    def leaves(task: str) -> None:
        if task == "load":
            bench.label(LEFT, ticket, remove="customer")

    edit(bench, LEFT, ticket, old, "SECRET words")
    bench.between = leaves
    bench.run()
    bench.between = lambda task: None
    bench.quiet()
    assert not any("SECRET" in text for text in bench.texts(RIGHT, twin))
    assert [state for state, _ in states(bench, "edited:")] == ["parked"]


# ---- made private or blacked out


def test_a_comment_made_private_is_taken_back(pair: tuple[Bench, str, str]) -> None:
    bench, ticket, twin = pair
    other = bench.say(LEFT, ticket)
    text = bench.say(LEFT, ticket, file=b"bytes")
    bench.quiet()
    bench.tracker(LEFT).make_private(ticket, comment(bench, LEFT, ticket, text))
    bench.quiet()
    said = bench.texts(RIGHT, twin)
    assert len(said) == 2
    assert not any(text in one for one in said)
    assert any(other in one for one in said)
    assert bench.tracker(RIGHT).tickets[twin].files == []
    assert [state for state, _ in states(bench, "withdrawn:")] == ["arrived"]
    still(bench)
    assert text not in opened(bench)
    assert other in opened(bench)


def opened(bench: Bench) -> str:
    """All that the state holds of writes and events, unsealed."""
    with bench.store.read() as tx:
        rows = [row for table in (tables.action, tables.event, tables.record) for row in bench.rows(table)]
        return repr([tx.open(row["sealed"]) for row in rows if row["sealed"]])


def test_zendesk_hides_and_blacks_out_what_was_restricted_in_jira(tmp_path: Path) -> None:
    kind = replace(JIRA_LIKE, capabilities=replace(JIRA_LIKE.capabilities, private_comments=True))
    bench, ticket, twin = joined(tmp_path, kinds={"right": kind})
    text = bench.say(RIGHT, twin, file=b"bytes")
    bench.quiet()
    bench.tracker(RIGHT).make_private(twin, comment(bench, RIGHT, twin, text))
    bench.quiet()
    (left,) = bench.tracker(LEFT).tickets[ticket].comments
    assert (text in str(left.body), left.public, left.redacted) == (False, False, True)
    assert bench.tracker(LEFT).tickets[ticket].files == []
    still(bench)
    bench.tracker(RIGHT).make_public(twin, comment(bench, RIGHT, twin, text))
    bench.quiet()
    assert [text in one for one in bench.texts(LEFT, ticket)] == [False, True]
    still(bench)


def test_what_was_blacked_out_goes_from_the_twin_too(pair: tuple[Bench, str, str]) -> None:
    bench, ticket, twin = pair
    text = bench.say(LEFT, ticket)
    bench.quiet()
    bench.tracker(LEFT).redact(ticket, comment(bench, LEFT, ticket, text), text)
    bench.quiet()
    assert [text in one for one in bench.texts(RIGHT, twin)] == [False]
    assert [state for state, _ in states(bench, "redacted:")] == ["arrived"]
    still(bench)
    assert text not in opened(bench)


def test_the_contract_may_keep_what_came_in(tmp_path: Path) -> None:
    bench, ticket, twin = joined(tmp_path, right={"on_redact": "keep"})
    text = bench.say(LEFT, ticket)
    bench.quiet()
    bench.tracker(LEFT).make_private(ticket, comment(bench, LEFT, ticket, text))
    still(bench)
    assert [text in one for one in bench.texts(RIGHT, twin)] == [True]
    assert [state for state, _ in states(bench, "withdrawn:")] == ["noted"]


def test_where_nothing_can_be_taken_back_it_is_parked(tmp_path: Path) -> None:
    kind = replace(JIRA_LIKE, capabilities=replace(JIRA_LIKE.capabilities, redact_comments=False))
    bench, ticket, _ = joined(tmp_path, kinds={"right": kind})
    text = bench.say(LEFT, ticket)
    bench.quiet()
    bench.tracker(LEFT).make_private(ticket, comment(bench, LEFT, ticket, text))
    still(bench)
    assert [state for state, _ in states(bench, "withdrawn:")] == ["parked"]
    assert bench.run()["reconcile"]["parked"] == 1
    assert text not in opened(bench)


def test_a_twin_that_people_changed_is_not_taken_back_but_shown(pair: tuple[Bench, str, str]) -> None:
    bench, ticket, twin = pair
    text = bench.say(LEFT, ticket)
    bench.quiet()
    edit(bench, RIGHT, twin, text, "Elaine's words")
    bench.tracker(LEFT).make_private(ticket, comment(bench, LEFT, ticket, text))
    still(bench)
    assert bench.texts(RIGHT, twin) == ["Elaine's words"]
    assert [state for state, _ in states(bench, "withdrawn:")] == ["parked"]


def test_an_edit_that_waits_is_dropped_when_its_comment_is_made_private(pair: tuple[Bench, str, str]) -> None:
    bench, ticket, twin = pair
    old = bench.say(LEFT, ticket)
    bench.quiet()
    edit(bench, LEFT, ticket, old, "SECRET words")
    bench.run(upto="map")
    bench.tracker(LEFT).make_private(ticket, comment(bench, LEFT, ticket, "SECRET"))
    bench.quiet()
    assert not any(old in text or "SECRET" in text for text in bench.texts(RIGHT, twin))
    assert [state for state, _ in states(bench, "edited:")] == ["dropped"]


def test_a_private_comment_made_public_is_sent(pair: tuple[Bench, str, str]) -> None:
    bench, ticket, twin = pair
    text = bench.say(LEFT, ticket, private=True)
    bench.quiet()
    assert bench.texts(RIGHT, twin) == []
    bench.tracker(LEFT).make_public(ticket, comment(bench, LEFT, ticket, text))
    bench.quiet()
    assert [text in one for one in bench.texts(RIGHT, twin)] == [True]


def test_a_comment_dropped_as_private_is_sent_once_it_is_public(pair: tuple[Bench, str, str]) -> None:
    bench, ticket, twin = pair
    text = bench.say(LEFT, ticket)
    bench.run(upto="map")
    bench.tracker(LEFT).make_private(ticket, comment(bench, LEFT, ticket, text))
    bench.quiet()
    assert bench.texts(RIGHT, twin) == []
    bench.tracker(LEFT).make_public(ticket, comment(bench, LEFT, ticket, text))
    still(bench)
    assert [text in one for one in bench.texts(RIGHT, twin)] == [True]


# ---- at a twin, and deleted


def test_what_people_do_to_a_twin_does_not_touch_the_origin(pair: tuple[Bench, str, str]) -> None:
    bench, ticket, twin = pair
    text = bench.say(RIGHT, twin)
    second = bench.say(RIGHT, twin)
    bench.quiet()
    bench.tracker(LEFT).make_private(ticket, comment(bench, LEFT, ticket, text))
    bench.tracker(LEFT).redact(ticket, comment(bench, LEFT, ticket, second), second)
    still(bench)
    assert bench.texts(RIGHT, twin) == [text, second]
    assert sorted(reason for state, reason in states(bench, "") if "at the twin" in reason) == [
        "blacked out at the twin",
        "made private at the twin",
    ]


def test_deleted_at_its_origin_is_noted_and_never_removed(pair: tuple[Bench, str, str]) -> None:
    bench, ticket, twin = pair
    text = bench.say(RIGHT, twin)
    bench.quiet()
    bench.tracker(RIGHT).delete_comment(twin, comment(bench, RIGHT, twin, text))
    still(bench)
    assert [text in one for one in bench.texts(LEFT, ticket)] == [True]
    assert [state for state, _ in states(bench, "deleted:")] == ["noted"]


# ---- nothing twice, whatever dies


@pytest.mark.parametrize("act", ["edit", "private", "blacked", "comment"])
def test_killed_at_every_commit_and_with_every_answer_lost(tmp_path: Path, act: str) -> None:
    bench, ticket, twin = joined(tmp_path)
    here, there, which = (twin, ticket, RIGHT) if act == "comment" else (ticket, twin, LEFT)
    text = bench.say(which, here)
    bench.quiet()
    if act == "private":
        bench.tracker(which).make_private(here, comment(bench, which, here, text))
    elif act == "blacked":
        bench.tracker(which).redact(here, comment(bench, which, here, text), text)
    else:
        edit(bench, which, here, text, "new words")
    picture, marks = bench.save(), list[int]()
    bench.restore(picture)
    bench.between = lambda task: marks.append(bench.commits)
    bench.run()
    bench.between = lambda task: None
    first = marks[3]  # load begins
    assert bench.commits > first + 3
    for number in [0, *range(first + 1, bench.commits + 1)]:
        bench.restore(picture)
        _disturb(bench, number)
        with pytest.raises(KilledError):
            bench.run()
        bench.revive()
        bench.wait(400)
        bench.quiet()
        said = bench.texts(which.other, there)
        if act == "comment":
            assert [("new words" in one) for one in said] == [False, True], number
        else:
            assert len(said) == 1, number
            assert (text in said[0], "new words" in said[0]) == (False, act == "edit"), number
        assert bench.run()["diff"]["actions"] == 0
        assert not any(e["state"] in ("quarantined", "deferred", "waiting", None) for e in bench.events()), number
        assert not [r for _, r in states(bench, "") if "theirs" in r or "at the twin" in r], number


def _disturb(bench: Bench, number: int) -> None:
    """End the process before a commit; with none named, right after a write took place."""
    if number:
        bench.on_commit = lambda at: bench.kill() if at == number else None
        return

    def fail(verb: str, phase: str, item: object) -> None:
        if verb in ("edit", "redact", "comment") and phase == "after":
            bench.kill()

    for tracker in bench.world.trackers.values():
        tracker.fail = fail
