# SPDX-License-Identifier: Apache-2.0
"""The fields of an issue: what each takes from a request, how it is stored, and what the changelog says of it."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sandbox.jira import adf, cascades, durations, wiki_read, wiki_write
from sandbox.jira.catalog import Account, Catalog, CustomField, Named, Project, named, with_id
from sandbox.jira.errors import bad_field
from sandbox.jira.parts import Parts
from sandbox.jira.store import Attachment, Item
from sandbox.jira.values import JsonObject, java_length

LONGEST_TEXT = 32_767
LONGEST_LINE = 255
PARTS = frozenset({"components", "versions"})
"""Kinds whose choices are a project's own."""
MANY = PARTS | {"labels", "options"}
"""Kinds of several values; kept as tuples, none as the empty one."""
TRANSITIONS_ONLY = frozenset({"resolution"})
"""Fields that stand on transition screens only, as on a site fresh from the vendor."""
NOT_ON_SCREEN = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."


@dataclass(frozen=True)
class Field:
    """A field that requests may set; `kind` decides its form."""

    id: str
    name: str
    kind: str
    custom: CustomField | None = None


@dataclass(frozen=True)
class Setting:
    """Where a value comes in: which API version speaks, in which project, who asks, and the issue's files."""

    catalog: Catalog
    version: str
    project: Project
    account: Account
    parts: Parts
    files: tuple[Attachment, ...] = ()

    def media_of(self, name: str) -> str | None:
        return next((file.media for file in reversed(self.files) if file.name == name), None)

    def file_name(self, media: str) -> str | None:
        return next((file.name for file in self.files if file.media == media), None)


SYSTEM = (
    Field("summary", "Summary", "summary"),
    Field("issuetype", "Issue Type", "type"),
    Field("description", "Description", "text"),
    Field("environment", "Environment", "text"),
    Field("priority", "Priority", "priority"),
    Field("labels", "Labels", "labels"),
    Field("assignee", "Assignee", "user"),
    Field("reporter", "Reporter", "user"),
    Field("duedate", "Due date", "date"),
    Field("security", "Security Level", "security"),
    Field("resolution", "Resolution", "resolution"),
    Field("components", "Components", "components"),
    Field("fixVersions", "Fix versions", "versions"),
    Field("versions", "Affects versions", "versions"),
    Field("timetracking", "Time tracking", "timetracking"),
)
_IN_CHANGELOG = {"components": "Component", "fixVersions": "Fix Version", "versions": "Version"}


def fields_of(catalog: Catalog) -> Mapping[str, Field]:
    """Return what can be set, by id."""
    custom = (Field(f.id, f.name, f.type, f) for f in catalog.custom_fields)
    return {field.id: field for field in (*SYSTEM, *custom)}


def options_of(field: Field, setting: Setting) -> tuple[Named, ...] | None:
    """Return what the field can be set to in a project; None where anything goes."""
    known, here = known_of(field, setting), setting.project.settings.offers.get(field.id)
    if known is None or here is None:
        return known
    names = {setting.catalog.called(name) for name in here}
    return tuple(one for one in known if one.name in names)


def known_of(field: Field, setting: Setting) -> tuple[Named, ...] | None:
    """Return what the field may have, wherever it was set; None where anything goes."""
    match field.kind:
        case "type":
            return setting.project.types
        case "priority":
            return setting.catalog.priorities
        case "resolution":
            return setting.catalog.resolutions
        case "security":
            return setting.catalog.levels
        case "option" | "options" | "cascade" if field.custom:
            return field.custom.options
        case "components" | "versions":
            return setting.parts.of(field.kind, setting.project.id)
    return None


def parse(field: Field, value: Any, setting: Setting) -> Any:
    """Return the value as the store keeps it; None (or an empty tuple) is empty.

    Raises:
        JiraError: 400 with the site's message for the field.
    """
    if field.kind == "summary":
        return _summary(value)
    if value is None and field.kind == "type":
        raise bad_field(field.id, "Specify an issue type")
    if value is None:
        return () if field.kind in MANY else None
    if field.kind == "options" or field.kind in PARTS:
        return tuple(dict.fromkeys(_choice(field, one, setting) for one in _list(field, value)))
    if field.kind in ("type", "priority", "resolution", "security", "option"):
        return _choice(field, value, setting)
    if field.kind == "cascade":
        return _cascade(field, value, setting)
    simple: dict[str, Callable[[Field, Any, Setting], Any]] = {
        "text": rich_text,
        "string": _line,
        "labels": _labels,
        "user": _user,
        "date": _day,
        "datetime": _instant,
        "number": _number,
        "timetracking": _estimates,
    }
    return simple[field.kind](field, value, setting)


