# SPDX-License-Identifier: Apache-2.0
"""Texts that show files which are not there any more.

Jira leaves a text as it is when people delete a file that it shows, and refuses to take the same text again. So nobody
could change such a text any more, nor take it back. It goes without those files: who deleted them wanted them gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import requests

from tandem.connectors.jira.site import Site
from tandem.errors import GoneError, RefusedError

SHOWN = frozenset({"media", "mediaInline"})
AROUND = frozenset({"mediaSingle", "mediaGroup"})


def write(
    site: Site, method: str, path: str, endpoint: str, issue: str, *, json: Any, **more: Any
) -> requests.Response:
    """Send texts; where Jira refuses them, once more without the files that its issue does not have."""
    try:
        return site.write(method, path, endpoint, issue, json=json, **more)
    except RefusedError:
        lost = _lost(site, issue, {_file(node) for node in files_in(json)})
        if not lost:
            raise
    return site.write(method, path, endpoint, issue, json=without(json, lost), **more)


def files_in(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the nodes that show files, of every text in a value."""
    if isinstance(value, dict):
        if value.get("type") in SHOWN and isinstance(value.get("attrs"), dict):
            yield value
        for part in value.values():
            yield from files_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from files_in(part)


def without(value: Any, lost: Collection[str]) -> Any:
    """Leave out the nodes that show these files (media ids in lower case), and what held nothing else."""
    if isinstance(value, list):
        return [without(part, lost) for part in value if not _is_lost(part, lost)]
    if not isinstance(value, dict):
        return value
    left = {name: without(part, lost) for name, part in value.items()}
    emptied = value.get("content") and not left["content"]
    return {**left, "content": [{"type": "paragraph", "content": []}]} if emptied and _holds_blocks(value) else left


def _is_lost(node: Any, lost: Collection[str]) -> bool:
    if not isinstance(node, dict):
        return False
    if node.get("type") in AROUND:
        files = [part for part in node.get("content") or () if part.get("type") in SHOWN]
        return bool(files) and all(_is_lost(file, lost) for file in files)
    return node.get("type") in SHOWN and _file(node) in lost


def _holds_blocks(node: dict[str, Any]) -> bool:
    return any(part.get("type") in AROUND for part in node["content"])


def _file(node: dict[str, Any]) -> str:
    return str((node.get("attrs") or {}).get("id") or "").lower()


def _lost(site: Site, issue: str, shown: Collection[str]) -> set[str]:
    """Of these files, those that the issue does not have; none where that cannot be told."""
    if not set(shown) - {""}:
        return set()
    try:
        listed = site.get(f"/issue/{issue}", "/issue", fields="attachment")["fields"].get("attachment") or ()
    except GoneError:
        return set()
    there = {site.media.of(site.media.attached(one)) for one in listed}
    return set() if None in there else set(shown) - there - {""}
