# SPDX-License-Identifier: Apache-2.0
"""The state database's history, one file a version; run by :mod:`tandem.state.schema`."""
