# SPDX-License-Identifier: Apache-2.0
"""What Request Tracker says of itself and of our account, before anything is read or written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from tandem.connectors.base import Author, Edge, FieldInfo, Needs, Preflight
from tandem.connectors.brackets import enclosed
from tandem.connectors.request_tracker.catalogue import Catalogue
from tandem.connectors.request_tracker.people import author
from tandem.connectors.request_tracker.scope import Scope
from tandem.connectors.request_tracker.shape import (
    API,
    DATES,
    DESCRIPTION,
    MARK_FIELD,
    NUMBERS,
    ROLES,
    SUBJECT_LONGEST,
    custom,
    name_of,
)
from tandem.connectors.request_tracker.ways import ways_of
from tandem.errors import Problem
from tandem.http import Http, parsed

NOBODY = Author("", "")
# Request Tracker has no dictionary of these.
OWN = (
    FieldInfo("Subject", "Subject", "text", max_length=SUBJECT_LONGEST, required=True),
    FieldInfo(DESCRIPTION, "First message", "rich"),
    FieldInfo("Status", "Status", "choice"),
    FieldInfo("Owner", "Owner", "person"),
    FieldInfo("Requestor", "Requestor (the first)", "person"),
    *(FieldInfo(name, f"{role} (all)", "persons") for name, role in ROLES.items()),
    FieldInfo("Creator", "Creator", "person", writable=False, filled=True),
    FieldInfo("Created", "Created", "datetime", writable=False, filled=True),
    FieldInfo("LastUpdated", "Last updated", "datetime", writable=False, filled=True),
    *(FieldInfo(name, name, "number") for name in sorted(NUMBERS)),
    *(FieldInfo(name, name, "datetime", writable=name in ("Due", "Starts")) for name in sorted(DATES)),
)

OLDEST = 5  # the first version whose REST 2 is its own, and answers as it is read here


def preflight(http: Http, needs: Needs, catalogue: Catalogue, scope: Scope, login: str) -> Preflight:
    """Read account, rights and dictionary; list all that is wrong at once. ``login`` names our account."""
    version, me, problem = _me(http, login)
    if problem is not None or me is None:
        return Preflight(me or NOBODY, http.clock_offset, version, {}, 0.0, problems=(problem,) if problem else ())
    fields = _fields(catalogue, needs)
    return Preflight(
        account=me,
        offset=http.clock_offset,
        version=version,
        fields=fields,
        search_delay=0.0,
        edges=tuple(_edges(http, needs, scope)),
        problems=tuple(_problems(http, needs, catalogue, scope, fields)),
        remarks=("statuses cannot be listed here: one that is misspelt is seen when it is written",),
        highest=_highest(http, catalogue),
    )


def _me(http: Http, login: str) -> tuple[str, Author | None, Problem | None]:
    """The version, our account, and what keeps us from both."""
    response = http.request("GET", f"{API}/rt", accept=(401, 403, 404))
    if response.status_code == 404:
        fix = "Set the connection's host to https://<site>, with the path under which Request Tracker lies, if any."
        return "", None, Problem("TDM-220", "there is no Request Tracker with REST 2 at this address", fix, http.tenant)
    if response.status_code != 200:
        fix = "Set log-in and password to those of an account that is active and has a password of its own, "
        fix += "or the password to an auth token of that account that nobody revoked."
        return "", None, Problem("TDM-220", "Request Tracker does not know the log-in", fix, http.tenant)
    version = str(parsed(response).get("Version") or "")
    if (first := version.partition(".")[0]).isdigit() and int(first) < OLDEST:
        what = f"this is Request Tracker {version}: its REST 2 is an older one"
        return version, None, Problem("TDM-229", what, "Bring it up to version 5.", http.tenant)
    found = http.request("GET", f"{API}/user/{quote(login, safe='@')}", accept=(403, 404))
    if found.status_code != 200 or not parsed(found).get("Privileged"):
        fix = 'Tick "Let this user be granted rights" on the account.'
        return version, None, Problem("TDM-221", "the account is not a privileged one", fix, http.tenant)
    return version, author(parsed(found)), None


def _fields(catalogue: Catalogue, needs: Needs) -> dict[str, FieldInfo]:
    queues = {queue.id: queue.name for queue in catalogue.queues.values()}
    found = {info.name: info for info in (*OWN, FieldInfo("Queue", "Queue", "choice", choices=queues, required=True))}
    used = needs.read | needs.write | {condition.field for condition in needs.scope}
    for field in catalogue.customs.values():
        name = custom(field.name)
        choices = catalogue.choices(field) if field.type == "Select" and name in used else ()
        found[name] = FieldInfo(name, field.name, field.kind, choices={choice: choice for choice in choices})
    return found


def _edges(http: Http, needs: Needs, scope: Scope) -> Iterator[Edge]:
    """The ways from each mapped status, as one ticket that stands in it has them."""
    for status in dict.fromkeys(needs.statuses):
        if "'" in status or "\\" in status:
            continue
        params = {
            "query": f"{scope.search()} AND Status = '{status}'",
            "fields": "Status,Queue,_hyperlinks",
            "per_page": "1",
        }
        for ticket in parsed(http.request("GET", f"{API}/tickets", params=params, accept=(400,))).get("items") or ():
            for way in ways_of(ticket, needs):
                yield Edge(name_of(ticket.get("Queue")), "", str(ticket["Status"]), way)


def _highest(http: Http, catalogue: Catalogue) -> dict[str, str]:
    """The newest ticket that we see, for each queue: numbers are those of the whole Request Tracker."""
    params = {"query": "id > 0", "orderby": "id", "order": "DESC", "per_page": "1"}
    items = parsed(http.request("GET", f"{API}/tickets", params=params))["items"]
    newest = str(items[0]["id"]) if items else ""
    return dict.fromkeys(catalogue.queues, newest)


def _problems(
    http: Http, needs: Needs, catalogue: Catalogue, scope: Scope, fields: Mapping[str, FieldInfo]
) -> Iterator[Problem]:
    tenant = http.tenant
    scoped = {condition.field for condition in needs.scope}
    for name in sorted((needs.read | needs.write | scoped) - fields.keys()):
        known = ", ".join(sorted(fields))
        what = f"Request Tracker's tickets have no field {name}, or our account may not see it"
        yield Problem("TDM-222", what, f"Known are: {known}.", tenant, key=name)
    for name in sorted(needs.write & fields.keys()):
        if not fields[name].writable:
            yield Problem("TDM-223", f"{name} cannot be written", "Take it out of what comes in.", tenant, key=name)
    for condition in needs.scope:
        for wanted in scope.unknown(condition):
            known = ", ".join(sorted(queue.name for queue in catalogue.queues.values()))
            what = f'the scope names "{wanted}", which is no queue that our account sees'
            yield Problem("TDM-224", what, f"Known are: {known}.", tenant, key=condition.field)
    if (name := custom(MARK_FIELD)) in needs.read | needs.write:
        fix = "Take it out of the contract's fields."
        yield Problem("TDM-223", f"{name} is the field for our marks", fix, tenant, key=name)
    mark = catalogue.named(MARK_FIELD)
    if needs.write and (mark is None or mark.many):
        fix = (
            f'Make a custom field for tickets, "{MARK_FIELD}", "Enter one value", apply it to the queues in question, '
            "and give our account, and nobody else, the rights to see and modify it."
        )
        what = f"there is no custom field {MARK_FIELD} for tickets that takes one value: our writes are known by it"
        yield Problem("TDM-221", what, fix, tenant)
    if needs.query is not None and not enclosed(needs.query, "\\"):
        what = "the raw query closes a bracket that it did not open, or leaves one or a quote open"
        yield Problem("TDM-226", what, "Set brackets and quotes in pairs.", tenant, key="query")
    elif needs.query is not None and not _can_be_asked(http, scope):
        what = "Request Tracker does not understand the query"
        yield Problem("TDM-226", what, "Write it as in the advanced search.", tenant, key="query")


def _can_be_asked(http: Http, scope: Scope) -> bool:
    params = {"query": scope.search(), "per_page": "1"}
    return http.request("GET", f"{API}/tickets", params=params, accept=(400,)).status_code == 200
