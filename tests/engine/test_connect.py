# SPDX-License-Identifier: Apache-2.0
"""`tandem connect` (engine §10): tickets that exist at both sides are joined, and nothing is written by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.laws import at_peace
from engine.memory_files import PAIR
from engine.memory_house import LEFT, RIGHT, Bench
from tandem.errors import ConfigurationError, LeaseHeldError
from tandem.pipeline.connect import Connected, connect, read_rows
from tandem.pipeline.environment import Job
from tandem.state import lease, tables

BOTH = {"title": "the same", "description": "as written"}


def joining(bench: Bench, text: str, choice: str = "") -> Connected:
    rows = read_rows(text, "list.csv")
    return connect(Job(PAIR, f"connect-{next(bench.runs)}", kind="cli"), bench.env, rows, "list.csv", choice)


def pair_of(bench: Bench, **right: object) -> tuple[str, str, str]:
    """The same ticket, opened by people at both sides; the right one's key last."""
    ticket = bench.open(LEFT, status="open", priority="normal", **BOTH)
    issue = bench.open(RIGHT, priority="3", **{**BOTH, **right})  # type: ignore[arg-type]
    bench.move(RIGHT, issue, "2")
    return ticket, issue, bench.tracker(RIGHT).tickets[issue].key


def early(bench: Bench) -> None:
    """What was opened so far was there before the start."""
    bench.wait(600)
    bench.run()


def wrong(bench: Bench, text: str) -> list[tuple[str, int | None, str]]:
    with pytest.raises(ConfigurationError) as caught:
        joining(bench, text)
    return [(one.code, one.line, one.what) for one in caught.value.problems]


@pytest.mark.parametrize("started", [True, False])
def test_what_is_equal_becomes_the_bases_and_what_was_said_counts_as_exchanged(bench: Bench, started: bool) -> None:
    ticket, issue, key = pair_of(bench)
    bench.say(LEFT, ticket)
    bench.say(RIGHT, issue)
    bench.world.deeds.clear()  # said before: nobody repeats it
    if started:
        early(bench)
    before = bench.changes()
    told = joining(bench, f"left,right\n{ticket},{key}\n")
    assert [(row.left, row.right) for row in told.joined] == [(ticket, key)] and told.open == ()
    for _ in range(3):
        bench.run()
    assert bench.changes() == before and bench.twins() == {ticket: issue}
    word = bench.say(RIGHT, issue)
    bench.set(LEFT, ticket, "title", "goes on")
    bench.quiet()
    assert bench.get(RIGHT, issue, "title") == "goes on" and any(word in text for text in bench.texts(LEFT, ticket))


def test_the_same_comment_at_both_sides_is_one_with_its_twin(bench: Bench) -> None:
    ticket, issue, key = pair_of(bench)
    for text in ("<p>hello  there</p>", "<p>only here</p>", "<p>hello there</p>"):
        bench.tracker(LEFT).comment(ticket, text, bench.person(LEFT))
    for text in ("hello there", "Anna (Acme) wrote: hello there"):
        bench.tracker(RIGHT).comment(issue, text, bench.person(RIGHT))
    joining(bench, f"{ticket},{key}")
    by_origin: dict[str, set[str]] = {}
    for row in bench.rows(tables.presence):
        if row["kind"] == "comment":
            by_origin.setdefault(row["origin"], set()).add(row["system"])
    assert list(by_origin.values()) == [{"left", "right"}] * 2


