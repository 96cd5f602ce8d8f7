# SPDX-License-Identifier: Apache-2.0
"""What a preflight found is kept in the state: connectors of later tasks are new objects, and know it from there."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tandem.config.load import load_pair
from tandem.config.models import Side
from tandem.connectors.base import Author, FieldInfo, Needs, Preflight
from tandem.connectors.memory import JIRA_LIKE, Memory, Tracker
from tandem.core.rules import Which
from tandem.pipeline.dictionary import keep_dictionary, load_dictionary
from tandem.pipeline.environment import End
from tandem.state import runs
from tandem.state.store import Store

INCLUDE = Path(__file__).parents[2] / "include"
NOTHING = Needs(frozenset(), frozenset(), ())
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def offer() -> Side:
    return load_pair(INCLUDE / "pairs" / "mercuri-zendesk__infinity-jira.yaml", INCLUDE / "contracts").right


def _end(offer: Side) -> End:
    return End(Which.RIGHT, offer, Memory(Tracker(JIRA_LIKE), NOTHING))


@pytest.mark.parametrize(("private", "largest"), [(True, 1234), (False, 0), (None, None)])
def test_what_a_preflight_told_goes_before_what_the_connector_can_say(
    sqlite_store: Store, offer: Side, private: bool | None, largest: int | None
) -> None:
    first, later = _end(offer), _end(offer)
    caps = first.caps
    found = Preflight(Author("1", "we"), 0.0, "1", {}, 0.0, private_comments=private, max_file=largest)
    with sqlite_store.begin() as tx:
        keep_dictionary(tx, "a__b", first, found, NOW)
    with sqlite_store.begin() as tx:
        load_dictionary(tx, "a__b", later)
    for end in (first, later):
        assert end.private_comments == (caps.private_comments if private is None else private)
        assert end.max_file == (caps.max_file if largest is None else largest)


def test_what_an_older_version_kept_in_clear_is_read_until_a_preflight_seals_it(
    sqlite_store: Store, offer: Side
) -> None:
    told = {"choices": {"1": "hush"}, "max_length": None, "kind": "choice", "label": "Rating"}
    rating = FieldInfo("rating", "Rating", "choice", choices={"1": "hush"})
    found = Preflight(Author("1", "we"), 0.0, "1", {"rating": rating}, 0.0)
    end = _end(offer)
    with sqlite_store.begin() as tx:
        runs.get_side(tx, "a__b", Which.RIGHT)
        runs.set_side(tx, "a__b", Which.RIGHT, dictionary={"account": "1", "fields": {"rating": told}})
        load_dictionary(tx, "a__b", end)
    assert end.dictionary["rating"].names == {"1": "hush"}
    with sqlite_store.begin() as tx:
        keep_dictionary(tx, "a__b", end, found, NOW)
        row = runs.get_side(tx, "a__b", Which.RIGHT)
        load_dictionary(tx, "a__b", end)
    assert end.dictionary["rating"].names == {"1": "hush"}
    assert "hush" not in str(row)


def test_before_any_preflight_the_capabilities_count(sqlite_store: Store, offer: Side) -> None:
    end = _end(offer)
    with sqlite_store.begin() as tx:
        load_dictionary(tx, "a__b", end)
    assert (end.private_comments, end.max_file) == (end.caps.private_comments, end.caps.max_file)
