# SPDX-License-Identifier: Apache-2.0
"""A simulated Azure DevOps Boards: work items, queries, comments and feeds, with its rules and its surprises."""
