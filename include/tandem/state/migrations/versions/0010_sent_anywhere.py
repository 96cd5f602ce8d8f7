# SPDX-License-Identifier: Apache-2.0
"""Writes of any pair that have no answer yet are found without reading all that were ever made."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_tandem_action_kind_state", "tandem_action", ["kind", "state"])
