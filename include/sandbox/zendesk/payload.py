# SPDX-License-Identifier: Apache-2.0
"""The shapes that the attributes of a body must have before anything looks into them."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.zendesk import errors

_TEXTS = frozenset(
    {
        *("subject", "raw_subject", "description", "status", "priority", "type", "external_id", "due_at", "recipient"),
        *("assignee_email", "updated_stamp", "html_body", "name", "email", "role", "phone"),
    }
)
_NUMBERS = frozenset(
    {
        *("assignee_id", "author_id", "brand_id", "custom_status_id", "group_id", "organization_id", "problem_id"),
        *("id", "requester_id", "submitter_id", "ticket_form_id", "via_followup_source_id"),
    }
)
_LISTS = frozenset(
    {"additional_tags", "collaborator_ids", "email_cc_ids", "follower_ids", "remove_tags", "tags", "uploads"}
)
_INNER = ("ticket", "tickets", "user", "users", "request", "comment", "requester")


def check(body: Mapping[str, Any]) -> None:
    """Raises: ZendeskError (400) that names the first attribute of another shape."""
    for name, value in body.items():
        wanted = _wanted(name, value)
        if wanted:
            raise errors.invalid_attribute(
                f"You passed an invalid value for the {name} attribute. Invalid parameter: {name} must be {wanted}"
            )
        for part in _parts(name, value):
            check(part)


def _wanted(name: str, value: Any) -> str:
    """What an attribute must be and is not; empty if it fits."""
    if name in _TEXTS and not _is_scalar(value):
        return "a string"
    if name in _NUMBERS and not (value is None or _is_number(value)):
        return "an integer"
    if name == "ids" and not (isinstance(value, list) and all(map(_is_number, value))):
        return "an array of integers"
    if name in _LISTS and not (value is None or isinstance(value, str) or _is_list(value)):
        return "an array"
    if name in ("custom_fields", "fields") and not _is_custom(value):
        return "an array of objects with id and value"
    return ""


def _parts(name: str, value: Any) -> Iterator[Mapping[str, Any]]:
    if name in _INNER:
        yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, Mapping))


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, list | Mapping)


def _is_number(value: Any) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, str) and value.isdecimal())


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(_is_scalar(one) for one in value)


def _is_custom(value: Any) -> bool:
    if isinstance(value, list):
        pairs = [(one.get("id"), one.get("value")) for one in value if isinstance(one, Mapping)]
        return len(pairs) == len(value) and all(_is_scalar(id_) and _is_value(given) for id_, given in pairs)
    return value is None or (isinstance(value, Mapping) and all(map(_is_value, value.values())))


def _is_value(value: Any) -> bool:
    return _is_scalar(value) or _is_list(value)
