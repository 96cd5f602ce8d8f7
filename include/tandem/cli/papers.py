# SPDX-License-Identifier: Apache-2.0
"""``tandem access`` and ``tandem dictionary``: papers about pairs, as Markdown or HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tandem.check import Bound, check_trackers
from tandem.cli.known import bound, opened
from tandem.cli.out import IN_STEP, PROBLEMS, Answer, UsageError, problem_lines, say, told
from tandem.cli.setting import Setting
from tandem.config.load import load_all, load_pair
from tandem.config.models import BrokenPair, Pair
from tandem.config.scope_ids import by_ids
from tandem.core.rules import Which
from tandem.errors import ConfigurationError, RetryableError
from tandem.papers import access as access_paper
from tandem.papers import dictionary as dictionary_paper
from tandem.papers.page import Paper, markdown, page
from tandem.papers.samples import samples

FORMS = ("markdown", "html")


def access(setting: Setting, names: Sequence[str], form: str, output: Path | None) -> Answer:
    """Tell who can see and write what in these pairs (none named: all)."""
    wanted = [setting.pair_name(name) for name in names]
    setting.demand_pairs()
    read = [pair for pair in load_all(setting.root) if not wanted or pair.name in wanted]
    sound = [pair for pair in read if isinstance(pair, Pair)]
    broken = [problem for pair in read if isinstance(pair, BrokenPair) for problem in pair.problems]
    for line in problem_lines(broken):
        say(line)
    paper = access_paper.access(sound)
    matrix = {
        pair.name: [
            {"what": what, pair.right.name: str(right), pair.left.name: str(left)}
            for what, right, left in access_paper.matrix(pair)
        ]
        for pair in sound
    }
    return _answer(paper, form, output, {"pairs": matrix, "problems": [told(one) for one in broken]}, bool(broken))


def dictionary(setting: Setting, name: str, form: str, output: Path | None, *, with_samples: bool) -> Answer:
    """Describe a pair's fields as its files and its trackers tell them; names as runs have bound them.

    Raises:
        ConfigurationError: the files cannot be used, or a tracker says that they do not fit.
    """
    pair = load_pair(setting.root / "pairs" / f"{setting.pair_name(name)}.yaml", setting.root / "contracts")
    store, state = opened(setting)
    try:
        meant = bound(store, pair)
    finally:
        if store is not None:
            store.close()
    for line in problem_lines(state.problems):
        say(line)
    report = check_trackers(pair, setting.connect, meant)
    shown = {}
    for which, side in ((Which.LEFT, pair.left), (Which.RIGHT, pair.right)):
        by = meant.get(which.value, Bound())
        try:
            connector = setting.connect(by_ids(side, by.scope))
            shown[which.value] = samples(side, which, connector, by.names) if with_samples else {}
        except (ConfigurationError, RetryableError) as error:
            say(f"{side.name}: no samples ({error})")
    paper = dictionary_paper.dictionary(pair, report.sides, shown, meant)
    wrong = [one for one in report.everything if not one.warning]
    for line in problem_lines(wrong):
        say(line)
    return _answer(paper, form, output, {"pair": pair.name, "samples": shown}, bool(wrong))


def _answer(paper: Paper, form: str, output: Path | None, data: dict[str, object], wrong: bool) -> Answer:
    if form not in FORMS:
        raise UsageError(f"There is no form {form}.", "Write --format markdown or --format html.")
    text = page(paper) if form == "html" else markdown(paper)
    lines = [text.rstrip("\n")]
    if output is not None:
        output.write_text(text, encoding="utf-8")
        lines = [f"written to {output}"]
    return Answer({**data, "paper": asdict(paper)}, lines, PROBLEMS if wrong else IN_STEP)
