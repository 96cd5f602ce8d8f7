# SPDX-License-Identifier: Apache-2.0
"""What the suite of connectors acts on, and the short words of its tests."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from tandem.connectors.base import Connector, Draft, History, Needs, Note, Outcome, Record, Upload
from tandem.core.doc import doc, paragraph
from tandem.core.plain import to_plain
from tandem.core.values import Json
from tandem.errors import RetryableError, UnknownOutcomeError

SECRET = "nobody-may-see-this"
BYTES = bytes(range(256)) * 41  # every byte, and more than one chunk


@dataclass(frozen=True)
class Fields:
    """The tracker's own names for what the suite writes."""

    title: str
    description: str
    labels: str  # set-valued; the scope asks for "shared" in it
    empty: str  # offered, may be emptied, and empty in a new ticket
    empty_value: Json  # a value that it takes
    hidden: str  # a text or label field that is not offered
    hidden_value: Json  # has SECRET in it, if the field can hold text
    status: str = "status"


class Bench(Protocol):
    """A connector's tracker, and the people who work in it."""

    fields: Fields
    needs: Needs
    place: str | None
    create: Mapping[str, Json]  # what a contract adds to each new ticket
    statuses: tuple[str, str]  # a new ticket's, and one that can be reached from it without more fields
    refuses_stale: bool  # update tests the version that it is given
    ahead: float  # the tracker's clock minus ours, in seconds
    # `wrong`, where a title of 400 characters is taken: fields with which a new ticket is refused
    # `deletes(ticket)`, where people can delete tickets (DeletedTickets)
    # `stranger(needs)`, where a connector recalls what a preflight learnt: one of another log-in, made as by `connect`

    def connect(self, needs: Needs) -> Connector: ...
    def opens(self, title: str, *, shared: bool = True, public: bool = True) -> str: ...
    def edits(self, ticket: str, field: str, value: Json) -> None: ...
    def moves(self, ticket: str, status: str) -> None: ...
    def comments(self, ticket: str, text: str, *, public: bool = True, file: bytes | None = None) -> None: ...
    def hides(self, ticket: str) -> None:
        """Takes a ticket from our account's sight."""

    def closes(self, ticket: str) -> None:
        """Ends a ticket for good, where the tracker knows that."""

    def now(self) -> datetime:
        """The present on our clock."""

    def settles(self) -> None:
        """Lets time pass until listings have caught up and the second is over."""

    def loses_answer(self, verb: str) -> AbstractContextManager[None]:
        """Does the next write of a kind, and loses its answer."""


# ---- short words for the tests


def connected(bench: Bench, needs: Needs) -> Connector:
    """A connector as the engine uses it: after its preflight."""
    connector = bench.connect(needs)
    connector.preflight()
    return connector


def mark() -> str:
    return f"{uuid.uuid4().hex}:{uuid.uuid4().hex * 2}"


def read(connector: Connector, ticket: str) -> Record:
    (record,) = connector.fetch([ticket])
    return record


def past(connector: Connector, ticket: str) -> History:
    return connector.history([ticket])[ticket]


def listed(connector: Connector, cursor: str) -> tuple[list[str], str]:
    found: list[str] = []
    for page in connector.changed_since(cursor):
        found += [seen.id for seen in page.seen]
        cursor = page.cursor or cursor
    return found, cursor


def swept(connector: Connector) -> list[str]:
    return [seen.id for page in connector.in_scope() for seen in page.seen]


def highest(bench: Bench, connector: Connector) -> dict[str, str]:
    """The highest key known in each place, from a ticket just opened."""
    record = read(connector, bench.opens("the latest"))
    return {record.place: record.key}


def text(bench: Bench, native: Json) -> str:
    return to_plain(bench.connect(bench.needs).markup.parse(native).doc)


def rich(bench: Bench, line: str) -> Json:
    return bench.connect(bench.needs).markup.render(doc(paragraph(line))).native


def draft(bench: Bench, title: str, ours: str) -> Draft:
    fields: dict[str, Json] = {
        bench.fields.title: title,
        bench.fields.description: rich(bench, f"Text of {title}"),
        bench.fields.labels: ["shared"],
        **bench.create,
    }
    return Draft(ours, bench.place, fields)


def refused(bench: Bench, ours: str) -> Draft:
    """A draft that the tracker does not take."""
    wrong = getattr(bench, "wrong", None)
    made = draft(bench, "bad" if wrong else "bad " * 100, ours)
    return replace(made, fields={**made.fields, **(wrong or {})})


def told(connector: Connector, *entries: tuple[Json, ...]) -> list[tuple[Json, ...]]:
    """These entries, as far as the tracker has a history that can be read."""
    return list(entries) if connector.capabilities.history else []


def note(bench: Bench, ticket: str, line: str, ours: str, *, public: bool = True, files: Sequence[str] = ()) -> Note:
    return Note(ticket, rich(bench, line), public, ours, tuple(files))


def upload(ticket: str, name: str, content: bytes) -> Upload:
    chunks = [content[start : start + 1000] for start in range(0, len(content), 1000)]
    return Upload(ticket, name, "application/x-test", len(content), lambda: nullcontext(chunks))


def send(bench: Bench, connector: Connector, ticket: str, name: str, content: bytes, ours: str | None = None) -> None:
    stored = connector.attach(upload(ticket, name, content))
    assert stored.error is None
    assert stored.id is not None
    if connector.capabilities.files_in_comments:
        (outcome,) = connector.comment([note(bench, ticket, f"with {name}", ours or mark(), files=[stored.id])])
        assert outcome.error is None
        assert outcome.files


def lose_answer(bench: Bench, verb: str, write: Callable[[], tuple[Outcome, ...]]) -> None:
    """Do one write whose answer is lost: the connector says that it does not know, of the item or of the whole call."""
    with bench.loses_answer(verb):
        try:
            (outcome,) = write()
        except RetryableError:
            return
    assert isinstance(outcome.error, UnknownOutcomeError)


def fetched(connector: Connector, ticket: str, file: str) -> bytes:
    with connector.download(ticket, file) as chunks:
        found: Iterator[bytes] = chunks
        return b"".join(found)
