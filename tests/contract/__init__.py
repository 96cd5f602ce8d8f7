# SPDX-License-Identifier: Apache-2.0
"""What every connector must keep, for our own connectors and those of other packages."""

import pytest

# So that a failure shows the two values, also where another package's tests import the suite.
pytest.register_assert_rewrite(
    *(f"contract.{name}" for name in ("abilities", "bench", "connector_suite", "kept", "writes"))
)
