# SPDX-License-Identifier: Apache-2.0
"""Accounts by name or number, each asked for once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from tandem.connectors.base import Author
from tandem.connectors.request_tracker.shape import API, ITSELF, Raw
from tandem.http import Http, parsed

RULES = Author(ITSELF, "Request Tracker")


class People:
    """The accounts of one Request Tracker. Customers have one too, made when they first write."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._known: dict[str, Author] = {ITSELF: RULES, "1": RULES}

    @property
    def account(self) -> str:
        """The name of our own account, as Request Tracker spells it."""
        login = self._http.login
        return self.named([login])[login].id if login else ""

    def named(self, keys: Iterable[str]) -> Mapping[str, Author]:
        """Read who these are, by the keys that were given."""
        wanted = sorted({key for key in keys if key})
        missing = [key for key in wanted if key not in self._known]
        for key, one in zip(missing, self._http.map(self._read, missing), strict=True):
            self._known[key] = one
        return {key: self._known[key] for key in wanted}

    def _read(self, key: str) -> Author:
        path = f"{API}/user/{quote(key, safe='@')}"
        response = self._http.request("GET", path, accept=(403, 404))
        return author(parsed(response), key) if response.status_code == 200 else Author(key, key)


def author(user: Raw, key: str = "") -> Author:
    """An account as an author."""
    name = str(user.get("Name") or key)
    return Author(name, str(user.get("RealName") or name), str(user.get("EmailAddress") or "") or None)
