# SPDX-License-Identifier: Apache-2.0
"""A running Zendesk, ServiceNow or Azure DevOps for each file of tests of their connectors."""

from collections.abc import Iterator

import pytest

from connectors import azure_devops_house, servicenow_house
from connectors.zendesk_house import WORLD, as_it_was, connector
from support.azure_devops import Desk as AzureDesk
from support.sandbox import RunningSandbox, running_sandbox
from support.servicenow import Desk
from support.zendesk import ZendeskDesk
from tandem.connectors.zendesk import Zendesk


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def servicenow_sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(servicenow_house.WORLD) as running:
        yield running


@pytest.fixture
def servicenow(servicenow_sandbox: RunningSandbox) -> Iterator[Desk]:
    with servicenow_house.as_it_was(servicenow_sandbox) as desk:
        yield desk


@pytest.fixture(scope="module")
def azure_devops_sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(azure_devops_house.WORLD) as running:
        yield running


@pytest.fixture
def azure_devops(azure_devops_sandbox: RunningSandbox) -> Iterator[AzureDesk]:
    with azure_devops_house.as_it_was(azure_devops_sandbox) as desk:
        yield desk
