# SPDX-License-Identifier: Apache-2.0
"""What a tracker says of its fields is sealed: a choice of a field that nobody offers is what its tickets hold.

Nothing here has a key. What stands in clear is read until the next run asks the tracker anew, which is due at once, and
replaces it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tandem_side", sa.Column("sealed", sa.Text(), nullable=True))
    op.execute(sa.update(sa.table("tandem_side", sa.column("preflight_at"))).values(preflight_at=None))
