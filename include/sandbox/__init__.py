# SPDX-License-Identifier: Apache-2.0
"""Simulated trackers over real HTTP, for the demo and the tests. Knows nothing of Tandem."""
