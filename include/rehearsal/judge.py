# SPDX-License-Identifier: Apache-2.0
"""Compares what a scenario expects with what the trackers, the state, the requests and the log show."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from rehearsal import checked
from rehearsal.acts import Upload
from rehearsal.crew import Said, Seen, Stored, content
from rehearsal.expected import EventWanted, Expect, LinkWanted, Number, RequestsWanted, Shown, StoredFile, Words
from rehearsal.stage import is_write
from sandbox.request_log import Entry
from tandem.core.rules import Which
from tandem.state import links, records, runs, tables

if TYPE_CHECKING:
    from rehearsal.play import Play

_FINAL = ("arrived", "settled", "superseded", "echo", "noted", "dropped", "withdrawn")


@dataclass
class Judge:
    """Looks at everything for one play."""

    play: Play

    def look(self, wanted: Expect, place: str) -> None:
        """Compare all that is expected; each comparison is noted at its line."""
        play = self.play
        with play.stage.undisturbed():
            for number, one in enumerate(wanted.show):
                self._show(one, f"{place}.show.{number}")
            play.place = f"{place}.twins"
            if wanted.twins is not None:
                self._equal("tickets on both sides", wanted.twins, self._twins())
            for side, number in wanted.tickets.items():
                rows = play.stage.houses[Which(side)].tracker.rows()
                play.place = f"{place}.tickets.{side}"
                self._equal(f"tickets at the {side} side", number, len(rows) - play.world[Which(side)])
        if wanted.check is not None:
            play.place = f"{place}.check"
            found = checked.problems(play.stage)
            seen = [checked.told(problem) for problem in found]
            play.note("what check says", [_given(one) for one in wanted.check], seen, checked.fits(wanted.check, found))
        self._requests(wanted, place)
        self._state(wanted, place)
        self._log(wanted, place)

    # ---- trackers

    def _show(self, wanted: Shown, place: str) -> None:
        play = self.play
        play.place = place
        which, head = Which(wanted.at), f"{wanted.ticket} at the {wanted.at} side"
        ticket = play.find(wanted.ticket, which)
        seen = play.crews[which].see(ticket) if ticket is not None else None
        if (seen is not None) != wanted.exists:
            play.note(head, "it exists" if wanted.exists else "it does not exist", "otherwise", False)
        if seen is None:
            return
        for name, value in wanted.fields.items():
            play.place = f"{place}.fields.{name}"
            shown = seen.fields.get(name)
            play.note(f"{head}: {name}", value, shown, _fits(value, shown))
        self._comments(wanted, seen, head, place)
        play.place = f"{place}.files"
        if wanted.files is not None:
            told = [(file.name, file.size, file.on) for file in seen.files]
            play.note(f"{head}: files", [_given(one) for one in wanted.files], told, _all(wanted.files, seen.files))
        if wanted.file_count is not None:
            self._number(f"{head}: files", wanted.file_count, len(seen.files))

    def _comments(self, wanted: Shown, seen: Seen, head: str, place: str) -> None:
        play = self.play
        play.place = f"{place}.comments"
        if wanted.comments is not None:
            told = [f"{'' if one.public else '(internal) '}{one.text}" for one in seen.comments]
            fit = len(told) == len(wanted.comments) and all(map(_said, wanted.comments, seen.comments))
            play.note(f"{head}: comments", [_given(one) for one in wanted.comments], told, fit)
        if wanted.comment_count is not None:
            self._number(f"{head}: number of comments", wanted.comment_count, len(seen.comments))
        for text, number in wanted.comments_with.items():
            play.place = f"{place}.comments_with.{text}"
            holding = sum(text in one.text for one in seen.comments)
            self._number(f"{head}: comments with {text!r}", number, holding)

    # ---- requests

    def asked(self, after: int, which: Which | None = None) -> list[Entry]:
        """Requests of the integration's after a number."""
        found = []
        for side, house in self.play.stage.houses.items():
            email = house.tenant.people[house.tenant.integration].email
            if which in (None, side):
                log = self.play.stage.sandbox.log.read(house.tenant.name, after)
                found += [entry for entry in log if entry.account == email]
        return found

    def writes(self, after: int, which: Which | None = None) -> list[Entry]:
        """Those that change something."""
        return [entry for entry in self.asked(after, which) if is_write(entry.method, f"{entry.path}?{entry.query}")]

    def _requests(self, wanted: Expect, place: str) -> None:
        play = self.play
        for side, number in wanted.wrote.items():
            play.place = f"{place}.wrote.{side}"
            wrote = self.writes(play.marks["run"], Which(side))
            told = "; ".join(f"{entry.method} {entry.path}" for entry in wrote[:8])
            self._number(f"writes to the {side} side", number, len(wrote), told)
        for index, one in enumerate(wanted.requests):
            play.place = f"{place}.requests.{index}"
            found = [entry for entry in self.asked(play.marks[one.since], Which(one.to)) if _meant(one, entry)]
            told = "; ".join(f"{entry.method} {entry.path}" for entry in found[:8])
            self._number(f"requests to the {one.to} side", one.count, len(found), told)

    # ---- state

    def _twins(self) -> int:
        with self.play.stage.store.read() as tx:
            found = links.links(tx, self.play.stage.pair_name).values()
        return sum(len(link.members) == 2 for link in found)

    def _state(self, wanted: Expect, place: str) -> None:
        play, pair = self.play, self.play.stage.pair_name
        told = play.runs.counts.get("reconcile", {})
        for name, number in wanted.run.items():
            play.place = f"{place}.run.{name}"
            self._number(f"the run's {name}", number, told.get(name, 0))
        for index, one in enumerate(wanted.events):
            play.place = f"{place}.events.{index}"
            self._events(one)
        for index, link in enumerate(wanted.links):
            play.place = f"{place}.links.{index}"
            self._link(link)
        with play.stage.store.read() as tx:
            states = records.count_states(tx, pair)
            held = runs.held(tx, pair)
            conflicts = sorted(row["field"] for row in runs.conflicts(tx, pair, "held"))
        play.place = f"{place}.open_events"
        if wanted.open_events is not None:
            left = {state: number for state, number in states.items() if state not in _FINAL}
            play.note("open events", wanted.open_events, left or 0, sum(left.values()) == wanted.open_events)
        play.place = f"{place}.held"
        if wanted.held is not None:
            seen = [{"ticket": self._word(one.link), "code": one.code, "field": one.field or ""} for one in held]
            want = [{name: value for name, value in _given(one).items() if value} for one in wanted.held]
            play.note("what is set aside", want, seen, len(want) == len(seen) and _pairs(want, seen))
        play.place = f"{place}.conflicts"
        if wanted.conflicts is not None:
            self._equal("held conflicts", sorted(wanted.conflicts), conflicts)

    def _word(self, link: str) -> str:
        """The scenario's word for a link's ticket."""
        with self.play.stage.store.read() as tx:
            for word, (side, ticket) in self.play.tickets.items():
                if link in links.link_of(tx, self.play.stage.pair_name, side, [ticket]).values():
                    return word
        return link

    def _events(self, wanted: EventWanted) -> None:
        which = Which(wanted.at)
        table = tables.event
        ticket = self.play.find(wanted.ticket, which)
        of_it = sa.and_(
            table.c.pair == self.play.stage.pair_name, table.c.side == which.value, table.c.ticket == ticket
        )
        with self.play.stage.store.read() as tx:
            rows = tx.rows(sa.select(table).where(of_it))
        rows = [row for row in rows if wanted.kind in (None, row["kind"]) and wanted.field in (None, row["field"])]
        told = dict(Counter(f"{row['kind']} {row['field'] or ''} {row['state']}" for row in rows))
        number = sum(row["state"] == wanted.state for row in rows)
        self._number(f"events of {wanted.ticket} that are {wanted.state}", wanted.count, number, told)

    def _link(self, wanted: LinkWanted) -> None:
        play, pair = self.play, self.play.stage.pair_name
        side, ticket = play.tickets[wanted.ticket.partition("/")[0]]
        with play.stage.store.read() as tx:
            known = links.link_of(tx, pair, side, [ticket])
            link = next(iter(links.links(tx, pair, ids=known.values()).values()), None)
            rows = tx.rows(sa.select(tables.member).where(tables.member.c.link == (link.id if link else "")))
        if link is None:
            play.note(f"link of {wanted.ticket}", "there is one", "none", False)
            return
        if wanted.state is not None:
            play.note(
                f"link of {wanted.ticket}", wanted.state, f"{link.state} {link.reason}", link.state == wanted.state
            )
        for which in Which:
            state = getattr(wanted, which.value)
            own = {row["state"] for row in rows if row["side"] == which.value and row["current"]}
            if state is not None:
                play.note(f"{which} ticket of {wanted.ticket}", state, sorted(own), own == {state})
        if wanted.key is not None:
            keys = [key for row in rows for key in (row["key"], *row["former_keys"])]
            play.note(f"keys of {wanted.ticket}", wanted.key, keys, wanted.key in keys)

    # ---- log

    def _log(self, wanted: Expect, place: str) -> None:
        play = self.play
        for text in wanted.log:
            play.place = f"{place}.log"
            play.note("the log mentions", text, _told(play.log.lines), any(text in line for line in play.log.lines))
        for text, number in wanted.log_count.items():
            play.place = f"{place}.log_count.{text}"
            self._number(f"lines of the log with {text!r}", number, sum(text in line for line in play.log.lines))
        for text in wanted.log_lacks:
            play.place = f"{place}.log_lacks"
            found = [line for line in play.log.lines if text in line]
            play.note("the log does not mention", text, _told(found), not found)

    def _equal(self, what: str, expected: Any, seen: Any) -> None:
        self.play.note(what, expected, seen, expected == seen)

    def _number(self, what: str, wanted: Number, seen: int, told: Any = "") -> None:
        fits = (
            (wanted.is_ is None or seen == wanted.is_)
            and (wanted.least is None or seen >= wanted.least)
            and (wanted.most is None or seen <= wanted.most)
        )
        names = {"is": "", "least": "at least ", "most": "at most "}
        said = ", ".join(f"{names[name]}{value}" for name, value in _given(wanted).items() if value is not None)
        just = wanted.is_ is not None and wanted.least is None and wanted.most is None
        self.play.note(what, wanted.is_ if just else said, f"{seen} ({told})" if told and not fits else seen, fits)


