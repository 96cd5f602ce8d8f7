# SPDX-License-Identifier: Apache-2.0
"""The texts that a comment was seen to have are numbered, and each copy of it says one of them.

What was written before has no number. The pair that wrote it knows by its hash whether it is news; to others it says
the first.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tandem_presence", sa.Column("edition", sa.Integer(), nullable=True))
