# SPDX-License-Identifier: Apache-2.0
"""People whom texts of Jira and Azure DevOps mention, by real requests: each is called at the other side by its id."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.house import House
from support.azure_devops import Desk
from support.jira import JiraSite, doc
from support.sandbox import RunningSandbox, running_sandbox
from support.story import laid_out
from tandem.markup.adf_read import native_nodes
from tandem.markup.html import GUID
from tandem.pipeline.drift import PENDING, drift
from tandem.pipeline.environment import Job

JIRA, AZURE, SHOP = "infinity-jira", "global-azure-devops", "Shop"
TENANTS = {"infinity_jira": JIRA, "global_azure_devops": AZURE}
STORY = "infinity-servicenow__global-azure_devops"
PAIR = "infinity-jira__global-azure_devops"
SHARED = {"System.Tags": "infinity"}
ALIAS = "bruno@mercuri.example"  # Elaine at Infinity, David at Global


class Both:
    """The pair, its Jira and its Azure DevOps."""

    def __init__(self, box: RunningSandbox, root: Path, markup: str) -> None:
        self.box = box
        _write(laid_out(root / "root", STORY), markup)
        self.site, self.desk = JiraSite(box[JIRA], box.control), Desk(box[AZURE], box.control)
        self.house = House(box, f"sqlite:///{root}/state.db", root / "root", pair=PAIR, tenants=TENANTS, patient=False)
        self.house.run()
        shown = self.desk.make(fields={"System.AssignedTo": "david@global.example"}, project=SHOP)["fields"]
        self.david = str(shown["System.AssignedTo"]["id"])

    def run(self) -> dict[str, Any]:
        self.box.control.advance(12)
        return self.house.run()

    def settle(self) -> None:
        self.house.settle(12)

    def mentions(self, issue: str) -> list[tuple[str, str]]:
        """Whom the comments of an issue call, and by which words."""
        told = self.site.get(f"3/issue/{issue}/comment")["comments"]
        nodes = [node for one in told for node in native_nodes(one["body"]) if node["type"] == "mention"]
        return [(str(node["attrs"]["id"]), str(node["attrs"]["text"])) for node in nodes]

    def said(self, item: int) -> list[str]:
        return [str(one["text"]) for one in self.desk.comments(item)]


def _write(root: Path, markup: str) -> None:
    """The story's contracts, joined to a pair of their own; type and area stay at home."""
    for name in ("infinity-jira", "global-azure_devops"):
        file = root / "contracts" / f"{name}.yaml"
        contract = yaml.safe_load(file.read_text())
        contract["fields"] = {key: rule for key, rule in contract["fields"].items() if key not in ("type", "x_topic")}
        if name == "infinity-jira":
            contract["offers"]["root_cause"]["comments"]["out"] = "public"
        if name == "global-azure_devops":
            contract["options"]["markup"] = markup
            contract["create"]["System.WorkItemType"] = "Bug"
        file.write_text(yaml.safe_dump(contract))
    people = {"company": "Global Pvt Ltd", "people": {ALIAS: {"azure_devops": "David@global.example"}}}
    (root / "contracts" / "people" / "global-pvt-ltd.yaml").write_text(yaml.safe_dump(people))
    pair = yaml.safe_load((root / "pairs" / f"{STORY}.yaml").read_text())
    del pair["values"]
    pair["left"] = "infinity-jira/root_cause"
    (root / "pairs" / f"{PAIR}.yaml").write_text(yaml.safe_dump(pair))


@pytest.fixture(scope="module")
def box() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        running.control.settings(JIRA, search_lag=0)
        yield running


@pytest.fixture(params=["html", "markdown"])
def both(request: pytest.FixtureRequest, box: RunningSandbox, tmp_path: Path) -> Both:
    return Both(box, tmp_path, request.param)


def _html(id_: str, shown: str) -> str:
    return f'<div>ask <a href="#" data-vss-mention="version:2.0,{id_}">@{shown}</a> today</div>'


def _adf(account: str, shown: str) -> dict[str, Any]:
    mention = {"type": "mention", "attrs": {"id": account, "text": f"@{shown}"}}
    text = doc("ask ")
    text["content"][0]["content"].append(mention)
    return text


def test_who_is_in_both_people_files_is_called_on_either_side(both: Both) -> None:
    elaine = both.site.account("elaine")
    issue = both.site.create(summary="Look", labels=["root-cause"], description=_adf(elaine, "Elaine"))
    both.settle()
    key = both.site.get(f"3/issue/{issue}")["id"]
    item = int(both.house.twins()[key])
    assert both.site.ask("POST", f"3/issue/{issue}/comment", by="elaine", json={"body": _adf(elaine, "Elaine")}).ok
    both.desk.say(item, _html(both.david.upper(), "David"))
    both.desk.say(item, f"ask @<{both.david}> too", form="markdown")
    both.settle()
    said, fields = both.said(item), both.desk.item(item)["fields"]
    assert sum(both.david in text for text in said) == 2  # what David wrote in Markdown, and ours
    assert both.david in json.dumps(fields["Microsoft.VSTS.TCM.ReproSteps"])
    assert elaine not in json.dumps([said, fields])
    assert [id_ for id_, _ in both.mentions(issue)] == [elaine] * 3
    assert both.david not in json.dumps(both.site.get(f"3/issue/{issue}/comment")).lower()
    assert not both.run()["diff"]["actions"]


def test_whoever_is_not_is_words_and_no_id_leaves(both: Both) -> None:
    stranger = "aab6c5b4-1111-4e3e-8d2a-6f8a90b0c0d1"
    omar = both.site.account("omar")
    issue = both.site.create(summary="Look", labels=["root-cause"])
    both.settle()
    item = int(both.house.twins()[both.site.get(f"3/issue/{issue}")["id"]])
    assert both.site.ask("POST", f"3/issue/{issue}/comment", by="elaine", json={"body": _adf(omar, "Omar")}).ok
    both.desk.say(item, _html(stranger, "Somebody New"))
    both.settle()
    assert "@Somebody New" in json.dumps(both.site.get(f"3/issue/{issue}/comment")["comments"])
    assert stranger not in json.dumps(both.site.get(f"3/issue/{issue}/comment"))
    assert [shown for _, shown in both.mentions(issue)] == ["@Omar"]
    (ours,) = [text for text in both.said(item) if "Omar" in text]
    assert omar not in ours and "data-vss-mention" not in ours and not GUID.search(ours)
    assert not both.run()["diff"]["actions"]


def test_what_only_looks_like_a_mention_at_the_other_side_is_no_drift(both: Both) -> None:
    """Jira's own signs for a mention, in a text of somebody else's: Jira shows them, and they are read as somebody."""
    text = f"see [~accountid:{both.site.account('omar')}] today"
    item = both.desk.make(fields={"Microsoft.VSTS.TCM.ReproSteps": f"<div>{text}</div>", **SHARED}, project=SHOP)["id"]
    both.settle()
    (issue,) = [left for left, right in both.house.twins().items() if right == str(item)]
    assert text in json.dumps(both.site.get(f"3/issue/{issue}")["fields"]["description"])
    found = drift(Job(PAIR, f"drift-{item}"), both.house.env)
    assert [one for one in found.findings if one.right == str(item)] == []
    both.desk.set(int(item), {"Microsoft.VSTS.TCM.ReproSteps": f"<div>{text}, or tomorrow</div>"})
    found = drift(Job(PAIR, f"drift-again-{item}"), both.house.env)
    assert [(one.field, one.state) for one in found.findings if one.right == str(item)] == [("description", PENDING)]
