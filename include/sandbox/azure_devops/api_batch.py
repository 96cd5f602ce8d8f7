# SPDX-License-Identifier: Apache-2.0
"""`wit/$batch`: many saves in one request, each answered by itself. Described nowhere any more, it may be gone."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, QueryParams

from sandbox.azure_devops import errors
from sandbox.azure_devops.calls import Answer, Call
from sandbox.azure_devops.shapes import listed

MOST = 200
Within = Callable[[str, str, QueryParams, Headers, bytes], Answer]


def serving(within: Within) -> Callable[[Call], Answer]:
    """The function of the batch, over what answers its parts."""

    def serve(call: Call) -> Answer:
        if not call.organization.settings.batch:
            raise errors.no_resource("$batch")
        if call.method not in ("POST", "PATCH"):
            raise errors.no_method(call.method)
        parts = call.body()
        if not isinstance(parts, list) or not all(isinstance(one, dict) for one in parts):
            raise errors.bad_argument("The body must be a list of requests.")
        if len(parts) > MOST:
            raise errors.bad_argument(f"A batch holds at most {MOST} requests.")
        return Answer(listed([_one(call, within, one) for one in parts]))

    return serve


def _one(call: Call, within: Within, one: dict[str, Any]) -> dict[str, Any]:
    url = urlsplit(str(one.get("uri", "")))
    root = f"/{call.organization.name}"
    path = url.path if url.path.lower().startswith(f"{root.lower()}/") else root + url.path
    given = one.get("headers")
    own = {str(name).lower(): str(value) for name, value in (given if isinstance(given, dict) else {}).items()}
    headers = Headers({**own, "authorization": call.headers.get("authorization", "")})
    method = str(one.get("method", "")).upper()
    if method not in ("PATCH", "POST", "DELETE") or path.lower().endswith("/$batch"):
        answer = Answer(errors.no_method(method).body, 405)
    else:
        answer = within(method, path, QueryParams(url.query), headers, json.dumps(one.get("body")).encode())
    told = {"Content-Type": "application/json; charset=utf-8", **answer.headers}
    return {"code": answer.status, "headers": told, "body": json.dumps(answer.body)}
