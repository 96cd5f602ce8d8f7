# SPDX-License-Identifier: Apache-2.0
"""An installation over two trackers in memory: a Zendesk-like left, a Jira-like right, a clock that only we move.

People act through :class:`Bench` and are remembered, so that :func:`laws` can ask both trackers what became of it.
"""

from __future__ import annotations

import copy
import json
import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from tandem.config.models import Side as Offer
from tandem.config.needs import needs
from tandem.connectors.memory import JIRA_LIKE, ZENDESK_LIKE, Clock, Memory, Tracker
from tandem.core.rules import Which
from tandem.core.values import Json
from tandem.pipeline import tasks
from tandem.pipeline.environment import Environment, Job
from tandem.state import links, records, runs, tables
from tandem.state.store import Store, open_store
from tandem.state.vault import Vault, new_keys

LEFT, RIGHT = Which.LEFT, Which.RIGHT
PAIR = "acme-zendesk__globex-jira"
KEYS = new_keys()
TASKS: Mapping[str, Callable[[Job, Environment], dict[str, Any]]] = {
    "extract": tasks.extract,
    "map": tasks.map_tickets,
    "diff": tasks.diff,
    "load": tasks.load,
    "reconcile": tasks.reconcile,
}
SHARED_LABELS = frozenset({"checkout", "kiosk", "payment"})

# Native name of each field, and what a native value means. ``None`` says nothing.
NATIVE = {
    "title": {LEFT: "subject", RIGHT: "summary"},
    "priority": {LEFT: "priority", RIGHT: "priority"},
    "status": {LEFT: "status", RIGHT: "status"},
    "labels": {LEFT: "tags", RIGHT: "labels"},
}
MEANING: Mapping[str, Mapping[Which, Mapping[str, object]]] = {
    "priority": {
        LEFT: {"urgent": 1, "high": 2, "normal": 3, "low": 4},
        RIGHT: {"1": 1, "2": 2, "3": 3, "4": 4},
    },
    "status": {
        LEFT: {"open": "in_progress", "pending": "in_progress", "solved": "solved", "new": None, "closed": None},
        RIGHT: {"1": "new", "2": "in_progress", "3": "solved"},
    },
}

ZENDESK: dict[str, Any] = {
    "company": "Acme",
    "system": "zendesk",
    "connection": "left",
    "scope": [{"field": "tags", "contains": "customer"}],
    "fields": {
        "title": {"field": "subject", "too_long": "comment"},
        "description": {"field": "description", "on_change": "comment"},
        "priority": {"field": "priority", "map": {"1": "Urgent", "2": "High", "3": "Normal", "4": "Low"}},
        "status": {
            "field": "status",
            "map": {"in_progress": ["Open", "Pending"], "solved": "Solved"},
            "ignore": ["New"],
            "otherwise": {"in": "Open"},
        },
        "assignee": {"field": "assignee_id"},
        "labels": {"field": "tags", "only": sorted(SHARED_LABELS)},
        "x_order": {"field": "custom_field_7", "direction": "out"},
    },
    "closed": "quarantine",
    "comments": {"out": "public", "as": "public", "names": "full", "onward": True},
    "attachments": {"up_to": "100 kB", "unreferenced": "send", "deny": [".exe"]},
    "create": {"tags": ["customer"]},
}
JIRA: dict[str, Any] = {
    "company": "Globex",
    "system": "jira",
    "connection": "right",
    "scope": [{"field": "project", "is": "SHOP"}, {"field": "labels", "contains": "customer"}],
    "fields": {
        "title": {"field": "summary", "too_long": "comment"},
        "description": "description",
        "priority": {"field": "priority", "map": {"1": "Highest", "2": "High", "3": "Medium", "4": "Low"}},
        "status": {"field": "status", "map": {"new": "To Do", "in_progress": "In Progress", "solved": "Done"}},
        "assignee": {"field": "assignee"},
        "labels": {"field": "labels", "only": sorted(SHARED_LABELS)},
    },
    "transitions": {"Done": {"by": "Finish", "fields": {"resolution": "Fixed"}}},
    "closed": "reopen",
    "comments": {"out": "public", "as": "public", "names": "full", "onward": True},
    "attachments": {"up_to": "100 kB", "unreferenced": "send", "deny": [".exe"]},
    "create": {"project": "SHOP", "issuetype": "Task", "labels": ["customer"]},
}
JOINED: dict[str, Any] = {
    "left": "acme-zendesk",
    "right": "globex-jira",
    "schedule": "*/2 * * * *",
    "conflicts": {"default": "newest", "priority": "right"},
    "tie": "right",
    "start": "now",
    "deadline": "10 min",
    "people": {"responsible": ["r@acme.example"], "accountable": "a@acme.example"},
}
PEOPLE = {
    "acme": {"company": "Acme", "people": {"anna@acme.example": {"zendesk": "anna"}}},
    "globex": {"company": "Globex", "people": {"anna@acme.example": {"jira": "elaine"}}},
}


