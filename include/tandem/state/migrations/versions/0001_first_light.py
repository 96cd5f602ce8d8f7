# SPDX-License-Identifier: Apache-2.0
"""First light: all tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "tandem_approval",
        sa.Column("pair", sa.String(length=200), nullable=False),
        sa.Column("limit", sa.String(length=32), nullable=False),
        sa.Column("side", sa.String(length=200), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "limit", "side", name=op.f("pk_tandem_approval")),
    )
    op.create_table(
        "tandem_before_start",
        sa.Column("pair", sa.String(length=200), nullable=False),
        sa.Column("side", sa.String(length=32), nullable=False),
        sa.Column("ticket", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("pair", "side", "ticket", name=op.f("pk_tandem_before_start")),
    )
    op.create_table(
        "tandem_edge",
        sa.Column("system", sa.String(length=200), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("way", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("system", "place", "type", "source", "way", name=op.f("pk_tandem_edge")),
    )
    op.create_table(
        "tandem_event",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("pair", sa.String(length=200), nullable=False),
        sa.Column("side", sa.String(length=32), nullable=False),
        sa.Column("ticket", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("field", sa.String(length=200), nullable=True),
        sa.Column("order", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("person", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=True),
        sa.Column("cause", sa.String(length=200), nullable=True),
        sa.Column("run", sa.String(length=200), nullable=True),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tandem_event")),
        sa.UniqueConstraint("pair", "side", "ticket", "key", name=op.f("uq_tandem_event_pair_side_ticket_key")),
    )
    op.create_index("ix_tandem_event_pair_state", "tandem_event", ["pair", "state"], unique=False)
    op.create_table(
        "tandem_hub",
        sa.Column("pair", sa.String(length=200), nullable=False),
        sa.Column("run", sa.String(length=200), nullable=False),
        sa.Column("side", sa.String(length=32), nullable=False),
        sa.Column("ticket", sa.String(length=200), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "run", "side", "ticket", name=op.f("pk_tandem_hub")),
    )
    op.create_table(
        "tandem_lease",
        sa.Column("pair", sa.String(length=200), nullable=False),
        sa.Column("fence", NUMBER, nullable=False),
        sa.Column("run", sa.String(length=200), nullable=True),
        sa.Column("task", sa.String(length=32), nullable=True),
        sa.Column("host", sa.String(length=200), nullable=True),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("pid_started", sa.Float(), nullable=True),
        sa.Column("until", sa.DateTime(), nullable=True),
        sa.Column("doing", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("pair", name=op.f("pk_tandem_lease")),
    )
    op.create_table(
        "tandem_wait",
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("endpoint", sa.String(length=200), nullable=False),
        sa.Column("ticket", sa.String(length=200), nullable=False),
        sa.Column("not_before", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "endpoint", "ticket", name=op.f("pk_tandem_wait")),
    )
    op.create_table(
        "tandem_notice",
        sa.Column("pair", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "kind", "cause", name=op.f("pk_tandem_notice")),
    )
    op.create_table(
        "tandem_origin",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("system", sa.String(length=200), nullable=False),
        sa.Column("native", sa.String(length=200), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("company", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=True),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tandem_origin")),
        sa.UniqueConstraint("system", "kind", "native", name=op.f("uq_tandem_origin_system_kind_native")),
    )
    op.create_table(
        "tandem_record",
        sa.Column("pair", sa.String(length=200), nullable=False),
        sa.Column("side", sa.String(length=32), nullable=False),
        sa.Column("ticket", sa.String(length=200), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=200), nullable=False),
        sa.Column("in_scope", sa.Boolean(), nullable=False),
        sa.Column("scope_reason", sa.String(length=100), nullable=False),
        sa.Column("final", sa.String(length=200), nullable=True),
        sa.Column("read_at", sa.DateTime(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("pair", "side", "ticket", "version", name=op.f("pk_tandem_record")),
    )
    op.create_table(
        "tandem_run",
        sa.Column("pair", sa.String(length=200), nullable=False),
        sa.Column("run", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("window_start", sa.DateTime(), nullable=True),
        sa.Column("window_end", sa.DateTime(), nullable=True),
        sa.Column("tickets", sa.JSON(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("config_hash", sa.String(length=64), nullable=True),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("pair", "run", name=op.f("pk_tandem_run")),
    )
    op.create_index("ix_tandem_run_pair_started_at", "tandem_run", ["pair", "started_at"], unique=False)
    op.create_table(
        "tandem_run_ticket",
        sa.Column("pair", sa.String(length=200), nullable=False),
        sa.Column("run", sa.String(length=200), nullable=False),
        sa.Column("side", sa.String(length=32), nullable=False),
        sa.Column("ticket", sa.String(length=200), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("why", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("pair", "run", "side", "ticket", name=op.f("pk_tandem_run_ticket")),
    )
    op.create_table(
        "tandem_side",
        sa.Column("pair", sa.String(length=200), nullable=False),
        sa.Column("side", sa.String(length=32), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("read_at", sa.DateTime(), nullable=True),
        sa.Column("swept_at", sa.DateTime(), nullable=True),
        sa.Column("preflight_at", sa.DateTime(), nullable=True),
        sa.Column("clock_offset", sa.Float(), nullable=False),
        sa.Column("dictionary", sa.JSON(), nullable=True),
        sa.Column("bindings", sa.JSON(), nullable=True),
        sa.Column("highest", sa.JSON(), nullable=True),
        sa.Column("start", sa.String(length=32), nullable=True),
        sa.Column("offered", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("pair", "side", name=op.f("pk_tandem_side")),
    )
    op.create_table(
        "tandem_hold",
        sa.Column("pair", sa.String(length=200), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "cause", name=op.f("pk_tandem_hold")),
    )
    op.create_table(
        "tandem_link",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("pair", sa.String(length=200), nullable=False),
        sa.Column("origin", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["origin"], ["tandem_origin.id"], name=op.f("fk_tandem_link_origin")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tandem_link")),
        sa.UniqueConstraint("pair", "origin", name=op.f("uq_tandem_link_pair_origin")),
    )
    op.create_index("ix_tandem_link_pair_pending", "tandem_link", ["pair", "pending"], unique=False)
    op.create_table(
        "tandem_presence",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("origin", sa.String(length=32), nullable=False),
        sa.Column("system", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("native", sa.String(length=200), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("ticket", sa.String(length=200), nullable=False),
        sa.Column("former", sa.JSON(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=True),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("wrote", sa.String(length=64), nullable=True),
        sa.Column("said", sa.String(length=64), nullable=True),
        sa.Column("onward", sa.Boolean(), nullable=True),
        sa.Column("names", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["origin"], ["tandem_origin.id"], name=op.f("fk_tandem_presence_origin")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tandem_presence")),
        sa.UniqueConstraint("system", "kind", "native", name=op.f("uq_tandem_presence_system_kind_native")),
    )
    op.create_index("ix_tandem_presence_origin_system", "tandem_presence", ["origin", "system"], unique=False)
    op.create_table(
        "tandem_action",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("pair", sa.String(length=200), nullable=False),
        sa.Column("run", sa.String(length=200), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("link", sa.String(length=32), nullable=False),
        sa.Column("side", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("causes", sa.JSON(), nullable=False),
        sa.Column("fence", NUMBER, nullable=True),
        sa.Column("native", sa.String(length=200), nullable=True),
        sa.Column("history", sa.String(length=200), nullable=True),
        sa.Column("error", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("planned_at", sa.DateTime(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["link"], ["tandem_link.id"], name=op.f("fk_tandem_action_link")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tandem_action")),
    )
    op.create_index("ix_tandem_action_pair_history", "tandem_action", ["pair", "history"], unique=False)
    op.create_index("ix_tandem_action_pair_run", "tandem_action", ["pair", "run", "seq"], unique=False)
    op.create_index("ix_tandem_action_pair_state", "tandem_action", ["pair", "state"], unique=False)
    op.create_table(
        "tandem_base",
        sa.Column("link", sa.String(length=32), nullable=False),
        sa.Column("side", sa.String(length=32), nullable=False),
        sa.Column("field", sa.String(length=200), nullable=False),
        sa.Column("mapping", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["link"], ["tandem_link.id"], name=op.f("fk_tandem_base_link")),
        sa.PrimaryKeyConstraint("link", "side", "field", name=op.f("pk_tandem_base")),
    )
    op.create_table(
        "tandem_conflict",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("pair", sa.String(length=200), nullable=False),
        sa.Column("link", sa.String(length=32), nullable=False),
        sa.Column("field", sa.String(length=200), nullable=False),
        sa.Column("rule", sa.String(length=32), nullable=False),
        sa.Column("winner", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("run", sa.String(length=200), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["link"], ["tandem_link.id"], name=op.f("fk_tandem_conflict_link")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tandem_conflict")),
    )
    op.create_index(op.f("ix_tandem_conflict_link"), "tandem_conflict", ["link"], unique=False)
    op.create_table(
        "tandem_member",
        sa.Column("pair", sa.String(length=200), nullable=False),
        sa.Column("side", sa.String(length=32), nullable=False),
        sa.Column("ticket", sa.String(length=200), nullable=False),
        sa.Column("link", sa.String(length=32), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("former_keys", sa.JSON(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("inside_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["link"], ["tandem_link.id"], name=op.f("fk_tandem_member_link")),
        sa.PrimaryKeyConstraint("pair", "side", "ticket", name=op.f("pk_tandem_member")),
    )
    op.create_index(op.f("ix_tandem_member_link"), "tandem_member", ["link"], unique=False)
    op.create_table(
        "tandem_quarantine",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("pair", sa.String(length=200), nullable=False),
        sa.Column("link", sa.String(length=32), nullable=False),
        sa.Column("side", sa.String(length=32), nullable=False),
        sa.Column("field", sa.String(length=200), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("next_try", sa.DateTime(), nullable=True),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["link"], ["tandem_link.id"], name=op.f("fk_tandem_quarantine_link")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tandem_quarantine")),
    )
    op.create_index(op.f("ix_tandem_quarantine_link"), "tandem_quarantine", ["link"], unique=False)
    op.create_index("ix_tandem_quarantine_pair_state", "tandem_quarantine", ["pair", "state"], unique=False)
    op.create_table(
        "tandem_claim",
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["action"], ["tandem_action.id"], name=op.f("fk_tandem_claim_action")),
        sa.PrimaryKeyConstraint("cause", "target", name=op.f("pk_tandem_claim")),
    )
    op.create_index(op.f("ix_tandem_claim_action"), "tandem_claim", ["action"], unique=False)
