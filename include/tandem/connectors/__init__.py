# SPDX-License-Identifier: Apache-2.0
"""Connectors: one per tracker, each knowing only its own. The protocol is in :mod:`tandem.connectors.base`."""
