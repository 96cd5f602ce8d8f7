# SPDX-License-Identifier: Apache-2.0
"""The Zendesk client library `zenpy` works with the sandbox as it does with Zendesk."""

import datetime
from pathlib import Path

import pytest
from zenpy import Zenpy
from zenpy.lib.api_objects import Comment, Ticket, User
from zenpy.lib.exception import APIException, RecordNotFoundException

from support.zendesk import ZendeskDesk


def client(desk: ZendeskDesk, monkeypatch: pytest.MonkeyPatch, who: str = "tandem") -> Zenpy:
    person = desk.place.people[who]
    monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
    monkeypatch.setenv("ZENPY_FORCE_NETLOC", desk.place.netloc)
    return Zenpy(subdomain="mercuri", email=person.email, token=person.token)


def test_zenpy_writes_and_reads_tickets_with_comments_and_files(
    desk: ZendeskDesk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    zenpy = client(desk, monkeypatch, "anna")
    file = tmp_path / "cart.png"
    file.write_bytes(b"\x89PNG")

    upload = zenpy.attachments.upload(str(file), target_name="cart.png")
    made = zenpy.tickets.create(
        Ticket(
            subject="Cart forgets the coupon",
            priority="high",
            comment=Comment(body="see file", uploads=[upload.token]),
            requester=User(name="New Customer", email="new@customer.example"),
        )
    ).ticket
    ticket = zenpy.tickets(id=made.id)
    ticket.status = "pending"
    ticket.comment = Comment(body="only for us", public=False)
    zenpy.tickets.update(ticket)

    again = zenpy.tickets(id=made.id)
    comments = list(zenpy.tickets.comments(ticket=made.id))
    audits = list(zenpy.tickets.audits(ticket=made.id))
    assert (again.status, again.priority, again.requester.email) == ("pending", "high", "new@customer.example")
    assert [(c.author.name, c.body, c.public) for c in comments] == [
        ("Anna", "see file", True),
        ("Anna", "only for us", False),
    ]
    assert comments[0].attachments[0].file_name == "cart.png"
    zenpy.attachments.download(comments[0].attachments[0].id, str(tmp_path / "back.png"))
    assert (tmp_path / "back.png").read_bytes() == b"\x89PNG"
    assert [event["type"] for event in audits[1].events][:2] == ["Comment", "Change"]
    zenpy.tickets.delete(again)
    with pytest.raises(RecordNotFoundException):
        zenpy.tickets(id=made.id)


def test_zenpy_does_bulk_jobs_search_and_exports(desk: ZendeskDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.control.settings(desk.place.name, job_delay=0)
    zenpy = client(desk, monkeypatch)

    job = zenpy.tickets.create([Ticket(subject=f"bulk {n}", description="x", tags=["zenpy"]) for n in range(3)])
    assert job.status in ("queued", "working", "completed")
    done = zenpy.job_status(id=job.id)
    ids = {result.id for result in done.results}
    desk.control.advance(3600)

    assert {ticket.id for ticket in zenpy.search(type="ticket", tags="zenpy")} == ids
    since = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    assert ids <= {ticket.id for ticket in zenpy.tickets.incremental(start_time=since)}
    assert ids <= {ticket.id for ticket in zenpy.tickets.incremental(start_time=since, paginate_by_time=False)}
    assert ids <= {ticket.id for ticket in zenpy.tickets()}


def test_zenpy_finds_people_fields_and_tags(desk: ZendeskDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.make(tags=["lamp"])
    zenpy = client(desk, monkeypatch)

    assert zenpy.users.me().name == "Tandem"
    assert [user.name for user in zenpy.search(type="user", query="anna@mercuri.example")] == ["Anna"]
    assert "Order number" in [field.title for field in zenpy.ticket_fields()]
    assert "lamp" in [tag.name for tag in zenpy.tags()]
    assert zenpy.users.create_or_update(User(name="Ada", email="ada@customer.example")).role == "end-user"


def test_zenpy_understands_a_refusal(desk: ZendeskDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    zenpy = client(desk, monkeypatch)
    made = desk.make(status="closed")["id"]

    with pytest.raises(APIException, match="closed prevents ticket update"):
        zenpy.tickets.update(Ticket(id=made, status="open"))
