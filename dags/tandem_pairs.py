# SPDX-License-Identifier: Apache-2.0
"""One Airflow DAG for each pair below the folder `TANDEM_ROOT` (default: `include` beside this folder)."""

import os
from pathlib import Path

from tandem.airflow.dag import registered

globals().update(registered(Path(os.environ.get("TANDEM_ROOT") or Path(__file__).resolve().parents[1] / "include")))
