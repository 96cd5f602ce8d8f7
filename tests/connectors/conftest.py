# SPDX-License-Identifier: Apache-2.0
"""One running Zendesk for all tests of its connector."""

from collections.abc import Iterator

import pytest

from connectors.zendesk_house import WORLD, as_it_was, connector
from support.sandbox import RunningSandbox, running_sandbox
from support.zendesk import ZendeskDesk
from tandem.connectors.zendesk import Zendesk


@pytest.fixture(scope="session")
def zendesk_sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(WORLD) as running:
        yield running


@pytest.fixture
def desk(zendesk_sandbox: RunningSandbox) -> Iterator[ZendeskDesk]:
    with as_it_was(zendesk_sandbox) as desk:
        yield desk


@pytest.fixture
def zendesk(desk: ZendeskDesk) -> Zendesk:
    return connector(desk)