def _given(wanted: Any) -> dict[str, Any]:
    return dict(wanted.model_dump(by_alias=True, exclude_unset=True))


def _told(lines: Sequence[str]) -> str:
    return " | ".join(lines[-3:])[:300] or "nothing"


def _fits(wanted: Any, shown: Any) -> bool:
    """Compare a field: lists in any order, and a mapping of conditions where that is what was written."""
    if isinstance(wanted, Mapping) and wanted and set(wanted) <= {"is", "contains", "lacks"}:
        text = shown if isinstance(shown, list) else str(shown)
        has, lacks = wanted.get("contains", ()), wanted.get("lacks", ())
        every = [has] if isinstance(has, str) else has
        none = [lacks] if isinstance(lacks, str) else lacks
        same = "is" not in wanted or _fits(wanted["is"], shown)
        return same and all(one in text for one in every) and not any(one in text for one in none)
    if isinstance(wanted, list | tuple) and isinstance(shown, list | tuple):
        return sorted(map(_key, wanted)) == sorted(map(_key, shown))
    return bool(wanted == shown)


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _reads(wanted: Words, text: str) -> bool:
    return (
        (wanted.is_ is None or text == wanted.is_)
        and all(one in text for one in wanted.contains)
        and not any(one in text for one in wanted.lacks)
    )


