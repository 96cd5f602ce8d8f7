# SPDX-License-Identifier: Apache-2.0
"""Files are plain values with lines, whatever stands in them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.config.codes import Code
from tandem.config.yaml import parse, read

WORDS = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=8)
KEYS = st.text(max_size=50)  # YAML itself takes no key beyond 1024 characters, escapes counted
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=10,
)


def test_words_stay_words_and_keys_are_texts() -> None:
    text = "on: off\nyes: no\n1: [y, n, 007, 2026-01-31, 1e3, 0x10, '5', 5, 5.5, ~, null, true, False]\n%s: {}\n" % (
        "9" * 30
    )
    assert parse(text, "f").value == {
        "on": "off",
        "yes": "no",
        "1": ["y", "n", "007", "2026-01-31", "1e3", "0x10", "5", 5, 5.5, None, None, True, "False"],
        "9" * 30: {},
    }


def test_lines_are_those_of_keys_and_items() -> None:
    lines = parse("# first\na:\n  b: 1\n  c:\n    - x\n    - {d: 2}\n", "f").lines
    assert (lines["a"], lines["a.b"], lines["a.c"], lines["a.c.0"], lines["a.c.1.d"]) == (2, 3, 4, 5, 6)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_json_reads_as_itself(value: dict[str, object]) -> None:
    document = parse(json.dumps(value), "f")
    assert (document.value, document.problems) == (value, ())


@given(st.lists(WORDS, min_size=1, max_size=12))
def test_a_key_given_twice_is_told_once_for_each_time(words: list[str]) -> None:
    text = "".join(f"{word!r}: {number}\n" for number, word in enumerate(words))
    document = parse(text, "f")
    assert [(problem.code, problem.line, problem.key) for problem in document.problems] == [
        (Code.TWICE, number + 1, word) for number, word in enumerate(words) if word in words[:number]
    ]
    assert document.value == {word: words.index(word) for word in words}


@given(st.text() | st.text("a:-{}[]&*!|>'\"#% \n\t,?@`0"))
def test_any_text_gives_a_mapping_or_a_problem(text: str) -> None:
    document = parse(text, "f")
    assert document.value is not None or document.problems


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object/apply:os.system [x]",
        "a: !x b",
        "a: &b 1",
        "a: &b 1\nc: *b",
        "? [a]\n: 1",
        "a: 1\n---\nb: 1",
    ],
)
def test_what_is_not_plain_is_refused(text: str) -> None:
    assert Code.NOT_PLAIN in {problem.code for problem in parse(text, "f").problems}


def test_no_depth_breaks_the_reader() -> None:
    assert [problem.what for problem in parse("[" * 5000, "f").problems] == [
        "This is not YAML: nested more than 20 deep."
    ]


def test_half_a_character_is_never_kept() -> None:
    assert parse('{"a": "\\ud83d\\ude00 \\ud83d"}', "f").value == {"a": "\U0001f600 \ufffd"}


def test_an_older_dialect_cannot_be_asked_for() -> None:
    assert parse("%YAML 1.1\n---\na: on\n", "f").value == {"a": "on"}


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert [problem.code for problem in read(tmp_path / "none.yaml").problems] == [Code.UNREADABLE]
    assert [problem.code for problem in read(tmp_path).problems] == [Code.UNREADABLE]
    assert [problem.what for problem in parse("", "f").problems] == ["There is nothing in it."]
