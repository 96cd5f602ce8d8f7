# SPDX-License-Identifier: Apache-2.0
"""What never changes of a tracker, so that it is asked for once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tandem_fact",
        sa.Column("system", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("system", "name", name=op.f("pk_tandem_fact")),
    )