def _said(wanted: Words, seen: Said) -> bool:
    same_files = wanted.files is None or sorted(wanted.files) == sorted(seen.files)
    return _reads(wanted, seen.text) and wanted.public in (None, seen.public) and same_files


def _file(wanted: StoredFile, seen: Stored) -> bool:
    on = wanted.on is None or (seen.on is None if wanted.on == "description" else wanted.on in (seen.on or ""))
    made_up = Upload(name=wanted.same_as, size=seen.size) if wanted.same_as is not None else None
    same = made_up is None or content(made_up) == seen.content
    return on and same and wanted.name in (None, seen.name) and wanted.size in (None, seen.size)


def _all(wanted: Sequence[StoredFile], seen: Sequence[Stored]) -> bool:
    """Tell whether each that is wanted is one that is there, and none is left."""
    left = list(seen)
    for one in wanted:
        found = next((file for file in left if _file(one, file)), None)
        if found is None:
            return False
        left.remove(found)
    return not left


def _pairs(wanted: Sequence[Mapping[str, Any]], seen: Sequence[Mapping[str, Any]]) -> bool:
    left = list(seen)
    for one in wanted:
        found = next((row for row in left if one.items() <= row.items()), None)
        if found is None:
            return False
        left.remove(found)
    return not left


def _meant(wanted: RequestsWanted, entry: Entry) -> bool:
    target = f"{entry.path}?{entry.query}" if entry.query else entry.path
    return (
        (not wanted.method or entry.method in wanted.method)
        and re.search(wanted.path, target) is not None
        and wanted.mention in f"{target}\n{entry.body}"
    )
