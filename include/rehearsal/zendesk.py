# SPDX-License-Identifier: Apache-2.0
"""People at a simulated Zendesk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.acts import Upload
from rehearsal.crew import Desk, RefusedError, Said, Seen, Stored, content
from rehearsal.reading import read_html
from rehearsal.spoken import values
from tandem.config.models import Side

_PEOPLE = ("assignee_id", "requester_id", "submitter_id")
_OWN = "custom_field_"


@dataclass
class ZendeskCrew:
    """Implements :class:`rehearsal.crew.Crew`."""

    desk: Desk

    def account(self, alias: str) -> str:
        """Give a person's user id."""
        email = self.desk.house.tenant.people[self.desk.who(alias)].email
        found = self._admin("GET", "/api/v2/users/search.json", params={"query": f"email:{email}"})["users"]
        return str(found[0]["id"])

    def _admin(self, method: str, path: str, **sent: Any) -> Any:
        return self.desk.ask(self.desk.house.tenant.integration, method, path, **sent)

    def _sent(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        sent: dict[str, Any] = {}
        for name, value in fields.items():
            if name.startswith(_OWN):
                sent.setdefault("custom_fields", []).append({"id": int(name.removeprefix(_OWN)), "value": value})
            elif name in _PEOPLE and isinstance(value, str) and not value.isdecimal():
                sent[name] = int(self.account(value))
            else:
                sent[name] = value
        return sent

    def _uploads(self, who: str | None, files: Sequence[Upload]) -> list[str]:
        tokens = []
        for file in files:
            kind = {"Content-Type": "application/binary"}
            body = content(file)
            made = self.desk.ask(
                who, "POST", "/api/v2/uploads.json", params={"filename": file.name}, data=body, headers=kind
            )
            tokens.append(made["upload"]["token"])
        return tokens

    def create(
        self, who: str | None, fields: Mapping[str, Any], html: str | None, internal: bool, files: Sequence[Upload]
    ) -> str:
        ticket = self._sent({name: value for name, value in fields.items() if name != "description"})
        text = str(fields.get("description") or fields.get("subject") or "It does not work")
        said = {"html_body": html} if html is not None else {"body": text}
        ticket["comment"] = {**said, "public": not internal, "uploads": self._uploads(who, files)}
        made = self.desk.ask(who, "POST", "/api/v2/tickets.json", json={"ticket": ticket})
        return str(made["ticket"]["id"])

    def _put(self, who: str | None, ticket: str, changes: Mapping[str, Any]) -> Any:
        return self.desk.ask(who, "PUT", f"/api/v2/tickets/{ticket}.json", json={"ticket": changes})

    def set(self, who: str | None, ticket: str, fields: Mapping[str, Any]) -> None:
        self._put(who, ticket, self._sent(fields))

    def label(self, who: str | None, ticket: str, add: Sequence[str], remove: Sequence[str]) -> None:
        tags = self.desk.ask(who, "GET", f"/api/v2/tickets/{ticket}.json")["ticket"]["tags"]
        self._put(who, ticket, {"tags": [*(tag for tag in tags if tag not in remove), *add]})

    def comment(
        self, who: str | None, ticket: str, text: str | None, body: Any, internal: bool, files: Sequence[Upload]
    ) -> str:
        said = {"html_body": body} if body is not None else {"body": text or ", ".join(file.name for file in files)}
        uploads = self._uploads(who, files)
        self._put(who, ticket, {"comment": {**said, "public": not internal, "uploads": uploads}})
        return str(self._comments(ticket)[-1]["id"])

    def edit_comment(self, who: str | None, ticket: str, comment: str, text: str) -> None:
        raise RefusedError("nobody can edit a comment in Zendesk; write `redact` or `internal`")

    def hide_comment(self, who: str | None, ticket: str, comment: str) -> None:
        self.desk.ask(who, "PUT", f"/api/v2/tickets/{ticket}/comments/{comment}/make_private.json", json={})

    def redact_comment(self, who: str | None, ticket: str, comment: str, text: str) -> None:
        path = f"/api/v2/tickets/{ticket}/comments/{comment}/redact.json"
        self.desk.ask(who, "PUT", path, json={"text": text})

    def delete_comment(self, who: str | None, ticket: str, comment: str) -> None:
        raise RefusedError("nobody can delete a comment in Zendesk; write `redact`")

    def attach(self, who: str | None, ticket: str, files: Sequence[Upload]) -> None:
        self.comment(who, ticket, None, None, False, files)

    def status(self, who: str | None, ticket: str, to: str, way: str | None, fields: Mapping[str, Any]) -> None:
        self._put(who, ticket, {"status": to.lower(), **self._sent(fields)})

    def move(self, who: str | None, ticket: str, project: str, kind: str | None) -> None:
        raise RefusedError("a Zendesk ticket lies in no project")

    def restrict(self, who: str | None, ticket: str, level: str | None) -> None:
        raise RefusedError("a Zendesk ticket has no security level")

    def delete(self, who: str | None, ticket: str) -> None:
        self._admin("DELETE", f"/api/v2/tickets/{ticket}.json")

    def link(self, who: str | None, ticket: str, other: str, kind: str | None) -> None:
        raise RefusedError("Zendesk tickets are not linked; write `set` with problem_id")

    def merge(self, who: str | None, ticket: str, into: str) -> None:
        self.desk.ask(who, "POST", f"/api/v2/tickets/{into}/merge.json", json={"ids": [int(ticket)]})
        self.desk.house.clock.advance(2)  # it is a background job
        self.desk.house.tracker.rows()

    def follow_up(self, who: str | None, ticket: str, text: str) -> str:
        new = {"via_followup_source_id": int(ticket), "comment": {"body": text}}
        return str(self.desk.ask(who, "POST", "/api/v2/tickets.json", json={"ticket": new})["ticket"]["id"])

    def blind(self, tickets: Sequence[str], projects: Sequence[str]) -> None:
        email = self.desk.house.tenant.people[self.desk.house.tenant.integration].email
        hidden = {email: [int(ticket) for ticket in tickets]} if tickets else {}
        self.desk.house.tracker.change_settings({"hidden": hidden})

    def _comments(self, ticket: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        path: str | None = f"/api/v2/tickets/{ticket}/comments.json?page[size]=100"
        while path:
            page = self.desk.ask(None, "GET", path)
            found += page["comments"]
            path = page["links"]["next"] if page["meta"]["has_more"] else None
        return found

    def see(self, ticket: str) -> Seen | None:
        try:
            shown = self.desk.ask(None, "GET", f"/api/v2/tickets/{ticket}.json")["ticket"]
        except RefusedError:
            return None
        users = {int(self.account(alias)): alias for alias in self.desk.house.tenant.people}
        fields = {name: users.get(shown[name], shown[name]) if name in _PEOPLE else shown[name] for name in shown}
        fields |= {f"{_OWN}{field['id']}": field["value"] for field in shown["custom_fields"]}
        first, *rest = self._comments(ticket)
        fields["description"] = read_html(first["html_body"])
        files = [self._file(file, None) for file in first["attachments"]]
        files += [self._file(file, read_html(one["html_body"])) for one in rest for file in one["attachments"]]
        return Seen(ticket, f"#{ticket}", fields, [_said(one) for one in rest], files)

    def _file(self, file: Mapping[str, Any], on: str | None) -> Stored:
        body = self.desk.download(str(file["content_url"]))
        return Stored(file["file_name"], file["size"], body, on)


def _said(one: Mapping[str, Any]) -> Said:
    names = tuple(file["file_name"] for file in one["attachments"])
    return Said(str(one["id"]), read_html(one["html_body"]), one["public"], names)


# ---- an account for a contract


def settings(side: Side) -> dict[str, Any]:
    """Make an account in which a contract finds all that it speaks of."""
    fields = []
    for rule in side.fields.values():
        number = rule.native.removeprefix("custom_field_")
        if number.isdecimal():
            chosen: Mapping[str, Any] = {"type": "tagger", "options": values(side, rule.native)} if rule.map else {}
            fields.append({"id": int(number), "title": rule.hub, **chosen})
    tags = [one.contains for one in side.scope if one.field == "tags" and one.contains]
    return {"ticket_fields": fields, "tags": tags, "search_lag": 1, "export_lag": 1}
