# SPDX-License-Identifier: Apache-2.0
"""Writing tickets: each write is checked whole, then done whole, with one audit; house rules follow."""

from collections.abc import Mapping
from typing import Any

from sandbox.zendesk import comments, errors
from sandbox.zendesk.desk import Desk
from sandbox.zendesk.records import BRAND_ID, CUSTOM_STATUS_IDS, FORM_ID, Audit, Channel, Ticket, User, stamp
from sandbox.zendesk.settings import HouseRule
from sandbox.zendesk.values import EMPTY, asked, normal_tags, requester_of, required_to_solve

ZENDESK_ITSELF = -1
_ALWAYS_TOLD = ("subject", "requester_id", "priority", "type", "status")
_TOLD_LAST = {"brand_id": BRAND_ID, "ticket_form_id": FORM_ID}


def plain_via(channel: Channel) -> dict[str, Any]:
    return {"channel": channel, "source": {"from": {}, "to": {}, "rel": None}}


def create_ticket(
    desk: Desk,
    user: User,
    body: Mapping[str, Any],
    channel: Channel = "api",
    client: str = "",
    *,
    rules: bool = True,
) -> Ticket:
    """Raises: ZendeskError (422). The first comment is the description."""
    said = _comment(body)
    if said is None and body.get("description"):
        said = {"body": body["description"]}
    source_ticket = _followed(desk, user, body.get("via_followup_source_id"))
    new, custom = asked(desk, EMPTY, {}, body)
    checked = comments.checked_body(desk, said or {}, "description")
    requester = requester_of(desk, user, new)
    submitter = comments.checked_author(desk, body.get("submitter_id"), user.id)
    author = comments.checked_author(desk, (said or {}).get("author_id"), submitter)
    files = desk.take_uploads((said or {}).get("uploads"))

    now, via = desk.now(), plain_via(channel)
    if source_ticket is not None:
        came_from = {"ticket_id": source_ticket.id, "subject": source_ticket.values["subject"], "channel": "web"}
        via = {"channel": channel, "source": {"from": came_from, "to": {}, "rel": "follow_up"}}
    public = bool((said or {}).get("public", True))
    values = {**EMPTY, **_organization(desk, requester), **new, "requester_id": requester}
    number = desk.new_ticket_id()
    ticket = Ticket(number, now, now, now, values, custom, via, checked[1], public, submitter)
    audit = _audit(desk, ticket, user.id, via, body.get("metadata"), client)
    comments.add_comment(desk, ticket, audit, checked, author, public, files)
    _tell_creation(desk, ticket, audit)
    desk.tickets[ticket.id] = ticket
    ticket.audits = [audit]
    if source_ticket is not None:
        source_ticket.followup_ids = (*source_ticket.followup_ids, ticket.id)
        desk.touch(source_ticket, visibly=False)
    desk.touch(ticket)
    if rules:
        _follow_rules(desk, ticket, audit, set(EMPTY), created=True)
    return ticket


def _organization(desk: Desk, requester: int) -> dict[str, Any]:
    """A ticket belongs to its requester's organization, unless another is asked for."""
    return {"organization_id": desk.users[requester].organization_id}


def update_ticket(
    desk: Desk,
    user: User,
    ticket: Ticket,
    body: Mapping[str, Any],
    via: Channel | dict[str, Any] = "api",
    client: str = "",
) -> Audit:
    """One audit of what really changed; nothing is kept of an update that changes nothing.

    Raises: ZendeskError (409, 422, 429).
    """
    if ticket.status == "closed":
        raise errors.invalid("status", "closed prevents ticket update")
    _safe(ticket, body)
    new, custom = asked(desk, ticket.values, ticket.custom, body)
    if new.get("requester_id") not in (None, ticket.values["requester_id"]):
        new = {**_organization(desk, new["requester_id"]), **new}
    new = {name: value for name, value in new.items() if not desk.ignores(user, name)}
    custom = {number: value for number, value in custom.items() if not desk.ignores(user, f"custom_field_{number}")}
    if new.get("status") == "solved" != ticket.status:
        required_to_solve(desk, {**ticket.custom, **custom})
    said = None if desk.ignores(user, "comment") else _comment(body)
    checked = comments.checked_body(desk, said) if said else None
    author = comments.checked_author(desk, (said or {}).get("author_id"), user.id)
    files = desk.take_uploads((said or {}).get("uploads"))

    audit = _audit(desk, ticket, user.id, plain_via(via) if isinstance(via, str) else via, body.get("metadata"), client)
    if checked is not None:
        public = bool((said or {}).get("public", True))
        comments.add_comment(desk, ticket, audit, checked, author, public, files)
        if public and author != ticket.values["requester_id"]:
            audit.events.append(_notification(desk, ticket))
    changed = _apply(desk, ticket, audit, new, custom, None)
    if audit.events:
        ticket.audits = [*ticket.audits, audit]
        desk.touch(ticket)
        _follow_rules(desk, ticket, audit, changed, created=False)
    return audit


