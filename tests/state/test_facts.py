# SPDX-License-Identifier: Apache-2.0
"""What never changes of a tracker is kept sealed, for the connectors of all pairs, and apart for each tracker."""

from __future__ import annotations

import sqlalchemy as sa

from tandem.state.facts import KeptFacts
from tandem.state.store import Store
from tandem.state.tables import fact as table


def test_a_fact_is_read_back_by_whoever_asks_the_same_tracker(store: Store) -> None:
    facts = KeptFacts(store, "infinity_jira")
    assert facts.recall("media:10001") is None
    facts.keep("media:10001", {"media": "one"})
    facts.keep("media:10001", {"media": "two"})
    assert KeptFacts(store, "infinity_jira").recall("media:10001") == {"media": "two"}
    assert KeptFacts(store, "other_jira").recall("media:10001") is None


def test_a_fact_stands_nowhere_in_clear(store: Store) -> None:
    KeptFacts(store, "infinity_jira").keep("media:10001", {"media": "a-marker-of-its-own"})
    with store.read() as tx:
        (row,) = tx.rows(sa.select(table))
    assert "a-marker-of-its-own" not in str(row)
