# SPDX-License-Identifier: Apache-2.0
"""The pages on which people watch a tracker and act in it."""

import requests
from bs4 import BeautifulSoup

from support.zendesk import ZendeskDesk

HOSTILE = "<script>alert('x')</script>"


def page(desk: ZendeskDesk, path: str) -> BeautifulSoup:
    answer = requests.get(desk.place.url + path, timeout=10)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def fill(desk: ZendeskDesk, path: str, **form: str) -> requests.Response:
    return requests.post(desk.place.url + path, data=form, timeout=10)


def shown(desk: ZendeskDesk, number: int) -> dict[str, str]:
    """The form of a ticket's page as the browser would send it back."""
    form = page(desk, f"/ui/tickets/{number}").form
    assert form
    inputs = {str(i["name"]): str(i.get("value", "")) for i in form.find_all("input", type=["hidden", "text"])}
    chosen = {
        str(select["name"]): option.get_text()
        for select in form.find_all("select")
        if (option := select.find("option", selected=True))
    }
    return inputs | chosen


def test_every_page_says_whose_tracker_it_is_and_that_it_is_simulated(desk: ZendeskDesk) -> None:
    made = desk.make()["id"]

    for path in ("/", "/ui/new", f"/ui/tickets/{made}"):
        header = page(desk, path).header
        assert header
        assert "Mercuri Inc." in header.get_text()
        assert "simulated tracker: no real company, no real Zendesk" in header.get_text()


def test_the_list_shows_the_last_change_first_with_who_made_it(desk: ZendeskDesk) -> None:
    made = desk.make(subject="Lamp", priority="high")["id"]
    desk.control.advance(1)
    desk.change(made, "anna", status="open")

    cells = [cell.get_text() for cell in page(desk, "/").find_all("tr")[1].find_all("td")]

    assert cells[:4] + cells[5:] == [str(made), "Lamp", "open", "high", "Anna"]


def test_whatever_is_in_a_ticket_is_shown_as_text(desk: ZendeskDesk) -> None:
    made = desk.make(subject=HOSTILE, text=HOSTILE)["id"]
    desk.change(made, comment={"body": HOSTILE})
    desk.change(made, subject=HOSTILE + HOSTILE)

    for path in ("/", f"/ui/tickets/{made}"):
        soup = page(desk, path)
        assert soup.find("script") is None
        assert HOSTILE in soup.get_text()


def test_internal_comments_are_marked(desk: ZendeskDesk) -> None:
    made = desk.make()["id"]
    desk.change(made, "anna", comment={"body": "secret", "public": False})
    desk.change(made, "anna", comment={"body": "open"})

    secret, public = page(desk, f"/ui/tickets/{made}").select(".comment")

    assert "internal: not for the customer" in secret.get_text() and "secret" in secret.get_text()
    assert "public" in public.get_text() and "internal" not in public.get_text()


def test_what_the_integration_did_is_told_from_what_people_did(desk: ZendeskDesk) -> None:
    made = desk.make("anna")["id"]
    desk.change(made, "anna", comment={"body": "a person's"}, priority="low")
    desk.change(made, comment={"body": "the program's"}, priority="high")

    soup = page(desk, f"/ui/tickets/{made}")

    people, program = soup.select(".comment")
    assert people.select(".program") == []
    assert [badge.get_text() for badge in program.select(".program")] == ["integration"]
    newest, older = soup.select(".change")
    assert "low → high" in newest.get_text() and newest.select(".program")
    assert older.select(".program") == []
    assert page(desk, "/").find_all("tr")[1].select(".program")


def test_a_ticket_shows_at_its_top_how_it_stands(desk: ZendeskDesk) -> None:
    made = desk.make("anna", priority="high", status="pending")["id"]

    standing = page(desk, f"/ui/tickets/{made}").select_one(".standing")

    assert standing
    assert [chip.get_text() for chip in standing.select(".chip")] == ["pending", "high"]
    assert "Anna" in standing.get_text()


