# SPDX-License-Identifier: Apache-2.0
"""Comments and files later on (engine §8): edited, withdrawn, deleted, changed at their new place."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.conftest import Linked
from engine.memory_house import LEFT, RIGHT, Bench, KilledError, at_peace
from tandem.core.rules import Which
from tandem.core.values import Json
from tandem.errors import UnavailableError, UnknownOutcomeError
from tandem.state import tables


def said(linked: Linked, which: Which) -> str:
    """A comment that has its twin; gives its id at its origin."""
    bench = linked.bench
    ticket = linked.ticket if which is LEFT else linked.issue
    bench.say(which, ticket)
    comment = bench.tracker(which).tickets[ticket].comments[-1].id
    bench.quiet()
    return comment


def of(linked: Linked, which: Which) -> str:
    return linked.ticket if which is LEFT else linked.issue


def edit(linked: Linked, which: Which, comment: str, text: str) -> None:
    linked.bench.wait(10)
    body: Json = f"<p>{text}</p>" if which is LEFT else text
    linked.bench.tracker(which).edit_comment(of(linked, which), comment, body)


def texts(linked: Linked, which: Which) -> list[str]:
    return linked.bench.texts(which, of(linked, which))


def test_an_edit_at_the_origin_edits_its_twin(linked: Linked) -> None:
    comment = said(linked, LEFT)
    edit(linked, LEFT, comment, "as it reads now")
    linked.bench.quiet()
    there = texts(linked, RIGHT)
    assert len(there) == 1 and "as it reads now" in there[0]
    assert there[0].startswith("Anna"), "the heading stays"
    before = linked.bench.changes()
    linked.bench.quiet()
    assert linked.bench.changes() == before, "our own edit is no news"


def test_of_several_edits_the_last_text_goes_once(linked: Linked) -> None:
    comment = said(linked, LEFT)
    for number in range(3):
        edit(linked, LEFT, comment, f"text {number}")
        linked.bench.run(upto="extract")
    linked.bench.quiet()
    assert [("text 2" in text, "text 1" in text) for text in texts(linked, RIGHT)] == [(True, False)]
    states = [row["state"] for row in linked.bench.events() if row["kind"] == "edited"]
    assert sorted(states) == ["arrived", "superseded", "superseded"]


def test_where_no_text_can_be_changed_a_new_comment_tells_the_edit(linked: Linked) -> None:
    comment = said(linked, RIGHT)
    edit(linked, RIGHT, comment, "as it reads now")
    linked.bench.quiet()
    there = texts(linked, LEFT)
    assert len(there) == 2 and "Edited:" in there[1] and "as it reads now" in there[1]
    before = linked.bench.changes()
    linked.bench.quiet()
    assert linked.bench.changes() == before
    assert len(texts(linked, RIGHT)) == 1, "it is never taken for a person's"


def test_the_contract_may_ask_for_a_new_comment(linked: Linked) -> None:
    bench = linked.bench
    bench.write(right={"on_edit": "comment"})
    comment = said(linked, LEFT)
    edit(linked, LEFT, comment, "as it reads now")
    bench.quiet()
    assert ["Edited:" in text for text in texts(linked, RIGHT)] == [False, True]


def test_a_twin_that_people_changed_is_theirs(linked: Linked) -> None:
    """Their change does not travel back, and a later edit at the origin goes in a comment of its own."""
    comment = said(linked, LEFT)
    twin = linked.bench.tracker(RIGHT).tickets[linked.issue].comments[-1].id
    edit(linked, RIGHT, twin, "elaine knows better")
    linked.bench.quiet()
    assert len(texts(linked, LEFT)) == 1 and "better" not in texts(linked, LEFT)[0]
    noted = [row for row in linked.bench.events("noted") if row["kind"] == "edited"]
    assert [row["reason"] for row in noted] == ["a copy that people changed is theirs"]
    edit(linked, LEFT, comment, "as it reads now")
    linked.bench.quiet()
    there = texts(linked, RIGHT)
    assert there[0] == "elaine knows better"
    assert len(there) == 2 and "Edited:" in there[1] and "as it reads now" in there[1]


def test_a_twin_that_people_deleted_is_never_written_again(linked: Linked) -> None:
    comment = said(linked, LEFT)
    linked.bench.tracker(RIGHT).tickets[linked.issue].comments.clear()
    edit(linked, LEFT, comment, "as it reads now")
    linked.bench.quiet()
    assert texts(linked, RIGHT) == []
    assert [row["state"] for row in linked.bench.events() if row["kind"] == "edited"] == ["noted"]


@pytest.mark.parametrize("which", list(Which))
def test_what_is_made_private_at_its_origin_is_withdrawn_and_leaves_our_state(linked: Linked, which: Which) -> None:
    bench = linked.bench
    comment = said(linked, which)
    text = bench.world.deeds[-1].text
    bench.wait(10)
    bench.tracker(which).make_private(of(linked, which), comment)
    bench.quiet()
    shown = bench.tracker(which.other).tickets[of(linked, which.other)].comments
    assert len(shown) == 1
    assert text not in str(shown[0].body) or not shown[0].public
    assert [row["state"] for row in bench.events() if row["kind"] == "withdrawn"] == ["arrived"]
    with bench.store.read() as tx:
        kept = [
            str(tx.open(row["sealed"])) for row in bench.rows(tables.action) + bench.rows(tables.event) if row["sealed"]
        ]
    assert not any(text in content for content in kept)
    before = bench.changes()
    bench.quiet()
    assert bench.changes() == before


def test_the_other_side_may_keep_what_it_has(linked: Linked) -> None:
    bench = linked.bench
    bench.write(right={"on_redact": "keep"})
    comment = said(linked, LEFT)
    text = bench.world.deeds[-1].text
    bench.tracker(LEFT).make_private(linked.ticket, comment)
    bench.quiet()
    assert text in texts(linked, RIGHT)[0]
    assert [row["state"] for row in bench.events() if row["kind"] == "withdrawn"] == ["noted"]


def test_what_is_deleted_at_its_origin_is_noted_and_stays(linked: Linked) -> None:
    said(linked, LEFT)
    text = linked.bench.world.deeds[-1].text
    linked.bench.tracker(LEFT).tickets[linked.ticket].comments.clear()
    linked.set(LEFT, "title", "and something else")
    linked.bench.quiet()
    assert text in texts(linked, RIGHT)[0]


def test_an_edit_that_still_waits_when_its_comment_is_made_private_is_dropped(linked: Linked) -> None:
    bench = linked.bench
    comment = said(linked, LEFT)
    edit(linked, LEFT, comment, "not for you")
    bench.run(upto="diff")
    bench.wait(10)
    bench.tracker(LEFT).make_private(linked.ticket, comment)
    bench.quiet()
    assert not any("not for you" in text for text in texts(linked, RIGHT))
    assert [row["state"] for row in bench.events() if row["kind"] == "edited"] == ["dropped"]


def test_an_edit_made_out_of_scope_does_not_leave(linked: Linked) -> None:
    bench = linked.bench
    bench.write(pair={"on_return": "drop"})
    comment = said(linked, LEFT)
    bench.label(LEFT, linked.ticket, remove="customer")
    edit(linked, LEFT, comment, "made outside")
    bench.run()
    assert not any("made outside" in text for text in texts(linked, RIGHT))
    bench.wait(10)
    bench.label(LEFT, linked.ticket, add="customer")
    bench.quiet()
    assert not any("made outside" in text for text in texts(linked, RIGHT))


@pytest.mark.parametrize("error", [UnavailableError, UnknownOutcomeError, KilledError])
@pytest.mark.parametrize("verb", ["rewrite", "withdraw"])
@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_write_whose_answer_is_lost_is_done_once(
    linked: Linked, verb: str, phase: str, error: type[BaseException]
) -> None:
    bench, right = linked.bench, linked.bench.tracker(RIGHT)
    comment = said(linked, LEFT)
    text = bench.world.deeds[-1].text
    if verb == "rewrite":
        edit(linked, LEFT, comment, "as it reads now")
    else:
        bench.wait(10)
        bench.tracker(LEFT).make_private(linked.ticket, comment)
    struck: list[str] = []

    def fail(what: str, when: str, item: object) -> None:
        if (what, when) == (verb, phase) and not struck:
            struck.append(what)
            if error is KilledError:
                bench.kill()
            raise error("lost")

    right.fail = fail
    with pytest.raises(error):
        bench.run()
    bench.revive()
    bench.quiet()
    there = texts(linked, RIGHT)
    assert len(there) == 1 and text not in there[0]
    assert ("as it reads now" in there[0]) == (verb == "rewrite")
    states = {row["state"] for row in bench.events() if row["kind"] in ("edited", "withdrawn")}
    assert states == {"arrived"}


def test_two_files_of_one_name_are_two_files(tmp_path: Path) -> None:
    """C08: each at its own comment; a name made unique there does not travel back."""
    bench = Bench(tmp_path)
    bench.run()
    ticket = bench.open(RIGHT)
    bench.quiet()
    right, elaine = bench.tracker(RIGHT), bench.person(RIGHT)
    for content in (b"ten", b"twelve"):
        right.attach(ticket, "image.png", content, elaine, "image/png")
    bench.quiet()
    left = bench.twin(RIGHT, ticket)
    files = bench.tracker(LEFT).tickets[left].files
    assert sorted(bench.tracker(LEFT).contents[file.id] for file in files) == [b"ten", b"twelve"]
    before = bench.changes()
    bench.quiet()
    assert bench.changes() == before and at_peace(bench) == []
