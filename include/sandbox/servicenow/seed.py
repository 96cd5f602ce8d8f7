# SPDX-License-Identifier: Apache-2.0
"""The tasks that are there when the sandbox starts, made by the people of the world file."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from sandbox.servicenow import writes
from sandbox.servicenow.instance import Instance
from sandbox.servicenow.schema import made_id


class Seed(BaseModel):
    """One row in the world file. `by` and `assigned_to` are aliases of people, `assignment_group` a group's name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str = "incident"
    by: str
    short_description: str
    description: str = ""
    assigned_to: str | None = None
    assignment_group: str | None = None
    fields: dict[str, Any] = {}
    comments: tuple[str, ...] = ()
    work_notes: tuple[str, ...] = ()


def sow(instance: Instance) -> None:
    """Raises: pydantic.ValidationError, KeyError for an unknown alias, SnowError for a row against the rules."""
    for raw in instance.tenant.tickets:
        seed = Seed.model_validate(raw)
        user = instance.user(instance.tenant.people[seed.by])
        body = {**seed.fields, "short_description": seed.short_description, "description": seed.description}
        if seed.assigned_to is not None:
            body["assigned_to"] = instance.user(instance.tenant.people[seed.assigned_to]).sys_id
        if seed.assignment_group is not None:
            body["assignment_group"] = made_id("sys_user_group", seed.assignment_group)
        row = writes.create(instance, user, seed.table, {"caller_id": user.sys_id, **body})
        for element, texts in (("comments", seed.comments), ("work_notes", seed.work_notes)):
            for text in texts:
                writes.update(instance, user, seed.table, row, {element: text})
