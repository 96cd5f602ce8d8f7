# SPDX-License-Identifier: Apache-2.0
"""What a house calls the steps of its workflow is sealed, as its other words are.

Nothing here has a key: a step has no name until it is seen again, and goes by its id meanwhile, as it does anyway.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tandem_edge", sa.Column("sealed", sa.Text(), nullable=True))
    op.drop_column("tandem_edge", "name")
