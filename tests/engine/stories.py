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
    "a reply in the moment in which we solve a ticket opens it again at both sides": Story(
        "followed up",
        [
            ("act", {"what": "status", "side": "right", "value": 2}),
            ("wait", {"seconds": 4000}),
            ("trouble", {"call": 14, "what": "acts", "acts": [{"what": "say", "side": "left"}]}),
        ],
        "the sides were apart for good: what the tracker did behind the reply passed for an alteration of our write",
    ),
    "where no history tells who acted, a person may solve a ticket and open it again": Story(
        "no history",
        [
            ("act", {"what": "status", "side": "left", "value": 2}),
            ("between", {"task": "map", "act": {"what": "status", "side": "left", "value": 0}}),
        ],
        "the guard against swings held it",
    ),
    "of two follow-ups of one ticket the second is a ticket of its own": Story(
        "asked first",
        [
            ("act", {"what": "close", "side": "left"}),
            ("act", {"what": "follow_up", "side": "left"}),
            ("act", {"what": "follow_up", "side": "left"}),
        ],
        "both took the place of the closed one, and the first waited for good",
    ),
    "a ticket is deleted before our write to it was read back": Story(
        "compare and set",
        [
            ("act", {"what": "status", "side": "right", "value": 2}),
            ("run", {"upto": "load"}),
            ("act", {"what": "delete", "side": "left"}),
        ],
        "events waited for good, without a reason",
    ),
    "a copy is deleted before it was read": Story(
        "desk and board",
        [
            ("open", {"side": "left"}),
            ("run", {"upto": "load"}),
            ("act", {"what": "delete", "side": "right", "pick": 1}),
        ],
        "events waited for good, without a reason",
    ),
    "a ticket is out of our sight before our write to it was read back": Story(
        "whole seconds",
        [
            ("act", {"what": "status", "side": "left", "value": 2}),
            ("run", {"upto": "load"}),
            ("act", {"what": "obscure", "side": "right", "on": True}),
        ],
        "events waited for good, without a reason",
    ),
    "nor of what a house rule does behind our own comment": Story(
        "followed up",
        [
            ("act", {"what": "status", "side": "left", "value": 2}),
            ("act", {"what": "say", "side": "right"}),
        ],
        "the law of order took the one for the other",
    ),
    "a comment that we made for a file alone is deleted by people": Story(
        "followed up",
        [
            ("act", {"what": "attach", "side": "right"}),
            ("run", {}),
            ("act", {"what": "unsay", "side": "left", "nth": 0}),
        ],
        "the bench did not know that the file went with it",
    ),
    "a comment is made private that was blacked out before, and its file goes with it": Story(
        "whole seconds",
        [
            ("between", {"task": "map", "act": {"what": "say", "side": "left", "file": True}}),
            ("between", {"task": "load", "act": {"what": "black_out", "side": "left", "nth": 0}}),
            ("between", {"task": "extract", "act": {"what": "hide", "side": "left", "nth": 0}}),
        ],
        "the bench knew the comment by its words alone, and asked for its file",
    ),
    "a comment is shown again after it was taken back": Story(
        "compare and set",
        [
            ("act", {"what": "say", "side": "right"}),
            ("run", {}),
            ("act", {"what": "hide", "side": "right", "nth": 0}),
            ("run", {}),
            ("act", {"what": "show", "side": "right", "nth": 0}),
        ],
    ),
    "what was said before the state was lost is edited": Story(
        "asked first",
        [
            ("act", {"what": "say", "side": "left", "file": True}),
            ("act", {"what": "say", "side": "right"}),
            ("relink", {"lost": True}),
            ("act", {"what": "edit", "side": "right", "nth": 1}),
            ("act", {"what": "hide", "side": "left", "nth": 0}),
        ],
        "the edit was noted and went nowhere",
    ),
    "what was written under an older key is read after it was thrown away": Story(
        "desk and board",
        [
            ("act", {"what": "say", "side": "left", "file": True}),
            ("open", {"side": "right"}),
            ("run", {"upto": "load"}),
            ("rotate", {"commit": 2}),
            ("rotate", {}),
            ("act", {"what": "title", "side": "left"}),
        ],
    ),
    "a title that both changed is held until they agree": Story(
        "asked first",
        [
            ("act", {"what": "title", "side": "left"}),
            ("act", {"what": "title", "side": "right"}),
            ("run", {}),
            ("act", {"what": "say", "side": "left"}),
        ],
    ),
}
