# SPDX-License-Identifier: Apache-2.0
"""What is generated is up to date, and agrees with what the program accepts."""

import re
from pathlib import Path

import jsonschema
import pytest

from sandbox.clock import Clock
from sandbox.jira.catalog import Catalog
from sandbox.jira.settings import JiraSettings
from sandbox.world import load_world
from sandbox.zendesk.desk import Desk
from tandem.config.codes import Code
from tandem.config.load import load_all, load_pair
from tandem.config.models import Pair
from tandem.config.reference import FILES, pages, schema, write
from tandem.config.start import SYSTEMS, new_contract
from tandem.config.yaml import parse, read
from tandem.errors import ConfigurationError

ROOT = Path(__file__).parents[2]
INCLUDE = ROOT / "include"


def test_reference_and_schemas_are_up_to_date() -> None:
    stale = [name for name, text in pages().items() if (ROOT / "docs" / name).read_text(encoding="utf-8") != text]
    assert stale == [], "run: python -m tandem.config.reference"


def test_writing_again_changes_nothing(tmp_path: Path) -> None:
    assert {file.relative_to(tmp_path).as_posix() for file in write(tmp_path)} == set(pages())
    assert write(tmp_path) == []


def test_the_storys_files_have_no_problem() -> None:
    pairs = load_all(INCLUDE)
    assert len(pairs) == 3
    for pair in pairs:
        assert isinstance(pair, Pair), pair
        assert pair.warnings == ()


@pytest.mark.parametrize(
    ("kind", "folder"), [("contract", "contracts"), ("people", "contracts/people"), ("pair", "pairs")]
)
def test_editors_accept_the_storys_files_and_refuse_misspelt_ones(kind: str, folder: str) -> None:
    files = sorted((INCLUDE / folder).glob("*.yaml"))
    assert files
    described = schema(FILES[kind])
    jsonschema.Draft202012Validator.check_schema(described)
    for file in files:
        value = read(file).value
        jsonschema.validate(value, described)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**(value or {}), "compny": "x"}, described)


def test_the_storys_people_are_people_of_the_storys_world() -> None:
    pair = next(one for one in load_all(INCLUDE) if one.name == "mercuri-zendesk__infinity-jira")
    assert isinstance(pair, Pair)
    tenants = {tenant.name: tenant for tenant in load_world(INCLUDE / "sandbox/worlds/story.yaml").tenants}
    desk = Desk(tenants["mercuri-zendesk"], Clock(), "http://127.0.0.1")
    jira = tenants["infinity-jira"]
    site = Catalog(jira, JiraSettings.model_validate(jira.settings))
    agents = {user.email: str(user.id) for user in desk.users.values()}
    assert pair.left.people.accounts == {
        alias: agents[alias] for alias in ("anna@mercuri.example", "bruno@mercuri.example")
    }
    assert pair.right.people.accounts == {
        "anna@mercuri.example": site.account("omar").id,
        "bruno@mercuri.example": site.account("elaine").id,
    }
    assert pair.right.automations == (site.account("automation").id,)


@pytest.mark.parametrize("system", sorted(SYSTEMS))
def test_a_new_contract_is_valid_once_filled_in(root: Path, system: str) -> None:
    left = system == "zendesk"
    file = root / "contracts" / ("mercuri-zendesk.yaml" if left else "infinity-jira.yaml")
    offer = "mercuri-zendesk " if left else "infinity-jira/customers"
    company = "Mercuri Inc." if left else "Infinity Solutions"
    text = new_contract(system, company)
    file.write_text(text)
    pair = root / "pairs/mercuri-zendesk__infinity-jira.yaml"
    pair.write_text(pair.read_text().replace(offer, offer.partition("/")[0]))
    with pytest.raises(ConfigurationError) as raised:
        load_pair(pair, root / "contracts")
    assert {problem.code for problem in raised.value.problems if not problem.warning} == {Code.PLACEHOLDER}
    file.write_text(re.sub("<[^<>…]+>", "FILLED", text).replace("<Custom.…>", "Custom.Mark").replace("<cf_…>", "cf_1"))
    # That all of a place is offered is left to be thought about, and which files are (where no text shows them).
    left_open = {Code.EVERYTHING, *([Code.FILES] if system in ("azure_devops", "servicenow") else [])}
    assert {problem.code for problem in load_pair(pair, root / "contracts").warnings} <= left_open


@pytest.mark.parametrize("system", sorted(SYSTEMS))
def test_what_a_new_contract_has_commented_out_stands_where_it_is_to_be(root: Path, system: str) -> None:
    """An editor takes the `# ` away, and no more."""
    text = re.sub(r"(?m)^( *)# ([a-z]+: )", r"\1\2", new_contract(system, "Mercuri Inc."))
    assert "# assignee" not in text
    (root / "contracts" / "mercuri-zendesk.yaml").write_text(text)
    with pytest.raises(ConfigurationError) as raised:
        load_pair(root / "pairs/mercuri-zendesk__infinity-jira.yaml", root / "contracts")
    assert Code.UNKNOWN_KEY not in {problem.code for problem in raised.value.problems}


def test_a_companys_name_is_quoted_and_an_unknown_system_refused() -> None:
    assert parse(new_contract("jira", "O'Neil: & Sons #1\n"), "f").value["company"] == "O'Neil: & Sons #1"  # type: ignore[index]
    with pytest.raises(ConfigurationError, match="Did you mean `jira`"):
        new_contract("jria", "X")
