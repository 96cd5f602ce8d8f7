# SPDX-License-Identifier: Apache-2.0
"""What happened on many tickets at once, from the export of ticket events, for tickets that were read whole before.

An event of the export is an audit; its parts stand in ``child_events``, each change under its field's own name. No
recording of it exists, so whatever does not look as it is described leaves its ticket to the ticket's own audits; so
do changes to who may read a comment, and redactions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tandem.connectors.base import Delta, Known, Needs
from tandem.connectors.zendesk.audits import Audits, away_of, history_of
from tandem.connectors.zendesk.people import People
from tandem.connectors.zendesk.scope import Scope
from tandem.connectors.zendesk.shape import Raw
from tandem.http import Http, parsed

PATH = "/api/v2/incremental/ticket_events.json"
MOST_HELD = 64 * 1024 * 1024  # characters of texts held at once; what is beyond is read ticket by ticket

# Parts of an event that say nothing that we carry.
_SILENT = frozenset(
    {"Notification", "NotificationWithCcs", "FollowerNotification", "Cc", "External", "AgentMacroReference"}
    | {"OrganizationActivity", "ScheduleAssignment", "SatisfactionRating", "Push", "TicketSharingEvent", "LogMeIn"}
)
_RULES = ("rule", "trigger", "automation")  # in the words by which the export names what did a change
# All that a part may hold beside the one field that it changed.
_BESIDE = frozenset(
    {"id", "via", "via_reference_id", "event_type", "type", "previous_value", "added_tags", "removed_tags"}
    | {"comment_present", "comment_public", "created_at", "audit_id", "metadata"}
)


@dataclass
class Parts:
    """What the export told of known tickets, and the second up to which it was read."""

    until: int
    told: dict[str, dict[int, Raw]] = field(default_factory=dict)  # ticket → audits by id
    touched: dict[str, str] = field(default_factory=dict)  # known ticket → when anything happened on it last
    unsure: set[str] = field(default_factory=set)  # something happened that only their own audits tell surely
    held: int = 0

    def take(self, ticket: str, event: Raw) -> None:
        """Keep an event of a known ticket, or note that its ticket must be read by itself.

        Its creation was read with it, whatever else the export tells of that moment.
        """
        if any(_kind(child) == "Create" for child in event.get("child_events") or ()):
            return
        self.touched[ticket] = max(str(event["created_at"]), self.touched.get(ticket, ""))
        if ticket in self.unsure:
            return
        audit = _audit(event)
        size = _size(event)
        if audit is None or self.held + size > MOST_HELD:
            self.unsure.add(ticket)
            self.told.pop(ticket, None)
            return
        self.held += size
        self.told.setdefault(ticket, {})[int(audit["id"])] = audit


class Events:
    """The export of ticket events of one Zendesk."""

    def __init__(self, http: Http, needs: Needs, scope: Scope, people: People) -> None:
        self._http = http
        self._needs = needs
        self._scope = scope
        self._people = people

    def read(self, since: int, known: Known) -> Parts:
        """Read from a second (Unix time) to the export's end; nothing, where our account may not read it.

        Of a second that the export shows all is shown. It leaves out its newest minute.
        """
        parts, end = Parts(since), False
        while not end:
            params = {"start_time": str(since), "include": "comment_events"}
            response = self._http.request(
                "GET", PATH, params=params, endpoint="incremental", accept=(400, 403, 404, 422)
            )
            if response.status_code != 200:
                break
            body = parsed(response)
            _sort_out(parts, body.get("ticket_events") or (), known)
            reached = int(body.get("end_time") or since)
            end = body.get("end_of_stream") is not False
            parts.until = max(parts.until, reached)
            since = reached if reached > since else since + 1  # a page never ends within a second
        return parts

    def deltas(self, parts: Parts, tickets: Collection[str]) -> dict[str, Delta]:
        """Give what was told of these tickets, as far as it is offered, and let go of it.

        One that may have been out of scope meanwhile is left out.
        """
        told = {id_: parts.told.pop(id_) for id_ in tickets if id_ in parts.told}
        whole = {id_: Audits(tuple(own[n] for n in sorted(own)), whole=False, behind=True) for id_, own in told.items()}
        authors = self._people.named({person for one in whole.values() for person in one.people(inside=True)})
        deltas = {}
        for id_, audits in whole.items():
            if away_of(audits, self._scope.fields, self._scope.holds) != ():
                continue
            happened = history_of(audits, self._needs, authors)
            reached = max(str(audit["created_at"]) for audit in audits.listed)
            deltas[id_] = Delta(reached, happened.entries, happened.comments, happened.files)
        return deltas


def _sort_out(parts: Parts, events: Iterable[Raw], known: Known) -> None:
    by_ticket: dict[str, list[Raw]] = {}
    for event in events:
        by_ticket.setdefault(str(event.get("ticket_id")), []).append(event)
    ours = known(by_ticket)
    for ticket in by_ticket:
        if ticket in ours:
            for event in by_ticket[ticket]:
                parts.take(ticket, event)


def _audit(event: Raw) -> Raw | None:
    """The audit that an event of the export tells; none where it does not tell all that may matter."""
    via = _via(event)
    if event.get("event_type") != "Audit" or via is None:
        return None
    told: list[Raw] = []
    for child in event.get("child_events") or ():
        kind = _kind(child)
        by = _via(child)
        if kind in _SILENT:
            told.append({"type": kind})  # it keeps the place that it has among the audit's events
            continue
        if by is None or kind not in ("Change", "Comment"):
            return None
        if kind == "Comment":
            if not _whole_comment(child, event):
                return None
            told.append({**child, "type": "Comment", "via": by})
            continue
        changed = _changed(child)
        if changed is None:
            return None
        told += [{"type": "Change", "field_name": n, "value": v, "previous_value": b, "via": by} for n, v, b in changed]
    metadata = event.get("metadata")
    return {
        "id": event["id"],
        "created_at": event["created_at"],
        "author_id": event.get("updater_id"),
        "via": via,
        "metadata": metadata if isinstance(metadata, dict) else {},
        "events": told,
    }


def _kind(child: Raw) -> Any:
    return child.get("event_type") or child.get("type")


def _via(thing: Raw) -> Raw | None:
    """What did it, as audits say it: events name it in words, or as audits do. None: unknown."""
    via = thing.get("via")
    if via is None or isinstance(via, dict):
        return via or {}
    if any(word in str(via).lower() for word in _RULES):
        return {"channel": "rule"}
    return None if thing.get("via_reference_id") is not None else {"channel": str(via).lower()}


def _whole_comment(child: Raw, event: Raw) -> bool:
    """Tell whether a comment is all there: who may see it, its text and files, and its audit's number."""
    return (
        isinstance(child.get("public"), bool)
        and isinstance(child.get("attachments"), list)
        and (isinstance(child.get("html_body"), str) or isinstance(child.get("body"), str))
        and child.get("audit_id") in (None, event.get("id"))
        and child.get("id") is not None
    )


def _changed(child: Raw) -> list[tuple[str, Any, Any]] | None:
    """Field, value and the value before of each change in a part; none where they are not told."""
    own = child.get("custom_ticket_fields")
    names = [name for name in child if name not in _BESIDE and name != "custom_ticket_fields"]
    fields: Mapping[str, Any] = own if isinstance(own, dict) else {name: child[name] for name in names}
    if len(fields) != 1 or (isinstance(own, dict) and names):
        return None
    (name, value), before = next(iter(fields.items())), child.get("previous_value")
    if "previous_value" not in child:
        added, removed = child.get("added_tags"), child.get("removed_tags")
        if not (isinstance(value, list) and isinstance(added, list) and isinstance(removed, list)):
            return None
        before = [tag for tag in value if tag not in added] + removed
    return [(name, value, before)]


def _size(event: Raw) -> int:
    """How much memory an event takes, in characters of its texts and a share for the rest."""
    return 1000 + sum(len(text) for text in _texts(event))


def _texts(event: Raw) -> Iterator[str]:
    for child in event.get("child_events") or ():
        yield from (value for value in child.values() if isinstance(value, str))
