# SPDX-License-Identifier: Apache-2.0
"""A simulated ServiceNow for somebody's own contract: what it speaks of is there, and people do what they can there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from played import played

STORY = Path(__file__).parents[2] / "include"
PAIR = "infinity-jira__infinity-servicenow"
CONTRACT = """\
company: Infinity Solutions
system: servicenow
connection: own_servicenow
fields:
  title: short_description
  description: description
  priority: {field: priority, map: {1: 1 - Critical, 2: 2 - High, 3: 3 - Moderate, 4: 4 - Low}}
  status: {field: state, map: {new: Draft, in_progress: In the works, pending: Waiting, solved: Over}}
  labels: u_words
  assignee: {field: u_owner, fallback: none}
  due: u_day
  x_region: {field: u_region, map: {north: North, south: South}}
closed: reopen
comments: {out: all, as: public}
attachments: {unreferenced: send}
scope:
  - {field: sys_class_name, is: u_complaint}
  - {field: assignment_group, is: Second line}
  - {field: u_shared, contains: jira}
create: {sys_class_name: u_complaint, assignment_group: Second line, u_shared: jira}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(STORY / "contracts", tmp_path / "contracts")
    (tmp_path / "contracts" / "own-servicenow.yaml").write_text(CONTRACT, encoding="utf-8")
    text = (STORY / "pairs" / f"{PAIR}.yaml").read_text(encoding="utf-8")
    (tmp_path / "pairs").mkdir()
    pair = tmp_path / "pairs" / "infinity-jira__own-servicenow.yaml"
    pair.write_text(text.replace("infinity-servicenow/incidents", "own-servicenow"), encoding="utf-8")
    return tmp_path


def test_tables_columns_groups_and_choices_of_a_contract_are_there(root: Path) -> None:
    steps = """\
  - expect: {check: []}
  - create:
      ticket: a
      at: right
      fields: {short_description: A, assignment_group: Second line, u_shared: [jira], u_words: [x, y]}
  - set: {ticket: a, at: right, fields: {u_owner: agent, u_day: "2026-12-24", u_region: North}}
  - create: {ticket: b, at: left, fields: {summary: B, labels: [root-cause], priority: High}}
  - run: quiet
  - status: {ticket: b, at: left, to: In Progress}
  - status: {ticket: a, at: right, to: Over}
  - label: {ticket: a, at: right, add: [z], remove: [x]}
  - run: quiet
  - expect:
      twins: 2
      held: []
      show:
        - {ticket: a, at: left, fields: {summary: A, status: Done}}
        - {ticket: a, at: right, fields: {u_words: [y, z], u_owner: agent, u_region: North, u_day: "2026-12-24"}}
        - {ticket: a, at: right, fields: {state: Over, sys_class_name: u_complaint}}
        - {ticket: b, at: right, fields: {short_description: B, state: In the works, priority: 2 - High}}
        - {ticket: b, at: right, fields: {assignment_group: Second line, u_shared: [jira]}}
  - delete: {ticket: b, at: right}
  - run: quiet
  - expect: {show: [{ticket: b, at: right, exists: false}, {ticket: b, at: left, fields: {summary: B}}]}
"""
    assert played(root, steps) == []


def test_comments_are_journals_which_only_some_may_change(root: Path) -> None:
    steps = """\
  - create:
      ticket: a
      at: right
      fields: {short_description: A, assignment_group: Second line, u_shared: [jira]}
      files: [{name: a.txt}]
  - comment: {ticket: a, at: right, text: "Said {n}.", times: 3}
  - comment: {ticket: a, at: right, text: The key is 1234., name: key}
  - run: quiet
  - expect:
      show:
        - {ticket: a, at: left, comment_count: 4, comments_with: {"1234": 1}, files: [{name: a.txt, same_as: a.txt}]}
        - {ticket: a, at: right, comments: [Said 1., Said 2., Said 3., The key is 1234.]}
  - settings: {at: right, change: {journal_writers: [admin]}}
  - change_comment: {ticket: a, at: right, by: admin, name: key, redact: "1234"}
  - expect: {show: [{ticket: a, at: right, comments_with: {"1234": 0}}]}
"""
    assert "\n".join(played(root, steps)) == ""


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ("move: {ticket: a, at: right, project: OPS}", "stays in its table"),
        ("merge: {ticket: a, at: right, other: a}", "does not merge"),
        ("follow_up: {ticket: a, at: right, new: c}", "no follow-ups"),
        ("restrict: {ticket: a, at: right}", "no security level"),
        ("link: {ticket: a, at: right, other: a}", "`parent`"),
    ],
)
def test_what_nobody_can_do_there_is_said(root: Path, step: str, why: str) -> None:
    steps = f"""\
  - create: {{ticket: a, at: right, fields: {{short_description: A, assignment_group: Second line, u_shared: [jira]}}}}
  - {step}
"""
    told = played(root, steps)
    assert any(why in line for line in told), told
