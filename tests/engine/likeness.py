# SPDX-License-Identifier: Apache-2.0
"""When two moments of a small world are one: all that a later task may read is the same but for names and times.

A moment is written down in lines. Ids that chance gave are numbered as they appear; numbers and times give way to their
order (times closer than a tie are one group). What is settled leaves no line but its result: the base, the value shown,
the copy. That nothing is left out which matters is not argued here but tried: ways are told straight through, with real
kills, and must pass through the very moments that the graph names.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from engine.laws import FINAL
from engine.pictures import Camera
from tandem.connectors.memory import Tracker
from tandem.core.rules import Which

TIE = 4.0  # seconds
ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
NUMBER = re.compile(r"(?<![0-9a-zA-Z-])0\d{7}(?!\d)")
TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00:00)?")
WHOLE = ("origin", "link", "member", "base", "presence", "wait", "hold", "approval", "before_start", "notice", "edge")
PASSING = {
    "side": {"started_at", "read_at", "swept_at", "preflight_at"},  # of runs, which begin at the same times in all ways
    "record": {"read_at"},
    "origin": {"at"},
    "link": {"created_at", "changed_at"},
    "member": {"inside_at"},  # the history tells it
    "presence": {"id", "action"},
    "notice": {"at"},
    "event": {"id", "run", "action"},
    "run_ticket": {"run", "why"},  # of the reason it is only told
    "hub": {"run"},
    "action": {"fence", "planned_at", "sent_at", "done_at", "seq"},
    "conflict": {"id", "run", "opened_at", "closed_at"},
    "quarantine": {"id", "opened_at", "closed_at"},
}
NAMING = ("id", "event", "carries", "covers")  # what names events by the numbers of their rows
Row = dict[str, Any]


class Likeness:
    """Writes down the moment that a camera looks at."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._opened: dict[str, Any] = {}
        self._lines: dict[object, str] = {}
        self._bare: dict[str, str] = {}

    def of(self, run: str | None, *, judged: bool = False) -> str:
        """Name the moment. ``run``: the one that goes on, if any; ``judged``: its diff is done."""
        return hashlib.sha256("\n".join(self.lines(run, judged=judged)).encode()).hexdigest()

    def lines(self, run: str | None, *, judged: bool = False) -> list[str]:
        """Write the moment down."""
        settled = {} if run is not None or not self.at_rest() else self._settled()
        return self._normal(self._moment(run, judged=judged), settled).split("\n")

    def raw(self) -> int:
        """Tell two points of one task apart, faster than by name: the lease and the counts of a run do not count."""
        ask = self._camera.state.execute
        stored = [
            tuple(ask(f"SELECT * FROM tandem_{name}")) for name in (*WHOLE, *PASSING, "claim", "run_ticket", "hub")
        ]
        trackers = self._camera.play.bench.world.trackers.values()
        shown = [(len(one.feed), len(one.contents), len(one._uploads)) for one in trackers]
        return hash((tuple(stored), tuple(ask("SELECT run, state FROM tandem_run")), tuple(shown)))

    def at_rest(self) -> bool:
        """Tell whether all that people did is taken in and carried over."""
        ask = self._camera.state.execute
        waiting = (
            "SELECT 1 FROM tandem_action WHERE state IN ('planned', 'sent') OR (state = 'done' AND settled_at IS NULL)",
            "SELECT 1 FROM tandem_event WHERE state IS NULL OR state IN ('waiting', 'deferred')",
            "SELECT 1 FROM tandem_link WHERE pending",
        )
        return not any(ask(some).fetchone() for some in waiting) and all(self._consumed().values())

    # ---- what there is

    def _rows(self, table: str) -> list[Row]:
        found = self._camera.state.execute(f"SELECT * FROM tandem_{table}")
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found]

    def _consumed(self) -> dict[tuple[str, str], str]:
        """Tickets whose present version was taken in whole, with that version."""
        found: dict[tuple[str, str], str] = {}
        trackers = self._camera.play.bench.world.trackers
        for row in self._rows("member"):
            tracker = trackers[Which(row["side"])]
            version = tracker.version(tracker.tickets[row["ticket"]])
            found[row["side"], row["ticket"]] = version if version == row["version"] and version[-1] == "Z" else ""
        return found

    def _settled(self) -> dict[datetime, str]:
        """When tickets at rest were changed last: it is the version that was taken in, and no more."""
        trackers = self._camera.play.bench.world.trackers
        changed = {(side, id_): trackers[Which(side)].tickets[id_].updated_at for side, id_ in self._consumed()}
        return {moment.replace(tzinfo=None): f"@{place[0]} {place[1]}" for place, moment in sorted(changed.items())}

    def _moment(self, run: str | None, *, judged: bool) -> Iterable[str]:
        events = self._rows("event")
        names = {row["id"]: f"{row['side']}/{row['ticket']}/{row['key']}" for row in events}
        over = {(row["side"], row["ticket"], row["key"]) for row in events if row["state"] in FINAL}
        consumed = self._consumed()
        live = False
        for row in self._rows("action"):
            if row["state"] in ("planned", "sent") or (row["state"] == "done" and row["settled_at"] is None):
                live = True
                yield from self._action(row, names, run)
        for row in events:
            name = row["side"], row["ticket"], row["key"]
            if name not in over:  # a diff gives each a state, whether it had none yet or waits
                yield self._line("event", row if judged or row["state"] else row | {"state": "waiting"})
            elif row["kind"] in ("comment", "file"):
                yield f"event {name} {row['state']} {row['reason']}"
        for row in self._rows("claim"):
            cause, _, part = row["cause"].removeprefix("event:").partition("/")
            known = names.get(int(cause), "") if cause.isdigit() else ""
            if known and tuple(known.split("/", 2)) not in over:
                yield f"claim {known} {part} {row['target']}"
        yield from self._read(run, consumed, names)
        yield from self._aside()
        for which, tracker in self._camera.play.bench.world.trackers.items():
            yield from self._tracker(which.value, tracker, over, consumed, live=live)
        play = self._camera.play
        if run is not None:
            yield f"now {play.bench.world.clock.now.isoformat()}"  # between runs all is longer ago than an index lags
        yield f"deeds {sorted(map(repr, play.bench.world.deeds))}"
        acts = play.acts
        yield f"people {sorted(map(repr, acts.strayed))} {sorted(acts.secret)} {sorted(acts.described.items())}"

    def _action(self, row: Row, names: Mapping[int, str], run: str | None) -> Iterable[str]:
        mine = "now" if row["run"] == run else "dead"
        told = _named(self._open(row["sealed"]), names)
        causes = [
            names.get(int(c[6:])) if c[6:].isdigit() else c.replace(row["run"], mine) for c in json.loads(row["causes"])
        ]
        kept = {
            key: value
            for key, value in row.items()
            if key not in PASSING["action"] and key not in ("sealed", "run", "causes")
        }
        order = row["seq"] if row["run"] == run else ""
        yield f"action {mine} {order} {json.dumps(kept, sort_keys=True)} {causes} {json.dumps(told, sort_keys=True)}"

    def _read(
        self, run: str | None, consumed: Mapping[tuple[str, str], str], names: Mapping[int, str]
    ) -> Iterable[str]:
        """How far both sides were read, and what was taken of them."""
        trackers = self._camera.play.bench.world.trackers
        for row in self._rows("side"):
            tracker = trackers[Which(row["side"])]
            behind = all(version for (side, _), version in consumed.items() if side == row["side"])
            if str(row["cursor"]).isdigit():
                row["cursor"] = len(tracker.feed) > int(row["cursor"])
            elif behind and tracker.feed:
                row["cursor"] = row["cursor"] >= tracker.feed[-1][0].isoformat(timespec="seconds")[:19]
            yield self._line("side", row)
        taken = [row for row in self._rows("run_ticket") if row["run"] == run]
        for row in taken:
            yield self._line("run_ticket", row)
        for row in self._rows("hub"):
            if row["run"] == run:
                message = _named(self._open(row["sealed"]), names)
                yield f"hub {row['side']} {row['ticket']} {json.dumps(message, sort_keys=True)}"
        yield from (f"run {row['state']}" for row in self._rows("run") if row["run"] == run)
        kept = {(row["side"], row["ticket"], row["version"]) for row in taken}
        newest: dict[tuple[str, str], str] = {}
        records = self._rows("record")
        for row in records:
            place = row["side"], row["ticket"]
            newest[place] = max(row["version"], newest.get(place, ""))
        for row in records:
            if (
                newest[row["side"], row["ticket"]] == row["version"]
                or (row["side"], row["ticket"], row["version"]) in kept
            ):
                yield self._line("record", row)

    def _aside(self) -> Iterable[str]:
        yield from (self._line("conflict", row) for row in self._rows("conflict") if row["state"] == "held")
        yield from (self._line("quarantine", row) for row in self._rows("quarantine") if row["state"] != "released")
        for name in WHOLE:
            yield from (self._line(name, row) for row in self._rows(name))

    def _tracker(
        self,
        side: str,
        tracker: Tracker,
        over: set[tuple[str, str, str]],
        consumed: Mapping[tuple[str, str], str],
        *,
        live: bool,
    ) -> Iterable[str]:
        for ticket in tracker.tickets.values():
            told = {
                name: getattr(ticket, name)
                for name in ("id", "key", "mark", "fields", "merged_into", "follows", "deleted")
            }
            at = ticket.updated_at.isoformat()
            yield f"{side} ticket {json.dumps(told, sort_keys=True)} {at} {ticket.revised_at}"
            new = [
                e
                for e in ticket.entries
                if (side, ticket.id, f"field:{e.id}") not in over or _deciding(e.before, e.after)
            ]
            yield from (f"{side} entry {place} {_told(entry)}" for place, entry in enumerate(new))
            for place, comment in enumerate(ticket.comments):
                known = (side, ticket.id, f"comment:{comment.id}") in over
                yield f"{side} comment {place} {_told(comment, 'at' if known else '')}"
            for file in ticket.files:
                yield f"{side} file {_told(file, 'at')} {tracker.contents.get(file.id)!r}"
        if live:
            yield f"{side} uploads {sorted(tracker._uploads)}"

    # ---- how it is written

    def _open(self, sealed: str) -> Any:
        if sealed not in self._opened:
            self._opened[sealed] = self._camera.play.bench.store.vault.open(sealed)
        return self._opened[sealed]

    def _line(self, name: str, row: Row) -> str:
        key = name, tuple(row.values())
        if key not in self._lines:
            kept = {field: value for field, value in row.items() if field not in PASSING.get(name, ())}
            if kept.get("sealed"):
                kept["sealed"] = self._open(kept["sealed"])
            self._lines[key] = f"{name} {json.dumps(kept, sort_keys=True)}"
        return self._lines[key]

    def _normal(self, lines: Iterable[str], settled: Mapping[datetime, str]) -> str:
        text = "\n".join(sorted(lines, key=self._nameless))
        ids: dict[str, str] = {}
        text = ID.sub(lambda found: ids.setdefault(found[0], f"<{len(ids)}>"), text)
        numbers = {number: f"#{place}" for place, number in enumerate(sorted(set(NUMBER.findall(text))))}
        text = NUMBER.sub(lambda found: numbers[found[0]], text)
        times = {found: datetime.fromisoformat(found).replace(tzinfo=None) for found in set(TIME.findall(text))}
        order = dict(settled)
        group, place, before = 0, 0, None
        for moment in sorted(set(times.values()) - set(settled)):
            if before is not None and (moment - before).total_seconds() > TIE:
                group, place = group + 1, 0
            order[moment], place, before = f"@{group}.{place}", place + 1, moment
        return TIME.sub(lambda found: order[times[found[0]]], text)

    def _nameless(self, line: str) -> str:
        if line not in self._bare:
            self._bare[line] = TIME.sub("", NUMBER.sub("", ID.sub("", line)))
        return self._bare[line]


def _named(content: Any, names: Mapping[int, str], key: str = "") -> Any:
    """Name stored events by what they are, not by the numbers of their rows."""
    if isinstance(content, dict):
        return {part: _named(value, names, part) for part, value in content.items()}
    if isinstance(content, list):
        return [_named(value, names, key) for value in content]
    return (
        names.get(content, content)
        if isinstance(content, int) and key in ("id", "event", "carries", "covers")
        else content
    )


def _deciding(before: object, after: object) -> bool:
    """Tell whether a change may have led into the scope or out of it."""
    return isinstance(before or after, list) and ("customer" in (before or [])) != ("customer" in (after or []))  # type: ignore[operator]


def _told(what: Any, *without: str) -> str:
    return " ".join(f"{name}={getattr(what, name)}" for name in what.__dataclass_fields__ if name not in without)
