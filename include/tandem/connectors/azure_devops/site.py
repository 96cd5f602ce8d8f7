# SPDX-License-Identifier: Apache-2.0
"""One organisation of Azure DevOps for one offer: what is asked of it, and what was learnt of it.

A token that is not accepted is answered with a page to log in at (203, or a redirect) unless one asks for plain words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from difflib import get_close_matches
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

import requests

from tandem.connectors.azure_devops.shape import (
    CREATED,
    CREATED_BY,
    DESCRIPTION,
    NOBODY,
    PROJECT,
    REPRO,
    STATE,
    TEXT,
    TEXT_FIELD,
    TYPE,
    Field,
    Raw,
    author,
    batches,
    field,
)
from tandem.connectors.base import Author, Needs
from tandem.connectors.learnt import NOTHING_LEARNT, to_keep
from tandem.connectors.marks import Marker, marker
from tandem.core.values import Json, utc_text
from tandem.errors import CredentialsError, GoneError, ItemError, Problem, RefusedError
from tandem.http import REDIRECTS, Http, parsed

API = "7.1"
PREVIEWS: Mapping[str, str] = {
    "comments": "7.1-preview.4",
    "connectionData": "7.1-preview.1",
    "members": "7.1-preview.2",
    "teams": "7.1-preview.3",
}
FETCH = 200  # items in one call; more are refused
LISTED = 19_999  # ids that a query may give; more are an error
ALWAYS = frozenset({PROJECT, TYPE, STATE, CREATED, CREATED_BY, "System.ChangedDate"})
PLAINLY: Mapping[str, str] = {"X-TFS-FedAuthRedirect": "Suppress"}  # who is not known is to be told so
PATCH = "application/json-patch+json"
_LARGEST_ID = 2**31 - 1
_FILE = re.compile(r"(?:/[^/]+){0,2}/_apis/wit/attachments/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _alike(steps: Sequence[str]) -> list[str]:
    return [unquote(step).casefold() for step in steps]


class Site:
    """What all parts of the connector share. Threads may share an object."""

    def __init__(self, http: Http, needs: Needs) -> None:
        self.http = http
        self.needs = needs
        self.fresh: dict[str, Raw] = {}
        """Items read with their relations, for the history that is asked for next."""
        self._origins: dict[str, str | None] = {}
        self._types: dict[str, tuple[str, str]] = {}
        self._workflows: dict[str, Mapping[str, Raw]] = {}
        self._sizes: dict[str, int] = {}
        self.recalled: Mapping[str, Any] = NOTHING_LEARNT

    @property
    def former_hosts(self) -> frozenset[str]:
        """The name that the organisation had before there was ``dev.azure.com``: it leads there to this day."""
        name = urlsplit(self.http.base_url).path.strip("/").lower()
        return frozenset({f"{name}.visualstudio.com"}) if name and "/" not in name else frozenset()

    def organisation_elsewhere(self) -> str | None:
        """The organisation's own address where ours goes on behind it, as one from the browser does (with a project).

        What is asked of the organisation is then asked of that project alone, and much is answered all the same.
        """
        ours = urlsplit(self.http.base_url)
        steps = ours.path.strip("/").split("/")
        if len(steps) == 1 and not (steps[0] and (ours.hostname or "").endswith(".visualstudio.com")):
            return None  # nothing is behind the organisation's name
        told = urlsplit(str(self.get("/_apis/wit/fields/System.Id").get("url", "")))
        root = told.path.partition("/_apis/")[0].strip("/").split("/")
        known = [step for step in root if step and not _ID.fullmatch(step)]  # of a project, the id is told
        before = steps[: len(known)]
        if told.hostname != ours.hostname or len(known) == len(steps) or _alike(known) != _alike(before):
            return None  # a collection in a folder, or an address that a proxy changed
        return f"{ours.scheme}://{'/'.join([ours.netloc, *before])}"

    # ---- asking

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        data: Any = None,
        kind: str = "",
        accept: Collection[int] = (),
        reads: bool | None = None,
        ticket: str | None = None,
        version: str = API,
    ) -> requests.Response:
        """Send a request; ``kind`` is the body's media type where it is not plain JSON.

        Raises:
            CredentialsError: the answer is the page to log in at.
        """
        sent = {**PLAINLY, **({"Content-Type": kind} if kind else {})}
        response = self.http.request(
            method,
            path,
            params={**(params or {}), "api-version": version},
            json=body if not kind else None,
            data=json.dumps(body).encode() if kind and data is None else data,
            headers=sent,
            accept={*REDIRECTS, *accept},
            idempotent=reads,
            ticket=ticket,
        )
        if response.status_code == 203 or response.status_code in REDIRECTS:
            response.close()
            what = f"{method} {path} was answered with the page to log in at"
            fix = "Set the password to a personal access token of this organisation that has not expired."
            raise CredentialsError(what, where=self.http.tenant, fix=fix)
        return response

    def get(self, path: str, **params: Any) -> Any:
        """Read something that must be there.

        Raises:
            GoneError: it is not there, or not for our account.
        """
        name = path.rpartition("/")[2]
        return parsed(self.ask("GET", path, params=params, version=PREVIEWS.get(name, API)))

    def within(self, project: str, path: str) -> str:
        """The address of something within a project; of the organisation without one."""
        return f"/{quote(project, safe='')}/_apis/{path}" if project else f"/_apis/{path}"

    # ---- items

    def items(
        self,
        ids: Collection[str],
        fields: Collection[str] = (),
        *,
        relations: bool = False,
        as_of: datetime | None = None,
    ) -> dict[str, Raw]:
        """Read items by id; those that are gone or hidden are left out.

        ``relations`` asks for whole items, for fields and relations exclude each other: let go of what is not offered.
        """
        numbers = [id_ for id_ in dict.fromkeys(ids) if id_.isascii() and id_.isdigit() and int(id_) <= _LARGEST_ID]
        found: dict[str, Raw] = {}
        for some in batches(numbers, FETCH):
            body: dict[str, Any] = {"ids": [int(id_) for id_ in some], "errorPolicy": "omit"}
            body |= {"$expand": "relations"} if relations else {"fields": self.stored({*fields, *ALWAYS})}
            if as_of is not None:
                body["asOf"] = utc_text(as_of)
            answer = self.ask("POST", "/_apis/wit/workitemsbatch", body=body, reads=True, accept=(404,))
            for item in parsed(answer).get("value") or () if answer.status_code == 200 else ():
                if item:  # what is omitted may stand as null
                    found[str(item["id"])] = item
                    self.note(item)
        return {id_: found[id_] for id_ in numbers if id_ in found}

    def stored(self, fields: Collection[str]) -> list[str]:
        """The fields to ask for, our own among them."""
        named = {*fields, *self.marking}
        return sorted(named - {TEXT} | ({DESCRIPTION, REPRO} & self.fields.keys() if TEXT in named else set()))

    def note(self, item: Raw) -> None:
        """Keep what each later write must know of an item: the mark that it was made with, its project and type."""
        id_, fields = str(item["id"]), item.get("fields") or {}
        if self.mark_field:
            self._origins[id_] = self.origin(item)
        if fields.get(TYPE):
            self._types[id_] = (str(fields.get(PROJECT) or ""), str(fields[TYPE]))

    def origin(self, item: Raw) -> str | None:
        """The mark that an item was made with.

        Who copies an item copies its custom fields too: only what our account made bears a mark.
        """
        fields = item.get("fields") or {}
        found = marker(fields.get(self.mark_field)).origin if self.mark_field else None
        return found if found is not None and author(fields.get(CREATED_BY)).id == self.account.id else None

    def marked(self, id_: str, write: str, comment: str | None = None) -> str:
        """What our field is to say of a write to an item: the mark that it was made with stays.

        Raises:
            GoneError: the item is not there.
        """
        return str(Marker(self._origins[self._read(id_)], write, comment))

    def kind_of(self, id_: str) -> tuple[str, str]:
        """An item's project and type.

        Raises:
            GoneError: the item is not there.
        """
        return self._types[self._read(id_)]

    def _read(self, id_: str) -> str:
        if id_ not in self._types or id_ not in self._origins:
            if not self.items([id_]):
                raise GoneError(f"ticket {id_}: it is not there, or hidden from our account", where=self.http.tenant)
            self._origins.setdefault(id_, None)
        return id_

    def query(self, where: str) -> Iterator[list[str]]:
        """List the ids of items by a condition in WIQL, in their order."""
        last = 0
        while True:
            wiql = f"SELECT [System.Id] FROM WorkItems WHERE [System.Id] > {last}"
            wiql += f" AND ({where})" if where else ""
            ids = self._found(f"{wiql} ORDER BY [System.Id]", LISTED)
            if ids:
                yield ids
            if len(ids) < LISTED:
                return
            last = max(map(int, ids))

    def newest(self, where: str) -> list[str]:
        """The ids of the newest items of which a condition holds, as many as one call reads."""
        condition = f" WHERE {where}" if where else ""
        return self._found(f"SELECT [System.Id] FROM WorkItems{condition} ORDER BY [System.Id] DESC", FETCH)

    def _found(self, wiql: str, most: int) -> list[str]:
        params = {"$top": str(most), "timePrecision": "true"}
        answer = self.ask("POST", "/_apis/wit/wiql", params=params, body={"query": wiql}, reads=True)
        return [str(one["id"]) for one in parsed(answer).get("workItems") or ()]

    # ---- files

    def file_at(self, address: str) -> str | None:
        """The id of the file of this organisation that an address leads to; none for any other address."""
        try:
            home, there = urlsplit(self.http.base_url), urlsplit(urljoin(f"{self.http.base_url}/", address))
            at, port = (there.hostname or "").lower(), there.port
            ours = (at, port) == ((home.hostname or "").lower(), home.port)
        except ValueError:  # no address at all
            return None
        begins = home.path.rstrip("/").lower() if ours else ""
        path = there.path.lower()
        if not (ours or at in self.former_hosts) or not path.startswith(f"{begins}/"):
            return None
        found = _FILE.fullmatch(path.removeprefix(begins))
        return found[1] if found else None

    def file_path(self, project: str, file: str) -> str:
        """Where a file is read, below the address of the organisation."""
        return self.within(project, f"wit/attachments/{file}").lstrip("/")

    def size_of(self, project: str, file: str) -> int | None:
        """How many bytes a file has that hangs on no item; none if it is not there, or not for our account."""
        if file not in self._sizes:
            try:
                self._sizes[file] = self.http.size_of(self.file_path(project, file))
            except (GoneError, RefusedError):
                return None
            except CredentialsError:
                self.get("/_apis/connectionData")  # raises if it is the log-in that is wrong
                return None
        return self._sizes[file]

    # ---- what was learnt

    def learnt(self) -> Mapping[str, Json]:
        """What those who come later need not ask. States and steps are not among it: a move is tried by what is now."""
        fields = [asdict(one) for one in self.fields.values()]
        return to_keep(self.http, {"account": asdict(self.account), "fields": fields})

    @property
    def mark_field(self) -> str:
        """The custom field that holds our marks."""
        return self.needs.options.get("marker", "")

    @property
    def marking(self) -> frozenset[str]:
        return frozenset({self.mark_field} - {""})

    @cached_property
    def account(self) -> Author:
        """Our own account."""
        if "account" in self.recalled:
            return Author(**self.recalled["account"])
        told = self.get("/_apis/connectionData").get("authenticatedUser") or {}
        properties = told.get("properties") or {}
        unique = (properties.get("Account") or {}).get("$value") if isinstance(properties, Mapping) else None
        if not (unique or told.get("providerDisplayName")):
            return NOBODY
        return author({"uniqueName": unique, "displayName": told.get("providerDisplayName"), "id": told.get("id")})

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """The organisation's dictionary."""
        if "fields" in self.recalled:
            return {one["name"]: Field(**one) for one in self.recalled["fields"]}
        told = self.get("/_apis/wit/fields")["value"]
        return {TEXT: TEXT_FIELD, **{one["referenceName"]: field(one) for one in told}}

    @cached_property
    def projects(self) -> tuple[str, ...]:
        """The projects that the scope names; none means all."""
        named: list[str] = []
        for condition in self.needs.scope:
            if condition.field == PROJECT:
                listed = condition.is_ if isinstance(condition.is_, list) else [condition.is_]
                named += [str(word) for word in (*listed, *condition.in_) if word is not None]
        return tuple(dict.fromkeys(named))

    def lost(self, project: str) -> Problem:
        """What is to be told of a project that is not there for us."""
        what = f'there is no project "{project}", or our account may not see it'
        fix = "Write the project's name, or give the integration account access to it."
        try:
            seen = [str(one["name"]) for one in self.get("/_apis/projects")["value"]]
        except (CredentialsError, ItemError):
            seen = []
        near = get_close_matches(project, seen, 1)
        fix = f'Did you mean "{near[0]}"? {fix}' if near else fix
        return Problem("TDM-221", what, fix, where=self.http.tenant, key=PROJECT)

    @property
    def project(self) -> str:
        """The one project that the scope names; empty where it names none or several."""
        return self.projects[0] if len(self.projects) == 1 else ""

    def types(self, project: str) -> Mapping[str, Raw]:
        """The work item types of a project, with their states and the steps between them."""
        if project not in self._workflows:
            listed = self.get(self.within(project, "wit/workitemtypes"))["value"]
            self._workflows[project] = {str(one["name"]): one for one in listed if not one.get("isDisabled")}
        return self._workflows[project]

    def texts(self) -> Sequence[str]:
        """Fields of long text: what may name a file."""
        return sorted(name for name, one in self.fields.items() if one.kind == "rich" and name != TEXT)
