# SPDX-License-Identifier: Apache-2.0
"""People at a simulated Jira."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rehearsal.acts import Upload
from rehearsal.crew import Desk, RefusedError, Said, Seen, Stored, content
from rehearsal.spoken import values
from sandbox.jira.adf import of_text
from tandem.config.models import FieldRule, Side

_NAMED = ("priority", "issuetype", "resolution", "security", "status")
_PEOPLE = ("assignee", "reporter")
_RICH = ("description", "environment")
_ROLE = {"type": "role", "value": "Developers", "identifier": "Developers"}
_REST = "/rest/api/3"


@dataclass
class JiraCrew:
    """Implements :class:`rehearsal.crew.Crew`."""

    desk: Desk
    sight: dict[str, Any] = field(default_factory=dict)  # who could see each project before the integration was blinded

    def account(self, alias: str) -> str:
        """Give a person's account id."""
        email = self.desk.house.tenant.people[self.desk.who(alias)].email
        found = self._admin("GET", f"{_REST}/user/search", params={"query": email})
        if not found:
            raise RefusedError(f"the account of {alias} cannot be found")
        return str(found[0]["accountId"])

    def _admin(self, method: str, path: str, **sent: Any) -> Any:
        return self.desk.ask(self.desk.house.tenant.integration, method, path, **sent)

    def _sent(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._value(name, value) for name, value in fields.items()}

    def _value(self, name: str, value: Any) -> Any:
        if value is None or isinstance(value, Mapping | list):
            return value
        if name == "project":
            return {"key": value}
        if name in _NAMED:
            return {"name": value}
        if name in _PEOPLE:
            known = value in self.desk.house.tenant.people
            return {"accountId": self.account(value) if known else value}
        settings = self.desk.house.tracker.settings()
        kind = settings["custom_fields"].get(name, {}).get("type")
        if name in _RICH or kind == "text":
            return of_text(str(value))
        if kind == "user":
            return {"accountId": self.account(value)}
        return {"value": value} if kind == "option" else value

    def create(
        self, who: str | None, fields: Mapping[str, Any], html: str | None, internal: bool, files: Sequence[Upload]
    ) -> str:
        project = next(iter(self.desk.house.tracker.settings()["projects"]))
        sent = {"project": project, "issuetype": "Task", "summary": "It does not work", **fields}
        made = self.desk.ask(who, "POST", f"{_REST}/issue", json={"fields": self._sent(sent)})
        self.attach(who, made["id"], files)
        return str(made["id"])

    def set(self, who: str | None, ticket: str, fields: Mapping[str, Any]) -> None:
        self.desk.ask(who, "PUT", f"{_REST}/issue/{ticket}", json={"fields": self._sent(fields)})

    def label(self, who: str | None, ticket: str, add: Sequence[str], remove: Sequence[str]) -> None:
        steps = [{"add": label} for label in add] + [{"remove": label} for label in remove]
        self.desk.ask(who, "PUT", f"{_REST}/issue/{ticket}", json={"update": {"labels": steps}})

    def comment(
        self, who: str | None, ticket: str, text: str | None, body: Any, internal: bool, files: Sequence[Upload]
    ) -> str:
        self.attach(who, ticket, files)
        shown: Any = body if body is not None else of_text(text or "")
        media = [self._media(ticket, file.name) for file in files]
        sent: dict[str, Any] = {"body": {**shown, "content": [*shown["content"], *media]}}
        if internal:
            sent["visibility"] = _ROLE
        return str(self.desk.ask(who, "POST", f"{_REST}/issue/{ticket}/comment", json=sent)["id"])

    def _media(self, ticket: str, name: str) -> dict[str, Any]:
        """Show the newest file of a name, by the id that texts have for it."""
        listed = self.desk.ask(None, "GET", f"{_REST}/issue/{ticket}?fields=attachment")["fields"]["attachment"]
        newest = max((one for one in listed if one["filename"] == name), key=lambda one: int(one["id"]))
        person = self.desk.house.tenant.people[self.desk.who(None)]
        answer = self.desk.sessions[self.desk.who(None)].get(
            f"{self.desk.address}{_REST}/attachment/content/{newest['id']}",
            auth=(person.email, person.password),
            allow_redirects=False,
            timeout=60,
        )
        uuid = answer.headers["Location"].partition("/file/")[2].partition("/")[0]
        media = {"type": "media", "attrs": {"type": "file", "id": uuid, "collection": ""}}
        return {"type": "mediaSingle", "attrs": {"layout": "center"}, "content": [media]}

    def edit_comment(self, who: str | None, ticket: str, comment: str, text: str) -> None:
        path = f"{_REST}/issue/{ticket}/comment/{comment}"
        self.desk.ask(who, "PUT", path, json={"body": of_text(text)})

    def hide_comment(self, who: str | None, ticket: str, comment: str) -> None:
        path = f"{_REST}/issue/{ticket}/comment/{comment}"
        shown = self.desk.ask(who, "GET", path)
        self.desk.ask(who, "PUT", path, json={"body": shown["body"], "visibility": _ROLE})

    def redact_comment(self, who: str | None, ticket: str, comment: str, text: str) -> None:
        raise RefusedError("Jira does not redact; write `text`, `internal` or `delete`")

    def delete_comment(self, who: str | None, ticket: str, comment: str) -> None:
        self.desk.ask(who, "DELETE", f"{_REST}/issue/{ticket}/comment/{comment}")

    def attach(self, who: str | None, ticket: str, files: Sequence[Upload]) -> None:
        for file in files:
            body = {"file": (file.name, content(file))}
            path = f"{_REST}/issue/{ticket}/attachments"
            self.desk.ask(who, "POST", path, files=body, headers={"X-Atlassian-Token": "no-check"})

    def status(self, who: str | None, ticket: str, to: str, way: str | None, fields: Mapping[str, Any]) -> None:
        path = f"{_REST}/issue/{ticket}/transitions"
        ways = self.desk.ask(who, "GET", f"{path}?expand=transitions.fields")["transitions"]
        found = [one for one in ways if one["to"]["name"] == to and way in (None, one["name"])]
        # Where several lead there a person takes the one whose screen he can fill.
        filled = set(fields)
        fitting = [
            one for one in found if {name for name, field in one["fields"].items() if field["required"]} <= filled
        ]
        if not (fitting or found):
            raise RefusedError(f"there is no way to {to}; there are {', '.join(one['name'] for one in ways)}")
        chosen = (fitting or found)[0]
        self.desk.ask(who, "POST", path, json={"transition": {"id": chosen["id"]}, "fields": self._sent(fields)})

    def move(self, who: str | None, ticket: str, project: str, kind: str | None) -> None:
        shown = self.desk.ask(who, "GET", f"{_REST}/issue/{ticket}?fields=issuetype")["fields"]["issuetype"]
        types = self.desk.ask(who, "GET", f"{_REST}/issuetype")
        type_id = next((one["id"] for one in types if one["name"] == kind), None) if kind else shown["id"]
        sent = {"targetToSourcesMapping": {f"{project},{type_id}": {"issueIdsOrKeys": [ticket]}}}
        self.desk.ask(who, "POST", f"{_REST}/bulk/issues/move", json=sent)

    def restrict(self, who: str | None, ticket: str, level: str | None) -> None:
        self.set(who, ticket, {"security": level})

    def delete(self, who: str | None, ticket: str) -> None:
        self._admin("DELETE", f"{_REST}/issue/{ticket}")

    def link(self, who: str | None, ticket: str, other: str, kind: str | None) -> None:
        ends = {"inwardIssue": {"id": ticket}, "outwardIssue": {"id": other}}
        self.desk.ask(who, "POST", f"{_REST}/issueLink", json={"type": {"name": kind or "Relates"}, **ends})

    def merge(self, who: str | None, ticket: str, into: str) -> None:
        raise RefusedError("Jira does not merge issues")

    def follow_up(self, who: str | None, ticket: str, text: str) -> str:
        raise RefusedError("Jira has no follow-ups")

    def blind(self, tickets: Sequence[str], projects: Sequence[str]) -> None:
        tracker = self.desk.house.tracker
        now = tracker.settings()["projects"]
        others = [alias for alias in self.desk.house.tenant.people if alias != self.desk.house.tenant.integration]
        for key, project in now.items():
            self.sight.setdefault(key, project["browse"])
            project["browse"] = others if key in projects else self.sight[key]
        tracker.change_settings({"projects": now})

    def see(self, ticket: str) -> Seen | None:
        try:
            shown = self.desk.ask(None, "GET", f"{_REST}/issue/{ticket}")
        except RefusedError:
            return None
        fields = {name: self._plain(value) for name, value in shown["fields"].items()}
        comments = self._comments(ticket)
        files = [
            Stored(one["filename"], one["size"], self.desk.download(one["content"]))
            for one in shown["fields"].get("attachment") or ()
        ]
        return Seen(ticket, shown["key"], fields, comments, files)

    def _comments(self, ticket: str) -> list[Said]:
        listed: list[Any] = []
        while True:
            path = f"{_REST}/issue/{ticket}/comment?startAt={len(listed)}&maxResults=100"
            page = self.desk.ask(None, "GET", path)
            listed += page["comments"]
            if len(listed) >= page["total"] or not page["comments"]:
                return [Said(one["id"], _read(one["body"]), _public(one)) for one in listed]

    def _plain(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._plain(one) for one in value]
        if not isinstance(value, Mapping):
            return value
        if value.get("type") == "doc":
            return _read(value)
        if "accountId" in value:
            emails = {person.email: alias for alias, person in self.desk.house.tenant.people.items()}
            return emails.get(value.get("emailAddress", ""), value.get("displayName"))
        if "key" in value and "projectTypeKey" in value:
            return value["key"]
        return value.get("name", value.get("value", value))


