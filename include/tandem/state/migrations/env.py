# SPDX-License-Identifier: Apache-2.0
"""Alembic's entry: runs on the open transaction that :func:`tandem.state.schema.migrate` hands over."""

from __future__ import annotations

from alembic import context

from tandem.state.schema import VERSION_TABLE
from tandem.state.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,  # SQLite cannot alter a column in place
)
context.run_migrations()
