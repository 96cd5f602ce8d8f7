# SPDX-License-Identifier: Apache-2.0
"""People mentioned in texts, through whole runs: called where both people files know them, else mere words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.laws import laws
from engine.memory_house import LEFT, RIGHT, Bench
from tandem.connectors.memory import JIRA_LIKE, ZENDESK_LIKE
from tandem.core.rules import Which
from tandem.markup import Adf, Html
from tandem.markup.adf_read import native_nodes

STRANGER = "557058:00aa-stranger"


def bench_of(path: Path) -> Bench:
    kinds = {"left": replace(ZENDESK_LIKE, markup=Html()), "right": replace(JIRA_LIKE, markup=Adf())}
    bench = Bench(path, kinds=kinds)
    bench.run()
    return bench


def azure(account: str, shown: str) -> str:
    return f'<p>ask <a href="#" data-vss-mention="version:2.0,{account}">@{shown}</a> today</p>'


def jira(account: str, shown: str) -> dict[str, Any]:
    mention = {"type": "mention", "attrs": {"id": account, "text": f"@{shown}"}}
    parts = [{"type": "text", "text": "ask "}, mention, {"type": "text", "text": " today"}]
    return {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": parts}]}


@pytest.mark.parametrize("where", ["comment", "description"])
@pytest.mark.parametrize("side", [LEFT, RIGHT])
def test_a_stranger_is_words_and_his_account_stays_at_home(tmp_path: Path, side: Which, where: str) -> None:
    bench = bench_of(tmp_path)
    text: Any = azure(STRANGER, "Oliver") if side is LEFT else jira(STRANGER, "Oliver")
    ticket = bench.open(side, **({"description": text} if where == "description" else {}))
    if where == "comment":
        bench.tracker(side).comment(ticket, text, bench.person(side), public=True, files=[])
    bench.quiet()
    twin = bench.tracker(side.other).tickets[bench.twin(side, ticket)]
    shown = repr(twin.fields["description"] if where == "description" else [c.body for c in twin.comments])
    assert "Oliver" in shown and "today" in shown
    assert STRANGER not in repr(bench.tracker(side.other).tickets) and "mention" not in shown
    before = bench.changes()
    bench.run()
    assert bench.changes() == before and laws(bench) == []


def test_who_is_in_both_people_files_is_called_where_that_can_be_written(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    ticket, issue = bench.linked()
    bench.tracker(RIGHT).comment(issue, jira("elaine", "Elaine"), bench.person(RIGHT), public=True, files=[])
    bench.tracker(LEFT).comment(ticket, azure("anna", "Anna"), bench.person(LEFT), public=True, files=[])
    bench.quiet()
    (there,) = [str(c.body) for c in bench.tracker(LEFT).tickets[ticket].comments if "Elaine" in str(c.body)]
    assert "@Elaine" in there and "elaine" not in there.replace("Elaine", "") and "mention" not in there
    (here,) = [c.body for c in bench.tracker(RIGHT).tickets[issue].comments if "Anna" in repr(c.body)]
    mentions = [node["attrs"] for node in native_nodes(here) if node["type"] == "mention"]
    assert mentions == [{"id": "elaine", "text": "@Anna"}]
    before = bench.changes()
    bench.run()
    assert bench.changes() == before and laws(bench) == []
