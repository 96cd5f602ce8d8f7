# SPDX-License-Identifier: Apache-2.0
"""The safety stop (engine §11): limits, what an approval raises, and what the message says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.core.safety import (
    CHANGED,
    CLOSES,
    CREATES,
    EMPTIED,
    FIELDS,
    UNSEEN,
    Counts,
    Limits,
    Measured,
    intervals,
    measure,
    words,
)

INTERVAL = timedelta(minutes=2)
LIMITS = Limits(creates=10, closes=4)


def measured(
    *,
    creates: Mapping[str, int] | None = None,
    closes: Mapping[str, int] | None = None,
    emptied: Mapping[tuple[str, str], int] | None = None,
    changed: Mapping[str, int] | None = None,
    unseen: Mapping[str, tuple[int, int]] | None = None,
    limits: Limits = LIMITS,
    covered: float = 1,
    raised: Mapping[tuple[str, str], int] | None = None,
) -> list[Measured]:
    counts = Counts(creates or {}, closes or {}, emptied or {}, changed or {}, unseen or {})
    return measure(counts, limits, covered=covered, raised=raised or {})


def over(found: list[Measured]) -> list[tuple[str, str]]:
    return [(one.limit, one.side) for one in found if one.over]


# ---- limits grow with the intervals that a run covers


@pytest.mark.parametrize(
    ("since", "covered"),
    [
        (None, 1),
        (timedelta(0), 1),
        (timedelta(seconds=-30), 1),  # a clock that was set back
        (timedelta(minutes=2), 1),
        (timedelta(minutes=2, seconds=1), 121 / 120),  # a late start does not double what may be done
        (timedelta(hours=1), 30),
    ],
)
def test_a_run_covers_the_intervals_since_the_last_success(since: timedelta | None, covered: float) -> None:
    assert intervals(since, INTERVAL) == covered


@given(st.timedeltas(timedelta(0), timedelta(days=30)), st.integers(1, 100))
def test_an_outage_heals_by_itself(outage: timedelta, each: int) -> None:
    """Whatever may be made in one interval may be made in each one of an outage."""
    covered = intervals(outage, INTERVAL)
    made = each * max(1, int(outage / INTERVAL))
    assert over(measured(creates={"left": made}, limits=Limits(each, 0), covered=covered)) == []


@pytest.mark.parametrize(("covered", "count", "stops"), [(1, 10, False), (1, 11, True), (3, 30, False), (3, 31, True)])
def test_creates_and_closes_are_counted_an_interval(covered: int, count: int, stops: bool) -> None:
    assert over(measured(creates={"right": count}, covered=covered)) == ([(CREATES, "right")] if stops else [])
    limits = Limits(creates=0, closes=10)
    assert over(measured(closes={"right": count}, limits=limits, covered=covered)) == (
        [(CLOSES, "right")] if stops else []
    )


def test_each_side_is_measured_by_itself() -> None:
    assert over(measured(creates={"left": 11, "right": 10})) == [(CREATES, "left")]


# ---- always on


def test_a_field_emptied_in_many_tickets_stops_however_long_the_outage() -> None:
    emptied = {("left", "title"): EMPTIED, ("left", "assignee"): EMPTIED + 1, ("right", "title"): EMPTIED}
    assert over(measured(emptied=emptied, covered=1000)) == [(FIELDS, "left assignee")]


@pytest.mark.parametrize(
    ("unseen", "linked", "stops"),
    [
        *[
            (40, 60, True),
            (7, 60, True),
            (6, 60, False),
            (5, 8, False),
            (6, 8, True),
            (0, 0, False),
            (100, 1000, False),
        ],
        # A side that is suddenly empty, however small; one ticket alone may just be gone.
        *[(2, 2, True), (1, 2, False), (5, 5, True), (4, 5, False), (1, 1, False)],
    ],
)
def test_many_unseen_at_once_stop_until_nine_in_ten_are_back(unseen: int, linked: int, stops: bool) -> None:
    """C02: 40 of 60 are taken out of sight."""
    assert over(measured(unseen={"left": (unseen, linked)}, covered=50)) == ([(UNSEEN, "left")] if stops else [])


@pytest.mark.parametrize(
    ("share", "linked", "changed", "stops"),
    [(0.3, 50, 15, False), (0.3, 50, 16, True), (0.3, 49, 49, False), (None, 1000, 1000, False), (0.0, 50, 1, True)],
)
def test_a_share_of_changed_tickets_counts_if_set_and_from_fifty_links_on(
    share: float | None, linked: int, changed: int, stops: bool
) -> None:
    found = measured(changed={"left": changed}, unseen={"left": (0, linked)}, limits=Limits(10, 4, share), covered=9)
    assert over(found) == ([(CHANGED, "left")] if stops else [])


# ---- approvals


def test_an_approval_raises_what_was_measured_to_what_was_measured() -> None:
    approved = {(CREATES, "left"): 50}
    assert over(measured(creates={"left": 50}, raised=approved)) == []
    assert over(measured(creates={"left": 51}, raised=approved)) == [(CREATES, "left")]
    assert over(measured(creates={"right": 50}, raised=approved)) == [(CREATES, "right")]
    assert over(measured(closes={"left": 50}, raised=approved)) == [(CLOSES, "left")]


def test_an_approval_of_a_field_is_of_that_field() -> None:
    approved = {(FIELDS, "left title"): 30}
    emptied = {("left", "title"): 30, ("left", "due"): 30}
    assert over(measured(emptied=emptied, raised=approved)) == [(FIELDS, "left due")]


@given(st.integers(0, 100), st.integers(0, 100), st.integers(1, 5))
def test_an_approval_never_lowers_a_limit(count: int, approved: int, covered: int) -> None:
    plain = over(measured(creates={"left": count}, covered=covered))
    raised = over(measured(creates={"left": count}, covered=covered, raised={(CREATES, "left"): approved}))
    assert set(raised) <= set(plain)


# ---- the message


def test_the_message_says_measured_value_limit_and_side() -> None:
    found = measured(
        creates={"acme-zendesk": 12},
        closes={"globex-jira/all": 5},
        emptied={("acme-zendesk", "title"): 26},
        unseen={"globex-jira/all": (40, 60)},
    )
    assert words([one for one in found if one.over]) == (
        "acme-zendesk: 12 tickets would be created (limit 10); "
        "globex-jira/all: 5 tickets would be closed (limit 4); "
        "acme-zendesk title: 26 tickets would have the field emptied (limit 25); "
        "globex-jira/all: 40 linked tickets cannot be seen (limit 6)"
    )
