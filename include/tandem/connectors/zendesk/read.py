# SPDX-License-Identifier: Apache-2.0
"""Tickets by id, whole and fresh: records, histories, and those that bear our marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import requests

from tandem.connectors.base import NOTHING, History, Needs, Record
from tandem.connectors.zendesk.audits import Audits, away_of, history_of, read_audits
from tandem.connectors.zendesk.people import People
from tandem.connectors.zendesk.scope import Scope
from tandem.connectors.zendesk.shape import DESCRIPTION, OPEN, PEOPLE, Raw, moment, value_of, version
from tandem.core.values import Json
from tandem.http import Http, parsed

BATCH = 100
PRIVATE_FIRST = "private first comment"
MERGED = "closed_by_merge"  # Zendesk's tag on a ticket that another one took in
DELETED_PAGES = 5  # of the deleted tickets, newest first, that are looked through for one that is missing


class Reader:
    """Reads tickets by id. Audits read for a record are kept for the history that is asked for next, once."""

    def __init__(self, http: Http, needs: Needs, scope: Scope, people: People) -> None:
        self._http = http
        self._needs = needs
        self._scope = scope
        self._people = people
        self._fresh: dict[str, Audits] = {}

    def forget(self, ticket: str) -> None:
        """Read a ticket's audits anew when they are asked for next: it was written to."""
        self._fresh.pop(ticket, None)

    def fetch(self, ids: Sequence[str], known: Mapping[str, str] = NOTHING) -> tuple[Record, ...]:
        """Read tickets; the audits of those alone of which not all is known up to the version that they show."""
        records: list[Record] = []
        wanted = [id_ for id_ in dict.fromkeys(ids) if id_.isdigit()]  # Zendesk refuses a list with a word in it
        self._fresh = {}
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            tickets, response = self._show(batch)
            seen = {id_: version(ticket["updated_at"], response) for id_, ticket in tickets.items()}
            held = {id_ for id_, ticket in tickets.items() if _all_known(ticket, seen[id_], known.get(id_))}
            reasons, audits = self._judged({id_: ticket for id_, ticket in tickets.items() if id_ not in held})
            self._fresh |= {id_: audits[id_] for id_, reason in reasons.items() if not reason}
            reasons |= {id_: self._scope.reason(tickets[id_]) for id_ in held}
            for id_, reason in reasons.items():
                records.append(self._record(tickets[id_], seen[id_], audits.get(id_), reason))
            records += self._deleted([id_ for id_ in batch if id_ not in tickets])
        return tuple(records)

    def history(self, ids: Sequence[str]) -> Mapping[str, History]:
        """Read what happened on tickets: on those in scope all that is offered, on others our own work alone."""
        found = {id_: kept for id_ in ids if (kept := self._fresh.pop(id_, None)) is not None}
        missing = [id_ for id_ in dict.fromkeys(ids) if id_ not in found]
        outside: set[str] = set()
        for start in range(0, len(missing), BATCH):
            reasons, audits = self._judged(self._show(missing[start : start + BATCH])[0])
            left = [id_ for id_, reason in reasons.items() if reason]
            outside |= set(left)
            found |= audits | self._audits([id_ for id_ in left if id_ not in audits])
        authors = self._people.named({p for id_, one in found.items() for p in one.people(inside=id_ not in outside)})
        return {
            id_: history_of(one, self._needs, authors, inside=False)
            if id_ in outside
            else replace(
                history_of(one, self._needs, authors), away=away_of(one, self._scope.fields, self._scope.holds)
            )
            for id_, one in found.items()
        }

    def offers(self, ticket: str, file: str) -> bool:
        """Tell whether a file may leave, as the ticket is now."""
        told = self.history([ticket]).get(ticket)
        return told is not None and any(offered.id == file for offered in told.files)

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

    def _show(self, ids: Sequence[str]) -> tuple[dict[str, Raw], requests.Response]:
        response = self._http.request("GET", "/api/v2/tickets/show_many.json", params={"ids": ",".join(ids)})
        return {str(ticket["id"]): ticket for ticket in parsed(response)["tickets"]}, response

    def _judged(self, tickets: Mapping[str, Raw]) -> tuple[dict[str, str], dict[str, Audits]]:
        """Judge what is in scope: why each ticket is not, empty if it is; and the audits of those that may be.

        A ticket whose audits cannot be read whole is left out: whether it may leave cannot be known.
        """
        reasons = {id_: self._scope.reason(ticket) for id_, ticket in tickets.items()}
        maybe = [id_ for id_, reason in reasons.items() if not reason]
        audits = {id_: one for id_, one in self._audits(maybe).items() if one.whole}
        for id_ in maybe:
            if id_ in audits:
                reasons[id_] = self._private_first(audits[id_])
            else:
                del reasons[id_]
        return reasons, audits

    def _audits(self, ids: Sequence[str]) -> dict[str, Audits]:
        """Read the audits of tickets; those that are gone by now, or hidden, are left out."""
        read = self._http.map(lambda id_: read_audits(self._http, id_), ids)
        return {id_: one for id_, one in zip(ids, read, strict=True) if one is not None}

    def _private_first(self, audits: Audits) -> str:
        first = audits.first
        if first is None or audits.is_public(first) or self._needs.private_first == "withhold":
            return ""
        return PRIVATE_FIRST

    def _record(self, ticket: Raw, seen: str, audits: Audits | None, reason: str) -> Record:
        id_ = str(ticket["id"])
        fields = self._fields(ticket, audits) if not reason else {}
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
            follows=_followed(ticket),
            settled=not seen.endswith(OPEN),
            scope_reason=reason,
        )

    def _fields(self, ticket: Raw, audits: Audits | None) -> dict[str, Json]:
        """The fields asked for: the description only where the audits were read, which alone tell it."""
        names = (self._needs.read | self._needs.write) - {DESCRIPTION, "requester"}
        fields = {name: value_of(ticket, name) for name in sorted(names)}
        if audits is not None and DESCRIPTION in self._needs.read | self._needs.write:
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


def _all_known(ticket: Raw, seen: str, known: str | None) -> bool:
    """Tell whether nothing can have happened since: every audit, a comment made private too, moves ``updated_at``.

    A ticket that says that none of its comments is public, or that was merged, is judged by its audits all the same.
    """
    if known is None or known.endswith(OPEN) or seen > known or ticket.get("is_public") is False:
        return False
    return not (ticket.get("status") == "closed" and MERGED in (ticket.get("tags") or ()))


def _final(ticket: Raw, audits: Audits | None) -> str | None:
    """Tell why a ticket takes no more. A merged one is closed too: its tag or an audit tells it apart."""
    if ticket.get("status") != "closed":
        return None
    tagged = MERGED in (ticket.get("tags") or ())
    into = (audits.merged_into if tagged else audits.taken_by) if audits else None
    if into and into != str(ticket["id"]):
        return f"merged into {into}"
    return "merged" if tagged else "closed"


def _followed(ticket: Raw) -> str | None:
    """The closed ticket whose follow-up this is, made by whomever."""
    source = (ticket.get("via") or {}).get("source") or {}
    number = (source.get("from") or {}).get("ticket_id") if source.get("rel") == "follow_up" else None
    number = number or ticket.get("via_followup_source_id")
    return str(number) if number else None
