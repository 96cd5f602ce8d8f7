# SPDX-License-Identifier: Apache-2.0
"""What is wrong in files is told all at once, with its line and its fix, and harms nothing else."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from mistakes import CASES, JIRA, MERCURI, PAIR, ZENDESK, Case

from tandem.config.codes import MEANING, Code
from tandem.config.load import load_all, load_pair
from tandem.config.models import BrokenPair
from tandem.config.traits import TRAITS, SystemTraits
from tandem.errors import ConfigurationError, Problem


def spoil(root: Path, case: Case) -> str:
    """Make the case's edit; give the spoilt text."""
    file = root / case.file
    text = file.read_text()
    assert case.old in text, "the story's file has changed: mend the case"
    file.write_text(text.replace(case.old, case.new, 1))
    return file.read_text()


def found(root: Path, traits: dict[str, SystemTraits] | None = None) -> tuple[Problem, ...]:
    with pytest.raises(ConfigurationError) as raised:
        load_pair(root / PAIR, root / "contracts", traits or TRAITS)
    return raised.value.problems


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code.name}-{case.key}")
def test_each_mistake_is_told_with_its_line_and_its_fix(root: Path, case: Case) -> None:
    text = spoil(root, case)
    problems = [problem for problem in found(root) if (problem.code, problem.key) == (case.code, case.key)]
    assert len(problems) == 1, found(root)
    [problem] = problems
    wanted = case.at or case.new.splitlines()[0]
    line = next(number for number, line in enumerate(text.splitlines(), 1) if wanted in line)
    assert (problem.file, problem.line) == (str(root / case.file), line)
    assert case.fix in problem.fix
    assert problem.what and not problem.warning


def test_every_code_has_a_case() -> None:
    elsewhere = {Code.EVERYTHING, Code.NOT_REVEALED, Code.NEWEST, Code.RING, Code.RENAMED, Code.FILES, Code.ACCOUNTS}
    elsewhere |= {Code.OUTSIDE}
    assert {case.code for case in CASES} | elsewhere == set(Code) == set(MEANING)


def test_the_newest_change_needs_a_history(root: Path) -> None:
    blind = {**TRAITS, "zendesk": SystemTraits(private_comments=True, history=False, workflow=False)}
    problems = {(problem.code, problem.key) for problem in found(root, blind)}
    assert (Code.NEWEST, "conflicts.default") in problems


def test_who_insists_where_no_history_tells_what_a_tracker_did_is_warned(root: Path) -> None:
    blind = {**TRAITS, "zendesk": replace(TRAITS["zendesk"], history=False)}
    rules = "conflicts: {default: left, priority: right}\ninsist: [status]"
    spoil(root, Case(PAIR, "conflicts: {default: newest, priority: right}", rules, Code.NEWEST, "", ""))
    told = [one for one in load_pair(root / PAIR, root / "contracts", blind).warnings if one.code == Code.NEWEST]
    assert [(one.key, one.warning, "`mercuri-zendesk`" in one.what) for one in told] == [("insist", True, True)]
    assert Code.NEWEST not in {one.code for one in load_pair(root / PAIR, root / "contracts").warnings}


def test_warnings_do_not_stop_a_pair(root: Path) -> None:
    spoil(root, Case(ZENDESK, "scope: [{field: tags, contains: customer}]", "scope: []", Code.EVERYTHING, "", ""))
    spoil(root, Case(ZENDESK, "{{ author }}", "{{ twin.url }}", Code.NOT_REVEALED, "", ""))
    pair = load_pair(root / PAIR, root / "contracts")
    assert [(problem.code, problem.key, problem.warning) for problem in pair.warnings] == [
        (Code.EVERYTHING, "scope", True),
        (Code.NOT_REVEALED, "comments.in", True),
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "at", "line", "words"),
    [
        (JIRA, "attachments: {up_to: 20 MB, unreferenced: send}", "attachments: none", ZENDESK, 26, "neither offers"),
        (ZENDESK, "{up_to: 20 MB,", "{allow: [.pdf, image/png], deny: [.pdf, image/*],", ZENDESK, 26, "denied as well"),
        (ZENDESK, "{up_to: 20 MB,", "{deny: ['*'],", ZENDESK, 26, "All kinds of files are denied"),
    ],
)
def test_files_that_nobody_will_send_are_told(
    root: Path, file: str, old: str, new: str, at: str, line: int, words: str
) -> None:
    spoil(root, Case(file, old, new, Code.FILES, "", ""))
    [problem] = load_pair(root / PAIR, root / "contracts").warnings
    assert (problem.code, problem.file, problem.line) == (Code.FILES, str(root / at), line)
    assert words in problem.what and problem.fix


def test_files_that_only_a_text_could_show_need_a_text_that_leaves(root: Path) -> None:
    spoil(root, Case(ZENDESK, "unreferenced: send", "unreferenced: hold", Code.FILES, "", ""))
    assert load_pair(root / PAIR, root / "contracts").warnings == ()
    spoil(root, Case(ZENDESK, "{out: public, as", "{out: none, as", Code.FILES, "", ""))
    assert load_pair(root / PAIR, root / "contracts").warnings == ()  # the description still leaves
    spoil(root, Case(ZENDESK, "on_change: comment}", "on_change: comment, direction: in}", Code.FILES, "", ""))
    [problem] = load_pair(root / PAIR, root / "contracts").warnings
    assert (problem.code, problem.key) == (Code.FILES, "attachments.unreferenced")
    assert "no text leaves" in problem.what


