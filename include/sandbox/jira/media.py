# SPDX-License-Identifier: Apache-2.0
"""Files' bytes: at Media Services, where the address alone lets in, and all of an issue's in one archive."""

import io
import secrets
import zipfile

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.jira.api import account_of, refusal, unauthorized
from sandbox.jira.errors import JiraError
from sandbox.jira.site import Site
from sandbox.jira.store import Attachment


def routes(site: Site) -> list[Route]:
    """Make the routes beside the REST API."""

    async def binary(request: Request) -> Response:
        media = request.path_params["media"]
        file = next((f for issue in site.store.all() for f in issue.attachments if f.media == media), None)
        if file is None or request.query_params.get("token") != site.media_tokens.get(media):
            return Response('{"error":{"code":"Unauthorized"}}', 401, media_type="application/json")
        return answer(site, file)

    async def archive(request: Request) -> Response:
        account = account_of(site, request.headers)
        if account is None:
            return unauthorized()
        try:
            issue = site.find(account, request.path_params["issue"])
        except JiraError as error:
            return refusal(error)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as pack:
            for file in issue.attachments:
                pack.writestr(f"{file.id}_{file.name}", site.store.files[file.media])
        return Response(packed.getvalue(), media_type="application/zip")

    return [
        Route("/file/{media}/binary", binary),
        Route("/secure/issueAttachments/{issue}.zip", archive),
    ]


def path(site: Site, file: Attachment) -> str:
    """Return the path, with its token, under which Media Services shows a file."""
    token = site.media_tokens.setdefault(file.media, secrets.token_urlsafe(24))
    return f"/file/{file.media}/binary?token={token}&client=jira"


def address(site: Site, file: Attachment) -> str:
    """Return the address at Media Services, which is another host than the site's."""
    return site.url.replace("127.0.0.1", "localhost") + path(site, file)


def answer(site: Site, file: Attachment) -> Response:
    name = file.name.encode("ascii", "replace").decode().replace('"', "'")
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(site.store.files[file.media], media_type=file.mime, headers=headers)
