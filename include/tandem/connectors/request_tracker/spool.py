# SPDX-License-Identifier: Apache-2.0
"""Files on their way: Request Tracker takes a file only together with its comment, so it waits here until that is sent.

What nobody came for is gone with the connector; a run that dies in between sends file and comment again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO
from uuid import uuid4

from tandem.connectors.base import Upload
from tandem.errors import RefusedError, UnknownOutcomeError
from tandem.http import Body

OPAQUE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that waits for its comment."""

    name: str
    media_type: str
    content: IO[bytes]

    def part(self) -> tuple[str, tuple[str, bytes, str]]:
        """The file as a part of a form."""
        self.content.seek(0)
        return "Attachments", (self.name, self.content.read(), self.media_type)


class Spool:
    """The files that wait, by token."""

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}

    def put(self, upload: Upload) -> str:
        """Take a file in and give its token.

        Raises:
            RefusedError: it is empty, which Request Tracker refuses, or has another size than was said.
        """
        if upload.size == 0:
            raise RefusedError("Request Tracker takes no empty file")
        content = TemporaryFile()  # noqa: SIM115 (it outlives this call; nobody else holds it)
        with upload.open() as chunks:
            for chunk in Body(chunks, upload.size):
                content.write(chunk)
        # A text would be brought to UTF-8 on its way, and not come back as it was.
        kind = (
            OPAQUE if upload.media_type.lower().startswith(("text/", "multipart/", "message/")) else upload.media_type
        )
        token = uuid4().hex
        self._waiting[token] = Waiting(_named(upload.name), kind, content)
        return token

    def take(self, tokens: Sequence[str]) -> list[Waiting]:
        """Give the files of a comment that is about to be sent.

        Raises:
            UnknownOutcomeError: one is not here: it was put into another connector.
        """
        if any(token not in self._waiting for token in tokens):
            raise UnknownOutcomeError("a file that was to go with a comment is not at hand any more")
        return [self._waiting.pop(token) for token in tokens]


def _named(name: str) -> str:
    """A name that Request Tracker takes: one that Perl takes for nothing would be missed."""
    return f"{name}_" if name in ("", "0") else name
