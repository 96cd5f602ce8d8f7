# SPDX-License-Identifier: Apache-2.0
"""An issue as Jira answers it: over half of its fields null, rich text as a document (3) or wiki text (2)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.jira import comments, html, links, shapes, shapes_screen, shapes_work, transitions, wiki_write
from sandbox.jira.cascades import BELOW
from sandbox.jira.catalog import named, with_id
from sandbox.jira.fields import PARTS, TRANSITIONS_ONLY, Field, fields_of, known_of
from sandbox.jira.shapes import View
from sandbox.jira.store import Attachment, Comment, History, Issue, Item, Link, RemoteLink
from sandbox.jira.values import JsonObject, epoch_ms, stamp

EXPANDABLE = (
    "operations,versionedRepresentations,editmeta,changelog,customfield_10010.requestTypePractice,renderedFields"
)
_NOT_NAVIGABLE = frozenset({"comment", "attachment", "worklog", "timetracking", "issuerestriction"})
_PARENT_LINK = {
    "hasEpicLinkFieldDependency": False,
    "showField": False,
    "nonEditableReason": {
        "reason": "PLUGIN_LICENSE_ERROR",
        "message": "The Parent Link is only available to Jira Premium users.",
    },
}


@dataclass(frozen=True)
class Wanted:
    """What a request wants of an issue."""

    fields: tuple[str, ...] = ("*all",)
    expand: frozenset[str] = frozenset()
    properties: tuple[str, ...] = ()
    comments: int | None = None
    """Most comments to embed; None: all."""

    @property
    def bare(self) -> bool:
        """Whether ids or keys alone are asked for."""
        return set(self.fields) <= {"id", "key"}

    def takes(self, name: str) -> bool:
        if f"-{name}" in self.fields:
            return False
        if name in self.fields or "*all" in self.fields:
            return True
        only_less = all(field.startswith("-") for field in self.fields)
        return ("*navigable" in self.fields or only_less) and name not in _NOT_NAVIGABLE


_BRIEF = Wanted(("summary", "status", "priority", "issuetype"))


def issue(view: View, shown: Issue, wanted: Wanted) -> JsonObject:
    """Show an issue."""
    if set(wanted.fields) == {"id"} and not (wanted.expand or wanted.properties):
        return {"id": str(shown.id)}
    made: JsonObject = {
        "expand": EXPANDABLE,
        "id": str(shown.id),
        "self": f"{view.rest}/issue/{shown.id}",
        "key": shown.key,
    }
    if wanted.properties:
        everything = "*all" in wanted.properties
        made["properties"] = {k: v for k, v in shown.properties.items() if everything or k in wanted.properties}
    if "changelog" in wanted.expand:
        made["changelog"] = recent_changes(view, shown)
    if "renderedFields" in wanted.expand:
        made["renderedFields"] = _rendered(view, shown, wanted)
    if "names" in wanted.expand:
        made["names"] = {name: label for name, label in names(view).items() if wanted.takes(name)}
    if "schema" in wanted.expand:
        listed = shapes_screen.all_fields(view)
        made["schema"] = {one["id"]: one["schema"] for one in listed if "schema" in one and wanted.takes(one["id"])}
    if "operations" in wanted.expand:
        made["operations"] = {"linkGroups": []}
    if "transitions" in wanted.expand:
        legal = transitions.legal(view.site, view.account, shown)
        made["transitions"] = [shapes_screen.transition(view, shown, t, with_fields=False) for t in legal]
    if "editmeta" in wanted.expand:
        made["editmeta"] = editmeta(view, shown)
    if not wanted.bare:
        made["fields"] = _fields(view, shown, wanted)
    return made


def names(view: View) -> dict[str, str]:
    """Return the display name of each field."""
    return {listed["id"]: listed["name"] for listed in shapes_screen.all_fields(view) if listed["id"] != "issuekey"}


def editmeta(view: View, shown: Issue) -> JsonObject:
    """Show what an edit may set."""
    setting = view.site.setting(shown, view.account, view.version)
    fields: JsonObject = {
        known.id: shapes_screen.meta(view, known, setting, known.kind in ("summary", "type"))
        for known in fields_of(view.site.catalog).values()
        if known.id not in TRANSITIONS_ONLY and (known.id != "reporter" or view.account.may("MODIFY_REPORTER"))
    }
    return {
        "fields": fields | {"issuelinks": shapes_screen.links_meta(False)} if view.account.may("EDIT_ISSUES") else {}
    }


def recent_changes(view: View, shown: Issue) -> JsonObject:
    """Show the newest histories first; `total` says if there are more than are shown."""
    newest = shown.histories[::-1][: view.site.catalog.settings.changelog_page]
    return {
        "startAt": 0,
        "maxResults": len(newest),
        "total": len(shown.histories),
        "histories": [history(view, entry) for entry in newest],
    }


def history(view: View, entry: History, *, only: Sequence[str] = (), numeric: bool = False) -> JsonObject:
    """Show a history; `numeric` gives its time in milliseconds, as `changelog/bulkfetch` does."""
    shown = [_item(one) for one in entry.items if not only or one.field_id in only]
    made: JsonObject = {
        "id": str(entry.id),
        "author": shapes.user(view, entry.author),
        "created": epoch_ms(entry.created) if numeric else view.time(entry.created),
        "items": shown,
    }
    return made | ({"historyMetadata": entry.metadata} if entry.metadata else {})


def comment(view: View, on: Issue, shown: Comment, *, properties: bool = False, rendered: bool = False) -> JsonObject:
    """Show a comment; its properties only where `comment/list` was asked for them."""
    made: JsonObject = {
        "self": f"{view.rest}/issue/{on.id}/comment/{shown.id}",
        "id": str(shown.id),
        "author": shapes.user(view, shown.author),
        "body": rich(view, on, shown.body),
        "updateAuthor": shapes.user(view, shown.update_author),
        "created": view.time(shown.created),
        "updated": view.time(shown.updated),
    }
    if rendered:
        made["renderedBody"] = html.render(shown.body, _file_name(view, on))
    if shown.visibility:
        made["visibility"] = shown.visibility
    made["jsdPublic"] = comments.is_public(view.site, on, shown)
    if properties:
        made["properties"] = [{"key": key, "value": value} for key, value in shown.properties.items()]
    return made


def attachment(view: View, shown: Attachment, *, numeric: bool = False) -> JsonObject:
    """Show a file; its id is a string within an issue and a number by itself (`numeric`)."""
    made: JsonObject = {
        "self": f"{view.rest}/attachment/{shown.id}",
        "id": shown.id if numeric else str(shown.id),
        "filename": shown.name,
        "author": shapes.user(view, shown.author),
        "created": view.time(shown.created),
        "size": shown.size,
        "mimeType": shown.mime,
        "content": f"{view.rest}/attachment/content/{shown.id}",
    }
    if shown.mime.startswith("image/"):
        made["thumbnail"] = f"{view.rest}/attachment/thumbnail/{shown.id}"
    return made


def remote_link(view: View, on: Issue, shown: RemoteLink) -> JsonObject:
    made: JsonObject = {"id": shown.id, "self": f"{view.rest}/issue/{on.key}/remotelink/{shown.id}"}
    return made | ({"globalId": shown.global_id} if shown.global_id else {}) | {"application": {}} | shown.content


def issue_link(view: View, link: Link, kind: Any, outward: bool, other: Issue) -> JsonObject:
    """Show a link from one of its ends: only the other end is named."""
    return {
        "id": str(link.id),
        "self": f"{view.rest}/issueLink/{link.id}",
        "type": shapes.link_type(view, kind),
        "outwardIssue" if outward else "inwardIssue": _brief(view, other),
    }


def rich(view: View, on: Issue, document: JsonObject | None) -> JsonObject | str | None:
    """Show a rich text in the form of the API's version."""
    return document if view.version == "3" else wiki_write.write(document, _file_name(view, on))


