# SPDX-License-Identifier: Apache-2.0
"""Records as Zendesk's answers show them: keys, order and types as recorded."""

from typing import Any
from urllib.parse import quote

from sandbox.zendesk.desk import Desk
from sandbox.zendesk.records import (
    BRAND_ID,
    CUSTOM_STATUS_IDS,
    GROUP_ID,
    Attachment,
    Audit,
    Comment,
    Job,
    Organization,
    Ticket,
    User,
    stamp,
)

_ROLE_TYPES = {"admin": 4, "agent": 0, "end-user": None}


def ticket_shape(desk: Desk, ticket: Ticket) -> dict[str, Any]:
    """Only incremental exports come across a deleted one."""
    values = ticket.values
    custom = [{"id": f.id, "value": ticket.custom.get(f.id)} for f in desk.settings.ticket_fields]
    return {
        "url": f"{desk.url}/api/v2/tickets/{ticket.id}.json",
        "id": ticket.id,
        "external_id": values["external_id"],
        "via": ticket.via,
        "created_at": stamp(ticket.created_at),
        "updated_at": stamp(ticket.updated_at),
        "generated_timestamp": int(ticket.generated_at),
        "type": values["type"],
        "subject": values["subject"],
        "raw_subject": values["subject"],
        "description": ticket.description,
        "priority": values["priority"],
        "status": "deleted" if ticket.deleted else ticket.status,
        "recipient": values["recipient"],
        "requester_id": values["requester_id"],
        "submitter_id": ticket.submitter_id,
        "assignee_id": values["assignee_id"],
        "organization_id": values["organization_id"],
        "group_id": values["group_id"],
        "collaborator_ids": list(values["collaborator_ids"]),
        "follower_ids": list(values["follower_ids"]),
        "email_cc_ids": list(values["email_cc_ids"]),
        "forum_topic_id": None,
        "problem_id": values["problem_id"],
        "has_incidents": values["type"] == "problem" and desk.has_incidents(ticket),
        "is_public": ticket.is_public,
        "due_at": values["due_at"],
        "tags": list(values["tags"]),
        "custom_fields": custom,
        "satisfaction_rating": None,
        "sharing_agreement_ids": [],
        "custom_status_id": CUSTOM_STATUS_IDS[ticket.status],
        "fields": custom,
        "followup_ids": list(ticket.followup_ids),
        "ticket_form_id": values["ticket_form_id"],
        "brand_id": values["brand_id"],
        "allow_channelback": False,
        "allow_attachments": True,
        "from_messaging_channel": False,
    }


def attachment_shape(desk: Desk, file: Attachment) -> dict[str, Any]:
    address = f"{desk.url}/attachments/token/{file.token}/?name={quote(file.file_name, safe='')}"
    return {
        "url": f"{desk.url}/api/v2/attachments/{file.id}.json",
        "id": file.id,
        "file_name": "redacted.txt" if file.redacted else file.file_name,
        "content_url": address,
        "mapped_content_url": address,
        "content_type": file.content_type,
        "size": len(file.content),
        "width": None,
        "height": None,
        "inline": file.inline,
        "deleted": file.redacted,
        "malware_access_override": False,
        "malware_scan_result": "not_scanned",
        "thumbnails": [],
    }


def comment_event(desk: Desk, comment: Comment) -> dict[str, Any]:
    """A comment as the event of its audit."""
    return {
        "id": comment.id,
        "type": "Comment",
        "author_id": comment.author_id,
        "body": comment.plain_body,
        "html_body": comment.html_body,
        "plain_body": comment.plain_body,
        "public": comment.public,
        "attachments": [attachment_shape(desk, file) for file in comment.attachments],
        "audit_id": comment.audit_id,
    }


def comment_shape(desk: Desk, comment: Comment) -> dict[str, Any]:
    return comment_event(desk, comment) | {
        "via": comment.via,
        "created_at": stamp(comment.created_at),
        "metadata": comment.metadata,
    }


def audit_shape(desk: Desk, audit: Audit) -> dict[str, Any]:
    return {
        "id": audit.id,
        "ticket_id": audit.ticket_id,
        "created_at": stamp(audit.created_at),
        "author_id": audit.author_id,
        "metadata": audit.metadata,
        "events": [comment_event(desk, e) if isinstance(e, Comment) else e for e in audit.events],
        "via": audit.via,
    }


