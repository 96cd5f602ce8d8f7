# SPDX-License-Identifier: Apache-2.0
"""A ring of four pairs over four trackers: it settles with one of everything, whatever runs in which order and beside.

A normal run of the tests takes a part of the orders; ``TANDEM_EXAMPLES=all`` takes each.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from itertools import permutations

import pytest

from engine.ring_of_four import AZURE, JIRA, PAIRS, SNOW, TRACKERS, ZENDESK, Four, running_ring
from engine.storms import killed_at
from tandem.config.load import load_pair

pytestmark = pytest.mark.timeout(900)
ALL = os.environ.get("TANDEM_EXAMPLES") == "all"
ORDERS = list(permutations(PAIRS))
ONCE = dict.fromkeys(TRACKERS, 1)


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Four]:
    with running_ring(tmp_path_factory.mktemp("ring")) as four:
        yield four


def check(four: Four, ids: dict[str, str], title: str, said: list[str]) -> None:
    """One ticket of that title at each tracker, and each text once on it."""
    assert four.titled(title) == ONCE
    shown = four.texts(ids)
    for tracker in TRACKERS:
        for text in said:
            assert sum(text in one for one in shown[tracker]) == 1, (tracker, text, shown[tracker])


def test_the_rules_of_the_ring_are_equal(four: Four) -> None:
    for name in PAIRS:
        root = four.houses[name].root
        assert load_pair(root / "pairs" / f"{name}.yaml", root / "contracts").name == name


@pytest.mark.parametrize(
    "order", ORDERS if ALL else ORDERS[::13], ids=lambda order: "".join(str(PAIRS.index(one)) for one in order)
)
def test_a_ring_settles_in_any_order(four: Four, order: tuple[str, ...]) -> None:
    number = next(four.numbers)
    ticket = four.open_ticket(f"Cart {number}")
    four.quiet(order)
    ids = four.everywhere(ticket)
    said = [f"word-{number}-{tracker}" for tracker in TRACKERS]
    for tracker, text in zip(TRACKERS, said, strict=True):
        four.say(tracker, ids, text)
    four.rename(SNOW, ids, f"Basket {number}")
    four.solve(AZURE, ids)
    four.quiet(order)
    check(four, ids, f"Basket {number}", said)
    assert four.solved(ids) == ONCE


@pytest.mark.parametrize("seed", range(8 if ALL else 1))
def test_a_ring_settles_whatever_runs_at_the_same_time(four: Four, seed: int) -> None:
    chance, number = random.Random(seed), next(four.numbers)
    ticket = four.open_ticket(f"Cart {number}")
    for _ in range(3):  # the ticket itself goes round while pairs overlap
        four.overlapping(*chance.sample(PAIRS, 2))
    four.quiet(chance.sample(PAIRS, 4))
    ids, said, title = four.everywhere(ticket), list[str](), f"Cart {number}"
    for turn in range(5):
        tracker = chance.choice(TRACKERS)
        said.append(f"word-{number}-{turn}")
        four.say(tracker, ids, said[-1])
        if turn % 2:
            title = f"Basket {number} {turn}"
            four.rename(chance.choice(TRACKERS), ids, title)
        four.overlapping(*chance.sample(PAIRS, chance.randrange(2, 5)))
    four.solve(chance.choice(TRACKERS), ids)
    four.overlapping(*PAIRS)
    four.quiet(chance.sample(PAIRS, 4))
    check(four, ids, title, said)
    assert four.solved(ids) == ONCE


KILLS = [
    (PAIRS[0], JIRA, "POST", "/comment$"),
    (PAIRS[1], SNOW, "PATCH", "/batch|/table/incident"),
    (PAIRS[2], AZURE, "PATCH", r"(?i)/workitems/|/\$batch"),
    (PAIRS[3], ZENDESK, "PUT", "/tickets/"),
    (PAIRS[3], AZURE, "PATCH", r"(?i)/workitems/|/\$batch"),
]


@pytest.mark.parametrize("kind", ["hang", "hang_after"])
def test_a_ring_settles_when_one_pair_is_killed_in_its_midst(four: Four, kind: str) -> None:
    """`tandem run` of one pair dies (SIGKILL) at a write; the other three go on before it is run again."""
    control, struck = four.box.control, 0
    for pair, tracker, method, path in KILLS if ALL else KILLS[kind == "hang" :: 4]:
        number = next(four.numbers)
        ticket = four.open_ticket(f"Cart {number}")
        four.quiet()
        ids = four.everywhere(ticket)
        said = [f"word-{number}-{one}" for one in TRACKERS]
        for one, text in zip(TRACKERS, said, strict=True):
            four.say(one, ids, text)
        four.rename(ZENDESK, ids, f"Basket {number}")
        control.advance(12)
        account = four.box[tracker].integration.email
        fault = control.fault(kind, tracker, account=account, method=method, path=path, count=1)
        struck += killed_at(four.houses[pair], fault)
        control.clear_faults()
        others = [one for one in PAIRS if one != pair]
        four.overlapping(*others)  # what the dead run may have written is left to it
        for one in others:
            four.run(one)
        four.quiet()
        check(four, ids, f"Basket {number}", said)
    assert struck


def test_a_work_note_stays_in_its_company_round_a_ring(four: Four) -> None:
    """Infinity shows it to its own Jira; no request to Mercuri or Global ever holds it, whichever way round."""
    number = next(four.numbers)
    ticket = four.open_ticket(f"Cart {number}")
    four.quiet()
    ids = four.everywhere(ticket)
    note, file = f"work-note-{number}", f"sketch-{number}.bin"
    four.desk.attach(ids[SNOW], file, f"bytes of {file}".encode())
    four.desk.change(ids[SNOW], work_notes=f"{note}, see {file}")
    four.say(JIRA, ids, f"word-{number}")
    four.quiet()
    check(four, ids, f"Cart {number}", [f"word-{number}"])
    shown = four.texts(ids)
    assert [sum(note in text for text in shown[tracker]) for tracker in TRACKERS] == [0, 1, 1, 0]
    comments = four.jira.get(f"3/issue/{ids[JIRA]}/comment")["comments"]
    assert [one["jsdPublic"] for one in comments if note in repr(one["body"])] == [False]
    for tracker in (ZENDESK, AZURE):
        sent = four.sent(tracker)
        assert note not in sent
        assert file not in sent


@pytest.mark.parametrize(
    "order", ORDERS if ALL else ORDERS[2::11], ids=lambda order: "".join(str(PAIRS.index(one)) for one in order)
)
def test_an_edit_is_told_once_at_each_tracker(four: Four, order: tuple[str, ...]) -> None:
    """In its place at Jira and Azure DevOps; Zendesk and ServiceNow take no edits, and get one new comment of each."""
    number = next(four.numbers)
    ticket = four.open_ticket(f"Cart {number}")
    four.quiet(order)
    ids = four.everywhere(ticket)
    words = {tracker: f"word-{number}-{place}" for place, tracker in enumerate((JIRA, AZURE))}
    for tracker, word in words.items():
        four.say(tracker, ids, f"{word}-first")
    four.quiet(order)
    told = ["first"]
    for new in ("second", "third", "third", "first"):  # once it is only touched
        for tracker, word in words.items():
            four.edit(tracker, ids, f"{word}-{told[-1]}", f"{word}-{new}")
        told += [new] if new != told[-1] else []
        four.quiet(order)
        shown = four.texts(ids)
        for word in words.values():
            for tracker in TRACKERS:
                found = [text for text in shown[tracker] if word in text]
                there = told if tracker in (ZENDESK, SNOW) else [new]
                assert len(found) == len(there), (tracker, found)
                assert sum("Edited:" in text for text in found) == len(there) - 1, (tracker, found)
                assert sorted(there) == sorted(
                    one for one in ("first", "second", "third") for text in found if one in text
                )
    assert four.run(PAIRS[0]) + four.run(PAIRS[1]) + four.run(PAIRS[2]) + four.run(PAIRS[3]) == 0


def test_a_due_day_and_due_instants_settle_round_a_ring(four: Four) -> None:
    """Jira knows days alone: from it a day goes out at each contract's hour, and to it an instant as its zone's day."""
    number = next(four.numbers)
    ticket = four.open_ticket(f"Cart {number}", type="task")
    four.quiet()
    ids = four.everywhere(ticket)
    four.jira.edit(ids[JIRA], duedate="2027-04-01")
    four.quiet()
    shown = four.due(ids)
    assert (shown[JIRA], {str(one)[:10] for one in shown.values()}) == ("2027-04-01", {"2027-04-01"})
    four.desk.change(ids[SNOW], due_date="2027-05-02 22:30:00")  # UTC: in Brussels it is the third by then
    four.quiet()
    shown = four.due(ids)
    assert (shown[SNOW], shown[JIRA]) == ("2027-05-02 22:30:00", "2027-05-03")
    assert str(shown[AZURE]).startswith("2027-05-02T22:30:00")
    assert str(shown[ZENDESK])[:10] in ("2027-05-02", "2027-05-03")
    four.azure.set(int(ids[AZURE]), {"Microsoft.VSTS.Scheduling.DueDate": ""})
    four.quiet()
    assert four.due(ids) == dict.fromkeys(TRACKERS)
