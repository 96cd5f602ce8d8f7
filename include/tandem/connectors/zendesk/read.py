# SPDX-License-Identifier: Apache-2.0
"""Tickets by id, whole and fresh: records, histories, and those that bear our marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tandem.connectors.base import History, Needs, Record
from tandem.connectors.zendesk.audits import Audits, history_of, read_audits
from tandem.connectors.zendesk.people import People
from tandem.connectors.zendesk.scope import Scope
from tandem.connectors.zendesk.shape import DESCRIPTION, PEOPLE, Raw, moment, value_of, version
from tandem.core.values import Json
from tandem.http import Http, parsed

BATCH = 100
PRIVATE_FIRST = "private first comment"
MERGED = "closed_by_merge"  # Zendesk's tag on a ticket that another one took in
DELETED_PAGES = 5  # of the deleted tickets, newest first, that are looked through for one that is missing


class Reader:
    """Reads tickets by id. Audits read for a record are kept for the history that is asked for next, once."""

    def __init__(self, http: Http, needs: Needs, scope: Scope) -> None:
        self._http = http
        self._needs = needs
        self._scope = scope
        self._people = People(http)
        self._fresh: dict[str, Audits] = {}

    def forget(self, ticket: str) -> None:
        """Read a ticket's audits anew when they are asked for next: it was written to."""
        self._fresh.pop(ticket, None)

    def fetch(self, ids: Sequence[str]) -> tuple[Record, ...]:
        records: list[Record] = []
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            response = self._http.request("GET", "/api/v2/tickets/show_many.json", params={"ids": ",".join(batch)})
            tickets = {str(ticket["id"]): ticket for ticket in parsed(response)["tickets"]}
            stamps = {id_: version(ticket["updated_at"], response) for id_, ticket in tickets.items()}
            records += self._records(tickets, stamps)
            records += self._deleted([id_ for id_ in batch if id_ not in tickets])
        return tuple(records)

    def history(self, ids: Sequence[str]) -> Mapping[str, History]:
        fresh = {id_: kept for id_ in ids if (kept := self._fresh.pop(id_, None)) is not None}
        read = self._audits([id_ for id_ in ids if id_ not in fresh])
        audits = {id_: fresh.get(id_) or read[id_] for id_ in ids if id_ in fresh or id_ in read}
        authors = self._people.named({id_ for one in audits.values() for id_ in one.people()})
        return {id_: history_of(one, self._needs, authors) for id_, one in audits.items()}

    def find(self, marks: Sequence[str]) -> Mapping[str, str]:
        """Look tickets up by their external id, which anyone may give to any number of tickets: the audit decides."""
        found = self._http.map(self._marked, marks)
        return {mark: id_ for mark, id_ in zip(marks, found, strict=True) if id_ is not None}

    def _marked(self, mark: str) -> str | None:
        response = self._http.request("GET", "/api/v2/tickets.json", params={"external_id": mark})
        ids = sorted((str(t["id"]) for t in parsed(response)["tickets"] if t.get("external_id") == mark), key=int)
        ours = [id_ for id_ in ids if (audits := read_audits(self._http, id_)) is not None and audits.mark == mark]
        # Without a marker in any audit the oldest counts: a second create would be worse.
        return next(iter(ours or ids), None)

    def _audits(self, ids: Sequence[str]) -> dict[str, Audits]:
        found = self._http.map(lambda id_: read_audits(self._http, id_), ids)
        return {id_: audits for id_, audits in zip(ids, found, strict=True) if audits is not None}

    def _records(self, tickets: Mapping[str, Raw], stamps: Mapping[str, str]) -> list[Record]:
        reasons = {id_: self._scope.reason(ticket) for id_, ticket in tickets.items()}
        self._fresh = self._audits([id_ for id_ in tickets if not reasons[id_]])
        records = []
        for id_, ticket in tickets.items():
            audits = self._fresh.get(id_)
            if not reasons[id_] and (audits is None or not audits.whole):
                continue  # gone since, or not to be judged: whether it may leave cannot be known
            reason = reasons[id_] or self._private_first(audits)
            records.append(self._record(ticket, stamps[id_], audits, reason))
        return records

    def _private_first(self, audits: Audits | None) -> str:
        first = audits.first if audits else None
        if audits is None or first is None or audits.is_public(first) or self._needs.private_first == "withhold":
            return ""
        return PRIVATE_FIRST

    def _record(self, ticket: Raw, seen: str, audits: Audits | None, reason: str) -> Record:
        id_ = str(ticket["id"])
        fields = self._fields(ticket, audits) if not reason and audits else {}
        named = [str(fields[name]) for name in PEOPLE if fields.get(name)]
        tells_reporter = not reason and bool({"requester_id", DESCRIPTION} & self._needs.read)
        requester = str(ticket["requester_id"]) if tells_reporter and ticket.get("requester_id") else None
        people = self._people.named([*named, *([requester] if requester else [])])
        return Record(
            id=id_,
            key=id_,
            url=f"{self._http.base_url}/agent/tickets/{id_}",
            version=seen,
            place=str(ticket.get("brand_id") or ""),
            type="" if reason else str(ticket.get("type") or ""),
            created_at=moment(ticket["created_at"]),
            updated_at=moment(ticket["updated_at"]),
            in_scope=not reason,
            fields=fields,
            people={id_: people[id_] for id_ in named},
            reporter=people[requester] if requester else None,
            mark=audits.mark if audits and not reason else None,
            final=_final(ticket, audits),
            scope_reason=reason,
        )

    def _fields(self, ticket: Raw, audits: Audits) -> dict[str, Json]:
        names = (self._needs.read | self._needs.write) - {DESCRIPTION, "requester"}
        fields = {name: value_of(ticket, name) for name in sorted(names)}
        if DESCRIPTION in self._needs.read | self._needs.write:
            fields[DESCRIPTION] = audits.description
        return fields

    def _deleted(self, missing: Sequence[str]) -> list[Record]:
        """Ask for tickets that could not be read among the deleted ones: only Zendesk's word makes them deleted."""
        left, found = set(missing), []
        for page in range(1, DELETED_PAGES + 1):
            if not left:
                break
            params: dict[str, Any] = {"sort_by": "deleted_at", "sort_order": "desc", "page": page}
            response = self._http.request(
                "GET", "/api/v2/deleted_tickets.json", params=params, endpoint="deleted", accept=(403, 404)
            )
            if response.status_code != 200:
                break
            body = parsed(response)
            for ticket in body["deleted_tickets"]:
                if str(ticket["id"]) in left:
                    left.discard(str(ticket["id"]))
                    found.append(self._tombstone(ticket))
            if not body.get("next_page"):
                break
        return found

    def _tombstone(self, ticket: Raw) -> Record:
        id_, at = str(ticket["id"]), moment(ticket["deleted_at"])
        return Record(
            id=id_,
            key=id_,
            url=f"{self._http.base_url}/agent/tickets/{id_}",
            version=at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            place="",
            type="",
            created_at=datetime.fromtimestamp(0, UTC),
            updated_at=at,
            in_scope=False,
            final="deleted",
            scope_reason="deleted",
        )


def _final(ticket: Raw, audits: Audits | None) -> str | None:
    if ticket.get("status") != "closed":
        return None
    if MERGED not in (ticket.get("tags") or ()):
        return "closed"
    into = audits.merged_into if audits else None
    return f"merged into {into}" if into else "merged"
