# SPDX-License-Identifier: Apache-2.0
"""What each kind of simulated tracker gives the core, and where the kinds are found.

The whole sandbox runs on one event loop. A handler is an `async def` that reads its body first and then works on its
state without awaiting anything: that alone makes every request atomic, and no lock is needed. (A plain `def` handler
would run in a thread: don't.)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any, Protocol, cast

from starlette.responses import Response
from starlette.types import ASGIApp

from sandbox.clock import Clock
from sandbox.world import Person, Tenant

KINDS = {
    "zendesk": "sandbox.zendesk.tracker:ZendeskTracker",
    "jira": "sandbox.jira.tracker:JiraTracker",
    "servicenow": "sandbox.servicenow.tracker:ServiceNowTracker",
    "azure_devops": "sandbox.azure_devops.tracker:AzureDevOpsTracker",
}


@dataclass(frozen=True)
class Row:
    """One ticket in the list page."""

    key: str
    title: str
    status: str
    priority: str
    changed: datetime
    by: str
    """Display name of who changed it last."""


@dataclass(frozen=True)
class PageFile:
    name: str
    size: int
    href: str
    """Path on this tenant's port that shows the file."""


@dataclass(frozen=True)
class PageComment:
    author: str
    at: datetime
    text: str
    """Plain text; the page escapes it."""
    internal: bool = False
    files: tuple[PageFile, ...] = ()


@dataclass(frozen=True)
class PageChange:
    at: datetime
    by: str
    field: str
    old: str
    new: str


@dataclass(frozen=True)
class Detail:
    """One ticket's page: all of it plain text, in the order in which it is to be shown."""

    row: Row
    description: str
    author: str
    """Who said the description, by display name."""
    fields: tuple[tuple[str, str], ...]
    comments: tuple[PageComment, ...]
    history: tuple[PageChange, ...]
    files: tuple[PageFile, ...] = ()
    statuses: tuple[str, ...] = ()
    """What the form offers as next status, the present one included."""
    priorities: tuple[str, ...] = ()
    internal: bool = False
    """Whether the description is not for the customer."""
    internal_comments: bool = True
    """Whether there are comments that are not for the customer."""


@dataclass(frozen=True)
class Upload:
    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Act:
    """What a person filled into the form; None or empty means: leave as it is."""

    title: str | None = None
    status: str | None = None
    priority: str | None = None
    comment: str | None = None
    """What the person says; of a ticket that is being made, its description."""
    internal: bool = False
    files: tuple[Upload, ...] = field(default=())


def with_changes(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Put changed settings over those in force; one that is None goes back to what it is unless set."""
    return {name: value for name, value in {**settings, **changes}.items() if name not in changes or value is not None}


class Refused(Exception):
    """The tracker's rules forbid what a person tried; the text is shown to them."""


class Tracker(Protocol):
    """One simulated tracker. Constructed as `Kind(tenant, clock, url)`; `url` has no slash at its end."""

    app: ASGIApp
    """The vendor's API. It gets every request but those to `/` and `/ui/...`."""

    def __init__(self, tenant: Tenant, clock: Clock, url: str) -> None: ...

    def account_of(self, headers: Mapping[str, str]) -> str | None:
        """E-mail address of the account whose valid credentials these are (lower-case header names); for the log."""

    def rate_limited(self, retry_after: str | None) -> Response:
        """The vendor's own 429; `retry_after` is the header's value as sent, None for no such header."""

    def refusal(self, status: int, text: str, field: str | None) -> Response:
        """The vendor's own 4xx for a write that its rules do not allow, blaming a field or none."""

    def server_error(self, status: int) -> Response:
        """The vendor's own 5xx."""

    def settings(self) -> dict[str, Any]:
        """The settings in force, as JSON."""

    def change_settings(self, changes: Mapping[str, Any]) -> None:
        """Sets the named ones at run time, None: as if never set.

        Raises pydantic.ValidationError and changes nothing if they do not fit.
        """

    def rows(self) -> list[Row]:
        """All tickets, last changed first."""

    def detail(self, key: str) -> Detail | None:
        """One ticket, None if there is none of this key."""

    def act(self, person: Person, key: str | None, act: Act) -> str:
        """Does it as that person through the same rules as the API; without a key creates. Returns the key.

        Raises: Refused.
        """


def build(tenant: Tenant, clock: Clock, url: str) -> Tracker:
    """Makes the tracker of the tenant's kind; a kind is imported only when a world has it."""
    module, _, name = KINDS[tenant.kind].partition(":")
    return cast(Tracker, getattr(import_module(module), name)(tenant, clock, url))
