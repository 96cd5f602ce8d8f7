# SPDX-License-Identifier: Apache-2.0
"""The examples that are there to be copied are right as they stand, beside the contracts of the demo."""

import shutil
from pathlib import Path

import pytest

from support.sandbox import INCLUDE
from tandem.config.load import load_pair

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.mark.parametrize("file", sorted((EXAMPLES / "pairs").iterdir()), ids=lambda file: file.stem)
def test_an_example_pair_is_right_as_it_stands(file: Path, tmp_path: Path) -> None:
    contracts = tmp_path / "contracts"
    shutil.copytree(INCLUDE / "contracts", contracts)
    shutil.copytree(EXAMPLES / "contracts", contracts, dirs_exist_ok=True)
    pair = load_pair(file, contracts)
    assert pair.name == file.stem
