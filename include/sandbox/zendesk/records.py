# SPDX-License-Identifier: Apache-2.0
"""What a simulated Zendesk keeps."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from sandbox.world import Person

STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
PRIORITIES = ("low", "normal", "high", "urgent")
TYPES = ("problem", "incident", "question", "task")
CUSTOM_STATUS_IDS = {status: 6130830355738 + 128 * n for n, status in enumerate(STATUSES)}
BRAND_ID, FORM_ID, GROUP_ID, ACCOUNT_ID = 6130830354842, 6130830344474, 6130852536346, 18525119

Channel = Literal["api", "web", "rule"]


def stamp(at: float) -> str:
    """Zendesk's times have no fraction."""
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class User:
    id: int
    name: str
    email: str | None
    role: str
    created_at: float
    updated_at: float
    person: Person | None = None
    """Whose log-in this is; users that a ticket or an API call made have none."""
    external_id: str | None = None
    tags: tuple[str, ...] = ()
    active: bool = True
    time_zone: str = "UTC"
    organization_id: int | None = None
    phone: str | None = None
    notes: str | None = None
    details: str | None = None
    alias: str | None = None
    signature: str | None = None
    suspended: bool = False
    verified: bool = False
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass
class Organization:
    id: int
    name: str
    created_at: float
    updated_at: float
    details: str | None = None
    notes: str | None = None
    external_id: str | None = None
    shared_tickets: bool = False
    shared_comments: bool = False
    domain_names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass
class Attachment:
    id: int
    token: str
    file_name: str
    content_type: str
    content: bytes
    inline: bool = False
    redacted: bool = False


@dataclass
class Upload:
    """Files that wait for their comment."""

    token: str
    expires_at: float
    attachments: list[Attachment]


@dataclass
class Comment:
    id: int
    audit_id: int
    author_id: int
    html_body: str
    plain_body: str
    public: bool
    created_at: float
    attachments: list[Attachment]
    via: dict[str, Any]
    metadata: dict[str, Any]


@dataclass
class Audit:
    id: int
    ticket_id: int
    created_at: float
    author_id: int
    via: dict[str, Any]
    metadata: dict[str, Any]
    events: list["dict[str, Any] | Comment"] = field(default_factory=list)
    """A comment stands for its own event, so that what is blacked out is so here too."""


@dataclass
class Ticket:
    """`values` is what updates change. Values are replaced, never changed in place: the search index keeps copies."""

    id: int
    created_at: float
    updated_at: float
    generated_at: float
    """Grows with every change, those of Zendesk itself included; exports go by it."""
    values: dict[str, Any]
    custom: dict[int, Any]
    via: dict[str, Any]
    description: str
    is_public: bool
    submitter_id: int
    comments: list[Comment] = field(default_factory=list)
    audits: list[Audit] = field(default_factory=list)
    followup_ids: tuple[int, ...] = ()
    deleted: bool = False
    deleted_by: int | None = None
    imported: bool = False

    @property
    def status(self) -> str:
        return str(self.values["status"])


@dataclass
class Job:
    id: str
    number: int
    total: int
    created_at: float
    due_at: float
    doing: str
    """What its message says while it works: `Creating ticket`."""
    results: list[dict[str, Any]] | None = None
    """None until it is done."""
