# SPDX-License-Identifier: Apache-2.0
"""Queues and custom fields of one Request Tracker, each asked for once in a connector's life."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from json import dumps
from typing import Any

from tandem.connectors.request_tracker.shape import API, Raw, custom, flat_date
from tandem.core.values import Json
from tandem.errors import RefusedError
from tandem.http import Http, parsed

PAGE = 100  # the most that a page holds, however many are asked for
TICKETS = "RT::Queue-RT::Ticket"  # what custom fields of tickets apply to
KINDS = {
    "Select": "choice",
    "Freeform": "text",
    "Text": "text",
    "Wikitext": "text",
    "HTML": "text",
    "Combobox": "text",
    "Autocomplete": "text",
    "Date": "date",
    "DateTime": "datetime",
    "IPAddress": "text",
    "IPAddressRange": "text",
}
TEXTS = frozenset({"Freeform", "Text", "Wikitext", "HTML"})
UPLOADS = frozenset({"Image", "Binary"})  # fields that hold files, which are no values


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue: where tickets lie. Its lifecycle says which statuses there are and what leads where."""

    id: str
    name: str
    lifecycle: str


@dataclass(frozen=True, slots=True)
class Custom:
    """A custom field. ``many``: it holds any number of values."""

    id: str
    name: str
    type: str
    many: bool

    @property
    def kind(self) -> str:
        return "set" if self.many else KINDS.get(self.type, "text")

    def flat(self, values: list[Any]) -> Json:
        """Give its values their one flat form."""
        kept = [str(value) for value in values if value not in (None, "")]
        if self.many:
            return sorted(kept) if kept else None  # type: ignore[return-value]
        return self.one(kept[0]) if kept else None

    def one(self, value: object) -> Json:
        """Give a single value its flat form, as tickets and as histories tell it."""
        return flat_date(value) if self.type == "DateTime" else str(value or "") or None

    def wire(self, value: Json) -> Any:
        """Write a value. A field of many values is emptied by an empty list: a null would add empty values to it.

        A text is emptied by an empty text, as a null leaves long ones as they are; an empty day would be one in 1970.

        A moment without "UTC" behind it would be read in the account's own zone, one with a "T" as a day.
        """
        if self.many:
            return value if isinstance(value, list) else [] if value is None else [value]
        if value is None:
            return "" if self.type in TEXTS else None
        if self.type != "DateTime":
            return value
        return str(flat_date(value)).replace("T", " ").partition(".")[0].removesuffix("Z") + " UTC"


class Catalogue:
    """What there is in one Request Tracker, as far as our account may see it."""

    def __init__(self, http: Http) -> None:
        self._http = http

    @cached_property
    def queues(self) -> Mapping[str, Queue]:
        """Queues by number."""
        listed = self._pages("/queues/all", {"fields": "Name,Lifecycle"})
        return {str(q["id"]): Queue(str(q["id"]), str(q["Name"]), str(q.get("Lifecycle") or "")) for q in listed}

    @cached_property
    def customs(self) -> Mapping[str, Custom]:
        """Custom fields of tickets by number, disabled ones left out, and those that hold files."""
        query = dumps([{"field": "LookupType", "value": TICKETS}])
        listed = self._pages("/customfields", {"query": query, "fields": "Name,Type,MaxValues,Disabled"})
        found = [
            Custom(str(one["id"]), str(one["Name"]), str(one.get("Type") or ""), str(one.get("MaxValues")) == "0")
            for one in listed
            if str(one.get("Disabled") or "0") == "0"
        ]
        return {one.id: one for one in found if one.type not in UPLOADS}

    def named(self, name: str) -> Custom | None:
        """The custom field of a name. Where several queues have one of that name each, they must be of one kind."""
        return next((one for one in self.customs.values() if one.name == name), None)

    def choices(self, field: Custom) -> tuple[str, ...]:
        """The values that a field lets one choose from."""
        answer = self._http.request("GET", f"{API}/customfield/{field.id}", accept=(403, 404))
        values = parsed(answer).get("Values") or () if answer.status_code == 200 else ()
        return tuple(str(value["name"] if isinstance(value, dict) else value) for value in values)

    def queue_id(self, given: str) -> str:
        """The number of a queue, by its name or number.

        Raises:
            RefusedError: there is none of this name that we may see.
        """
        if given in self.queues:
            return given
        found = next((queue.id for queue in self.queues.values() if queue.name == given), None)
        if found is None:
            raise RefusedError("there is no such queue, or our account may not see it", where=self._http.tenant)
        return found

    def of(self, ticket: Raw) -> dict[str, Json]:
        """The values of a ticket's custom fields, under their native names."""
        found: dict[str, Json] = {}
        for told in ticket.get("CustomFields") or ():
            field = self.customs.get(str(told.get("id")))
            if field is not None:
                found[custom(field.name)] = field.flat(list(told.get("values") or ()))
        return found

    def _pages(self, path: str, params: Mapping[str, str]) -> Iterator[Raw]:
        """List a collection to its end: hidden items leave pages short, so only an empty page is the last."""
        page = 1
        while True:
            asked = {**params, "per_page": str(PAGE), "page": str(page)}
            body = parsed(self._http.request("GET", API + path, params=asked))
            yield from body["items"]
            if not body["items"] or (body.get("pages") is not None and page >= int(body["pages"])):
                return
            page += 1
