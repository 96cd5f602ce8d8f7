# SPDX-License-Identifier: Apache-2.0
"""Maps that depend on place and type: which one is in force, and what it takes over from the field."""

from pathlib import Path

import pytest

from tandem.config.identity import freeze, mapping_hash, thaw
from tandem.config.load import load_pair
from tandem.config.models import FieldRule, Pair
from tandem.config.needs import needs
from tandem.errors import ConfigurationError

PAIR = "pairs/mercuri-zendesk__infinity-jira.yaml"
JIRA = "contracts/infinity-jira.yaml"
WHEN = """4: [Low, Lowest]}, ignore: None, otherwise: {in: Medium}, when: [
      {place: [OPS, INFRA], type: Bug, map: {1: P1, 2: P2, 3: P3, 4: P4}, ignore: []},
      {type: 10004, map: {1: Urgent, 2: High, 3: Middle, 4: Low}, otherwise: {out: 3}}]}"""


def loaded(root: Path, old: str = "4: [Low, Lowest]}}", new: str = WHEN) -> Pair:
    text = (root / JIRA).read_text()
    assert old in text
    (root / JIRA).write_text(text.replace(old, new))
    return load_pair(root / PAIR, root / "contracts")


def at(rule: FieldRule, *words: str) -> FieldRule:
    place, type_ = words
    found = rule.map_at({place}, {type_})
    assert found is not None
    return rule.maps()[found][1]


@pytest.mark.parametrize(
    ("place", "type_", "written"),
    [
        ("SHOP", "Task", "Highest"),
        ("SHOP", "Bug", "Highest"),
        ("OPS", "Task", "Highest"),
        ("OPS", "Bug", "P1"),
        ("INFRA", "Bug", "P1"),
        ("OPS", "10004", "Urgent"),
    ],
)
def test_the_first_entry_that_fits_is_in_force(root: Path, place: str, type_: str, written: str) -> None:
    rule = loaded(root).right.fields["priority"]
    assert at(rule, place, type_).map[1] == (written,)


def test_an_entry_takes_over_what_it_does_not_say_itself(root: Path) -> None:
    rule = loaded(root).right.fields["priority"]
    own, rest = at(rule, "OPS", "Bug"), at(rule, "SHOP", "10004")
    assert (own.ignore, own.otherwise_in, own.otherwise_out) == ((), "Medium", None)
    assert (rest.ignore, rest.otherwise_in, rest.otherwise_out) == (("None",), None, 3)
    assert own.direction == rule.direction and own.native == rule.native and not own.when


def test_where_the_type_is_not_told_only_a_map_that_does_not_need_it_is_in_force(root: Path) -> None:
    entries = "{place: OPS, map: {1: A, 2: B, 3: C, 4: D}}, {type: Bug, map: {1: E, 2: F, 3: G, 4: H}}"
    priority = loaded(root, new=f"4: Low}}, when: [{entries}]}}").right.fields["priority"]
    assert priority.map_at({"OPS"}, None) == 1
    assert priority.maps()[1][1].map[1] == ("A",)
    assert priority.map_at({"SHOP"}, None) is None


def test_every_map_counts_for_hash_and_needs_and_survives_storing(root: Path) -> None:
    before = load_pair(root / PAIR, root / "contracts")
    pair = loaded(
        root,
        "solved: Done}}",
        "solved: Done}, when: [{place: OPS, map: {new: Open, in_progress: Working, pending: Waiting, solved: Done}}]}",
    )
    assert mapping_hash(pair.right) != mapping_hash(before.right)
    assert {"Open", "Working", "To Do"} <= set(needs(pair.right).statuses)
    assert thaw(freeze(pair)) == pair


def test_a_transition_may_lead_to_a_status_of_any_map(root: Path) -> None:
    bugs = "{type: Bug, map: {new: To Do, in_progress: In Progress, pending: Waiting, solved: Fixed}}"
    text = (root / JIRA).read_text()
    (root / JIRA).write_text(text.replace("{Done: {by", "{Fixed: Fix, Done: {by"))
    with pytest.raises(ConfigurationError):
        load_pair(root / PAIR, root / "contracts")
    pair = loaded(root, "solved: Done}}", f"solved: Done}}, when: [{bugs}]}}")
    assert set(pair.right.transitions) == {"Done", "Fixed"}
