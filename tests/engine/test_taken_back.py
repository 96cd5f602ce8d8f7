# SPDX-License-Identifier: Apache-2.0
"""What was taken back at its origin goes from the other side, whatever state the two tickets are in by then (§8).

Each case is a state of the two tickets, reached after something was said on one of them and came to the other, and what
people do then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from engine.deaths import each_death
from engine.memory_house import LEFT, RIGHT, Bench, KilledError
from engine.test_rules_later import opened
from tandem.connectors.memory import JIRA_LIKE
from tandem.core.rules import Which

SERVICE = replace(JIRA_LIKE, capabilities=replace(JIRA_LIKE.capabilities, private_comments=True))


@dataclass
class Told:
    """Something that was said on a ticket with a file, and what of it stands at the other side."""

    bench: Bench
    which: Which
    ticket: str
    twin: str
    text: str
    content: bytes

    @property
    def comment(self) -> str:
        """The comment that was said."""
        found = self.bench.tracker(self.which).tickets[self.ticket].comments
        return next(one.id for one in found if self.text in str(one.body))

    @property
    def file(self) -> str:
        """The file that came with it."""
        contents = self.bench.tracker(self.which).contents
        return next(id_ for id_, content in contents.items() if content == self.content)

    def reaches(self, state: str) -> None:
        """Bring both tickets to a state."""
        {"in scope": settled, "gone on from": followed("origin", "people")}.get(
            state, out("origin") if state == "out of scope" else both_out
        )(self)

    def stands(self) -> tuple[bool, bool]:
        """Whether text and file can be read at the other side; a field's past, which Jira keeps, is not asked for."""
        there = self.bench.tracker(self.which.other)
        every = [repr((one.fields, one.comments, one.files)) for one in there.tickets.values()]
        return any(self.text in one for one in every), self.content in there.contents.values()


State = Callable[[Told], None]


def settled(told: Told) -> None:
    told.bench.quiet()


def out(which: str) -> State:
    def leave(told: Told) -> None:
        side, ticket = (told.which, told.ticket) if which == "origin" else (told.which.other, told.twin)
        told.bench.label(side, ticket, remove="customer")
        told.bench.quiet()

    return leave


def both_out(told: Told) -> None:
    out("origin")(told)
    out("twin")(told)


def closed(which: str) -> State:
    def close(told: Told) -> None:
        side, ticket = (told.which, told.ticket) if which == "origin" else (told.which.other, told.twin)
        told.bench.move(side, ticket, "solved")
        told.bench.quiet()
        told.bench.move(side, ticket, "closed")
        told.bench.quiet()

    return close


def followed(which: str, by: str) -> State:
    """The closed ticket is gone on from, by a reopening of ours or by people."""

    def follow(told: Told) -> None:
        closed(which)(told)
        bench, other = told.bench, RIGHT
        old = told.ticket if which == "origin" else told.twin
        if by == "ours":
            bench.move(other, bench.twin(LEFT, old), "2")
        else:
            fields = {"subject": bench.get(LEFT, old, "title"), "description": "again", "tags": ["customer"]}
            bench.tracker(LEFT).open_ticket(fields, bench.person(LEFT), follows=old)
        bench.quiet()
        bench.quiet()
        assert old not in bench.twins()

    return follow


def followed_and_out(told: Told) -> None:
    """The closed ticket was out of scope already when it was gone on from: people put its follow-up in."""
    closed("origin")(told)
    desk = told.bench.tracker(LEFT)
    desk.tickets[told.ticket].fields["tags"] = []
    desk._touched(desk.tickets[told.ticket])
    told.bench.quiet()
    fields = {"subject": "again", "description": "again", "tags": ["customer"]}
    desk.open_ticket(fields, told.bench.person(LEFT), follows=told.ticket)
    told.bench.quiet()
    told.bench.quiet()
    assert told.ticket not in told.bench.twins()


def followed_and_both_out(told: Told) -> None:
    """And so are the follow-up and the twin by now."""
    followed_and_out(told)
    told.bench.label(LEFT, told.bench.twin(RIGHT, told.twin), remove="customer")
    told.bench.label(RIGHT, told.twin, remove="customer")
    told.bench.quiet()


