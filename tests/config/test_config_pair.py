# SPDX-License-Identifier: Apache-2.0
"""Files become a pair that has everything, and that a run can keep."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from tandem.config.identity import config_hash, dag_id, freeze, mapping_hash, pair_name, thaw
from tandem.config.load import load_pair
from tandem.config.models import NOBODY, FieldRule, Limits, Pair, ServiceLevel, TransitionRule
from tandem.config.needs import needs
from tandem.config.people import file_name
from tandem.connectors.base import Condition

NAME = "mercuri-zendesk__infinity-jira"


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def load(root: Path) -> Pair:
    return load_pair(root / "pairs" / f"{NAME}.yaml", root / "contracts")


def test_the_storys_pair(root: Path) -> None:
    pair = load(root)
    assert (pair.name, dag_id(pair), pair.warnings) == (NAME, f"sync__{NAME}", ())
    assert (pair.schedule, pair.interval, pair.deadline) == ("*/2 * * * *", timedelta(minutes=2), timedelta(minutes=10))
    assert (pair.conflicts.rule("priority"), pair.conflicts.rule("title"), pair.tie) == ("right", "newest", "right")
    assert pair.limits == Limits(creates=500, closes=500)
    assert pair.service_levels == {1: ServiceLevel(timedelta(hours=2)), 2: ServiceLevel(timedelta(hours=12))}
    assert pair.people.accountable == "elaine@infinity.example"
    assert [file.name for file in pair.files][:3] == [f"{NAME}.yaml", "mercuri-zendesk.yaml", "infinity-jira.yaml"]


def test_an_offer_inherits_and_replaces(root: Path) -> None:
    jira = load(root).right
    assert (jira.name, jira.contract, jira.offer) == ("infinity-jira/customers", "infinity-jira", "customers")
    assert jira.fields["title"] == FieldRule("title", "summary", "text", too_long="comment")
    assert jira.fields["priority"].map == {1: ("Highest",), 2: ("High",), 3: ("Medium",), 4: ("Low", "Lowest")}
    assert jira.fields["assignee"].fallback == NOBODY
    assert jira.fields["x_order_no"] == FieldRule("x_order_no", "customfield_10042", "scalar", "in")
    assert jira.transitions == {"Done": TransitionRule(("Finish",), {"resolution": "Fixed"})}
    assert jira.scope == (Condition("project", is_="SHOP"), Condition("labels", contains="customer"))
    assert jira.closed == "reopen"
    assert jira.attachments is not None and jira.attachments.up_to == 20_000_000
    edit(
        root / "contracts/infinity-jira.yaml",
        "    reveal: ",
        "    closed: quarantine\n    transitions: {}\n    reveal: ",
    )
    edit(
        root / "contracts/infinity-jira.yaml",
        "fields:      {",
        "fields:      {assignee: none, title: {field: summary}, ",
    )
    jira = load(root).right
    assert (jira.closed, jira.transitions) == ("quarantine", {})
    assert "assignee" not in jira.fields
    assert jira.fields["title"] == FieldRule("title", "summary", "text", too_long="quarantine")


def test_none_takes_away_what_the_contract_has(root: Path) -> None:
    edit(root / "contracts/infinity-jira.yaml", "closed: reopen", "closed: reopen\nattachments: {unreferenced: send}")
    edit(root / "contracts/infinity-jira.yaml", "attachments: {up_to: 20 MB, unreferenced: send}", "attachments: none")
    edit(root / "contracts/mercuri-zendesk.yaml", "create:      {tags: [customer]}", "create: none")
    pair = load(root)
    assert (pair.right.attachments, pair.left.create) == (None, None)


def test_lines_are_found_through_the_offer(root: Path) -> None:
    jira = load(root).right
    text = (root / "contracts/infinity-jira.yaml").read_text().splitlines()
    for key, piece in (
        ("fields.status.map.solved", "status:"),
        ("create.project", "create:"),
        ("scope.1", "scope:"),
        ("fields.x_order_no.map", "x_order_no"),
        ("on_edit", "company:"),
    ):
        assert piece in text[(jira.line_of(key) or 0) - 1] or key == "on_edit", key
    assert jira.key_of("create.project") == "offers.customers.create.project"
    assert jira.problem("TDM-299", "what", "fix", "closed").line == text.index("closed: reopen") + 1


def test_needs_name_only_what_is_offered_written_or_decides(root: Path) -> None:
    pair = load(root)
    jira, zendesk = needs(pair.right), needs(pair.left)
    assert "customfield_10042" not in jira.read and "customfield_10042" in jira.write
    assert {"project", "issuetype", "resolution"} <= jira.write and "issuetype" not in jira.read
    assert "custom_field_360001234567" in zendesk.read and "custom_field_360001234567" not in zendesk.write
    assert (zendesk.description, zendesk.comments, zendesk.files) == ("description", "public", True)
    assert jira.statuses == ("To Do", "In Progress", "In Review", "Waiting", "Done")


def test_people_are_found_both_ways(root: Path) -> None:
    edit(root / "contracts/people/mercuri-inc.yaml", "{zendesk: 6164039218970}", "{zendesk: 1, mercuri-zendesk: 2}")
    people = load(root).left.people
    assert (people.account("Anna@Mercuri.example"), people.account("x@y.example")) == ("2", None)
    assert (people.alias("2"), people.alias("1")) == ("anna@mercuri.example", None)
    assert file_name("Mercuri Inc.") == "mercuri-inc.yaml"
    assert file_name("Böhm & Söhne GmbH") == "bohm-sohne-gmbh.yaml"


def test_a_pair_survives_being_stored(root: Path) -> None:
    edit(root / f"pairs/{NAME}.yaml", "start: now", "values: {status: [on_hold]}\ninsist: [status]\nstart: 2026-01-31")
    pair = load(root)
    assert pair.start == date(2026, 1, 31)
    assert thaw(freeze(pair)) == pair
    assert config_hash(thaw(freeze(pair))) == config_hash(pair)


@pytest.mark.parametrize(
    ("file", "old", "new", "mapping", "config"),
    [
        ("contracts/infinity-jira.yaml", "3: Medium", "3: Normal", True, True),
        ("contracts/infinity-jira.yaml", "zone: Europe/Brussels", "zone: UTC", True, True),
        ("contracts/infinity-jira.yaml", "[checkout, kiosk, payment]", "[checkout, kiosk]", True, True),
        ("contracts/infinity-jira.yaml", "[checkout, kiosk, payment]", "[payment, kiosk, checkout]", False, False),
        ("contracts/infinity-jira.yaml", "up_to: 20 MB", "up_to: 10 MB", False, True),
        ("contracts/infinity-jira.yaml", "# What", "\n# What", False, False),
        ("contracts/people/infinity-solutions.yaml", "anna@mercuri", "bea@mercuri", False, True),
        (f"pairs/{NAME}.yaml", "closes: 500", "closes: 50", False, True),
    ],
)
def test_hashes_change_with_what_they_stand_for(
    root: Path, file: str, old: str, new: str, mapping: bool, config: bool
) -> None:
    before = load(root)
    edit(root / file, old, new)
    after = load(root)
    assert (mapping_hash(before.right) != mapping_hash(after.right)) is mapping
    assert (config_hash(before) != config_hash(after)) is config


def test_names_of_pairs() -> None:
    assert pair_name("a-zendesk", "b-jira/shop") == "a-zendesk__b-jira"
    assert pair_name("a-zendesk", "b-jira/shop", offers=True) == "a-zendesk__b-jira.shop"
