# SPDX-License-Identifier: Apache-2.0
"""Files: streamed from one side to the other, never whole in memory, and compared by hash when they have arrived."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from tandem.connectors.base import Outcome, Upload
from tandem.core.values import Json
from tandem.errors import ItemError, RefusedError
from tandem.pipeline.environment import End, Run
from tandem.state import links
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


def send_files(run: Run, end: End, action: Action, ticket: str) -> tuple[str, ...]:
    """Bring a comment's files to the target: tokens where they ride in it, ids where they are there already."""
    files = action.content.get("files")
    tokens: list[str] = []
    for file in files if isinstance(files, list) else []:
        assert isinstance(file, dict)
        if end.caps.files_in_comments:
            outcome, _ = _upload(run, end, file, ticket, _source_ticket(action))
            if outcome.error is not None:
                raise outcome.error
            tokens.append(str(outcome.id))
        else:
            with run.store.read() as tx:
                native = links.has_presence(tx, str(file["origin"]), end.system)
            if native is not None:
                tokens.append(native)
    return tuple(tokens)


def _source_ticket(action: Action) -> str:
    return str(action.content["source"])


def _upload(run: Run, end: End, file: dict[str, Json], ticket: str, source: str) -> tuple[Outcome, str]:
    digest = hashlib.sha256()
    origin = run.end(end.which.other).connector

    @contextmanager
    def stream() -> Iterator[Iterable[bytes]]:
        with origin.download(source, str(file["native"])) as chunks:
            yield _hashed(chunks, digest)

    size = int(str(file["size"]))
    if size > end.max_file:
        raise RefusedError(f"A file is larger than the {end.caps.system} takes.", where=end.offer.name)
    upload = Upload(ticket, str(file["name"]), str(file["media_type"]), size, stream)
    return end.connector.attach(upload), digest.hexdigest()


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
