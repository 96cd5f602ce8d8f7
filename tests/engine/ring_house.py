# SPDX-License-Identifier: Apache-2.0
"""Several companies' trackers in memory, and pairs between them in a chain or a ring, over one state database."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa

from engine.memory_files import JIRA, JOINED, MEANING, NATIVE, ZENDESK, merged
from engine.memory_house import KEYS, TASKS, _empty_state, _no_sync
from tandem.cli.setting import Setting
from tandem.cli.status import status
from tandem.config.models import Side as Offer
from tandem.config.needs import needs
from tandem.connectors.memory import JIRA_LIKE, ZENDESK_LIKE, Clock, Memory, Tracker
from tandem.core.rules import Which
from tandem.core.values import Json
from tandem.pipeline.environment import Environment, Job
from tandem.state import tables
from tandem.state.store import Store, open_store
from tandem.state.vault import Vault

KINDS = {"desk": (ZENDESK_LIKE, ZENDESK, Which.LEFT), "jira": (JIRA_LIKE, JIRA, Which.RIGHT)}
# Company → how its tracker behaves, and who works there.
COMPANIES = {
    "acme": ("desk", "anna"),
    "globex": ("jira", "elaine"),
    "initech": ("jira", "john"),
    "umbra": ("desk", "omar"),
    "hooli": ("jira", "mira"),
}
PRIORITIES = {name: list(MEANING["priority"][KINDS[kind][2]]) for name, (kind, _) in COMPANIES.items()}  # native ones


def meaning(name: str, hub: str, native: Json) -> object:
    """What a native value says, in hub terms (a desk has no word for new: it is written as open)."""
    said = MEANING[hub][KINDS[COMPANIES[name][0]][2]].get(str(native))
    return "in_progress" if (hub, said) == ("status", "new") else said


class Ring:
    """The trackers of some companies, and the pairs that join them."""

    def __init__(
        self,
        root: Path,
        joins: Sequence[tuple[str, str]],
        contracts: Mapping[str, Mapping[str, Any]] | None = None,
        pair: Mapping[str, Any] | None = None,
    ) -> None:
        logging.getLogger("tandem").setLevel(logging.CRITICAL)
        self.root, self.clock = root, Clock(datetime.now(UTC).replace(microsecond=0))
        self.names = [name for name in COMPANIES if any(name in join for join in joins)]
        self.trackers = {name: Tracker(KINDS[COMPANIES[name][0]][0], self.clock) for name in self.names}
        for name, tracker in self.trackers.items():
            person = COMPANIES[name][1]
            tracker.person(person, f"{person}@{name}.example")
        self.pairs = [f"{left}__{right}" for left, right in joins]
        self.write(joins, contracts or {}, pair or {})
        (root / "state.db").write_bytes(_empty_state())
        self.store: Store = open_store(f"sqlite:///{root}/state.db", Vault([KEYS[0]], KEYS[1]))
        sa.event.listen(self.store.engine, "connect", _no_sync)
        self.env = Environment(root, self.store, self._connect, now=lambda: self.clock.now, sleep=self.clock.advance)
        self.numbers, self.runs = count(1), count(1)

    def write(
        self, joins: Sequence[tuple[str, str]], contracts: Mapping[str, Mapping[str, Any]], pair: Mapping[str, Any]
    ) -> None:
        """Write contracts and pairs (JSON is YAML)."""
        files: dict[str, Any] = {}
        for name in self.names:
            base = {**KINDS[COMPANIES[name][0]][1], "company": name.title(), "connection": name}
            files[f"contracts/{name}.yaml"] = merged(base, contracts.get(name, {}))
            files[f"contracts/people/{name}.yaml"] = {"company": name.title(), "people": {}}
        for left, right in joins:
            files[f"pairs/{left}__{right}.yaml"] = merged({**JOINED, "left": left, "right": right}, pair)
        for place, content in files.items():
            (self.root / place).parent.mkdir(parents=True, exist_ok=True)
            (self.root / place).write_text(json.dumps(content, indent=1))

    def _connect(self, offer: Offer) -> Memory:
        return Memory(self.trackers[offer.connection], needs(offer))

    # ---- people

    def person(self, name: str) -> Any:
        """Who works at a company."""
        return self.trackers[name].people[COMPANIES[name][1]]

    def native(self, name: str, hub: str) -> str:
        """What a company's tracker calls a field."""
        return NATIVE.get(hub, {}).get(KINDS[COMPANIES[name][0]][2], hub)

    def open(self, name: str, **fields: Json) -> str:
        """Open a ticket in scope."""
        values: dict[str, Json] = {"title": f"title {next(self.numbers)}", "description": "It broke", **fields}
        native = {self.native(name, hub): value for hub, value in values.items()}
        native.setdefault(self.native(name, "labels"), ["customer"])
        return self.trackers[name].open_ticket(native, self.person(name))

    def set(self, name: str, ticket: str, hub: str, value: Json) -> None:
        """Set a field, named as the hub or natively."""
        self.trackers[name].edit(ticket, self.native(name, hub), value, self.person(name))

    def move(self, name: str, ticket: str, status: str) -> None:
        """Take a step of the workflow, or set the status where there is none."""
        fields: dict[str, Json] = {"resolution": "1"} if COMPANIES[name][0] == "jira" and status == "3" else {}
        self.trackers[name].move(ticket, status, self.person(name), fields)

    def step(self, name: str, ticket: str, chance: Random) -> None:
        """Take any step that the workflow offers now."""
        if COMPANIES[name][0] == "desk":
            self.move(name, ticket, chance.choice(["open", "pending", "solved"]))
            return
        now = str(self.trackers[name].tickets[ticket].fields["status"])
        self.move(name, ticket, chance.choice(JIRA_LIKE.workflow[now]).to)

    def say(self, name: str, ticket: str, text: str, *, private: bool = False, files: Sequence[str] = ()) -> str:
        """Write a comment; return its id."""
        body = f"<p>{text}</p>" if COMPANIES[name][0] == "desk" else text
        held = [self.trackers[name].attach(ticket, file, file.encode(), self.person(name)) for file in files]
        self.trackers[name].comment(ticket, body, self.person(name), public=not private, files=held)
        return self.trackers[name].tickets[ticket].comments[-1].id

    def edit(self, name: str, comment: str, text: str) -> None:
        """Write a comment of a company's only ticket anew."""
        body = f"<p>{text}</p>" if COMPANIES[name][0] == "desk" else text
        self.trackers[name].edit_comment(self.only(name), comment, body)

    # ---- runs

    def run(self, pair: str, wait: float = 121) -> dict[str, Any]:
        """One run of a pair; gives each task's counts."""
        self.clock.advance(wait)
        job = Job(pair, f"run-{next(self.runs)}")
        return {name: task(job, self.env) for name, task in TASKS.items()}

    def round(self, order: Sequence[str] | None = None) -> None:
        """One run of each pair."""
        for pair in order or self.pairs:
            self.run(pair)

    def quiet(self, order: Sequence[str] | None = None, most: int = 8) -> None:
        """Rounds until one changes nothing in any tracker."""
        for _ in range(most):
            before = self.changes()
            self.round(order)
            if self.changes() == before:
                return
        raise AssertionError("the ring does not come to rest")

    def changes(self) -> int:
        """How often anything was changed in any tracker."""
        return sum(len(tracker.feed) for tracker in self.trackers.values())

    # ---- looking

    def status(self, pair: str) -> list[dict[str, Any]]:
        """What `tandem status` tells of a pair."""
        keys = {"TANDEM_CONTENT_KEYS": KEYS[0], "TANDEM_HASH_KEY": KEYS[1]}
        setting = Setting(self.root, environ={"TANDEM_DB": f"sqlite:///{self.root}/state.db", **keys})
        answer = status(setting, pair, None)
        found: list[dict[str, Any]] = answer.data["pairs"]
        return found

    def tickets(self, name: str) -> list[str]:
        """All tickets of a company."""
        return list(self.trackers[name].tickets)

    def only(self, name: str) -> str:
        """The one ticket of a company."""
        [ticket] = self.tickets(name)
        return ticket

    def get(self, name: str, hub: str) -> Json:
        """What a company's only ticket shows."""
        return self.trackers[name].tickets[self.only(name)].fields[self.native(name, hub)]

    def texts(self, name: str) -> list[str]:
        """The bodies of the comments of a company's only ticket."""
        return [str(comment.body) for comment in self.trackers[name].tickets[self.only(name)].comments]

    def events(self, pair: str) -> list[dict[str, Any]]:
        """A pair's stored events."""
        table = tables.event
        with self.store.read() as tx:
            return tx.rows(sa.select(table).where(table.c.pair == pair).order_by(table.c.id))
