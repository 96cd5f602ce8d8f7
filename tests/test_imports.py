# SPDX-License-Identifier: Apache-2.0
"""No module of ours imports itself over others: each can be the first one that is imported."""

import ast
from collections.abc import Collection, Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

INCLUDE = Path(__file__).parents[1] / "include"


def modules(package: str) -> dict[str, Path]:
    """The modules of a package, by name."""
    found = {file.relative_to(INCLUDE).with_suffix(""): file for file in (INCLUDE / package).rglob("*.py")}
    return {".".join(path.parts).removesuffix(".__init__"): file for path, file in found.items()}


def imported(file: Path, known: Collection[str]) -> Iterator[str]:
    """What of these a module imports when it is imported itself: in a function, or for types alone, does not count."""
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield from [name] if name in known else [node.module] if node.module in known else []


@pytest.mark.parametrize("package", ["tandem", "sandbox", "rehearsal"])
def test_imports_run_in_no_circle(package: str) -> None:
    known = modules(package)
    order = TopologicalSorter({name: set(imported(file, known)) - {name} for name, file in known.items()})
    assert len(list(order.static_order())) == len(known)
