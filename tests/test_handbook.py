# SPDX-License-Identifier: Apache-2.0
"""The handbook: each code that Tandem can tell of has a page, and each page a code."""

import re
from pathlib import Path

from tandem.errors import TandemError

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "handbook"
CODE = re.compile(r"\bTDM-\d{3}\b")
PARTS = ("**Meaning.**", "## Likely cause", "## What to do", "## Who acts")


def _classes(error: type[TandemError]) -> list[type[TandemError]]:
    return [error, *(found for child in error.__subclasses__() for found in _classes(child))]


def raised() -> set[str]:
    """Codes of the errors that are raised themselves (not the kinds above them), and all that are written elsewhere."""
    source = ROOT / "include" / "tandem"
    own = {error.code for error in _classes(TandemError) if error.__module__ == "tandem.errors"}
    above = {error.code for error in _classes(TandemError) if error.__subclasses__()}
    written = {
        code
        for file in source.rglob("*.py")
        if file != source / "errors.py"
        for code in re.findall(r'"(TDM-\d{3})"', file.read_text())
    }
    return (own - above) | written


def pages() -> dict[str, str]:
    return {file.stem: file.read_text() for file in PAGES.glob("TDM-*.md")}


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert set(pages()) == raised()


def test_each_page_says_what_its_reader_needs_and_names_its_own_code_first() -> None:
    for code, text in pages().items():
        assert text.startswith(f"# {code}: "), code
        assert [part for part in PARTS if part not in text] == [], code


def test_pages_name_only_codes_that_have_a_page() -> None:
    known = raised()
    assert {code: set(CODE.findall(text)) - known for code, text in pages().items()} == {code: set() for code in known}


def test_the_index_names_every_page_once() -> None:
    listed = re.findall(r"\[(TDM-\d{3})\]\(\1\.md\)", (PAGES / "README.md").read_text())
    assert sorted(listed) == sorted(pages())