def test_a_contract_of_another_ending_is_told_to_be_renamed(root: Path) -> None:
    (root / ZENDESK).rename((root / ZENDESK).with_suffix(".yml"))
    told = [(problem.code, problem.fix) for problem in found(root)]
    assert told == [(Code.NO_SUCH_FILE, "Rename mercuri-zendesk.yml to mercuri-zendesk.yaml.")]


def test_one_of_several_offers_is_to_be_named(root: Path) -> None:
    spoil(root, Case(PAIR, "right: infinity-jira/customers", "right: infinity-jira", Code.NO_SUCH_FILE, "", ""))
    (problem,) = found(root)
    assert (problem.key, problem.fix) == ("right", "Write infinity-jira/customers or infinity-jira/root_cause.")


def test_what_can_be_made_out_of_a_broken_pair_is_there_to_be_looked_at(root: Path) -> None:
    spoil(root, Case(ZENDESK, "closed: quarantine", "closed: reopen", Code.CLOSED, "", ""))
    [broken] = load_all(root)
    assert isinstance(broken, BrokenPair) and broken.pair is not None
    assert [side.system for side in broken.sides] == ["zendesk", "jira"]
    spoil(root, Case(PAIR, "deadline: 10 min", "deadline: soon", Code.UNIT, "", ""))
    [broken] = load_all(root)
    assert isinstance(broken, BrokenPair) and broken.pair is None
    assert [side.system for side in broken.sides] == ["zendesk", "jira"]
    assert {problem.code for problem in broken.problems} == {Code.CLOSED, Code.UNIT}
    spoil(root, Case(JIRA, "closed: reopen", "closd: reopen", Code.UNKNOWN_KEY, "", ""))
    [broken] = load_all(root)
    assert isinstance(broken, BrokenPair)
    assert [side.system for side in broken.sides] == ["zendesk", "jira"]


@pytest.mark.parametrize(
    ("old", "new"),
    [("{field: labels, contains: customer}", "{field: labels, contain: customer}"), ("    scope: [", "    scop: [")],
)
def test_a_side_whose_scope_cannot_be_read_is_not_looked_at(root: Path, old: str, new: str) -> None:
    spoil(root, Case(JIRA, old, new, Code.UNKNOWN_KEY, "", ""))
    [broken] = load_all(root)
    assert isinstance(broken, BrokenPair)
    assert [side.system for side in broken.sides] == ["zendesk"]
    assert {problem.code for problem in broken.problems} <= {Code.UNKNOWN_KEY, Code.WRONG_VALUE}


def test_all_problems_of_all_files_come_at_once(root: Path) -> None:
    for file, old, new in (
        (PAIR, "deadline: 10 min", "deadline: soon"),
        (ZENDESK, "closed: quarantine", "closed: burn"),
        (JIRA, "closed: reopen", "closd: reopen"),
        (MERCURI, "company: Mercuri Inc.", "company: [Mercuri]"),
    ):
        spoil(root, Case(file, old, new, Code.WRONG_VALUE, "", ""))
    told = {Path(problem.file).name for problem in found(root)}
    assert told == {Path(file).name for file in (PAIR, ZENDESK, JIRA, MERCURI)}


def test_no_message_shows_the_other_companys_file(root: Path) -> None:
    spoil(root, Case(JIRA, "pending: Waiting, ", "", Code.NOT_TAKEN, "", ""))
    [problem] = found(root)
    told = f"{problem.what} {problem.fix}"
    assert "`pending`" in told
    assert "mercuri" not in told.lower() and "zendesk" not in told.lower()


def test_a_broken_pair_keeps_its_name_and_harms_no_other(root: Path) -> None:
    good = root / PAIR
    (root / "pairs" / "broken__pair.yaml").write_text("left: [")
    (root / "pairs" / "late.yml").write_text(good.read_text())
    twin = root / "pairs" / "mercuri-zendesk__infinity-jira.customers.yaml"
    twin.write_text(good.read_text())
    (root / "pairs" / "notes.txt").write_text("not a pair")
    read = load_all(root)
    assert [pair.name for pair in read] == [
        "broken__pair",
        "late.yml",
        "mercuri-zendesk__infinity-jira.customers",
        "mercuri-zendesk__infinity-jira",
    ]
    assert [type(pair) is BrokenPair for pair in read] == [True, True, False, True]
    assert [problem.code for problem in read[3].problems] == [Code.PAIR_TWICE]  # type: ignore[union-attr]


def test_a_broken_pair_has_a_name_that_airflow_takes(root: Path) -> None:
    for stem in ("a pair", "a_pair", "a+pair", "ü", "x" * 230):
        (root / "pairs" / f"{stem}.yaml").write_text("left: [")
    names = [pair.name for pair in load_all(root)]
    assert len(set(names)) == len(names) == 6
    assert all(re.fullmatch(r"[\w.-]{1,200}", name) for name in names)


def test_unreadable_files_are_problems_too(root: Path) -> None:
    (root / ZENDESK).write_bytes(b"company: \xff\xfe")
    assert [(problem.code, problem.what) for problem in found(root)] == [
        (Code.UNREADABLE, "The file is not UTF-8 text.")
    ]
    assert load_all(root / "nowhere") == []
