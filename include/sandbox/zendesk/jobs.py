# SPDX-License-Identifier: Apache-2.0
"""Background jobs: accepted at once, done a little later, item by item, each with an outcome of its own."""

import secrets
from collections.abc import Callable
from typing import Any

from sandbox.zendesk import errors
from sandbox.zendesk.desk import Desk
from sandbox.zendesk.records import ACCOUNT_ID, Job

Step = Callable[[], dict[str, Any]]
"""Does one item of a job and says what became of it. Raises: ZendeskError."""


class Jobs:
    """The jobs of one desk. What is due is done before anything is asked, at the time when it was due."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._waiting: list[tuple[Job, list[Step]]] = []

    def add(self, steps: list[Step], doing: str) -> Job:
        """Raises: ZendeskError (429) if too many are waiting already."""
        if len(self._waiting) >= self._desk.settings.job_limit:
            raise errors.too_many_jobs()
        now = self._desk.now()
        due = now + self._desk.settings.job_delay
        job = Job(f"V3-{secrets.token_hex(16)}", len(self._desk.jobs) + 1, len(steps), now, due, doing)
        self._desk.jobs[job.id] = job
        self._waiting.append((job, steps))
        return job

    def run_due(self) -> None:
        """In the order in which they came in."""
        now = self._desk.now()
        due = [waiting for waiting in self._waiting if waiting[0].due_at <= now]
        self._waiting = [waiting for waiting in self._waiting if waiting[0].due_at > now]
        for job, steps in due:
            with self._desk.at(job.due_at):
                job.results = [_outcome(index, step) for index, step in enumerate(steps)]


def _outcome(index: int, step: Step) -> dict[str, Any]:
    try:
        return step()
    except errors.ZendeskError as error:
        details = str(error.body.get("details") or error.body.get("description"))
        return {"index": index, "error": error.body["error"], "details": details, "success": False}


def created(index: int, number: int) -> dict[str, Any]:
    return {"index": index, "id": number, "account_id": ACCOUNT_ID}


def done(action: str, number: int) -> dict[str, Any]:
    return {"action": action, "status": f"{action.capitalize()}d", "success": True, "id": number}
