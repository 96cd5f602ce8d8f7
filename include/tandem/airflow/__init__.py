# SPDX-License-Identifier: Apache-2.0
"""Tandem on Apache Airflow: the only package that imports Airflow, and imports it late where that costs seconds."""
