# SPDX-License-Identifier: Apache-2.0
"""What all pairs together know: origins and where their copies stand, what was written where, and of the trackers."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from tandem.state.tables.columns import CODE, NAME, NATIVE, Number, metadata

# One ticket, comment or file, wherever its copies stand. Belongs to the installation, not to a pair.
origin = Table(
    "tandem_origin",
    metadata,
    Column("id", CODE, primary_key=True),
    Column("kind", CODE, nullable=False),  # ticket, comment, file; relation and worklog later
    Column("system", NAME, nullable=False),
    Column("native", NATIVE, nullable=False),
    Column("private", Boolean, nullable=False, default=False),  # when it was said
    Column("hidden", Boolean),  # private by now, where it was said
    Column("company", NAME, nullable=False),
    Column("at", DateTime),
    Column("sealed", Text),  # first author's name
    UniqueConstraint("system", "kind", "native"),
)

presence = Table(
    "tandem_presence",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("origin", CODE, ForeignKey("tandem_origin.id"), nullable=False),
    Column("system", NAME, nullable=False),
    Column("kind", CODE, nullable=False),
    Column("native", NATIVE, nullable=False),
    Column("place", NATIVE, nullable=False),
    Column("ticket", NATIVE, nullable=False),  # of a comment or file: the ticket it hangs on
    Column("former", JSON, nullable=False, default=list),  # places where it stood before, oldest first
    Column("current", Boolean, nullable=False, default=True),
    Column("action", CODE),  # that made it; none where people did
    Column("sealed", Text),  # heading that we wrote, to be removed before the text goes on
    Column("wrote", String(64)),  # hash of the text that we last wrote here; "withdrawn" once it is taken back
    Column("said", String(64)),  # hash of what its origin said when it was written; of the origin, of what it says
    Column("edition", Integer),  # which of the texts of its origin that is; unknown of what older versions wrote
    Column("onward", Boolean),  # of a copy: whether its contracts let it go on from here
    Column("names", CODE),  # of a copy: how much of its author they let be named: full, company, none
    UniqueConstraint("system", "kind", "native"),
    Index("ix_tandem_presence_origin_system", "origin", "system"),
)

# Every write claims (cause, target): no second action may carry the same cause to the same target.
claim = Table(
    "tandem_claim",
    metadata,
    Column("cause", NAME, primary_key=True),
    Column("target", NAME, primary_key=True),
    Column("action", CODE, ForeignKey("tandem_action.id"), nullable=False, index=True),
)

# Of two changes of one field that met: which one stands. Decided once, and followed by every pair of the installation.
precedence = Table(
    "tandem_precedence",
    metadata,
    Column("first", NAME, primary_key=True),  # their causes, in the order of the alphabet
    Column("second", NAME, primary_key=True),
    Column("stands", NAME, nullable=False),  # one of both
    Column("at", DateTime, nullable=False),
)

# What was done last to an element of a ticket's set, as the installation knows it. News of it are events. It stays:
# a paused pair, or a parked event, may bring what was done before it after years. It holds no content.
step = Table(
    "tandem_step",
    metadata,
    Column("system", NAME, primary_key=True),
    Column("ticket", NATIVE, primary_key=True),
    Column("field", NAME, primary_key=True),  # native
    Column("element", String(64), primary_key=True),  # hash of its word in hub terms
    Column("there", Boolean, nullable=False),  # it came; false: it went
    Column("cause", NAME, nullable=False),
    Column("at", DateTime, nullable=False),
)

# The workflow's graph, as far as it was seen.
edge = Table(
    "tandem_edge",
    metadata,
    Column("system", NAME, primary_key=True),
    Column("place", NATIVE, primary_key=True),
    Column("type", NATIVE, primary_key=True),
    Column("source", NATIVE, primary_key=True),
    Column("way", NATIVE, primary_key=True),
    Column("sealed", Text),  # its name; none as far as an earlier version saw it
    Column("target", NATIVE, nullable=False),
    Column("needs", JSON, nullable=False),
)

# What never changes of a tracker, asked once: under names that its connector gives.
fact = Table(
    "tandem_fact",
    metadata,
    Column("system", NAME, primary_key=True),
    Column("name", NATIVE, primary_key=True),
    Column("sealed", Text, nullable=False),
    Column("at", DateTime, index=True),  # when it was kept
)

# Until when a tracker told us not to ask: shared by all runs. No ticket (""): the whole endpoint.
wait = Table(
    "tandem_wait",
    metadata,
    Column("tenant", NAME, primary_key=True),  # the Airflow connection's id
    Column("endpoint", NAME, primary_key=True),
    Column("ticket", NATIVE, primary_key=True),
    Column("not_before", DateTime, nullable=False),
)