def merged(which: str) -> State:
    def merge(told: Told) -> None:
        side, ticket = (told.which, told.ticket) if which == "origin" else (told.which.other, told.twin)
        other = told.bench.open(side)
        told.bench.quiet()
        told.bench.tracker(side).merge(ticket, other)
        told.bench.quiet()

    return merge


def unseen_and_back(told: Told) -> None:
    """While the twin cannot be seen nothing can be done; it is taken back when it is there again."""
    told.bench.tracker(told.which.other).tickets[told.twin].hidden = True
    told.bench.run()
    told.bench.run()


def aside(told: Told) -> None:
    """A value without a place in the map sets the whole direction aside."""
    unmapped = {"fields": {"priority": {"map": {"1": None}}}}
    told.bench.write(left={"closed": "follow_up", **unmapped}, right=unmapped)
    told.bench.set(told.which, told.ticket, "priority", "urgent" if told.which is LEFT else "1")
    told.bench.run()
    told.bench.run()
    assert told.bench.events("quarantined")


BOTH = (LEFT, RIGHT)
STATES: dict[str, tuple[State, tuple[Which, ...]]] = {
    "settled": (settled, BOTH),
    "origin out of scope": (out("origin"), BOTH),
    "twin out of scope": (out("twin"), BOTH),
    "both out of scope": (both_out, BOTH),
    "origin closed": (closed("origin"), (LEFT,)),
    "twin closed": (closed("twin"), (RIGHT,)),
    "origin gone on from by us": (followed("origin", "ours"), (LEFT,)),
    "origin gone on from by people": (followed("origin", "people"), (LEFT,)),
    "twin gone on from by us": (followed("twin", "ours"), (RIGHT,)),
    "twin gone on from by people": (followed("twin", "people"), (RIGHT,)),
    "origin gone on from and out of scope": (followed_and_out, (LEFT,)),
    "both gone on and out of scope": (followed_and_both_out, (LEFT,)),
    "origin merged": (merged("origin"), (LEFT,)),
    "twin merged": (merged("twin"), (RIGHT,)),
    "twin unseen for a while": (unseen_and_back, BOTH),
    "direction set aside": (aside, BOTH),
}


def hide(told: Told) -> tuple[bool, bool]:
    told.bench.tracker(told.which).make_private(told.ticket, told.comment)
    return False, False


def black_out(told: Told) -> tuple[bool, bool]:
    told.bench.tracker(told.which).redact(told.ticket, told.comment, told.text)
    return False, True


def black_out_the_file(told: Told) -> tuple[bool, bool]:
    told.bench.tracker(told.which).redact_file(told.ticket, told.file)
    return True, False


ACTS = {"hidden": hide, "blacked out": black_out, "file blacked out": black_out_the_file}
CASES = [
    pytest.param(which, state, act, id=f"{which}-{state}-{act}")
    for state, (_, sides) in STATES.items()
    for which in sides
    for act in ACTS
    if which is LEFT or act == "hidden"  # what Jira has of it
]


def said(root: Path, which: Which, **change: object) -> Told:
    """A ticket with its twin, and a comment with a file that arrived."""
    bench = Bench(root, left={"closed": "follow_up"}, kinds={"right": SERVICE})
    ticket, issue = bench.linked()
    here, there = (ticket, issue) if which is LEFT else (issue, ticket)
    text = bench.say(which, here, file=b"the file's own bytes")
    bench.quiet()
    bench.world.deeds.clear()
    told = Told(bench, which, here, there, text, b"the file's own bytes")
    assert told.stands() == (True, True)
    return told


@pytest.mark.parametrize(("which", "state", "act"), CASES)
def test_what_was_taken_back_goes(tmp_path: Path, which: Which, state: str, act: str) -> None:
    told = said(tmp_path, which)
    bench = told.bench
    STATES[state][0](told)
    assert told.stands() == (True, True), "it stands until it is taken back"
    left = ACTS[act](told)
    bench.quiet()
    if state == "twin unseen for a while":
        bench.tracker(which.other).tickets[told.twin].hidden = False
        bench.quiet()
        bench.quiet()
    text, file = told.stands()
    # More than was taken back may go, where what is left may not be looked at; never less.
    assert (text <= left[0], file <= left[1]) == (True, True)
    before = bench.changes()
    bench.run(wait=90_000)
    assert bench.changes() == before
    assert not bench.events("waiting", "deferred")