def add_silently(desk: Desk, user: User, ticket: Ticket, said: Mapping[str, Any]) -> None:
    """A comment of an import: it tells nobody and sets off no rule. Raises: ZendeskError (422)."""
    checked = comments.checked_body(desk, dict(said))
    author = comments.checked_author(desk, said.get("author_id"), user.id)
    audit = _audit(desk, ticket, user.id, plain_via("api"), None, "")
    files = desk.take_uploads(said.get("uploads"))
    comments.add_comment(desk, ticket, audit, checked, author, bool(said.get("public", True)), files)
    ticket.audits = [*ticket.audits, audit]
    desk.touch(ticket)


def delete_ticket(desk: Desk, user: User, ticket: Ticket) -> None:
    """Into the deleted tickets; beside their list only incremental exports still show it."""
    ticket.deleted, ticket.deleted_by = True, user.id
    desk.touch(ticket)


def restore_ticket(desk: Desk, ticket: Ticket) -> None:
    ticket.deleted, ticket.deleted_by = False, None
    desk.touch(ticket)


def wipe_ticket(desk: Desk, ticket: Ticket) -> None:
    """For good: not even exports know it any more."""
    desk.forget(ticket)


def merge_tickets(desk: Desk, user: User, target: Ticket, sources: list[Ticket], body: Mapping[str, Any]) -> None:
    """Closes the sources, with a comment on each side and the tag `closed_by_merge`."""
    subjects = {"to": {}, "rel": "merge"}
    into = {"channel": "web", "source": {"from": _end(target), **subjects}}
    for source in sources:
        text = body.get("source_comment") or f"This request was closed and merged into request #{target.id}."
        public = bool(body.get("source_comment_is_public", False))
        closing = {"status": "closed", "additional_tags": ["closed_by_merge"]}
        update_ticket(desk, user, source, {**closing, "comment": {"body": text, "public": public}}, into)
    text = body.get("target_comment") or f"Requests {', '.join(f'#{s.id}' for s in sources)} were merged into this one."
    public = bool(body.get("target_comment_is_public", False))
    taken = {
        "channel": "web",
        "source": {"from": {**_end(sources[0]), "ticket_ids": [s.id for s in sources]}, **subjects},
    }
    update_ticket(desk, user, target, {"comment": {"body": text, "public": public}}, taken)


def _end(ticket: Ticket) -> dict[str, Any]:
    return {"ticket_id": ticket.id, "subject": ticket.values["subject"]}


