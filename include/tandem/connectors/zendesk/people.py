# SPDX-License-Identifier: Apache-2.0
"""Accounts by id, each asked for once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tandem.connectors.base import Author
from tandem.connectors.zendesk.shape import ITSELF, Raw
from tandem.http import Http, parsed

BATCH = 100


class People:
    """The accounts of one Zendesk. Most customers have no e-mail address; deleted ones have no name either."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._known: dict[str, Author] = {ITSELF.id: ITSELF}

    def named(self, ids: Iterable[str]) -> Mapping[str, Author]:
        """Read who these are."""
        wanted = sorted(set(ids))
        missing = [id_ for id_ in wanted if id_ not in self._known and id_.isdigit()]
        for start in range(0, len(missing), BATCH):
            ids_text = ",".join(missing[start : start + BATCH])
            body = parsed(self._http.request("GET", "/api/v2/users/show_many.json", params={"ids": ids_text}))
            self._known |= {str(user["id"]): author(user) for user in body["users"]}
        return {id_: self._known.get(id_, Author(id_, "")) for id_ in wanted}


def inactive(http: Http, accounts: Iterable[str]) -> frozenset[str]:
    """Which of these accounts were deleted or suspended: no ticket is given to them."""
    asked = sorted(one for one in accounts if one.isdigit())
    active: set[str] = set()
    for start in range(0, len(asked), BATCH):
        params = {"ids": ",".join(asked[start : start + BATCH])}
        users = parsed(http.request("GET", "/api/v2/users/show_many.json", params=params))["users"]
        active |= {str(one["id"]) for one in users if one.get("active") is not False and not one.get("suspended")}
    return frozenset(asked) - active


def author(user: Raw) -> Author:
    """An account as an author."""
    return Author(str(user.get("id") or ""), str(user.get("name") or ""), user.get("email") or None)
