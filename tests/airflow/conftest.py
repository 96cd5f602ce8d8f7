# SPDX-License-Identifier: Apache-2.0
"""One real Airflow for all tests of this folder."""

from collections.abc import Iterator

import pytest

from support.installation import Installation, running


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(tmp_path_factory.mktemp("installation")) as made:
        yield made
