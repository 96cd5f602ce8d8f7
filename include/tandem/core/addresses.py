# SPDX-License-Identifier: Apache-2.0
"""No address of the sender's tracker leaves unless it is offered (engine §7)."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from tandem.core.doc import Doc, Node, normalise

WITHHELD = "[address]"
_URL = re.compile(r"(?:https?:)?//[^\s<>\"]+", re.IGNORECASE)
_WORDS = ("text", "name")  # what people read of a node: its words, or what stands for a picture


def withhold(document: Doc, hosts: Collection[str]) -> Doc:
    """Take links to these hosts off their words, and set a note where the words are the address itself.

    Hosts are bare lower-case names; an address with any port or log-in is theirs.
    """
    return normalise(_node(document, frozenset(hosts))) if hosts else document


def withhold_text(text: str, hosts: Collection[str]) -> str:
    """Set a note where a plain text names an address of these hosts, with or without its scheme."""
    if not hosts:
        return text
    named = frozenset(hosts)
    left = _URL.sub(lambda found: WITHHELD if _leads(found[0], named) else found[0], text)
    dotted = frozenset(host for host in named if "." in host)  # any other may be a word
    return _without_scheme(dotted).sub(WITHHELD, left) if dotted else left


def _node(node: Node, hosts: frozenset[str]) -> Node:
    new = dict(node)
    if _leads(node.get("href", ""), hosts):
        del new["href"]
    for key in _WORDS:
        if isinstance(node.get(key), str):
            new[key] = withhold_text(node[key], hosts)
    if "content" in node:
        new["content"] = [_node(part, hosts) for part in node["content"]]
    return new


def _leads(address: str, hosts: frozenset[str]) -> bool:
    """Tell whether an address is one of these hosts, or bears one within it, as those of link scanners do."""
    return _host(address) in hosts or _within(hosts).search(unquote(unquote(address))) is not None


@lru_cache(maxsize=64)
def _within(hosts: frozenset[str]) -> re.Pattern[str]:
    return re.compile(rf"//(?:[^\s/?#]*@)?(?:{_any(hosts)})(?![\w-]|\.\w)", re.IGNORECASE)


@lru_cache(maxsize=64)
def _without_scheme(hosts: frozenset[str]) -> re.Pattern[str]:
    """A host with a port or a path behind it; its name alone leads nowhere."""
    return re.compile(rf"(?<![\w@./-])(?:{_any(hosts)})(?::\d+|(?=/))(?:/[^\s<>\"]*)?", re.IGNORECASE)


def _any(hosts: frozenset[str]) -> str:
    return "|".join(map(re.escape, sorted(hosts)))


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:  # broken brackets of IPv6: no browser finds a host there either
        return ""
