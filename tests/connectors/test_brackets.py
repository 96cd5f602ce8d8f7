# SPDX-License-Identifier: Apache-2.0
"""A raw query stays within the brackets in which it is asked."""

import pytest

from tandem.connectors.brackets import enclosed


@pytest.mark.parametrize(
    ("query", "escape", "stays"),
    [
        ("a = 1 AND (b = 2 OR (c = 3))", "", True),
        ("a = 1) OR (b = 2", "", False),
        ("(a = 1", "", False),
        ("a = ')' AND b = \"(\"", "", True),
        ("a = 'it''s )' AND (b = 1)", "", True),
        ("a = 'open", "", False),
        ("a = 'it\\'s )'", "\\", True),
        ("a = 'Shop\\' AND b = 1", "", True),
        ("a = 'Shop\\') OR (b = 1", "", False),
        ("a = 'x\\\\') OR (b = 'y'", "\\", False),
    ],
)
def test_a_query_that_leaves_its_brackets_is_known(query: str, escape: str, stays: bool) -> None:
    assert enclosed(query, escape) is stays
