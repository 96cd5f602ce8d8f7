# SPDX-License-Identifier: Apache-2.0
"""The inside of a wiki text's paragraph: phrases, links, mentions, files, escapes."""

import re
from collections.abc import Callable

from sandbox.jira.values import JsonObject

MediaOf = Callable[[str], str | None]
"""Name of one of the issue's files to its media UUID; None if there is no such file."""

_PHRASES = {"*": "strong", "_": "em", "-": "strike", "+": "underline"}
_SUBSUP = {"^": "sup", "~": "sub"}
_SIGNS = {**_PHRASES, **_SUBSUP}
_URL = re.compile(r"https?://[^\s\]\[|{}<>\"\\!]*[^\s\]\[|{}<>\"\\!.,;:?)]")
_COLOUR = re.compile(r"\{color:(#?\w+)\}")
_LOOSE = re.compile(r"\{([*_\-+^~])\}")
_SIZE = re.compile(r"(width|height)=(\d+)")
_FILE = re.compile(r"!([^!|\n]+)(?:\|([^!\n]*))?!")
_ENTITIES = {"&#92;": "\\", "&#38;": "&"}


def paragraph(text: str, media_of: MediaOf) -> JsonObject:
    return {"type": "paragraph", "content": inline(text, media_of)}


def inline(text: str, media_of: MediaOf) -> list[JsonObject]:
    """Parse the text of one paragraph."""
    reader = _Inline(media_of)
    reader.read(text, [])
    return reader.nodes


def media(name: str, options: str, media_of: MediaOf) -> JsonObject | None:
    """Find the file that `!name|options!` means: the issue's own, or one elsewhere by its address."""
    size = {key: int(number) for key, number in _SIZE.findall(options)}
    if name.startswith(("http://", "https://")):
        return {"type": "media", "attrs": {"type": "external", "url": name, **size}}
    found = media_of(name)
    if found is None:
        return None
    return {"type": "media", "attrs": {"type": "file", "id": found, "collection": "", "alt": name, **size}}


