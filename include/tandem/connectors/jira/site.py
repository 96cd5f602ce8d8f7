# SPDX-License-Identifier: Apache-2.0
"""One Jira site's REST API, version 3, as far as the connector uses it: its calls, pages and caps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import quote

import requests

from tandem.connectors.base import Author, Needs
from tandem.connectors.jira.media import Media
from tandem.connectors.jira.scope import Scope
from tandem.connectors.jira.shape import SYSTEM, Form, author, form
from tandem.connectors.learnt import NOTHING_LEARNT, to_keep
from tandem.core.values import Json
from tandem.errors import ConfigurationError, GoneError, Problem, RefusedError
from tandem.http import Http, parsed

API = "/rest/api/3"
FETCH = 100  # issues in one call of issue/bulkfetch
HISTORIES = 1000  # issues in one call of changelog/bulkfetch
HISTORY_FIELDS = 10  # fields by which it filters
COMMENTS = 1000  # ids in one call of comment/list
RECONCILED = 50  # ids that a search makes up its mind about
SEARCH_LONGEST = 5000  # issues on one page of a search that asks for little

T = TypeVar("T")
Issue = Mapping[str, Any]


class Site:
    """A site as our account sees it, for one offer. What is asked once (account, fields, media) is remembered."""

    def __init__(self, http: Http, needs: Needs) -> None:
        self.http = http
        self.needs = needs
        self.scope = Scope(needs.scope, needs.query)
        self.fresh: dict[str, tuple[Issue, str]] = {}  # read for the histories that are asked for next, as judged
        self.media = Media(http, f"{API}/attachment/content")
        self._types: dict[str, str] = {}  # of projects
        self.recalled: Mapping[str, Any] = NOTHING_LEARNT

    # ---- reading

    def get(self, path: str, endpoint: str = "", **params: Any) -> Any:
        """Read one resource."""
        return parsed(self.http.request("GET", API + path, params=params or None, endpoint=endpoint or path))

    def ask(self, path: str, body: Mapping[str, Any], **params: Any) -> Any:
        """Read by a POST, which may be repeated like any read."""
        answer = self.http.request(
            "POST", API + path, json=body, params=params or None, endpoint=f"POST {path}", idempotent=True
        )
        return parsed(answer)

    def search(
        self, jql: str, fields: Sequence[str], size: int, reconcile: Sequence[str] = ()
    ) -> Iterator[list[Issue]]:
        """Yield a search's pages; there is at least one. Search lags behind writes by seconds to minutes.

        Raises:
            ConfigurationError: Jira does not understand the query (or knows no such value in it).
        """
        token = None
        while True:
            body: dict[str, Any] = {"jql": jql, "fields": list(fields), "maxResults": size}
            body |= {"nextPageToken": token} if token else {}
            body |= {"reconcileIssues": [int(issue) for issue in reconcile]} if reconcile else {}
            try:
                answer = self.ask("/search/jql", body)
            except RefusedError:
                answer = None
            if answer is None:
                raise ConfigurationError([_bad_query(self.http.tenant)], where=self.http.tenant)
            yield answer.get("issues") or []
            token = answer.get("nextPageToken")
            if not token or answer.get("isLast"):
                return

    def search_scope(self, jql: Callable[[Scope], str], fields: Sequence[str], size: int) -> Iterator[list[Issue]]:
        """Search by the scope. JQL fails on a project that our account may not see (any more): such are left out.

        So what the other projects hold flows on, and what nobody can see now is found missing by its id.
        """
        pages = self.search(jql(self.scope), fields, size)
        try:
            first = next(pages)
        except ConfigurationError:
            seen = [key for key in self.scope.projects if self.project(key) is not None]
            if len(seen) == len(self.scope.projects):
                raise
            pages = self.search(jql(self.scope.within(seen)), fields, size) if seen else iter(())
            first = next(pages, [])
        yield first
        yield from pages

    def project(self, key: str) -> Mapping[str, Any] | None:
        """Read a project; none if there is none or our account may not see it."""
        try:
            found: Mapping[str, Any] = self.get(f"/project/{quote(key, safe='')}", "/project")
        except GoneError:
            return None
        return found

    def type_of_project(self, key: str) -> str:
        """Tell what kind of project this is; empty where our account cannot know."""
        if key not in self._types:
            found = self.project(key) if key else None
            self._types[key] = str((found or {}).get("projectTypeKey") or "")
        return self._types[key]

    def issues(self, ids: Sequence[str], fields: Sequence[str], *, marked: bool = False) -> list[Issue]:
        """Read issues by id or key, strongly consistent; those that are gone or unseen are left out."""
        chunks = batches(ids, FETCH)
        return [issue for issues in self.http.map(lambda c: self._bulk(c, fields, marked), chunks) for issue in issues]

    def _bulk(self, ids: Sequence[str], fields: Sequence[str], marked: bool) -> list[Issue]:
        body = {"issueIdsOrKeys": list(ids), "fields": list(fields), "properties": ["tandem"] if marked else []}
        answer = self.ask("/issue/bulkfetch", body)
        # What was not found is not told. What is told is a "retriable error or payload constraint": ask one by one.
        failed = [str(error["id"]) for error in answer.get("issueErrors") or ()]
        singly = self.http.map(lambda issue: self._single(issue, fields, marked), failed)
        return [*(answer.get("issues") or ()), *(issue for issue in singly if issue is not None)]

    def _single(self, issue: str, fields: Sequence[str], marked: bool) -> Issue | None:
        properties = {"properties": "tandem"} if marked else {}
        try:
            found: Issue = self.get(f"/issue/{issue}", "/issue", fields=",".join(fields), **properties)
        except GoneError:
            return None
        return found

    def matching(self, ids: Sequence[str]) -> set[str]:
        """Tell which of these issues the offer's raw query finds, as freshly as a search can say."""
        found: set[str] = set()
        for chunk in batches(sorted(set(ids)), RECONCILED):
            jql = f"({self.scope.query}) AND id in ({', '.join(chunk)})"
            for page in self.search(jql, ["id"], FETCH, reconcile=chunk):
                found.update(str(issue["id"]) for issue in page)
        return found & set(ids)

    def has_file(self, attachment: str) -> bool:
        """Tell whether an attachment is there and may be seen."""
        try:
            self.get(f"/attachment/{attachment}", "/attachment")
        except GoneError:
            return False
        return True

    @cached_property
    def account(self) -> Author:
        """Our own account."""
        if "account" in self.recalled:
            return Author(**self.recalled["account"])
        return author(self.get("/myself"))

    @cached_property
    def dictionary(self) -> list[Mapping[str, Any]]:
        """All fields of the site."""
        listed: list[Mapping[str, Any]] = self.get("/field")
        return listed

    @cached_property
    def forms(self) -> Mapping[str, Form]:
        """The form of each field; the site's dictionary is asked only where custom fields are needed."""
        needed = self.needs.read | self.needs.write | self.scope.fields
        if not any(name.startswith("customfield_") for name in needed):
            return SYSTEM
        return self.all_forms

    @cached_property
    def all_forms(self) -> Mapping[str, Form]:
        """The form of each field that the site has."""
        if "forms" in self.recalled:
            return {name: Form(**one) for name, one in self.recalled["forms"].items()}
        return {str(field["id"]): form(field.get("schema") or {}) for field in self.dictionary} | dict(SYSTEM)

    def learnt(self) -> Mapping[str, Json]:
        """What those who come later need not ask."""
        forms = {name: asdict(one) for name, one in self.all_forms.items()}
        return to_keep(self.http, {"account": asdict(self.account), "forms": forms})

    def has_internal_comments(self, issue: str) -> bool:
        """Tell whether an issue lies in a service project: only there a comment can be internal."""
        project = self.get(f"/issue/{issue}", "/issue", fields="project")["fields"]["project"]
        return bool(project.get("projectTypeKey") == "service_desk")

    # ---- writing

    def write(
        self, method: str, path: str, endpoint: str, ticket: str | None, *, accept: int = 403, **sent: Any
    ) -> requests.Response:
        """Send one write and return its answer: a 2xx, or the status that is accepted.

        Raises:
            RefusedError: also for a right that we lack on this one ticket (403): others may still be written.
        """
        answer = self.http.request(
            method, API + path, endpoint=f"{method} {endpoint}", ticket=ticket, accept={403, accept}, **sent
        )
        if answer.status_code == 403:
            raise RefusedError(
                f"{method} {endpoint} answered 403",
                where=self.http.tenant,
                fix="Give the integration account the right to do this in the ticket's project.",
            )
        return answer


def batches(items: Sequence[T], size: int) -> list[Sequence[T]]:
    """Cut a sequence into pieces of at most ``size``."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def _bad_query(tenant: str) -> Problem:
    return Problem(
        "TDM-301",
        "Jira does not understand the query made from the scope",
        "Correct the values and the raw query of the scope; `tandem check` names those that Jira does not know.",
        where=tenant,
    )
