# SPDX-License-Identifier: Apache-2.0
"""One Redmine, for one offer: what is asked of it, and what was learnt of it. Threads may share an object."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from tandem.connectors.base import Author, Needs
from tandem.connectors.marks import Marker, marker
from tandem.connectors.redmine.scope import Scope
from tandem.connectors.redmine.shape import (
    CUSTOM,
    STANDARD,
    Form,
    Raw,
    author,
    custom,
    guessed,
    moment,
    options,
    raw_value,
    stamp,
)
from tandem.errors import CredentialsError, GoneError
from tandem.http import Http, parsed

PAGE = 100  # a longer page is cut to this without a word
INCLUDED = "journals,attachments"
SAMPLES, QUICK = 3, 0.3  # how often the time is asked for, and within how many seconds an answer is good enough
Filter = tuple[str, str, tuple[str, ...]]  # field, operator, values
_UPDATED = re.compile(r"<updated>([^<]+)</updated>")
_FORBIDDEN = frozenset({403, 404})


class Site:
    """The tracker behind one connector."""

    def __init__(self, http: Http, needs: Needs) -> None:
        self.http, self.needs = http, needs
        self.scope = Scope(needs.scope, self._identifier, _Lazy(self))
        self.fresh: dict[str, Raw] = {}  # issues read with their journals, for the history asked for next
        self.unmarked = ""  # an issue on which Redmine dropped our mark
        self._origins: dict[str, Marker] = {}
        self._people: dict[str, Author] = {}
        self._permissions: dict[str, frozenset[str]] = {}
        self._ahead: float | None = None

    # ---- asking

    def get(self, path: str, **params: Any) -> Any:
        """Read something that must be there.

        Raises:
            GoneError: it is not there, or not for our account.
        """
        answer = self.http.request("GET", path, params=params, endpoint="GET", accept=_FORBIDDEN)
        if answer.status_code in _FORBIDDEN:
            raise GoneError(f"GET {path} answered {answer.status_code}", where=self.http.tenant)
        return parsed(answer)

    def pages(self, path: str, name: str, **params: Any) -> Iterator[Raw]:
        """Read a whole list of things that hardly ever change."""
        offset, total = 0, 1
        while offset < total:
            body = self.get(path, limit=PAGE, offset=offset, **params)
            yield from body[name]
            offset, total = offset + max(len(body[name]), 1), int(body.get("total_count") or 0)

    def listed(self, filters: Sequence[Filter], sort: str, *, narrowed: bool = False) -> list[Raw]:
        """Read the first page of a list of issues, closed ones too; ``narrowed`` by the raw query of the scope.

        A filter that Redmine does not know is passed over without a word: look at what it answers.
        """
        asked: list[tuple[str, str]] = [("set_filter", "1"), ("sort", sort), ("limit", str(PAGE))]
        for name, operator, values in (("status_id", "*", ("",)), *filters):
            asked += [("f[]", name), (f"op[{name}]", operator), *((f"v[{name}][]", value) for value in values)]
        if narrowed and self.needs.query:
            asked += [
                pair for pair in parse_qsl(self.needs.query.lstrip("?"), keep_blank_values=True) if "[" in pair[0]
            ]
        try:
            issues: list[Raw] = self.get("/issues.json", **params_of(asked))["issues"]
        except GoneError:
            what = "Redmine shows our account no list of issues"
            raise CredentialsError(what, where=self.http.tenant) from None
        for issue in issues:
            self.note_origin(issue)
        return issues

    def listed_by_id(self, ids: Sequence[str], *, narrowed: bool = False) -> list[Raw]:
        """Read issues by their ids, without their histories; those that are gone or hidden are left out."""
        return [
            issue
            for start in range(0, len(ids), PAGE)
            for issue in self.listed(
                [("issue_id", "=", (",".join(ids[start : start + PAGE]),))], "id:asc", narrowed=narrowed
            )
        ]

    def issue(self, number: str, include: str = INCLUDED) -> Raw | None:
        """Read one issue, with its journals and files; none where it is gone or hidden."""
        try:
            found: Raw = self.get(f"/issues/{number}.json", include=include)["issue"]
        except GoneError:
            return None
        self.note_origin(found)
        return found

    def is_deleted(self, number: str) -> bool:
        """Tell whether an issue was deleted: Redmine says 404 of one that is not there, 403 of one that it hides.

        A number that was never given is no deleted issue.
        """
        answer = self.http.request("GET", f"/issues/{number}.json", endpoint="GET", accept=_FORBIDDEN)
        if answer.status_code != 404:
            return False
        newest = self.get("/issues.json", status_id="*", sort="id:desc", limit=1)["issues"]
        return any(int(number) < int(issue["id"]) for issue in newest)

    def places(self) -> list[Filter]:
        """All that a search for changes may ask for: an issue that just left by another field must still be seen."""
        named = self.scope.projects
        numbers = [number for name in named if (number := self.project_id(name)) is not None]
        return [("project_id", "=", tuple(numbers or ("0",)))] if named else []

    # ---- time

    def there(self) -> float:
        """What it is at least by Redmine's clock now, in Unix seconds."""
        return self.http.time() + self.ahead

    @property
    def ahead(self) -> float:
        """Redmine's clock minus ours, in seconds, at least.

        It tells its time by the ``Date`` of its answers only where a web server stands before it: without one, an
        empty feed says when it was made. Both have whole seconds, cut.
        """
        if self._ahead is None:
            told: list[float] = []
            for _ in range(SAMPLES):
                before = self.http.time()
                if (at := self._told_time()) is None:
                    break
                after = self.http.time()
                told.append(at - after)
                if after - before < QUICK:
                    break
            self._ahead = max(told, default=self.http.clock_offset - 1)
        return self._ahead

    def _told_time(self) -> float | None:
        asked = {"set_filter": "1", "issue_id": "0"}
        answer = self.http.request("GET", "/issues.atom", params=asked, endpoint="GET", accept={403, 404, 406})
        found = _UPDATED.search(answer.text) if answer.status_code == 200 else None
        return moment(found[1]).timestamp() if found else None

    @property
    def offset(self) -> float:
        """Redmine's clock minus ours, in seconds, as near as can be told."""
        return self.ahead + 0.5

    def at(self, now: datetime) -> datetime:
        """An instant of our clock in Redmine's, never in its future."""
        return now + timedelta(seconds=self.ahead)

    # ---- what was learnt

    def note_origin(self, issue: Raw) -> Marker:
        """Keep with which mark an issue was made: each write of ours says it again.

        Who copies an issue copies its custom fields too, hidden ones as well: only what our account made bears a mark.
        """
        ours = bool(self.mark_field) and author(issue.get("author")).id == self.account_id
        found = marker(raw_value(issue, self.mark_field)) if ours else Marker()
        self._origins[str(issue["id"])] = found
        return found

    def origin(self, number: str) -> str | None:
        """The mark that an issue was made with."""
        if number not in self._origins:
            self.issue(number, include="")
        return self._origins.get(number, Marker()).origin

    @property
    def mark_field(self) -> str:
        """The custom field that holds our marks."""
        return self.needs.options.get("marker", "")

    @cached_property
    def account(self) -> Raw:
        """Our own account, with its roles in each project."""
        found: Raw = self.get("/users/current.json", include="memberships")["user"]
        return found

    @cached_property
    def account_id(self) -> str:
        return str(self.account["id"])

    @property
    def is_admin(self) -> bool:
        return self.account.get("admin") is True

    @cached_property
    def custom_fields(self) -> list[Raw]:
        """All custom fields of issues, which only an administrator is told."""
        try:
            told: list[Raw] = self.get("/custom_fields.json")["custom_fields"]
        except (GoneError, CredentialsError):
            return []
        return [one for one in told if one.get("customized_type", "issue") == "issue"]

    @cached_property
    def sees_issues(self) -> bool:
        """Whether our account may list issues at all."""
        try:
            self.listed([("issue_id", "=", ("0",))], "id:asc")
        except CredentialsError:
            return False
        return True

    @cached_property
    def shown_fields(self) -> Mapping[str, Raw]:
        """Custom fields as the newest issues of each project in the scope show them."""
        found: dict[str, Raw] = {}
        for issue in self.listed(self.places(), "id:desc") if self.sees_issues else ():
            for one in issue.get("custom_fields") or ():
                found.setdefault(CUSTOM + str(one["id"]), one)
        return found

    @cached_property
    def forms(self) -> Mapping[str, Form]:
        """The form of each field that Redmine lets us know of."""
        needed = self.needs.read | self.needs.write | self.scope.fields
        if not any(name.startswith(CUSTOM) for name in needed):
            return STANDARD
        told = {CUSTOM + str(one["id"]): custom(one) for one in self.custom_fields}
        told |= {
            name: Form("set", form.sent, names=self.version_names)
            for name, form in told.items()
            if form.kind == "set" and self._format(name) == "version"
        }
        return {**STANDARD, **({} if told else {n: guessed(one) for n, one in self.shown_fields.items()}), **told}

    def form(self, name: str) -> Form:
        """The form of a field; one that nothing was told of is a text."""
        return self.forms.get(name) or Form("text", name.removeprefix(CUSTOM))

    def _format(self, name: str) -> str:
        return next((str(one["field_format"]) for one in self.custom_fields if CUSTOM + str(one["id"]) == name), "")

    @cached_property
    def version_names(self) -> Mapping[str, str]:
        """The versions of the scope's projects: id → name."""
        return {
            str(one["id"]): str(one["name"])
            for name in self.scope.projects
            if (number := self.project_id(name)) is not None
            for one in self.get(f"/projects/{number}/versions.json").get("versions") or ()
        }

    @cached_property
    def statuses(self) -> list[Raw]:
        """All statuses."""
        told: list[Raw] = self.get("/issue_statuses.json")["issue_statuses"]
        return told

    @cached_property
    def projects(self) -> Mapping[str, Raw]:
        """The projects that our account sees, by id."""
        return {str(one["id"]): one for one in self.pages("/projects.json", "projects", include="trackers")}

    def project_id(self, word: str) -> str | None:
        """Find a project by what people call it: its id, its identifier, or its name."""
        for number, one in self.projects.items():
            if word in (number, one.get("identifier")):
                return number
        return next((n for n, one in self.projects.items() if str(one["name"]).casefold() == word.casefold()), None)

    def _identifier(self, number: str) -> str | None:
        found = self.projects.get(number)
        return str(found["identifier"]) if found else None

    def rights(self, project: str) -> frozenset[str]:
        """What our account may do in a project, by the roles that it has there."""
        if project not in self._permissions:
            roles = [
                str(role["id"])
                for one in self.account.get("memberships") or ()
                if str((one.get("project") or {}).get("id")) == project
                for role in one.get("roles") or ()
            ]
            told = [self.get(f"/roles/{role}.json")["role"].get("permissions") or () for role in dict.fromkeys(roles)]
            self._permissions[project] = frozenset(str(right) for rights in told for right in rights)
        return self._permissions[project]

    def may(self, right: str, project: str) -> bool:
        """Tell whether our account has a right in a project; an administrator has them all."""
        return self.is_admin or right in self.rights(project)

    def person(self, told: Any) -> Author:
        """An account with its address, as far as it is told. Groups and locked accounts have none."""
        found = author(told)
        if not found.id:
            return found
        if found.id not in self._people:
            try:
                user = self.get(f"/users/{found.id}.json")["user"]
                name = found.name or f"{user.get('firstname', '')} {user.get('lastname', '')}".strip()
                self._people[found.id] = Author(found.id, name, user.get("mail") or None)
            except GoneError:
                self._people[found.id] = found
        return self._people[found.id]


class _Lazy(Mapping[str, Mapping[str, str]]):
    """Names of custom fields' options, asked for only where a condition looks at one."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def __getitem__(self, name: str) -> Mapping[str, str]:
        return next((options(one) for one in self._site.custom_fields if CUSTOM + str(one["id"]) == name), {})

    def __iter__(self) -> Iterator[str]:
        return (CUSTOM + str(one["id"]) for one in self._site.custom_fields)

    def __len__(self) -> int:
        return len(self._site.custom_fields)


def params_of(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Write pairs, names of which may come more than once, as the parameters of a request."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def bound(at: datetime) -> Filter:
    """All that changed at an instant or later. Redmine's ``>=`` looks at whole seconds."""
    return "updated_on", ">=", (stamp(at),)
