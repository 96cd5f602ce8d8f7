# SPDX-License-Identifier: Apache-2.0
"""Labels are spelled by a rule that reads back (engine §15, C20)."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tandem.core.labels import read, spell

JIRA = r"\S"
ZENDESK = r"[a-z0-9_:/\-ß-öø-ÿ]|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
ASCII = r"[a-z0-9_]"
C20 = ["on hold", "on.hold", "a;b", "a,b", 'say "x"', " kiosk ", "\U0001f9f5", "x" * 300]

trackers = st.sampled_from([JIRA, ZENDESK, ASCII])
parts = st.sampled_from(
    ["_", "x", "2", "20", "x20", "_x20_", "x5f_", "_x", "86", "a", "F", " ", ".", ";", "\x02", "é", "\U0001f9f5"]
)
names = st.one_of(st.text(max_size=8), st.lists(parts, max_size=6).map("".join))


@given(names, trackers)
@example("linux_x86 64", JIRA)
@example("_x20_", JIRA)
@example("_x20_x21_", ASCII)
def test_a_label_reads_back_as_it_was(label: str, allowed: str) -> None:
    assert read(spell(label, allowed), allowed) == label


@given(names, trackers)
def test_only_characters_that_the_tracker_takes_are_written(label: str, allowed: str) -> None:
    assert all(re.fullmatch(allowed, char) for char in spell(label, allowed))


@given(names, names, trackers)
@example("linux_x86 64", "linux\x86x20_64", JIRA)
@example("a b", "a_x20_b", JIRA)
def test_two_labels_never_fall_together(one: str, other: str, allowed: str) -> None:
    assert (spell(one, allowed) == spell(other, allowed)) == (one == other)


@given(names, trackers)
def test_what_reads_as_another_label_is_what_we_wrote_for_it(native: str, allowed: str) -> None:
    """So a tracker's own label is never taken for one that it is not."""
    label = read(native, allowed)
    assert label == native or spell(label, allowed) == native


@given(names)
def test_a_tracker_that_takes_every_character_gets_the_label_itself(label: str) -> None:
    assert spell(label, None) == read(label, None) == label


@pytest.mark.parametrize("allowed", [JIRA, ZENDESK])
def test_the_labels_of_c20_stay_apart(allowed: str) -> None:
    spelled = [spell(label, allowed) for label in C20]
    assert len(set(spelled)) == len(C20)
    assert [read(label, allowed) for label in spelled] == C20


@pytest.mark.parametrize("label", ["kiosk", "linux_x86", "linux_x86_64bit", "_", "x20", "foo_xylophone"])
def test_a_label_that_needs_no_other_spelling_keeps_its_own(label: str) -> None:
    """Except one that would read as a code."""
    assert spell(label, JIRA) == (label if label != "linux_x86_64bit" else "linux_x5f_x86_64bit")


@pytest.mark.parametrize("native", ["_xd800_", "_x110000_", "_xffffff_", "_x41_", "_x_", "_x20"])
def test_a_code_that_we_did_not_write_is_no_code(native: str) -> None:
    assert read(native, JIRA) == native
