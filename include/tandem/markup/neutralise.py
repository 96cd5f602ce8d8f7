# SPDX-License-Identifier: Apache-2.0
"""Text is data: the patterns that a tracker acts on, and where to break them.

A codec sets a border of its own markup (a second text node, an empty ``span``) at each place that :func:`pieces` names,
never a character, so that what is read back is the hub's text to the letter.
"""

from __future__ import annotations

import re
from itertools import pairwise

# Placeholders and Liquid blocks are filled in when a comment is saved; agents are called by @name.
ZENDESK: tuple[str, ...] = (r"\{\{", r"\}\}", r"\{%", r"%\}", r"(?<!\w)@\w")
# Wiki markup written through REST v2 and by old apps; ADF text nodes are data, so this is a second belt.
JIRA: tuple[str, ...] = (r"\[~", r"\{\w+[:}]", r"(?<!\w)@\w")


def pieces(value: str, patterns: tuple[str, ...]) -> list[str]:
    """Cut a text after the first character of each match, so that no piece holds a whole match.

    The pieces joined are the text. A pattern must match at least two characters.
    """
    cuts = {match.start() + 1 for pattern in patterns for match in re.finditer(f"(?={pattern})", value)}
    borders = [0, *sorted(cuts), len(value)]
    return [value[start:end] for start, end in pairwise(borders) if start < end]
