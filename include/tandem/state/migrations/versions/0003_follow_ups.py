# SPDX-License-Identifier: Apache-2.0
"""A link goes on to one follow-up of its closed ticket: where several took or await that place, all but one are let go.

What is let go is forgotten as a member and named to the next run, which reads it as a ticket of its own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_MEMBER = sa.table("tandem_member", *map(sa.column, ("pair", "side", "ticket", "link", "current", "state")))
_LINK = sa.table("tandem_link", *map(sa.column, ("id", "origin", "pending")))
_PRESENCE = sa.table("tandem_presence", *map(sa.column, ("kind", "native", "origin")))
_EVENT = sa.table("tandem_event", *map(sa.column, ("pair", "side", "ticket", "kind", "state", "reason")))
_WAKE = sa.table("tandem_wake", *map(sa.column, ("pair", "side", "ticket", "at")))
_OVER = ("arrived", "settled", "superseded", "echo", "noted", "dropped", "withdrawn")


def upgrade() -> None:
    for waiting, kept in ((True, 0), (False, -1)):  # of those that wait the first goes on; the last one took the place
        condition = (_MEMBER.c.current.is_(False), _MEMBER.c.state == "next") if waiting else (_MEMBER.c.current,)
        order = (_MEMBER.c.link, _MEMBER.c.side, _MEMBER.c.ticket)
        rows = op.get_bind().execute(sa.select(_MEMBER).where(*condition).order_by(*order)).mappings().all()
        for _, group in groupby(rows, key=lambda row: (row["link"], row["side"])):
            several = list(group)
            for row in several:
                if row is not several[kept]:
                    _let_go(row)


def _let_go(row: Any) -> None:
    place = {name: row[name] for name in ("pair", "side", "ticket")}
    origin = sa.select(_LINK.c.origin).where(_LINK.c.id == row["link"]).scalar_subquery()
    copy = (_PRESENCE.c.kind == "ticket", _PRESENCE.c.native == row["ticket"], _PRESENCE.c.origin == origin)
    reopened = (
        *(_EVENT.c[name] == value for name, value in place.items()),
        _EVENT.c.kind == "reopened",
        sa.or_(_EVENT.c.state.is_(None), _EVENT.c.state.not_in(_OVER)),
    )
    op.execute(sa.delete(_MEMBER).where(*(_MEMBER.c[name] == value for name, value in place.items())))
    op.execute(sa.delete(_PRESENCE).where(*copy))
    op.execute(sa.update(_EVENT).where(*reopened).values(state="dropped", reason="another follow-up took its place"))
    op.execute(sa.delete(_WAKE).where(*(_WAKE.c[name] == value for name, value in place.items())))
    op.execute(sa.insert(_WAKE).values(**place, at=datetime.now(UTC).replace(tzinfo=None)))
    op.execute(sa.update(_LINK).where(_LINK.c.id == row["link"]).values(pending=True))
