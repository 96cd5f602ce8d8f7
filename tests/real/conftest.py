# SPDX-License-Identifier: Apache-2.0
"""Fixtures for tests on real trackers: each module's worker starts its own."""

from collections.abc import Iterator

import pytest

from real import redmine_server, rt_server
from real.redmine_server import Redmine
from real.rt_server import RequestTrackerServer


@pytest.fixture(scope="session")
def redmine() -> Iterator[Redmine]:
    """A fresh Redmine for this process; tests make tickets of their own in it."""
    with redmine_server.running() as started:
        yield started


@pytest.fixture(scope="session")
def request_tracker() -> Iterator[RequestTrackerServer]:
    """A fresh Request Tracker for this process; tests make tickets of their own in it."""
    with rt_server.running() as started:
        yield started
