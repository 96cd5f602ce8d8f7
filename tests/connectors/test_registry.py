# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tandem.connectors import registry
from tandem.connectors.jira import Jira
from tandem.errors import ConfigurationError

ROOT = Path(__file__).parents[2]


def _installed(folder, name, **points):
    """Make a folder that looks like a place where packages with these connectors were installed."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    listed = "\n".join(f"{system} = {place}" for system, place in points.items())
    (info / "entry_points.txt").write_text(f"[{registry.GROUP}]\n{listed}\n")


@pytest.fixture
def packages(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def _refusal(system):
    with pytest.raises(ConfigurationError) as refused:
        registry.factory(system)
    (problem,) = refused.value.problems
    return problem


def test_our_own_are_found_without_being_installed():
    assert registry.factory("jira") is Jira


def test_what_a_checkout_falls_back_to_is_what_an_installation_has():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert dict(registry.BUILT_IN) == project["entry-points"][registry.GROUP]


def test_another_package_brings_a_connector(packages):
    (packages / "acme_otrs.py").write_text("class Otrs: ...\n")
    _installed(packages, "acme-otrs", otrs="acme_otrs:Otrs")
    assert registry.factory("otrs").__name__ == "Otrs"
    assert set(registry.systems()) >= {"jira", "otrs", "zendesk"}


def test_an_unknown_system_is_refused_with_those_that_there_are():
    problem = _refusal("jria")
    assert ", ".join(registry.systems()) in problem.what
    assert problem.fix == 'Did you mean "jira"?'


def test_a_system_unlike_all_others_asks_for_its_package():
    assert _refusal("otrs").fix == "Install the package that brings its connector."


def test_a_connector_that_cannot_be_imported_says_from_where(packages):
    _installed(packages, "broken", otrs="nowhere_at_all:Otrs")
    assert "nowhere_at_all" in _refusal("otrs").what


def test_two_packages_with_one_name_are_not_chosen_from(packages):
    _installed(packages, "one", otrs="one:Otrs")
    _installed(packages, "two", otrs="two:Otrs")
    assert "one:Otrs and two:Otrs" in _refusal("otrs").what


def test_asking_for_one_system_imports_no_other():
    code = (
        "import sys; from tandem.connectors.registry import factory; factory('jira');"
        "sys.exit('tandem.connectors.zendesk' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(ROOT / "include")})
