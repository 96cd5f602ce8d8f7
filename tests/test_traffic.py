# SPDX-License-Identifier: Apache-2.0
"""A process knows which requests it sent and which have no answer yet."""

import pytest

from tandem.traffic import Traffic


def test_the_oldest_request_without_an_answer_is_named() -> None:
    traffic = Traffic()
    with traffic.request("jira", "GET /a"), traffic.request("zendesk", "GET /b"):
        assert traffic.under_way().startswith("GET /a at jira, sent ")
    assert traffic.under_way() == ""


def test_each_request_counts_also_one_that_fails() -> None:
    traffic = Traffic()
    with pytest.raises(TimeoutError), traffic.request("jira", "GET /a"):
        raise TimeoutError
    with traffic.request("jira", "GET /a"):
        pass
    assert traffic.sent() == {"jira": 2}
    assert traffic.under_way() == ""
