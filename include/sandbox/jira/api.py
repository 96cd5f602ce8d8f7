# SPDX-License-Identifier: Apache-2.0
"""The REST API's frame: log-in, versions, one request made ready for a handler, refusals in Jira's words."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from starlette.applications import Starlette
from starlette.datastructures import QueryParams, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.jira import edge
from sandbox.jira.catalog import Account, Project
from sandbox.jira.errors import JiraError
from sandbox.jira.limits import RateLimited
from sandbox.jira.payload import Payload, check
from sandbox.jira.shapes import View
from sandbox.jira.site import Site
from sandbox.jira.store import Issue
from sandbox.jira.values import JsonObject

VERSIONS = {"2": "2", "3": "3", "latest": "2"}
_NO_LOGIN = "Client must be authenticated to access this resource."


@dataclass(frozen=True)
class SentFile:
    name: str
    mime: str
    content: bytes


@dataclass(frozen=True)
class Call:
    """One request, read whole."""

    site: Site
    account: Account
    version: str
    method: str
    address: str
    """The path as asked."""
    path: Mapping[str, str]
    query: QueryParams
    headers: Mapping[str, str]
    body: Any
    files: tuple[SentFile, ...] = ()

    @property
    def view(self) -> View:
        return View(self.site, self.account, self.version)

    @property
    def sent(self) -> JsonObject:
        """The body, which must be an object. Raises: JiraError 400."""
        if not isinstance(self.body, dict):
            raise JiraError(400, "There was an error parsing JSON. Check that your request body is valid.")
        return self.body

    def issue(self) -> Issue:
        """Find the issue that the path names; a write counts against its limit. Raises: JiraError 404, 429."""
        issue = self.site.find(self.account, self.path["issue"])
        if self.method != "GET":
            self.site.limits.write(self.site.catalog.settings, issue.id)
        return issue

    def project(self) -> Project:
        """Find the project that the path names. Raises: JiraError 404."""
        project = self.site.catalog.project(self.path["project"])
        if project is None or not self.site.catalog.may_browse(self.account, project):
            raise JiraError(404, f"No project could be found with key '{self.path['project']}'.")
        return project

    def number(self, name: str, default: int, most: int | None = None) -> int:
        """Read a number of the query, at least 0, cut to `most`. Raises: JiraError 400."""
        try:
            value = max(0, int(self.query.get(name) or default))
        except ValueError:
            raise JiraError(400, f"The {name} parameter must be a number.") from None
        return value if most is None else min(value, most)

    def words(self, name: str) -> tuple[str, ...]:
        """Read a list of the query: comma-separated, repeated, or both."""
        given = ",".join(self.query.getlist(name))
        return tuple(word.strip() for word in given.split(",") if word.strip())

    def page(self, listed: list[JsonObject], size: int) -> JsonObject:
        """Cut a list to the page that is asked for, as Jira's newer lists are."""
        first, most = self.number("startAt", 0), self.number("maxResults", size, size)
        shown = listed[first : first + most]
        last = first + len(shown) >= len(listed)
        base = f"{self.site.url}{self.address}?maxResults={most}&startAt="
        page: JsonObject = {"self": f"{base}{first}"} | ({} if last else {"nextPage": f"{base}{first + most}"})
        return page | {"maxResults": most, "startAt": first, "total": len(listed), "isLast": last, "values": shown}

    def flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() == "true"


@dataclass(frozen=True)
class Answer:
    """What a handler answers; a body of None is none."""

    body: Any = None
    status: int = 200


Handler: TypeAlias = Callable[[Call], Answer]


@dataclass(frozen=True)
class Endpoint:
    method: str
    path: str
    """Behind `/rest/api/{version}`."""
    handler: Handler
    anonymous: bool = False
    takes: type[Payload] | None = None
    """The shape that its body must have."""


def application(site: Site, endpoints: Iterable[Endpoint], others: Iterable[Route]) -> Starlette:
    """Make the ASGI app of a site."""
    routes = [
        Route(
            "/rest/api/{api_version}" + endpoint.path, _behind_edge(_serve(site, endpoint)), methods=[endpoint.method]
        )
        for endpoint in endpoints
    ]
    return Starlette(routes=[*routes, *others], exception_handlers={HTTPException: _nowhere})


def account_of(site: Site, headers: Mapping[str, str]) -> Account | None:
    """Find the account whose e-mail address and token or password these headers carry."""
    scheme, _, coded = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        email, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    for account in site.catalog.accounts.values():
        if account.email.lower() == email.lower():
            return account if account.active and secret in account.secrets else None
    return None


def refusal(error: JiraError) -> Response:
    headers = error.headers if isinstance(error, RateLimited) else {}
    return JsonResponse(error.body(), error.status, headers)


def unauthorized() -> Response:
    headers = {"WWW-Authenticate": 'Basic realm="Jira"', "X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
    return JsonResponse({"errorMessages": [_NO_LOGIN], "errors": {}}, 401, headers)


class JsonResponse(JSONResponse):
    """JSON in Jira's media type. Half a character, if somebody sent one, is answered as it came: escaped."""

    media_type = "application/json;charset=UTF-8"

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def _behind_edge(serve: Callable[[Request], Any]) -> Callable[[Request], Any]:
    async def served(request: Request) -> Response:
        answer: Response = await serve(request)
        for name, value in edge.headers().items():
            answer.headers.setdefault(name, value)
        return answer

    return served


def _serve(site: Site, endpoint: Endpoint) -> Callable[[Request], Any]:
    async def serve(request: Request) -> Response:
        version = VERSIONS.get(request.path_params["api_version"])
        if version is None:
            raise HTTPException(404)
        if version == "3" and site.catalog.settings.deployment == "Server":
            return refusal(JiraError(404, f"null for uri: {request.url}"))
        account = account_of(site, request.headers)
        if account is None:
            if not endpoint.anonymous or "authorization" in request.headers:
                return unauthorized()
            account = next(iter(site.catalog.accounts.values()))
        try:
            body, files = await _read(request)
            if endpoint.takes is not None:
                check(body, endpoint.takes)
            call = Call(
                site=site,
                account=account,
                version=version,
                method=request.method,
                address=request.url.path,
                path=request.path_params,
                query=request.query_params,
                headers=request.headers,
                body=body,
                files=files,
            )
            # From here on nothing is awaited: that makes each request atomic.
            standing = site.limits.request(site.catalog.settings, request.method, endpoint.path)
            answer = endpoint.handler(call)
            site.limits.answered(answer.body)
        except JiraError as error:
            return refusal(error)
        headers = {"X-Aaccountid": account.id.replace(":", "%3A"), **standing}
        if answer.body is None:
            return Response(status_code=answer.status, headers=headers)
        if isinstance(answer.body, Response):
            return answer.body
        return JsonResponse(answer.body, answer.status, headers)

    return serve


async def _read(request: Request) -> tuple[Any, tuple[SentFile, ...]]:
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form(max_files=1000, max_part_size=1 << 40) as form:
            sent = [part for part in form.getlist("file") if isinstance(part, UploadFile)]
            files = [
                SentFile(part.filename or "", part.content_type or "application/octet-stream", await part.read())
                for part in sent
            ]
        return None, tuple(files)
    raw = await request.body()
    if not raw.strip():
        return None, ()
    try:
        return json.loads(raw), ()
    except ValueError:
        raise JiraError(400, "There was an error parsing JSON. Check that your request body is valid.") from None


async def _nowhere(request: Request, error: Exception) -> Response:
    """Answer what no endpoint took."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    return JSONResponse({"message": f"null for uri: {request.url}", "status-code": status}, status)
