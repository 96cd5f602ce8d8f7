# SPDX-License-Identifier: Apache-2.0
"""From an HTTP request to a function: who calls, in which version, of which project; throttling, headers, errors."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.azure_devops import errors
from sandbox.azure_devops.items import Item
from sandbox.azure_devops.locations import LATEST, PREVIEWS, VERSIONS
from sandbox.azure_devops.organization import Organization, Project
from sandbox.azure_devops.people import Identity, made_id
from sandbox.azure_devops.shapes import Naming
from sandbox.azure_devops.throttle import Throttle

_SIGN_IN = """<!DOCTYPE html><html lang="en-US"><head><title>Azure DevOps Services | Sign In</title></head>
<body><h1>Sign in to your account</h1></body></html>"""
# What stands on every recorded answer and means nothing to a client.
_EDGE = {
    "Cache-Control": "no-cache",
    "Pragma": "no-cache",
    "Expires": "-1",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Cache": "CONFIG_NOCACHE",
    "Request-Context": "appId=cid-v1:" + made_id("app"),
    "Access-Control-Expose-Headers": "Request-Context",
    "X-TFS-ProcessId": made_id("process"),
    "X-VSS-SenderDeploymentId": made_id("deployment"),
}
Version = tuple[int, int]


@dataclass(frozen=True)
class Call:
    """One authenticated request; `path` are its parts behind `_apis/<area>/<resource>`."""

    organization: Organization
    who: Identity
    method: str
    resource: str
    path: tuple[str, ...]
    project: Project | None
    query: QueryParams
    headers: Headers
    raw: bytes
    version: Version
    version_text: str

    @property
    def old(self) -> bool:
        """Whether the answer is to be as before 5.0: people by texts, addresses without the project."""
        return self.version < (5, 0)

    @property
    def naming(self) -> Naming:
        return "text" if self.old else "object"

    def body(self) -> Any:
        """The JSON that was sent. Raises: AzureError (400)."""
        try:
            found = json.loads(self.raw or b"null")
            json.dumps(found, ensure_ascii=False).encode()
        except ValueError:
            raise errors.bad_argument("The body of the request is no valid JSON.") from None
        return found

    def object(self) -> dict[str, Any]:
        """Raises: AzureError (400)."""
        found = self.body()
        if not isinstance(found, dict):
            raise errors.bad_argument("Value cannot be null. Parameter name: body")
        return found

    def flag(self, name: str) -> bool:
        return self.text(name).lower() == "true"

    def text(self, name: str) -> str:
        """A parameter, its name in whatever case."""
        return next((value for key, value in self.query.items() if key.lower() == name.lower()), "")

    def number(self, name: str, default: int) -> int:
        """Raises: AzureError (400)."""
        text = self.text(name)
        if text and not re.fullmatch(r"-?\d+", text):
            raise errors.bad_argument(f"The value of {name} is no number.")
        return int(text) if text else default

    def item(self, text: str) -> Item:
        """Raises: AzureError (404)."""
        if not text.isdecimal():
            raise errors.no_item(text)
        return self.organization.item(self.who, int(text), self.project)


@dataclass(frozen=True)
class Answer:
    """What a function answers; `body` None means an empty one, bytes a file, a text an HTML page."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Function = Callable[[Call], Answer]


