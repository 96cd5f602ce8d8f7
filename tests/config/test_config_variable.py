# SPDX-License-Identifier: Apache-2.0
"""A pair's Variable changes what it may, and says in words what it may not."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tandem.config.codes import Code
from tandem.config.identity import config_hash, mapping_hash
from tandem.config.load import load_pair
from tandem.config.models import Batch, Limits, Pair, ServiceLevel
from tandem.config.variable import Variable, apply_variable, known_variable_keys, parse_variable
from tandem.errors import ConfigurationError

WHERE = "Variable tandem_pair"


@pytest.fixture
def pair(root: Path) -> Pair:
    return load_pair(root / "pairs/mercuri-zendesk__infinity-jira.yaml", root / "contracts")


def test_json_and_yaml_are_read_alike() -> None:
    value = {"enabled": False, "limits": {"creates": 10}, "service_levels": {"1": {"resolve": "1 h"}}}
    assert parse_variable(json.dumps(value)) == parse_variable(
        "enabled: false\nlimits: {creates: 10}\nservice_levels: {1: {resolve: 1 h}}\n"
    )
    assert parse_variable(" ") == parse_variable("{}") == Variable()


def test_what_is_named_replaces_and_the_rest_stays(pair: Pair) -> None:
    text = (
        '{"limits": {"creates": 10, "changed_share": "30 %"}, "conflicts": {"title": "hold"}, "batch": {"fetch": 5}, '
        '"service_levels": {"1": {"resolve": "1 h"}}, "enabled": false, "tie": "left"}'
    )
    changed = apply_variable(pair, parse_variable(text))
    assert changed.limits == Limits(creates=10, closes=500, changed_share=0.3)
    assert (changed.conflicts.default, changed.conflicts.fields) == ("newest", {"priority": "right", "title": "hold"})
    assert (changed.batch, changed.enabled, changed.tie) == (Batch(fetch=5), False, "left")
    assert changed.service_levels[1] == ServiceLevel(timedelta(hours=1))
    assert changed.service_levels[2] == pair.service_levels[2]
    assert config_hash(changed) != config_hash(pair)
    assert mapping_hash(changed.right) == mapping_hash(pair.right)
    assert apply_variable(pair, Variable()) == pair


@pytest.mark.parametrize(
    ("text", "code", "key", "said"),
    [
        ('{"enabeld": true}', Code.UNKNOWN_KEY, "enabeld", "Did you mean `enabled`?"),
        ('{"schedule": "* * * * *"}', Code.UNKNOWN_KEY, "schedule", "enabled, limits, conflicts, tie, batch"),
        ('{"enabled": "on"}', Code.WRONG_VALUE, "enabled", "true or false"),
        ('{"conflicts": {"title": "newst"}}', Code.WRONG_VALUE, "conflicts.title", "`newest`"),
        ('{"limits": {"creates": -1}}', Code.WRONG_VALUE, "limits.creates", "at least 1"),
        ('{"limits": {"creates": "10"}}', Code.WRONG_VALUE, "limits.creates", "a whole number"),
        ('{"batch": {"write": 100000}}', Code.WRONG_VALUE, "batch.write", "at most 1000"),
        ('{"service_levels": {"1": {"resolve": "1 hour"}}}', Code.UNIT, "service_levels.1.resolve", "10 min"),
        ('{"service_levels": {"5": {"resolve": "1 h"}}}', Code.HUB_VALUE, "service_levels.5", "1, 2, 3 and 4"),
        ('{"tie": "left", "tie": "right"}', Code.TWICE, "tie", "Keep one"),
        ("[1, 2]", Code.UNREADABLE, "", "keys and values"),
        ("{", Code.UNREADABLE, "", "quotes closed"),
        ("null", Code.UNREADABLE, "", "keys and values"),
    ],
)
def test_a_wrong_variable_names_key_and_allowed_values(text: str, code: Code, key: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_variable(text, WHERE)
    [problem] = raised.value.problems
    assert (problem.code, problem.key) == (code, key)
    assert said in problem.fix
    assert WHERE in str(raised.value)


def test_rules_for_fields_that_the_pair_has_not(pair: Pair) -> None:
    with pytest.raises(ConfigurationError) as raised:
        apply_variable(pair, parse_variable("conflicts: {titel: left, x_order_no: left}"), where=WHERE)
    assert [(problem.code, problem.key) for problem in raised.value.problems] == [
        (Code.HUB_FIELD, "conflicts.titel"),
        (Code.NO_CONFLICT, "conflicts.x_order_no"),
    ]


def test_the_known_keys() -> None:
    assert known_variable_keys == ("enabled", "limits", "conflicts", "tie", "batch", "service_levels")
