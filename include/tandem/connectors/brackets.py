# SPDX-License-Identifier: Apache-2.0
"""Whether a raw query stays within the brackets in which it is asked: one that closes them would take more."""

from __future__ import annotations

TELLING = 10  # tickets: of fewer a query may well mean all
LEAVES_OUT = "See whether it says what it is to say: as it is, whatever anybody makes in that place is offered."


def enclosed(query: str, escape: str = "") -> bool:
    """Tell whether a query closes no bracket that it did not open, and leaves none and no quote open.

    ``escape``: what makes the sign behind it a letter within quotes, where there is such.
    """
    depth, quote, passed = 0, "", False
    for sign in query:
        if passed:
            passed = False
        elif quote:
            passed = sign == escape
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "()":
            depth += 1 if sign == "(" else -1
            if depth < 0:
                return False
    return depth == 0 and not quote
