# SPDX-License-Identifier: Apache-2.0
"""What never changes of a tracker is kept sealed, for the connectors of all pairs, and apart for each tracker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from tandem.state.facts import KEPT, KeptFacts, forget
from tandem.state.store import Store
from tandem.state.tables import fact as table

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def test_a_fact_is_read_back_by_whoever_asks_the_same_tracker(store: Store) -> None:
    facts = KeptFacts(store, "infinity_jira", NOW)
    assert facts.recall("media:10001") is None
    facts.keep("media:10001", {"media": "one"})
    facts.keep("media:10001", {"media": "two"})
    assert KeptFacts(store, "infinity_jira", NOW).recall("media:10001") == {"media": "two"}
    assert KeptFacts(store, "other_jira", NOW).recall("media:10001") is None


def test_a_fact_is_forgotten_a_season_after_it_was_kept_and_asked_for_again(store: Store) -> None:
    KeptFacts(store, "jira", NOW - KEPT - timedelta(seconds=1)).keep("old", 1)
    KeptFacts(store, "jira", NOW - KEPT + timedelta(seconds=1)).keep("young", 2)
    KeptFacts(store, "jira", NOW - 2 * KEPT).keep("renewed", 3)
    KeptFacts(store, "jira", NOW).keep("renewed", 4)
    with store.begin() as tx:
        forget(tx, NOW)
    facts = KeptFacts(store, "jira", NOW)
    assert {name: facts.recall(name) for name in ("old", "young", "renewed")} == {"old": None, "young": 2, "renewed": 4}


def test_a_fact_stands_nowhere_in_clear(store: Store) -> None:
    KeptFacts(store, "infinity_jira", NOW).keep("media:10001", {"media": "a-marker-of-its-own"})
    with store.read() as tx:
        (row,) = tx.rows(sa.select(table))
    assert "a-marker-of-its-own" not in str(row)
