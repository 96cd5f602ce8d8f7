# SPDX-License-Identifier: Apache-2.0
"""Storms: people act by the hundred in both trackers, between runs and while they go on.

``TANDEM_REAL_ACTS`` says how many acts one storm has, ``TANDEM_REAL_SEED`` which: each seed is another story.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import repeat

from real.office import Staff

ACTS = int(os.environ.get("TANDEM_REAL_ACTS", "300"))
SEED = int(os.environ.get("TANDEM_REAL_SEED", "3"))
ROUNDS = 4
CREW = 3  # who act at once
LONG = 900  # seconds after which a storm is taken for hanging: on an idle machine of two cores it takes a minute or two


def storm(staff: Staff, run: Callable[[], object]) -> None:
    """A fourth of the acts of each round come between two runs, all others while runs go on."""
    for _ in range(ROUNDS):
        of_round = ACTS // ROUNDS
        for _ in range(of_round // 4):
            staff.act()
        with ThreadPoolExecutor(CREW) as crew:
            acts = [crew.submit(staff.act) for _ in repeat(None, of_round - of_round // 4)]
            while wait(acts, timeout=0).not_done:
                run()
        for act in acts:
            act.result()
