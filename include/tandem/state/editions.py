# SPDX-License-Identifier: Apache-2.0
"""Which text of a comment a copy says, whatever way it came: the texts that a comment was seen to have are numbered.

A copy says one of them, by the hash and the number that its origin has, never by what a copy on the way looks like. So
each pair knows of each copy whether there is news for it, and all of them know an edit by one cause.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from tandem.core.values import Json
from tandem.state.store import Tx
from tandem.state.tables import action, presence
from tandem.state.twins import Twin, twin_at

FIRST = 1
_CAUSE = "edited:"


@dataclass(frozen=True, slots=True)
class Edition:
    """One of the texts that a comment was seen to have, where it was said: its hash, and which it was."""

    said: str
    number: int

    def content(self) -> dict[str, Json]:
        """The form in which an event keeps it."""
        return {"said": self.said, "number": self.number}


def kept(content: Mapping[str, Json]) -> Edition | None:
    """Read what :meth:`Edition.content` wrote into an event; none where older versions stored it."""
    held = content.get("edition")
    return Edition(str(held["said"]), int(str(held["number"]))) if isinstance(held, dict) else None


def cause_of(origin: str, edition: Edition) -> str:
    """Name an edit, the same in every pair that sees it."""
    return f"{_CAUSE}{origin}:{edition.number}"


def shown_again(origin: str, edition: Edition, times: int) -> str:
    """Name that a text is brought back to where it was taken back before; it goes on as an edit."""
    return f"{cause_of(origin, edition)}:shown{times}"


def is_edit(cause: str | None) -> bool:
    """Tell whether a cause is an edit: the comment that was written for it tells of one."""
    return (cause or "").startswith(_CAUSE)


def seen(tx: Tx, system: str, native: str, said: str, *, keep: bool = True) -> Edition:
    """Number the text that a comment of people's is seen to have: the last one, or a new one.

    ``keep``: it is one from now on.
    """
    row = tx.row(sa.select(presence.c.said, presence.c.edition).where(*_at(system, native)))
    before = int(row["edition"] or FIRST) if row else FIRST
    known = row["said"] if row else None
    edition = Edition(said, before if known in (None, said) else before + 1)
    if keep and known != said:
        tx.run(sa.update(presence).where(*_at(system, native)).values(said=said, edition=edition.number))
    return edition


def described(tx: Tx, system: str, ticket: str, said: str) -> int:
    """Number the description that a ticket is seen or made to have: the last one, or a new one."""
    where = (presence.c.system == system, presence.c.kind == "ticket", presence.c.native == ticket)
    row = tx.row(sa.select(presence.c.said, presence.c.edition).where(*where))
    known, before = (row["said"], int(row["edition"] or FIRST)) if row else (None, FIRST)
    number = before if known in (None, said) else before + 1
    if known != said:
        tx.run(sa.update(presence).where(*where).values(said=said, edition=number))
    return number


def told_by(tx: Tx, system: str, native: str, said: str) -> Edition:
    """What a comment says: a copy what it was made to say, and one of people's what it is seen to say (``said``)."""
    copy = twin_at(tx, system, native)
    if copy is None:
        return seen(tx, system, native, said)
    return Edition(copy.said or said, copy.edition or FIRST)


def is_news(tx: Tx, edition: Edition, twin: Twin, pair: str, text: str | None) -> bool:
    """Tell whether a copy says something older; or nothing any more of what stands again where it came from.

    ``text``: the hash of the text at this pair's source. By it older versions noted what a copy says: that still counts
    for the pair that wrote it, and to the others it says the first.
    """
    if twin.edition is not None:
        behind = twin.edition < edition.number or (twin.withdrawn and twin.edition == edition.number)
        return twin.said != edition.said and behind
    if _writer(tx, twin) in (None, pair):
        return twin.said not in (edition.said, text)
    return edition.number > FIRST


def agree(tx: Tx, edition: Edition, twin: Twin, system: str) -> None:
    """Note that a copy which says the same says the newest: nothing older is brought to it."""
    if twin.edition is not None and twin.said == edition.said and twin.edition < edition.number:
        where = (presence.c.system == system, presence.c.kind == "comment", presence.c.native == twin.native)
        tx.run(sa.update(presence).where(*where).values(edition=edition.number))


def _writer(tx: Tx, twin: Twin) -> str | None:
    """The pair that wrote a copy; none where the journal does not tell."""
    row = tx.row(sa.select(action.c.pair).where(action.c.id == twin.action)) if twin.action else None
    return row["pair"] if row else None


def _at(system: str, native: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Where people wrote a comment."""
    own = (presence.c.system == system, presence.c.kind == "comment", presence.c.native == native)
    return (*own, presence.c.action.is_(None))
