# SPDX-License-Identifier: Apache-2.0
"""What `pip install` brings along: every distribution that our own code imports, and a pin for each."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
OURS = {"tandem", "sandbox", "demo"}
CORE = PROJECT["project"]["dependencies"]
EXTRAS = PROJECT["project"]["optional-dependencies"]


def names(requirements: list[str]) -> set[str]:
    return {_normal(re.match(r"[\w.-]+", one).group()) for one in requirements}  # type: ignore[union-attr]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(folder: Path) -> set[str]:
    """The top-level modules of others that a folder's code imports by name."""
    found = {name.partition(".")[0] for file in folder.rglob("*.py") for name in _named(ast.parse(file.read_text()))}
    return found - sys.stdlib_module_names - OURS


def _named(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


@pytest.mark.parametrize(
    ("folder", "given"),
    [("include/tandem", CORE), ("include/sandbox", CORE + EXTRAS["demo"]), ("demo", CORE + EXTRAS["demo"])],
)
def test_what_is_imported_is_a_dependency_of_ours(folder: str, given: list[str]) -> None:
    makers = packages_distributions()
    known = names(given)
    missing = {
        module for module in imported(ROOT / folder) if not {_normal(maker) for maker in makers.get(module, [])} & known
    }
    assert missing == set()


def test_the_parser_that_html_is_read_with_is_a_dependency() -> None:
    """It is named in a text alone, where no import shows it."""
    assert '"html5lib"' in (ROOT / "include/tandem/markup/html_read.py").read_text()
    assert "html5lib" in names(CORE)


def test_the_pins_hold_all_that_is_asked_for() -> None:
    runtime = names(_lines("requirements.txt"))
    everything = names(_lines("requirements-dev.txt"))
    assert names(CORE) | names(EXTRAS["demo"]) | names(EXTRAS["postgres"]) <= runtime
    assert (runtime | names(EXTRAS["test"]) | names(EXTRAS["dev"])) - {"tandem-sync"} <= everything
    assert all("==" in line for line in [*_lines("requirements.txt"), *_lines("requirements-dev.txt")])


def _lines(file: str) -> list[str]:
    return [line for line in (ROOT / file).read_text().splitlines() if line and not line.startswith("#")]
