# SPDX-License-Identifier: Apache-2.0
"""Attachments: each has an id of its own and, apart from it, a UUID at Media Services."""

import mimetypes
import uuid

from sandbox.jira.catalog import Account
from sandbox.jira.errors import JiraError
from sandbox.jira.site import Site, removed
from sandbox.jira.store import Attachment, Issue, Item

MOST = 2000
"""Attachments an issue takes."""


def attach(site: Site, account: Account, issue: Issue, name: str, mime: str, content: bytes) -> Attachment:
    """Attach a file; two of one name are two files. Raises: JiraError 403, 413."""
    if not account.may("CREATE_ATTACHMENTS"):
        raise JiraError(403, "You do not have permission to create attachments for this issue.")
    if len(content) > site.catalog.settings.attachment_limit:
        raise JiraError(413, f"The file {name} exceeds its maximum permitted size.")
    if len(issue.attachments) >= MOST:
        raise JiraError(413, "The issue has reached the limit of 2000 attachments.")
    made = Attachment(
        id=site.store.next_id("attachment"),
        media=str(uuid.uuid4()),
        name=name,
        author=account.id,
        created=site.store.now(),
        size=len(content),
        mime=_kind(name, mime),
    )
    site.store.files[made.media] = content
    item = Item("Attachment", "attachment", None, None, str(made.id), name)
    site.record(issue, account, [item], attachments=(*issue.attachments, made))
    return made


def delete(site: Site, account: Account, issue: Issue, file: Attachment) -> None:
    """Delete a file. Raises: JiraError 403."""
    own = account.id == file.author and account.may("DELETE_OWN_ATTACHMENTS")
    if not (own or account.may("DELETE_ALL_ATTACHMENTS")):
        raise JiraError(403, "You do not have permission to delete this attachment.")
    site.store.files.pop(file.media, None)
    kept = tuple(one for one in issue.attachments if one.id != file.id)
    site.record(issue, account, [removed(file)], attachments=kept)


def _kind(name: str, mime: str) -> str:
    """Go by the name where the sender does not know better."""
    return (mimetypes.guess_type(name)[0] or mime) if mime == "application/octet-stream" else mime
