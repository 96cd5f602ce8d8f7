# SPDX-License-Identifier: Apache-2.0
"""Fields of a contract against the kinds that its tracker tells: each mistake with its line and its fix."""

from pathlib import Path

import pytest

from tandem.check.kinds import kinds
from tandem.config.load import load_pair
from tandem.connectors.base import FieldInfo

PAIR = "pairs/mercuri-zendesk__infinity-jira.yaml"
JIRA = "contracts/infinity-jira.yaml"
KEY = "offers.customers.fields.x_own"
SIZES = {"1": "Small", "2": "Large"}


@pytest.mark.parametrize(
    ("written", "info", "code", "key", "fix"),
    [
        ("customfield_9", FieldInfo("", "", "set"), "TDM-231", KEY, "Write `kind: set`."),
        ("{field: customfield_9, kind: date}", FieldInfo("", "", "persons"), "TDM-231", KEY, "Write `kind: set`."),
        ("{field: customfield_9, kind: set}", FieldInfo("", "", "text"), "TDM-231", KEY, "remove `kind: set`"),
        ("{field: customfield_9, kind: number}", FieldInfo("", "", "date"), "TDM-231", KEY, "mend `kind`"),
        ("{field: customfield_9, kind: date}", FieldInfo("", "", "choice"), "TDM-231", KEY, "mend `kind`"),
        (
            "{field: customfield_9, value: Huge}",
            FieldInfo("", "", "choice", choices=SIZES),
            "TDM-225",
            f"{KEY}.value",
            "There are: Large, Small.",
        ),
        ("{field: customfield_9, kind: set}", FieldInfo("", "", "persons"), "", "", ""),
        ("{field: customfield_9, kind: set}", FieldInfo("", "", "unknown"), "", "", ""),
        ("{field: customfield_9, kind: number}", FieldInfo("", "", "text"), "", "", ""),
        ("{field: customfield_9, kind: date}", FieldInfo("", "", "datetime"), "", "", ""),
        ("customfield_9", FieldInfo("", "", "rich"), "", "", ""),
        ("{field: customfield_9, value: Large}", FieldInfo("", "", "choice", choices=SIZES), "", "", ""),
        ('{field: customfield_9, template: "{{ title }}"}', FieldInfo("", "", "text"), "", "", ""),
    ],
)
def test_each_kind_is_held_against_the_trackers(
    root: Path, written: str, info: FieldInfo, code: str, key: str, fix: str
) -> None:
    text = (root / JIRA).read_text()
    (root / JIRA).write_text(text.replace("{x_order_no:", f"{{x_own: {written}, x_order_no:"))
    side = load_pair(root / PAIR, root / "contracts").right
    found = list(kinds(side, {"customfield_9": info}))
    assert [(one.code, one.key) for one in found] == ([(code, key)] if code else [])
    assert all(fix in one.fix and one.line for one in found)