class Api:
    """The ASGI app behind an organization's `_apis`."""

    def __init__(self, organization: Organization, functions: dict[str, Function], locations: Answer) -> None:
        self._organization = organization
        self._functions = functions
        self._locations = locations
        self._throttle = Throttle()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        raw = await request.body()
        target = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        answer = self.answer(request.method, target, request.query_params, request.headers, raw)
        await response(answer)(scope, receive, send)

    def answer(self, method: str, target: str, query: QueryParams, headers: Headers, raw: bytes) -> Answer:
        """Answer one request: also one within a batch. `target` is the path as sent."""
        told: dict[str, str] = {}
        who: Identity | None = None
        try:
            parts = [unquote(part) for part in target.split("?")[0].split("/") if part]
            if not parts or parts[0].lower() != self._organization.name.lower() or "_apis" not in parts:
                raise errors.no_resource(unquote(target))
            if method == "OPTIONS":
                return self._locations
            who = self._organization.authenticated(headers)
            if who is None:
                return _sign_in(headers)
            told = self._throttle.count(self._organization, who)
            given = self._given(who, parts, method, query, headers, raw)
        except errors.AzureError as error:
            given = Answer(error.body, error.status)
            if error.status == 429:
                told = self._throttle.told(self._organization, who)
        return Answer(given.body, given.status, {**told, **given.headers})

    def _given(
        self, who: Identity, parts: list[str], method: str, query: QueryParams, headers: Headers, raw: bytes
    ) -> Answer:
        at = parts.index("_apis")
        before, after = parts[1:at], parts[at + 1 :]
        if who.alias in self._organization.settings.read_only_tokens and not _reads(method, after):
            raise errors.out_of_scope(who.id)
        project = self._organization.project(before[0], who) if before else None
        area = after[0].lower() if after else ""
        rest = after[1:] if area == "wit" else after
        function = self._functions.get(f"{'wit/' if area == 'wit' else ''}{rest[0].lower()}") if rest else None
        if function is None:
            raise errors.no_resource("/" + "/".join(parts))
        name = _name_of(rest)
        version, text = _version(method, name, query, headers)
        call = Call(
            self._organization,
            who,
            method,
            rest[0].lower(),
            tuple(rest[1:]),
            project,
            query,
            headers,
            raw,
            version,
            text,
        )
        given = function(call)
        kind = {"Content-Type": f"application/json; charset=utf-8; api-version={text}"} if text else {}
        return Answer(given.body, given.status, {**kind, **given.headers})


def _reads(method: str, after: list[str]) -> bool:
    """Whether a request changes nothing: queries, batches and feeds may be POSTs."""
    asks = ("wiql", "workitemsbatch", "reporting", "queriesbatch")
    return method in ("GET", "HEAD") or (method == "POST" and len(after) > 1 and after[1].lower() in asks)


def _name_of(rest: list[str]) -> str:
    """The resource that an address ends in: `comments` of `workItems/7/comments/3`."""
    names = [part.lower() for part in rest]
    free = names[0] in ("classificationnodes", "queries")  # what follows is a path of people's own words
    return names[0] if free else next((name for name in reversed(names) if name in VERSIONS), names[0])


def _version(method: str, resource: str, query: QueryParams, headers: Headers) -> tuple[Version, str]:
    """The version that was asked for; a GET needs none. Raises: AzureError (400)."""
    said = next((value for key, value in query.items() if key.lower() == "api-version"), "")
    if not said:
        found = re.search(r"api-version=([\w.-]+)", headers.get("accept", "") + ";" + headers.get("content-type", ""))
        said = found[1] if found else ""
    if not said:
        if method not in ("GET", "HEAD"):
            raise errors.no_version(method)
        return (7, 1), ""
    read = re.fullmatch(r"(\d+)\.(\d+)(-preview(?:\.(\d+))?)?", said)
    if read is None:
        raise errors.version_beyond(said, LATEST)
    version = int(read[1]), int(read[2])
    latest = tuple(int(part) for part in LATEST.split("."))
    if version > latest or version < (1, 0) or int(read[4] or 0) > VERSIONS.get(resource, 9):
        raise errors.version_beyond(said, LATEST)
    if not read[3] and (resource in PREVIEWS or version == latest):
        raise errors.only_preview(said)
    return version, said


def _sign_in(headers: Headers) -> Answer:
    """Who is unknown gets the sign-in page, with a status of success; clients that say so get a plain refusal."""
    if headers.get("x-tfs-fedauthredirect", "").lower() == "suppress":
        return Answer("Access Denied", 401, {"WWW-Authenticate": 'Basic realm="Azure DevOps"'})
    return Answer(_SIGN_IN, 203)


def response(answer: Answer) -> Response:
    """The answer over HTTP, with what the vendor's front adds."""
    activity = str(uuid4())
    headers = {**_EDGE, "ActivityId": activity, "X-VSS-E2EID": activity, **answer.headers}
    if isinstance(answer.body, bytes):
        return Response(answer.body, answer.status, headers)
    if isinstance(answer.body, str):
        return Response(answer.body, answer.status, {**headers, "Content-Type": "text/html; charset=utf-8"})
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    if answer.status == 200:
        headers["Vary"] = "Accept-Encoding"
    text = json.dumps(answer.body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return Response(text, answer.status, {"Content-Type": "application/json; charset=utf-8", **headers})
