# SPDX-License-Identifier: Apache-2.0
"""What each tenant was asked: the tests count requests in it and hunt for what should not have been sent."""

from collections import deque
from datetime import datetime

from pydantic import BaseModel

KEPT = 50_000


class Entry(BaseModel):
    """One API request, as it came in, and what was answered."""

    number: int
    tenant: str
    at: datetime
    """The tenant's time."""
    account: str | None
    """E-mail address of the account whose credentials were valid."""
    method: str
    path: str
    """Decoded."""
    query: str
    """As sent."""
    body: str
    """Read as UTF-8; other bytes as `\\xNN`."""
    status: int | None = None
    """None while it is being answered, and if it never was."""
    answer_bytes: int = 0
    fault: int | None = None


class RequestLog:
    """The newest requests of the sandbox, oldest first; older ones fall out."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._last = 0

    def open(
        self, *, tenant: str, at: datetime, account: str | None, method: str, path: str, query: str, body: bytes
    ) -> Entry:
        """Notes a request that has been read; the caller completes the entry when it is answered."""
        self._last += 1
        entry = Entry(
            number=self._last,
            tenant=tenant,
            at=at,
            account=account,
            method=method,
            path=path,
            query=query,
            body=body.decode("utf-8", "backslashreplace"),
        )
        self._entries.append(entry)
        return entry

    def read(self, tenant: str | None = None, after: int = 0) -> list[Entry]:
        """Entries of one tenant or of all, with numbers above `after`."""
        return [e for e in self._entries if tenant in (None, e.tenant) and e.number > after]

    def clear(self, tenant: str | None = None) -> None:
        kept = [e for e in self._entries if tenant is not None and e.tenant != tenant]
        self._entries.clear()
        self._entries.extend(kept)
