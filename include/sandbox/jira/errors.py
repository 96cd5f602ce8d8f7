# SPDX-License-Identifier: Apache-2.0
"""What Jira says when it refuses: an HTTP status and the two-part error collection of its REST API."""

from collections.abc import Mapping

from sandbox.jira.values import JsonObject

NOT_FOUND_ISSUE = "Issue does not exist or you do not have permission to see it."


class JiraError(Exception):
    """A refusal, as the site answers it; either part of the collection may be empty."""

    def __init__(self, status: int, *messages: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("; ".join([*messages, *(fields or {}).values()]))
        self.status = status
        self.messages = messages
        self.fields = dict(fields or {})

    def body(self) -> JsonObject:
        return {"errorMessages": list(self.messages), "errors": self.fields}


class UnrecognizedField(JiraError):
    """A body with a name that the entity does not have: one of the refusals that have no `errors`."""

    def __init__(self, name: str, entity: str) -> None:
        super().__init__(400, f'Unrecognized field "{name}" (Class {entity}), not marked as ignorable')

    def body(self) -> JsonObject:
        return {"errorMessages": list(self.messages)}


def bad_field(field: str, message: str) -> JiraError:
    """Refuse one field's value with 400."""
    return JiraError(400, fields={field: message})


def no_issue() -> JiraError:
    """Answer 404 alike for what is absent and what the account may not see."""
    return JiraError(404, NOT_FOUND_ISSUE)
