# SPDX-License-Identifier: Apache-2.0
"""Copies of comments that we wrote, and by what we know later whether anybody changed them: hashes, never texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tandem.core.values import Json
from tandem.state.actions import content_of
from tandem.state.records import chunks
from tandem.state.store import Tx
from tandem.state.tables import action, origin, presence

WITHDRAWN = "withdrawn"  # what a twin says whose text was taken back;
UNFINISHED = "unfinished"  # and one that holds but the beginning of a text


@dataclass(frozen=True, slots=True)
class Twin:
    """A comment or file that we wrote for an origin.

    ``wrote``: what we last wrote here; ``said``: what it says of its origin. Both are hashes, and unknown where our
    journal does not reach back. ``edition``: which of the texts of its origin that is (:mod:`tandem.state.editions`).
    """

    origin: str
    native: str
    ticket: str
    action: str | None
    wrote: str | None
    said: str | None
    edition: int | None

    @property
    def withdrawn(self) -> bool:
        """Whether its text was taken back."""
        return self.said == WITHDRAWN


def twins_of(tx: Tx, of: str, system: str, tickets: Sequence[str], kind: str = "comment") -> list[Twin]:
    """Read the comments that we wrote on these tickets for an origin, the oldest first; or the files."""
    where = (
        presence.c.origin == of,
        presence.c.system == system,
        presence.c.kind == kind,
        presence.c.ticket.in_(tickets),
        presence.c.current,
    )
    return [_twin(row) for row in tx.rows(sa.select(presence).where(*where).order_by(presence.c.id))]


def twin_at(tx: Tx, system: str, native: str) -> Twin | None:
    """Read the twin that is this comment; none if people wrote it."""
    where = (presence.c.system == system, presence.c.kind == "comment", presence.c.native == native)
    row = tx.row(sa.select(presence).where(*where, presence.c.action.is_not(None)))
    return _twin(row) if row else None


def journal_of(tx: Tx, link: str, there: Iterable[Twin]) -> list[str]:
    """Name the actions of a link that hold what these twins were made to say."""
    known = list(there)
    natives = {twin.native for twin in known}
    select = sa.select(action.c.id, action.c.native).where(
        action.c.link == link, action.c.kind == "edit", action.c.state == "done"
    )
    edits = [row["id"] for row in tx.rows(select) if row["native"] in natives]
    return [*(twin.action for twin in known if twin.action), *edits]


def was_public(tx: Tx, twin: Twin) -> bool:
    """Tell whether we wrote a twin for all to see, as far as our journal knows."""
    return twin.action is not None and content_of(tx, twin.action).get("public") is True


def was_private(tx: Tx, of: str) -> bool:
    """Tell whether a comment was private already when it was sent, by a contract that offered such."""
    row = tx.row(sa.select(origin.c.private).where(origin.c.id == of))
    return row is not None and bool(row["private"])


def files_of(tx: Tx, origins: Iterable[str], system: str, ticket: str) -> list[str]:
    """Read the native files that stand on a ticket for these origins."""
    found: list[str] = []
    for some in chunks(sorted(set(origins))):
        where = (presence.c.origin.in_(some), presence.c.system == system, presence.c.ticket == ticket)
        found += [row["native"] for row in tx.rows(sa.select(presence.c.native).where(*where))]
    return found


def note_written(
    tx: Tx, system: str, native: str, wrote: str | None, said: str | None, edition: int | None = None
) -> None:
    """Note what a twin was made to say; without ``edition`` it still counts as what it was."""
    where = (presence.c.system == system, presence.c.kind == "comment", presence.c.native == native)
    values: dict[str, Any] = {"wrote": wrote, "said": said} | ({} if edition is None else {"edition": edition})
    tx.run(sa.update(presence).where(*where).values(**values))


def note_files_back(tx: Tx, system: str, files: Iterable[str], comment: str | None) -> None:
    """Note that files were taken back: these, and those that rode in a comment that was."""
    own = (presence.c.system == system, presence.c.kind == "file")
    tx.run(sa.update(presence).where(*own, presence.c.native.in_(list(files))).values(said=WITHDRAWN))
    if comment is not None:
        carrier = presence.alias()
        made = sa.select(carrier.c.action).where(
            carrier.c.system == system, carrier.c.kind == "comment", carrier.c.native == comment
        )
        tx.run(sa.update(presence).where(*own, presence.c.action.in_(made)).values(said=WITHDRAWN))


def forget_texts(tx: Tx, ids: Iterable[str]) -> None:
    """Let go of the texts and file names in actions that are done; what they did stays known."""
    for some in chunks(sorted(set(ids))):
        done = (action.c.id.in_(some), action.c.state == "done")
        for row in tx.rows(sa.select(action.c.id, action.c.sealed).where(*done)):
            content = tx.open(str(row["sealed"]))
            assert isinstance(content, dict)
            bare: list[Json] = [{"origin": of} for of in origins_in(content)]
            sealed = tx.seal({**content, "body": None, "heading": "", "files": bare})
            tx.run(sa.update(action).where(action.c.id == row["id"]).values(sealed=sealed))


def forget_field(tx: Tx, link: str, field: str, native: str) -> None:
    """Let go of what writes of a link gave a field."""
    done = (action.c.link == link, action.c.kind.in_(("create", "update")), action.c.state == "done")
    for row in tx.rows(sa.select(action.c.id, action.c.sealed).where(*done)):
        content = tx.open(str(row["sealed"]))
        assert isinstance(content, dict)
        for part, name in (
            ("native", native),
            ("before", native),
            ("shown", native),
            ("fields", field),
            ("bases", field),
        ):
            held = content.get(part)
            if isinstance(held, dict) and name in held:
                content[part] = {**held, name: None}
        tx.run(sa.update(action).where(action.c.id == row["id"]).values(sealed=tx.seal(content)))


def origins_in(content: Mapping[str, Json]) -> list[str]:
    """Name the origins of the files that a comment's write carried."""
    files = content.get("files")
    return [str(one["origin"]) for one in (files if isinstance(files, list) else []) if isinstance(one, dict)]


def _twin(row: Mapping[str, Any]) -> Twin:
    return Twin(row["origin"], row["native"], row["ticket"], row["action"], row["wrote"], row["said"], row["edition"])
