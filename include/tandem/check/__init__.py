# SPDX-License-Identifier: Apache-2.0
"""What a pair's trackers say when they are asked, held against its contracts: all that is wrong, at once.

The files themselves are checked by :mod:`tandem.config.load`. Here both trackers are asked (their connectors'
preflight), and what the contracts name is looked up in their dictionaries and workflows. Nothing is written.
"""

from tandem.check.bound import Bound
from tandem.check.pair import PairReport, check_trackers
from tandem.check.side import SideReport

__all__ = ["Bound", "PairReport", "SideReport", "check_trackers"]