def _fields(view: View, shown: Issue, wanted: Wanted) -> JsonObject:
    makers: dict[str, Callable[[], Any]] = {
        "lastViewed": _null,
        **_noise(shown),
        **{f.id: _maker(view, shown, f) for f in fields_of(view.site.catalog).values()},
        **_system(view, shown, wanted),
    }
    return {name: make() for name, make in makers.items() if wanted.takes(name)}


def _system(view: View, on: Issue, wanted: Wanted) -> dict[str, Callable[[], Any]]:
    site = view.site
    base = f"{view.rest}/issue/{on.key}"
    return {
        "statuscategorychangedate": lambda: view.time(on.category_changed),
        "project": lambda: shapes.project(view, site.project_of(on)),
        "resolutiondate": lambda: view.time(on.resolved),
        "issuerestriction": lambda: {"issuerestrictions": {}, "shouldDisplay": False},
        "watches": lambda: {
            "self": f"{base}/watchers",
            "watchCount": len(on.watchers),
            "isWatching": view.account.id in on.watchers,
        },
        "created": lambda: view.time(on.created),
        "updated": lambda: view.time(on.updated),
        "status": lambda: shapes.status(view, site.catalog.status(on.status)),
        "issuelinks": lambda: [issue_link(view, *found) for found in links.of_issue(site, view.account, on)],
        "attachment": lambda: [attachment(view, file) for file in on.attachments],
        "creator": lambda: shapes.user(view, on.creator),
        "votes": lambda: {
            "self": f"{base}/votes",
            "votes": len(on.voters),
            "hasVoted": view.account.id in on.voters,
        },
        "comment": lambda: _comments(view, on, wanted.comments),
        "subtasks": lambda: [_brief(view, one) for one in site.store.children(on) if site.sees(view.account, one)],
        **({"parent": lambda: _parent(view, on)} if on.parent else {}),
        **shapes_work.fields(view, on),
    }


