# SPDX-License-Identifier: Apache-2.0
"""Fields that show what the other side tells of its ticket: how they are written, and what must be revealed."""

from pathlib import Path

import pytest

from tandem.airflow.describe import describe
from tandem.config.codes import Code
from tandem.config.load import load_pair
from tandem.config.models import Pair
from tandem.config.needs import needs
from tandem.errors import ConfigurationError

PAIR = "pairs/mercuri-zendesk__infinity-jira.yaml"
ZENDESK = "contracts/mercuri-zendesk.yaml"
JIRA = "contracts/infinity-jira.yaml"


def change(root: Path, file: str, old: str, new: str) -> None:
    text = (root / file).read_text()
    assert old in text
    (root / file).write_text(text.replace(old, new, 1))


def load(root: Path) -> Pair:
    return load_pair(root / PAIR, root / "contracts")


def take(root: Path, fields: str) -> None:
    """Let Infinity's offer take these fields in."""
    change(root, JIRA, "{x_order_no:", f"{{{fields}, x_order_no:")


def test_a_twin_field_only_comes_in_and_is_only_written(root: Path) -> None:
    take(root, "twin.key: customfield_9, twin.company: {field: customfield_8, direction: in}")
    side = load(root).right
    assert [side.fields[hub].direction for hub in ("twin.key", "twin.company")] == ["in", "in"]
    assert {"customfield_9", "customfield_8"} <= needs(side).write
    assert not {"customfield_9", "customfield_8"} & needs(side).read


def test_what_is_revealed_may_be_taken_and_the_company_always(root: Path) -> None:
    change(root, ZENDESK, "reveal:      [key, status]", "reveal:      [key, url, status]")
    take(root, ", ".join(f"twin.{part}: customfield_{part}" for part in ("key", "url", "status", "company")))
    assert load(root).warnings == ()


@pytest.mark.parametrize("part", ["key", "url", "status"])
def test_what_is_not_revealed_is_refused_with_the_way_out(root: Path, part: str) -> None:
    change(root, ZENDESK, "reveal:      [key, status]\n", "")
    take(root, f"twin.{part}: customfield_9, twin.company: customfield_8")
    with pytest.raises(ConfigurationError) as raised:
        load(root)
    [problem] = raised.value.problems
    assert (problem.code, problem.key) == (Code.NOT_REVEALED, f"offers.customers.fields.twin.{part}")
    assert problem.line == next(
        number for number, line in enumerate((root / JIRA).read_text().splitlines(), 1) if "customfield_9" in line
    )
    assert "Mercuri Inc." in problem.fix and f"reveal: [{part}]" in problem.fix
    assert "zendesk" not in f"{problem.what} {problem.fix}".lower()


def test_a_status_that_has_no_neutral_word_is_not_revealed(root: Path) -> None:
    text = (root / ZENDESK).read_text()
    start, end = text.index("  status:\n"), text.index("  assignee:")
    (root / ZENDESK).write_text(text[:start] + text[end:])
    take(root, "twin.status: customfield_9")
    with pytest.raises(ConfigurationError) as raised:
        load(root)
    assert [problem.code for problem in raised.value.problems] == [Code.NOT_REVEALED]


def test_a_map_for_the_twins_status_must_take_all_that_the_twin_can_say(root: Path) -> None:
    take(root, "twin.status: {field: customfield_9, map: {in_progress: A, pending: A, solved: B}}")
    rule = load(root).right.fields["twin.status"]
    assert rule.map["pending"] == ("A",)


def test_the_page_of_the_pair_names_what_is_shown_of_the_other_ticket(root: Path) -> None:
    take(root, "twin.key: customfield_9")
    page = describe(load(root))
    assert "| key of the ticket at Mercuri Inc. | to Infinity Solutions | |" in page
    assert "ticket at Infinity" not in page
