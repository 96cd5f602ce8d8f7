# SPDX-License-Identifier: Apache-2.0
"""One real Airflow for all tests of this folder; it ends with them, for it is never idle."""

from collections.abc import Iterator

import pytest

from support.installation import Installation, running


@pytest.fixture(scope="package")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(tmp_path_factory.mktemp("installation")) as made:
        yield made
