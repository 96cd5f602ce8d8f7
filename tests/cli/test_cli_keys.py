# SPDX-License-Identifier: Apache-2.0
"""`tandem keys`, `migrate`, `new-contract`, and how an error that nobody foresaw is told."""

import sqlite3

import pytest
from cli_house import PAIR, House
from typer import Exit

from tandem import __version__
from tandem.cli.out import Answer, finish
from tandem.config.start import SYSTEMS
from tandem.state.vault import Vault


def sealed(house: House) -> list[str]:
    with sqlite3.connect(house.folder / "state.db") as state:
        return [text for (text,) in state.execute("SELECT sealed FROM tandem_run WHERE sealed IS NOT NULL")]


def test_new_keys_work_and_are_printed_for_a_shell(house: House) -> None:
    made = house.tandem("keys", "new", "--json").data
    Vault([made["TANDEM_CONTENT_KEYS"]], made["TANDEM_HASH_KEY"])
    lines = house.tandem("keys", "new").out.splitlines()
    assert [line.partition("=")[0] for line in lines] == ["export TANDEM_CONTENT_KEYS", "export TANDEM_HASH_KEY"]


def test_after_a_rotation_the_older_key_can_be_thrown_away(started: House) -> None:
    old = started.environ["TANDEM_CONTENT_KEYS"]
    new = started.tandem("keys", "new", "--json").data["TANDEM_CONTENT_KEYS"]
    started.environ["TANDEM_CONTENT_KEYS"] = f"{new},{old}"
    assert started.tandem("keys", "rotate", "--json").data["rows"] >= len(sealed(started)) > 0
    vault = Vault([new], started.environ["TANDEM_HASH_KEY"])
    assert all(vault.open(text) is not None for text in sealed(started))
    started.environ["TANDEM_CONTENT_KEYS"] = new
    assert started.tandem("run", PAIR).code == 0


def test_a_state_without_tables_is_told_of_and_made(house: House) -> None:
    before = house.tandem("status")
    assert (before.code, "TDM-306" in before.err, "tandem migrate" in before.err) == (1, True, True)
    assert house.tandem("migrate").code == 0
    after = house.tandem("status")
    assert (after.code, "no run yet" in after.out) == (0, True)


def test_a_new_contract_is_printed_or_written_but_never_over_another(house: House) -> None:
    text = house.tandem("new-contract", "jira", "--company", "Acme Ltd").out
    assert "company: 'Acme Ltd'" in text and "<project key>" in text
    assert house.tandem("new-contract", "jira", "--company", "Acme Ltd", "--write").code == 0
    assert (house.root / "contracts" / "acme-ltd-jira.yaml").read_text() == text
    assert house.tandem("new-contract", "jira", "--company", "Acme Ltd", "--write").code == 2
    assert house.tandem("new-contract", "jra", "--company", "Acme Ltd").code == 1
    told = house.tandem("new-contract", "--help").out
    assert [system for system in SYSTEMS if system not in told] == []


def test_the_version_is_told(house: House) -> None:
    assert house.tandem("--version").out == f"tandem {__version__}\n"


def test_an_error_of_others_is_told_without_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> Answer:
        raise ValueError("the customer's words")

    with pytest.raises(Exit) as ended:
        finish(True, work)
    said = capsys.readouterr()
    assert ended.value.exit_code == 1
    assert "ValueError in work" in said.err and "Traceback" not in said.err
    assert "customer's words" not in said.out + said.err


def test_a_folder_without_pairs_is_a_usage_error(house: House) -> None:
    (house.root / "pairs" / f"{PAIR}.yaml").unlink()
    said = house.tandem("check")
    assert (said.code, "There is no pair below" in said.err) == (2, True)
    assert house.tandem("check", "--root", "nowhere").code == 2
