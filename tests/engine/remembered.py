# SPDX-License-Identifier: Apache-2.0
"""What people remember of their tickets. Each word of theirs is written nowhere else, so that it can be counted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

ZENDESK, JIRA = "mercuri-zendesk", "infinity-jira"


@dataclass
class Said:
    """A comment of people's, with all that it ever said."""

    side: str
    id: str
    by: str
    """The author's name, as the heading of a copy must tell it."""
    words: list[str]
    """How it read, one after the other; the last is how it reads now."""
    ticket: int | None = None
    """The Zendesk ticket that it stands in, where it was written in one."""
    files: list[str] = field(default_factory=list)
    private: bool = False
    """Nobody but its own house may read it now."""
    unheard: set[str] = field(default_factory=set)
    """Words that were never the other side's to read: written in private, or out of scope."""
    taken_back: set[str] = field(default_factory=set)
    """Words that may have been there and must be gone."""
    loose: bool = False
    """Whether its last words arrive depends on the moment: it was deleted, its twin touched, or rewritten outside."""


@dataclass
class Memory:
    """What people did to one ticket and its twin."""

    said: list[Said] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    loose_files: set[str] = field(default_factory=set)
    titles: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    priorities: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    ticket: int | None = None
    """The Zendesk ticket that stands for it now, once it is known."""
    issue: str | None = None
    outside: set[str] = field(default_factory=set)
    """Sides whose own ticket is out of what they offer."""
    concealed: bool = False
    """Our account may not see the issue."""
    closed: bool = False
    """The Zendesk ticket is closed, and nothing goes on from it yet."""
    merged: bool = False

    def remember(self, said: Said) -> None:
        """Add a comment; what is made out of scope is not the other side's to read, as long as it stands so."""
        if said.side in self.outside:
            said.unheard |= set(said.words)
            said.loose = True
        if said.private:
            said.unheard |= set(said.words)
        if said.side == ZENDESK and said.loose:
            self.loose_files |= set(said.files)
        self.said.append(said)

    def reword(self, said: Said, word: str) -> None:
        """A comment reads otherwise now."""
        said.words.append(word)
        if said.side in self.outside:
            said.unheard.add(word)
            said.loose = True
        elif said.private:
            said.unheard.add(word)
