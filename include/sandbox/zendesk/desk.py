# SPDX-License-Identifier: Apache-2.0
"""The state of one simulated Zendesk: its users, tickets, files and what the search index knows of them."""

import base64
import copy
import secrets
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sandbox.clock import Clock
from sandbox.tracker import with_changes
from sandbox.world import Tenant
from sandbox.zendesk import errors
from sandbox.zendesk.records import Attachment, Job, Organization, Ticket, Upload, User
from sandbox.zendesk.settings import ZendeskSettings

UPDATES_WINDOW = 600
UPLOAD_SECONDS = 3 * 86400


class Desk:
    """State and look-ups. The rules of writing are in `tickets` and `comments`."""

    def __init__(self, tenant: Tenant, clock: Clock, url: str) -> None:
        self.tenant = tenant
        self.clock = clock
        self.url = url
        self.settings = ZendeskSettings.model_validate(tenant.settings)
        self.users: dict[int, User] = {}
        self.organizations: dict[int, Organization] = {}
        self.tickets: dict[int, Ticket] = {}
        self.uploads: dict[str, Upload] = {}
        self.files: dict[str, Attachment] = {}
        """By the token in their address."""
        self.jobs: dict[str, Job] = {}
        self.updates: defaultdict[tuple[int, int], deque[float]] = defaultdict(deque)
        """When each user updated each ticket, newest last."""
        self._pending: list[tuple[float, Ticket]] = []
        self._indexed: dict[int, Ticket] = {}
        self._last_id = 6164039218714
        self._last_ticket = 0
        self._at: float | None = None
        self.started_at = self.now()
        for alias, person in tenant.people.items():
            user = self.add_user(person.name, person.email, person.role, self.settings.account_ids.get(alias))
            user.person, user.time_zone = person, person.zone or tenant.zone

    def now(self) -> float:
        """Seconds since 1970; for a background job, the time at which it was due."""
        return self.clock.timestamp() if self._at is None else self._at

    @contextmanager
    def at(self, time: float) -> Iterator[None]:
        """What happens in the block happens at that time."""
        self._at = time
        try:
            yield
        finally:
            self._at = None

    def new_id(self) -> int:
        """Ids of all but tickets are beyond 32 bits, and grow."""
        self._last_id += 128
        while self._last_id in self.settings.account_ids.values():
            self._last_id += 128
        return self._last_id

    def new_ticket_id(self) -> int:
        self._last_ticket += 1
        return self._last_ticket

    def add_user(self, name: str, email: str | None, role: str = "end-user", number: int | None = None) -> User:
        now = self.now()
        user = User(self.new_id() if number is None else number, name, email, role, now, now)
        self.users[user.id] = user
        return user

    def user_by_email(self, email: str) -> User | None:
        return next((u for u in self.users.values() if u.email and u.email.lower() == email.lower()), None)

    def authenticated(self, headers: Mapping[str, str]) -> User | None:
        """Whose credentials these are: Basic with `email/token:TOKEN` or `email:password`; None if nobody's."""
        scheme, _, encoded = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            return None
        by_token = name.endswith("/token")
        user = self.user_by_email(name.removesuffix("/token"))
        if user is None or user.person is None or not (user.active and user.person.active):
            return None
        expected = user.person.token if by_token else user.person.password
        return user if expected and secrets.compare_digest(expected.encode(), secret.encode()) else None

    def ignores(self, user: User, part: str) -> bool:
        """Whether what the user writes there is answered as if it were done, and is not."""
        people = self.tenant.people
        return any(part in parts for alias, parts in self.settings.ignores.items() if people.get(alias) == user.person)

    def called(self, name: str) -> str:
        """The present name of a group or brand."""
        return self.settings.renamed.get(name, name)

    def sees(self, user: User, ticket: Ticket) -> bool:
        hidden = self.settings.hidden.get(user.email or "", ())
        return not ticket.deleted and ticket.id not in hidden

    def visible(self, user: User) -> list[Ticket]:
        """By id."""
        return [ticket for _, ticket in sorted(self.tickets.items()) if self.sees(user, ticket)]

    def has_incidents(self, problem: Ticket) -> bool:
        return any(ticket.values["problem_id"] == problem.id for ticket in self.tickets.values())

    def ticket(self, user: User, number: int) -> Ticket:
        """Raises: ZendeskError (404), also for one that this user may not see."""
        ticket = self.tickets.get(number)
        if ticket is None or not self.sees(user, ticket):
            raise errors.not_found()
        return ticket

    def touch(self, ticket: Ticket, *, visibly: bool = True) -> None:
        """Notes a change: exports see it by `generated_at` at once, the search index later."""
        ticket.generated_at = self.now()
        if visibly:
            ticket.updated_at = ticket.generated_at
        self._pending.append((ticket.generated_at, copy.copy(ticket)))

    def forget(self, ticket: Ticket) -> None:
        """The ticket was never here; its number is not given again."""
        del self.tickets[ticket.id]
        self._indexed.pop(ticket.id, None)
        self._pending = [waiting for waiting in self._pending if waiting[1].id != ticket.id]

    def searchable(self) -> list[Ticket]:
        """The tickets as the search index has them: as they were `search_lag` seconds ago, by id."""
        until = self.now() - self.settings.search_lag
        self._indexed |= {snapshot.id: snapshot for at, snapshot in self._pending if at <= until}
        self._pending = [waiting for waiting in self._pending if waiting[0] > until]
        return [ticket for _, ticket in sorted(self._indexed.items())]

    def count_update(self, user: User, ticket: Ticket) -> tuple[int, int] | None:
        """Counts an update against the ticket's budget: (left, seconds until it is full again); None without a limit.

        Raises: ZendeskError (429).
        """
        limit = self.settings.updates_per_ticket
        if limit is None:
            return None
        now, times = self.now(), self.updates[user.id, ticket.id]
        while times and times[0] <= now - UPDATES_WINDOW:
            times.popleft()
        if len(times) >= limit:
            wait = int(times[0] + UPDATES_WINDOW - now) + 1
            raise errors.rate_limited(str(wait), "Number of allowed updates to this ticket exceeded")
        times.append(now)
        return limit - len(times), int(times[0] + UPDATES_WINDOW - now)

    def add_upload(self, name: str, content_type: str, content: bytes, token: str | None) -> Upload:
        """Raises: ZendeskError (413, 422)."""
        if len(content) > self.settings.attachment_limit:
            raise errors.ZendeskError(413, {"error": "AttachmentTooLarge", "description": "Attachment is too large"})
        upload = self.uploads.get(token) if token else None
        if token and upload is None:
            raise errors.invalid("token", "is invalid")
        if upload is None:
            upload = Upload(secrets.token_urlsafe(18), self.now() + UPLOAD_SECONDS, [])
            self.uploads[upload.token] = upload
        file = Attachment(self.new_id(), secrets.token_urlsafe(18), name, content_type, content)
        upload.attachments.append(file)
        self.files[file.token] = file
        return upload

    def take_uploads(self, tokens: Any) -> list[Attachment]:
        """The files of these tokens (one, or a list), which are thereby used up. Raises: ZendeskError (422)."""
        named = [tokens] if isinstance(tokens, str) else list(tokens or ())
        known = [self.uploads.get(str(token)) for token in named]
        uploads = [upload for upload in known if upload is not None and upload.expires_at > self.now()]
        if len(uploads) < len(named):
            raise errors.invalid("uploads", "token is invalid or used up")
        for upload in uploads:
            del self.uploads[upload.token]
        return [file for upload in uploads for file in upload.attachments]

    def set_settings(self, changes: Mapping[str, Any]) -> None:
        self.settings = ZendeskSettings.model_validate(with_changes(self.settings.model_dump(), changes))
