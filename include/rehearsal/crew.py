# SPDX-License-Identifier: Apache-2.0
"""People at one tracker: what they do through its API, and what they see of a ticket."""

from __future__ import annotations

import random
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import requests

from rehearsal.acts import Upload
from sandbox.control import House

MADE_UP = 1000
"""Bytes of a file whose size nobody says."""


class RefusedError(Exception):
    """The tracker refused what the scenario has somebody do."""


@dataclass(frozen=True)
class Said:
    """A comment, or with ``first`` the text of a ticket's opening, as a person reads it."""

    id: str
    text: str
    public: bool
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stored:
    """A file at a ticket. ``on`` is the text that it hangs on; None: on no comment."""

    name: str
    size: int
    content: bytes
    on: str | None = None


@dataclass(frozen=True)
class Seen:
    """A ticket as its tracker shows it now: choices by name, people by alias, sets as lists, rich texts as read."""

    id: str
    key: str
    fields: Mapping[str, Any]
    comments: Sequence[Said]
    files: Sequence[Stored]


def content(file: Upload) -> bytes:
    """The bytes of a scenario's file."""
    if file.text is not None:
        return file.text.encode()
    size = file.size if file.size is not None else MADE_UP
    return random.Random(zlib.crc32((file.like or file.name).encode())).randbytes(size)


@dataclass
class Desk:
    """Sessions of one tracker's people. ``address`` is what a connection's host would be."""

    house: House
    address: str
    sessions: dict[str, requests.Session] = field(default_factory=dict)

    def who(self, alias: str | None) -> str:
        """An alias that is known here. Raises: RefusedError."""
        people = self.house.tenant.people
        if alias is not None and alias not in people:
            raise RefusedError(f"there is no {alias} at {self.house.tenant.name}; there are {', '.join(people)}")
        others = [name for name in people if name != self.house.tenant.integration]
        return alias or others[0]

    def ask(self, who: str | None, method: str, path: str, **sent: Any) -> Any:
        """Call the tracker as a person, and read the JSON that it answers. Raises: RefusedError."""
        answer = self._answer(who, method, path, **sent)
        return answer.json() if answer.content else None

    def download(self, url: str) -> bytes:
        """Read a file as somebody who sees it. Raises: RefusedError."""
        return self._answer(None, "GET", url).content

    def _answer(self, who: str | None, method: str, path: str, **sent: Any) -> requests.Response:
        alias = self.who(who)
        person = self.house.tenant.people[alias]
        session = self.sessions.setdefault(alias, requests.Session())
        session.auth = (person.email, person.password)
        answer = session.request(method, path if "://" in path else self.address + path, timeout=60, **sent)
        if not answer.ok:
            raise RefusedError(f"{method} {path} as {alias}: {answer.status_code} {answer.text[:300]}")
        return answer


class Crew(Protocol):
    """What people do at a tracker of one kind. Each act gives the id of what was made, where something was."""

    desk: Desk

    def account(self, alias: str) -> str: ...
    def create(
        self,
        who: str | None,
        fields: Mapping[str, Any],
        html: str | None,
        internal: bool,
        files: Sequence[Upload],
    ) -> str: ...
    def set(self, who: str | None, ticket: str, fields: Mapping[str, Any]) -> None: ...
    def label(self, who: str | None, ticket: str, add: Sequence[str], remove: Sequence[str]) -> None: ...
    def comment(
        self, who: str | None, ticket: str, text: str | None, body: Any, internal: bool, files: Sequence[Upload]
    ) -> str: ...
    def edit_comment(self, who: str | None, ticket: str, comment: str, text: str) -> None: ...
    def hide_comment(self, who: str | None, ticket: str, comment: str) -> None: ...
    def redact_comment(self, who: str | None, ticket: str, comment: str, text: str) -> None: ...
    def delete_comment(self, who: str | None, ticket: str, comment: str) -> None: ...
    def attach(self, who: str | None, ticket: str, files: Sequence[Upload]) -> None: ...
    def status(self, who: str | None, ticket: str, to: str, way: str | None, fields: Mapping[str, Any]) -> None: ...
    def move(self, who: str | None, ticket: str, project: str, kind: str | None) -> None: ...
    def restrict(self, who: str | None, ticket: str, level: str | None) -> None: ...
    def delete(self, who: str | None, ticket: str) -> None: ...
    def link(self, who: str | None, ticket: str, other: str, kind: str | None) -> None: ...
    def merge(self, who: str | None, ticket: str, into: str) -> None: ...
    def follow_up(self, who: str | None, ticket: str, text: str) -> str: ...
    def blind(self, tickets: Sequence[str], projects: Sequence[str]) -> None: ...
    def see(self, ticket: str) -> Seen | None: ...
