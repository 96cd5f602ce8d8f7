# SPDX-License-Identifier: Apache-2.0
"""A pair that is held writes nothing, and each of its runs says so."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.errors import SafetyStopError
from tandem.pipeline.environment import Run
from tandem.state.holds import Hold

HELD = "TDM-323"


def stop_held(run: Run, held: Sequence[Hold]) -> None:
    """Stop a run of a pair that is held, before its first write. A dry run writes none.

    Raises:
        SafetyStopError: the pair is held (TDM-323).
    """
    if not held or run.job.dry_run:
        return
    since = held[0].at
    what = f"The pair was relinked ({since:%Y-%m-%d %H:%M} UTC) and nobody has accepted it yet: nothing is written."
    fix = f"Look at what is planned: `tandem plan {run.name}`. Then let it go on: `tandem relink {run.name} --accept`."
    raise SafetyStopError(what, where=run.name, fix=fix, code=HELD)
