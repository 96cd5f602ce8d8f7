# SPDX-License-Identifier: Apache-2.0
"""The package as it is installed: all that the checkout has beside its code, and the handbook found from there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("include", "docs/handbook", "pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a plain `pip install` of a copy of this tree filled."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(ROOT / part, source / part)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run([*pip, "--target", str(target), str(source)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def test_every_file_of_the_code_and_every_page_of_the_handbook_is_installed(installed: Path) -> None:
    expected = {
        file.relative_to(ROOT / "include")
        for folder in ("tandem", "sandbox")
        for file in (ROOT / "include" / folder).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    expected |= {Path("tandem/handbook", page.name) for page in (ROOT / "docs" / "handbook").iterdir()}
    assert sorted(file for file in expected if not (installed / file).is_file()) == []


def test_another_package_s_connector_can_be_checked_against_our_types(installed: Path) -> None:
    """A type checker takes an installed package for untyped unless it says otherwise (PEP 561)."""
    assert (installed / "tandem" / "py.typed").is_file()


def test_an_installed_tandem_finds_its_handbook(installed: Path) -> None:
    code = "from tandem.airflow import handbook; print(handbook.PAGES, handbook.written('TDM-104'))"
    environ = {**os.environ, "PYTHONPATH": str(installed)}
    said = subprocess.run([sys.executable, "-c", code], env=environ, cwd=installed, capture_output=True, text=True)
    assert f"{installed / 'tandem' / 'handbook'} # TDM-104: " in said.stdout, said.stderr