# ---- a description, where that is the first comment


@pytest.mark.parametrize("how", ["made private", "blacked out"])
@pytest.mark.parametrize("state", ["in scope", "out of scope", "gone on from", "both out of scope"])
def test_a_description_that_was_taken_back_goes(tmp_path: Path, state: str, how: str) -> None:
    bench = Bench(tmp_path, left={"closed": "follow_up"}, kinds={"right": SERVICE})
    ticket, issue = bench.linked(description="<p>once for all to read</p>")
    told = Told(bench, LEFT, ticket, issue, "once for all to read", b"")
    told.reaches(state)
    assert told.stands()[0]
    desk = bench.tracker(LEFT)
    if how == "made private":
        desk.hide_description(ticket)
    else:
        desk.redact_description(ticket)
    bench.quiet()
    bench.quiet()
    assert not told.stands()[0]
    if (state, how) != ("in scope", "blacked out"):  # then it is a change of a field like any other
        assert "once for all" not in opened(bench)
    before = bench.changes()
    bench.run(wait=90_000)
    assert bench.changes() == before and not bench.events("waiting", "deferred")


def test_a_description_that_people_wrote_anew_is_theirs(tmp_path: Path) -> None:
    bench = Bench(tmp_path, kinds={"right": SERVICE})
    ticket, issue = bench.linked()
    bench.label(LEFT, ticket, remove="customer")
    bench.quiet()
    bench.set(RIGHT, issue, "description", "Elaine's own words")
    bench.tracker(LEFT).hide_description(ticket)
    bench.quiet()
    assert bench.get(RIGHT, issue, "description") == "Elaine's own words"
    assert [row["state"] for row in bench.events() if row["kind"] == "withheld"] == ["parked"]


# ---- nothing is lost, whatever dies; and what rests is not read


@pytest.mark.parametrize("act", ACTS)
def test_killed_at_each_commit_it_is_taken_back_all_the_same(tmp_path: Path, act: str) -> None:
    """Of a ticket that its link has gone on from: of it no run reads anything by itself."""
    told = said(tmp_path, LEFT)
    bench = told.bench
    followed("origin", "people")(told)
    left = ACTS[act](told)
    point = 0
    for point in each_death(bench):
        bench.wait(400)
        bench.quiet()
        text, file = told.stands()
        assert (text <= left[0], file <= left[1]) == (True, True), f"killed at commit {point}"
        assert not bench.events("waiting", "deferred", "quarantined"), f"killed at commit {point}"
    assert point >= 4


def test_a_former_ticket_that_rests_is_never_read(tmp_path: Path) -> None:
    told = said(tmp_path, LEFT)
    bench = told.bench
    followed("origin", "people")(told)
    bench.run(wait=90_000)
    asked: list[str] = []

    def note(verb: str, phase: str, item: object) -> None:
        if verb in ("fetch", "history") and isinstance(item, list | tuple):
            asked.extend(str(id_) for id_ in item)

    bench.tracker(LEFT).fail = note
    for _ in range(3):
        bench.run(wait=90_000)  # each of them sweeps
    assert told.ticket not in asked
    hide(told)
    bench.quiet()
    assert asked.count(told.ticket) == 2, "read once, with what happened on it"
    assert told.stands() == (False, False)
    bench.run(wait=90_000)
    assert asked.count(told.ticket) == 2


def test_a_comment_that_became_a_follow_ups_description_is_taken_back(tmp_path: Path) -> None:
    bench = Bench(tmp_path, left={"closed": "follow_up"}, kinds={"right": SERVICE})
    ticket, issue = bench.linked()
    for status in ("solved", "closed"):
        bench.move(LEFT, ticket, status)
        bench.quiet()
    text = bench.say(RIGHT, issue, file=b"the file's own bytes")
    bench.move(RIGHT, issue, "2")
    bench.quiet()
    told = Told(bench, RIGHT, issue, bench.twin(RIGHT, issue), text, b"the file's own bytes")
    assert text in str(bench.tracker(LEFT).tickets[told.twin].fields["description"]) and told.stands() == (True, True)
    hide(told)
    bench.quiet()
    assert told.stands() == (False, False)
    assert "▇" not in str(bench.get(RIGHT, issue, "description"))
    assert bench.run()["diff"]["actions"] == 0


