# SPDX-License-Identifier: Apache-2.0
"""Labels in trackers that do not take every character: a spelling that reads back to the very label.

A character that the target refuses becomes ``_xHH_`` (its code point in hexadecimal); an underscore that would read
as the start of such a code, also together with the code behind it (``_x86 64``), is coded itself. So no two labels
fall together, and the original keeps its spelling. Half a character, which no tracker takes, becomes U+FFFD before.
"""

from __future__ import annotations

import re

from tandem.core.doc import whole_characters

_CODE = re.compile(r"_x([0-9a-f]{1,6})_")


def spell(label: str, allowed: str | None) -> str:
    """Spell a label with the characters that match ``allowed`` (a regular expression for one character)."""
    if allowed is None:
        return label
    plain = _coded(label, allowed, r"_(?=x[0-9a-f]{1,6}_)")
    # A code may close what a mere underscore before it seems to open: then that underscore is coded too.
    return plain if _CODE.sub(_char, plain) == label else _coded(label, allowed, r"_(?=x[0-9a-f])")


def _coded(label: str, allowed: str, opening: str) -> str:
    one = re.compile(allowed)
    guarded = re.sub(opening, "_x5f_", label)
    return "".join(char if one.fullmatch(char) else f"_x{ord(char):x}_" for char in guarded)


def read(label: str, allowed: str | None) -> str:
    """Read a label back that :func:`spell` wrote. Any other label is returned as it stands, its characters whole."""
    label = whole_characters(label)
    if allowed is None:
        return label
    plain = _CODE.sub(_char, label)
    return plain if spell(plain, allowed) == label else label


def _char(match: re.Match[str]) -> str:
    code = int(match.group(1), 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else match.group(0)
