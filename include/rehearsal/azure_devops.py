# SPDX-License-Identifier: Apache-2.0
"""People at a simulated Azure DevOps, and an organization made for a contract."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from mimetypes import guess_type
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from rehearsal.acts import Upload
from rehearsal.crew import Desk, RefusedError, Said, Seen, Stored, content
from rehearsal.reading import read_html
from rehearsal.spoken import values
from sandbox.azure_devops.comments import rendered
from sandbox.azure_devops.fields import Fields
from sandbox.azure_devops.organization import named
from sandbox.azure_devops.process import types_of
from sandbox.azure_devops.settings import AzureDevOpsSettings, Category
from sandbox.control import House
from tandem.config.models import FieldRule, Side

_PROJECT, _TYPE, _STATE, _TAGS = "System.TeamProject", "System.WorkItemType", "System.State", "System.Tags"
_TREES = ("System.AreaPath", "System.IterationPath")
_FORMATS = "multilineFieldsFormat"
_TEXT, _DESCRIPTION, _REPRO = "Text", "System.Description", "Microsoft.VSTS.TCM.ReproSteps"
_WIT = "/_apis/wit"
_VERSION, _PREVIEW = {"api-version": "7.1"}, {"api-version": "7.1-preview.4"}
_PASTED = re.compile(r'src="([^"]*/_apis/wit/attachments/[^"]*)"')
_PATCH = {"Content-Type": "application/json-patch+json"}


def address(house: House) -> str:
    """The address of the organization, which a connection has as its host."""
    return f"{house.url}/{named(house.tenant, AzureDevOpsSettings.model_validate(house.tenant.settings))}"


def _stored(name: str, kind: str) -> str:
    """The field in which a text stands that a contract calls by what the form shows."""
    if name in (_TEXT, "description"):
        return _REPRO if kind == "Bug" else _DESCRIPTION
    return name


@dataclass
class AzureDevOpsCrew:
    """Implements :class:`rehearsal.crew.Crew`. Long texts are plain, or ``{html: …}``, or ``{markdown: …}``."""

    desk: Desk
    side: Side

    def account(self, alias: str) -> str:
        """Give a person's unique name, as contracts have it."""
        return self.desk.house.tenant.people[self.desk.who(alias)].email.lower()

    def _ask(self, who: str | None, method: str, path: str, **sent: Any) -> Any:
        return self.desk.ask(who, method, path, **{"params": _VERSION, **sent})

    def _fields(self) -> Mapping[str, Mapping[str, Any]]:
        return {one["referenceName"]: one for one in self._ask(None, "GET", f"{_WIT}/fields")["value"]}

    def _item(self, who: str | None, ticket: str) -> dict[str, Any]:
        params = {**_VERSION, "$expand": "relations"}
        found: dict[str, Any] = self.desk.ask(who, "GET", f"{_WIT}/workitems/{ticket}", params=params)
        return found

    # ---- what is written

    def _ops(self, fields: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
        known, ops = self._fields(), []
        for name, value in fields.items():
            at = _stored(name, kind)
            field = known.get(at, {})
            ops.append({"op": "replace", "path": f"/fields/{at}", "value": self._value(at, field, value)})
            if isinstance(value, Mapping) and "markdown" in value:
                ops.append({"op": "add", "path": f"/{_FORMATS}/{at}", "value": "Markdown"})
        return ops

    def _value(self, name: str, field: Mapping[str, Any], value: Any) -> Any:
        if value is None:
            return ""
        if isinstance(value, Mapping):
            return value.get("markdown", value.get("html"))
        if name == _TAGS:
            return "; ".join(value if isinstance(value, list) else [value])
        if field.get("isIdentity") and value in self.desk.house.tenant.people:
            return self.account(str(value))
        return _shown(str(value)) if field.get("type") == "html" else value

    def _patch(self, who: str | None, path: str, ops: Sequence[Mapping[str, Any]]) -> Any:
        return self._ask(who, "PATCH", path, json=ops, headers=_PATCH) if ops else None

    def create(
        self, who: str | None, fields: Mapping[str, Any], html: str | None, internal: bool, files: Sequence[Upload]
    ) -> str:
        if internal:
            raise RefusedError("who sees a work item sees all of it; write its area, and `settings` with `hidden`")
        told = {"System.Title": "It does not work", **fields}
        project = str(told.pop(_PROJECT, _first(self.side, _PROJECT, "Test")))
        kind = str(told.pop(_TYPE, _first(self.side, _TYPE, "Task")))
        if html is not None:
            told[_TEXT] = {"html": html}
        path = f"/{quote(project)}{_WIT}/workitems/${quote(kind)}"
        made = self._patch(who, path, self._ops(told, kind))
        self.attach(who, str(made["id"]), files)
        return str(made["id"])

    def set(self, who: str | None, ticket: str, fields: Mapping[str, Any]) -> None:
        kind = str(fields.get(_TYPE) or self._item(who, ticket)["fields"][_TYPE])
        self._patch(who, f"{_WIT}/workitems/{ticket}", self._ops(fields, kind))

    def label(self, who: str | None, ticket: str, add: Sequence[str], remove: Sequence[str]) -> None:
        held = _tags(self._item(who, ticket)["fields"].get(_TAGS))
        self.set(who, ticket, {_TAGS: [*(one for one in held if one not in remove), *add]})

    def _comments_at(self, who: str | None, ticket: str) -> str:
        project = self._item(who, ticket)["fields"][_PROJECT]
        return f"/{quote(project)}{_WIT}/workItems/{ticket}/comments"

    def comment(
        self, who: str | None, ticket: str, text: str | None, body: Any, internal: bool, files: Sequence[Upload]
    ) -> str:
        if internal:
            raise RefusedError("there are no internal comments in Azure DevOps")
        markdown = isinstance(body, Mapping) and "markdown" in body
        said = body["markdown"] if markdown else body if body is not None else _shown(text or "")
        for file in files:
            said += self._put_in(who, ticket, file, markdown)
        params = {**_PREVIEW, "format": "markdown" if markdown else "html"}
        path = self._comments_at(who, ticket)
        return str(self.desk.ask(who, "POST", path, params=params, json={"text": said})["id"])

    def edit_comment(self, who: str | None, ticket: str, comment: str, text: str) -> None:
        path = f"{self._comments_at(who, ticket)}/{comment}"
        self.desk.ask(who, "PATCH", path, params=_PREVIEW, json={"text": _shown(text)})

    def hide_comment(self, who: str | None, ticket: str, comment: str) -> None:
        raise RefusedError("there are no internal comments in Azure DevOps; write `text` or `delete`")

    def redact_comment(self, who: str | None, ticket: str, comment: str, text: str) -> None:
        raise RefusedError("Azure DevOps does not redact; write `text` or `delete`")

    def delete_comment(self, who: str | None, ticket: str, comment: str) -> None:
        self.desk.ask(who, "DELETE", f"{self._comments_at(who, ticket)}/{comment}", params=_PREVIEW)

    def attach(self, who: str | None, ticket: str, files: Sequence[Upload]) -> None:
        for file in files:
            self._attached(who, ticket, file)

    def _put_in(self, who: str | None, ticket: str, file: Upload, markdown: bool) -> str:
        """Give what the editor writes for a file: a picture hangs on the text alone, any other file on the item."""
        if (guess_type(file.name)[0] or "").startswith("image/"):
            url = self._uploaded(who, file)
            return f"\n\n![{file.name}]({url})" if markdown else f'<p><img src="{url}" alt="{file.name}"></p>'
        url = self._attached(who, ticket, file)
        return f"\n\n[{file.name}]({url})" if markdown else f'<p><a href="{url}">{file.name}</a></p>'

    def _uploaded(self, who: str | None, file: Upload) -> str:
        params, kind = {**_VERSION, "fileName": file.name}, {"Content-Type": "application/octet-stream"}
        sent = {"params": params, "data": content(file), "headers": kind}
        return str(self.desk.ask(who, "POST", f"{_WIT}/attachments", **sent)["url"])

    def _attached(self, who: str | None, ticket: str, file: Upload) -> str:
        """Upload a file and relate it; gives its address."""
        url = self._uploaded(who, file)
        value = {"rel": "AttachedFile", "url": url, "attributes": {"name": file.name}}
        self._patch(who, f"{_WIT}/workitems/{ticket}", [{"op": "add", "path": "/relations/-", "value": value}])
        return url

    def status(self, who: str | None, ticket: str, to: str, way: str | None, fields: Mapping[str, Any]) -> None:
        self.set(who, ticket, {_STATE: to, **fields})

    def move(self, who: str | None, ticket: str, project: str, kind: str | None) -> None:
        there = {_PROJECT: project, **dict.fromkeys(_TREES, project)}
        self.set(who, ticket, {**there, **({_TYPE: kind} if kind else {})})

    def restrict(self, who: str | None, ticket: str, level: str | None) -> None:
        raise RefusedError("a work item has no security level; write its area, and `settings` with `hidden`")

    def delete(self, who: str | None, ticket: str) -> None:
        self._ask(who, "DELETE", f"{_WIT}/workitems/{ticket}")

    def link(self, who: str | None, ticket: str, other: str, kind: str | None) -> None:
        types = self._ask(None, "GET", f"{_WIT}/workitemrelationtypes")["value"]
        names = {one["name"]: one["referenceName"] for one in types}
        url = f"{self.desk.address}{_WIT}/workItems/{other}"
        value = {"rel": names.get(kind or "Related", kind), "url": url}
        self._patch(who, f"{_WIT}/workitems/{ticket}", [{"op": "add", "path": "/relations/-", "value": value}])

    def merge(self, who: str | None, ticket: str, into: str) -> None:
        raise RefusedError("Azure DevOps does not merge work items; write `link` with `type: Duplicate Of`")

    def follow_up(self, who: str | None, ticket: str, text: str) -> str:
        raise RefusedError("Azure DevOps has no follow-ups")

    def blind(self, tickets: Sequence[str], projects: Sequence[str]) -> None:
        if tickets:
            raise RefusedError("what an account sees goes by areas; write `projects` with area paths")
        hidden = {self.desk.house.tenant.integration: list(projects)} if projects else {}
        self.desk.house.tracker.change_settings({"hidden": hidden})

    # ---- what is seen

    def see(self, ticket: str) -> Seen | None:
        try:
            item = self._item(None, ticket)
        except RefusedError:
            return None
        known, formats = self._fields(), item.get(_FORMATS) or {}
        empty: dict[str, Any] = {name: [] if name == _TAGS else None for name in known}
        fields = {
            name: self._read(known.get(name, {}), value, str(formats.get(name, "")))
            for name, value in item["fields"].items()
        }
        fields[_TAGS] = _tags(item["fields"].get(_TAGS))
        fields[_TEXT] = fields.get(_stored(_TEXT, str(fields[_TYPE])))
        listed = self._said(ticket)
        comments = [_comment(one, _related(item)) for one in listed]
        return Seen(ticket, ticket, {**empty, **fields}, comments, list(self._files(item, listed)))

    def _read(self, field: Mapping[str, Any], value: Any, form: str) -> Any:
        if isinstance(value, Mapping):
            emails = {person.email.lower(): alias for alias, person in self.desk.house.tenant.people.items()}
            return emails.get(str(value["uniqueName"]).lower(), value["displayName"])
        if field.get("type") != "html":
            return value
        return read_html(rendered(str(value), "markdown" if form == "markdown" else "html"))

    def _said(self, ticket: str) -> list[dict[str, Any]]:
        """All comments, oldest first, as people are shown them."""
        params = {**_PREVIEW, "$expand": "renderedText", "order": "asc", "$top": "200"}
        path, found = self._comments_at(None, ticket), []
        while True:
            page = self.desk.ask(None, "GET", path, params=params)
            found += page["comments"]
            if not page.get("continuationToken"):
                return found
            params["continuationToken"] = page["continuationToken"]

    def _files(self, item: Mapping[str, Any], listed: Sequence[Mapping[str, Any]]) -> list[Stored]:
        related, formats = _related(item), item.get(_FORMATS) or {}
        texts = [
            *(rendered(str(value), formats.get(name, "html").lower()) for name, value in item["fields"].items()),
            *(str(one["renderedText"]) for one in listed),
        ]
        ids = set(map(_id, related))
        pasted = {url: name for text in texts for url, name in _pasted(text).items() if _id(url) not in ids}
        found = []
        for url, name in {**pasted, **related}.items():
            if not url.startswith(self.desk.address):
                continue
            try:
                body = self.desk.download(f"{url}?api-version=7.1")
            except RefusedError:  # it shows as broken
                continue
            on = next((read_html(str(one["renderedText"])) for one in listed if _id(url) in one["renderedText"]), None)
            found.append(Stored(name, len(body), body, on))
        return found


def _shown(text: str) -> str:
    """A plain text as the form writes it."""
    return f"<div>{html.escape(text, quote=False).replace(chr(10), '<br>')}</div>"


def _tags(value: Any) -> list[str]:
    return [part.strip() for part in str(value or "").split(";") if part.strip()]


def _id(url: str) -> str:
    return url.rpartition("/")[2]


def _related(item: Mapping[str, Any]) -> dict[str, str]:
    """The addresses of an item's files, with their names."""
    files = (one for one in item.get("relations") or () if one["rel"] == "AttachedFile")
    return {str(one["url"]): str(one["attributes"]["name"]) for one in files}


def _pasted(text: str) -> dict[str, str]:
    """The addresses of the pictures that a text shows, with their names."""
    found = (urlsplit(html.unescape(url)) for url in _PASTED.findall(text))
    return {one._replace(query="").geturl(): unquote(one.query.partition("fileName=")[2]) for one in found}


def _comment(one: Mapping[str, Any], related: Mapping[str, str]) -> Said:
    text = str(one["renderedText"])
    names = tuple(name for url, name in {**_pasted(text), **related}.items() if _id(url) in text)
    return Said(str(one["id"]), read_html(text), True, names)


# ---- an organization for a contract

_TYPES = {"rich": "html", "people": "identity", "date": "dateTime", "number": "double"}
_CATEGORIES: Mapping[str, Category] = {"new": "Proposed", "solved": "Resolved", "closed": "Completed"}
_PROCESSES = ("Agile", "Scrum", "Basic")


def _first(side: Side, native: str, otherwise: str) -> str:
    return next(iter(values(side, native)), otherwise)


def settings(side: Side) -> dict[str, Any]:
    """Make an organization in which a contract finds all that it speaks of."""
    places = [name for rule in side.fields.values() for entry in rule.when for name in entry.place]
    projects = dict.fromkeys([*values(side, _PROJECT), *places]) or {"Test": None}
    kinds = values(side, _TYPE)
    states = _states(side)
    process = max(_PROCESSES, key=lambda name: _fitting(name, kinds, states))
    delivered = types_of(process, AzureDevOpsSettings())
    own = {
        kind: {name: category for name, category in states.items() if _lacks(delivered, kind, name)}
        for kind in kinds or delivered
    }
    return {
        "projects": {
            name: {
                "process": process,
                "areas": _below(side, _TREES[0], name),
                "iterations": _below(side, _TREES[1], name),
            }
            for name in projects
        },
        "types": [kind for kind in kinds if kind not in delivered],
        "states": {kind: added for kind, added in own.items() if added},
        "fields": _own_fields(side),
        "rules": [
            {"type": kind, "state": state, "required": required}
            for state, way in side.transitions.items()
            for kind in kinds or delivered
            if (required := [name for name in way.fields if name != "System.Reason"])
        ],
    }


def _states(side: Side) -> dict[str, Category]:
    """The states that a contract speaks of, each with what it means."""
    status = side.fields.get("status")
    said = [pair for _, rule in status.maps() for pair in rule.map.items()] if status is not None else []
    meant = {name: _CATEGORIES.get(str(hub), "InProgress") for hub, names in said for name in names}
    return {name: meant.get(name, "InProgress") for name in values(side, _STATE)}


def _fitting(process: str, kinds: Sequence[str], states: Mapping[str, Category]) -> tuple[int, int]:
    """How many of the types, and of their states, a delivered process has."""
    delivered = types_of(process, AzureDevOpsSettings())
    shared = [kind for kind in kinds or delivered if kind in delivered]
    return len(shared), sum(not _lacks(delivered, kind, name) for kind in shared for name in states)


def _lacks(delivered: Mapping[str, Any], kind: str, state: str) -> bool:
    return kind not in delivered or delivered[kind].state(state) is None


def _below(side: Side, tree: str, project: str) -> list[str]:
    """The paths of a tree that a contract speaks of, without the project that they begin with."""
    paths = (path.partition("\\") for path in values(side, tree))
    return [rest for root, _, rest in paths if rest and root == project]


def _own_fields(side: Side) -> dict[str, Any]:
    """The fields that no organization has by itself."""
    delivered = Fields(AzureDevOpsSettings())
    made: dict[str, Any] = {}
    if marker := side.options.get("marker"):
        made[marker] = {"name": marker.rpartition(".")[2]}
    for rule in side.fields.values():
        made.setdefault(rule.native, _field(side, rule))
    spoken = [*(one.field for one in side.scope), *(side.create or {})]
    spoken += [name for way in side.transitions.values() for name in way.fields]
    for name in spoken:
        made.setdefault(name, {"name": name.rpartition(".")[2]})
    return {name: field for name, field in made.items() if name != _TEXT and delivered.get(name) is None}


def _field(side: Side, rule: FieldRule) -> dict[str, Any]:
    name = {"name": rule.native.rpartition(".")[2]}
    if rule.map:
        return {**name, "choices": values(side, rule.native)}
    return {**name, "type": _TYPES.get(rule.kind, "string")}
