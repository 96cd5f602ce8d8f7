# SPDX-License-Identifier: Apache-2.0
"""Answers held against what the vendors describe."""
