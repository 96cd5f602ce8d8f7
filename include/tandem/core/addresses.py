# SPDX-License-Identifier: Apache-2.0
"""No address of the sender's tracker leaves unless it is offered (engine §7)."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from tandem.core.doc import Doc, Node, normalise

WITHHELD = "[address]"
_URL = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)


def withhold(document: Doc, hosts: Collection[str]) -> Doc:
    """Take links to these hosts off their words, and set a note where the words are the address itself.

    Hosts are bare lower-case names; an address with any port or log-in is theirs.
    """
    return normalise(_node(document, frozenset(hosts))) if hosts else document


def withhold_text(text: str, hosts: Collection[str]) -> str:
    """Set a note where a plain text names an address of these hosts."""
    return _URL.sub(lambda found: WITHHELD if _host(found[0]) in hosts else found[0], text) if hosts else text


def _node(node: Node, hosts: frozenset[str]) -> Node:
    new = dict(node)
    if _host(node.get("href", "")) in hosts:
        del new["href"]
    if isinstance(node.get("text"), str):
        new["text"] = withhold_text(node["text"], hosts)
    if "content" in node:
        new["content"] = [_node(part, hosts) for part in node["content"]]
    return new


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:  # broken brackets of IPv6: no browser finds a host there either
        return ""
