# SPDX-License-Identifier: Apache-2.0
"""REST: smaller questions about issues: histories by number, who watches, pickers, queries tried out, notices."""

from typing import Any

from sandbox.jira import shapes_issue
from sandbox.jira.api import Answer, Call, Endpoint
from sandbox.jira.errors import JiraError
from sandbox.jira.jql_match import compile_condition
from sandbox.jira.jql_parse import Both, Clause, Condition, Empty, Not, Operand, Past, Query, Written, parse
from sandbox.jira.jql_values import Searcher
from sandbox.jira.payload import Numbers, Queries
from sandbox.jira.store import Issue
from sandbox.jira.values import JsonObject

_PICKED = 20


def _histories(call: Call) -> Answer:
    """Show histories by their ids."""
    issue = call.issue()
    wanted = set(call.sent.get("changelogIds") or ())
    found = [shapes_issue.history(call.view, entry) for entry in issue.histories if entry.id in wanted]
    return Answer({"startAt": 0, "maxResults": len(found), "total": len(found), "histories": found})


def _watching(call: Call) -> Answer:
    asked = [str(one) for one in call.sent.get("issueIds") or ()]
    seen = {one: call.site.store.find(one) for one in asked if one.isdigit()}
    return Answer({"issuesIsWatching": {one: _watches(call, issue) for one, issue in seen.items()}})


def _watches(call: Call, issue: Issue | None) -> bool:
    return issue is not None and call.site.sees(call.account, issue) and call.account.id in issue.watchers


def _pick(call: Call) -> Answer:
    """Suggest issues by what someone types: part of a key or of a summary."""
    text, found = call.query.get("query", "").lower(), []
    for issue in call.site.store.all():
        said = f"{issue.key}\n{issue.fields['summary']}".lower()
        if text in said and call.site.sees(call.account, issue):
            found.append(issue)
    found.sort(key=lambda issue: issue.updated, reverse=True)
    shown = [
        {
            "id": issue.id,
            "key": issue.key,
            "keyHtml": issue.key,
            "img": "/images/icons/issuetypes/task.svg",
            "summary": issue.fields["summary"],
            "summaryText": issue.fields["summary"],
        }
        for issue in found[:_PICKED]
    ]
    section: JsonObject = {"label": "History Search", "id": "hs", "issues": shown}
    section |= (
        {"sub": f"Showing {len(shown)} of {len(found)} matching issues"} if shown else {"msg": "No matching issues"}
    )
    return Answer({"sections": [section]})


def _notify(call: Call) -> Answer:
    """Take the order for an e-mail; nobody here reads it."""
    issue = call.issue()
    if not call.sent.get("to"):
        raise JiraError(400, "No recipients were defined for notification.")
    if not call.site.sees(call.account, issue):
        raise JiraError(403, "You do not have permission to notify.")
    return Answer(status=204)


def _match(call: Call) -> Answer:
    """Tell which of some issues fit which of some queries, as they are now."""
    ids = [int(one) for one in call.sent.get("issueIds") or ()]
    issues = [issue for number in ids if (issue := call.site.store.get(number)) and call.site.sees(call.account, issue)]
    searcher = Searcher(call.site, call.account, call.site.clock.now())
    matches: list[JsonObject] = []
    for jql in call.sent.get("jqls") or ():
        try:
            where = parse(jql).where
            test = compile_condition(where, searcher) if where else lambda _: True
            matches.append({"matchedIssues": [issue.id for issue in issues if test(issue)], "errors": []})
        except JiraError as refused:
            matches.append({"matchedIssues": [], "errors": list(refused.messages)})
    return Answer({"matches": matches})


def _parsed(call: Call) -> Answer:
    """Take queries apart, and say what is wrong with each."""
    searcher = Searcher(call.site, call.account, call.site.clock.now())
    strict = call.query.get("validation", "strict") == "strict"
    shown: list[JsonObject] = []
    for jql in call.sent.get("queries") or ():
        try:
            query = parse(jql)
            if strict and query.where:
                compile_condition(query.where, searcher)
            shown.append({"query": jql, "structure": _structure(query)})
        except JiraError as refused:
            shown.append({"query": jql, "errors": list(refused.messages)})
    return Answer({"queries": shown})


def _structure(query: Query) -> JsonObject:
    order = [
        {"field": _field(sort.field)} | ({"direction": sort.direction} if sort.direction else {})
        for sort in query.order
    ]
    where = {"where": _condition(query.where)} if query.where else {}
    return where | ({"orderBy": {"fields": order}} if order else {})


def _condition(condition: Condition) -> JsonObject:
    if isinstance(condition, Clause):
        operand = _operands(condition.operands, condition.operator in ("in", "not in"))
        return {"field": _field(condition.field), "operator": condition.operator, "operand": operand}
    if isinstance(condition, Past):
        when = [{"operator": one.operator, "operand": _operands(one.operands)} for one in condition.predicates]
        asked = {"field": _field(condition.field), "operator": condition.operator, "predicates": when}
        if not condition.operands:
            return asked
        return asked | {"operand": _operands(condition.operands, condition.operator.endswith("in"))}
    if isinstance(condition, Not):
        return {"operator": "not", "clauses": [_condition(condition.of)]}
    operator = "and" if isinstance(condition, Both) else "or"
    return {"operator": operator, "clauses": [_condition(part) for part in condition.parts]}


def _operands(operands: tuple[Operand, ...], listed: bool = False) -> JsonObject:
    shown = [_operand(one) for one in operands]
    return {"values": shown} if listed or len(shown) > 1 else shown[0]


def _operand(operand: Any) -> JsonObject:
    if isinstance(operand, Empty):
        return {"keyword": "empty", "encodedOperand": "empty"}
    if isinstance(operand, Written):
        return {"value": operand.text, "encodedValue": operand.text}
    words = ", ".join(operand.arguments)
    return {
        "function": operand.written,
        "arguments": list(operand.arguments),
        "encodedOperand": f"{operand.written}({words})",
    }


def _field(name: str) -> JsonObject:
    return {"name": name, "encodedName": name}


ENDPOINTS = (
    Endpoint("POST", "/issue/{issue}/changelog/list", _histories, takes=Numbers),
    Endpoint("POST", "/issue/{issue}/notify", _notify),
    Endpoint("POST", "/issue/watching", _watching, takes=Numbers),
    Endpoint("GET", "/issue/picker", _pick),
    Endpoint("POST", "/jql/match", _match, takes=Queries),
    Endpoint("POST", "/jql/parse", _parsed, takes=Queries),
)
