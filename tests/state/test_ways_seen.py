# SPDX-License-Identifier: Apache-2.0
"""The workflow's graph is kept by ids; what a house calls its steps is sealed."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from tandem.connectors.base import Edge, Way
from tandem.state import runs
from tandem.state.store import Store
from tandem.state.tables import edge as table

SEEN = Edge("SHOP", "10001", "1", Way("31", "Escalate to the lawyers", "3", ("resolution",)))


def test_a_way_is_read_back_with_its_name_and_the_name_stands_nowhere_in_clear(store: Store) -> None:
    with store.begin() as tx:
        runs.put_edges(tx, "infinity_jira", [SEEN])
        assert runs.get_edges(tx, "infinity_jira", "SHOP", "10001") == {"1": [SEEN.way]}
        (row,) = tx.rows(sa.select(table))
    assert "lawyers" not in str(row)


def test_a_way_that_an_earlier_version_saw_has_no_name_until_it_is_seen_again(store: Store) -> None:
    with store.begin() as tx:
        runs.put_edges(tx, "infinity_jira", [SEEN])
        tx.run(sa.update(table).values(sealed=None))
        assert runs.get_edges(tx, "infinity_jira", "SHOP", "10001") == {"1": [replace(SEEN.way, name="")]}
        runs.put_edges(tx, "infinity_jira", [SEEN])
        assert runs.get_edges(tx, "infinity_jira", "SHOP", "10001") == {"1": [SEEN.way]}