def operate(field: Field, operations: list[JsonObject], before: Any, setting: Setting) -> Any:
    """Apply `update` operations (set, add, remove) in order to what is stored.

    Raises:
        JiraError: 400 for an operation that the field does not know, or its value.
    """
    value = before
    for operation in operations:
        if len(operation) != 1:
            raise bad_field(field.id, "Each operation must have exactly one key.")
        verb, operand = next(iter(operation.items()))
        if verb == "set":
            value = parse(field, operand, setting)
        elif verb in ("add", "remove") and field.kind in MANY:
            changed = parse(field, [operand], setting)
            kept = tuple(one for one in value or () if one not in changed)
            value = tuple(sorted({*kept, *changed})) if verb == "add" else kept
        elif verb == "edit" and field.kind == "timetracking":
            edited = parse(field, operand, setting) or (None, None)
            value = tuple(new if new is not None else old for new, old in zip(edited, value or edited, strict=True))
        else:
            raise bad_field(field.id, f"Field '{field.id}' does not support update '{verb}'")
    return value


def items(field: Field, before: Any, after: Any, setting: Setting) -> list[Item]:
    """Describe a change as the changelog does: strings, ids beside names where the field has ids.

    Components and versions are told one by one, as they come and go.
    """
    if field.kind in PARTS:
        return _part_items(field, before or (), after or (), setting)
    if field.kind == "timetracking":
        return estimate_items(before, after)
    source, source_text = _words(field, before, setting)
    to, to_text = _words(field, after, setting)
    name = field.name if field.custom else field.id
    return [Item(name, field.id, source, source_text, to, to_text, custom=field.custom is not None)]


def _part_items(field: Field, before: Iterable[str], after: Iterable[str], setting: Setting) -> list[Item]:
    name, known = _IN_CHANGELOG[field.id], setting.parts.all(field.kind)
    label = {number: known[number].name for number in (*before, *after) if number in known}
    gone = [Item(name, field.id, one, label.get(one), None, None) for one in before if one not in after]
    return gone + [Item(name, field.id, None, None, one, label.get(one)) for one in after if one not in before]


def estimate_items(before: Any, after: Any) -> list[Item]:
    """Describe a change of the estimates: original and remaining, in seconds."""
    found = []
    ends = zip(before or (None, None), after or (None, None), strict=True)
    for name, (old, new) in zip(("timeoriginalestimate", "timeestimate"), ends, strict=True):
        if old != new:
            ids = [None if one is None else str(one) for one in (old, new)]
            found.append(Item(name, name, ids[0], ids[0], ids[1], ids[1]))
    return found


def rich_text(field: Field, value: Any, setting: Setting) -> JsonObject | None:
    """Take wiki text in version 2, a document in version 3; what would show nothing is empty."""
    if setting.version == "2":
        if not isinstance(value, str):
            raise bad_field(field.id, "Operation value must be a string")
        text, document = value, wiki_read.read(value, setting.media_of)
    else:
        if not isinstance(value, dict):
            raise bad_field(
                field.id, "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
            )
        document = adf.check(value)
        text = adf.plain(document)
    if java_length(text) > LONGEST_TEXT:
        raise bad_field(field.id, "The entered text is too long. It exceeds the allowed limit of 32,767 characters.")
    return None if adf.is_blank(document) else document


def _words(field: Field, value: Any, setting: Setting) -> tuple[str | None, str | None]:
    if value is None:
        return None, "" if field.kind == "labels" else None
    match field.kind:
        case "text":
            return None, wiki_write.write(value, setting.file_name)
        case "user":
            return value, setting.catalog.accounts[value].name
        case "labels":
            return None, " ".join(value)
        case "options":
            chosen = [_named(field, one, setting) for one in value]
            return (f"[{', '.join(value)}]", ",".join(chosen)) if value else (None, None)
        case "type" | "priority" | "resolution" | "security" | "option":
            return value, _named(field, value, setting)
        case "cascade":
            return None, cascades.words(known_of(field, setting) or (), value)
        case "date":
            return value, f"{value} 00:00:00.0"
        case "number":
            return None, f"{value:g}"
    return None, str(value)


def _named(field: Field, chosen: str, setting: Setting) -> str:
    known: Iterable[Named] = setting.catalog.types if field.kind == "type" else known_of(field, setting) or ()
    found = with_id(known, chosen)
    return found.name if found else chosen


def _summary(value: Any) -> str:
    if not isinstance(value, str | None):
        raise bad_field("summary", "Operation value must be a string")
    if value is None or not value.strip():
        raise bad_field("summary", "You must specify a summary of the issue.")
    if "\n" in value or "\r" in value:
        raise bad_field("summary", "The summary is invalid because it contains newline characters.")
    if java_length(value) > LONGEST_LINE:
        raise bad_field("summary", "Summary can't exceed 255 characters.")
    return value


