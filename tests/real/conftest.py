# SPDX-License-Identifier: Apache-2.0
"""Fixtures for tests on real trackers: each module's worker starts its own."""

from collections.abc import Iterator

import pytest

from real.redmine_server import Redmine, running


@pytest.fixture(scope="session")
def redmine() -> Iterator[Redmine]:
    """A fresh Redmine for this process; tests make tickets of their own in it."""
    with running() as started:
        yield started
