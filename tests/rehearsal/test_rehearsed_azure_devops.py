# SPDX-License-Identifier: Apache-2.0
"""A simulated Azure DevOps for somebody's own contract: what it speaks of is there, and people do what they can."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from played import played

from rehearsal.stage import is_write

STORY = Path(__file__).parents[2] / "include"
PAIR = "infinity-servicenow__global-azure_devops"
CONTRACT = """\
company: Global Pvt Ltd
system: azure_devops
connection: own_azure_devops
zone: Asia/Kolkata
options: {marker: Custom.Sign, markup: markdown}
fields:
  title: System.Title
  description: Text
  priority: {field: Microsoft.VSTS.Common.Priority, map: {1: "1", 2: "2", 3: "3", 4: "4"}}
  status: {field: System.State, map: {new: New, in_progress: In the works, pending: Waiting, solved: Over}}
  assignee: {field: Custom.Owner, fallback: none}
  due: Custom.Day
  x_region: {field: Custom.Region, map: {north: North, south: South}}
transitions: {Over: {fields: {Custom.Why: It is over}}}
closed: reopen
comments: {out: public}
attachments: {unreferenced: send}
scope:
  - {field: System.TeamProject, is: Board}
  - {field: System.WorkItemType, is: Complaint}
  - {field: System.AreaPath, is: 'Board\\Second line'}
  - {field: System.Tags, contains: shared}
create:
  System.TeamProject: Board
  System.WorkItemType: Complaint
  System.AreaPath: Board\\Second line
  System.Tags: [shared]
"""
PEOPLE = "company: Global Pvt Ltd\npeople:\n  ada@global.example: {azure_devops: ada@global.example}\n"
FIELDS = r"fields: {System.Title: A, System.AreaPath: 'Board\Second line', System.Tags: [shared]}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(STORY / "contracts", tmp_path / "contracts")
    (tmp_path / "contracts" / "own-azure_devops.yaml").write_text(CONTRACT, encoding="utf-8")
    (tmp_path / "contracts" / "people" / "global-pvt-ltd.yaml").write_text(PEOPLE, encoding="utf-8")
    text = (STORY / "pairs" / f"{PAIR}.yaml").read_text(encoding="utf-8")
    (tmp_path / "pairs").mkdir()
    pair = tmp_path / "pairs" / "infinity-servicenow__own-azure_devops.yaml"
    pair.write_text(text.replace("right: global-azure_devops", "right: own-azure_devops"), encoding="utf-8")
    return tmp_path


def test_project_type_areas_states_and_fields_of_a_contract_are_there(root: Path) -> None:
    steps = f"""\
  - expect: {{check: []}}
  - create: {{ticket: a, at: right, {FIELDS}}}
  - set: {{ticket: a, at: right, fields: {{Custom.Owner: ada, Custom.Day: "2026-12-24", Custom.Region: North}}}}
  - create:
      ticket: b
      at: left
      fields: {{short_description: B, assignment_group: Global Development, description: "2 * 3 * 4"}}
  - run: quiet
  - set: {{ticket: b, at: left, fields: {{state: In Progress}}}}
  - label: {{ticket: a, at: right, add: [x, z], remove: [y]}}
  - label: {{ticket: a, at: right, remove: [x]}}
  - run: quiet
  - status: {{ticket: b, at: left, to: Resolved, fields: {{close_code: Solved (Permanently), close_notes: Done.}}}}
  - run: quiet
  - expect:
      twins: 2
      held: []
      show:
        - {{ticket: a, at: left, fields: {{short_description: A}}}}
        - ticket: a
          at: right
          fields: {{System.Tags: [shared, z], Custom.Owner: ada, Custom.Region: North}}
        - {{ticket: a, at: right, fields: {{Custom.Day: "2026-12-23T18:30:00Z"}}}}
        - {{ticket: b, at: right, fields: {{System.State: Over, System.WorkItemType: Complaint}}}}
        - {{ticket: b, at: right, fields: {{Custom.Why: It is over}}}}
        - ticket: b
          at: right
          fields: {{System.AreaPath: 'Board\\Second line', System.Tags: [shared], Text: {{contains: 2 * 3 * 4}}}}
  - delete: {{ticket: b, at: right}}
  - run: quiet
  - expect:
      show:
        - {{ticket: b, at: right, exists: false}}
        - {{ticket: b, at: left, fields: {{short_description: B}}}}
