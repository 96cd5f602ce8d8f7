# SPDX-License-Identifier: Apache-2.0
"""Plays scenarios: tickets, what people do, what the world does, runs of the real engine against simulated trackers."""
