# SPDX-License-Identifier: Apache-2.0
"""`wit/attachments`: files are uploaded first, whole or in pieces, and then related to work items."""

import mimetypes
import re
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from sandbox.azure_devops import errors
from sandbox.azure_devops.calls import Answer, Call
from sandbox.azure_devops.organization import Organization, StoredFile
from sandbox.azure_devops.people import Identity

_BYTES = 1024 * 1024


def serve(call: Call) -> Answer:
    """Raises: AzureError."""
    organization = call.organization
    match (call.method, *call.path):
        case ("POST",):
            if call.who.person.role == "end-user":
                raise errors.forbidden("add attachments")
            kind = call.text("uploadType").lower() or "simple"
            if kind not in ("simple", "chunked"):
                raise errors.bad_argument(f"The upload type {kind} is not supported for POST.")
            whole = kind == "simple"
            name = call.text("fileName") or "attachment"
            told = _told(call, store(organization, call.who, name, call.raw if whole else b"", whole=whole))
            return Answer(told, 201) if whole else Answer(told, 202, {"Location": str(told["url"])})
        case ("PUT", id_):
            return _piece(call, _file(call, id_))
        case ("GET", id_):
            file = _file(call, id_)
            if not file.complete or not _seen(call, file):
                raise errors.no_attachment(id_)
            return Answer(file.content, 200, _heads(call.text("fileName"), download=call.flag("download")))
        case ("DELETE", id_):
            if not call.who.admin:
                raise errors.forbidden("delete attachments")
            del organization.files[_file(call, id_).id]
            return Answer(None, 204)
    raise errors.no_method(call.method)


def store(organization: Organization, who: Identity, name: str, content: bytes, *, whole: bool = True) -> StoredFile:
    """Keep a file. Raises: AzureError (400): it is too large."""
    if len(content) > organization.settings.attachment_limit * _BYTES:
        raise errors.too_large(organization.settings.attachment_limit)
    file = StoredFile(str(uuid4()), name, content, who, organization.now(), whole)
    organization.files[file.id] = file
    return file


def _piece(call: Call, file: StoredFile) -> Answer:
    told = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", call.headers.get("content-range", ""))
    if told is None:
        raise errors.bad_argument("A chunk needs a Content-Range.")
    start, end, size = (int(part) for part in told.groups())
    if start != len(file.content) or end - start + 1 != len(call.raw):
        raise errors.bad_argument("The chunk does not follow the one before it.")
    if size > call.organization.settings.attachment_limit * _BYTES:
        raise errors.too_large(call.organization.settings.attachment_limit)
    file.content += call.raw
    file.complete = len(file.content) == size
    answer = _told(call, file)
    return Answer(answer, 201 if file.complete else 202, {"Location": str(answer["url"])})


def _heads(name: str, *, download: bool) -> dict[str, str]:
    """How a file is sent: by its name in the address, and open only if browsers show such files safely."""
    guessed = mimetypes.guess_type(name)[0] or ""
    shown = guessed.startswith(("image/", "video/", "application/pdf")) and guessed != "image/svg+xml"
    named = f"; filename*=UTF-8''{quote(name)}" if name else ""
    away = {"Content-Disposition": f"attachment{named}"} if download or not shown else {}
    return {"Content-Type": guessed if shown else "application/octet-stream", **away}


def _file(call: Call, id_: str) -> StoredFile:
    found = call.organization.files.get(id_.lower())
    if found is None:
        raise errors.no_attachment(id_)
    return found


def _seen(call: Call, file: StoredFile) -> bool:
    """A file of nothing is seen by all; one of work items by those who see one of them."""
    holders = [
        item
        for item in call.organization.items.values()
        if any(one.rel == "AttachedFile" and one.target == file.id for one in item.relations)
    ]
    return not holders or any(call.organization.sees(call.who, item) for item in holders)


def _told(call: Call, file: StoredFile) -> dict[str, Any]:
    base = f"{call.organization.url}/{call.project.id}" if call.project else call.organization.url
    return {"id": file.id, "url": f"{base}/_apis/wit/attachments/{file.id}?fileName={quote(file.name)}"}
