# SPDX-License-Identifier: Apache-2.0
"""What the trackers answered, for whoever compares it with the vendors' descriptions: each kind of answer once."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Message

_WORD = re.compile(r"[a-z][a-z_-]{0,23}")
_NUMBERS = re.compile(r"[0-9a-f-]{20,}|[A-Z]+-\d+|\d+")


class Exchanges:
    """Writes answers as JSON lines: ``kind``, ``method``, ``path``, ``status``, ``body`` (none where it is no JSON)."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("a", buffering=1)
        self._known: set[str] = set()

    def hear(self, kind: str, method: str, path: str) -> Callable[[Message], None]:
        """Listen to one answer; what is given takes its ASGI messages."""
        status, is_json, body = 0, False, bytearray()

        def heard(message: Message) -> None:
            nonlocal status, is_json
            if message["type"] == "http.response.start":
                status = message["status"]
                # Zendesk answers to uploads call their JSON plain text.
                kinds = ("json", "text/plain")
                is_json = any(one in Headers(raw=message["headers"]).get("content-type", "") for one in kinds)
                return
            if is_json:
                body.extend(message.get("body", b""))
            if not message.get("more_body"):
                self._write(kind, method, path, status, bytes(body))

        return heard

    def _write(self, kind: str, method: str, path: str, status: int, body: bytes) -> None:
        try:
            content = json.loads(body) if body else None
        except ValueError:
            return  # a fault cut it
        known = f"{kind} {method} {_NUMBERS.sub('#', path)} {status} {_shape(content)}"
        if known not in self._known:
            self._known.add(known)
            line = {"kind": kind, "method": method, "path": path, "status": status, "body": content}
            self._file.write(json.dumps(line) + "\n")


def _shape(value: Any) -> Any:
    """What two answers of the same validity have in common: keys, types, words (of lists, each kind of item once)."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_NUMBERS.sub('#', key)}:{_shape(item)}" for key, item in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[" + "|".join(sorted({_shape(item) for item in value})) + "]"
    return value if isinstance(value, str) and _WORD.fullmatch(value) else type(value).__name__
