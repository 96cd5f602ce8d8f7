# SPDX-License-Identifier: Apache-2.0
"""What was done last to an element of a set is kept for all pairs, and its word is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from tandem.core.model import Step
from tandem.state.steps import Set, keep, last_of
from tandem.state.store import Store
from tandem.state.tables import step as table

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LABELS = Set("jira:example", "10001", "labels")


def step(cause: str, at: int = 0, *, there: bool = True) -> Step:
    """What people did to an element."""
    return Step(cause=cause, at=START + timedelta(seconds=at), there=there)


def test_the_last_step_of_each_element_is_read_back(store: Store) -> None:
    with store.begin() as tx:
        keep(tx, LABELS, {"one": [step("a"), step("b", 1, there=False)], "two": [step("c")]})
    with store.read() as tx:
        assert last_of(tx, LABELS, ["one", "two", "three"]) == {"one": step("b", 1, there=False), "two": step("c")}
        assert last_of(tx, Set("jira:example", "10002", "labels"), ["one"]) == {}


def test_what_is_known_to_be_newer_stays(store: Store) -> None:
    """A pair that read the ticket before another one did tells of it later."""
    with store.begin() as tx:
        keep(tx, LABELS, {"one": [step("a", 5)]})
        keep(tx, LABELS, {"one": [step("b", 3, there=False)]})
        assert last_of(tx, LABELS, ["one"]) == {"one": step("a", 5)}


def test_what_was_done_in_sight_of_it_takes_its_place_whatever_the_clocks_say(store: Store) -> None:
    with store.begin() as tx:
        keep(tx, LABELS, {"one": [step("a", 5)]})
        keep(tx, LABELS, {"one": [step("a", 5), step("b", 3, there=False)]})
        assert last_of(tx, LABELS, ["one"]) == {"one": step("b", 3, there=False)}


def test_no_word_of_an_element_is_in_the_table(store: Store) -> None:
    with store.begin() as tx:
        keep(tx, LABELS, {"secret-project": [step("a")]})
        assert "secret" not in str(tx.rows(sa.select(table)))
