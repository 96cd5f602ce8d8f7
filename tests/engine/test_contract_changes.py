# SPDX-License-Identifier: Apache-2.0
"""What a changed contract does to a running pair, and what a changed `start` does (engine §10)."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.conftest import Linked
from engine.laws import at_peace
from engine.memory_files import PAIR
from engine.memory_house import LEFT, RIGHT, Bench
from tandem.config.identity import config_hash, mapping_hash
from tandem.config.load import load_pair
from tandem.config.variable import apply_variable, parse_variable
from tandem.errors import SafetyStopError
from tandem.state import runs, tables

OLD_MAP = {"1": "Urgent", "2": "High", "3": "Normal", "4": "Low"}


def read_all(bench: Bench) -> None:
    """The sweep, and a change that does not travel, have every ticket read anew."""
    for which in (LEFT, RIGHT):
        for ticket in bench.tracker(which).tickets:
            bench.set(which, ticket, "custom_field_7" if which is LEFT else "duedate", bench.word())
    bench.quiet()


def test_bases_are_mapped_anew_and_nothing_is_written(linked: Linked) -> None:
    """Left shows what is 3 by the old map and 2 by the new one; right says 3 all along."""
    bench = linked.bench
    bench.write(left={"fields": {"priority": {"map": {"1": "Urgent", "2": "Normal", "3": "High", "4": "Low"}}}})
    before = [linked.get(which, "priority") for which in (LEFT, RIGHT)]
    read_all(bench)
    assert [linked.get(which, "priority") for which in (LEFT, RIGHT)] == before
    linked.set(LEFT, "priority", "high")
    bench.quiet()
    assert linked.get(RIGHT, "priority") == "3"


@pytest.mark.parametrize("equal", [True, False])
def test_a_new_field_is_first_contact_for_that_field_only(tmp_path: Path, equal: bool) -> None:
    left, right = {"fields": {"priority": None}}, {"fields": {"priority": None}}
    bench = Bench(tmp_path, left=left, right=right, pair={"conflicts": {"priority": None}})
    ticket, issue = bench.linked()
    bench.set(LEFT, ticket, "priority", "high")
    bench.set(RIGHT, issue, "priority", "2" if equal else "1")
    bench.quiet()
    bench.write()  # priority travels from now on, and right rules it
    before = bench.changes()
    bench.run()
    assert bench.changes() == before  # by itself it writes nothing
    bench.say(LEFT, ticket)
    bench.quiet()
    assert bench.get(RIGHT, issue, "priority") == ("2" if equal else "1")
    assert bench.get(LEFT, ticket, "priority") == ("high" if equal else "urgent")
    assert bench.get(LEFT, ticket, "title") == bench.get(RIGHT, issue, "title")
    assert at_peace(bench) == []


def test_a_wider_comment_policy_is_for_what_is_said_afterwards(tmp_path: Path) -> None:
    bench = Bench(tmp_path, left={"comments": {"out": "none"}})
    ticket, issue = bench.linked()
    before = bench.say(LEFT, ticket)
    bench.quiet()
    bench.write()
    bench.run()
    after = bench.say(LEFT, ticket)
    bench.quiet()
    shown = " ".join(bench.texts(RIGHT, issue))
    assert before not in shown and after in shown
    assert [row["state"] for row in bench.events() if row["reason"] == "made before the contract offered it"] == [
        "noted"
    ]
    new = bench.open(LEFT, status="open")
    past = bench.say(LEFT, new)
    bench.quiet()
    assert past in " ".join(bench.texts(RIGHT, bench.twin(LEFT, new)))


def test_a_policy_that_was_wide_all_along_takes_what_was_said_before_a_change_of_something_else(linked: Linked) -> None:
    bench = linked.bench
    bench.run()
    word = bench.say(LEFT, linked.ticket)
    bench.write(left={"comments": {"in": "{{ author }}: "}})
    bench.quiet()
    assert any(word in text for text in bench.texts(RIGHT, linked.issue))


def test_a_wider_file_policy_is_for_files_made_afterwards(tmp_path: Path) -> None:
    bench = Bench(tmp_path, right={"attachments": None})
    ticket, issue = bench.linked()
    bench.attach(RIGHT, issue, b"before")
    bench.quiet()
    bench.write()
    bench.run()
    bench.attach(RIGHT, issue, b"after")
    bench.quiet()
    left = bench.tracker(LEFT)
    assert [left.contents[file.id] for file in left.tickets[ticket].files] == [b"after"]


@pytest.mark.parametrize("what", ["priority", "comments", "attachments"])
def test_waiting_events_that_the_contract_no_longer_offers_are_dropped_with_a_record(linked: Linked, what: str) -> None:
    bench = linked.bench
    linked.set(RIGHT, "priority", "1")
    bench.say(RIGHT, linked.issue)
    bench.attach(RIGHT, linked.issue, b"waits")
    bench.run(dry_run=True)
    change = {
        "priority": {"fields": {"priority": {"direction": "in"}}},
        "comments": {"comments": {"out": "none"}},
        "attachments": {"attachments": None},
    }[what]
    bench.write(right=change, pair={"conflicts": {"priority": None}} if what == "priority" else None)
    bench.world.deeds.clear()
    bench.quiet()
    kind = {"priority": "field", "comments": "comment", "attachments": "file"}[what]
    states = {row["kind"]: (row["state"], row["reason"]) for row in bench.events() if row["side"] == "right"}
    assert states[kind] == ("dropped", "the contract does not offer it any more")
    assert {state for name, (state, _) in states.items() if name != kind} == {"arrived"}


def test_a_waiting_event_is_mapped_by_the_contract_in_force_when_it_is_sent(linked: Linked) -> None:
    bench = linked.bench
    linked.set(RIGHT, "priority", "4")
    bench.run(dry_run=True)
    bench.write(left={"fields": {"priority": {"map": {"1": "Urgent", "2": "High", "3": "Low", "4": "Normal"}}}})
    bench.quiet()
    assert linked.get(LEFT, "priority") == "normal"


def test_a_variable_is_in_the_runs_hash_and_never_in_that_of_the_mapping(bench: Bench) -> None:
    pair = load_pair(bench.root / "pairs" / f"{PAIR}.yaml", bench.root / "contracts")
    changed = apply_variable(pair, parse_variable('{"limits": {"creates": 7}}', "here"), where="here")
    assert config_hash(changed) != config_hash(pair)
    assert [mapping_hash(side) for side in (changed.left, changed.right)] == [
        mapping_hash(side) for side in (pair.left, pair.right)
    ]


def early(bench: Bench) -> dict[str, str]:
    """Tickets that are there before the start: an open one, a solved one, one that leaves the scope."""
    tickets = {name: bench.open(LEFT, status="solved" if name == "solved" else "open") for name in ("open", "solved")}
    bench.wait(86_400 * 3)
    bench.run()
    assert set(bench.twins()) == set()
    return tickets


@pytest.mark.parametrize(
    ("start", "taken"), [("open", {"open"}), ("all", {"open", "solved"}), ("2020-01-01", {"open", "solved"})]
)
def test_a_wider_start_takes_what_was_left_out(bench: Bench, start: str, taken: set[str]) -> None:
    tickets = early(bench)
    words = {name: bench.say(LEFT, ticket) for name, ticket in tickets.items()}
    bench.write(pair={"start": start})
    bench.quiet()
    assert set(bench.twins()) == {tickets[name] for name in taken}
    everything = " ".join(text for right in bench.twins().values() for text in bench.texts(RIGHT, right))
    assert {name for name, word in words.items() if word in everything} == taken
    bench.write(pair={"start": "now"})
    bench.quiet()
    assert set(bench.twins()) == {tickets[name] for name in taken}  # a narrower one gives none back


def test_a_ticket_that_was_left_out_stays_out_whatever_happens_to_it(bench: Bench) -> None:
    tickets = early(bench)
    for ticket in tickets.values():
        bench.label(LEFT, ticket, remove="customer")
    bench.run(wait=90_000)
    for ticket in tickets.values():
        bench.label(LEFT, ticket, add="customer")
        bench.move(LEFT, ticket, "pending")
        bench.say(LEFT, ticket)
    bench.run()
    bench.run(wait=90_000)
    now = bench.world.clock.now
    bench.run(window=(now.replace(year=2020), now))
    assert bench.twins() == {} and bench.tracker(RIGHT).tickets == {}
    assert {row["ticket"] for row in bench.rows(tables.before_start)} == set(tickets.values())
    assert "sealed" not in tables.before_start.c  # ids alone


def test_any_other_id_is_created_when_it_is_first_seen_in_scope_however_old(bench: Bench) -> None:
    ticket = bench.open(LEFT, status="open", labels=())
    word = bench.say(LEFT, ticket)
    bench.move(LEFT, ticket, "solved")
    bench.wait(86_400 * 400)
    bench.run()
    bench.label(LEFT, ticket, add="customer")
    assert at_peace(bench) == []
    issue = bench.twin(LEFT, ticket)
    assert any(word in text for text in bench.texts(RIGHT, issue))
    steps = [e for e in bench.tracker(RIGHT).tickets[issue].entries if e.field == "status"]
    assert [step.after for step in steps] == ["2", "3"]  # the way that the workflow asks for, and no replay
    assert {row["state"] for row in bench.events() if row["field"] == "status"} <= {"superseded", "settled", "echo"}


def test_a_first_run_that_takes_old_tickets_asks_first(tmp_path: Path) -> None:
    bench = Bench(tmp_path, pair={"start": "all"})
    ticket = bench.open(LEFT)
    with pytest.raises(SafetyStopError):
        bench.run()
    assert bench.tracker(RIGHT).tickets == {}
    with bench.store.begin() as tx:
        runs.approve(tx, PAIR, "creates", "globex-jira", 1, "elaine", bench.world.clock.now)
    bench.quiet()
    assert list(bench.twins()) == [ticket]


def test_an_upgrade_that_hashes_mappings_otherwise_writes_nothing(linked: Linked) -> None:
    """What is stored bears hashes that no contract makes any more; each ticket still flows."""
    bench = linked.bench
    bench.quiet()
    with bench.store.begin() as tx:
        for table in tables.metadata.sorted_tables:
            if "mapping" in table.c:
                tx.run(sa.update(table).values(mapping="of-before"))
    before = bench.changes()
    bench.quiet()
    bench.run(wait=90_000)  # the sweep, too
    assert bench.changes() == before
    linked.set(LEFT, "title", "goes on")
    bench.quiet()
    assert linked.get(RIGHT, "title") == "goes on"
    assert bench.changes() == before + 2
