# SPDX-License-Identifier: Apache-2.0
"""When a fact was kept, so that it does not stay for ever; those that are there begin their life now."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_FACT = sa.table("tandem_fact", sa.column("at", sa.DateTime()))


def upgrade() -> None:
    op.add_column("tandem_fact", sa.Column("at", sa.DateTime()))
    op.execute(sa.update(_FACT).values(at=datetime.now(UTC).replace(tzinfo=None)))
    op.create_index("ix_tandem_fact_at", "tandem_fact", ["at"])