@pytest.mark.parametrize("choice", ["left", "right", "hold"])
@pytest.mark.parametrize("column", [True, False])
def test_what_differs_waits_for_a_choice(bench: Bench, choice: str, column: bool) -> None:
    ticket, issue, key = pair_of(bench, title="another", labels=("customer", "kiosk"))
    early(bench)
    before = bench.changes()
    told = joining(bench, f"{ticket},{key}")
    assert {(one.difference.field, str(one.difference.left), str(one.difference.right)) for one in told.open} == {
        ("title", "the same", "another"),
        ("labels", "[]", "['kiosk']"),
    }
    assert told.joined == () and bench.twins() == {}
    joining(bench, f"{ticket},{key},{choice if column else ''}", "" if column else choice)
    assert bench.changes() == before
    bench.quiet()
    titles = (bench.get(LEFT, ticket, "title"), bench.get(RIGHT, issue, "title"))
    labels = ("kiosk" in str(bench.get(LEFT, ticket, "labels")), "kiosk" in str(bench.get(RIGHT, issue, "labels")))
    assert titles == {"left": ("the same",) * 2, "right": ("another",) * 2, "hold": ("the same", "another")}[choice]
    assert labels == {"left": (False, False), "right": (True, True), "hold": (False, True)}[choice]
    assert bench.events("waiting", "deferred") == []


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_joined(bench: Bench) -> None:
    one, other = pair_of(bench), pair_of(bench)
    outside = bench.open(LEFT, labels=())
    told = wrong(bench, f"{one[0]},{one[2]}\n{outside},{other[2]}\n999,SHOP-999\n")
    assert [(code, line) for code, line, _ in told] == [("TDM-322", 2), ("TDM-322", 3), ("TDM-322", 3)]
    assert bench.twins() == {}


def test_many_to_one_is_refused_with_its_lines(bench: Bench) -> None:
    one, other = pair_of(bench), pair_of(bench)
    told = wrong(bench, f"{one[0]},{one[2]}\n\n{other[0]},{one[2]}\n")
    assert [(code, line) for code, line, _ in told] == [("TDM-321", 1)] and "lines 1, 3" in told[0][2]
    told = wrong(bench, f"{one[0]},{one[2]}\n{other[0]},{one[1]}\n")  # the same ticket by its id
    assert "lines 1, 2" in told[0][2]


@pytest.mark.parametrize("text", ["1\n", "1,\n", "1,SHOP-1,both\n", "1,2,left,4\n"])
def test_a_line_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_rows(f"left,right\n{text}", "list.csv")
    assert [(one.code, one.line) for one in caught.value.problems] == [("TDM-320", 2)]


def test_semicolons_and_number_signs_are_read_too() -> None:
    (row,) = read_rows("Left;Right\n\n#7; SHOP-7 ;Hold\n", "list.csv")
    assert (row.line, row.left, row.right, row.choice) == (3, "7", "SHOP-7", "hold")


def test_a_list_can_be_connected_again_and_a_ticket_joined_otherwise_is_refused(bench: Bench) -> None:
    one, other = pair_of(bench), pair_of(bench)
    joining(bench, f"{one[0]},{one[2]}")
    early(bench)
    told = joining(bench, f"{one[0]},{one[2]}\n{other[0]},{other[2]}")
    assert [len(told.joined), len(told.already)] == [1, 1]
    assert {line for _, line, _ in wrong(bench, f"{one[0]},{other[2]}")} == {1}
    assert at_peace(bench) == []


def test_tickets_left_out_at_the_start_are_taken_in(bench: Bench) -> None:
    ticket, issue, key = pair_of(bench)
    early(bench)
    assert {row["ticket"] for row in bench.rows(tables.before_start)} == {ticket, issue}
    joining(bench, f"{ticket},{key}")
    assert bench.rows(tables.before_start) == []


def test_tickets_that_wait_for_a_twin_of_their_own_can_be_joined(tmp_path: Path) -> None:
    """Both are linked to nothing, because the other side makes no tickets: they become one link, with one origin."""
    bench = Bench(tmp_path, left={"create": "none"}, right={"create": "none"})
    bench.run()
    ticket, issue, key = pair_of(bench)
    bench.quiet()
    assert len(bench.rows(tables.link)) == 2
    joining(bench, f"{ticket},{key}")
    word = bench.say(LEFT, ticket)
    assert at_peace(bench) == []
    assert len(bench.rows(tables.link)) == 1 and any(word in text for text in bench.texts(RIGHT, issue))
    tickets = [row for row in bench.rows(tables.presence) if row["kind"] == "ticket"]
    assert {row["origin"] for row in tickets} == {bench.link(LEFT, ticket).origin}


def test_connecting_takes_the_lease(bench: Bench) -> None:
    ticket, _, key = pair_of(bench)
    lease.take(bench.store, PAIR, "another run", "load", now=bench.world.clock.now)
    with pytest.raises(LeaseHeldError):
        joining(bench, f"{ticket},{key}")
    assert bench.twins() == {}
