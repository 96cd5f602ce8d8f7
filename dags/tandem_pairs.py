# SPDX-License-Identifier: Apache-2.0
"""One DAG for each file in the folder of pairs (`TANDEM_PAIRS`, else `include/pairs` beside this folder)."""

import os
from pathlib import Path

from tandem.airflow.dag import registered

# Airflow only looks into files that name both "airflow" and "DAG".
globals().update(registered(Path(os.environ.get("TANDEM_PAIRS") or Path(__file__).parents[1] / "include" / "pairs")))
