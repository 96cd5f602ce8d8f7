# SPDX-License-Identifier: Apache-2.0
"""A simulated ServiceNow: tables, attachments and batches, with its rules and its surprises."""
