# SPDX-License-Identifier: Apache-2.0
"""Comments of ours that are written anew: edited in place, or taken back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tandem.connectors.base import Edit, Outcome, Redaction
from tandem.connectors.jira import lost_files
from tandem.connectors.jira.lost_files import AROUND, SHOWN
from tandem.connectors.jira.shape import EDIT, TEXT_LONGEST
from tandem.connectors.jira.site import Site
from tandem.core.values import Json
from tandem.errors import TooLargeError
from tandem.http import parsed
from tandem.markup import Adf


def edit(site: Site, change: Edit) -> Outcome:
    """Replace a comment's text. Files that it shows stay shown: Jira deletes one that no text shows any more.

    Raises:
        TooLargeError: it is longer than Jira takes, as our codec measures it.
    """
    if Adf().length(change.body) > TEXT_LONGEST:
        raise TooLargeError(f"a comment is longer than {TEXT_LONGEST} characters", where=site.http.tenant)
    present = site.get(f"/issue/{change.id}/comment/{change.comment}", "/issue/comment").get("body")
    return _put(site, change, _with_shown(change.body, present))


def redact(site: Site, change: Redaction) -> Outcome:
    """Put a line in the place of a comment's text. A comment of Jira's has no past that could be read."""
    for file in change.files:
        site.write("DELETE", f"/attachment/{file}", "/attachment", change.id, accept=404)
    return Outcome() if change.comment is None else _put(site, change, change.body)


def _put(site: Site, change: Edit | Redaction, body: Json) -> Outcome:
    path = f"/issue/{change.id}/comment/{change.comment}"
    sent: dict[str, Any] = {"body": body, "properties": [{"key": EDIT, "value": {"mark": change.mark}}]}
    made = parsed(lost_files.write(site, "PUT", path, "/issue/comment", change.id, json=sent))
    return Outcome(id=str(made["id"]))


def _with_shown(body: Any, present: Any) -> Any:
    """Append to a text the nodes of the present one that show files."""
    kept = list(_showing(present))
    return {**body, "content": [*body["content"], *kept]} if kept else body


def _showing(node: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(node, Mapping):
        return
    if node.get("type") in AROUND:
        yield dict(node)
    elif node.get("type") in SHOWN:
        yield {"type": "mediaGroup", "content": [{**node, "type": "media"}]}
    else:
        for part in node.get("content") or ():
            yield from _showing(part)
