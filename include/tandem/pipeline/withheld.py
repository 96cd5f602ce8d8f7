# SPDX-License-Identifier: Apache-2.0
"""Files that a private text shows or names: they stay at home, also when that text is gone.

A tracker that tells no deleted comments shows such a file, from then on, as one that nobody said anything of. So it is
noted, by its id, that it was withheld; it goes once an offered text shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tandem.connectors.base import History
from tandem.pipeline.environment import End, Run
from tandem.state import records
from tandem.state.records import Happened
from tandem.state.store import Tx

KEY = "private-file:"
WHY = "a private text shows it"


def keep_withheld(
    tx: Tx, run: Run, end: End, ticket: str, history: History, happened: Sequence[Happened], now: datetime
) -> list[Happened]:
    """Leave out the files that stay at home, and note those that are withheld now."""
    loose = {file.id for file in history.files if not (file.referenced or file.comment)}
    if not (loose or history.withheld):
        return list(happened)
    known = records.known_event_keys(tx, run.name, end.which, ticket)
    stay = {f"file:{id_}" for id_ in loose if KEY + id_ in known}
    new = sorted(KEY + id_ for id_ in history.withheld if KEY + id_ not in known)
    noted = [Happened(key, "file", "", now, {}, state="noted", reason=WHY) for key in new]
    return [one for one in happened if one.key not in stay] + noted