def test_of_a_comment_that_went_in_part_the_part_is_taken_back(tmp_path: Path) -> None:
    """It was long: the run died behind its first part, and its people made it private before the next."""
    kind = replace(SERVICE, capabilities=replace(SERVICE.capabilities, max_comment=200))
    bench = Bench(tmp_path, kinds={"right": kind})
    ticket, issue = bench.linked()
    body = "<p>" + " ".join(bench.word("part") for _ in range(40)) + "</p>"
    made = bench.tracker(LEFT).comment(ticket, body, bench.person(LEFT))

    def fail(verb: str, phase: str, item: object) -> None:
        if (verb, phase) == ("comment", "after"):
            bench.kill()

    bench.tracker(RIGHT).fail = fail
    with pytest.raises(KilledError):
        bench.run()
    bench.revive()
    bench.wait(400)
    assert "part-" in str(bench.texts(RIGHT, issue))
    bench.tracker(LEFT).make_private(ticket, made.id)
    bench.quiet()
    assert "part-" not in str(bench.texts(RIGHT, issue))
    assert bench.run()["diff"]["actions"] == 0


def test_a_file_that_went_ahead_of_its_comment_is_taken_back_with_it(tmp_path: Path) -> None:
    """On Jira the file is written first; the comment was made private before it could follow."""
    bench = Bench(tmp_path, kinds={"right": SERVICE})
    ticket, issue = bench.linked()
    text = bench.say(LEFT, ticket, file=b"the file's own bytes")
    told = Told(bench, LEFT, ticket, issue, text, b"the file's own bytes")

    def fail(verb: str, phase: str, item: object) -> None:
        if (verb, phase) == ("attach", "after"):
            bench.kill()

    bench.tracker(RIGHT).fail = fail
    with pytest.raises(KilledError):
        bench.run()
    bench.revive()
    bench.wait(400)
    assert told.stands() == (False, True)
    hide(told)
    bench.quiet()
    bench.world.deeds.clear()
    assert told.stands() == (False, False)


@pytest.mark.parametrize("which", list(Which))
def test_a_file_that_is_deleted_at_its_origin_is_noted_and_never_removed(tmp_path: Path, which: Which) -> None:
    told = said(tmp_path, which)
    told.bench.tracker(which).delete_file(told.ticket, told.file)
    told.bench.quiet()
    assert told.stands() == (True, True)
    (noted,) = [row for row in told.bench.events() if row["key"].startswith("deleted-file:")]
    assert (noted["state"], noted["reason"]) == ("noted", "not to be read any more: its twin stays")


def test_a_lone_file_in_a_carrier_is_taken_back_with_its_name(tmp_path: Path) -> None:
    """Zendesk has no file without a comment: the comment that we wrote for it names it."""
    bench = Bench(tmp_path, kinds={"right": SERVICE})
    ticket, issue = bench.linked()
    name = bench.attach(RIGHT, issue, b"the file's own bytes")
    bench.quiet()
    told = Told(bench, RIGHT, issue, ticket, name, b"the file's own bytes")
    assert told.stands() == (True, True)
    black_out_the_file(told)
    bench.quiet()
    assert told.stands() == (False, False)


@pytest.mark.parametrize("which", list(Which))
def test_that_a_file_does_not_come_back_with_its_comment_is_told(tmp_path: Path, which: Which) -> None:
    """A file that was taken back is not sent a second time by itself: whoever shows its comment again attaches it."""
    told = said(tmp_path, which)
    bench, comment = told.bench, told.comment
    bench.tracker(which).make_private(told.ticket, comment)
    bench.quiet()
    assert told.stands() == (False, False)
    bench.tracker(which).make_public(told.ticket, comment)
    bench.quiet()
    assert told.stands() == (True, False)
    (noted,) = [row for row in bench.events("noted") if row["key"] == f"shown-file:{told.file}"]
    assert "attach it anew" in noted["reason"]
    before = bench.changes()
    bench.run(wait=90_000)
    assert bench.changes() == before
