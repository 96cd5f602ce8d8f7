# SPDX-License-Identifier: Apache-2.0
"""Headings over comments that came in: text with a few names in it, and nothing that could be run.

``{{ author }} ({{ company }}) wrote:``
"""

from __future__ import annotations

import re
from collections.abc import Mapping

NAMES = ("author", "company", "twin.key", "twin.url", "twin.status", "twin.company")
DEFAULT = "{{ author }} ({{ company }}) wrote:"

_BETWEEN = r"\s*(?:[,;/|·]|\s[-–—]\s)\s*"  # what stands between two names, and goes with the one that is empty
_PLACE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


def names_in(template: str) -> tuple[str, ...]:
    """List the names that a heading uses, in order."""
    return tuple(match.strip() for match in _PLACE.findall(template))


def wrong_in(template: str) -> str | None:
    """Say what is wrong with a heading, or nothing."""
    for name in names_in(template):
        if name not in NAMES:
            return f"`{name}` is no name that a heading knows"
    rest = _PLACE.sub("", template)
    if any(sign in rest for sign in ("{{", "}}", "{%", "{#")):
        return "a heading has names in `{{ }}` only, each opened and closed"
    return None


def render(template: str, values: Mapping[str, str]) -> str:
    """Put values in their places; a name without a value leaves nothing.

    Values are data: what looks like a name within them is left as it is.
    """
    gap = next(sign for sign in map(chr, range(0xE000, 0xF8FF)) if sign not in "".join([template, *values.values()]))
    text = _PLACE.sub(lambda match: values.get(match.group(1).strip(), "") or gap, template)
    text = re.sub(rf"{gap}{_BETWEEN}", "", text)
    text = re.sub(rf"{_BETWEEN}{gap}", "", text)
    text = re.sub(rf"\({gap}\)|\[{gap}\]|{gap}", "", text)
    return re.sub(r"[ \t]{2,}", " ", text.replace("()", "")).strip()
