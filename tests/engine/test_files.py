# SPDX-License-Identifier: Apache-2.0
"""A file that is gone at its origin before it was read holds nothing back but itself."""

from __future__ import annotations

import pytest

from engine.conftest import Linked
from tandem.core.rules import Which
from tandem.errors import GoneError
from tandem.state import tables


@pytest.mark.parametrize("which", list(Which))
def test_a_file_that_is_gone_lets_its_comment_and_all_else_go(linked: Linked, which: Which) -> None:
    bench = linked.bench
    with_file = bench.say(which, linked.id(which), file=b"soon gone")
    later = bench.say(which, linked.id(which))

    def fail(verb: str, phase: str, item: object) -> None:
        if verb == "download":
            raise GoneError("the file was deleted")

    bench.tracker(which).fail = fail
    bench.run()
    bench.run()
    texts = bench.texts(which.other, linked.id(which.other))
    assert [sum(word in text for text in texts) for word in (with_file, later)] == [1, 1]
    files = [row for row in bench.rows(tables.event) if row["kind"] == "file" and row["side"] == which]
    assert {(row["state"], row["reason"] != "") for row in files} == {("noted", True)}
    assert not bench.rows(tables.quarantine)


def test_a_lone_file_that_is_gone_is_noted(linked: Linked) -> None:
    bench = linked.bench
    bench.attach(Which.RIGHT, linked.issue)

    def fail(verb: str, phase: str, item: object) -> None:
        if verb == "download":
            raise GoneError("the file was deleted")

    bench.tracker(Which.RIGHT).fail = fail
    bench.run()
    bench.tracker(Which.RIGHT).fail = lambda verb, phase, item: None
    linked.set(Which.RIGHT, "title", "goes on")
    bench.run()
    assert linked.get(Which.LEFT, "title") == "goes on"
    files = [row for row in bench.rows(tables.event) if row["kind"] == "file"]
    assert [row["state"] for row in files] == ["noted"]
