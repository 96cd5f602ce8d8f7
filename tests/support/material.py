# SPDX-License-Identifier: Apache-2.0
"""The vendors' descriptions and recorded answers: no part of the project, and where they stand if they are here."""

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).parents[3] / "shared"
SPECS = Path(os.environ.get("TANDEM_SPECS", _BESIDE / "specs"))
RECORDED = Path(os.environ.get("TANDEM_RECORDED", _BESIDE / "recorded"))


def demand(path: Path) -> Path:
    """A file or folder of them. Where it is not here the test is skipped, or the whole module that asks on import.

    Raises:
        FileNotFoundError: it is not here, and ``TANDEM_TEST_ALL`` asks for everything.
    """
    if path.exists():
        return path
    if os.environ.get("TANDEM_TEST_ALL"):
        raise FileNotFoundError(f"{path}: set TANDEM_SPECS and TANDEM_RECORDED")
    pytest.skip(f"{path} is not here (TANDEM_SPECS, TANDEM_RECORDED)", allow_module_level=True)
