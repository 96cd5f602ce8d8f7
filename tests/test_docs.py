# SPDX-License-Identifier: Apache-2.0
"""What the documents point at is there: links between files, headings within them, tests and files that they name."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"!?\[[^\]\n]*\]\(([^)\s]+)\)|<img[^>]+src=\"([^\"]+)\"")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
FILE = re.compile(r"`((?:include|dags|plugins|docs|tests|demo)/[\w./-]+\.(?:py|yaml|md|json))`")


def ids(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def links(text: str) -> Iterator[str]:
    for first, second in LINK.findall(CODE.sub("", text)):
        yield first or second


def anchors(text: str) -> set[str]:
    """The names that a heading can be reached by, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.+?) *$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_links_lead_somewhere(document: Path) -> None:
    broken = []
    for link in links(document.read_text()):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        inside = target == ROOT or ROOT in target.parents
        if not (inside and target.exists()) or (anchor and anchor not in anchors(target.read_text())):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_files_and_tests_that_are_named_exist(document: Path) -> None:
    text = document.read_text()
    missing = [name for name in FILE.findall(text) if not (ROOT / name).is_file()]
    for name, function in TEST.findall(text):
        file = ROOT / name
        if file.is_file() and function and function not in functions(file):
            missing.append(f"{name}::{function}")
    assert missing == []


def functions(file: Path) -> set[str]:
    """The names of all functions and classes of a file."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, kinds)}
