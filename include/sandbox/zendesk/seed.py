# SPDX-License-Identifier: Apache-2.0
"""The tickets that are there when the sandbox starts, made by the people of the world file."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from sandbox.zendesk.desk import Desk
from sandbox.zendesk.tickets import create_ticket


class SeedTicket(BaseModel):
    """A ticket in the world file. `requester` and `assignee` are aliases of people."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str
    requester: str
    comment: str
    public: bool = True
    assignee: str | None = None
    status: str | None = None
    priority: str | None = None
    type: str | None = None
    tags: tuple[str, ...] = ()
    external_id: str | None = None
    custom_fields: dict[int, Any] = {}


def sow(desk: Desk) -> None:
    """Raises: pydantic.ValidationError, KeyError for an unknown alias, ZendeskError for a ticket against the rules."""
    for raw in desk.tenant.tickets:
        seed = SeedTicket.model_validate(raw)
        ids = {alias: desk.user_by_email(person.email) for alias, person in desk.tenant.people.items()}
        requester = ids[seed.requester]
        if requester is None:
            raise KeyError(seed.requester)
        body = seed.model_dump(include={"subject", "priority", "type", "external_id"}, exclude_none=True)
        body |= {"tags": list(seed.tags), "custom_fields": seed.custom_fields}
        body |= {"comment": {"body": seed.comment, "public": seed.public}}
        body |= {"status": seed.status} if seed.status else {}
        if seed.assignee is not None:
            assignee = ids[seed.assignee]
            body["assignee_id"] = assignee.id if assignee else None
        create_ticket(desk, requester, body, "web")