def _comment(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """A comment may also be given as mere text."""
    comment = body.get("comment")
    if isinstance(comment, str):
        return {"body": comment}
    return dict(comment) if isinstance(comment, Mapping) and comment else None


def _safe(ticket: Ticket, body: Mapping[str, Any]) -> None:
    """Whatever the value of `safe_update`. Seconds only: two writes within one are not told apart."""
    if "safe_update" in body:
        seen = str(body.get("updated_stamp") or "").strip()
        if not seen or stamp(ticket.updated_at) > seen.replace(" ", "T").replace("+00:00", "Z"):
            raise errors.update_conflict()


def _followed(desk: Desk, user: User, number: Any) -> Ticket | None:
    if number is None:
        return None
    source = desk.ticket(user, int(number))
    if source.status != "closed":
        raise errors.invalid("via_followup_source_id", "is not a closed ticket", "InvalidValue")
    return source


def _audit(desk: Desk, ticket: Ticket, author: int, via: dict[str, Any], metadata: Any, client: str) -> Audit:
    system = {"client": client, "ip_address": "127.0.0.1", "location": "Sandbox", "latitude": 0.0, "longitude": 0.0}
    custom = dict(metadata) if isinstance(metadata, Mapping) else {}
    return Audit(desk.new_id(), ticket.id, desk.now(), author, via, {"system": system, "custom": custom})


def _told(value: Any) -> Any:
    """In events numbers are texts."""
    if isinstance(value, tuple):
        return [_told(item) for item in value]
    return value if value is None or isinstance(value, str | list) else str(value)


def _tell_creation(desk: Desk, ticket: Ticket, audit: Audit) -> None:
    rest = [name for name in EMPTY if name not in (*_ALWAYS_TOLD, *_TOLD_LAST) and ticket.values[name]]
    told = {name: ticket.values[name] for name in (*_ALWAYS_TOLD, *rest, *_TOLD_LAST)}
    told["custom_status_id"] = CUSTOM_STATUS_IDS[ticket.status]
    told |= {str(number): value for number, value in ticket.custom.items() if value is not None}
    for name, value in told.items():
        audit.events.append({"id": desk.new_id(), "type": "Create", "value": _told(value), "field_name": name})


def _apply(
    desk: Desk,
    ticket: Ticket,
    audit: Audit,
    new: Mapping[str, Any],
    custom: Mapping[int, Any],
    via: dict[str, Any] | None,
) -> set[str]:
    """Sets what differs, with an event each (which has a `via` of its own if a rule did it); the names of it."""
    old = {**ticket.values, **{str(number): ticket.custom.get(number) for number in custom}}
    wanted = {**new, **{str(number): value for number, value in custom.items()}}
    changed = {name: value for name, value in wanted.items() if old[name] != value}
    if "status" in changed:
        old["custom_status_id"] = CUSTOM_STATUS_IDS[ticket.status]
        changed["custom_status_id"] = CUSTOM_STATUS_IDS[changed["status"]]
    for name, value in changed.items():
        event = {"id": desk.new_id(), "type": "Change", "value": _told(value), "field_name": name}
        audit.events.append({**event, "previous_value": _told(old[name])} | ({"via": via} if via else {}))
    ticket.values = {**ticket.values, **{n: v for n, v in changed.items() if n in EMPTY}}
    ticket.custom = {**ticket.custom, **{number: custom[number] for number in custom}}
    return set(changed)


def _notification(desk: Desk, ticket: Ticket) -> dict[str, Any]:
    rule = {"deleted": False, "title": "Notify requester of comment update", "id": 26155621683731, "revision_id": 1}
    return {
        "id": desk.new_id(),
        "type": "Notification",
        "via": {"channel": "rule", "source": {"from": rule, "rel": "trigger"}},
        "subject": "[Request received] {{ticket.title}}",
        "body": "Your request ({{ticket.id}}) has been updated.\n\n{{ticket.latest_public_comment_html}}",
        "recipients": [ticket.values["requester_id"]],
    }


def _fires(rule: HouseRule, ticket: Ticket, changed: set[str], created: bool) -> bool:
    if not rule.when:
        return created
    now = {**ticket.values, **{str(number): value for number, value in ticket.custom.items()}}
    return all(
        name in changed and (set(normal_tags(value)) <= set(now["tags"]) if name == "tags" else now.get(name) == value)
        for name, value in rule.when.items()
    )


def _follow_rules(desk: Desk, ticket: Ticket, audit: Audit, changed: set[str], *, created: bool) -> None:
    """Each rule at most once a write, in the order in which they are set."""
    for number, rule in enumerate(desk.settings.house_rules, 1):
        if not _fires(rule, ticket, changed, created):
            continue
        came_from = {"deleted": False, "title": rule.title, "id": 35079792 + number, "revision_id": 1}
        via: dict[str, Any] = {"channel": "rule", "source": {"from": came_from, "rel": rule.kind}}
        new, custom = asked(desk, ticket.values, ticket.custom, rule.set)
        if rule.kind == "trigger":
            changed = changed | _apply(desk, ticket, audit, new, custom, via)
            continue
        own = _audit(desk, ticket, ZENDESK_ITSELF, via, None, "")
        changed = changed | _apply(desk, ticket, own, new, custom, None)
        if own.events:
            ticket.audits = [*ticket.audits, own]
            desk.touch(ticket)
