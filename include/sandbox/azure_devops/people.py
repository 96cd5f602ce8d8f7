# SPDX-License-Identifier: Apache-2.0
"""Who works in an organization, and the forms in which answers name them."""

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from sandbox.world import Person

_SPACE = UUID("0d2d5a4f-6f5e-4f0e-9b1c-6f6d2f5a9c11")


def made_id(*parts: str) -> str:
    """An id that is the same whenever the sandbox starts."""
    return str(uuid5(_SPACE, "/".join(parts)))


@dataclass(frozen=True)
class Identity:
    """Someone who can be named in a field."""

    id: str
    name: str
    mail: str
    alias: str
    person: Person = field(repr=False)

    @property
    def admin(self) -> bool:
        return self.person.role == "admin"

    @property
    def text(self) -> str:
        """The form of old versions, of the recycle bin and of reporting."""
        return f"{self.name} <{self.mail}>"

    def shown(self, base: str) -> dict[str, Any]:
        """The form since version 5.0; `base` is the organization's address."""
        descriptor = "aad." + base64.b64encode(self.id.encode()).decode().rstrip("=")
        avatar = f"{base}/_apis/GraphProfile/MemberAvatars/{descriptor}"
        return {
            "displayName": self.name,
            "url": f"{base}/_apis/Identities/{self.id}",
            "_links": {"avatar": {"href": avatar}},
            "id": self.id,
            "uniqueName": self.mail,
            "imageUrl": avatar,
            "descriptor": descriptor,
        }

    def reference(self) -> dict[str, Any]:
        """The form of reporting with `includeIdentityRef`."""
        return {"id": self.id, "uniqueName": self.text}


class People:
    """All accounts of an organization."""

    def __init__(self, people: Mapping[str, Person]) -> None:
        """Raises: ValueError: two accounts have one secret, so that nobody could tell them apart."""
        self.all = [
            Identity(made_id("person", one.email), one.name, one.email, alias, one) for alias, one in people.items()
        ]
        self._by_secret: dict[str, Identity] = {}
        for one in self.all:
            for secret in {one.person.token, one.person.password} - {None}:
                if self._by_secret.setdefault(str(secret), one) is not one:
                    raise ValueError(f"two people of one organization have the secret of {one.alias!r}")

    def __getitem__(self, alias: str) -> Identity:
        return next(one for one in self.all if one.alias == alias)

    def of(self, person: Person) -> Identity:
        return next(one for one in self.all if one.person == person)

    def authenticated(self, headers: Mapping[str, str]) -> Identity | None:
        """Whose personal access token it is. The user name beside it means nothing, so a password is one more token."""
        scheme, _, word = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                word = base64.b64decode(word, validate=True).decode().partition(":")[2]
            except ValueError:
                return None
        elif scheme.lower() != "bearer":
            return None
        found = self._by_secret.get(word)
        return found if found and found.person.active else None

    def named(self, value: Any) -> Identity | None:
        """Who is meant: by an address, by `Name <address>`, by a name that only one has, or by an object."""
        if isinstance(value, Mapping):
            for key in ("descriptor", "id", "uniqueName", "displayName"):
                if value.get(key):
                    text = str(value[key])
                    by_descriptor = (one for one in self.all if one.shown("")["descriptor"] == text)
                    return next(by_descriptor, None) or self.named(text)
            return None
        text = str(value).strip()
        bracketed = re.fullmatch(r".*<([^<>]+)>", text)
        wanted = (bracketed[1] if bracketed else text).strip().lower()
        found = [one for one in self.all if wanted in (one.mail.lower(), one.id)]
        return _only(found) or _only(one for one in self.all if one.name.lower() == wanted)


def _only(found: Iterable[Identity]) -> Identity | None:
    several = list(found)
    return several[0] if len(several) == 1 else None
