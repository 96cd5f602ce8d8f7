# SPDX-License-Identifier: Apache-2.0
"""What outlives a connector: what its preflight learnt, and facts that never change. Nobody is made to have either."""

import json
from dataclasses import dataclass, field

from contract.bench import Bench, mark, note, past, read
from tandem.connectors.base import Connector, History, Recalls, Record, Remembers
from tandem.core.values import Json


@dataclass
class Kept:
    """A place for facts. Like the state it gives back what can be written as JSON, and no object."""

    facts: dict[str, str] = field(default_factory=dict)

    def recall(self, name: str) -> Json:
        told: Json = json.loads(self.facts.get(name, "null"))
        return told

    def keep(self, name: str, fact: Json) -> None:
        self.facts[name] = json.dumps(fact)


class Keeps:
    """Part of ``ConnectorContract``. Each task makes its connectors anew, and only the first of them asks all."""

    def test_what_a_preflight_learnt_serves_a_connector_that_is_made_later(
        self, bench: Bench, connector: Connector
    ) -> None:
        ticket, later = _talked_of(bench, connector), bench.connect(bench.needs)
        learnt = _kept(connector)
        assert isinstance(later, Recalls) or learnt == {}, "nobody takes it up"
        if isinstance(later, Recalls):
            later.recall(learnt)
        assert _told(later, ticket) == _told(connector, ticket)

    def test_what_cannot_be_read_of_what_was_learnt_is_asked_anew(self, bench: Bench, connector: Connector) -> None:
        """An upgrade finds nothing, or what the release before left."""
        ticket = _talked_of(bench, connector)
        for learnt in ({}, {"what": ["another", "release"], "left": {}}):
            later = bench.connect(bench.needs)
            if isinstance(later, Recalls):
                later.recall(learnt)
            assert _told(later, ticket) == _told(connector, ticket)

    def test_another_log_in_does_not_believe_what_ours_learnt(self, bench: Bench, connector: Connector) -> None:
        """Who the integration is decides what is our own work."""
        if not isinstance(connector, Recalls):
            return
        stranger = getattr(bench, "stranger", None)
        assert stranger, "a bench of a connector that recalls gives one with another log-in, too: stranger(needs)"
        ticket, misled = _talked_of(bench, connector), stranger(bench.needs)
        misled.recall(_kept(connector))
        assert _told(misled, ticket) == _told(stranger(bench.needs), ticket)

    def test_what_is_remembered_changes_nothing_that_is_told(self, bench: Bench, connector: Connector) -> None:
        if not isinstance(connector, Remembers):
            return
        ticket, kept = _talked_of(bench, connector), Kept()
        wanted = _told(connector, ticket)
        for _ in range(2):
            later = bench.connect(bench.needs)
            assert isinstance(later, Remembers)
            later.remember(kept)
            assert _told(later, ticket) == wanted
        assert kept.facts, "nothing was remembered of a ticket with a file"


def _talked_of(bench: Bench, connector: Connector) -> str:
    """A ticket with words of people and of ours, and a file."""
    ticket = bench.opens("kept")
    bench.comments(ticket, "look", file=b"open")
    (outcome,) = connector.comment([note(bench, ticket, "ours", mark())])
    assert outcome.error is None
    bench.settles()
    return ticket


def _kept(connector: Connector) -> dict[str, Json]:
    """What it learnt, as the state gives it back."""
    told: dict[str, Json] = json.loads(json.dumps(dict(connector.preflight().learnt)))
    return told


def _told(connector: Connector, ticket: str) -> tuple[Record, History]:
    return read(connector, ticket), past(connector, ticket)
