# SPDX-License-Identifier: Apache-2.0
"""Tickets by id, whole and fresh: records, histories, and those that bear our marks.

A version is told before the fields are read, and the history after them: so nothing that a record shows is newer than
its history, and what came in between is seen by the next reading.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tandem.connectors.base import NOTHING, History, Needs, Record
from tandem.connectors.request_tracker import journal
from tandem.connectors.request_tracker.catalogue import Catalogue
from tandem.connectors.request_tracker.history import (
    CREATED,
    TALK,
    Told,
    away_of,
    history_of,
    may_leave,
    numbers_named,
)
from tandem.connectors.request_tracker.journal import Journal
from tandem.connectors.request_tracker.messages import Said, said_in, texts
from tandem.connectors.request_tracker.people import People
from tandem.connectors.request_tracker.scope import Scope
from tandem.connectors.request_tracker.shape import (
    API,
    DESCRIPTION,
    PEOPLE,
    ROLES,
    Raw,
    custom_name,
    holders,
    moment,
    name_of,
    own_value,
    version,
)
from tandem.core.values import Json, as_set
from tandem.http import Http, parsed

BATCH = 50
ALWAYS = ("Queue", "Status", "Type", "Created", "LastUpdated")
DELETED = "deleted"  # a status, and the only sign that a ticket was deleted; searches leave such tickets out


@dataclass(frozen=True, slots=True)
class Seen:
    """A ticket as it was read: its fields, or where it went."""

    ticket: Raw
    reason: str  # why it is not in scope
    final: str | None = None


class Reader:
    """Reads tickets by id. Transactions read for a record are kept for the history that is asked for next, once."""

    def __init__(self, http: Http, needs: Needs, scope: Scope, catalogue: Catalogue, people: People) -> None:
        self._http = http
        self._needs = needs
        self._scope = scope
        self._catalogue = catalogue
        self._people = people
        self._kept: dict[str, Journal] = {}

    def forget(self, ticket: str) -> None:
        """Read a ticket's transactions anew when they are asked for next: it was written to."""
        self._kept.pop(ticket, None)

    def fetch(self, ids: Sequence[str], known: Mapping[str, str] = NOTHING) -> tuple[Record, ...]:
        """Read tickets; the transactions of those alone of which not all is known."""
        records: list[Record] = []
        reporters: dict[str, list[str]] = {}
        wanted = [id_ for id_ in dict.fromkeys(ids) if id_.isdigit()]
        self._kept = {}
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            versions = self._unmoved({id_: int(known[id_]) for id_ in batch if id_ in known})
            moved = [id_ for id_ in batch if id_ not in versions]
            journals = journal.whole(self._http, moved)
            versions |= {id_: one.newest for id_, one in journals.items()}
            seen = self.seen(batch)
            inside = {id_: one for id_, one in journals.items() if id_ in seen and not seen[id_].reason}
            self._kept |= inside
            told = self._told(inside, created=True)
            for id_ in batch:
                if id_ in seen and id_ in versions:
                    records.append(self._record(id_, versions[id_], seen[id_], told.get(id_)))
                    reporters[id_] = self._reporters(seen[id_])
        return tuple(self._with_people(records, reporters))

    def history(self, ids: Sequence[str]) -> Mapping[str, History]:
        """Read what happened on tickets: on those in scope all that is offered, on others our own work alone."""
        found: dict[str, History] = {}
        wanted = [id_ for id_ in dict.fromkeys(ids) if id_.isdigit()]
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            seen = self.seen(batch)
            kept = {id_: self._kept.pop(id_) for id_ in batch if id_ in self._kept}
            later = journal.since(self._http, {id_: before.newest for id_, before in kept.items()})
            journals = {id_: before.with_later(later.get(id_, ())) for id_, before in kept.items()}
            journals |= journal.whole(self._http, [id_ for id_ in batch if id_ not in kept])
            journals = {id_: one for id_, one in journals.items() if id_ in seen}
            outside = {id_ for id_ in journals if seen[id_].reason}
            told = self._told(journals, outside=outside)
            for id_, one in told.items():
                found[id_] = self._history(one, seen[id_], inside=id_ not in outside)
        return found

    def seen(self, ids: Sequence[str]) -> dict[str, Seen]:
        """Read tickets with the fields that are asked for and those that decide, and judge what is in scope.

        What the search leaves out is asked for singly: it is deleted, merged, of another type, or hidden from us.
        """
        found: dict[str, Seen] = {}
        for start in range(0, len(ids), BATCH):
            found |= self._seen(ids[start : start + BATCH])
        return found

    def state(self, ticket: str) -> Seen | None:
        """Read one ticket as it is now; none if it is gone or hidden from us."""
        return self.seen([ticket]).get(ticket)

    def offers(self, ticket: str, file: str) -> bool:
        """Tell whether a file may leave, as the ticket is now."""
        told = self.history([ticket]).get(ticket)
        return told is not None and any(offered.id == file for offered in told.files)

    def find(self, marks: Sequence[str], after: Mapping[str, str]) -> Mapping[str, str]:
        """Find tickets that our account made, by the marks of their first messages."""
        wanted, found = set(marks), dict[str, str]()
        numbers = [int(key) for key in after.values() if key.isdigit()]
        query = f"Type = 'Create' AND Creator = '{self._account}' AND TicketId > {min(numbers, default=0)}"
        for rows in journal.listed(self._http, query):
            said = said_in(self._http, [row.id for row in rows])
            for row in rows:
                mark = said[row.id].mark
                if mark in wanted and row.creator == self._account:
                    found.setdefault(mark, row.ticket)
            if wanted <= found.keys():
                break
        return found

    # ---- one ticket

    @property
    def _account(self) -> str:
        return self._people.account

    @property
    def _fields(self) -> tuple[str, ...]:
        reporter = {"Requestor", "Creator"} if self._tells_reporter else set()
        return asked(self._needs.read | self._needs.write | self._scope.fields | reporter)

    @property
    def _tells_reporter(self) -> bool:
        return bool({"Requestor", "Requestors", DESCRIPTION} & self._needs.read)

    def _seen(self, ids: Sequence[str]) -> dict[str, Seen]:
        any_of = " OR ".join(f"id = {id_}" for id_ in ids)
        found = {str(one["id"]): Seen(one, self._scope.reason(one)) for one in self._search(any_of, self._fields)}
        missing = [id_ for id_ in ids if id_ not in found]
        for id_, alone in zip(missing, self._http.map(self._alone, missing), strict=True):
            if alone is not None:
                found[id_] = alone
        if self._scope.query is None:
            return found
        fitting = self._search(f"({any_of}) AND ({self._scope.query})", ("Status",))
        inside = {str(one["id"]) for one in fitting}
        return {id_: one if id_ in inside else replace(one, reason=one.reason or "query") for id_, one in found.items()}

    def _search(self, query: str, fields: Iterable[str]) -> list[Raw]:
        params = {"query": query, "fields": ",".join(fields), "per_page": str(journal.PAGE)}
        return list(parsed(self._http.request("GET", f"{API}/tickets", params=params))["items"])

    def _alone(self, id_: str) -> Seen | None:
        response = self._http.request("GET", f"{API}/ticket/{id_}", accept=(403, 404))
        if response.status_code != 200:
            return None
        ticket: Raw = parsed(response)
        if str(ticket["id"]) != id_:
            merged = f"merged into {ticket['id']}"
            return Seen({"Created": ticket["Created"], "LastUpdated": ticket["LastUpdated"]}, merged, merged)
        if ticket["Status"] == DELETED:
            return Seen(ticket, DELETED, DELETED)
        return Seen(ticket, self._scope.reason(ticket))

    def _unmoved(self, known: Mapping[str, int]) -> dict[str, int]:
        """Of tickets that were read whole up to a transaction, those on which nothing happened since."""
        rows = journal.since(self._http, known)
        newest = {id_: max((row.id for row in rows.get(id_, ())), default=0) for id_ in known}
        return {id_: number for id_, number in newest.items() if number == known[id_]}

    def _told(
        self, journals: Mapping[str, Journal], *, created: bool = False, outside: Collection[str] = ()
    ) -> dict[str, Told]:
        """Read messages as far as they may leave, and who everybody is. ``created``: the first message alone."""
        kinds = {CREATED} if created else TALK | {CREATED}
        rows = {id_: [row for row in one.rows if row.type in kinds] for id_, one in journals.items()}
        said = said_in(self._http, [row.id for some in rows.values() for row in some])
        leaving: list[Said] = []
        for id_, some in rows.items():
            for row in some:
                ours = row.creator == self._account and said[row.id].mark is not None
                if (may_leave(row, self._needs) and id_ not in outside and self._wants(row.type)) or ours:
                    leaving.append(said[row.id])
        read = texts(self._http, leaving)
        people = {} if created else self._people.named({key for one in journals.values() for key in numbers_named(one)})
        customs, account = self._catalogue.customs, self._account
        return {
            id_: Told(one, {row.id: said[row.id] for row in rows[id_]}, read, people, customs, account)
            for id_, one in journals.items()
        }

    def _wants(self, type_: str) -> bool:
        return type_ != CREATED or DESCRIPTION in self._needs.read | self._needs.write

    def _history(self, told: Told, seen: Seen, *, inside: bool) -> History:
        present = {**self._catalogue.of(seen.ticket), **{name: own_value(seen.ticket, name) for name in ROLES}}
        happened = history_of(told, self._needs, present, inside=inside)
        if not inside:
            return happened
        return replace(happened, away=away_of(told, self._scope.fields, present, self._scope.holds))

    def _record(self, id_: str, number: int, seen: Seen, told: Told | None) -> Record:
        ticket, inside = seen.ticket, not seen.reason
        return Record(
            id=id_,
            key=id_,
            url=f"{self._http.base_url}/Ticket/Display.html?id={id_}",
            version=version(number),
            place=name_of(ticket.get("Queue")),
            type="",
            created_at=moment(ticket["Created"]),
            updated_at=moment(ticket["LastUpdated"]),
            in_scope=inside,
            fields=self._values(ticket, told) if inside else {},
            mark=told.mark if told is not None else None,
            final=seen.final,
            scope_reason=seen.reason,
        )

    def _values(self, ticket: Raw, told: Told | None) -> dict[str, Json]:
        """The fields asked for: the first message only where it was read."""
        names = self._needs.read | self._needs.write
        customs = self._catalogue.of(ticket)
        values = {
            name: customs.get(name) if custom_name(name) is not None else own_value(ticket, name)
            for name in sorted(names - {DESCRIPTION})
        }
        if DESCRIPTION in names and told is not None:
            values[DESCRIPTION] = told.description
        return values

    def _reporters(self, seen: Seen) -> list[str]:
        """Who asked: all requestors, or who made a ticket that has none."""
        if seen.reason or not self._tells_reporter:
            return []
        return holders(seen.ticket, "Requestor") or [name_of(seen.ticket.get("Creator"))]

    def _with_people(self, records: Sequence[Record], reporters: Mapping[str, Sequence[str]]) -> Iterable[Record]:
        """Name the accounts that records name, all at once. Several requestors are one reporter of several names."""
        named = {one.id: _accounts(one.fields) for one in records}
        people = self._people.named({key for keys in (*named.values(), *reporters.values()) for key in keys})
        for one in records:
            asking = [people[key] for key in reporters[one.id] if key]
            reporter = replace(asking[0], name=", ".join(each.name for each in asking)) if asking else None
            yield replace(one, people={key: people[key] for key in sorted(named[one.id])}, reporter=reporter)


def _accounts(fields: Mapping[str, Json]) -> set[str]:
    """The accounts that fields name."""
    single = {str(fields[name]) for name in PEOPLE if fields.get(name)}
    return single | {str(one) for name in ROLES for one in as_set(fields.get(name))}


def asked(names: Iterable[str]) -> tuple[str, ...]:
    """What to ask a search for: custom fields come all at once, and of them those that are not offered are dropped."""
    own = {ROLES.get(name, name) for name in names if custom_name(name) is None} - {DESCRIPTION}
    return tuple(sorted({*own, *ALWAYS, *(["CustomFields"] if any(map(custom_name, names)) else [])}))


def created(ticket: Raw) -> datetime:
    """When a ticket was made."""
    return moment(ticket["Created"])
