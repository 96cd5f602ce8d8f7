# SPDX-License-Identifier: Apache-2.0
"""Throttling: who uses much is asked to wait, at first with answers that are right all the same."""

from collections import deque

from sandbox.azure_devops import errors
from sandbox.azure_devops.organization import Organization
from sandbox.azure_devops.people import Identity

WINDOW = 300.0
"""Seconds over which use is counted."""
PATIENCE = 1.5
"""So many times the limit are answered, late; beyond, requests are refused."""


class Throttle:
    """What each account used in the last five minutes."""

    def __init__(self) -> None:
        self._used: dict[str, deque[float]] = {}

    def count(self, organization: Organization, who: Identity) -> dict[str, str]:
        """Count a request, and tell how things stand; nothing while they stand well.

        Raises: AzureError (429).
        """
        limit = organization.settings.throttle
        if limit is None:
            return {}
        now = organization.clock.timestamp()
        used = self._used.setdefault(who.id, deque())
        while used and used[0] <= now - WINDOW:
            used.popleft()
        if len(used) >= limit * PATIENCE:
            raise errors.blocked()
        used.append(now)
        return self.told(organization, who) if len(used) > limit * 0.8 else {}

    def told(self, organization: Organization, who: Identity | None) -> dict[str, str]:
        """The headers; of nobody in particular, those of a refusal."""
        limit = organization.settings.throttle or 200
        now = organization.clock.timestamp()
        used = self._used.get(who.id, deque()) if who else deque([now - WINDOW + 30] * limit)
        over = len(used) >= limit
        reset = (used[0] if used else now) + WINDOW
        wait = {"Retry-After": str(max(1, int(reset - now)))} if over else {}
        return {
            "X-RateLimit-Resource": "Core",
            "X-RateLimit-Delay": "0.5" if over else "0",
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(0, limit - len(used))),
            "X-RateLimit-Reset": str(int(reset)),
            **wait,
        }
