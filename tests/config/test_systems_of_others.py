# SPDX-License-Identifier: Apache-2.0
"""A contract with a system whose connector another package brings: nothing of ours has to be touched for it."""

import re
from pathlib import Path

import pytest
from mistakes import PAIR, ZENDESK

from tandem.config.codes import Code
from tandem.config.load import load_all, load_pair
from tandem.config.models import BrokenPair
from tandem.config.start import new_contract
from tandem.connectors import registry
from tandem.errors import ConfigurationError, Problem

SAYS = """from tandem.connectors.base import SystemTraits

class Desk:
    traits = SystemTraits(
        private_comments=True,
        history=True,
        workflow=False,
        create_only=frozenset({"description"}),
        options={"marker": ()},
    )
"""


STARTS = """from tandem.connectors.base import SystemTraits

class Desk:
    traits = SystemTraits(
        private_comments=True,
        history=True,
        workflow=False,
        options={"marker": ()},
        start='''
options: {marker: <field for our marks>}
scope: [{field: box, is: <box>}]

fields:
  title:  subject
  status: {field: state, map: {new: fresh, in_progress: open, pending: waiting, solved: done}}
  priority: {field: urgency, map: {1: now, 2: soon, 3: later, 4: never}}
  # assignee: {field: owner, fallback: none}   # asks for a map of people: people/{people}
closed: reopen

create: {box: <box>}
''',
    )
"""


@pytest.fixture
def packages(tmp_path, monkeypatch):
    folder = tmp_path / "packages"
    info = folder / "acme_desk-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-desk\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(str(folder))
    return folder


@pytest.fixture
def brings(packages):
    """Install a connector for the system ``acme``, by its module's name and text."""

    def install(module: str, text: str) -> None:
        (packages / f"{module}.py").write_text(text)
        points = packages / "acme_desk-1.0.dist-info" / "entry_points.txt"
        points.write_text(f"[{registry.GROUP}]\nacme = {module}:Desk\n")

    return install


@pytest.fixture
def acme(root: Path) -> Path:
    """The story's files, with ``acme`` in the place of Zendesk."""
    file = root / ZENDESK
    text = file.read_text()
    assert "system: zendesk" in text
    file.write_text(text.replace("system: zendesk", "system: acme"))
    return root


def _problems(root: Path) -> list[Problem]:
    with pytest.raises(ConfigurationError) as raised:
        load_pair(root / PAIR, root / "contracts")
    return list(raised.value.problems)


def test_what_its_class_says_is_what_a_contract_is_checked_by(brings, acme):
    brings("acme_says", SAYS)
    (problem,) = _problems(acme)
    assert (problem.code, problem.key) == (Code.MISSING, "options")
    assert "marker" in problem.what
    file = acme / ZENDESK
    file.write_text(file.read_text().replace("system: acme", "system: acme\noptions: {marker: ours}"))
    pair = load_pair(acme / PAIR, acme / "contracts")
    assert {pair.left.system, pair.right.system} == {"acme", "jira"}


@pytest.mark.parametrize(
    ("module", "text", "told"),
    [
        ("acme_mute", "class Desk: ...\n", "traits"),
        ("acme_fails", "raise RuntimeError('no such country')\n", "no such country"),
    ],
)
def test_one_that_cannot_be_used_breaks_its_own_pair_alone(brings, acme, module, text, told):
    brings(module, text)
    (problem,) = _problems(acme)
    line = next(n for n, line in enumerate((acme / ZENDESK).read_text().splitlines(), 1) if "system: acme" in line)
    assert (problem.code, problem.file, problem.line) == (Code.SYSTEM, str(acme / ZENDESK), line)
    assert told in problem.what + problem.fix
    [read] = load_all(acme)
    assert isinstance(read, BrokenPair)


def test_it_is_among_those_that_a_typing_error_may_have_meant(brings, acme):
    brings("acme_near", SAYS)
    file = acme / ZENDESK
    file.write_text(file.read_text().replace("system: acme", "system: acmee"))
    (problem,) = _problems(acme)
    assert (problem.code, problem.fix) == (Code.SYSTEM, "Did you mean `acme`?")


def test_its_package_may_bring_the_contract_that_a_company_starts_from(brings, acme):
    """It is made like our own: with our head and tail, and valid once each ``<…>`` is filled in."""
    brings("acme_starts", STARTS)
    text = new_contract("acme", "Mercuri Inc.")
    assert "system: acme\n" in text and "people/mercuri-inc.yaml" in text
    assert [line for line in text.splitlines() if line.startswith(("options:", "scope:", "comments:"))] == [
        "options: {marker: <field for our marks>}",
        "scope: [{field: box, is: <box>}]",
        "comments:    {out: public, as: public, names: full}   # `as`: how the other side's comments are written here",
    ]
    (acme / ZENDESK).write_text(text)
    assert {problem.code for problem in _problems(acme) if not problem.warning} == {Code.PLACEHOLDER}
    (acme / ZENDESK).write_text(re.sub("<[^<>…]+>", "FILLED", text))
    assert {problem.code for problem in load_pair(acme / PAIR, acme / "contracts").warnings} <= {Code.FILES}


def test_one_that_brings_no_start_says_so(brings):
    brings("acme_startless", SAYS)
    with pytest.raises(ConfigurationError) as raised:
        new_contract("acme", "Mercuri Inc.")
    (problem,) = raised.value.problems
    assert (problem.code, "brings none" in problem.what) == (Code.SYSTEM, True)
    assert "docs/reference/contract.md" in problem.fix
    with pytest.raises(ConfigurationError, match="Did you mean `acme`"):
        new_contract("acmee", "Mercuri Inc.")
