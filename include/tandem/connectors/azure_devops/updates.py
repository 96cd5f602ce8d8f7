# SPDX-License-Identifier: Apache-2.0
"""What one revision changed: as an item's updates tell it, or as two revisions one after the other show it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tandem.connectors.away import Step, times_away
from tandem.connectors.azure_devops.scope import Scope
from tandem.connectors.azure_devops.shape import (
    CHANGED,
    CHANGED_BY,
    HISTORY,
    TYPE,
    Raw,
    attachment,
    author,
    files_in,
    flat,
    markdown,
    moment,
    stored,
    version,
)
from tandem.connectors.azure_devops.site import Site
from tandem.connectors.base import Author, Away, Comment, Entry
from tandem.connectors.marks import Marker, marker
from tandem.core.values import Json, same

_NEVER = 9999  # the year in which the newest revision is told to be revised
NEAR = 0.02  # seconds


@dataclass(frozen=True, slots=True)
class Update:
    """One revision. ``changes``: field → value before and after. ``said``: it added a comment. ``added``: files."""

    rev: str
    at: datetime
    author: Author
    changes: Mapping[str, tuple[Json, Json]]
    mark: Marker
    said: bool = False
    added: frozenset[str] = frozenset()

    def ours(self, site: Site) -> str | None:
        """The mark of the write that it is; nobody else's account bears it, whatever it puts into our field."""
        return self.mark.write if self.author.id == site.account.id else None


def of_updates(site: Site, told: Iterable[Raw], names: Collection[str], item: Raw) -> list[Update]:
    """Read an item's updates; its texts are taken to have had the form that they have.

    One that changed a relation to another item alone has no revision of its own.
    """
    type_ = str((item.get("fields") or {}).get(TYPE) or "")
    own = {name: stored(name, type_) for name in names}
    found: dict[str, Update] = {}
    for one in told:
        fields: Mapping[str, Any] = one.get("fields") or {}
        rev = version(one.get("rev"))
        if not fields or rev in found:
            continue
        changed = fields.get(CHANGED) or {}
        at = moment(changed.get("newValue") or one.get("revisedDate"))
        changes = {
            name: (_end(site, item, at, fields[at], "oldValue"), _end(site, item, at, fields[at], "newValue"))
            for name, at in own.items()
            if at in fields
        }
        found[rev] = Update(
            rev=rev,
            at=at if at.year < _NEVER else moment(None),
            author=author(one.get("revisedBy")),
            changes=_without_first(found, changes),
            mark=marker((fields.get(site.mark_field) or {}).get("newValue")) if site.mark_field else Marker(),
            said=bool((fields.get(HISTORY) or {}).get("newValue")),
            added=frozenset(filter(None, map(attachment, (one.get("relations") or {}).get("added") or ()))),
        )
    return list(found.values())


def _end(site: Site, item: Raw, name: str, change: Raw, end: str) -> Json:
    return flat(site.fields.get(name), change.get(end), markdown(item, name))


def _without_first(found: Mapping[str, Update], changes: Mapping[str, tuple[Json, Json]]) -> dict[str, Any]:
    """What an item was made with is no change."""
    return {name: ends for name, ends in changes.items() if not same(*ends)} if found else {}


def between(site: Site, before: Raw, after: Raw, names: Collection[str], item: Raw) -> Update:
    """Tell what a revision changed, by the one before it."""
    then, now = before.get("fields") or {}, after.get("fields") or {}
    own = {name: stored(name, str(now.get(TYPE) or "")) for name in names}
    ends = {
        name: (
            flat(site.fields.get(at), then.get(at), markdown(item, at)),
            flat(site.fields.get(at), now.get(at), markdown(item, at)),
        )
        for name, at in own.items()
    }
    field, was = site.mark_field, before.get("fields") or {}
    moved = bool(field) and now.get(field) != was.get(field)
    return Update(
        rev=version(after.get("rev")),
        at=moment(now.get(CHANGED)),
        author=author(now.get(CHANGED_BY)),
        changes={name: pair for name, pair in ends.items() if not same(*pair)},
        mark=marker(now.get(field)) if moved else Marker(),
        said=bool(now.get(HISTORY)),
    )


def making(site: Site, first: Raw, item: Raw) -> Update:
    """Tell what an item's first revision did. What an item was made with is no change."""
    return replace(between(site, {}, first, (), item), changes={})


def entries(site: Site, updates: Iterable[Update]) -> Iterator[Entry]:
    """Give the changes of the fields asked for. What a rule set in the same revision as a write bears its mark too."""
    wanted = (site.needs.read | site.needs.write) - site.marking
    for one in updates:
        for name, (before, after) in one.changes.items():
            if name in wanted:
                yield Entry(
                    id=f"{one.rev}:{name}",
                    order=one.rev,
                    at=one.at,
                    author=one.author,
                    field=name,
                    before=before,
                    after=after,
                    mark=one.ours(site),
                    write=one.rev,
                )


def away(site: Site, scope: Scope, updates: Iterable[Update]) -> tuple[Away, ...] | None:
    """When the item was out of scope."""
    if site.needs.query:
        return None
    steps = [
        Step(one.at, one.rev, name, before, after)
        for one in updates
        for name, (before, after) in one.changes.items()
        if name in scope.fields
    ]
    return times_away(steps, scope.holds, one_series=True)


@dataclass(frozen=True, slots=True)
class Said:
    """A comment as it is now, with the update that added it, if that is known."""

    id: str
    at: datetime
    author: Author
    body: Json
    by: Update | None
    edited_at: datetime | None = None

    @property
    def text(self) -> str:
        return str(self.body.get("markdown") or "") if isinstance(self.body, dict) else str(self.body or "")


def comments(site: Site, said: Sequence[Said], updates: Sequence[Update], *, inside: bool) -> Iterator[Comment]:
    """Give the comments whose text may leave, and our own. All are public: there are no others."""
    edits = {one.mark.comment: one.ours(site) for one in updates if one.mark.comment}
    for one in said:
        mark = one.by.ours(site) if one.by is not None and not one.by.mark.comment else None
        if mark is None and not (inside and offered(site)):
            continue
        rev = one.by.rev if one.by is not None else _last(updates, one.at)
        yield Comment(
            id=one.id,
            order=f"{rev}.{int(one.id):012d}",
            at=one.at,
            author=one.author,
            body=one.body,
            public=True,
            files=tuple(files_in(one.text)),
            mark=mark,
            edited_at=one.edited_at,
            write=edits.get(one.id),
        )


def offered(site: Site) -> bool:
    """Whether comments leave."""
    return site.needs.comments != "none"


def _last(updates: Sequence[Update], at: datetime) -> str:
    return max((one.rev for one in updates if one.at <= at), default=version(0))


def near(one: datetime, other: datetime) -> bool:
    """Tell whether two times may be those of one save: they are noted one after the other."""
    return abs((one - other).total_seconds()) < NEAR
