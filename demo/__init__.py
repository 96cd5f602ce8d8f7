# SPDX-License-Identifier: Apache-2.0
"""The demo: simulated trackers and a real Airflow on this machine, and the story played on them."""
