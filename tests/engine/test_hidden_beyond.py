# SPDX-License-Identifier: Apache-2.0
"""What people make private at its origin is taken back two hops on, where its company's other tracker keeps it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.ring_of_four import AZURE, JIRA, PAIRS, SNOW, ZENDESK, Four, running_ring
from support.jira import doc

RESTRICTED = {"type": "role", "value": "Developers"}


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Four]:
    with running_ring(tmp_path_factory.mktemp("ring"), service_desk=False) as four:
        yield four


@pytest.mark.parametrize("text", ["the same", "in other words"])
def test_a_comment_made_private_is_taken_back_two_hops_on(four: Four, text: str) -> None:
    """ServiceNow is Infinity's own and keeps it; Global has it from there."""
    chain = PAIRS[:3]
    number = next(four.numbers)
    ticket = four.open_ticket(f"Cart {number}")
    four.quiet()
    ids, word = four.everywhere(ticket), f"word-{number}"
    four.say(JIRA, ids, f"{word} the same")
    four.quiet(chain)
    assert all(any(word in said for said in texts) for texts in four.texts(ids).values())
    comments = four.jira.get(f"3/issue/{ids[JIRA]}/comment")["comments"]
    [comment] = [one["id"] for one in comments if word in repr(one["body"])]
    sent = {"body": doc(f"{word} {text}"), "visibility": RESTRICTED}
    path = f"3/issue/{ids[JIRA]}/comment/{comment}"
    assert four.jira.ask("PUT", path, "elaine", json=sent).status_code == 200
    four.quiet(chain)
    shown = four.texts(ids)
    assert [tracker for tracker in (ZENDESK, AZURE) if any(word in said for said in shown[tracker])] == []
    assert any(word in said for said in shown[SNOW])


def test_a_comment_made_private_is_taken_back_beyond_a_tracker_that_cannot(four: Four) -> None:
    """Zendesk's comment went over Jira and ServiceNow, whose journal keeps what it has."""
    chain = PAIRS[:3]
    number = next(four.numbers)
    ticket = four.open_ticket(f"Cart {number}")
    four.quiet()
    ids, word = four.everywhere(ticket), f"word-{number}"
    four.say(ZENDESK, ids, word)
    four.quiet(chain)
    comments = four.zendesk.read(f"tickets/{ticket}/comments.json")["comments"]
    [comment] = [one["id"] for one in comments if word in one["body"]]
    path = f"tickets/{ticket}/comments/{comment}/make_private.json"
    assert four.zendesk.ask("PUT", path, "anna").ok
    four.quiet(chain, 20)  # ServiceNow is asked a dozen times
    shown = four.texts(ids)
    assert [tracker for tracker in (JIRA, AZURE) if any(word in said for said in shown[tracker])] == []


@pytest.mark.parametrize("chain", [PAIRS[1:3], PAIRS[:3]], ids=["two pairs", "three pairs"])
def test_a_comment_that_is_shown_again_comes_back_beyond_a_tracker_that_kept_it(
    four: Four, chain: tuple[str, ...]
) -> None:
    """Each time; and what was taken back there last stays away."""
    number = next(four.numbers)
    ticket = four.open_ticket(f"Cart {number}")
    four.quiet()
    ids, word = four.everywhere(ticket), f"word-{number}"
    four.say(JIRA, ids, word)
    four.quiet(chain)
    comments = four.jira.get(f"3/issue/{ids[JIRA]}/comment")["comments"]
    [comment] = [one["id"] for one in comments if word in repr(one["body"])]
    path = f"3/issue/{ids[JIRA]}/comment/{comment}"
    for hidden in (True, False, True, False, True):
        body = {"body": doc(word), "visibility": RESTRICTED if hidden else None}
        assert four.jira.ask("PUT", path, "elaine", json=body).status_code == 200
        four.quiet(chain)
        shown = [sum(word in said for said in four.texts(ids)[one]) for one in (SNOW, AZURE)]
        assert shown == [1, 0 if hidden else 1]
