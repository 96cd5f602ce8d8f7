# SPDX-License-Identifier: Apache-2.0
"""A comment that goes in parts goes on whole, whatever stands in its way and however each tracker divides it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.ring_of_four import AZURE, CLOSING, JIRA, PAIRS, SNOW, TRACKERS, ZENDESK, Four, running_ring
from tandem.errors import RetryableError


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Four]:
    with running_ring(tmp_path_factory.mktemp("ring")) as four:
        yield four


def words(number: int, count: int) -> list[str]:
    """Different words, which no tracker's limit cuts in two."""
    return [f"w{number}x{place:05d}" for place in range(count)]


def whole(four: Four, ids: dict[str, str], said: list[str]) -> dict[str, tuple[list[str], list[str]]]:
    """What each tracker lacks of these words, and what it shows more than once."""
    found = {}
    for tracker, texts in four.texts(ids).items():
        shown = "\n".join(texts)
        times = {word: shown.count(word) for word in said}
        lost, twice = [w for w, n in times.items() if not n], [w for w, n in times.items() if n > 1]
        if lost or twice:
            found[tracker] = (lost[:3], twice[:3])
    return found


@pytest.mark.parametrize("after", [1, 3])
@pytest.mark.parametrize("tracker", [JIRA, AZURE])
def test_parts_that_are_written_later_go_on_too(four: Four, tracker: str, after: int) -> None:
    """ServiceNow gets some parts, then nothing more; the pair beyond runs before the rest comes."""
    chain = PAIRS[:3]
    first, beyond = (chain[1], chain[2]) if tracker == JIRA else (chain[2], chain[1])
    number = next(four.numbers)
    ticket = four.open_ticket(f"Cart {number}")
    four.quiet()
    ids, said = four.everywhere(ticket), words(number, 2000)
    four.say(tracker, ids, " ".join(said))
    ours = four.box[SNOW].integration.email
    fault = four.box.control.fault("error_before", SNOW, account=ours, body=f"w{number}x", skip=after, status=503)
    with pytest.raises(RetryableError):
        four.run(first)
    assert next(one["struck"] for one in four.box.control.faults() if one["id"] == fault)
    four.box.control.clear_faults()
    four.run(beyond)
    four.quiet(chain)
    assert whole(four, ids, said) == {}


BY_THE_DESK, BY_THE_ARCHITECT = (CLOSING, *PAIRS[:3]), (PAIRS[2], PAIRS[1], CLOSING, PAIRS[0])


@pytest.mark.parametrize("order", [BY_THE_DESK, BY_THE_ARCHITECT], ids=["by the desk first", "by the architect first"])
def test_parts_of_parts_go_on_round_a_ring(four: Four, order: tuple[str, ...]) -> None:
    """Zendesk takes the text in two parts, and Jira each of these in two."""
    number = next(four.numbers)
    ticket = four.open_ticket(f"Cart {number}")
    four.quiet()
    ids, said = four.everywhere(ticket), words(number, 8500)
    four.say(AZURE, ids, " ".join(said))
    four.quiet(order)
    assert whole(four, ids, said) == {}
    assert set(ids) == set(TRACKERS) and ZENDESK in ids


def test_a_part_whose_answer_is_lost_is_found_again(four: Four) -> None:
    """All parts bear one mark, which ServiceNow's audit would tell of the first alone if it stayed as it is."""
    number = next(four.numbers)
    ticket = four.open_ticket(f"Cart {number}")
    four.quiet()
    ids, said = four.everywhere(ticket), words(number, 2000)
    four.say(JIRA, ids, " ".join(said))
    ours = four.box[SNOW].integration.email
    four.box.control.fault("error_after", SNOW, account=ours, body=f"w{number}x", skip=2, count=1, status=503)
    with pytest.raises(RetryableError):
        four.run(PAIRS[1])
    four.box.control.clear_faults()
    four.quiet(PAIRS[:3])
    assert whole(four, ids, said) == {}


def test_parts_that_were_written_before_two_tickets_were_known_to_be_one_do_not_go_on(four: Four) -> None:
    """Zendesk's and Jira's ticket got the text on different ways, each in parts of its own."""
    number, ways = next(four.numbers), (CLOSING, PAIRS[2], PAIRS[1])
    ticket = four.open_ticket(f"Cart {number}")
    four.quiet(ways)
    said = words(number, 8500)
    four.say(AZURE, {AZURE: four.houses[CLOSING].twins()[ticket]}, " ".join(said))
    four.quiet(ways)
    four.quiet()
    assert whole(four, four.everywhere(ticket), said) == {}
