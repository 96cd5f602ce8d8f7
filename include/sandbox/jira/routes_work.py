# SPDX-License-Identifier: Apache-2.0
"""REST: worklogs, of one issue and of the site as they were changed and deleted."""

from dataclasses import replace

from sandbox.jira import shapes_work, worklogs
from sandbox.jira.api import Answer, Call, Endpoint
from sandbox.jira.errors import JiraError
from sandbox.jira.payload import Listed, Logged
from sandbox.jira.store import Issue, Worklog
from sandbox.jira.values import JsonObject, epoch_ms

MOST_LISTED = 1000
_SETTLED_MS = 60_000
"""Changes of the last minute are not told yet."""


def _all(call: Call) -> Answer:
    issue = call.issue()
    first, most = call.number("startAt", 0), call.number("maxResults", 5000, 5000)
    after, before = call.number("startedAfter", 0), call.number("startedBefore", 1 << 62)
    seen = [
        one
        for one in issue.worklogs
        if call.site.sees_said(call.account, one) and after <= epoch_ms(one.started) < before
    ]
    properties = "properties" in call.words("expand")
    shown = [shapes_work.worklog(call.view, issue, one, properties=properties) for one in seen[first : first + most]]
    return Answer({"startAt": first, "maxResults": most, "total": len(seen), "worklogs": shown})


def _one(call: Call) -> Answer:
    return Answer(shapes_work.worklog(call.view, *_found(call), properties="properties" in call.words("expand")))


def _add(call: Call) -> Answer:
    issue = call.issue()
    made = worklogs.add(call.site, call.account, issue, call.sent, call.version, call.query)
    return Answer(shapes_work.worklog(call.view, issue, made), 201)


def _edit(call: Call) -> Answer:
    issue, found = _found(call)
    made = worklogs.edit(call.site, call.account, issue, found, call.sent, call.version, call.query)
    return Answer(shapes_work.worklog(call.view, issue, made))


def _delete(call: Call) -> Answer:
    worklogs.delete(call.site, call.account, *_found(call), call.query)
    return Answer(status=204)


def _properties(call: Call) -> Answer:
    issue, found = _found(call)
    base = f"{call.view.rest}/issue/{issue.id}/worklog/{found.id}/properties"
    return Answer({"keys": [{"self": f"{base}/{key}", "key": key} for key in found.properties]})


def _property(call: Call) -> Answer:
    _, found = _found(call)
    key = call.path["property"]
    if key not in found.properties:
        raise JiraError(404, f"The property {key} does not exist.")
    return Answer({"key": key, "value": found.properties[key]})


def _set_property(call: Call) -> Answer:
    issue, found = _found(call)
    key = call.path["property"]
    _save(call, issue, replace(found, properties={**found.properties, key: call.body}))
    return Answer("", 200 if key in found.properties else 201)


def _drop_property(call: Call) -> Answer:
    issue, found = _found(call)
    key = call.path["property"]
    if key not in found.properties:
        raise JiraError(404, f"The property {key} does not exist.")
    _save(call, issue, replace(found, properties={k: v for k, v in found.properties.items() if k != key}))
    return Answer(status=204)


def _updated(call: Call) -> Answer:
    changed = [(epoch_ms(one.updated), one.id) for _, one in _seen(call)]
    return Answer(_changes(call, "updated", changed))


def _deleted(call: Call) -> Answer:
    gone = [(epoch_ms(at), number) for number, at in call.site.store.deleted_worklogs.items()]
    return Answer(_changes(call, "deleted", gone))


def _changes(call: Call, name: str, changed: list[tuple[int, int]]) -> JsonObject:
    since, until = call.number("since", 0), epoch_ms(call.site.clock.now())
    told = sorted((at, number) for at, number in changed if since <= at <= until - _SETTLED_MS)
    page, rest = told[:MOST_LISTED], told[MOST_LISTED:]
    values = [{"worklogId": number, "updatedTime": at, "properties": []} for at, number in page]
    until = page[-1][0] if page else until
    base = f"{call.view.rest}/worklog/{name}?since="
    shown: JsonObject = {"values": values, "since": since, "until": until, "self": f"{base}{since}"}
    return shown | ({"nextPage": f"{base}{until}"} if rest else {}) | {"lastPage": not rest}


def _listed(call: Call) -> Answer:
    wanted = call.sent.get("ids") or []
    if len(wanted) > MOST_LISTED:
        raise JiraError(400, f"ids must hold at most {MOST_LISTED} ids.")
    found = {one.id: (issue, one) for issue, one in _seen(call)}
    return Answer([shapes_work.worklog(call.view, *found[number]) for number in wanted if number in found])


def _seen(call: Call) -> list[tuple[Issue, Worklog]]:
    return [
        (issue, one)
        for issue in call.site.store.all()
        if issue.worklogs and call.site.sees(call.account, issue)
        for one in issue.worklogs
        if call.site.sees_said(call.account, one)
    ]


def _found(call: Call) -> tuple[Issue, Worklog]:
    issue = call.issue()
    found = next((one for one in issue.worklogs if str(one.id) == call.path["worklog"]), None)
    if found is None or not call.site.sees_said(call.account, found):
        raise JiraError(404, f"Cannot find worklog with id: '{call.path['worklog']}'.")
    return issue, found


def _save(call: Call, issue: Issue, changed: Worklog) -> None:
    kept = tuple(changed if one.id == changed.id else one for one in issue.worklogs)
    call.site.store.save(replace(issue, worklogs=kept), touch=False)


_ONE = "/issue/{issue}/worklog/{worklog}"
ENDPOINTS = (
    Endpoint("GET", "/issue/{issue}/worklog", _all),
    Endpoint("POST", "/issue/{issue}/worklog", _add, takes=Logged),
    Endpoint("GET", _ONE, _one),
    Endpoint("PUT", _ONE, _edit, takes=Logged),
    Endpoint("DELETE", _ONE, _delete),
    Endpoint("GET", f"{_ONE}/properties", _properties),
    Endpoint("GET", f"{_ONE}/properties/{{property}}", _property),
    Endpoint("PUT", f"{_ONE}/properties/{{property}}", _set_property),
    Endpoint("DELETE", f"{_ONE}/properties/{{property}}", _drop_property),
    Endpoint("GET", "/worklog/updated", _updated),
    Endpoint("GET", "/worklog/deleted", _deleted),
    Endpoint("POST", "/worklog/list", _listed, takes=Listed),
)
