# SPDX-License-Identifier: Apache-2.0
"""What belongs to one pair: how far it has read, what happened, what is planned, and what waits for people."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from tandem.state.tables.columns import CODE, NAME, NATIVE, Number, metadata

# One row a pair: who may write. ``fence`` grows with each try that takes the lease and never falls.
lease = Table(
    "tandem_lease",
    metadata,
    Column("pair", NAME, primary_key=True),
    Column("fence", Number, nullable=False, default=0),
    Column("run", NAME),
    Column("task", CODE),
    Column("host", NAME),
    Column("pid", Integer),
    Column("pid_started", Float),
    Column("until", DateTime),
    Column("doing", Text),  # the request that waits longest for its answer; method and path alone
)

# One row a side of a pair: how far it was read, and what its tracker said of itself.
side = Table(
    "tandem_side",
    metadata,
    Column("pair", NAME, primary_key=True),
    Column("side", CODE, primary_key=True),
    Column("cursor", Text),
    Column("started_at", DateTime),
    Column("read_at", DateTime),
    Column("swept_at", DateTime),
    Column("preflight_at", DateTime),
    Column("clock_offset", Float, nullable=False, default=0.0),
    Column("dictionary", JSON),  # what preflight told but for fields: our account, ids of the contract's names
    Column("sealed", Text),  # preflight's fields: names, choices, limits
    Column("bindings", JSON),  # names in the contract, bound to ids when first seen
    Column("highest", JSON),  # place → highest key known (to look up lost creates)
    Column("start", CODE),  # the pair's ``start`` by which before_start was filled
    Column("offered", JSON),  # kind of comment or file → since when the contract offers it (empty: always)
)

run = Table(
    "tandem_run",
    metadata,
    Column("pair", NAME, primary_key=True),
    Column("run", NAME, primary_key=True),
    Column("kind", CODE, nullable=False),  # scheduled, manual, backfill, cli
    Column("state", CODE, nullable=False),  # running, planned, done, stopped, skipped, failed
    Column("dry_run", Boolean, nullable=False),
    Column("window_start", DateTime),
    Column("window_end", DateTime),
    Column("tickets", JSON, nullable=False),
    Column("started_at", DateTime, nullable=False),
    Column("ended_at", DateTime),
    Column("config_hash", String(64)),
    Column("sealed", Text),  # the configuration as extract read it: one run uses one from start to end
    Column("counts", JSON, nullable=False),
    Column("message", Text),
    Index("ix_tandem_run_pair_started_at", "pair", "started_at"),
)

# Which version of which ticket a run took up.
run_ticket = Table(
    "tandem_run_ticket",
    metadata,
    Column("pair", NAME, primary_key=True),
    Column("run", NAME, primary_key=True),
    Column("side", CODE, primary_key=True),
    Column("ticket", NATIVE, primary_key=True),
    Column("version", String(64), nullable=False),
    Column("why", CODE, nullable=False),  # changed, pending, swept, window, asked
)

# Records by version, never changed in place.
record = Table(
    "tandem_record",
    metadata,
    Column("pair", NAME, primary_key=True),
    Column("side", CODE, primary_key=True),
    Column("ticket", NATIVE, primary_key=True),
    Column("version", String(64), primary_key=True),
    Column("place", NATIVE, nullable=False),
    Column("type", NATIVE, nullable=False),
    Column("in_scope", Boolean, nullable=False),
    Column("scope_reason", String(100), nullable=False, default=""),
    Column("final", NAME),
    Column("read_at", DateTime, nullable=False),
    Column("sealed", Text),
)

# Hub tickets of one run: all that passes from one side's map to diff.
hub = Table(
    "tandem_hub",
    metadata,
    Column("pair", NAME, primary_key=True),
    Column("run", NAME, primary_key=True),
    Column("side", CODE, primary_key=True),
    Column("ticket", NATIVE, primary_key=True),
    Column("sealed", Text, nullable=False),
)

link = Table(
    "tandem_link",
    metadata,
    Column("id", CODE, primary_key=True),
    Column("pair", NAME, nullable=False),
    Column("origin", CODE, ForeignKey("tandem_origin.id"), nullable=False),
    Column("state", CODE, nullable=False),  # new, linked, parked
    Column("reason", String(300), nullable=False, default=""),
    Column("pending", Boolean, nullable=False, default=True),  # to be read by id in each run
    Column("status", CODE),  # hub value last agreed
    Column("created_at", DateTime, nullable=False),
    Column("changed_at", DateTime, nullable=False),
    UniqueConstraint("pair", "origin"),
    Index("ix_tandem_link_pair_pending", "pair", "pending"),
)

# The records that are one ticket within a pair. A side may have former members.
member = Table(
    "tandem_member",
    metadata,
    Column("pair", NAME, primary_key=True),
    Column("side", CODE, primary_key=True),
    Column("ticket", NATIVE, primary_key=True),
    Column("link", CODE, ForeignKey("tandem_link.id"), nullable=False, index=True),
    Column("current", Boolean, nullable=False, default=True),
    Column("key", NATIVE, nullable=False),
    Column("former_keys", JSON, nullable=False, default=list),
    Column("url", Text, nullable=False, default=""),
    Column("place", NATIVE, nullable=False),
    Column("version", String(64)),  # last one that was wholly consumed
    Column("state", CODE, nullable=False, default="seen"),  # seen, unseen, out, final
    Column("reason", String(300), nullable=False, default=""),
    Column("inside_at", DateTime),  # last read that saw it in scope
)

base = Table(
    "tandem_base",
    metadata,
    Column("link", CODE, ForeignKey("tandem_link.id"), primary_key=True),
    Column("side", CODE, primary_key=True),
    Column("field", NAME, primary_key=True),
    Column("mapping", String(64), nullable=False),  # hash of the contract's mapping under which it was stored
    Column("sealed", Text, nullable=False),  # {"value": …, "unsaid": …}
)

event = Table(
    "tandem_event",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("pair", NAME, nullable=False),
    Column("side", CODE, nullable=False),
    Column("ticket", NATIVE, nullable=False),
    Column("key", NAME, nullable=False),  # made:…, field:…, comment:…, file:…, lost:…
    Column("kind", CODE, nullable=False),  # made, field, comment, file
    Column("field", NAME),
    Column("order", NAME, nullable=False),  # within its series
    Column("at", DateTime, nullable=False),  # in our clock
    Column("person", Boolean, nullable=False, default=True),  # false: a house rule
    Column("state", CODE),  # none only between extract and reconcile of the run that read it
    Column("reason", String(300), nullable=False, default=""),
    Column("action", CODE),
    Column("cause", NAME),  # what it claims at its targets, the same in every pair (none: its own id)
    Column("run", NAME),
    Column("sealed", Text),
    UniqueConstraint("pair", "side", "ticket", "key"),
    Index("ix_tandem_event_pair_state", "pair", "state"),
)

action = Table(
    "tandem_action",
    metadata,
    Column("id", CODE, primary_key=True),
    Column("pair", NAME, nullable=False),
    Column("run", NAME, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("link", CODE, ForeignKey("tandem_link.id"), nullable=False),
    Column("side", CODE, nullable=False),  # that is written to
    Column("kind", CODE, nullable=False),  # create, update, status, comment, attach
    Column("state", CODE, nullable=False),  # planned, sent, done, failed, cancelled, withdrawn
    Column("causes", JSON, nullable=False),  # ids of the events that it carries
    Column("fence", Number),
    Column("native", NATIVE),  # what was made
    Column("history", NATIVE),
    Column("error", CODE),
    Column("reason", String(300), nullable=False, default=""),
    Column("planned_at", DateTime, nullable=False),
    Column("sent_at", DateTime),
    Column("done_at", DateTime),
    Column("settled_at", DateTime),
    Column("sealed", Text, nullable=False),  # what is meant, before-image, answer
    Index("ix_tandem_action_pair_state", "pair", "state"),
    Index("ix_tandem_action_pair_run", "pair", "run", "seq"),
    Index("ix_tandem_action_pair_history", "pair", "history"),
    Index("ix_tandem_action_kind_state", "kind", "state"),  # of all pairs: those that have no answer yet
)

conflict = Table(
    "tandem_conflict",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("pair", NAME, nullable=False),
    Column("link", CODE, ForeignKey("tandem_link.id"), nullable=False, index=True),
    Column("field", NAME, nullable=False),
    Column("rule", CODE, nullable=False),
    Column("winner", CODE),  # none while held
    Column("state", CODE, nullable=False),  # held, decided, settled
    Column("run", NAME, nullable=False),
    Column("opened_at", DateTime, nullable=False),
    Column("closed_at", DateTime),
    Column("sealed", Text, nullable=False),  # base and value of both sides
)

# One direction of one link set aside (field: that field alone). ``side`` is where the ticket comes from.
quarantine = Table(
    "tandem_quarantine",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("pair", NAME, nullable=False),
    Column("link", CODE, ForeignKey("tandem_link.id"), nullable=False, index=True),
    Column("side", CODE, nullable=False),
    Column("field", NAME, nullable=False, default=""),
    Column("code", CODE, nullable=False),
    Column("key", NAME, nullable=False, default=""),  # of the contract
    Column("state", CODE, nullable=False),  # open, parked, released
    Column("tries", Integer, nullable=False, default=1),
    Column("opened_at", DateTime, nullable=False),
    Column("next_try", DateTime),
    Column("closed_at", DateTime),
    Column("sealed", Text, nullable=False),  # message with values
    Index("ix_tandem_quarantine_pair_state", "pair", "state"),
)

# Tickets in scope at the first run that it does not take: ids alone.
before_start = Table(
    "tandem_before_start",
    metadata,
    Column("pair", NAME, primary_key=True),
    Column("side", CODE, primary_key=True),
    Column("ticket", NATIVE, primary_key=True),
)

# Tickets that somebody said to look at now: ids alone. The next run reads them and forgets that they were named.
wake = Table(
    "tandem_wake",
    metadata,
    Column("pair", NAME, primary_key=True),
    Column("side", CODE, primary_key=True),
    Column("ticket", NATIVE, primary_key=True),
    Column("at", DateTime, nullable=False),
    Column("anew", Boolean),  # with what happened on it, though it did not change
)

# What was told to people once, and limits that a person raised for the next run.
notice = Table(
    "tandem_notice",
    metadata,
    Column("pair", NAME, primary_key=True),
    Column("kind", CODE, primary_key=True),
    Column("cause", NAME, primary_key=True),
    Column("at", DateTime, nullable=False),
)

# What keeps a pair from writing until a person lets it: ``relink``.
hold = Table(
    "tandem_hold",
    metadata,
    Column("pair", NAME, primary_key=True),
    Column("cause", CODE, primary_key=True),
    Column("detail", JSON, nullable=False),
    Column("at", DateTime, nullable=False),
)

approval = Table(
    "tandem_approval",
    metadata,
    Column("pair", NAME, primary_key=True),
    Column("limit", CODE, primary_key=True),
    Column("side", NAME, primary_key=True),  # the offer's name, with the field for emptied ones
    Column("value", Integer, nullable=False),
    Column("by", NAME, nullable=False),
    Column("at", DateTime, nullable=False),
)
