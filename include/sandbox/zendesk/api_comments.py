# SPDX-License-Identifier: Apache-2.0
"""A ticket's comments and audits, and the files that ride in comments."""

from functools import partial
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.zendesk import errors
from sandbox.zendesk.api_tickets import ticket_of
from sandbox.zendesk.calls import Answer, Call, Routes
from sandbox.zendesk.comments import comment_of, make_private, redact, redact_file, redact_marked
from sandbox.zendesk.desk import Desk
from sandbox.zendesk.paging import page_of
from sandbox.zendesk.records import Comment, stamp
from sandbox.zendesk.shapes import attachment_shape, audit_shape, comment_shape, user_shape

routes = Routes()


def _descending(call: Call) -> bool:
    return call.query.get("sort", "").startswith("-") or call.query.get("sort_order") == "desc"


@routes.on("GET", "/api/v2/tickets/{ticket_id}/comments")
def list_comments(call: Call) -> Answer:
    """Oldest first unless asked otherwise."""
    comments, sign = ticket_of(call).comments, 1
    if _descending(call):
        comments, sign = comments[::-1], -1
    shape = partial(comment_shape, call.desk)
    page = page_of("comments", comments, shape, call.query, call.address, lambda c: (sign * c.created_at, sign * c.id))
    if "users" in call.query.get("include", ""):
        authors = {comment.author_id for comment in comments}
        page["users"] = [user_shape(call.desk, u) for number, u in call.desk.users.items() if number in authors]
    return Answer(page)


@routes.on("GET", "/api/v2/tickets/{ticket_id}/comments/count")
def count_comments(call: Call) -> Answer:
    return Answer({"count": {"value": len(ticket_of(call).comments), "refreshed_at": stamp(call.desk.now())}})


@routes.on("GET", "/api/v2/tickets/{ticket_id}/audits")
def list_audits(call: Call) -> Answer:
    """Oldest first unless asked otherwise."""
    audits, sign = ticket_of(call).audits, 1
    if _descending(call):
        audits, sign = audits[::-1], -1
    shape = partial(audit_shape, call.desk)
    return Answer(
        page_of("audits", audits, shape, call.query, call.address, lambda a: (sign * a.created_at, sign * a.id))
    )


@routes.on("GET", "/api/v2/tickets/{ticket_id}/audits/{audit_id}")
def show_audit(call: Call) -> Answer:
    number = call.number("audit_id")
    for audit in ticket_of(call).audits:
        if audit.id == number:
            return Answer({"audit": audit_shape(call.desk, audit)})
    raise errors.not_found()


@routes.on("PUT", "/api/v2/tickets/{ticket_id}/comments/{comment_id}/make_private")
def put_private(call: Call) -> Answer:
    ticket = ticket_of(call)
    make_private(call.desk, call.user, ticket, comment_of(ticket, call.number("comment_id")))
    return Answer(None)


@routes.on("PUT", "/api/v2/tickets/{ticket_id}/comments/{comment_id}/redact")
def put_redact(call: Call) -> Answer:
    ticket = ticket_of(call)
    if ticket.status == "closed":
        raise errors.invalid("status", "closed prevents ticket update")
    comment = comment_of(ticket, call.number("comment_id"))
    redact(call.desk, call.user, ticket, comment, str(call.body().get("text") or ""))
    return Answer({"comment": comment_shape(call.desk, comment)})


@routes.on("PUT", "/api/v2/comment_redactions/{comment_id}")
def put_comment_redactions(call: Call) -> Answer:
    body = call.body()
    if not str(body.get("ticket_id")).isdigit():
        raise errors.invalid_attribute("ticket_id must be an integer")
    ticket = call.desk.ticket(call.user, int(body["ticket_id"]))
    comment = comment_of(ticket, call.number("comment_id"))
    redact_marked(call.desk, call.user, ticket, comment, str(body.get("html_body") or ""))
    addresses = body.get("external_attachment_urls") or ()
    for file in [file for file in comment.attachments if attachment_shape(call.desk, file)["content_url"] in addresses]:
        redact_file(call.desk, call.user, ticket, comment, file.id)
    return Answer({"comment": comment_shape(call.desk, comment)})


@routes.on("PUT", "/api/v2/tickets/{ticket_id}/comments/{comment_id}/attachments/{attachment_id}/redact")
def put_redact_file(call: Call) -> Answer:
    ticket = ticket_of(call)
    if ticket.status == "closed":
        raise errors.invalid("status", "closed prevents ticket update")
    comment: Comment = comment_of(ticket, call.number("comment_id"))
    before = next(
        (attachment_shape(call.desk, f) for f in comment.attachments if f.id == call.number("attachment_id")), {}
    )
    redact_file(call.desk, call.user, ticket, comment, call.number("attachment_id"))
    # The answer still shows the file as it was: as recorded.
    return Answer({"attachment": before})


@routes.on("POST", "/api/v2/uploads", "user")
def upload(call: Call) -> Answer:
    name = call.query.get("filename")
    if not name:
        raise errors.invalid_attribute("filename is required")
    content_type = call.headers.get("content-type", "application/binary")
    made = call.desk.add_upload(name, content_type, call.raw, call.query.get("token"))
    shapes = [attachment_shape(call.desk, file) for file in made.attachments]
    shape: dict[str, Any] = {
        "token": made.token,
        "expires_at": stamp(made.expires_at),
        "attachments": shapes,
        "attachment": shapes[-1],
    }
    # JSON that calls itself plain text: as recorded.
    headers = {"location": str(shapes[-1]["url"]), "content-type": "text/plain; charset=utf-8"}
    return Answer({"upload": shape}, 201, headers)


@routes.on("DELETE", "/api/v2/uploads/{token}", "user")
def delete_upload(call: Call) -> Answer:
    if call.desk.uploads.pop(call.params["token"], None) is None:
        raise errors.not_found()
    return Answer(None, 204)


@routes.on("GET", "/api/v2/attachments/{attachment_id}")
def show_attachment(call: Call) -> Answer:
    number = call.number("attachment_id")
    for file in call.desk.files.values():
        if file.id == number:
            return Answer({"attachment": attachment_shape(call.desk, file)})
    raise errors.not_found()


def other_routes(desk: Desk) -> list[Route]:
    """Addresses outside the API: the files', where the token is the permission, and an agent's page of a ticket."""
    # The content lies on another host name, so that clients take their credentials off.
    elsewhere = desk.url.replace("//127.0.0.1:", "//localhost:")

    async def by_token(request: Request) -> Response:
        file = desk.files.get(request.path_params["token"])
        if file is None or file.redacted:
            return JSONResponse(errors.not_found().body, 404)
        return RedirectResponse(f"{elsewhere}/system/data/{file.token}/{quote(file.file_name, safe='')}", 302)

    async def content(request: Request) -> Response:
        file = desk.files.get(request.path_params["token"])
        if file is None or file.redacted:
            return JSONResponse(errors.not_found().body, 404)
        disposition = f"attachment; filename*=UTF-8''{quote(file.file_name, safe='')}"
        return Response(file.content, media_type=file.content_type, headers={"content-disposition": disposition})

    async def agent_page(request: Request) -> Response:
        return RedirectResponse(f"/ui/tickets/{request.path_params['number']}", 302)

    return [
        Route("/attachments/token/{token}/", by_token),
        Route("/system/data/{token}/{name:path}", content),
        Route("/agent/tickets/{number:int}", agent_page),
    ]