def _public(comment: Mapping[str, Any]) -> bool:
    return "visibility" not in comment and comment.get("jsdPublic") is not False


_INLINE = {"hardBreak": "\n", "rule": "\n"}
_BLOCKS = ("paragraph", "heading", "codeBlock", "tableRow", "mediaSingle", "blockCard")


def _read(node: Any) -> str:
    """What a reader sees of a text: blocks on lines of their own, cells apart; of a file that it is shown."""
    return _text(node).strip() if node else ""


def _text(node: Mapping[str, Any]) -> str:
    kind, attrs = node.get("type"), node.get("attrs", {})
    own = node.get("text") or _INLINE.get(str(kind)) or str(attrs.get("text") or attrs.get("url") or "")
    own += "".join(_text(child) for child in node.get("content", ()))
    if kind in ("tableCell", "tableHeader"):
        return own.strip() + "\t"
    return own + "\n" if kind in _BLOCKS else own


# ---- a site for a contract

_TYPES = {"set": "labels", "people": "user", "date": "date", "rich": "text"}
_CATEGORY = {"new": "new", "solved": "done", "closed": "done"}


def settings(side: Side) -> dict[str, Any]:
    """Make a site in which a contract finds all that it speaks of."""
    own = {rule.native: rule for rule in side.fields.values() if rule.native.startswith("customfield_")}
    places = [name for rule in side.fields.values() for entry in rule.when for name in entry.place]
    projects = dict.fromkeys([*values(side, "project"), *places]) or {"TEST": None}
    types = values(side, "issuetype") or ["Task"]
    made: dict[str, Any] = {
        "search_lag": 1,
        "projects": {key: {"name": key.capitalize(), "issue_types": types} for key in projects},
        "custom_fields": {name: _custom(side, rule) for name, rule in own.items()},
    }
    if priorities := values(side, "priority"):
        made |= {"priorities": priorities, "default_priority": priorities[len(priorities) // 2]}
    screens = [field for way in side.transitions.values() for field in way.fields.items()]
    resolutions = [str(value) for name, value in screens if name == "resolution"]
    if resolutions:
        made["resolutions"] = list(dict.fromkeys(resolutions))
    status = side.fields.get("status")
    return made | ({"workflow": _workflow(side, status)} if status is not None else {})


def _workflow(side: Side, status: FieldRule) -> dict[str, Any]:
    """Every status can be reached from every other, by the contract's own transitions where it names them."""
    categories = {
        name: _CATEGORY.get(str(hub), "indeterminate")
        for _, rule in status.maps()
        for hub, names in rule.map.items()
        for name in names
    }
    statuses = {name: categories.get(name, "indeterminate") for name in values(side, "status")}
    ways = []
    for name in statuses:
        rule = side.transitions.get(name)
        way = {"name": (rule.by[0] if rule and rule.by else name), "from": [one for one in statuses if one != name]}
        ways.append({**way, "to": name, "required": list(rule.fields) if rule else []})
    return {"statuses": statuses, "initial": next(iter(statuses)), "transitions": ways}


def _custom(side: Side, rule: FieldRule) -> dict[str, Any]:
    if rule.map:
        return {"name": rule.hub, "type": "option", "options": values(side, rule.native)}
    return {"name": rule.hub, "type": _TYPES.get(rule.kind, "string")}
