# SPDX-License-Identifier: Apache-2.0
"""What a tracker's refusal means, told without a word of what was written."""

from __future__ import annotations

import re

import requests

from tandem.errors import (
    CredentialsError,
    GoneError,
    ItemError,
    RefusedError,
    StaleError,
    TandemError,
    TooLargeError,
)

KINDS: dict[int, type[ItemError]] = {
    404: GoneError,
    409: StaleError,
    410: GoneError,
    412: StaleError,
    413: TooLargeError,
}
FIELD = re.compile(r"\w[\w .-]{0,99}")
REASON = re.compile(r"[A-Za-z_]{1,60}")


def refusal(call: str, response: requests.Response, tenant: str) -> TandemError:
    """Make the error for a 4xx: the names of fields and the tracker's own code for it, never its texts."""
    status = response.status_code
    fields, reason = _named(response)
    response.close()
    what = f"{call} answered {status}"
    if status in (401, 403):
        return CredentialsError(what, where=tenant)
    what += f" ({reason})" if reason else ""
    what += f": {', '.join(fields)}" if fields else ""
    return KINDS.get(status, RefusedError)(what, where=tenant, fields=fields)


def _named(response: requests.Response) -> tuple[tuple[str, ...], str]:
    try:
        body = response.json()
    except (requests.exceptions.RequestException, ValueError):
        return (), ""
    if not isinstance(body, dict):
        return (), ""
    parts = [part for part in (body.get("errors"), body.get("details")) if isinstance(part, dict)]
    names = sorted({name for part in parts for name in part if FIELD.fullmatch(name)})
    error = body.get("error")
    return tuple(names), error if isinstance(error, str) and REASON.fullmatch(error) else ""
