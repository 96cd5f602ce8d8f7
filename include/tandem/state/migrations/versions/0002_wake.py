# SPDX-License-Identifier: Apache-2.0
"""Tickets that somebody said to look at now."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tandem_wake",
        sa.Column("pair", sa.String(length=200), nullable=False),
        sa.Column("side", sa.String(length=32), nullable=False),
        sa.Column("ticket", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "side", "ticket", name=op.f("pk_tandem_wake")),
    )
