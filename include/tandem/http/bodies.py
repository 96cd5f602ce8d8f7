# SPDX-License-Identifier: Apache-2.0
"""What is sent as a stream, and what is read as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from tandem.errors import RefusedError, UnavailableError, UnknownOutcomeError
from tandem.http.sending import READS


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body as a stream whose length in bytes is known.

    A stream of another length raises ``RefusedError`` before its last byte is sent: nothing of it is stored.
    """

    chunks: Iterable[bytes]
    size: int

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[bytes]:
        left = self.size
        held = b""  # the last byte goes when the end has been seen
        for chunk in self.chunks:
            left -= len(chunk)
            if left < 0:
                break
            whole = held + chunk
            held = whole[-1:]
            yield whole[:-1]
        if left:
            raise RefusedError(f"a file of {self.size} bytes was announced, and it has another size")
        yield held


def parsed(response: requests.Response) -> Any:
    """Read an answer's JSON.

    Raises:
        UnavailableError, UnknownOutcomeError: it is none (a proxy's page, say); the latter after a write.
    """
    try:
        return response.json()
    except requests.exceptions.JSONDecodeError:
        pass
    method, path = response.request.method or "", urlsplit(response.url).path
    kind = UnavailableError if method in READS else UnknownOutcomeError
    raise kind(f"{method} {path} answered {response.status_code} with something else than JSON")
