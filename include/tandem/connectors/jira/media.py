# SPDX-License-Identifier: Apache-2.0
"""By which UUIDs texts name attachments. An attachment keeps its own, so it is asked for once for each new file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tandem.connectors.base import Facts
from tandem.errors import GoneError
from tandem.http import REDIRECTS, Http

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_FACT = "media:"


class Media:
    """The UUIDs of one site's attachments, as far as they are known. Threads may share an object."""

    def __init__(self, http: Http, attachments: str) -> None:
        """``attachments``: the path of their contents."""
        self._http = http
        self._path = attachments
        self._facts: Facts | None = None
        self._found: dict[str, str | None] = {}
        self._made: dict[str, str] = {}  # attachment → when it was attached, as the site writes it

    def remember(self, facts: Facts) -> None:
        """Keep what is found from now on, and take up what was found before."""
        self._facts = facts

    def attached(self, attachment: Mapping[str, Any]) -> str:
        """Note an attachment that the site told of; return its id."""
        number = str(attachment["id"])
        if attachment.get("created"):
            self._made[number] = str(attachment["created"])
        return number

    def of(self, attachment: str) -> str | None:
        """Find the UUID by which texts name an attachment; none if it cannot be found.

        Raises:
            UnavailableError: the site does not answer now.
        """
        if attachment not in self._found:
            kept = self._kept(attachment)
            if kept is None:
                try:
                    kept = self._asked(attachment)
                except GoneError:
                    return None
                self._keep(attachment, kept)
            self._found[attachment] = kept
        return self._found[attachment]

    def _asked(self, attachment: str) -> str | None:
        """The id stands nowhere else than in the address that the content redirects to, which is not followed."""
        answer = self._http.request(
            "GET", f"{self._path}/{attachment}", stream=True, endpoint="/attachment/content", accept=REDIRECTS
        )
        answer.close()
        found = _UUID.search(urlsplit(answer.headers.get("Location", "")).path)
        return found.group().lower() if found else None

    def _kept(self, attachment: str) -> str | None:
        """What is kept of it. It is of another attachment if that was made at another time: of a site set up anew."""
        fact = self._facts.recall(_FACT + attachment) if self._facts is not None else None
        if not isinstance(fact, Mapping) or fact.get("made") != self._made.get(attachment, fact.get("made")):
            return None
        media = fact.get("media")
        return media if isinstance(media, str) else None

    def _keep(self, attachment: str, media: str | None) -> None:
        if self._facts is not None and media is not None and attachment in self._made:
            self._facts.keep(_FACT + attachment, {"media": media, "made": self._made[attachment]})
