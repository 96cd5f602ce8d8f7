# SPDX-License-Identifier: Apache-2.0
"""Ways between statuses, as far as Request Tracker tells them.

A lifecycle has transitions and actions. A ticket names its actions, which are the transitions that people get a button
for; the others cannot be asked for. So each other status that the contract maps may be reached too, or not: such a way
is not sure, and whether it is there is seen by going it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tandem.connectors.base import Needs, Way
from tandem.connectors.request_tracker.shape import API, Raw
from tandem.http import Http, parsed

DELETED = "deleted"
BATCH = 50


class Ways:
    """The ways of one Request Tracker's tickets."""

    def __init__(self, http: Http, needs: Needs) -> None:
        self._http = http
        self._needs = needs

    def of(self, ids: Sequence[str]) -> Mapping[str, tuple[Way, ...]]:
        """Read the ways of tickets."""
        found: dict[str, tuple[Way, ...]] = {}
        for start in range(0, len(ids), BATCH):
            query = " OR ".join(f"id = {id_}" for id_ in ids[start : start + BATCH])
            params = {"query": query, "fields": "Status,_hyperlinks", "per_page": "100"}
            for ticket in parsed(self._http.request("GET", f"{API}/tickets", params=params))["items"]:
                found[str(ticket["id"])] = ways_of(ticket, self._needs)
        return {id_: found.get(id_, ()) for id_ in ids}


def ways_of(ticket: Raw, needs: Needs) -> tuple[Way, ...]:
    """The ways that a ticket names, and those to the other mapped statuses, which are not sure."""
    here = str(ticket["Status"])
    sure = _told(ticket)
    others = [name for name in needs.statuses if name not in {here, DELETED, *(way.to for way in sure)}]
    guessed = [Way(_id(here, name), name, name, sure=False) for name in dict.fromkeys(others)]
    return (*sure, *guessed)


def _told(ticket: Raw) -> tuple[Way, ...]:
    here = str(ticket["Status"])
    links = [link for link in ticket.get("_hyperlinks") or () if link.get("ref") == "lifecycle"]
    found = {
        str(link["to"]): str(link.get("label") or link["to"]) for link in links if link["to"] not in (here, DELETED)
    }
    return tuple(Way(_id(here, to), label, to) for to, label in found.items())


def ends_of(way: Way) -> tuple[str, str] | None:
    """The statuses at both ends of a way, if it is one of ours."""
    source, arrow, target = way.id.partition(" -> ")
    return (source, target) if arrow else None


def _id(source: str, target: str) -> str:
    """A way's name, as lifecycles are written."""
    return f"{source} -> {target}"
