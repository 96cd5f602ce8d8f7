# SPDX-License-Identifier: Apache-2.0
"""Pictures of a whole small world: the state database as committed, both trackers, and what people did."""

from __future__ import annotations

import io
import pickle
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.play import Play

_NO_LOG = b"\x01\x01"  # a database in memory has no log of its own beside it
_PAGE = 512  # bytes: of one picture and the next most pages are the same
_FREE = "UPDATE tandem_lease SET run=NULL, task=NULL, host=NULL, pid=NULL, pid_started=NULL, until=NULL"


@dataclass(frozen=True)
class Picture:
    """All there is at one moment."""

    pages: tuple[bytes, ...]  # of the database as a file
    world: bytes


class Camera:
    """Takes pictures of a play and goes back to them, each time in the same database file."""

    def __init__(self, play: Play) -> None:
        self.play = play
        kinds = {str(which): tracker.kind for which, tracker in play.bench.world.trackers.items()}
        self._lasting: dict[str, object] = {**kinds, "noting": play.acts.noting}
        play.bench.store.engine.connect().close()
        self.state = sqlite3.connect(play.bench.root / "state.db", isolation_level=None)
        self.state.execute("PRAGMA synchronous=OFF")
        self._paper = sqlite3.connect(":memory:", isolation_level=None)
        self._pages: dict[bytes, bytes] = {}  # each that any picture shows, once

    def close(self) -> None:
        """Let go of the database."""
        self.state.close()
        self._paper.close()

    def take(self) -> Picture:
        """Take a picture, in the midst of a task too: then it shows what would be left if the process ended here."""
        stored = bytearray(self.state.serialize())
        stored[18:20] = _NO_LOG
        pages = (bytes(stored[at : at + _PAGE]) for at in range(0, len(stored), _PAGE))
        return Picture(tuple(self._pages.setdefault(page, page) for page in pages), self._world())

    def restore(self, picture: Picture) -> None:
        """Go back to a picture, as a new process: nothing disturbs it, and no one holds the lease."""
        self._paper.deserialize(b"".join(picture.pages))
        self._paper.backup(self.state)
        self.state.execute(_FREE)
        bench, acts = self.play.bench, self.play.acts
        file = io.BytesIO(picture.world)
        bench.world, acts.strayed, acts.secret, acts.described, acts.earlier = _Unpickler(file, self._lasting).load()
        bench.dead, bench.commits, bench.on_commit = False, 0, lambda number: None

    def _world(self) -> bytes:
        play, acts = self.play, self.play.acts
        trackers = play.bench.world.trackers.values()
        disturbances: list[Callable[[str, str, object], None]] = [tracker.fail for tracker in trackers]
        for tracker in trackers:
            tracker.fail = calm
        file = io.BytesIO()
        names = {id(one): name for name, one in self._lasting.items()}
        _Pickler(file, names).dump((play.bench.world, acts.strayed, acts.secret, acts.described, acts.earlier))
        for tracker, disturbance in zip(trackers, disturbances, strict=True):
            tracker.fail = disturbance
        return file.getvalue()


def calm(verb: str, phase: str, item: object) -> None:
    """Nothing befalls a call."""


class _Pickler(pickle.Pickler):
    """Leaves out what lasts: the kinds of trackers, and the rule by which the acts take notes."""

    def __init__(self, file: io.BytesIO, names: Mapping[int, str]) -> None:
        super().__init__(file, protocol=5)
        self._names = names

    def persistent_id(self, obj: Any) -> str | None:
        return self._names.get(id(obj))


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, lasting: Mapping[str, object]) -> None:
        super().__init__(file)
        self._lasting = lasting

    def persistent_load(self, pid: Any) -> object:
        return self._lasting[pid]
