# SPDX-License-Identifier: Apache-2.0
"""Stories that once broke a law, kept as they were told (:func:`engine.play.show` prints one in this form)."""

from __future__ import annotations

from dataclasses import dataclass

from engine.play import Step


@dataclass(frozen=True)
class Story:
    """Steps in a setting, and what they broke."""

    setting: str
    steps: list[Step]
    broke: str = ""


STORIES = {
    "a comment does not overtake the status that was set between two reads": Story(
        "desk and board",
        [
            ("act", {"what": "title", "side": "right"}),
            (
                "trouble",
                {
                    "call": 4,
                    "what": "acts",
                    "acts": [
                        {"what": "status", "side": "right", "value": 2},
                        {"what": "say", "side": "right"},
                    ],
                },
            ),
        ],
    ),
    "where no history tells who wrote last, what the write itself was answered is the base": Story(
        "no history",
        [
            ("between", {"task": "diff", "act": {"what": "title", "side": "right"}}),
            ("trouble", {"call": 10, "what": "acts", "acts": [{"what": "title", "side": "left"}]}),
        ],
        "the sides were apart for good",
    ),
    "where both tickets are deleted nobody is left to be told": Story(
        "followed up",
        [
            ("act", {"what": "delete", "side": "right"}),
            ("act", {"what": "delete", "side": "left"}),
        ],
        "the note of the deletion was tried again in each run, for good",
    ),
    "the status that a twin was made with is no copy of what a person sets later": Story(
        "desk and board",
        [
            (
                "trouble",
                {
                    "call": 1,
                    "what": "acts",
                    "acts": [
                        {"what": "status", "side": "left", "value": 2},
                        {"what": "say", "side": "left"},
                    ],
                },
            ),
            ("act", {"what": "status", "side": "left", "value": 0}),
        ],
        "the law of order took the one for the other",
    ),
}