def _line(field: Field, value: Any, setting: Setting) -> str | None:
    if not isinstance(value, str):
        raise bad_field(field.id, "Operation value must be a string")
    if java_length(value) > LONGEST_LINE:
        raise bad_field(field.id, "The entered text is too long. It exceeds the allowed limit of 255 characters.")
    return value or None


def _list(field: Field, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise bad_field(field.id, "data was not an array")
    return value


def _labels(field: Field, value: Any, setting: Setting) -> tuple[str, ...]:
    labels = _list(field, value)
    for label in labels:
        if not isinstance(label, str) or not label:
            raise bad_field(field.id, "string expected at index 0")
        if re.search(r"\s", label):
            raise bad_field(field.id, f"The label '{label}' contains spaces which is invalid.")
        if java_length(label) > LONGEST_LINE:
            raise bad_field(field.id, f"The label '{label}' exceeds the maximum length for labels of 255 characters.")
    return tuple(sorted(set(labels)))


def _user(field: Field, value: Any, setting: Setting) -> str | None:
    wanted = value.get("accountId", value.get("id")) if isinstance(value, dict) else None
    if isinstance(value, dict) and wanted is None and ("accountId" in value or "id" in value):
        return None
    if not isinstance(wanted, str):
        raise bad_field(field.id, "expected Object containing an 'accountId' property")
    if field.id == "assignee" and wanted == "-1":  # the project's default, which is nobody
        return None
    account = setting.catalog.accounts.get(wanted)
    if field.id == "assignee":
        if account is None:
            raise bad_field("assignee", f"User '{wanted}' does not exist.")
        allowed = account.active and account.may("ASSIGNABLE_USER")
        if not (allowed and setting.catalog.may_browse(account, setting.project)):
            raise bad_field("assignee", f"User '{account.name}' cannot be assigned issues.")
    elif account is None:
        raise bad_field(field.id, f"The {field.name.lower()} specified is not a user.")
    return account.id


def _choice(field: Field, value: Any, setting: Setting) -> str:
    known = options_of(field, setting) or ()
    if not isinstance(value, dict):
        raise bad_field(field.id, f"Specify a valid 'id' or 'name' for {field.name}")
    label = value.get("value", value.get("name"))
    found = with_id(known, str(value["id"])) if "id" in value else named(known, str(label)) if label else None
    if found is None:
        raise bad_field(field.id, _no_choice(field, value, label))
    return found.id


def _cascade(field: Field, value: Any, setting: Setting) -> str:
    if not isinstance(value, dict):
        raise bad_field(field.id, "expected Object containing a 'value' or 'id' property")
    try:
        return cascades.chosen(options_of(field, setting) or (), value).id
    except LookupError:
        child = value.get("child")
        wrong = child if isinstance(child, dict) else value
        raise bad_field(field.id, _no_choice(field, wrong, wrong.get("value"))) from None


def _no_choice(field: Field, value: JsonObject, label: Any) -> str:
    if field.kind == "type":
        return "Specify a valid issue type"
    if field.kind == "priority" and label:
        return f"Priority name '{label}' is not valid"
    if field.kind in ("option", "options", "cascade"):
        return f"Option value '{label}' is not valid" if label else f"Option id '{value.get('id')}' is not valid"
    return f"The {field.name.lower()} selected is invalid."


def _day(field: Field, value: Any, setting: Setting) -> str | None:
    if value == "":
        return None
    try:
        return (
            date.fromisoformat(value).isoformat() if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else _no_day(field, value)
        )
    except (TypeError, ValueError):
        return _no_day(field, value)


def _no_day(field: Field, value: Any) -> str:
    raise bad_field(field.id, f'Operation value must be a string in the format "yyyy-MM-dd": {value}')


def _instant(field: Field, value: Any, setting: Setting) -> datetime:
    try:
        moment = datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%f%z")
    except (TypeError, ValueError):
        raise bad_field(field.id, f"Error parsing time: {value}") from None
    return moment


def _number(field: Field, value: Any, setting: Setting) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise bad_field(field.id, "Operation value must be a number")
    return float(value)


def _estimates(field: Field, value: Any, setting: Setting) -> tuple[int | None, int | None]:
    """Take an original and a remaining estimate; without the one, the other stands for both."""
    if not isinstance(value, dict):
        raise bad_field(field.id, "data was not an object")
    read: dict[str, int | None] = {"originalEstimate": None, "remainingEstimate": None}
    for name in read:
        given = value.get(name)
        if given in (None, ""):
            continue
        read[name] = durations.read(given) if isinstance(given, str) else None
        if read[name] is None:
            raise bad_field(f"timetracking_{name.lower()}", f"'{given}' is not a valid duration.")
    original, remaining = read.values()
    return original, original if remaining is None else remaining
