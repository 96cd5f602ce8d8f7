# SPDX-License-Identifier: Apache-2.0
"""What Zendesk says of itself and of our account, before anything is read or written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tandem.connectors.base import Author, FieldInfo, Needs, Preflight
from tandem.connectors.zendesk.people import author, inactive
from tandem.connectors.zendesk.scope import NAMED, Scope, words
from tandem.connectors.zendesk.shape import CUSTOM, DESCRIPTION, Raw, as_tag
from tandem.errors import Problem
from tandem.http import Http, parsed

ANONYMOUS = "Anonymous user"  # users/me answers 200 with this name to a wrong log-in
VERSION = "v2"
NOBODY = Author("", "")
# Zendesk's own fields: type in its dictionary → name in a ticket, our kind.
OWN = {
    "subject": ("subject", "text"),
    "description": (DESCRIPTION, "rich"),
    "status": ("status", "choice"),
    "tickettype": ("type", "choice"),
    "priority": ("priority", "choice"),
    "group": ("group_id", "choice"),
    "assignee": ("assignee_id", "person"),
}
CUSTOM_KINDS = {
    "multiselect": "set",
    "tagger": "choice",
    "checkbox": "choice",
    "date": "date",
    "integer": "number",
    "decimal": "number",
}
# In every ticket, but in no dictionary.
ALWAYS = (
    FieldInfo("tags", "Tags", "set"),
    FieldInfo("requester_id", "Requester", "person", filled=True),
    FieldInfo("requester", "Requester by e-mail", "person", filled=True),
    FieldInfo("submitter_id", "Submitter", "person", writable=False, filled=True),
    FieldInfo("organization_id", "Organization", "choice"),
    FieldInfo("ticket_form_id", "Form", "choice"),
    FieldInfo("due_at", "Due (tasks only)", "datetime"),
    FieldInfo("created_at", "Created", "datetime", writable=False, filled=True),
    FieldInfo("updated_at", "Updated", "datetime", writable=False, filled=True),
)
SUBJECT_LIMIT = 255


def preflight(http: Http, needs: Needs, scope: Scope, search_delay: float) -> Preflight:
    """Read account, rights and dictionary; list all that is wrong at once."""
    me, problem = _me(http)
    if problem is not None:
        return Preflight(NOBODY, http.clock_offset, VERSION, {}, search_delay, problems=(problem,))
    if me.get("role") not in ("admin", "agent"):
        fix = "Give the account the role of an agent, or of an admin."
        problem = Problem("TDM-221", "the account may not read tickets as an agent", fix, http.tenant)
        return Preflight(author(me), http.clock_offset, VERSION, {}, search_delay, problems=(problem,))
    fields = _fields(http, scope)
    problems = [*_restricted(me, http.tenant), *_problems(needs, scope, fields, http.tenant)]
    return Preflight(
        account=author(me),
        offset=http.clock_offset,
        version=VERSION,
        fields=fields,
        search_delay=search_delay,
        problems=tuple(problems),
        remarks=(_remark(me),),
        inactive=inactive(http, needs.accounts),
    )


def _me(http: Http) -> tuple[Raw, Problem | None]:
    response = http.request("GET", "/api/v2/users/me.json", accept=(401, 403, 404))
    if response.status_code == 404:
        fix = "Set the connection's host to https://<subdomain>.zendesk.com."
        return {}, Problem("TDM-220", "there is no Zendesk at this address", fix, http.tenant)
    user = parsed(response).get("user") or {} if response.status_code == 200 else {}
    if not user.get("id") or user.get("name") == ANONYMOUS:
        fix = "Set log-in to <e-mail>/token and password to an API token that is active."
        return {}, Problem("TDM-220", "Zendesk does not know the log-in", fix, http.tenant)
    return user, None


def _restricted(me: Raw, tenant: str) -> Iterator[Problem]:
    """An agent may be let see a part of the tickets alone: the rest is in no list, as if it were not there."""
    part = me.get("ticket_restriction")
    if me.get("role") == "agent" and part:
        what = f"the account sees a part of the tickets alone ({part})"
        fix = "Give its role access to all tickets, unless that part is the scope."
        yield Problem("TDM-221", what, fix, tenant, warning=True)


def _remark(me: Raw) -> str:
    if me["role"] == "admin":
        return f'admin "{me["name"]}": exports readable'
    return (
        f'agent "{me["name"]}": exports not readable, so changes are read by search, '
        "which is late by minutes and reads the newest ones again on each run"
    )


def _fields(http: Http, scope: Scope) -> dict[str, FieldInfo]:
    found = {info.name: info for info in ALWAYS}
    params = {"page[size]": "100"}
    while True:
        body = parsed(http.request("GET", "/api/v2/ticket_fields.json", params=params))
        found |= {info.name: info for field in body["ticket_fields"] if (info := _info(field))}
        meta = body.get("meta") or {}
        if not meta.get("has_more"):
            break
        params["page[after]"] = meta["after_cursor"]
    for name, label in (("brand_id", "Brand"), ("group_id", "Group")):
        found[name] = FieldInfo(name, label, "choice", choices=scope.names(name))
    return found


def _info(field: Raw) -> FieldInfo | None:
    if field.get("active") is False:
        return None
    type_, title = str(field["type"]), str(field["title"])
    # "agents must enter a value in the field to change the ticket status to solved"; to make one takes a comment alone
    needed = ("solved",) if field.get("required") is True else ()
    if type_ in OWN:
        name, kind = OWN[type_]
        choices = _choices(field.get("system_field_options"))
        if name == "status":
            choices = {"new": "New", **choices, "closed": "Closed"}  # the dictionary lists only what agents can choose
        longest = SUBJECT_LIMIT if name == "subject" else None
        return FieldInfo(name, title, kind, max_length=longest, choices=choices, needed_in=needed)
    if field.get("removable") is False:
        return None  # Zendesk's own, under a name that tickets do not use (custom_status)
    choices = {"true": "yes", "false": "no"} if type_ == "checkbox" else _choices(field.get("custom_field_options"))
    kind = CUSTOM_KINDS.get(type_, "text")
    return FieldInfo(f"{CUSTOM}{field['id']}", title, kind, choices=choices, needed_in=needed)


def _choices(options: object) -> Mapping[str, str]:
    if not isinstance(options, list):
        return {}
    return {str(option["value"]): str(option["name"]) for option in options}


def _problems(needs: Needs, scope: Scope, fields: Mapping[str, FieldInfo], tenant: str) -> Iterator[Problem]:
    scoped = {condition.field for condition in needs.scope}
    for name in sorted((needs.read | needs.write | scoped) - fields.keys()):
        known = ", ".join(sorted(fields))
        yield Problem("TDM-222", f"Zendesk's tickets have no field {name}", f"Known are: {known}.", tenant, key=name)
    for name in sorted(needs.write & fields.keys()):
        if not fields[name].writable:
            yield Problem("TDM-223", f"{name} cannot be written", "Take it out of what comes in.", tenant, key=name)
    for condition in needs.scope:
        for wanted in scope.unknown(condition):
            known = ", ".join(sorted(scope.names(condition.field).values()))
            what = f'the scope names "{wanted}", which is no {NAMED[condition.field].removesuffix("s")} here'
            yield Problem("TDM-224", what, f"Known are: {known}.", tenant, key=condition.field)
        for word in words(condition) if condition.field == "tags" else ():
            if word != as_tag(word):
                what = f'the scope names the tag "{word}", and no ticket has it: a tag has no capitals and no spaces'
                yield Problem("TDM-224", what, f'Write "{as_tag(word)}".', tenant, key="tags", warning=True)
    statuses = fields["status"].choices if "status" in fields else {}
    for status in needs.statuses:
        if statuses and status not in statuses:
            what = f"Zendesk has no status {status}"
            yield Problem("TDM-225", what, f"Known are: {', '.join(statuses)}.", tenant, key="status")
    if needs.query is not None:
        fix = "Write it as conditions of the scope: they are tested on each ticket."
        yield Problem(
            "TDM-226", "a query in Zendesk's language cannot be tested on one ticket", fix, tenant, key="query"
        )