class KilledError(BaseException):
    """The process was ended from outside: nothing of it goes on."""


@dataclass(frozen=True)
class Deed:
    """A comment or file of a person. ``text`` is written nowhere else; of a file it is the name.

    ``comment`` is the id of the comment that says or shows it. ``fate`` is what people did to it later on.
    """

    side: Which
    ticket: str
    text: str
    author: str
    kind: str = "comment"  # comment, file
    private: bool = False
    content: bytes = b""
    comment: str = ""
    fate: str = ""


HIDDEN, BLACKED_OUT = "hidden", "blacked out"  # fates behind which a text is shown to nobody any more
SHOWN = "shown again"  # public once more, in the same words


@dataclass
class World:
    """What is outside of the engine: both trackers, their clock, and what people did."""

    clock: Clock
    trackers: dict[Which, Tracker]
    born: list[tuple[Which, str]] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: count(1))


def merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Lay a change over a written file; ``None`` takes a key away."""
    made = dict(base)
    for key, value in change.items():
        if value is None:
            made.pop(key, None)
        elif isinstance(value, dict) and isinstance(made.get(key), dict):
            made[key] = merged(made[key], value)
        else:
            made[key] = value
    return made


def write_files(root: Path, left: Mapping[str, Any], right: Mapping[str, Any], pair: Mapping[str, Any]) -> None:
    """Write contracts, people and pair (JSON is YAML)."""
    files = {
        "contracts/acme-zendesk.yaml": merged(ZENDESK, left),
        "contracts/globex-jira.yaml": merged(JIRA, right),
        f"pairs/{PAIR}.yaml": merged(JOINED, pair),
        "contracts/people/acme.yaml": PEOPLE["acme"],
        "contracts/people/globex.yaml": PEOPLE["globex"],
    }
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(json.dumps(content, indent=1))


class Bench:
    """Both trackers, the engine between them, and people at work."""

    def __init__(
        self,
        root: Path,
        *,
        left: Mapping[str, Any] | None = None,
        right: Mapping[str, Any] | None = None,
        pair: Mapping[str, Any] | None = None,
        kinds: Mapping[str, Any] | None = None,
    ) -> None:
        logging.getLogger("tandem").setLevel(logging.CRITICAL)
        self.root = root
        self.places = {"SHOP"}  # of the right one, those in scope
        self.write(left, right, pair)
        clock = Clock(datetime.now(UTC).replace(microsecond=0))
        made = {LEFT: ZENDESK_LIKE, RIGHT: JIRA_LIKE} | {Which(name): kind for name, kind in (kinds or {}).items()}
        self.world = World(clock, {which: Tracker(kind, clock) for which, kind in made.items()})
        for which, tracker in self.world.trackers.items():
            name = "anna" if which is LEFT else "elaine"
            tracker.person(name, f"{name}@{'acme' if which is LEFT else 'globex'}.example")
        self.commits = 0  # of transactions that changed something
        self._changes = 0
        self.on_commit: Callable[[int], None] = lambda number: None  # called before each; may end the process
        self.dead = False
        (root / "state.db").write_bytes(_empty_state())
        self.store: Store = open_store(f"sqlite:///{root}/state.db", Vault([KEYS[0]], KEYS[1]))
        sa.event.listen(self.store.engine, "connect", _no_sync)
        sa.event.listen(self.store.engine, "begin", self._begins)
        sa.event.listen(self.store.engine, "commit", self._commits)
        self.runs = count(1)
        self.env = Environment(
            root,
            self.store,
            self._connect,
            now=lambda: self.world.clock.now,
            sleep=lambda seconds: self.world.clock.advance(seconds),
        )
        self.between: Callable[[str], None] = lambda task: None

    def write(
        self,
        left: Mapping[str, Any] | None = None,
        right: Mapping[str, Any] | None = None,
        pair: Mapping[str, Any] | None = None,
    ) -> None:
        """Write the configuration, changed so."""
        self.conflicts = merged(JOINED, pair or {})["conflicts"]
        write_files(self.root, left or {}, right or {}, pair or {})

    def _connect(self, offer: Offer) -> Memory:
        return Memory(self.tracker(Which(offer.connection)), needs(offer))

    def tracker(self, which: Which) -> Tracker:
        """One side's tracker."""
        return self.world.trackers[which]

    # ---- people

    def person(self, which: Which) -> Any:
        """Who works at a side: Anna left, Elaine right."""
        return self.tracker(which).people["anna" if which is LEFT else "elaine"]

    def word(self, kind: str = "word") -> str:
        """A word that is written nowhere else."""
        return f"{kind}-{next(self.world.numbers):05d}"

    def open(self, which: Which, *, labels: tuple[str, ...] = ("customer",), **fields: Json) -> str:
        """Open a ticket; in scope unless ``labels`` say otherwise."""
        names = {hub: native[which] for hub, native in NATIVE.items()} | {"description": "description"}
        values: dict[str, Json] = {"title": self.word("title"), "description": self.word("text"), **fields}
        native = {names.get(name, name): value for name, value in values.items()}
        native[names["labels"]] = list(labels)
        ticket = self.tracker(which).open_ticket(native, self.person(which))
        self.world.born.append((which, ticket))
        return ticket

    def set(self, which: Which, ticket: str, hub: str, value: Json) -> None:
        """Set a field, named as the hub or natively."""
        native = NATIVE.get(hub, {}).get(which, hub)
        self.tracker(which).edit(ticket, native, value, self.person(which))

    def get(self, which: Which, ticket: str, hub: str) -> Json:
        """What a ticket shows."""
        return self.tracker(which).tickets[ticket].fields[NATIVE.get(hub, {}).get(which, hub)]

    def label(self, which: Which, ticket: str, *, add: str = "", remove: str = "") -> None:
        """Change labels one by one."""
        present = self.get(which, ticket, "labels")
        now = {str(item) for item in present} if isinstance(present, list) else set()
        self.set(which, ticket, "labels", sorted((now | ({add} if add else set())) - {remove}))

    def move(self, which: Which, ticket: str, status: str) -> None:
        """Take a step of the workflow, or set the status where there is none."""
        fields: dict[str, Json] = {"resolution": "1"} if which is RIGHT and status == "3" else {}
        self.tracker(which).move(ticket, status, self.person(which), fields)

    def say(self, which: Which, ticket: str, *, private: bool = False, file: bytes | None = None) -> str:
        """Write a comment, with a file of its own if asked."""
        text, person = self.word("secret" if private else "say"), self.person(which)
        names = []
        if file is not None:
            name = self.word("file") + ".txt"
            names.append(self.tracker(which).attach(ticket, name, file, person))
        body = f"<p>{text}</p>" if which is LEFT else text
        said = self.tracker(which).comment(ticket, body, person, public=not private, files=names).id
        if file is not None:
            self.world.deeds.append(Deed(which, ticket, name, person.name, "file", private, file, said))
        self.world.deeds.append(Deed(which, ticket, text, person.name, "comment", private, comment=said))
        return text

    def attach(self, which: Which, ticket: str, content: bytes = b"bytes", ending: str = "txt") -> str:
        """Attach a file that no comment shows (right only; left, files ride in comments)."""
        name = f"{self.word('file')}.{ending}"
        self.tracker(which).attach(ticket, name, content, self.person(which))
        self.world.deeds.append(Deed(which, ticket, name, self.person(which).name, "file", content=content))
        return name

    def wait(self, seconds: float = 121) -> None:
        """Let time pass: by default one interval of the schedule, longer than a search lags."""
        for clock in {id(clock): clock for clock in self._clocks()}.values():
            clock.advance(seconds)

    def _clocks(self) -> list[Clock]:
        return [self.world.clock, *(tracker.clock for tracker in self.world.trackers.values())]

    # ---- runs

    def run(self, *, wait: float = 121, upto: str = "reconcile", job: Job | None = None, **what: Any) -> dict[str, Any]:
        """One run, or a part of one whose process then ends; gives each task's counts."""
        self.wait(wait)
        job = job or Job(PAIR, f"run-{next(self.runs)}", **what)
        told: dict[str, Any] = {}
        for name in TASKS:
            self.between(name)
            told[name] = self.task(name, job)
            if job.dry_run and name == "diff":
                break
            if name == upto != "reconcile":
                self._free_lease()  # as where its process is seen to be dead
                break
        return told

    def task(self, name: str, job: Job) -> dict[str, Any]:
        """One task of a run."""
        return TASKS[name](job, self.env)

    def use_keys(self, *content: str) -> None:
        """From here on the state's content is sealed under the first of these, and read under any."""
        self.store = Store(self.store.engine, Vault(list(content), KEYS[1]))
        self.env = replace(self.env, store=self.store)

    def approve(self) -> None:
        """A person approves what stopped the newest run, as `tandem approve` does; where nothing did, nothing is."""
        with self.store.begin() as tx:
            newest = runs.recent_runs(tx, PAIR, 1)[0]
            stops = newest["counts"].get("safety", {}).get("stops", []) if newest["state"] == "stopped" else []
            for limit, side, value, _ in stops:
                runs.approve(tx, PAIR, limit, side, value, "elaine", self.world.clock.now)

    def quiet(self, most: int = 6) -> None:
        """Undisturbed runs until one plans nothing."""
        for _ in range(most):
            told = self.run()
            if not told["diff"]["actions"] and not told["extract"]["settled"]:
                return

    def until(self, moment: Callable[[], bool]) -> None:
        """Runs until something is so."""
        for _ in range(6):
            if moment():
                return
            self.run()
        assert moment(), "it did not come to this"

    # ---- disturbances

    def _begins(self, connection: sa.Connection) -> None:
        if self.dead:
            raise KilledError
        self._changes = connection.connection.dbapi_connection.total_changes  # type: ignore[union-attr]

    def _commits(self, connection: sa.Connection) -> None:
        if self.dead:
            raise KilledError
        changes = connection.connection.dbapi_connection.total_changes  # type: ignore[union-attr]
        if changes != self._changes:
            self._changes = changes
            self.commits += 1
            self.on_commit(self.commits)

    def kill(self) -> None:
        """End the process here: nothing more is written to state or trackers."""
        self.dead = True
        for tracker in self.world.trackers.values():
            tracker.fail = _fail_dead
        raise KilledError

    def revive(self) -> None:
        """A new process: no disturbance is left, and the dead one's lease is free."""
        self.dead = False
        self.on_commit = lambda number: None
        for tracker in self.world.trackers.values():
            tracker.fail = lambda verb, phase, item: None
        self._free_lease()

    def _free_lease(self) -> None:
        with self.store.begin() as tx:
            tx.run(sa.update(tables.lease).values(run=None, task=None, pid=None, host=None, until=None))

    def save(self) -> tuple[World, bytes]:
        """Take a picture of all there is."""
        self.store.close()
        return copy.deepcopy(self.world), (self.root / "state.db").read_bytes()

    def restore(self, picture: tuple[World, bytes]) -> None:
        """Go back to a picture."""
        self.store.close()
        for ending in ("-wal", "-shm"):
            (self.root / f"state.db{ending}").unlink(missing_ok=True)
        self.world = copy.deepcopy(picture[0])
        (self.root / "state.db").write_bytes(picture[1])
        self.dead, self.commits, self.on_commit = False, 0, lambda number: None

    # ---- looking

    def twins(self) -> dict[str, str]:
        """Left ticket → right ticket, the oldest left one first."""
        with self.store.read() as tx:
            found = links.links(tx, PAIR).values()
        both = [(link.members[LEFT].ticket, link.members[RIGHT].ticket) for link in found if len(link.members) == 2]
        return dict(sorted(both, key=lambda pair: int(pair[0])))

    def twin(self, which: Which, ticket: str) -> str:
        """The other side's copy of a ticket."""
        known = self.twins()
        return known[ticket] if which is LEFT else {right: left for left, right in known.items()}[ticket]

    def texts(self, which: Which, ticket: str) -> list[str]:
        """The bodies of a ticket's comments."""
        return [str(comment.body) for comment in self.tracker(which).tickets[ticket].comments]

    def events(self, *states: str) -> list[dict[str, Any]]:
        """Stored events, of these states if any are named."""
        table = tables.event
        with self.store.read() as tx:
            rows = tx.rows(sa.select(table).order_by(table.c.id))
        return [row for row in rows if not states or row["state"] in states]

    def link(self, which: Which, ticket: str) -> links.Link:
        """A ticket's link."""
        with self.store.read() as tx:
            return links.links(tx, PAIR, ids=links.link_of(tx, PAIR, which, [ticket]).values()).popitem()[1]

    def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        """All rows of a table of the state."""
        with self.store.read() as tx:
            return tx.rows(sa.select(table))

    def changes(self) -> int:
        """How often anything was changed in either tracker."""
        return sum(len(tracker.feed) for tracker in self.world.trackers.values())

    def linked(self, **fields: Json) -> tuple[str, str]:
        """A ticket born left, with its twin, both at rest."""
        if not self.rows(tables.run):
            self.run()
        ticket = self.open(LEFT, status="open", **fields)
        self.quiet()
        return ticket, self.twin(LEFT, ticket)


