# SPDX-License-Identifier: Apache-2.0
"""Seals what is private in the state database, and makes the marks by which we know our own work.

Two keys: content keys encrypt and are rotated (the first writes, all read); the hash key makes digests and marks and
stays, because what it made stands in the trackers. Nothing here logs or shows a key or a value.
"""

from __future__ import annotations

import binascii
import hmac
import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from typing import NoReturn

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from tandem.core.values import Json, canonical
from tandem.errors import ConfigurationError, Problem, StateError

CONTENT_KEYS, HASH_KEY = "TANDEM_CONTENT_KEYS", "TANDEM_HASH_KEY"
_MARK = re.compile(r"([0-9a-f]{32}):([0-9a-f]{64})")
_MAKE = "Make both with `tandem keys new` and give the same to every process that runs Tandem."


class Vault:
    """The installation's keys at work.

    Raises:
        ConfigurationError: a key is missing or no key.
    """

    __slots__ = ("_all", "_first", "_hash")

    def __init__(self, content_keys: Sequence[str], hash_key: str) -> None:
        problems = [_problem(CONTENT_KEYS, f"Key {place} is no key.") for place in _bad(content_keys)]
        if not content_keys:
            problems.append(_problem(CONTENT_KEYS, "There is no key."))
        if not _is_key(hash_key):
            problems.append(_problem(HASH_KEY, "The hash key is missing or no key."))
        if problems:
            raise ConfigurationError(problems)
        fernets = [Fernet(key) for key in content_keys]
        self._first, self._all, self._hash = fernets[0], MultiFernet(fernets), urlsafe_b64decode(hash_key)

    def seal(self, value: Json) -> str:
        """Encrypt a value under the first content key."""
        # surrogatepass: a tracker's broken text comes back as it came; repairing it is the codecs' work
        return self._first.encrypt(canonical(value).encode("utf-8", "surrogatepass")).decode("ascii")

    def open(self, text: str) -> Json:
        """Decrypt what :meth:`seal` wrote under any of the content keys.

        Raises:
            StateError: no key opens it, or it was tampered with.
        """
        try:
            plain = self._all.decrypt(text)
        except InvalidToken:
            _wrong_key()
        value: Json = json.loads(plain.decode("utf-8", "surrogatepass"))
        return value

    def renewed(self, text: str) -> str | None:
        """Seal a sealed text anew under the first key; ``None`` if it is under it already.

        Raises:
            StateError: no key opens it.
        """
        try:
            self._first.decrypt(text)
            return None
        except InvalidToken:
            pass
        try:
            return self._all.rotate(text).decode("ascii")
        except InvalidToken:
            _wrong_key()

    def digest(self, text: str) -> str:
        """Hash a text under the hash key (HMAC-SHA256, 64 hexadecimal digits)."""
        return hmac.digest(self._hash, text.encode("utf-8", "surrogatepass"), "sha256").hex()

    def mark(self, origin: str, system: str, native: str) -> str:
        """Make the mark that a copy of an origin carries. It tells a stranger nothing of the source."""
        return f"{origin}:{self.source(system, native)}"

    def source(self, system: str, native: str) -> str:
        """The part of a mark that stands for its source."""
        return self.digest(canonical([system, native]))

    def verify(self, mark: str, system: str, native: str) -> bool:
        """Tell whether a mark is one of ours, made for this source."""
        origin = origin_of(mark)
        return origin is not None and hmac.compare_digest(mark, self.mark(origin, system, native))


def origin_of(mark: str | None) -> str | None:
    """Read the origin's id in a mark; ``None`` if the text is no mark."""
    found = _MARK.fullmatch(mark or "")
    return found[1] if found else None


def source_of(mark: str | None) -> str | None:
    """Read the part of a mark that stands for its source; ``None`` if the text is no mark."""
    return (mark or "").partition(":")[2] if origin_of(mark) else None


def keys_from_environment(environment: Mapping[str, str]) -> Vault:
    """Take the keys from ``TANDEM_CONTENT_KEYS`` (comma separated, newest first) and ``TANDEM_HASH_KEY``.

    Raises:
        ConfigurationError: a key is missing or no key.
    """
    given = environment.get(CONTENT_KEYS, "").split(",")
    keys = [key.strip() for key in given if key.strip()]
    return Vault(keys, environment.get(HASH_KEY, "").strip())


def new_keys() -> tuple[str, str]:
    """Make a content key and a hash key, both from the system's source of chance."""
    return Fernet.generate_key().decode("ascii"), Fernet.generate_key().decode("ascii")


def _is_key(text: str) -> bool:
    try:
        return len(urlsafe_b64decode(text.encode("ascii"))) == 32
    except (binascii.Error, UnicodeEncodeError):
        return False


def _bad(keys: Sequence[str]) -> list[int]:
    return [place for place, key in enumerate(keys, start=1) if not _is_key(key)]


def _problem(variable: str, what: str) -> Problem:
    return Problem(code="TDM-301", what=what, fix=_MAKE, where="environment", key=variable)


def _wrong_key() -> NoReturn:
    raise StateError(
        "None of the content keys opens what the state database holds.",
        fix=f"Add the key under which it was written to {CONTENT_KEYS}, behind the newest one.",
        code="TDM-307",
    ) from None
