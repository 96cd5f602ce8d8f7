# SPDX-License-Identifier: Apache-2.0
"""The five tasks of a pair's run, over core, connectors and state. Runs inside Airflow and without it.

``environment`` what a task is given · ``tasks`` the five, with lease and run row · ``extract`` reads both sides ·
``recover`` finds out what became of writes whose answers were lost · ``translate`` (map) makes hub tickets ·
``decide`` (diff) plans · ``compose`` writes a plan in the target's terms · ``write`` (load) applies it ·
``settle`` (reconcile) reads back and moves bases.
"""
