# SPDX-License-Identifier: Apache-2.0
"""`/api/now/v1/batch`: many calls in one, done one after the other, each with an answer of its own.

Calls beyond what the time allows are not done and come back as `unserviced_requests`.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, QueryParams

from sandbox.servicenow import errors
from sandbox.servicenow.calls import JSON, Answer, Call

Within = Callable[[str, str, QueryParams, Headers, bytes], Answer]


def serving(within: Within) -> Callable[[Call], Answer]:
    """The function of the batch, over what answers its calls."""

    def serve(call: Call) -> Answer:
        if call.method != "POST":
            raise errors.no_method()
        if not call.instance.settings.batch:
            raise errors.forbidden()
        body = call.body()
        asked = body.get("rest_requests")
        if not isinstance(asked, list):
            raise errors.bad_body("rest_requests is missing")
        most = call.instance.settings.batch_calls or len(asked)
        done = [_one(call, within, one) for one in asked[:most]]
        left = [str(one.get("id")) for one in asked[most:]]
        return Answer(
            {
                "batch_request_id": str(body.get("batch_request_id", "")),
                "serviced_requests": done,
                "unserviced_requests": left,
            }
        )

    return serve


def _one(call: Call, within: Within, one: dict[str, Any]) -> dict[str, Any]:
    url = urlsplit(str(one.get("url", "")))
    sent = {str(head["name"]).lower(): str(head["value"]) for head in one.get("headers") or ()}
    headers = Headers({"authorization": call.headers.get("authorization", ""), **sent})
    raw = b64decode(str(one.get("body") or ""))
    answer = within(str(one.get("method", "GET")).upper(), url.path, QueryParams(url.query), headers, raw)
    body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
    told = {
        "id": str(one.get("id", "")),
        "body": "" if answer.body is None else b64encode(body).decode(),
        "status_code": answer.status,
        "status_text": HTTPStatus(answer.status).phrase,
        "headers": [{"name": name, "value": value} for name, value in {"Content-Type": JSON, **answer.headers}.items()],
        "execution_time": 1,
        "redirect_url": "",
        "error_message": "",
    }
    if one.get("exclude_response_headers") is True:
        told["headers"] = []
    call.instance.ripen()
    return told
