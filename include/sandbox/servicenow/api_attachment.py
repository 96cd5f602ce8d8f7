# SPDX-License-Identifier: Apache-2.0
"""`/api/now/attachment`: files of rows. A new one is `pending` at first; storing it does not change its row."""

import json
from email.parser import BytesParser
from email.policy import HTTP
from hashlib import sha256
from zlib import compress

from sandbox.servicenow import errors, writes
from sandbox.servicenow.api_table import page
from sandbox.servicenow.calls import Answer, Call
from sandbox.servicenow.instance import Instance, User
from sandbox.servicenow.query import Row
from sandbox.servicenow.shapes import attachment


def serve(call: Call) -> Answer:
    """Raises: SnowError."""
    match (call.method, *call.path):
        case ("GET",):
            rows, headers = page(call, "sys_attachment")
            return Answer({"result": [attachment(call.instance, row) for row in rows]}, 200, headers)
        case ("POST", "file"):
            return _stored(call, _asked(call), call.headers.get("content-type", "application/octet-stream"), call.raw)
        case ("POST", "upload"):
            fields, name, kind, content = _form(call)
            return _stored(call, {"file_name": name, **fields}, kind, content)
        case ("GET", sys_id):
            return Answer({"result": attachment(call.instance, _row(call, sys_id))})
        case ("GET", sys_id, "file"):
            row = _row(call, sys_id)
            told = json.dumps(attachment(call.instance, row)).encode().decode("latin-1", "replace")
            return Answer(
                call.instance.files[sys_id], 200, {"Content-Type": row["content_type"], "X-Attachment-Metadata": told}
            )
        case ("DELETE", sys_id):
            writes.delete(call.instance, call.user, "sys_attachment", _row(call, sys_id))
            return Answer(None, 204)
        case ("GET" | "POST" | "DELETE", *_):
            raise errors.no_resource()
    raise errors.no_method()


def store(instance: Instance, user: User, of: Row, table: str, name: str, kind: str, content: bytes) -> Row:
    """Keep a file of a row. Raises: SnowError (413)."""
    limit = instance.settings.attachment_limit
    if len(content) > limit * 1024 * 1024:
        raise errors.too_large(limit)
    row = instance.keep(
        "sys_attachment",
        {
            "table_name": table,
            "table_sys_id": of["sys_id"],
            "file_name": name,
            "content_type": kind,
            "size_bytes": str(len(content)),
            "size_compressed": str(len(compress(content))),
            "hash": sha256(content).hexdigest(),
            "compressed": "true",
            "chunk_size_bytes": "700000",
            "state": "pending",
        },
        user.user_name,
    )
    instance.files[row["sys_id"]] = content
    return row


def _asked(call: Call) -> dict[str, str]:
    return {name: call.query.get(name, "") for name in ("table_name", "table_sys_id", "file_name")}


def _stored(call: Call, named: dict[str, str], kind: str, content: bytes) -> Answer:
    absent = [name for name in ("table_name", "table_sys_id", "file_name") if not named.get(name)]
    if absent:
        raise errors.missing(*absent)
    table = named["table_name"]
    call.instance.refuse_closed(call.user, table)
    of = call.instance.row(table, named["table_sys_id"])
    if of is None or not call.instance.sees(call.user, table, of):
        raise errors.no_record()
    row = store(call.instance, call.user, of, table, named["file_name"], kind, content)
    shown = attachment(call.instance, row)
    return Answer({"result": shown}, 201, {"Location": shown["download_link"]})


def _row(call: Call, sys_id: str) -> Row:
    row = call.instance.row("sys_attachment", sys_id)
    if row is None or not call.instance.sees(call.user, "sys_attachment", row):
        raise errors.no_record()
    return row


def _form(call: Call) -> tuple[dict[str, str], str, str, bytes]:
    """The fields of a form and its file: name, type, bytes. Raises: SnowError (400)."""
    kind = call.headers.get("content-type", "")
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + call.raw)
    fields: dict[str, str] = {}
    file: tuple[str, str, bytes] | None = None
    for part in message.iter_parts() if message.is_multipart() else ():
        content = part.get_payload(decode=True)
        sent = content if isinstance(content, bytes) else b""
        if part.get_filename():
            file = (str(part.get_filename()), part.get_content_type(), sent)
        else:
            fields[str(part.get_param("name", header="content-disposition"))] = sent.decode()
    if file is None:
        raise errors.missing("uploadFile")
    return fields, *file
