# SPDX-License-Identifier: Apache-2.0
"""Writes sent: one by itself, several in one call of the batch API, each with an answer of its own.

The batch API is not in the published description any more. Where an organisation does not have it, each write goes
alone; that is found out by the first batch, of which nothing is done then.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tandem.connectors.azure_devops.shape import Raw
from tandem.connectors.azure_devops.site import API, PATCH, Site
from tandem.errors import (
    BudgetError,
    GoneError,
    ItemError,
    RefusedError,
    StaleError,
    TooLargeError,
    UnknownOutcomeError,
)
from tandem.http import parsed

Op = dict[str, Any]
BATCH = "/_apis/wit/$batch"
ANSWERED = (400, 403, 404, 409, 412, 413)
WAIT = 60.0  # seconds until a write is tried again that a limit kept out of a batch
MARKDOWN_API = "7.1-preview.3"
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_.]{1,127}")
_STALE = ("/rev", "TF26071", "RevisionMismatch")
_TOO_LARGE = ("AttachmentSize", "AttachmentLimit", "TooLong")


@dataclass(frozen=True, slots=True)
class Write:
    """One patch of an item, or of one that is to be made."""

    path: str
    ops: tuple[Op, ...]
    ticket: str | None = None  # none: it makes one

    @property
    def version(self) -> str:
        """The version of the API that knows what is in it."""
        formatted = any(op["path"].startswith("/multilineFieldsFormat/") for op in self.ops)
        return MARKDOWN_API if formatted else API


Answer = Raw | ItemError | UnknownOutcomeError


class Calls:
    """Sends writes to one organisation."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._batches = True

    def send(self, writes: Sequence[Write]) -> list[Answer]:
        """Do writes, in their order: the item as each left it, or what was wrong with it.

        Raises:
            UnknownOutcomeError: the answer was lost; which of them were done is not known.
        """
        if len(writes) > 1 and self._batches:
            done = self._batch(writes)
            if done is not None:
                return done
            self._batches = False
        return [self._alone(write) for write in writes]

    def one(self, write: Write) -> Raw:
        """Do one write.

        Raises:
            ItemError: it was refused.
        """
        method = "PATCH" if write.ticket else "POST"
        answer = self._site.ask(
            method,
            write.path,
            body=list(write.ops),
            kind=PATCH,
            accept=ANSWERED,
            ticket=write.ticket,
            version=write.version,
        )
        if answer.status_code >= 400:
            raise refused(self._site, answer.status_code, _json(answer.text))
        item: Raw = parsed(answer)
        return item

    def _alone(self, write: Write) -> Answer:
        try:
            return self.one(write)
        except (ItemError, UnknownOutcomeError) as error:
            return error

    def _batch(self, writes: Sequence[Write]) -> list[Answer] | None:
        """Do all in one call; none where there are no batches for us."""
        asked = [
            {
                "method": "PATCH",
                "uri": f"{write.path}?api-version={write.version}",
                "headers": {"Content-Type": PATCH},
                "body": list(write.ops),
            }
            for write in writes
        ]
        response = self._site.ask("PATCH", BATCH, body=asked, accept=(400, 403, 404, 405))
        if response.status_code >= 400:
            response.close()
            return None
        told = parsed(response).get("value") or ()
        if len(told) != len(writes):
            raise UnknownOutcomeError("a batch was answered, but not each of its writes", where=self._site.http.tenant)
        return [self._judged(one) for one in told]

    def _judged(self, told: Mapping[str, Any]) -> Answer:
        status, where = int(told.get("code") or 0), self._site.http.tenant
        raw = told.get("body")
        body = _json(raw) if isinstance(raw, str) else raw
        if 200 <= status < 300 and isinstance(body, Mapping):
            return body
        if status == 429:
            return BudgetError("a limit kept a write back", retry_after=WAIT, where=where)
        if not 400 <= status < 500:
            return UnknownOutcomeError(f"a write answered {status}; whether it was done is not known", where=where)
        return refused(self._site, status, body)


def refused(site: Site, status: int, body: Any) -> ItemError:
    """Read a refusal: its kind and the fields that it names, never its words, which may hold what was written."""
    where = site.http.tenant
    told: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
    words, kind = str(told.get("message") or ""), str(told.get("typeKey") or "")
    if status in (409, 412) or any(sign in words or sign in kind for sign in _STALE):
        return StaleError("the item has a newer revision", where=where)
    if status == 404:
        return GoneError("an item is not there, or hidden from our account", where=where)
    if status == 413 or any(sign in kind for sign in _TOO_LARGE):
        return TooLargeError("Azure DevOps takes nothing of this size, or no more files of this item", where=where)
    if status in (401, 403):
        fix = "Give the account the right to edit work items in the item's area."
        return RefusedError("our account may not write this item", where=where, fix=fix)
    fields = _named(told)
    what = f"Azure DevOps refused a write ({kind if _FIELD.fullmatch(kind) else status})"
    return RefusedError(what + (f": {', '.join(fields)}" if fields else ""), where=where, fields=fields)


def _named(told: Mapping[str, Any]) -> list[str]:
    """The fields that broken rules name."""
    about = told.get("customProperties") or {}
    listed = [about, *(about.get("RuleValidationErrors") or ())] if isinstance(about, Mapping) else []
    keys = ("FieldReferenceName", "fieldReferenceName", "ReferenceName")  # the last of an unknown identity
    names = [str(one.get(key) or "") for one in listed for key in keys]
    return list(dict.fromkeys(name for name in names if _FIELD.fullmatch(name)))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
