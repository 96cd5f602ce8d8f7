# SPDX-License-Identifier: Apache-2.0
"""What one side tells of its ticket, in fields and headings of the other: as far as revealed, and one way only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.memory_files import PAIR
from engine.memory_house import LEFT, RIGHT, Bench, KilledError, acting
from tandem.config.load import load_pair
from tandem.connectors.base import FieldInfo
from tandem.connectors.memory import JIRA_LIKE, ZENDESK_LIKE, Tracker
from tandem.core.rules import Which
from tandem.core.values import Json
from tandem.errors import RefusedError
from tandem.pipeline.dictionary import make_ends
from tandem.pipeline.twin import told
from tandem.state import tables

PARTS = ("key", "url", "status", "company")
REVEALED = ["key", "url", "status"]


def _own(part: str) -> str:
    return f"their_{part}"


def _with_fields(kind: Any) -> Any:
    own = {_own(part): FieldInfo(_own(part), part, "text", max_length=255) for part in PARTS}
    return replace(kind, fields={**kind.fields, **own})


KINDS = {"left": _with_fields(ZENDESK_LIKE), "right": _with_fields(JIRA_LIKE)}
ALL = {f"twin.{part}": _own(part) for part in PARTS}


def house(root: Path, *, left: Mapping[str, Any] | None = None, right: Mapping[str, Any] | None = None) -> Bench:
    """Both sides reveal everything and take in everything, unless the changes say otherwise."""
    told = {"reveal": REVEALED, "fields": ALL}
    anywhere = {"scope": [{"field": "labels", "contains": "customer"}]}
    return Bench(root, left={**told, **(left or {})}, right={**anywhere, **told, **(right or {})}, kinds=KINDS)


def shown(bench: Bench, which: Which, ticket: str) -> dict[str, Json]:
    """What a ticket shows of its twin."""
    return {part: bench.get(which, ticket, _own(part)) for part in PARTS}


def at_rest(bench: Bench) -> None:
    """A run with nothing new writes nothing, and nothing is open."""
    before = bench.changes()
    bench.run()
    assert bench.changes() == before
    assert not bench.events("waiting", "deferred", "quarantined", "conflict")
    assert not bench.rows(tables.conflict)
    assert not [row["id"] for row in bench.rows(tables.link) if row["pending"]], "read once more for nothing"


def test_both_tickets_name_each_other(tmp_path: Path) -> None:
    bench = house(tmp_path)
    bench.run()
    ticket = bench.open(LEFT, status="open")
    bench.run()
    issue = bench.twin(LEFT, ticket)
    key = bench.tracker(RIGHT).tickets[issue].key
    told = {"key": ticket, "url": f"memory:///{ticket}", "status": "in_progress", "company": "Acme"}
    assert shown(bench, RIGHT, issue) == told
    assert {entry.field for entry in bench.tracker(RIGHT).tickets[issue].entries} <= {"status"}  # made so
    bench.run()
    assert shown(bench, LEFT, ticket) == {
        "key": key,
        "url": f"memory:///{key}",
        "status": "in_progress",
        "company": "Globex",
    }
    at_rest(bench)


def test_a_key_that_moved_is_told_and_nothing_else(tmp_path: Path) -> None:
    bench = house(tmp_path)
    ticket, issue = bench.linked()
    entries = len(bench.tracker(LEFT).tickets[ticket].entries)
    bench.tracker(RIGHT).relocate(issue, "OPS", bench.person(RIGHT))
    bench.run()
    key = bench.tracker(RIGHT).tickets[issue].key
    assert key.startswith("OPS-")
    assert shown(bench, LEFT, ticket) == {
        "key": key,
        "url": f"memory:///{key}",
        "status": "in_progress",
        "company": "Globex",
    }
    assert len(bench.tracker(LEFT).tickets[ticket].entries) == entries + 2
    at_rest(bench)


def test_a_status_is_told_whoever_changed_it(tmp_path: Path) -> None:
    bench = house(tmp_path)
    ticket, issue = bench.linked()
    bench.move(RIGHT, issue, "3")
    bench.quiet()
    assert [bench.get(which, id_, "their_status") for which, id_ in ((LEFT, ticket), (RIGHT, issue))] == ["solved"] * 2
    bench.move(LEFT, ticket, "open")
    bench.quiet()
    assert [bench.get(which, id_, "their_status") for which, id_ in ((LEFT, ticket), (RIGHT, issue))] == [
        "in_progress"
    ] * 2
    at_rest(bench)


def test_a_status_is_written_by_the_map_of_the_side_that_shows_it(tmp_path: Path) -> None:
    own = {"field": "their_status", "map": {"new": "waits", "in_progress": "waits", "solved": "done"}}
    bench = house(tmp_path, left={"fields": {**ALL, "twin.status": own}})
    ticket, issue = bench.linked()
    assert bench.get(LEFT, ticket, "their_status") == "waits"
    bench.move(RIGHT, issue, "1")  # another word for it, and nothing else to show
    before = len(bench.tracker(LEFT).tickets[ticket].entries)
    bench.quiet()
    assert [e.field for e in bench.tracker(LEFT).tickets[ticket].entries[before:] if e.field == "their_status"] == []
    at_rest(bench)
    bench.move(RIGHT, issue, "2")
    bench.move(RIGHT, issue, "3")
    bench.quiet()
    assert bench.get(LEFT, ticket, "their_status") == "done"
    at_rest(bench)


def test_what_people_write_there_never_travels_and_stays_until_there_is_news(tmp_path: Path) -> None:
    bench = house(tmp_path)
    ticket, issue = bench.linked()
    bench.set(LEFT, ticket, "their_key", "see SHOP-1")
    bench.set(RIGHT, issue, "their_key", None)
    bench.quiet()
    assert bench.get(LEFT, ticket, "their_key") == "see SHOP-1"
    assert bench.get(RIGHT, issue, "their_key") is None
    assert not [row for row in bench.events() if (row["field"] or "").startswith("their_")]
    at_rest(bench)
    bench.tracker(RIGHT).relocate(issue, "OPS", bench.person(RIGHT))
    bench.quiet()
    assert bench.get(LEFT, ticket, "their_key") == bench.tracker(RIGHT).tickets[issue].key
    assert bench.get(RIGHT, issue, "their_key") is None
    at_rest(bench)


def test_what_people_write_over_a_mapped_word_stays_until_there_is_news(tmp_path: Path) -> None:
    own = {"field": "their_status", "map": {"new": "waits", "in_progress": "waits", "solved": "done"}}
    bench = house(tmp_path, left={"fields": {**ALL, "twin.status": own}})
    ticket, issue = bench.linked()
    bench.move(RIGHT, issue, "3")
    bench.run()
    assert bench.get(LEFT, ticket, "their_status") == "done"
    bench.set(LEFT, ticket, "their_status", "mine")
    bench.quiet()
    assert bench.get(LEFT, ticket, "their_status") == "mine"
    at_rest(bench)


def test_what_people_write_there_right_after_the_creation_stays(tmp_path: Path) -> None:
    bench = house(tmp_path, right={"fields": {**ALL, "status": {"direction": "out"}}})
    bench.run()
    ticket = bench.open(LEFT, status="open")
    bench.run()
    issue = bench.twin(LEFT, ticket)
    assert bench.get(RIGHT, issue, "their_key") == ticket
    bench.set(RIGHT, issue, "their_key", "mine")
    bench.quiet()
    assert bench.get(RIGHT, issue, "their_key") == "mine"
    at_rest(bench)


def test_people_who_write_there_in_the_moment_of_our_write_start_no_quarrel(tmp_path: Path) -> None:
    bench = house(tmp_path)
    ticket, issue = bench.linked()
    tracker = bench.tracker(LEFT)

    def meddle(verb: str, phase: str, item: object) -> None:
        if verb == "update" and phase == "after":
            with acting(tracker):
                bench.set(LEFT, ticket, "their_key", "mine")
            tracker.fail = lambda verb, phase, item: None

    bench.tracker(RIGHT).relocate(issue, "OPS", bench.person(RIGHT))
    tracker.fail = meddle
    bench.quiet()
    assert bench.get(LEFT, ticket, "their_key") == "mine"
    at_rest(bench)


def test_nothing_is_told_that_is_not_revealed(tmp_path: Path) -> None:
    heading = "{{ author }} [{{ twin.key }}|{{ twin.url }}|{{ twin.status }}|{{ twin.company }}]"
    talk = {"out": "public", "as": "public", "names": "full", "onward": True, "in": heading}
    bench = house(
        tmp_path,
        left={"reveal": [], "fields": {}, "comments": talk},
        right={"reveal": [], "fields": {"twin.company": "their_company"}, "comments": talk},
    )
    ticket, issue = bench.linked()
    bench.say(LEFT, ticket)
    bench.say(RIGHT, issue)
    bench.quiet()
    assert bench.get(RIGHT, issue, "their_company") == "Acme"
    for which, id_, other in ((LEFT, ticket, "Globex"), (RIGHT, issue, "Acme")):
        everything = repr(bench.tracker(which).tickets[id_])
        assert "memory:///" not in everything and "SHOP-" not in everything.replace(f"key='{_key(bench, id_)}'", "")
        assert any(f" [{other}]" in text for text in bench.texts(which, id_))
    at_rest(bench)


def _key(bench: Bench, id_: str) -> str:
    found = bench.tracker(RIGHT).tickets.get(id_)
    return found.key if found else ""


def test_a_heading_shows_what_is_revealed(tmp_path: Path) -> None:
    heading = "{{ author }} in {{ twin.key }} ({{ twin.status }}) at {{ twin.company }}:"
    bench = house(tmp_path, left={"comments": {"out": "public", "as": "public", "names": "none", "in": heading}})
    ticket, issue = bench.linked()
    word, later = bench.say(RIGHT, issue), ""
    bench.quiet()
    key = bench.tracker(RIGHT).tickets[issue].key
    [text] = [text for text in bench.texts(LEFT, ticket) if word in text]
    assert f"Elaine in {key} (in_progress) at Globex:" in text
    bench.tracker(RIGHT).relocate(issue, "OPS", bench.person(RIGHT))
    later = bench.say(RIGHT, issue)
    bench.quiet()
    [text] = [text for text in bench.texts(LEFT, ticket) if later in text]
    assert f"in {bench.tracker(RIGHT).tickets[issue].key} (" in text
    at_rest(bench)


def test_an_author_who_is_not_named_leaves_the_rest_of_the_heading(tmp_path: Path) -> None:
    plain = {"out": "public", "as": "public", "names": "none", "in": "{{ author }} ({{ company }}) wrote:"}
    shows = {**plain, "in": "{{ author }} [{{ twin.key }}]"}
    bench = house(tmp_path, left={"comments": plain}, right={"comments": shows})
    ticket, issue = bench.linked()
    right, left = bench.say(LEFT, ticket), ""
    bench.write({"comments": plain, "reveal": REVEALED, "fields": ALL}, {"comments": plain, "reveal": REVEALED})
    left = bench.say(RIGHT, issue)
    bench.write(
        {"comments": plain, "reveal": REVEALED, "fields": ALL},
        {"comments": shows, "reveal": REVEALED, "fields": ALL, "scope": [{"field": "labels", "contains": "customer"}]},
    )
    bench.quiet()
    assert [text for text in bench.texts(RIGHT, issue) if right in text] == [f"[{ticket}]\n\n{right}"]
    assert [text for text in bench.texts(LEFT, ticket) if left in text] == [f"<p>{left}</p>"]


def test_out_of_scope_nothing_is_told_and_what_is_told_still_comes_in(tmp_path: Path) -> None:
    bench = house(tmp_path)
    ticket, issue = bench.linked()
    key = bench.tracker(RIGHT).tickets[issue].key
    bench.label(RIGHT, issue, remove="customer")
    bench.quiet()
    bench.tracker(RIGHT).relocate(issue, "OPS", bench.person(RIGHT))
    bench.move(LEFT, ticket, "pending")
    bench.move(LEFT, ticket, "solved")
    bench.quiet()
    assert bench.get(LEFT, ticket, "their_key") == key
    assert bench.get(RIGHT, issue, "their_status") == "solved"
    at_rest(bench)
    bench.label(RIGHT, issue, add="customer")
    bench.quiet()
    assert bench.get(LEFT, ticket, "their_key") == bench.tracker(RIGHT).tickets[issue].key
    at_rest(bench)


def test_of_a_ticket_out_of_scope_the_message_to_the_other_side_holds_nothing(tmp_path: Path) -> None:
    bench = house(tmp_path)
    _, issue = bench.linked()
    end = make_ends(bench.env, load_pair(tmp_path / "pairs" / f"{PAIR}.yaml", tmp_path / "contracts"))[RIGHT]
    [record] = end.connector.fetch([issue])
    assert set(told(end, record, "new")) == set(ALL)
    bench.label(RIGHT, issue, remove="customer")
    [record] = end.connector.fetch([issue])
    assert told(end, record, "new") == {}


def test_a_value_that_does_not_fit_sets_aside_itself_alone(tmp_path: Path) -> None:
    bench = house(tmp_path)
    short = replace(KINDS["right"].fields["their_url"], max_length=5)
    bench.tracker(RIGHT).kind = replace(KINDS["right"], fields={**KINDS["right"].fields, "their_url": short})
    ticket, issue = bench.linked()
    assert bench.get(RIGHT, issue, "their_url") is None
    assert bench.get(RIGHT, issue, "their_key") == ticket
    [held] = bench.rows(tables.quarantine)
    assert (held["field"], held["side"], held["state"]) == ("twin.url", "left", "open")
    word = bench.say(LEFT, ticket)
    bench.set(LEFT, ticket, "priority", "urgent")
    bench.run()
    assert any(word in text for text in bench.texts(RIGHT, issue))
    assert bench.get(RIGHT, issue, "priority") == "1"
    before = bench.changes()
    bench.run()
    assert bench.changes() == before


def test_a_field_that_the_tracker_refuses_sets_aside_itself_alone(tmp_path: Path) -> None:
    bench = house(tmp_path)
    bench.run()
    tracker = bench.tracker(LEFT)

    def refuse(verb: str, phase: str, item: Any) -> None:
        if (verb, phase) == ("update", "before") and "their_key" in item.fields:
            raise RefusedError("not on this screen", fields=["their_key"])

    tracker.fail = refuse
    ticket = bench.open(LEFT, status="open")
    bench.until(lambda: bench.get(LEFT, ticket, "their_company") == "Globex")
    assert bench.get(LEFT, ticket, "their_key") is None
    assert [row["field"] for row in bench.rows(tables.quarantine) if row["state"] == "open"] == ["twin.key"]


def test_a_process_that_dies_after_telling_does_not_tell_twice(tmp_path: Path) -> None:
    bench = house(tmp_path)
    bench.run()
    ticket = bench.open(LEFT, status="open")
    bench.run()
    tracker: Tracker = bench.tracker(LEFT)

    def die(verb: str, phase: str, item: object) -> None:
        if (verb, phase) == ("update", "after"):
            bench.kill()

    tracker.fail = die
    with pytest.raises(KilledError):
        bench.run()
    bench.revive()
    bench.quiet()
    issue = bench.twin(LEFT, ticket)
    assert bench.get(LEFT, ticket, "their_key") == bench.tracker(RIGHT).tickets[issue].key
    told = [entry for entry in tracker.tickets[ticket].entries if entry.field == "their_key"]
    assert len(told) == 1
    at_rest(bench)
