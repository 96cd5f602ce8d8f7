# SPDX-License-Identifier: Apache-2.0
"""Writes sent: one by itself, several in one call of the batch API, each with an outcome of its own.

ServiceNow does the calls of a batch one after the other and gives up after half a minute: what it did not come to it
names, and that is sent again. Where an instance keeps its batch API to itself, each write goes alone.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tandem.connectors.servicenow.shape import plain
from tandem.errors import (
    BudgetError,
    CredentialsError,
    GoneError,
    ItemError,
    RefusedError,
    TooLargeError,
    UnavailableError,
    UnknownOutcomeError,
)
from tandem.http import Http, parsed

BATCH = "/api/now/v1/batch"
WAIT = 60.0  # seconds until a write is tried again that a rate limit kept out of a batch
_JSON = [{"name": "Content-Type", "value": "application/json"}, {"name": "Accept", "value": "application/json"}]
_ANSWERED = (400, 403, 404, 409, 413)


@dataclass(frozen=True, slots=True)
class Write:
    """One call that changes a row. ``fields`` are the columns that its answer is to show."""

    method: str
    path: str
    body: Mapping[str, str]
    fields: Sequence[str] = ()
    ticket: str = ""

    @property
    def params(self) -> dict[str, str]:
        return {
            "sysparm_fields": ",".join(sorted({*self.fields, "sys_id", "sys_mod_count", "sys_updated_on"})),
            "sysparm_display_value": "false",
            "sysparm_exclude_reference_link": "true",
        }


Answer = Mapping[str, str] | ItemError


class Calls:
    """Sends writes to one ServiceNow."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._batches = True

    def send(self, writes: Sequence[Write]) -> list[Answer]:
        """Do writes, in their order: the row as each left it, or what was wrong with it.

        Raises:
            UnknownOutcomeError: the answer was lost; which of them were done is not known.
            CredentialsError: our account may not do such a thing at all.
        """
        if len(writes) > 1 and self._batches:
            done = self._batch(writes)
            if done is not None:
                return done
            self._batches = False
        return [self.one(write) for write in writes]

    def one(self, write: Write) -> Answer:
        """Do one write."""
        response = self._http.request(
            write.method,
            write.path,
            params=write.params,
            json=dict(write.body) if write.method != "DELETE" else None,
            accept=_ANSWERED,
            ticket=write.ticket or None,
        )
        body = None if response.status_code == 204 else parsed(response)
        return self._judged(response.status_code, body)

    def _batch(self, writes: Sequence[Write]) -> list[Answer] | None:
        """Do all in one call, and what was left over in another; none where there are no batches for us."""
        answers: dict[int, Answer] = {}
        while left := [number for number in range(len(writes)) if number not in answers]:
            asked = {"batch_request_id": "1", "rest_requests": [_asked(number, writes[number]) for number in left]}
            response = self._http.request("POST", BATCH, json=asked, accept=(400, 403, 404, 405))
            if response.status_code >= 400:
                response.close()
                if answers:
                    raise UnavailableError("the batch API stopped answering", where=self._http.tenant)
                return None
            serviced = parsed(response).get("serviced_requests") or ()
            if not serviced:
                raise UnavailableError("ServiceNow came to none of the calls of a batch", where=self._http.tenant)
            for told in serviced:
                answers[int(told["id"])] = self._judged(int(told["status_code"]), _body(told))
        return [answers[number] for number in range(len(writes))]

    def _judged(self, status: int, body: Any) -> Answer:
        """Read one call's answer; of a refusal its kind alone, never its words."""
        if status < 300:
            row = body.get("result") if isinstance(body, Mapping) else {}
            return plain(row) if isinstance(row, Mapping) else {}
        where = self._http.tenant
        if status >= 500 or status == 408:
            raise UnknownOutcomeError(f"a write answered {status}; whether it was done is not known", where=where)
        if status == 429:
            return BudgetError("a rate limit kept a write back", retry_after=WAIT, where=where)
        error = body.get("error") if isinstance(body, Mapping) else None
        words = f"{error.get('message')} {error.get('detail')}" if isinstance(error, Mapping) else ""
        if status == 401 or (status == 403 and "User Not Authorized" in words):
            raise CredentialsError(f"a write answered {status}", where=where)
        if status == 404:
            return GoneError("a ticket is not there, or not to be seen by our account", where=where)
        if status == 413:
            return TooLargeError("ServiceNow takes no file of this size", where=where)
        return RefusedError(f"ServiceNow refused a write ({status}{_why(words)})", where=where)


def _why(words: str) -> str:
    """The kind of a refusal, in our words: the vendor's may hold what was written."""
    for sign, kind in (
        ("Data Policy", "a data policy: fields that the contract must fill"),
        ("ACL", "our account may not write this ticket or one of these fields"),
        ("Business Rule", "a business rule of the instance"),
    ):
        if sign in words:
            return f", {kind}"
    return ""


def _asked(number: int, write: Write) -> dict[str, Any]:
    return {
        "id": str(number),
        "method": write.method,
        "url": f"{write.path}?{urlencode(write.params)}",
        "headers": _JSON,
        "body": b64encode(json.dumps(dict(write.body)).encode()).decode(),
        "exclude_response_headers": True,
    }


def _body(told: Mapping[str, Any]) -> Any:
    try:
        return json.loads(b64decode(told.get("body") or "") or b"null")
    except ValueError:
        return None
