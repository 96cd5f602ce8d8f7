# SPDX-License-Identifier: Apache-2.0
"""What was said in transactions: bodies, files and marks. All three are stored as attachments of a transaction.

Bodies are asked for by name only where they may leave: headers and sizes tell the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from json import dumps

from tandem.connectors.request_tracker.shape import API, Raw, headers, mark_in
from tandem.core.values import Json
from tandem.http import Http, parsed
from tandem.markup import Html, Plain

PAGE = 100
BATCH = 100  # transactions that are asked for at once
HTML, TEXT = "text/html", "text/plain"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a message: a body or a file."""

    id: str
    type: str
    name: str
    size: int
    mark: str | None
    cid: str  # by which a body shows it

    @property
    def is_body(self) -> bool:
        return not self.name and self.type in (HTML, TEXT)

    @property
    def is_file(self) -> bool:
        """A part that is neither a body nor a mere frame; an empty body is kept as one of no name and no length."""
        return not self.is_body and not self.type.startswith("multipart/") and bool(self.name or self.size)


@dataclass(frozen=True, slots=True)
class Said:
    """A transaction's message as its headers tell it."""

    parts: tuple[Part, ...]

    @property
    def mark(self) -> str | None:
        return next((part.mark for part in self.parts if part.mark), None)

    @property
    def files(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.is_file)

    @property
    def bodies(self) -> tuple[Part, ...]:
        """The parts that are its text: HTML where there is any (mail brings both), else what is plain."""
        bodies = [part for part in self.parts if part.is_body and part.size]
        return tuple([part for part in bodies if part.type == HTML] or bodies)


def said_in(http: Http, transactions: Collection[int]) -> dict[int, Said]:
    """Read what transactions hold, without a word of the texts."""
    found: dict[int, list[Part]] = {number: [] for number in transactions}
    fields = "TransactionId,Headers,Filename,ContentType,ContentLength"
    for item in _attachments(http, "TransactionId", sorted(found), fields):
        part = headers(item.get("Headers"))
        found[int(str(item["TransactionId"]))].append(
            Part(
                id=str(item["id"]),
                type=str(item.get("ContentType") or "").lower(),
                name=str(item.get("Filename") or ""),
                size=int(item.get("ContentLength") or 0),
                mark=mark_in(part),
                cid=str(part.get("Content-ID") or "").strip().strip("<>"),
            )
        )
    return {number: Said(tuple(sorted(parts, key=lambda part: int(part.id)))) for number, parts in found.items()}


def texts(http: Http, said: Sequence[Said]) -> Mapping[str, str]:
    """Read the texts of messages: part → text."""
    wanted = sorted({int(part.id) for one in said for part in one.bodies})
    return {str(item["id"]): str(item.get("Content") or "") for item in _attachments(http, "id", wanted, "Content")}


def rich(said: Said, read: Mapping[str, str]) -> Json:
    """A message as HTML, in which its own files are named as ``attachment:<id>``."""
    text = "".join(_as_html(part, read.get(part.id, "")) for part in said.bodies)
    for part in said.files:
        if part.cid:
            known = f"attachment:{part.id}?name={escape(part.name)}"
            text = text.replace(f"cid:{escape(part.cid)}", known).replace(f"cid:{part.cid}", known)
    return text or None


def shows(said: Said, part: Part, body: Json) -> bool:
    """Tell whether a message's text shows a file of its own."""
    return bool(part.cid) and isinstance(body, str) and f"attachment:{part.id}?" in body


def _as_html(part: Part, text: str) -> str:
    return text if part.type == HTML else str(Html().render(Plain().parse(text).doc).native)


def _attachments(http: Http, by: str, numbers: Sequence[int], fields: str) -> Iterator[Raw]:
    for start in range(0, len(numbers), BATCH):
        query = dumps([{"field": by, "operator": "IN", "value": list(numbers[start : start + BATCH])}])
        page = 1
        while True:
            params = {"query": query, "fields": fields, "orderby": "id", "per_page": str(PAGE), "page": str(page)}
            items = parsed(http.request("GET", f"{API}/attachments", params=params))["items"]
            yield from items
            if len(items) < PAGE:  # all of them belong to transactions that we were shown, so none is hidden
                break
            page += 1