@cache
def _empty_state() -> bytes:
    """A migrated state with nothing in it."""
    with TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/state.db", Vault([KEYS[0]], KEYS[1]))
        store.migrate()
        store.close()
        with closing(sqlite3.connect(Path(folder) / "state.db", isolation_level=None)) as database:
            for small in ("journal_mode=DELETE", "page_size=512"):  # it is copied often
                database.execute(f"PRAGMA {small}")
            database.execute("VACUUM")
        return (Path(folder) / "state.db").read_bytes()


def _no_sync(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _fail_dead(verb: str, phase: str, item: object) -> None:
    raise KilledError


@contextmanager
def acting(tracker: Tracker) -> Iterator[None]:
    """People act in the midst of a call: they meet no disturbance."""
    fail, tracker.fail = tracker.fail, lambda verb, phase, item: None
    yield
    tracker.fail = fail


def aged(kind: Any, **capabilities: Any) -> Any:
    """A kind of tracker with other capabilities."""
    return replace(kind, capabilities=replace(kind.capabilities, **capabilities))


ONE_MINUTE = timedelta(minutes=1)
FINAL = {"arrived", "settled", "superseded", "echo", "noted", "dropped", "withdrawn"}
TELLING = {"noted", "dropped", "parked", "deferred", "conflict", "quarantined"}  # states that need a reason


def laws(bench: Bench, *, resting: bool = True) -> list[str]:
    """List every broken law, in words. ``resting``: nothing may be on its way any more."""
    wrong: list[str] = []
    twins = bench.twins()
    both = {LEFT: twins, RIGHT: {right: left for left, right in twins.items()}}
    kin = kin_of(bench)
    for which in Which:
        mine = {ticket for side, ticket in bench.world.born if side is which}
        made = set(bench.tracker(which).tickets) - mine
        marks = [bench.tracker(which).tickets[ticket].mark for ticket in made]
        if len(set(marks)) != len(marks):
            wrong.append(f"{which}: one ticket was made twice")
        known = {ticket for side, ticket in kin if side is which}
        if not made <= known:
            wrong.append(f"{which}: copies without a link: {sorted(made - known)}")
        for ticket in sorted(one for one in mine if not kin.get((which, one))):
            if in_scope(bench, which, ticket):
                wrong.append(f"{which} {ticket} has no twin")
    for left, right in twins.items():
        if in_scope(bench, LEFT, left) and in_scope(bench, RIGHT, right):
            wrong += [f"{left}/{right}: {what}" for what in _apart(bench, left, right)]
    for deed in bench.world.deeds:
        twin = both[deed.side].get(deed.ticket)
        takes = twin is not None and not _gone(bench, deed.side.other, twin)
        if twin is not None and takes and not deed.private and in_scope(bench, deed.side, deed.ticket):
            wrong += _once(bench, deed, kin[(deed.side, deed.ticket)])
    wrong += _order(bench, both) + _leaks(bench) + _states(bench, resting=resting)
    return wrong


def kin_of(bench: Bench) -> dict[tuple[Which, str], list[str]]:
    """For each ticket that is or was a member of a link: all that are or were at the other side."""
    rows = bench.rows(tables.member)
    return {
        (Which(row["side"]), row["ticket"]): [
            other["ticket"] for other in rows if other["link"] == row["link"] and other["side"] != row["side"]
        ]
        for row in rows
    }


def _gone(bench: Bench, which: Which, ticket: str) -> bool:
    """Takes no more, or cannot be seen."""
    found = bench.tracker(which).tickets[ticket]
    return bool(found.deleted or found.hidden or found.merged_into or found.fields["status"] == "closed")


def in_scope(bench: Bench, which: Which, ticket: str) -> bool:
    """Tell whether a ticket may leave its side, and takes what comes."""
    found = bench.tracker(which).tickets[ticket]
    labels = found.fields[NATIVE["labels"][which]]
    inside = isinstance(labels, list) and "customer" in labels and not _gone(bench, which, ticket)
    return inside and (which is LEFT or (found.fields["project"] in bench.places and found.fields["security"] is None))


def meant(hub: str, which: Which, native: Json) -> object:
    """What a native value says."""
    if hub == "labels":
        return {str(item) for item in native} & SHARED_LABELS if isinstance(native, list) else set()
    return MEANING[hub][which].get(str(native)) if hub in MEANING else native


def _apart(bench: Bench, left: str, right: str) -> list[str]:
    wrong = []
    held = _held(bench, left, right)
    for hub in NATIVE:
        shown = {
            LEFT: meant(hub, LEFT, bench.get(LEFT, left, hub)),
            RIGHT: meant(hub, RIGHT, bench.get(RIGHT, right, hub)),
        }
        if hub == "status" and shown[LEFT] in (None, "in_progress") and shown[RIGHT] in ("new", "in_progress"):
            continue  # left has no word for new: it is written as open
        if shown[LEFT] == shown[RIGHT]:
            wrong += [f"{hub}: held, and both say {shown[LEFT]}"] if hub in held else []
        elif hub not in held:
            wrong.append(f"{hub}: {shown[LEFT]} / {shown[RIGHT]}")
        elif not all(_by_people(bench, which, ticket, hub) for which, ticket in ((LEFT, left), (RIGHT, right))):
            wrong.append(f"{hub}: held, and people of one side alone changed it")
    return wrong


def _held(bench: Bench, left: str, right: str) -> set[str]:
    """Fields of a pair of tickets that wait for people to agree."""
    of = {row["link"] for row in bench.rows(tables.member) if (row["side"], row["ticket"]) == (LEFT.value, left)}
    rows = [row for row in bench.rows(tables.conflict) if row["link"] in of and row["state"] == "held"]
    return {row["field"] for row in rows if row["rule"] == "hold"}


def _by_people(bench: Bench, which: Which, ticket: str, hub: str) -> bool:
    tracker = bench.tracker(which)
    entries = tracker.tickets[ticket].entries
    return any(entry.field == NATIVE[hub][which] and entry.author != tracker.account for entry in entries)


def _once(bench: Bench, deed: Deed, peers: Sequence[str]) -> list[str]:
    """What was said or shown stands once at the peer; taken back, it stands there no more.

    A copy that people changed or deleted is theirs: it is not written again, and that is all that is asked.
    """
    there = bench.tracker(deed.side.other)
    may_be = {"": {1}, "edited": {1}, HIDDEN: {0}, BLACKED_OUT: {0}, SHOWN: {1}}.get(deed.fate, {0, 1})
    if deed.kind == "file":
        found = [file for peer in peers for file in there.tickets[peer].files if file.name == deed.text]
        if len(found) not in (may_be | {0} if deed.fate == SHOWN else may_be):  # what was taken back may stay so
            return [f"file {deed.text} ({deed.fate}): {len(found)} times at the peer"]
        return [f"file {deed.text} differs" for file in found if there.contents[file.id] != deed.content]
    shown = [text for peer in peers for text in said_at(bench, deed.side.other, peer) if deed.text in text]
    if len(shown) not in may_be:
        return [f"comment {deed.text} ({deed.fate}): {len(shown)} times at the peer"]
    return [f"comment {deed.text} does not name {deed.author}" for text in shown if deed.author not in text]


def said_at(bench: Bench, which: Which, ticket: str) -> list[str]:
    """The bodies of a ticket's comments; a follow-up begins with one that waited."""
    found = bench.tracker(which).tickets[ticket]
    return [*([str(found.fields["description"])] if found.follows else []), *bench.texts(which, ticket)]


def _order(bench: Bench, both: Mapping[Which, Mapping[str, str]]) -> list[str]:
    """What one side said about one ticket stands at the peer in the same order."""
    wrong = []
    for which in Which:
        for ticket, twin in both[which].items():
            own = (d for d in bench.world.deeds if (d.side, d.ticket, d.kind) == (which, ticket, "comment"))
            said = [deed.text for deed in own if not deed.private and not deed.fate]
            shown = [word for text in bench.texts(which.other, twin) for word in said if word in text]
            if shown != [word for word in said if word in shown]:
                wrong.append(f"{which} {ticket}: out of order: {shown}")
    return wrong


def _leaks(bench: Bench) -> list[str]:
    """No private word stands anywhere in the other tracker."""
    wrong = []
    for which in Which:
        tracker = bench.tracker(which.other)
        everything = "\n".join(repr(ticket) for ticket in tracker.tickets.values())
        names = {content for content in tracker.contents.values()}
        for deed in bench.world.deeds:
            if deed.side is which and deed.private and (deed.text in everything or deed.content in names - {b""}):
                wrong.append(f"{deed.text} leaked")
    return wrong


def _states(bench: Bench, *, resting: bool) -> list[str]:
    wrong = []
    for row in bench.events():
        state = row["state"]
        name = f"event {row['key']} of {row['side']} {row['ticket']}"
        if state not in FINAL and state not in records.OPEN:
            wrong.append(f"{name} is in no state")
        elif state in TELLING and not row["reason"]:
            wrong.append(f"{name} is {state} without a reason")
        elif resting and state in ("waiting", "deferred"):
            wrong.append(f"{name} still is {state} ({row['reason']})")
    for which in (which for which in Which if bench.tracker(which).kind.capabilities.history):
        known = {(row["ticket"], row["key"]) for row in bench.events() if row["side"] == which}
        linked = {ticket for ticket, _ in known}
        for ticket in linked:
            if not in_scope(bench, which, ticket):
                continue
            for entry in bench.tracker(which).tickets[ticket].entries:
                offered = entry.field in {native[which] for native in NATIVE.values()}
                if offered and (ticket, f"field:{entry.id}") not in known:
                    wrong.append(f"{which} {ticket}: the change {entry.id} went unseen")
    return wrong


def at_peace(bench: Bench) -> list[str]:
    """Two undisturbed runs, and a third that must write nothing; then every law."""
    bench.quiet()
    bench.run()
    before = bench.changes()
    bench.run()
    wrong = laws(bench)
    if bench.changes() != before:
        wrong.append("a run with nothing new wrote")
    return wrong