class _Inline:
    """Collects nodes; text that shares its marks is one node."""

    def __init__(self, media_of: MediaOf) -> None:
        self._media_of = media_of
        self.nodes: list[JsonObject] = []

    def read(self, text: str, marks: list[JsonObject]) -> None:
        at = 0
        while at < len(text):
            at = self._construct(text, at, marks) or self._plain(text, at, marks)

    def _plain(self, text: str, at: int, marks: list[JsonObject]) -> int:
        char = text[at]
        if char == "\n":
            self.nodes.append({"type": "hardBreak"})
            return at + 1
        if text.startswith("\\\\", at):
            self.nodes.append({"type": "hardBreak"})
            return at + 2
        if char == "\\" and at + 1 < len(text) and not (text[at + 1].isalnum() or text[at + 1].isspace()):
            self._say(text[at + 1], marks)
            return at + 2
        if char == "\\" and not text[:at][-1:].strip() and re.match(r"(?:h[1-6]|bq)\.", text[at + 1 :]):
            return at + 1
        if (entity := text[at : at + 5]) in _ENTITIES:
            self._say(_ENTITIES[entity], marks)
            return at + 5
        self._say(char, marks)
        return at + 1

    def _construct(self, text: str, at: int, marks: list[JsonObject]) -> int | None:
        """Read what begins here; give where it ends, None if nothing does."""
        match text[at]:
            case "{":
                return self._braced(text, at, marks)
            case "[":
                return self._bracketed(text, at, marks)
            case "!":
                return self._file(text, at)
            case "h" if found := _URL.match(text, at):
                if any(mark["type"] == "link" for mark in marks):
                    return None
                self._say(found[0], [*marks, _link(found[0])])
                return found.end()
            case sign if sign in _SIGNS:
                return self._phrase(text, at, sign, marks)
        return None

    def _braced(self, text: str, at: int, marks: list[JsonObject]) -> int | None:
        if text.startswith("{{", at) and (end := text.find("}}", at + 2)) > at + 2 and "\n" not in text[at:end]:
            while text.startswith("}", end + 2):
                end += 1
            kept = [mark for mark in marks if mark["type"] == "link"]
            self._say(text[at + 2 : end], [*kept, {"type": "code"}])
            return end + 2
        if colour := _COLOUR.match(text, at):
            end = text.find("{color}", colour.end())
            if end > 0:
                self.read(text[colour.end() : end], _with(marks, "textColor", {"color": colour[1]}))
                return end + len("{color}")
        if loose := _LOOSE.match(text, at):
            end = text.find(loose[0], loose.end())
            if end > loose.end():
                self.read(text[loose.end() : end], _signed(marks, loose[1]))
                return end + len(loose[0])
        return None

    def _bracketed(self, text: str, at: int, marks: list[JsonObject]) -> int | None:
        end = _closing(text, at)
        inside = text[at + 1 : end]
        if end < 0 or "\n" in inside or not inside:
            return None
        if inside.startswith("~accountid:"):
            self.nodes.append({"type": "mention", "attrs": {"id": inside.removeprefix("~accountid:"), "text": ""}})
            return end + 1
        if inside.startswith("^") and (found := self._media_of(inside[1:])):
            attrs = {"type": "file", "id": found, "collection": ""}
            self.nodes.append({"type": "mediaInline", "attrs": attrs})
            return end + 1
        label, bar, target = inside.rpartition("|")
        if bar and target in ("smart-link", "smart-card"):
            self.nodes.append({"type": "inlineCard", "attrs": {"url": label.rpartition("|")[2]}})
            return end + 1
        if not re.match(r"(?:https?|mailto|ftp):|#|/", target):
            return None
        if label:
            self.read(label, [*marks, _link(target)])
        else:
            self._say(target, [*marks, _link(target)])
        return end + 1

    def _file(self, text: str, at: int) -> int | None:
        found = _FILE.match(text, at)
        media_id = self._media_of(found[1]) if found else None
        if found is None or media_id is None:
            return None
        self.nodes.append({"type": "mediaInline", "attrs": {"type": "file", "id": media_id, "collection": ""}})
        return found.end()

    def _phrase(self, text: str, at: int, sign: str, marks: list[JsonObject]) -> int | None:
        """Read `*so*`: the signs stand against the words, and outside of them no word goes on."""
        if (at and text[at - 1].isalnum()) or not text[at + 1 : at + 2].strip():
            return None
        end = at + 1
        while (end := text.find(sign, end + 1)) > 0:
            line_ends = "\n" in text[at:end]
            if line_ends:
                return None
            follows = text[end + 1 : end + 2]
            if text[end - 1].strip() and text[end - 1] != "\\" and not follows.isalnum():
                self.read(text[at + 1 : end], _signed(marks, sign))
                return end + 1
        return None

    def _say(self, text: str, marks: list[JsonObject]) -> None:
        last = self.nodes[-1] if self.nodes else None
        if last and last["type"] == "text" and last.get("marks", []) == marks:
            last["text"] += text
        else:
            self.nodes.append({"type": "text", "text": text} | ({"marks": list(marks)} if marks else {}))


def _closing(text: str, at: int) -> int:
    """Find the bracket that closes the one here, past escaped ones."""
    end = at
    while (end := text.find("]", end + 1)) > 0 and text[end - 1] == "\\":
        pass
    return end


def _signed(marks: list[JsonObject], sign: str) -> list[JsonObject]:
    if sign in _SUBSUP:
        return _with(marks, "subsup", {"type": _SUBSUP[sign]})
    return _with(marks, _PHRASES[sign])


def _with(marks: list[JsonObject], kind: str, attrs: JsonObject | None = None) -> list[JsonObject]:
    kept = [mark for mark in marks if mark["type"] != kind]
    return [*kept, {"type": kind, "attrs": attrs} if attrs else {"type": kind}]


def _link(target: str) -> JsonObject:
    return {"type": "link", "attrs": {"href": target}}
