# SPDX-License-Identifier: Apache-2.0
"""What comes in to a ticket that is out of scope, and shows us nothing: it is written, or waits.

A set or a text with markup is written over what is there, of which some is to be kept: it waits until that can be read.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.conftest import Linked
from engine.laws import at_peace
from engine.memory_house import LEFT, RIGHT, Bench
from engine.test_outside import come_back, leave
from engine.test_taken_back import SERVICE
from tandem.core.rules import Which
from tandem.state import tables


def labels(linked: Linked, which: Which) -> set[str]:
    shown = linked.get(which, "labels")
    return {str(one) for one in shown} if isinstance(shown, list) else set()


def relabel(linked: Linked, which: Which, **change: str) -> None:
    linked.bench.label(which, linked.id(which), **change)


def parted(linked: Linked, which: Which) -> None:
    """The ticket of a side leaves the scope, and its people put a label of their own on it."""
    leave(linked, which)
    linked.bench.quiet()
    relabel(linked, which, add="theirs")


@pytest.mark.parametrize("which", list(Which))
@pytest.mark.parametrize("change", [{"add": "payment"}, {"remove": "kiosk"}], ids=["added", "removed"])
def test_a_label_waits_for_its_ticket_to_come_back(linked: Linked, which: Which, change: dict[str, str]) -> None:
    bench = linked.bench
    parted(linked, which)
    there = labels(linked, which)
    relabel(linked, which.other, **change)
    bench.quiet()
    assert labels(linked, which) == there, "a set of which nothing was to be seen was written over"
    told = [(row["state"], row["reason"]) for row in bench.events() if row["side"] == which.other.value][-1]
    assert told == ("parked", "its twin is out of scope, and what to keep of it there is not known")
    before = bench.changes()
    bench.run()
    assert bench.changes() == before
    come_back(linked, which)
    assert at_peace(bench) == []
    assert labels(linked, which) >= {"customer", "theirs"}
    assert labels(linked, LEFT) & {"kiosk", "payment"} == labels(linked, RIGHT) & {"kiosk", "payment"}
    assert ("payment" in labels(linked, which), "kiosk" in labels(linked, which)) == ("add" in change, "add" in change)


@pytest.mark.parametrize("which", list(Which))
def test_the_last_label_that_is_removed_waits_too(tmp_path: Path, which: Which) -> None:
    """Nothing to write, beside a ticket that shows nothing, looks like nothing to do."""
    only = {"fields": {"labels": {"only": ["kiosk"]}}}
    bench = Bench(tmp_path, left=only, right=only)
    ticket, issue = bench.linked(labels=("customer", "kiosk"))
    linked = Linked(bench, ticket, issue)
    assert "kiosk" in labels(linked, LEFT) & labels(linked, RIGHT)
    parted(linked, which)
    relabel(linked, which.other, remove="kiosk")
    bench.quiet()
    come_back(linked, which)
    assert at_peace(bench) == []
    assert "kiosk" not in labels(linked, LEFT) | labels(linked, RIGHT)
    assert "theirs" in labels(linked, which)


@pytest.mark.parametrize("which", list(Which))
def test_a_ticket_that_leaves_before_the_write_is_not_fetched_back_by_it(linked: Linked, which: Which) -> None:
    bench = linked.bench
    relabel(linked, which.other, add="payment")

    def act(task: str) -> None:
        if task == "load":
            leave(linked, which)
            relabel(linked, which, add="theirs")

    bench.between = act
    bench.run()
    bench.between = lambda task: None
    bench.quiet()
    assert labels(linked, which) >= {"theirs"} and not labels(linked, which) & {"customer", "payment"}
    come_back(linked, which)
    assert at_peace(bench) == []
    assert labels(linked, which) >= {"customer", "theirs", "payment"}


@pytest.mark.parametrize("which", list(Which))
def test_what_is_emptied_is_emptied_there(linked: Linked, which: Which) -> None:
    """That nothing is to be seen there does not say that nothing is there."""
    bench = linked.bench
    leave(linked, which)
    bench.quiet()
    linked.set(which.other, "priority", None)
    bench.quiet()
    assert linked.get(which, "priority") is None


@pytest.mark.parametrize("which", list(Which))
def test_a_label_that_arrived_and_is_removed_outside_is_not_set_again(linked: Linked, which: Which) -> None:
    """Its arrival is read back when nothing is to be seen any more: both sides have agreed on it all the same."""
    bench = linked.bench
    relabel(linked, which.other, add="payment")

    def act(task: str) -> None:
        if task == "reconcile":
            leave(linked, which)

    bench.between = act
    bench.run()
    bench.between = lambda task: None
    assert "payment" in labels(linked, which) and "customer" not in labels(linked, which)
    relabel(linked, which, remove="payment")
    come_back(linked, which)
    assert at_peace(bench) == []
    assert "payment" not in labels(linked, LEFT) | labels(linked, RIGHT)


@pytest.mark.parametrize("vain", [2, 20])
def test_what_was_refused_outside_is_tried_when_its_ticket_is_back(linked: Linked, vain: int) -> None:
    """Nobody walks about in the dark: a status that no single way leads to is set aside, and parked in the end."""
    bench = linked.bench
    bench.move(RIGHT, linked.issue, "1")
    leave(linked, RIGHT)
    bench.quiet()
    bench.move(LEFT, linked.ticket, "solved")
    for _ in range(vain):
        bench.run(wait=6 * 3600)
    (held,) = [row for row in bench.rows(tables.quarantine) if row["state"] != "released"]
    assert (held["code"], held["state"]) == ("TDM-203", "open" if vain == 2 else "parked")
    come_back(linked, RIGHT)
    bench.run(wait=5)
    assert linked.get(RIGHT, "status") == "3"
    assert at_peace(bench) == []


def test_a_status_that_cannot_be_walked_to_in_the_dark_holds_nothing_else(linked: Linked) -> None:
    bench = linked.bench
    bench.move(RIGHT, linked.issue, "1")
    leave(linked, RIGHT)
    bench.quiet()
    bench.move(LEFT, linked.ticket, "solved")
    title, text = bench.word("title"), bench.say(LEFT, linked.ticket)
    linked.set(LEFT, "title", title)
    bench.quiet()
    assert linked.get(RIGHT, "status") == "1" and linked.get(RIGHT, "title") == title
    assert any(text in one for one in bench.texts(RIGHT, linked.issue))
    come_back(linked, RIGHT)
    assert at_peace(bench) == []
    assert linked.get(RIGHT, "status") == "3"


def both_out(tmp_path: Path) -> Linked:
    """A ticket that both companies took out of their scope; the other side of it holds a description of ours."""
    bench = Bench(tmp_path, kinds={"right": SERVICE})
    linked = Linked(bench, *bench.linked(description="<p>once for all to read</p>"))
    for which in Which:
        leave(linked, which)
        bench.quiet()
    return linked


@pytest.mark.parametrize("anew", ["Elaine's own words", "once for all to read, and more"])
def test_words_that_people_put_there_are_not_taken_back_unseen(tmp_path: Path, anew: str) -> None:
    """What is taken back at its origin goes wherever it stands; what people wrote in its place is theirs."""
    linked = both_out(tmp_path)
    bench = linked.bench
    linked.set(RIGHT, "description", anew)
    bench.tracker(LEFT).hide_description(linked.ticket)
    bench.quiet()
    bench.quiet()
    assert linked.get(RIGHT, "description") == anew
    assert [row["state"] for row in bench.events() if row["kind"] == "withheld"] == ["parked"]
    before = bench.changes()
    bench.run(wait=90_000)
    assert bench.changes() == before


def test_what_is_taken_back_unseen_is_looked_at_and_gone(tmp_path: Path) -> None:
    linked = both_out(tmp_path)
    linked.bench.tracker(LEFT).hide_description(linked.ticket)
    linked.bench.quiet()
    assert linked.get(RIGHT, "description") == "This description was withdrawn at its origin."


def test_words_that_people_write_while_it_is_taken_back_stay(tmp_path: Path) -> None:
    """Between the look and the write the ticket changes: the write waits for the next run, which looks again."""
    linked = both_out(tmp_path)
    bench, tracker = linked.bench, linked.bench.tracker(RIGHT)
    bench.tracker(LEFT).hide_description(linked.ticket)

    def act(task: str) -> None:
        if task == "load":
            linked.set(RIGHT, "description", "Elaine's own words")

    bench.between = act
    bench.run()
    bench.between = lambda task: None
    bench.quiet()
    assert tracker.tickets[linked.issue].fields["description"] == "Elaine's own words"
