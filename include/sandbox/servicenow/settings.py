# SPDX-License-Identifier: Apache-2.0
"""What one can set in a simulated ServiceNow, in the world file and at run time."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal[
    "string", "integer", "decimal", "boolean", "glide_date", "glide_date_time", "glide_list", "reference", "html"
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ColumnSettings(_Part):
    """A column that the company made for itself; its name begins with `u_`."""

    label: str
    type: Kind = "string"
    max_length: int = Field(default=40, ge=1)
    reference: str = ""
    """Table that a reference or a list names rows of; none: a list of texts."""
    choices: dict[str, str] = {}
    """Stored value: label."""
    mandatory: bool = False


class TableSettings(_Part):
    """A table that the company made for itself, on top of another."""

    label: str
    extends: str = "task"
    prefix: str = "TSK"


class RuleSettings(_Part):
    """A business rule: what the instance itself does when a row is written."""

    table: str
    when: dict[str, str] = {}
    """Columns that the write must just have brought to these values; none: whenever a row is made."""
    set: dict[str, str]
    by: str | None = None
    """None: within the same update, before it is stored. Else an update of its own, by this user name."""


class PolicySettings(_Part):
    """A data policy: what must be filled while columns have these values."""

    table: str
    when: dict[str, tuple[str, ...]]
    mandatory: tuple[str, ...]


INCIDENT_POLICIES = (
    PolicySettings(table="incident", when={"state": ("3",)}, mandatory=("hold_reason",)),
    PolicySettings(table="incident", when={"state": ("6", "7")}, mandatory=("close_code", "close_notes")),
)


class ServiceNowSettings(_Part):
    """As a new instance comes, unless the world says otherwise; limits are off unless set."""

    columns: dict[str, dict[str, ColumnSettings]] = {}
    """By table: columns beside the vendor's own."""
    tables: dict[str, TableSettings] = {}
    lengths: dict[str, int] = {}
    """Column of `task`, or `table.column`: another length than the vendor's."""
    choices: dict[str, dict[str, str]] = {}
    """`table.column`: choices in place of the vendor's."""
    unaudited: tuple[str, ...] = ()
    """Tables, and `table.column` by the table that defines it, whose changes leave no trace in the audit."""
    account_ids: dict[str, str] = {}
    """Alias: sys_id of the user; else one is derived from the address."""
    groups: tuple[str, ...] = ("Service Desk", "Network")
    companies: tuple[str, ...] = ()
    policies: tuple[PolicySettings, ...] = INCIDENT_POLICIES
    rules: tuple[RuleSettings, ...] = ()
    closed_is_final: bool = True
    """A closed incident takes nothing more, but from an admin."""
    invalid_query_returns_no_rows: bool = False
    """`glide.invalid_query.returns_no_rows`; as delivered, an invalid part of a query is passed over."""
    grants: dict[str, tuple[str, ...]] = {}
    """Alias: tables that only admins read as delivered (the audit, journals), and that this one may read."""
    journal_writers: tuple[str, ...] = ()
    """Aliases of those who may change what stands in journals and the audit; nobody may as delivered."""
    closed_tables: dict[str, tuple[str, ...]] = {}
    """Alias: tables that refuse this one outright (403)."""
    unreadable: dict[str, tuple[str, ...]] = {}
    """Alias: columns that are left out of what this one reads."""
    unwritable: dict[str, tuple[str, ...]] = {}
    """Alias: columns that this one's writes do not reach; nothing is said of it."""
    hidden: dict[str, tuple[str, ...]] = {}
    """Alias: numbers of rows that this one does not see."""
    requests_per_hour: int | None = Field(default=None, ge=1)
    """A rate limit rule for everyone; no such rule is active as delivered."""
    attachment_limit: int = Field(default=1024, ge=1)
    """`com.glide.attachment.max_size`, in megabytes."""
    attachment_delay: float = Field(default=1.0, ge=0)
    """Seconds until a new file's state is `available`, by the user `system`."""
    batch_calls: int | None = Field(default=None, ge=1)
    """So many calls of one batch are served, as where its 30 seconds are over; the others come back."""
    batch: bool = True
    """Whether the batch API is there for everyone; some instances protect it."""
