# SPDX-License-Identifier: Apache-2.0
"""What happened on tickets, asked so that one of which it is refused keeps back no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tandem.connectors.base import History
from tandem.errors import RefusedError
from tandem.pipeline.environment import End, log


def histories_of(end: End, ids: Sequence[str]) -> Mapping[str, History]:
    """What happened on tickets. Where that is refused, each is asked for by itself.

    One of which the tracker refuses to tell is left out, as one that our account may not see: it waits, is asked for
    again by the next run, and keeps back no other.

    Raises:
        RefusedError: of several tickets it tells of none, so it is not the tickets that are wrong.
    """
    try:
        return end.connector.history(ids)
    except RefusedError as error:
        if len(ids) == 1:
            log.warning("%s: what happened on %s is not told: %s", end.offer.name, ids[0], error)
            return {}
        told = {id_: one for each in ids for id_, one in histories_of(end, [each]).items()}
        if not told:
            raise
        return told
