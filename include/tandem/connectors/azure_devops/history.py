# SPDX-License-Identifier: Apache-2.0
"""What happened on items: changes from their updates, comments, files; what is not offered is dropped here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tandem.connectors.azure_devops.files import files, withheld
from tandem.connectors.azure_devops.read import asked, formed
from tandem.connectors.azure_devops.scope import Scope
from tandem.connectors.azure_devops.shape import Raw, author, moment
from tandem.connectors.azure_devops.site import PREVIEWS, Site
from tandem.connectors.azure_devops.updates import Said, Update, away, comments, entries, of_updates
from tandem.connectors.base import History
from tandem.http import parsed

PAGE = 200


@dataclass(frozen=True, slots=True)
class _Told:
    """What was read of one item, oldest first."""

    item: Raw
    updates: Sequence[Update]
    said: Sequence[Said]


def history(site: Site, scope: Scope, ids: Sequence[str]) -> dict[str, History]:
    """Read what happened on items; those that are gone are left out.

    Of one that is out of scope by now only our own work is told.
    """
    wanted = list(dict.fromkeys(ids))
    kept = {id_: site.fresh.pop(id_) for id_ in wanted if id_ in site.fresh}
    others = [id_ for id_ in wanted if id_ not in kept]
    read = site.items(others, asked(site, scope), relations=site.needs.files)
    read = read if site.needs.files else formed(site, read)
    reasons = scope.reasons(list(read.values()))
    items = list((kept | read).values())
    told = site.http.map(lambda item: _read(site, scope, item), items)
    return {
        str(one.item["id"]): _history(site, scope, one, inside=not reasons.get(str(one.item["id"]), ""))
        for one in told
        if one is not None
    }


def offers(site: Site, scope: Scope, ticket: str, file: str) -> bool:
    """Tell whether a file may leave as its item is now."""
    told = history(site, scope, [ticket]).get(ticket)
    return told is not None and any(one.id == file for one in told.files)


def _read(site: Site, scope: Scope, item: Raw) -> _Told | None:
    """Read an item's updates and, if anything was ever said, its comments; none where it is gone by now."""
    id_ = str(item["id"])
    listed = _updates(site, id_)
    if listed is None:
        return None
    updates = of_updates(site, listed, asked(site, scope), item)
    spoken = any(one.said for one in updates)
    return _Told(item, updates, list(said(site, id_, updates)) if spoken else [])


def _updates(site: Site, id_: str) -> list[Raw] | None:
    found: list[Raw] = []
    while True:
        params = {"$top": str(PAGE), "$skip": str(len(found))}
        answer = site.ask("GET", f"/_apis/wit/workItems/{id_}/updates", params=params, accept=(403, 404))
        if answer.status_code != 200:
            return None
        listed = parsed(answer).get("value") or ()
        found += listed
        if len(listed) < PAGE:
            return found


def said(site: Site, id_: str, updates: Sequence[Update]) -> Iterator[Said]:
    """Read an item's comments, oldest first, each with the update that added it."""
    project, _ = site.kind_of(id_)
    path = site.within(project, f"wit/workItems/{id_}/comments")
    params = {"$top": str(PAGE), "order": "asc"}
    while True:
        answer = site.ask("GET", path, params=params, version=PREVIEWS["comments"], accept=(404,))
        told = parsed(answer) if answer.status_code == 200 else {}
        for raw in told.get("comments") or ():
            if raw.get("isDeleted") is True:
                continue
            one = _comment(raw)
            by = _added(updates, one)
            yield replace(one, by=by)
        token = told.get("continuationToken")
        if not token or not told.get("comments"):
            return
        params["continuationToken"] = str(token)


def _comment(raw: Raw) -> Said:
    at, text = moment(raw.get("createdDate")), str(raw.get("text") or "")
    edited = int(raw.get("version") or 1) > 1
    return Said(
        id=str(raw.get("id") or raw.get("commentId")),
        at=at,
        author=author(raw.get("createdBy")),
        body={"markdown": text} if str(raw.get("format") or "").casefold() == "markdown" else text,
        by=None,
        edited_at=moment(raw.get("modifiedDate")) if edited else None,
    )


def _added(updates: Sequence[Update], one: Said) -> Update | None:
    """The update that added a comment: that of its moment, by its author. An edit comes later.

    Of the same words as in the revision before an update tells as little as of any field that stayed as it was.
    """
    same = [up for up in updates if abs((up.at - one.at).total_seconds()) < 0.002 and up.author.id == one.author.id]
    return next((up for up in same if up.said), same[0] if same else None)


def _history(site: Site, scope: Scope, told: _Told, *, inside: bool) -> History:
    happened = list(entries(site, told.updates))
    shown = list(files(site, told.item, told.said, told.updates, inside=inside)) if site.needs.files else []
    kept = withheld(told.item, shown, told.updates) if site.needs.files else frozenset()
    if not inside:
        happened = [replace(one, before=None) for one in happened if one.mark is not None]
        shown = [one for one in shown if one.author.id == site.account.id]
    return History(
        entries=tuple(happened),
        comments=tuple(comments(site, told.said, told.updates, inside=inside)),
        files=tuple(shown),
        inside=inside,
        away=away(site, scope, told.updates) if inside else None,
        withheld=kept,
    )
