# SPDX-License-Identifier: Apache-2.0
"""What the feed told of items: parts of their histories, and of new ones all of it, without a request an item.

A revision shows all fields of its moment, so what it changed shows beside the one before it. Of the first in the feed
that one is read as of a moment before; the last is held against the item as it is, for nothing says that the feed gives
every field. Of an item of which nothing is known the feed must have all revisions, from the first. Where two revisions
do not follow each other, where a comment was edited or taken away, or where an item that was read before may have been
out of scope, its own updates are read instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

from tandem.connectors.azure_devops.files import files, withheld
from tandem.connectors.azure_devops.read import asked, fields_of, is_deleted
from tandem.connectors.azure_devops.scope import Scope
from tandem.connectors.azure_devops.shape import CHANGED, FORMATS, HISTORY, Raw, moment, revision, version
from tandem.connectors.azure_devops.site import Site
from tandem.connectors.azure_devops.texts import unclear
from tandem.connectors.azure_devops.updates import (
    Said,
    Update,
    away,
    between,
    comments,
    entries,
    making,
    near,
    offered,
)
from tandem.connectors.base import Delta

MADE = version(1)
TICK = timedelta(milliseconds=1)  # the resolution of the tracker's times


def deltas(
    site: Site,
    scope: Scope,
    revisions: Mapping[str, Sequence[Raw]],
    reasons: Mapping[str, str],
    known: Mapping[str, str],
) -> dict[str, Delta]:
    """Give what happened on those items that are ``known`` (id → version up to which all is known, or empty)."""
    wanted = {
        id_: listed
        for id_, listed in revisions.items()
        if id_ in known and not reasons[id_] and not is_deleted(listed[-1].get("fields") or {})
    }
    told = _whole(site, scope, wanted, known)
    items = site.items(list(told), asked(site, scope), relations=site.needs.files) if told else {}
    # A feed that names the comments of its revisions names those that were edited, too.
    named = any(one.get("commentVersionRef") for listed in wanted.values() for one in listed)
    found = {}
    for id_, listed in told.items():
        one = _delta(site, scope, listed, items[id_], named=named, whole=not known[id_]) if id_ in items else None
        if one is not None:
            found[id_] = one
    return found


def _whole(
    site: Site, scope: Scope, wanted: Mapping[str, Sequence[Raw]], known: Mapping[str, str]
) -> dict[str, list[Raw]]:
    """Items with their revisions and, first, the one up to which all is known; those with a gap are left out.

    Of those of which nothing is known the first is that of their making.
    """
    first = {id_: listed[0] for id_, listed in wanted.items() if "" < known[id_] < version(listed[0].get("rev"))}
    bases: Mapping[str, Raw] = {}
    if first:
        at = min(moment((one.get("fields") or {}).get(CHANGED)) for one in first.values()) - TICK
        bases = site.items(list(first), asked(site, scope), as_of=at)
    found: dict[str, list[Raw]] = {}
    for id_, listed in wanted.items():
        joined = [*([bases[id_]] if id_ in bases else []), *listed]
        since = known[id_] or MADE
        behind = [one for one in joined if version(one.get("rev")) >= since]
        numbers = [int(one.get("rev") or 0) for one in behind]
        if numbers and numbers == list(range(revision(since), numbers[-1] + 1)):
            found[id_] = behind
    return found


def _delta(site: Site, scope: Scope, listed: Sequence[Raw], item: Raw, *, named: bool, whole: bool) -> Delta | None:
    """What these revisions changed, one after the other; none where that is not sure.

    ``whole``: the first of them made the item; else it is only what the others are held against.
    """
    names, newest = asked(site, scope), listed[-1]
    if item.get("rev") != newest.get("rev") or fields_of(site, item, names) != fields_of(
        site, {**newest, **_forms(item)}, names
    ):
        return None
    told = listed if whole else listed[1:]
    if any(map(_unsure, told)) or not (whole or all(not scope.reason(one.get("fields") or {}) for one in listed)):
        return None
    later = [between(site, before, after, names, item) for before, after in pairwise(listed)]
    updates = [*([making(site, listed[0], item)] if whole else []), *later]
    added = [moment((one.get("attributes") or {}).get("authorizedDate")) for one in item.get("relations") or ()]
    if not named and any(
        not (up.changes or up.said or up.mark.write or any(near(up.at, at) for at in added)) for up in later
    ):
        return None  # somebody may have edited a comment
    said = [_said(one, up) for one, up in zip(told, updates, strict=True) if up.said]
    since = None if whole else moment((listed[0].get("fields") or {}).get(CHANGED))
    stored = tuple(files(site, item, said, updates, since)) if site.needs.files else ()
    kept = withheld(item, stored, updates, since) if site.needs.files else frozenset()
    if not all(file.author.id for file in stored):
        return None
    if (stored or kept) and not (whole or offered(site)):
        return None  # a comment of before may name the file, and does not leave
    return Delta(
        version=version(newest.get("rev")),
        entries=tuple(entries(site, updates)),
        comments=tuple(comments(site, said, updates, inside=True)),
        files=stored,
        whole=whole,
        away=away(site, scope, updates) if whole else (),
        withheld=kept,
    )


def _forms(item: Raw) -> dict[str, Any]:
    """In which form the texts of an item are: the feed does not tell."""
    return {FORMATS: item.get(FORMATS) or {}}


def _unsure(one: Raw) -> bool:
    """Tell whether a revision may be about a comment that was there before, or has one that cannot be told surely.

    The feed does not say in which form a comment is: it must read alike in both, or be HTML for all to see.
    """
    about: Mapping[str, Any] = one.get("commentVersionRef") or {}
    text = str((one.get("fields") or {}).get(HISTORY) or "")
    if not about:
        return bool(text)
    if about.get("isDeleted") is True or int(about.get("version") or 1) > 1 or not about.get("commentId"):
        return True
    return unclear(text)


def _said(one: Raw, by: Update) -> Said:
    text = str((one.get("fields") or {}).get(HISTORY) or "")
    return Said(str(one["commentVersionRef"]["commentId"]), by.at, by.author, text, by)