def test_a_first_message_that_is_internal_is_marked(desk: ZendeskDesk) -> None:
    hidden = desk.make("anna", comment={"body": "secret", "public": False})["id"]
    shown = desk.make("anna", comment={"body": "open"})["id"]

    first = [page(desk, f"/ui/tickets/{number}").select_one(".first") for number in (hidden, shown)]

    assert ["internal: not for the customer" in str(one) for one in first] == [True, False]


def test_a_person_makes_a_ticket_and_works_on_it(desk: ZendeskDesk) -> None:
    files = {"files": ("shot.png", b"\x89PNG", "image/png")}
    made = requests.post(
        f"{desk.place.url}/ui/new",
        data={"who": "anna", "title": "Lamp", "comment": "It is dark\r\nhere"},
        files=files,
        timeout=10,
    )
    number = int(made.url.split("/")[-1].split("?")[0])
    fill(desk, f"/ui/tickets/{number}", **shown(desk, number), who="bruno", comment="a note", internal="true")
    fill(desk, f"/ui/tickets/{number}", **{**shown(desk, number), "who": "bruno", "status": "pending"})

    ticket = desk.read(f"tickets/{number}")["ticket"]
    first, second = desk.read(f"tickets/{number}/comments")["comments"]
    audits = desk.read(f"tickets/{number}/audits")["audits"]
    assert (ticket["subject"], ticket["status"], ticket["priority"]) == ("Lamp", "pending", None)
    assert (first["body"], first["attachments"][0]["file_name"]) == ("It is dark\nhere", "shot.png")
    assert (second["author_id"], second["public"]) == (desk.user_id("bruno"), False)
    assert [(a["via"]["channel"], len(a["events"])) for a in audits[1:]] == [("web", 1), ("web", 2)]


def test_an_old_form_changes_only_what_the_person_changed(desk: ZendeskDesk) -> None:
    made = desk.make(priority="low")["id"]
    old = shown(desk, made)
    desk.change(made, "anna", priority="urgent", subject="New title")

    fill(desk, f"/ui/tickets/{made}", **{**old, "who": "bruno", "status": "open"})

    ticket = desk.read(f"tickets/{made}")["ticket"]
    assert (ticket["subject"], ticket["priority"], ticket["status"]) == ("New title", "urgent", "open")


def test_a_refusal_is_shown_in_words(desk: ZendeskDesk) -> None:
    made = desk.make()["id"]
    form = shown(desk, made)
    desk.change(made, status="closed")

    refused = fill(desk, f"/ui/tickets/{made}", who="anna", comment="too late")
    by_carla = fill(desk, f"/ui/tickets/{made}", **{**form, "who": "carla", "comment": "me too"})
    by_nobody = fill(desk, f"/ui/tickets/{made}", comment="me too")

    assert refused.status_code == 422
    assert "Zendesk refused this:</b> Status: closed prevents ticket update" in refused.text
    assert "Customers see only their own tickets." in by_carla.text
    assert "Choose who you are." in by_nobody.text
    assert requests.get(f"{desk.place.url}/ui/tickets/0", timeout=10).status_code == 404


def test_pages_are_neither_noted_nor_struck_by_faults(desk: ZendeskDesk) -> None:
    desk.control.fault("down", "mercuri-zendesk")
    desk.control.clear_requests()

    page(desk, "/")

    assert desk.control.requests() == []


def test_an_agents_address_of_a_ticket_leads_to_its_page(desk: ZendeskDesk) -> None:
    made = desk.make()["id"]

    assert requests.get(f"{desk.place.url}/agent/tickets/{made}", timeout=10).url.endswith(f"/ui/tickets/{made}")


def test_a_browser_asks_for_nothing_that_is_not_there(desk: ZendeskDesk) -> None:
    """Without an icon of its own a page asks for one, and the console tells of an error."""
    icon = page(desk, "/").find("link", rel="icon")
    assert icon is not None and icon["href"] == "data:,"