def user_shape(desk: Desk, user: User) -> dict[str, Any]:
    agent = user.role != "end-user"
    return {
        "id": user.id,
        "url": f"{desk.url}/api/v2/users/{user.id}.json",
        "name": user.name,
        "email": user.email,
        "created_at": stamp(user.created_at),
        "updated_at": stamp(user.updated_at),
        "time_zone": user.time_zone,
        "iana_time_zone": user.time_zone,
        "phone": user.phone,
        "shared_phone_number": None,
        "photo": None,
        "locale_id": 1,
        "locale": "en-US",
        "organization_id": user.organization_id,
        "role": user.role,
        "verified": user.verified or user.person is not None,
        "external_id": user.external_id,
        "tags": list(user.tags),
        "alias": user.alias,
        "active": user.active,
        "shared": False,
        "shared_agent": False,
        "last_login_at": None,
        "two_factor_auth_enabled": None,
        "signature": user.signature,
        "details": user.details,
        "notes": user.notes,
        "role_type": _ROLE_TYPES[user.role],
        "custom_role_id": None,
        "moderator": agent,
        "ticket_restriction": desk.settings.restricted.get(user.email or "") if agent else "requested",
        "only_private_comments": False,
        "restricted_agent": not agent or (user.email or "") in desk.settings.restricted,
        "suspended": user.suspended,
        "default_group_id": GROUP_ID if agent else None,
        "report_csv": user.role == "admin",
        "user_fields": user.fields,
    }


def organization_shape(desk: Desk, organization: Organization) -> dict[str, Any]:
    return {
        "url": f"{desk.url}/api/v2/organizations/{organization.id}.json",
        "id": organization.id,
        "name": organization.name,
        "shared_tickets": organization.shared_tickets,
        "shared_comments": organization.shared_comments,
        "external_id": organization.external_id,
        "created_at": stamp(organization.created_at),
        "updated_at": stamp(organization.updated_at),
        "domain_names": list(organization.domain_names),
        "details": organization.details,
        "notes": organization.notes,
        "group_id": None,
        "tags": list(organization.tags),
        "organization_fields": organization.fields,
    }


def job_shape(desk: Desk, job: Job) -> dict[str, Any]:
    """Queued for the first half of its delay, then working; done, it says so, with results in no particular order."""
    now = desk.now()
    working = job.results is None and now >= (job.created_at + job.due_at) / 2
    done = job.results is not None
    progress = job.total if done else max(1, job.total // 2)
    return {
        "id": job.id,
        "url": f"{desk.url}/api/v2/job_statuses/{job.id}.json",
        "total": job.total,
        "progress": progress if done or working else None,
        "status": "completed" if done else "working" if working else "queued",
        "message": f"Completed at {stamp(job.due_at).replace('T', ' ').replace('Z', ' +0000')}"
        if done
        else f"{job.doing} #{progress}"
        if working
        else None,
        "results": job.results,
    }


def brand_shape(desk: Desk) -> dict[str, Any]:
    return {
        "url": f"{desk.url}/api/v2/brands/{BRAND_ID}.json",
        "id": BRAND_ID,
        "name": desk.called(desk.tenant.company),
        "brand_url": desk.url,
        "subdomain": desk.tenant.name,
        "host_mapping": None,
        "has_help_center": False,
        "help_center_state": "disabled",
        "active": True,
        "default": True,
        "is_deleted": False,
        "logo": None,
        "ticket_form_ids": [],
        "signature_template": "{{agent.signature}}",
        "created_at": stamp(desk.started_at),
        "updated_at": stamp(desk.started_at),
    }


def group_shape(desk: Desk) -> dict[str, Any]:
    return {
        "url": f"{desk.url}/api/v2/groups/{GROUP_ID}.json",
        "id": GROUP_ID,
        "is_public": True,
        "name": desk.called("Support"),
        "description": "",
        "default": True,
        "deleted": False,
        "created_at": stamp(desk.started_at),
        "updated_at": stamp(desk.started_at),
    }
