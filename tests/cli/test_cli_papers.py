# SPDX-License-Identifier: Apache-2.0
"""`tandem access` and `tandem dictionary` over the real sandbox."""

from __future__ import annotations

from cli_house import PAIR, House


def test_access_is_printed_written_and_told_as_json(house: House) -> None:
    said = house.tandem("access")
    assert said.code == 0
    assert said.out.startswith("# Who can see and write what\n\nThis installation of Tandem is run by an integrator")
    assert "| title | full | full |" in said.out
    told = house.tandem("access", "--json").data
    assert told["pairs"][PAIR][0]["what"] == "assignee"
    page = house.root / "access.html"
    assert house.tandem("access", PAIR, "--format", "html", "-o", str(page)).code == 0
    assert page.read_text().startswith("<!doctype html>") and "<td>title</td>" in page.read_text()


def test_a_dictionary_shows_both_sides_tables_limits_and_samples(house: House) -> None:
    house.open_issue("Till prints the total twice", labels=["customer"])
    said = house.tandem("dictionary", PAIR)
    assert said.code == 0, said.err
    assert "Till prints the total twice" in said.out
    assert "| 2 | high | High |" in said.out
    assert "at most 255 characters" in said.out
    assert "Till prints" not in house.tandem("dictionary", PAIR, "--no-samples").out


def test_a_dictionary_shows_no_value_that_its_owner_keeps_at_home(house: House) -> None:
    """Of the tags `checkout`, `kiosk` and `payment` are offered; of people, those whom both companies know."""
    house.open_ticket("Card reader is dark", tags=["customer", "payment", "blacklist"])
    house.open_ticket("The first message is internal", comment={"body": "They pay late", "public": False})
    shown = house.tandem("dictionary", PAIR, "--json").data["samples"]["left"]
    assert "payment" in shown["labels"]
    assert "blacklist" not in str(shown) and "They pay late" not in str(shown)


def test_a_field_that_most_tickets_leave_empty_has_a_sample_too(house: House) -> None:
    for number in range(5):
        house.open_issue(f"Nothing but what brings it here {number}", labels=["customer"])
    house.open_issue("One that says where", labels=["customer", "kiosk"])
    assert "kiosk" in house.tandem("dictionary", PAIR, "--json").data["samples"]["right"]["labels"]


def test_a_wrong_form_is_a_wrong_use(house: House) -> None:
    assert house.tandem("access", "--format", "pdf").code == 2
