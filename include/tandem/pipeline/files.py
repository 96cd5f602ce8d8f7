# SPDX-License-Identifier: Apache-2.0
"""Files: streamed from one side to the other, never whole in memory, and compared by hash when they have arrived."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from tandem.connectors.base import File, Outcome, Upload
from tandem.core.values import Json
from tandem.errors import FileGoneError, GoneError, ItemError, RefusedError
from tandem.pipeline.environment import End, Run
from tandem.state import origins
from tandem.state.actions import Action


def attach(run: Run, end: End, action: Action, ticket: str) -> Outcome:
    """Store one file at a ticket, and read it back."""
    file = action.content["file"]
    assert isinstance(file, dict)
    try:
        outcome, digest = _upload(run, end, file, ticket, _source_ticket(action))
        if outcome.error is None and outcome.id is not None:
            _verify(end, ticket, outcome.id, digest, str(file["name"]))
    except ItemError as error:
        return Outcome(error=error)
    return outcome


def send_files(run: Run, end: End, action: Action, ticket: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Bring a comment's files to the target: tokens where they ride in it, ids where they are there already.

    Beside them come the events of files that cannot be read at their origin any more: the comment goes without.

    Raises:
        FileGoneError: the comment is there for such a file alone.
    """
    files = action.content.get("files")
    tokens: list[str] = []
    gone: list[int] = []
    for file in files if isinstance(files, list) else []:
        assert isinstance(file, dict)
        if end.caps.files_in_comments:
            try:
                outcome, _ = _upload(run, end, file, ticket, _source_ticket(action))
            except FileGoneError:
                if file["origin"] == action.content["origin"]:
                    raise
                gone.append(int(str(file["event"])))
                continue
            if outcome.error is not None:
                raise outcome.error
            tokens.append(str(outcome.id))
        else:
            with run.store.read() as tx:
                native = origins.has_presence(tx, str(file["origin"]), end.system)
            if native is not None:
                tokens.append(native)
    return tuple(tokens), tuple(gone)


def told_apart(content: Mapping[str, Json], held: Sequence[File]) -> list[tuple[dict[str, Json], str]]:
    """Tell which file that a comment was to hold is which of those that it holds: all in order, or (some are gone) by
    name and size."""
    meant = listed(content)
    if len(meant) == len(held):
        return [(file, one.id) for file, one in zip(meant, held, strict=True)]
    left, found = list(held), list[tuple[dict[str, Json], str]]()
    for file in meant:
        same = next((one for one in left if (one.name, one.size) == (file["name"], file["size"])), None)
        if same is not None:
            left.remove(same)
            found.append((file, same.id))
    return found


def without_gone(content: Mapping[str, Json]) -> list[dict[str, Json]]:
    """The files that went in a comment, in order: all but those that could not be read at their origin any more."""
    gone = content.get("gone")
    lost = {str(id_) for id_ in (gone if isinstance(gone, list) else [])}
    return [file for file in listed(content) if str(file.get("event")) not in lost]


def listed(content: Mapping[str, Json]) -> list[dict[str, Json]]:
    """The files that a comment was to hold, in order."""
    files = content.get("files")
    return [file for file in (files if isinstance(files, list) else []) if isinstance(file, dict)]


def _source_ticket(action: Action) -> str:
    return str(action.content["source"])


def _upload(run: Run, end: End, file: dict[str, Json], ticket: str, source: str) -> tuple[Outcome, str]:
    digest = hashlib.sha256()
    origin = run.end(end.which.other).connector

    unread: list[ItemError] = []

    @contextmanager
    def stream() -> Iterator[Iterable[bytes]]:
        with ExitStack() as stack:
            try:
                chunks = stack.enter_context(origin.download(source, str(file["native"])))
            except (GoneError, RefusedError) as error:
                unread.append(error)
                raise
            yield _hashed(chunks, digest)

    size = int(str(file["size"]))
    if size > end.max_file:
        raise RefusedError(f"A file is larger than the {end.caps.system} takes.", where=end.offer.name)
    upload = Upload(ticket, str(file["name"]), str(file["media_type"]), size, stream)
    try:
        outcome = end.connector.attach(upload)
    except ItemError:
        if not unread:
            raise
        outcome = Outcome()
    if unread:  # whose fault it is must not be mixed up: the target refused nothing
        raise FileGoneError("A file cannot be read at its origin.", where=end.offer.name) from unread[0]
    return outcome, digest.hexdigest()


def _hashed(chunks: Iterable[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk


def _verify(end: End, ticket: str, native: str, wanted: str, name: str) -> None:
    digest = hashlib.sha256()
    with end.connector.download(ticket, native) as chunks:
        for chunk in chunks:
            digest.update(chunk)
    if digest.hexdigest() != wanted:
        raise RefusedError("A file did not arrive as it was sent (its hash differs).", where=end.offer.name)
