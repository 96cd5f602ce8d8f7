# SPDX-License-Identifier: Apache-2.0
"""Texts that a field does not hold, by each field's own policy: cut with a note, told in a comment, or set aside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.deaths import each_death
from engine.memory_house import LEFT, RIGHT, Bench
from tandem.connectors.base import FieldInfo
from tandem.connectors.memory import JIRA_LIKE

LONG = " ".join(f"word{number}" for number in range(25))
TEXT = "".join(f"<p>{part} " + "lorem ipsum " * 10 + "</p>" for part in ("first", "second", "third", "last"))


def bench_of(path: Path, **policies: str) -> Bench:
    fields = {
        **JIRA_LIKE.fields,
        "summary": FieldInfo("summary", "Summary", "text", max_length=50, required=True),
        "description": FieldInfo("description", "Description", "rich", max_length=400),
    }
    natives: dict[str, Any] = {"title": {"field": "summary"}, "description": {"field": "description"}}
    rules = {hub: {**rule, "too_long": policies[hub]} for hub, rule in natives.items()}
    return Bench(path, right={"fields": rules}, kinds={"right": replace(JIRA_LIKE, fields=fields)})


def test_a_text_is_cut_with_a_note_and_the_rest_stays_at_home(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, title="cut", description="cut")
    bench.run()
    ticket = bench.open(LEFT, title=LONG, description=TEXT)
    bench.quiet()
    issue = bench.twin(LEFT, ticket)
    title, text = str(bench.get(RIGHT, issue, "title")), str(bench.get(RIGHT, issue, "description"))
    assert len(title) <= 50 and title.endswith("…") and LONG.startswith(title[:-1])
    assert len(text) <= 400 and "first" in text and "There is more of this text" in text and "last" not in text
    assert bench.texts(RIGHT, issue) == []
    assert (bench.get(LEFT, ticket, "title"), bench.get(LEFT, ticket, "description")) == (LONG, TEXT)
    before = bench.changes()
    bench.run()
    assert bench.changes() == before
    bench.set(LEFT, ticket, "title", "short")
    bench.quiet()
    assert bench.get(RIGHT, issue, "title") == "short"
    bench.set(LEFT, ticket, "title", LONG)
    bench.quiet()
    assert bench.get(RIGHT, issue, "title") == title


@pytest.mark.parametrize(("policy", "told", "waits"), [("comment", 1, 0), ("quarantine", 0, 1), ("cut", 0, 0)])
def test_each_field_has_a_policy_of_its_own(tmp_path: Path, policy: str, told: int, waits: int) -> None:
    bench = bench_of(tmp_path, title=policy, description="cut")
    ticket, issue = bench.linked()
    bench.set(LEFT, ticket, "title", LONG)
    bench.quiet()
    assert len([text for text in bench.texts(RIGHT, issue) if LONG in text]) == told
    assert len(bench.events("quarantined")) == waits
    assert str(bench.get(RIGHT, issue, "title")).endswith("…") is (policy != "quarantine")


@pytest.mark.parametrize("later", ["nothing", "a comment", "a comment is hidden"])
def test_the_rest_of_a_text_goes_once_whatever_dies_and_whatever_people_say_meanwhile(
    tmp_path: Path, later: str
) -> None:
    """The source is read anew with its comments, among which the rest is not."""
    bench = bench_of(tmp_path, title="cut", description="comment")
    bench.run()
    ticket = bench.open(LEFT, title="short", description=TEXT)
    point = 0
    for point in each_death(bench):
        if later != "nothing":
            bench.say(LEFT, ticket)
        if later == "a comment is hidden":
            bench.tracker(LEFT).make_private(ticket, bench.tracker(LEFT).tickets[ticket].comments[-1].id)
        bench.wait(400)
        bench.quiet()
        issue = bench.twin(LEFT, ticket)
        told = str(bench.get(RIGHT, issue, "description")) + "".join(bench.texts(RIGHT, issue))
        for part in ("first", "second", "third", "last"):
            assert told.count(part) == 1, f"killed at commit {point}: {part} stands {told.count(part)} times"
    assert point >= 6