def _parent(view: View, on: Issue) -> JsonObject | None:
    parent = view.site.store.get(on.parent or 0)
    return _brief(view, parent) if parent else None


def _brief(view: View, shown: Issue) -> JsonObject:
    """Show an issue as it stands within another."""
    return {
        "id": str(shown.id),
        "key": shown.key,
        "self": f"{view.rest}/issue/{shown.id}",
        "fields": _fields(view, shown, _BRIEF),
    }


def _comments(view: View, on: Issue, most: int | None) -> JsonObject:
    seen = [c for c in on.comments if view.site.sees_said(view.account, c)]
    return {
        "comments": [comment(view, on, c) for c in seen[:most]],
        "self": f"{view.rest}/issue/{on.id}/comment",
        "maxResults": len(seen) if most is None else min(most, len(seen)),
        "total": len(seen),
        "startAt": 0,
    }


def _maker(view: View, on: Issue, field: Field) -> Callable[[], Any]:
    return lambda: _value(view, on, field)


def _value(view: View, on: Issue, field: Field) -> Any:
    stored = on.fields.get(field.id)
    if field.kind == "security":
        stored = view.site.level_of(on)
    if field.kind == "labels":
        return list(stored or ()) if stored or not field.custom else None
    if field.kind in PARTS:
        return [shapes.choice(view, field.kind, view.site.parts.all(field.kind)[one]) for one in stored or ()]
    if not stored and stored != 0:
        return None
    match field.kind:
        case "text":
            return rich(view, on, stored)
        case "user":
            return shapes.user(view, stored)
        case "datetime":
            return stamp(stored, view.site.zone)
        case "options":
            return [_chosen(view, on, field, one) for one in stored]
        case "type" | "priority" | "resolution" | "security" | "option":
            return _chosen(view, on, field, stored)
        case "cascade":
            return _cascade(view, on, field, stored)
    return stored


def _cascade(view: View, on: Issue, field: Field, stored: str) -> JsonObject:
    """Show an upper option, and the one below it that was chosen."""
    setting = view.site.setting(on, view.account, view.version)
    known = known_of(field, setting) or ()
    found = with_id(known, stored)
    if found is None:
        raise LookupError(f"{on.key} has {stored} in {field.id}, which the settings no longer have")
    upper = named(known, found.name.partition(BELOW)[0]) or found
    below = {"child": shapes.child(view, found)} if upper is not found else {}
    return {**shapes.option(view, upper), **below}


def _chosen(view: View, on: Issue, field: Field, chosen: str) -> JsonObject:
    setting = view.site.setting(on, view.account, view.version)
    known: Iterable[Any] = view.site.catalog.types if field.kind == "type" else known_of(field, setting) or ()
    found = with_id(known, chosen)
    if found is None:
        raise LookupError(f"{on.key} has {chosen} in {field.id}, which the settings no longer have")
    return shapes.choice(view, field.kind, found)


def _noise(on: Issue) -> dict[str, Callable[[], Any]]:
    """Add the custom fields that every real site has and nobody fills; their types are as odd as here."""
    numbers = [*range(10001, 10011), *range(10014, 10038)]
    noise: dict[str, Callable[[], Any]] = {f"customfield_{n}": _null for n in numbers}
    noise["customfield_10000"] = lambda: "{}"
    noise["customfield_10018"] = lambda: _PARENT_LINK
    noise["customfield_10019"] = lambda: f"0|i{on.id:05d}:"
    return noise


def _rendered(view: View, on: Issue, wanted: Wanted) -> JsonObject:
    names_of_text = {f.id for f in view.site.rich_fields()}
    shown: JsonObject = dict.fromkeys(_fields(view, on, wanted))
    for name in shown:
        if name in names_of_text:
            shown[name] = html.render(on.fields.get(name), _file_name(view, on))
    for name, moment in (("created", on.created), ("updated", on.updated)):
        if name in shown:
            shown[name] = f"{moment.astimezone(view.site.zone):%d/%b/%y %-I:%M %p}"
    return shown


def _item(shown: Item) -> JsonObject:
    return {
        "field": shown.field,
        "fieldtype": "custom" if shown.custom else "jira",
        **({"fieldId": shown.field_id} if shown.field_id else {}),
        "from": shown.source,
        "fromString": shown.source_text,
        "to": shown.to,
        "toString": shown.to_text,
    }


def _file_name(view: View, on: Issue) -> Callable[[str], str | None]:
    return view.site.setting(on, view.account, view.version).file_name


def _null() -> None:
    return None