"""
    assert "\n".join(played(root, steps)) == ""


def test_texts_are_plain_or_in_a_form_of_the_trackers_own(root: Path) -> None:
    steps = f"""\
  - create:
      ticket: a
      at: right
      {FIELDS}
      html: <p>one<br>two</p>
      files: [{{name: a.txt, text: inside}}]
  - comment: {{ticket: a, at: right, text: a < b & c, files: [{{name: b.png}}]}}
  - comment: {{ticket: a, at: right, body: {{markdown: "**bold**"}}, files: [{{name: c.png}}]}}
  - comment: {{ticket: a, at: right, text: "Said {{n}}.", times: 3}}
  - comment: {{ticket: a, at: right, text: To be changed., name: one}}
  - comment: {{ticket: a, at: right, text: To be deleted., name: other}}
  - change_comment: {{ticket: a, at: right, name: one, text: Changed.}}
  - change_comment: {{ticket: a, at: right, name: other, delete: true}}
  - expect:
      show:
        - ticket: a
          at: right
          fields: {{Text: {{is: "one\\ntwo"}}, Custom.Owner: null}}
          comments:
            - {{is: a < b & c, files: [b.png], public: true}}
            - {{is: bold, files: [c.png]}}
            - {{is: Said 1.}}
            - {{is: Said 2.}}
            - {{is: Said 3.}}
            - {{is: Changed.}}
          files: [{{name: a.txt, size: 6, on: description}}, {{name: b.png, on: a < b}}, {{name: c.png, on: bold}}]
  - set: {{ticket: a, at: right, fields: {{Text: {{markdown: "# Head"}}}}}}
  - expect: {{show: [{{ticket: a, at: right, fields: {{System.Description: {{is: Head}}}}}}]}}
  - set: {{ticket: a, at: right, fields: {{Text: null}}}}
  - expect: {{show: [{{ticket: a, at: right, fields: {{Text: null}}}}]}}
  - run: quiet
  - expect: {{show: [{{ticket: a, at: left, comment_count: 6, comments_with: {{bold: 1, Said 2.: 1}}}}]}}
"""
    assert "\n".join(played(root, steps)) == ""


def test_items_move_are_linked_and_get_out_of_sight(root: Path) -> None:
    steps = f"""\
  - create: {{ticket: a, at: right, {FIELDS}}}
  - create: {{ticket: b, at: right, {FIELDS}}}
  - run: quiet
  - link: {{ticket: a, at: right, other: b}}
  - blind: {{at: right, projects: [Board]}}
  - comment: {{ticket: a, at: left, text: Where are you?}}
  - run: {{ends: TDM-301}}
  - blind: {{at: right}}
  - run: quiet
  - expect: {{show: [{{ticket: a, at: right, comment_count: 1}}]}}
  - settings: {{at: right, change: {{projects: {{Other: {{process: Agile}}}}}}}}
  - move: {{ticket: b, at: right, project: Other, type: Bug}}
  - expect: {{show: [{{ticket: b, at: right, fields: {{System.TeamProject: Other, System.WorkItemType: Bug}}}}]}}
"""
    assert "\n".join(played(root, steps)) == ""


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ("comment: {ticket: a, at: right, text: x, internal: true}", "no internal comments"),
        ("merge: {ticket: a, at: right, other: a}", "does not merge"),
        ("follow_up: {ticket: a, at: right, new: c}", "no follow-ups"),
        ("restrict: {ticket: a, at: right}", "no security level"),
        ("blind: {at: right, tickets: [a]}", "area paths"),
    ],
)
def test_what_nobody_can_do_there_is_said(root: Path, step: str, why: str) -> None:
    told = played(root, f"  - create: {{ticket: a, at: right, {FIELDS}}}\n  - {step}\n")
    assert any(why in line for line in told), told


def test_an_organization_that_an_account_of_the_people_file_works_in(root: Path) -> None:
    """An account there is an address, so it is the person's own."""
    steps = f"""\
  - create: {{ticket: a, at: right, by: ada, {FIELDS}}}
  - set: {{ticket: a, at: right, fields: {{Custom.Owner: "{{ada@right}}"}}}}
  - expect: {{show: [{{ticket: a, at: right, fields: {{Custom.Owner: ada, System.CreatedBy: ada}}}}]}}
"""
    assert "\n".join(played(root, steps)) == ""


def test_a_change_that_is_only_judged_is_no_write() -> None:
    assert is_write("PATCH", "/global/_apis/wit/workitems/1?api-version=7.1")
    assert not is_write("PATCH", "/global/_apis/wit/workitems/1?validateOnly=true")
    assert not is_write("POST", "/global/_apis/wit/workitemsbatch?")
