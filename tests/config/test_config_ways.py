# SPDX-License-Identifier: Apache-2.0
"""Transitions that a contract calls by name: bound to ids, in each place and for each type by itself."""

from __future__ import annotations

from tandem.config.ways import bind, ids_of, meant, renamed
from tandem.connectors.base import Edge, Way

NAMED = {"done": ("Finish",)}


def edge(id_: str, name: str, source: str = "open", type_: str = "Task", to: str = "done") -> Edge:
    return Edge("SHOP", type_, source, Way(id_, name, to))


def test_what_is_renamed_stays_bound_in_its_own_workflow() -> None:
    """In the other workflow the same number is another transition."""
    before = [
        edge("31", "Finish"),
        edge("41", "Close"),
        edge("31", "Close", type_="Bug"),
        edge("41", "Finish", type_="Bug"),
    ]
    bound = bind(NAMED, before, {})
    assert ids_of(bound, "SHOP", "Task", "done") == {"Finish": ["31"]}
    assert ids_of(bound, "SHOP", "Bug", "done") == {"Finish": ["41"]}
    now = [edge("31", "Complete"), edge("41", "Finish")]  # another has got its name
    again = bind(NAMED, now, bound)
    assert again == bound
    chosen = meant(("Finish",), [one.way for one in now], ids_of(again, "SHOP", "Task", "done"))
    assert [way.id for way in chosen] == ["31"]
    assert renamed(NAMED, now, again) == {"done": ("Finish", "Complete")}


def test_a_name_is_bound_to_all_that_bear_it_from_whichever_status() -> None:
    bound = bind(
        NAMED, [edge("31", "Finish"), edge("51", "Finish", source="waiting"), edge("7", "Finish", to="other")], {}
    )
    assert ids_of(bound, "SHOP", "Task", "done") == {"Finish": ["31", "51"]}


def test_what_was_never_seen_goes_by_its_name_and_by_its_id() -> None:
    ways = [edge("31", "Finish").way, edge("41", "Close").way]
    assert [way.id for way in meant(("Finish",), ways, {})] == ["31"]
    assert [way.id for way in meant(("41",), ways, {})] == ["41"]
    assert meant(("Finsh",), ways, {}) == []
    assert renamed(NAMED, [edge("31", "Complete")], {}) == {}


def test_an_id_that_is_gone_gives_way_to_what_bears_the_name_now() -> None:
    bound = bind(NAMED, [edge("31", "Finish")], {})
    anew = bind(NAMED, [edge("61", "Finish")], bound)  # the workflow was made anew
    assert ids_of(anew, "SHOP", "Task", "done") == {"Finish": ["31", "61"]}


def test_of_several_names_each_workflow_has_its_own_and_the_first_counts() -> None:
    named = {"done": ("Finish", "Close")}
    before = [edge("31", "Finish"), edge("41", "Close"), edge("51", "Close", type_="Bug")]
    bound = bind(named, before, {})
    assert ids_of(bound, "SHOP", "Task", "done") == {"Finish": ["31"], "Close": ["41"]}
    assert ids_of(bound, "SHOP", "Bug", "done") == {"Finish": [], "Close": ["51"]}
    tasks = [one.way for one in before if one.type == "Task"]
    (first,) = meant(named["done"], tasks, ids_of(bound, "SHOP", "Task", "done"))
    (only,) = meant(named["done"], [before[2].way], ids_of(bound, "SHOP", "Bug", "done"))
    (left,) = meant(named["done"], [before[1].way], ids_of(bound, "SHOP", "Task", "done"))
    assert (first.id, only.id, left.id) == ("31", "51", "41")
    now = [edge("31", "Complete"), edge("41", "Close"), edge("51", "Shut", type_="Bug")]
    assert renamed(named, now, bind(named, now, bound)) == {"done": ("Finish", "Complete")}
    assert renamed(named, [edge("31", "Close")], bound) == {}, "the contract has that name, too"
