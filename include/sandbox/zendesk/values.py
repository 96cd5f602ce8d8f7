# SPDX-License-Identifier: Apache-2.0
"""What the body of a create or update asks for: checked values, or a refusal."""

from collections.abc import Mapping
from typing import Any

from sandbox.zendesk import errors
from sandbox.zendesk.desk import Desk
from sandbox.zendesk.records import (
    BRAND_ID,
    CUSTOM_STATUS_IDS,
    FORM_ID,
    GROUP_ID,
    PRIORITIES,
    STATUSES,
    TYPES,
    User,
)
from sandbox.zendesk.settings import CustomField

EMPTY: dict[str, Any] = {
    "subject": None,
    "priority": None,
    "type": None,
    "status": "new",
    "requester_id": None,
    "assignee_id": None,
    "group_id": None,
    "organization_id": None,
    "external_id": None,
    "due_at": None,
    "problem_id": None,
    "recipient": None,
    "brand_id": BRAND_ID,
    "ticket_form_id": FORM_ID,
    "collaborator_ids": (),
    "follower_ids": (),
    "email_cc_ids": (),
    "tags": (),
}
_LISTED = {"priority": PRIORITIES, "type": TYPES, "status": STATUSES}
_IDS = ("collaborator_ids", "follower_ids", "email_cc_ids")


def asked(
    desk: Desk, values: Mapping[str, Any], custom: Mapping[int, Any], body: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[int, Any]]:
    """What `body` sets on a ticket that has `values` and `custom`; unknown keys are ignored, as Zendesk does.

    Raises: ZendeskError (422).
    """
    new = {name: body[name] for name in EMPTY if name in body and name not in ("tags", *_IDS)}
    new |= {name: _numbers(body[name]) for name in _IDS if name in body}
    if new.get("external_id") is not None:
        new["external_id"] = str(new["external_id"])
    new_custom = _custom(desk, custom, body)
    for name, allowed in _LISTED.items():
        if new.get(name) == "":
            new[name] = None
        if name in new and new[name] not in (*allowed, None):
            raise errors.invalid(name, f"{new[name]} is not included in the list", "InvalidValue")
    if new.get("status", "") is None:
        raise errors.invalid("status", "cannot be blank", "BlankValue")
    _status(new, values, body)
    _subject(desk, new)
    _people(desk, new, values, body)
    _tags(desk, new, values, body, custom, new_custom)
    if (new.get("type", values["type"])) != "task" and (values["due_at"] or "due_at" in new):
        new["due_at"] = None  # only tasks are due
    return new, new_custom


def _numbers(value: Any) -> tuple[int, ...]:
    """What can be read as ids; the rest is ignored."""
    items = value if isinstance(value, list) else []
    return tuple(int(item) for item in items if str(item).isascii() and str(item).isdigit())


def _status(new: dict[str, Any], values: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    by_custom = {number: status for status, number in CUSTOM_STATUS_IDS.items()}
    if "status" not in new and body.get("custom_status_id") is not None:
        if body["custom_status_id"] not in by_custom:
            raise errors.invalid("custom_status_id", "is invalid", "InvalidValue")
        new["status"] = by_custom[body["custom_status_id"]]
    if new.get("status") == "new" and values["status"] != "new":
        raise errors.invalid("status", "cannot be changed back to new", "InvalidValue")


def _subject(desk: Desk, new: dict[str, Any]) -> None:
    if "subject" in new and new["subject"] is not None:
        new["subject"] = str(new["subject"])
        if len(new["subject"]) > desk.settings.subject_limit:
            raise errors.invalid("subject", f"is too long (maximum is {desk.settings.subject_limit} characters)")


def _people(desk: Desk, new: dict[str, Any], values: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    requester = body.get("requester")
    if isinstance(requester, Mapping) and requester.get("email"):
        email = str(requester["email"])
        user = desk.user_by_email(email) or desk.add_user(str(requester.get("name") or email), email)
        new["requester_id"] = user.id
    if body.get("assignee_email"):
        user_or_none = desk.user_by_email(str(body["assignee_email"]))
        new["assignee_id"] = user_or_none.id if user_or_none else -1
    if "requester_id" in new and new["requester_id"] not in desk.users:
        raise errors.invalid("requester", "is invalid", "InvalidValue")
    if new.get("assignee_id") is not None:
        agent = desk.users.get(new["assignee_id"])
        if agent is None or agent.role == "end-user" or not agent.active:
            raise errors.invalid("assignee", "is invalid", "InvalidValue")
        new.setdefault("group_id", GROUP_ID)
        if new.get("status", values["status"]) == "new":
            new["status"] = "open"


def normal_tags(tags: Any) -> list[str]:
    """Tags are in lower case and have no spaces; a text is split at them."""
    listed = tags.replace(",", " ").split() if isinstance(tags, str) else list(tags or ())
    return ["_".join(str(tag).lower().split()) for tag in listed if str(tag).strip()]


def _tags(
    desk: Desk,
    new: dict[str, Any],
    values: Mapping[str, Any],
    body: Mapping[str, Any],
    custom: Mapping[int, Any],
    new_custom: Mapping[int, Any],
) -> None:
    tags = set(normal_tags(body["tags"])) if "tags" in body else set(values["tags"])
    tags |= set(normal_tags(body.get("additional_tags")))
    tags -= set(normal_tags(body.get("remove_tags")))
    for field in desk.settings.ticket_fields:
        if field.options and field.id in new_custom:
            tags -= _chosen(custom.get(field.id))
            tags |= _chosen(new_custom[field.id])
    if tags != set(values["tags"]):
        new["tags"] = tuple(sorted(tags))


def _chosen(value: Any) -> set[str]:
    """The options that a field's value names."""
    return set(value) if isinstance(value, list) else {value} - {None}


def _custom(desk: Desk, custom: Mapping[int, Any], body: Mapping[str, Any]) -> dict[int, Any]:
    """`custom_fields` as a list of id and value, or as an object; `fields` is an older name of the same."""
    given = body.get("custom_fields", body.get("fields")) or []
    pairs = given.items() if isinstance(given, Mapping) else [(e.get("id"), e.get("value")) for e in given]
    known = {field.id: field for field in desk.settings.ticket_fields}
    return {int(i): _fitting(known[int(i)], v) for i, v in pairs if str(i).isdigit() and int(i) in known}


def _fitting(field: CustomField, value: Any) -> Any:
    if value is None or value == "":
        return False if field.type == "checkbox" else None
    try:
        match field.type:
            case "integer":
                return str(int(value))
            case "decimal":
                return str(float(value))
            case "checkbox":
                return value in (True, "true", "1", 1)
            case "tagger" if value not in field.options:
                raise ValueError
            case "multiselect":
                return _many(field, value)
            case _:
                return str(value)
    except (TypeError, ValueError, OverflowError):
        raise errors.invalid(field.title, "is invalid", "InvalidValue") from None


def _many(field: CustomField, value: Any) -> list[str]:
    """The chosen options in their own order; a text is one."""
    chosen = {str(one) for one in (value if isinstance(value, list) else [value])}
    if chosen - set(field.options):
        raise ValueError
    return [option for option in field.options if option in chosen]


def required_to_solve(desk: Desk, custom: Mapping[int, Any]) -> None:
    """Raises: ZendeskError (422) that names the first field that is still empty."""
    for field in desk.settings.ticket_fields:
        if field.required_to_solve and custom.get(field.id) in (None, False):
            raise errors.invalid(field.title, "is required when solving a ticket", "BlankValue")


def requester_of(desk: Desk, user: User, new: Mapping[str, Any]) -> int:
    return int(new.get("requester_id") or user.id)
