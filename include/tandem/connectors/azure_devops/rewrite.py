# SPDX-License-Identifier: Apache-2.0
"""Comments of ours that are written anew: edited in place, or taken back with their files.

An edit has no room for a mark, so another revision says whose it was. What a comment said before stays in the item's
history, which no API can shorten: the line that stands in its place is all that can be done.
"""

from __future__ import annotations

from collections.abc import Sequence

from tandem.connectors.azure_devops.calls import ANSWERED, Calls, Op, Write, refused
from tandem.connectors.azure_devops.shape import Raw, attachment
from tandem.connectors.azure_devops.site import PREVIEWS, Site
from tandem.connectors.azure_devops.write import demand_text, marked
from tandem.connectors.base import Edit, Outcome, Redaction
from tandem.core.values import Json
from tandem.errors import GoneError, StaleError
from tandem.http import parsed

TRIES = 3  # people change an item while we count its relations


def edit(site: Site, calls: Calls, change: Edit) -> Outcome:
    """Replace a comment's text."""
    return _put(site, calls, change.id, change.comment, change.body, change.mark)


def redact(site: Site, calls: Calls, change: Redaction) -> Outcome:
    """Put a line in the place of a comment, and take its files from the item."""
    if change.files:
        _remove(site, calls, change.id, [one.lower() for one in change.files])
    if change.comment is None:
        return Outcome()
    return _put(site, calls, change.id, change.comment, change.body, change.mark)


def _put(site: Site, calls: Calls, ticket: str, comment: str, body: Json, mark: str) -> Outcome:
    text = demand_text(site, body)
    if not comment.isdigit():
        raise GoneError("there is no such comment", where=site.http.tenant)
    project, _ = site.kind_of(ticket)
    markdown = isinstance(text, dict)
    said = text.get("markdown") if isinstance(text, dict) else text
    answer = site.ask(
        "PATCH",
        site.within(project, f"wit/workItems/{ticket}/comments/{comment}"),
        params={"format": "markdown" if markdown else "html"},
        body={"text": said or ""},
        accept=ANSWERED,
        ticket=ticket,
        version=PREVIEWS["comments"],
    )
    if answer.status_code >= 400:
        raise refused(site, answer.status_code, answer.json())
    parsed(answer)
    calls.one(marked(site, ticket, (), mark, comment=comment))
    return Outcome(id=comment)


def _remove(site: Site, calls: Calls, ticket: str, files: Sequence[str]) -> None:
    """Take files from an item. A relation is removed by its place, so the item must not have changed since it was read.

    A relation to another item makes no new revision: if one moved meanwhile, what went in a file's stead is put back.
    """
    for left in range(TRIES, 0, -1):
        item = site.items([ticket], relations=True).get(ticket)
        if item is None:
            raise GoneError("the item is not there", where=site.http.tenant)
        relations: list[Raw] = list(item.get("relations") or ())
        places = [place for place, one in enumerate(relations) if attachment(one) in files]
        if not places:
            return
        ops: list[Op] = [{"op": "test", "path": "/rev", "value": item["rev"]}]
        ops += [{"op": "remove", "path": f"/relations/{place}"} for place in reversed(places)]
        path = f"/_apis/wit/workitems/{ticket}"
        try:
            calls.one(Write(path, tuple(ops), ticket))
        except StaleError:
            if left == 1:
                raise
            continue
        lost = _gone(relations, site.items([ticket], relations=True).get(ticket, {}), files)
        if lost:
            back = ({"rel": one["rel"], "url": one["url"]} for one in lost)
            calls.one(Write(path, tuple({"op": "add", "path": "/relations/-", "value": one} for one in back), ticket))


def _gone(before: Sequence[Raw], item: Raw, files: Sequence[str]) -> list[Raw]:
    """Relations that were there, are not now, and were not to go."""
    there = {(one.get("rel"), one.get("url")) for one in item.get("relations") or ()}
    return [one for one in before if (one.get("rel"), one.get("url")) not in there and attachment(one) not in files]
