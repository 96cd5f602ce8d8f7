# SPDX-License-Identifier: Apache-2.0
"""What was done last to each element of a set, which its events do not tell any more once they are settled.

And what is hidden by now where it was said: tickets on which copies of it stand are looked at anew.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tandem_step",
        sa.Column("system", sa.String(length=200), nullable=False),
        sa.Column("ticket", sa.String(length=200), nullable=False),
        sa.Column("field", sa.String(length=200), nullable=False),
        sa.Column("element", sa.String(length=64), nullable=False),
        sa.Column("there", sa.Boolean(), nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("system", "ticket", "field", "element", name=op.f("pk_tandem_step")),
    )
    op.add_column("tandem_origin", sa.Column("hidden", sa.Boolean(), nullable=True))
    op.add_column("tandem_wake", sa.Column("anew", sa.Boolean(), nullable=True))
