# SPDX-License-Identifier: Apache-2.0
"""What changed, by the feed of revisions, and what is there, by a query.

A cursor is ``start:<Unix milliseconds>`` or ``token:<token>``, the feed's own. A page of the feed holds revisions, and
one item has many of them: the feed is read on until it ends, or until much is held, and then its items are listed with
all that it told of each. So the cursor moves once for all of them, with the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import floor
from typing import Any

from tandem.connectors.azure_devops.deltas import deltas
from tandem.connectors.azure_devops.read import asked, is_deleted
from tandem.connectors.azure_devops.scope import Scope
from tandem.connectors.azure_devops.shape import CHANGED_BY, CREATED, DELETED, HISTORY, Raw, batches, moment, version
from tandem.connectors.azure_devops.site import ALWAYS, FETCH, Site
from tandem.connectors.base import Known, Page, Seen
from tandem.errors import ConfigurationError, GoneError, Problem
from tandem.http import parsed

FEED = 1000  # revisions in a page, at most
HELD = 30_000  # revisions held before their items are listed
FIELDS = ALWAYS | {"System.Rev", CHANGED_BY, DELETED, HISTORY}
OVERLAP = 2.0  # seconds: the cut of the Date header, and what is written at the moment of the start


@dataclass
class Read:
    """What was read of the feed since its items were listed last: item → revisions in their order."""

    token: str
    last: bool = False
    revisions: dict[str, list[Raw]] = field(default_factory=dict)
    held: int = 0

    def take(self, revision: Raw) -> None:
        """Keep a revision; its item goes to the end, for the oldest change is listed first."""
        id_ = str(revision["id"])
        listed = self.revisions.pop(id_, [])
        self.revisions[id_] = [*(one for one in listed if one.get("rev") != revision.get("rev")), revision]
        self.held += 1


def start(site: Site, now: datetime) -> str:
    """The cursor behind which all changes from ``now`` (our clock) on are seen."""
    if not site.http.knows_clock:
        site.get("/_apis/connectionData")
    return f"start:{floor((now.timestamp() + site.http.clock_offset - OVERLAP) * 1000)}"


def changed_since(site: Site, scope: Scope, cursor: str, known: Known) -> Iterator[Page]:
    """List what changed, oldest first."""
    token, last = cursor, False
    while not last:
        read = _read(site, scope, token)
        ids = list(read.revisions)
        for some in batches(ids, FETCH):
            revisions = {id_: read.revisions[id_] for id_ in some}
            newest = [listed[-1] for listed in revisions.values()]
            reasons = scope.reasons(newest)
            told = deltas(site, scope, revisions, reasons, known(some))
            behind = read.token if some[-1] == ids[-1] else token
            yield Page(tuple(_seen(one, not reasons[str(one["id"])]) for one in newest), behind, told)
        if not ids:
            yield Page((), read.token)
        token, last = read.token, read.last


def in_scope(site: Site, scope: Scope) -> Iterator[Page]:
    """List all that is in scope."""
    for ids in site.query(scope.wiql()):
        for some in batches(ids, FETCH):
            items = list(site.items(some, asked(site, scope)).values())
            reasons = scope.reasons(items)
            yield Page(tuple(_seen(one, True) for one in items if not reasons[str(one["id"])]))


def _read(site: Site, scope: Scope, cursor: str) -> Read:
    """Read the feed on from a cursor.

    Raises:
        ConfigurationError: the project is not there for us: what happened in it is kept for when it is.
    """
    read = Read(cursor)
    path = site.within(site.project, "wit/reporting/workitemrevisions")
    wanted = {"fields": site.stored(asked(site, scope) | FIELDS), "includeIdentityRef": True, "includeDeleted": True}
    while not read.last and read.held < HELD:
        params = {"$maxPageSize": str(FEED), **_position(read.token)}
        try:
            told: Mapping[str, Any] = parsed(site.ask("POST", path, params=params, body=wanted, reads=True))
        except GoneError:
            raise ConfigurationError([site.lost(site.project)], where=site.http.tenant) from None
        for revision in told.get("values") or ():
            read.take(revision)
        # There is a next link, and a token, on the last page too; behind nothing the token may be any.
        token = str(told.get("continuationToken") or "")
        read.last = told.get("isLastBatch") is not False or not token
        if token and (told.get("values") or not read.last):
            read.token = f"token:{token}"
    return read


def _seen(revision: Raw, inside: bool) -> Seen:
    told = revision.get("fields") or {}
    deleted = is_deleted(told)
    return Seen(
        id=str(revision["id"]),
        version=version(revision.get("rev")),
        created_at=moment(told.get(CREATED)),
        in_scope=inside and not deleted,
        deleted=deleted,
    )


def _position(cursor: str) -> dict[str, str]:
    kind, _, place = cursor.partition(":")
    if kind == "token" and place:
        return {"continuationToken": place}
    if kind == "start" and place.isdigit():
        at = datetime.fromtimestamp(int(place) / 1000, UTC)
        return {"startDateTime": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
    problem = Problem("TDM-306", "a stored cursor is none of Azure DevOps'", "See who changed the state database.")
    raise ConfigurationError([problem])
