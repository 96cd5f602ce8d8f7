# SPDX-License-Identifier: Apache-2.0
"""The pure part of Tandem: values, rules and plans. No input, no output, no clock of its own."""
