# SPDX-License-Identifier: Apache-2.0
"""What a task counted, in words, for its log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOUNS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "extract": {
        "changed": ("1 ticket changed", "{} tickets changed"),
        "events": ("1 event", "{} events"),
        "compared": ("1 compared", "{} compared"),
        "unseen": ("1 not to be seen", "{} not to be seen"),
    },
    "map": {"tickets": ("1 ticket", "{} tickets"), "problems": ("1 does not fit", "{} do not fit")},
    "diff": {
        "actions": ("1 write planned", "{} writes planned"),
        "conflicts": ("1 conflict", "{} conflicts"),
        "quarantined": ("1 set aside", "{} set aside"),
    },
    "load": {
        "create": ("1 create", "{} creates"),
        "update": ("1 update", "{} updates"),
        "status": ("1 status step", "{} status steps"),
        "comment": ("1 comment", "{} comments"),
        "attach": ("1 file", "{} files"),
        "edit": ("1 comment edited", "{} comments edited"),
        "redact": ("1 comment withdrawn", "{} comments withdrawn"),
        "quarantined": ("1 set aside", "{} set aside"),
        "waiting": ("1 waits for the next run", "{} wait for the next run"),
    },
    "reconcile": {
        "waiting": ("1 event waits", "{} events wait"),
        "conflicts": ("1 conflict decided by rule", "{} conflicts decided by rule"),
        "quarantined": ("1 set aside", "{} set aside"),
        "parked": ("1 event parked", "{} events parked"),
    },
}
NOTHING = {
    "extract": "nothing new",
    "map": "nothing",
    "diff": "nothing to write",
    "load": "nothing written",
    "reconcile": "in step",
}


def in_words(phase: str, counts: Mapping[str, Any]) -> str:
    """Say what a task counted; numbers of both sides are added up, zeros left out."""
    said = []
    for name, (one, many) in NOUNS[phase].items():
        number = sum(
            value
            for part in (counts, counts.get("left") or {}, counts.get("right") or {})
            if type(value := part.get(name)) is int
        )
        if number:
            said.append(one if number == 1 else many.format(number))
    return ", ".join(said) or NOTHING[phase]
