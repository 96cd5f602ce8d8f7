# SPDX-License-Identifier: Apache-2.0
"""Downloads: a file comes whole, as base64 broken into lines, inside JSON."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager

from tandem.connectors.request_tracker.shape import API
from tandem.http import Http, parsed

CHUNK = 64 * 1024


@contextmanager
def download(http: Http, file: str) -> Iterator[Iterator[bytes]]:
    """Give a file's bytes."""
    content = b64decode(parsed(http.request("GET", f"{API}/attachment/{file}"))["Content"] or "")
    yield (content[start : start + CHUNK] for start in range(0, len(content), CHUNK))
