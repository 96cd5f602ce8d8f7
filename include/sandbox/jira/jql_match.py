# SPDX-License-Identifier: Apache-2.0
"""JQL: what a clause means on this site for this account, and whether an issue fits."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from sandbox.jira import adf
from sandbox.jira.catalog import Account, Named, named, with_id
from sandbox.jira.errors import JiraError
from sandbox.jira.fields import PARTS, Field, Setting, fields_of, known_of
from sandbox.jira.jql_parse import Both, Call, Clause, Condition, Either, Empty, Not, Operand, Written
from sandbox.jira.site import Site
from sandbox.jira.store import Issue
from sandbox.jira.values import epoch_ms

Test: TypeAlias = Callable[[Issue], bool]

_ALIASES = {
    "key": "issuekey",
    "id": "issuekey",
    "issue": "issuekey",
    "type": "issuetype",
    "createddate": "created",
    "updateddate": "updated",
    "resolved": "resolutiondate",
    "due": "duedate",
    "level": "security",
    "component": "components",
    "fixversion": "fixversions",
    "affectedversion": "versions",
}
_DATES = frozenset({"created", "updated", "resolutiondate", "duedate"})
_BESIDE = frozenset({"issuekey", "project", "status", "statuscategory", "creator", "text", "parent"})
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
_PERIOD = re.compile(r"([+-]?)((?:\d+[wdhm]\s*)+)")
_FORMATS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
_EQUAL = frozenset({"=", "!=", "in", "not in", "is", "is not"})
_ORDERED = frozenset({"<", ">", "<=", ">="})
_NEGATIVE = frozenset({"!=", "not in", "is not", "!~"})


@dataclass(frozen=True)
class Searcher:
    """Who searches where, and when."""

    site: Site
    account: Account
    now: datetime


def compile_condition(condition: Condition, searcher: Searcher) -> Test:
    """Make a test of a condition.

    Raises:
        JiraError: 400 for fields and values that the site does not know, or that the account may not.
    """
    match condition:
        case Not():
            inner = compile_condition(condition.of, searcher)
            return lambda issue: not inner(issue)
        case Both():
            tests = [compile_condition(part, searcher) for part in condition.parts]
            return lambda issue: all(test(issue) for test in tests)
        case Either():
            tests = [compile_condition(part, searcher) for part in condition.parts]
            return lambda issue: any(test(issue) for test in tests)
        case Clause():
            return _clause(condition, searcher)


def field_id(name: str, searcher: Searcher) -> str:
    """Resolve a field as written: system name, custom name, `cf[10042]` or `customfield_10042`.

    Raises:
        JiraError: 400 for a field that the site does not have.
    """
    wanted = name.lower()
    if custom := re.fullmatch(r"cf\[(\d+)\]", wanted):
        wanted = f"customfield_{custom[1]}"
    wanted = _ALIASES.get(wanted, wanted)
    if wanted in _DATES or wanted in _BESIDE:
        return wanted
    for known in fields_of(searcher.site.catalog).values():
        if wanted in (known.id.lower(), known.name.lower()):
            return known.id
    raise JiraError(400, f"Field '{name}' does not exist or you do not have permission to view it.")


def value_of(issue: Issue, name: str, searcher: Searcher) -> Any:
    """Return what search compares and sorts by: ids, text, milliseconds; None where empty."""
    match name:
        case "issuekey":
            return issue.id
        case "project":
            return issue.project
        case "status":
            return issue.status
        case "statuscategory":
            return searcher.site.catalog.status(issue.status).category
        case "created" | "updated":
            return epoch_ms(getattr(issue, name))
        case "resolutiondate":
            return epoch_ms(issue.resolved) if issue.resolved else None
        case "creator":
            return issue.creator
        case "parent":
            return issue.parent
        case "security":
            return searcher.site.level_of(issue)
        case "timetracking":
            return None
    stored = issue.fields.get(name)
    if isinstance(stored, datetime):
        return epoch_ms(stored)
    if name == "duedate" and stored:
        return epoch_ms(datetime.fromisoformat(stored).replace(tzinfo=searcher.account.zone))
    return adf.plain(stored) if isinstance(stored, dict) else stored


def _clause(clause: Clause, searcher: Searcher) -> Test:
    name = field_id(clause.field, searcher)
    known = fields_of(searcher.site.catalog).get(name)
    if name == "text" or (known and known.kind in ("summary", "text", "string")):
        return _text(clause, name, searcher)
    kind = "date" if name in _DATES else known.kind if known else name
    ordered = kind in ("date", "datetime", "number", "issuekey", "priority")
    if clause.operator not in _EQUAL and not (ordered and clause.operator in _ORDERED):
        raise JiraError(400, f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")
    if clause.operator in ("is", "is not") and not isinstance(clause.operands[0], Empty):
        raise JiraError(400, f"The operator '{clause.operator}' supports only EMPTY and NULL.")
    if clause.operator in _ORDERED:
        return _comparison(clause, name, kind, known, searcher)
    wanted: set[Any] = set()
    for operand in clause.operands:
        wanted |= set(_values(clause, operand, kind, known, searcher))
    negative = clause.operator in _NEGATIVE

    def test(issue: Issue) -> bool:
        held = value_of(issue, name, searcher)
        values = set(held) if isinstance(held, tuple) else {held}
        found = bool(values & wanted) or (None in wanted and not held)
        if negative and None not in wanted and not held and held != 0:
            return False  # what is empty fits no `!=` and no `not in`: Jira's best-known surprise
        return found != negative

    return test


def _comparison(clause: Clause, name: str, kind: str, known: Field | None, searcher: Searcher) -> Test:
    bound = next(iter(_values(clause, clause.operands[0], kind, known, searcher)), None)
    if bound is None:
        raise JiraError(400, f"The operator '{clause.operator}' does not support EMPTY.")
    rank: Callable[[Any], Any] = (lambda value: -int(value)) if kind == "priority" else (lambda value: value)

    def test(issue: Issue) -> bool:
        held = value_of(issue, name, searcher)
        if held is None:
            return False
        left, right = rank(held), rank(bound)
        match clause.operator:
            case "<":
                return bool(left < right)
            case "<=":
                return bool(left <= right)
            case ">":
                return bool(left > right)
        return bool(left >= right)

    return test


def _text(clause: Clause, name: str, searcher: Searcher) -> Test:
    operand = clause.operands[0]
    if clause.operator in ("is", "is not") or isinstance(operand, Empty):
        return lambda issue: (not value_of(issue, name, searcher)) != (clause.operator in _NEGATIVE)
    if clause.operator not in ("~", "!~") or not isinstance(operand, Written):
        raise JiraError(400, f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")
    words = [word.rstrip("*") for word in re.findall(r"[\w*]+", operand.text.lower())]

    def test(issue: Issue) -> bool:
        held = "\n".join(_texts(issue, name, searcher)).lower()
        return all(word in held for word in words) != (clause.operator == "!~")

    return test


def _texts(issue: Issue, name: str, searcher: Searcher) -> Iterable[str]:
    if name != "text":
        return [str(value_of(issue, name, searcher) or "")]
    kinds = {known.id for known in fields_of(searcher.site.catalog).values() if known.kind in ("summary", "text")}
    seen = [c for c in issue.comments if searcher.site.sees_said(searcher.account, c)]
    return [str(value_of(issue, one, searcher) or "") for one in kinds] + [adf.plain(c.body) for c in seen]


def _values(
    clause: Clause, operand: Operand, kind: str, known: Field | None, searcher: Searcher
) -> Sequence[str | int | float | None]:
    """Resolve one operand to what issues hold."""
    if isinstance(operand, Empty):
        return [None]
    if kind in ("date", "datetime"):
        return [_moment(clause, operand, searcher)]
    if isinstance(operand, Call):
        if operand.name == "currentuser" and kind in ("user", "creator"):
            return [searcher.account.id]
        if operand.name in ("subtaskissuetypes", "standardissuetypes") and kind == "type":
            wanted = operand.name == "subtaskissuetypes"
            return [known.id for known in searcher.site.catalog.types if known.subtask is wanted]
        raise JiraError(400, f"Unable to find JQL function '{operand.name}({', '.join(operand.arguments)})'.")
    text = operand.text
    catalog = searcher.site.catalog
    match kind:
        case "issuekey" | "parent":
            return [_issue(clause, text, searcher)]
        case "project":
            project = catalog.project(text) or named(catalog.projects, text)
            allowed = [p for p in catalog.projects if p is project and catalog.may_browse(searcher.account, p)]
            return [p.id for p in allowed] or _unknown(clause, text)
        case "status":
            return _ids(catalog.statuses, text) or _unknown(clause, text)
        case "statuscategory":
            names = {"to do": "new", "new": "new", "in progress": "indeterminate", "indeterminate": "indeterminate"}
            found = names.get(text.lower()) or ("done" if text.lower() in ("done", "complete") else None)
            return [found] if found else _unknown(clause, text)
        case "user" | "creator":
            people = catalog.accounts.values()
            return [a.id for a in people if text in (a.id, a.name) or text.lower() == a.email] or _unknown(clause, text)
        case "labels":
            return [text]
        case "number":
            return [_number(clause, text)]
    choices = tuple(_choices(known, searcher))
    if known and known.kind in PARTS:
        return [one.id for one in choices if text in (one.id, one.name)] or _unknown(clause, text)
    return _ids(choices, text) or _unknown(clause, text)


def _choices(known: Field | None, searcher: Searcher) -> Iterable[Named]:
    if known is None:
        return ()
    catalog = searcher.site.catalog
    if known.kind == "type":
        return catalog.types
    parts = searcher.site.parts
    if known.kind in PARTS:
        return tuple(parts.all(known.kind).values())
    return known_of(known, Setting(catalog, "3", catalog.projects[0], searcher.account, parts)) or ()


def _ids(known: Iterable[Named], text: str) -> list[str]:
    found = named(known, text) or with_id(known, text)
    return [found.id] if found else []


def _issue(clause: Clause, text: str, searcher: Searcher) -> int:
    issue = searcher.site.store.find(text)
    if issue is None or not searcher.site.sees(searcher.account, issue):
        what = f"A value with ID '{text}'" if text.isdigit() else f"An issue with key '{text}'"
        raise JiraError(400, f"{what} does not exist for the field '{clause.field}'.")
    return issue.id


def _number(clause: Clause, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise JiraError(400, f"The value '{text}' for the field '{clause.field}' is not a number.") from None


def _moment(clause: Clause, operand: Operand, searcher: Searcher) -> int:
    """Read a date in milliseconds: epoch, in the account's zone, relative, or a function of the day."""
    zone = searcher.account.zone
    if isinstance(operand, Call):
        return epoch_ms(_day_function(operand, searcher))
    text = operand.text.strip() if isinstance(operand, Written) else ""
    if re.fullmatch(r"-?\d{5,}", text):
        return int(text)
    if period := _PERIOD.fullmatch(text):
        return epoch_ms(searcher.now + _span(period))
    for form in _FORMATS:
        try:
            return epoch_ms(datetime.strptime(text, form).replace(tzinfo=zone).astimezone(UTC))
        except ValueError:
            continue
    raise JiraError(
        400,
        f"Date value '{text}' for field '{clause.field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
        "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.",
    )


def _day_function(call: Call, searcher: Searcher) -> datetime:
    shift = _PERIOD.fullmatch(call.arguments[0]) if call.arguments else None
    local = searcher.now.astimezone(searcher.account.zone) + (_span(shift) if shift else timedelta())
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    match call.name:
        case "now":
            return local
        case "startofday":
            return midnight
        case "endofday":
            return midnight + timedelta(days=1, milliseconds=-1)
    raise JiraError(400, f"Unable to find JQL function '{call.name}()'.")


def _span(period: re.Match[str]) -> timedelta:
    parts = re.findall(r"(\d+)([wdhm])", period[2])
    total = sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())
    return -total if period[1] == "-" else total


def _unknown(clause: Clause, text: str) -> Sequence[str]:
    raise JiraError(400, f"The value '{text}' does not exist for the field '{clause.field}'.")
