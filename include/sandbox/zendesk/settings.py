# SPDX-License-Identifier: Apache-2.0
"""What one can set in a simulated Zendesk, in the world file and at run time."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class CustomField(BaseModel):
    """A ticket field that the company made for itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    title: str
    type: Literal["text", "textarea", "checkbox", "integer", "decimal", "date", "regexp", "tagger", "multiselect"] = (
        "text"
    )
    options: tuple[str, ...] = ()
    """The values of a tagger or multiselect. Each is also a tag on the ticket while it is chosen."""
    required_to_solve: bool = False


class HouseRule(BaseModel):
    """What Zendesk itself does after a change: a trigger (in the same audit) or an automation (in one of its own)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    kind: Literal["trigger", "automation"] = "trigger"
    when: dict[str, Any] = {}
    """Fields that a write must just have changed to these values; none: whenever a ticket is created."""
    set: dict[str, Any]
    """As in the body of an update: `{"priority": "high", "additional_tags": ["vip"]}`."""


class ZendeskSettings(BaseModel):
    """The numbers are Zendesk's own unless the world says otherwise; limits are off unless set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    export_lag: float = Field(default=60, ge=0)
    """Seconds at the end that incremental exports leave out; the unfinished second is always left out."""
    search_lag: float = Field(default=60, ge=0)
    """Seconds until the search index knows of a write."""
    job_delay: float = Field(default=0.2, ge=0)
    """Seconds until a background job is done; for the first half it is `queued`, then `working`."""
    job_limit: int = Field(default=30, ge=1)
    requests_per_minute: int | None = Field(default=None, ge=1)
    """Of the whole account. Not enforced if None, but the headers then speak of 700."""
    exports_per_minute: int | None = Field(default=None, ge=1)
    """Incremental exports; a real Zendesk allows 10."""
    updates_per_ticket: int | None = Field(default=None, ge=1)
    """By one user to one ticket in ten minutes; a real Zendesk allows 30."""
    rate_headers: Literal["ratelimit", "rate-limit"] = "ratelimit"
    """Which of the two spellings stands next to `x-rate-limit`: both occur in recordings."""
    subject_limit: int = 255
    comment_limit: int = 65_535
    """Bytes."""
    attachment_limit: int = 50 * 1024 * 1024
    ticket_fields: tuple[CustomField, ...] = ()
    house_rules: tuple[HouseRule, ...] = ()
    ignores: dict[str, tuple[str, ...]] = {}
    """Alias of an account: fields (own ones as `custom_field_1`) or `comment`. What it writes there is answered as
    ever, and has no effect."""
    renamed: dict[str, str] = {}
    """Group or brand: the name that it has now. Its id stays."""
    hidden: dict[str, tuple[int, ...]] = {}
    """By e-mail address: tickets that this account may not see (lists are shorter, reading one is a 404)."""
    restricted: dict[str, Literal["groups", "organization", "assigned"]] = {}
    """By e-mail address: agents whose role lets them see a part of the tickets alone. What that is `hidden` says."""
    account_ids: dict[str, int] = {}
    """Alias: user id; else one is given."""
    tags: tuple[str, ...] = ()
    """Tags that the account offers although no ticket bears them yet."""
