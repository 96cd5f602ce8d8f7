# SPDX-License-Identifier: Apache-2.0
"""What happened on tickets, asked so that one over which a tracker refuses or breaks down keeps back no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tandem.connectors.base import History
from tandem.errors import RefusedError, TandemError, UnavailableError
from tandem.pipeline.environment import End, log

DOWN = 3  # so many tickets in a row of which a tracker breaks down: then it is down, and not over them


def histories_of(end: End, ids: Sequence[str]) -> Mapping[str, History]:
    """What happened on tickets. Where that is refused, or the tracker breaks down over it, each is asked for by itself.

    One of which the tracker tells nothing is left out, as one that our account may not see: it waits, is asked for
    again by the next run, and keeps back no other.

    Raises:
        RefusedError: of several tickets it tells of none, so it is not the tickets that are wrong.
        UnavailableError: the same, or it broke down over several in a row.
    """
    try:
        return end.connector.history(ids)
    except (RefusedError, UnavailableError) as error:
        if len(ids) == 1:
            return _left_out(end, ids[0], error)
    return _one_by_one(end, ids)


def _one_by_one(end: End, ids: Sequence[str]) -> Mapping[str, History]:
    told: dict[str, History] = {}
    untold: list[tuple[str, TandemError]] = []
    down = 0
    for id_ in ids:
        try:
            told |= end.connector.history([id_])
            down = 0
        except (RefusedError, UnavailableError) as error:
            untold.append((id_, error))
            down = down + 1 if isinstance(error, UnavailableError) else 0
            if down == DOWN:
                raise
    if untold and not told:
        raise untold[0][1]
    for id_, why in untold:
        _left_out(end, id_, why)
    return told


def _left_out(end: End, id_: str, why: TandemError) -> Mapping[str, History]:
    log.warning("%s: what happened on %s is not told: %s", end.offer.name, id_, why)
    return {}
