# SPDX-License-Identifier: Apache-2.0
"""An installation over two trackers in memory: a Zendesk-like left, a Jira-like right, a clock that only we move.

People act through :class:`Bench` and are remembered, so that :mod:`engine.laws` can ask both trackers what came of it.
"""

from __future__ import annotations

import copy
import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from engine.memory_files import JOINED, NATIVE, PAIR, merged, write_files
from tandem.config.models import Side as Offer
from tandem.config.needs import needs
from tandem.connectors.memory import JIRA_LIKE, ZENDESK_LIKE, Clock, Memory, Tracker
from tandem.core.rules import Which
from tandem.core.values import Json
from tandem.pipeline import tasks
from tandem.pipeline.environment import Environment, Job
from tandem.state import links, runs, tables
from tandem.state.store import Store, open_store
from tandem.state.vault import Vault, new_keys

LEFT, RIGHT = Which.LEFT, Which.RIGHT
KEYS = new_keys()
TASKS: Mapping[str, Callable[[Job, Environment], dict[str, Any]]] = {
    "extract": tasks.extract,
    "map": tasks.map_tickets,
    "diff": tasks.diff,
    "load": tasks.load,
    "reconcile": tasks.reconcile,
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
