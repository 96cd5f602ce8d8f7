# SPDX-License-Identifier: Apache-2.0
"""Accounts by name or number, each asked for once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from tandem.connectors.base import Author
from tandem.connectors.request_tracker.shape import API, ITSELF, Raw
from tandem.http import Http, parsed

RULES = Author(ITSELF, "Request Tracker")
_TOKEN = re.compile(r"1-([0-9]+)-[0-9a-fA-F]{32}")  # an auth token: of the form 1, of an account by its number


class People:
    """The accounts of one Request Tracker. Customers have one too, made when they first write."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._known: dict[str, Author] = {ITSELF: RULES, "1": RULES}
        self.login = _log_in(http)

    @property
    def account(self) -> str:
        """The name of our own account, as Request Tracker spells it."""
        return self.named([self.login])[self.login].id if self.login else ""

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


def _log_in(http: Http) -> str:
    """Send an auth token as one, and give the name that our account logs in with: of a token it is a number."""
    login = http.login

    def written(name: str, password: str) -> str | None:
        nonlocal login
        token = _TOKEN.fullmatch(password)
        if token is None:
            return None
        login = token[1]
        return f"token {password}"

    http.log_in_by(written)
    return login


def author(user: Raw, key: str = "") -> Author:
    """An account as an author."""
    name = str(user.get("Name") or key)
    return Author(name, str(user.get("RealName") or name), str(user.get("EmailAddress") or "") or None)
