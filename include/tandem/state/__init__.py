# SPDX-License-Identifier: Apache-2.0
"""Tandem's own tables: what was read, what was meant, what was done. Never Airflow's metadata database."""
