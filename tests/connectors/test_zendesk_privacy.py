# SPDX-License-Identifier: Apache-2.0
"""What the connector tells of a ticket's past, and what never leaves it."""

import re

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from connectors.zendesk_house import (
    ORDER,
    ORDER_FIELD,
    SECRET,
    connector,
    history,
    made,
    needs,
    record,
    say,
)
from contract.bench import upload
from tandem.connectors.base import Note, Patch
from tandem.connectors.zendesk import CAPABILITIES
from tandem.connectors.zendesk.audits import Audits, history_of
from tandem.core import labels

# ---- history and privacy


def test_changes_are_told_with_author_values_and_order(desk, zendesk):
    number = desk.make("anna", tags=["shared"], priority="low")["id"]
    desk.change(number, "anna", priority="high", status="open", tags=["shared", "x"])
    desk.change(number, "tandem", custom_fields=[{"id": ORDER, "value": "B-2"}], subject="Other")
    entries = history(zendesk, number).entries
    told = {entry.field: (entry.before, entry.after, entry.author.name, entry.by_rule) for entry in entries}
    assert told == {
        "priority": ("low", "high", "Anna", False),
        "status": ("new", "open", "Anna", False),
        "tags": (["shared"], ["shared", "x"], "Anna", False),
        ORDER_FIELD: (None, "B-2", "Tandem", False),
        "subject": ("Help", "Other", "Tandem", False),
    }
    assert len({entry.id for entry in entries}) == len(entries)
    assert [entry.order for entry in entries] == sorted(entry.order for entry in entries)


def test_a_field_that_is_not_offered_has_no_history(desk):
    number = desk.make("anna", tags=["shared"], priority="low")["id"]
    desk.change(number, "anna", priority="high", subject=SECRET)
    only = needs(read=frozenset({"priority"}), write=frozenset())
    told = history(connector(desk, only), number)
    assert [entry.field for entry in told.entries] == ["priority"]
    assert SECRET not in repr(told)


def test_a_rule_of_the_house_is_not_taken_for_us(desk, zendesk):
    number = made(zendesk, "mark-rule")
    (outcome,) = zendesk.update([Patch(number, {"tags": ["shared", "vip"], "priority": "low"}, "mark-vip")])
    told = [(entry.field, entry.after, entry.mark, entry.by_rule) for entry in history(zendesk, number).entries]
    assert ("priority", "low", "mark-vip", False) in told
    assert ("priority", "urgent", None, True) in told
    ids = [entry.id for entry in history(zendesk, number).entries]
    assert len(set(ids)) == len(ids)
    assert all(id_.startswith(f"{outcome.history}:") for id_ in ids)


def test_a_history_of_many_pages_is_read_to_its_end(desk, zendesk):
    number = desk.make("anna", tags=["shared"])["id"]
    with requests.Session() as session:
        session.auth = desk.place.people["anna"].basic
        for turn in range(101):  # a page has a hundred
            body = {"ticket": {"subject": f"Turn {turn}"}}
            session.put(f"{desk.place.url}/api/v2/tickets/{number}.json", json=body, timeout=10).raise_for_status()
    told = history(zendesk, number)
    assert [entry.after for entry in told.entries] == [f"Turn {turn}" for turn in range(101)]
    assert told.whole


@pytest.mark.parametrize("status", [400, 403, 422])
def test_a_ticket_whose_audits_are_refused_is_left_out_alone(desk, zendesk, status):
    """What it may show is not known; the others are told."""
    refused, told = (str(desk.make("anna", tags=["shared"])["id"]) for _ in range(2))
    desk.control.fault("refused", desk.place.name, path=f"/tickets/{refused}/audits", status=status)
    assert [one.id for one in zendesk.fetch([refused, told])] == [told]
    assert list(zendesk.history([refused, told])) == [told]


def test_private_comments_and_their_files_never_leave(desk):
    number = desk.make("anna", text="first", tags=["shared"])["id"]
    say(desk, number, "for all", True, "plan.txt")
    say(desk, number, SECRET, False, f"{SECRET}.txt")
    for policy, comments in (("public", 1), ("none", 0)):
        zendesk = connector(desk, needs(comments=policy))
        told = history(zendesk, number)
        assert SECRET not in repr((told, record(zendesk, number), list(zendesk.in_scope())))
        assert len(told.comments) == len(told.files) == comments
    everyone = history(connector(desk, needs(comments="all")), number)
    assert [comment.public for comment in everyone.comments] == [True, False]
    assert len(everyone.files) == 2


def test_a_comment_made_private_later_is_private(desk, zendesk):
    number = desk.make("anna", tags=["shared"])["id"]
    say(desk, number, SECRET, True, "secret.txt")
    (comment,) = history(zendesk, number).comments
    desk.ask("PUT", f"tickets/{number}/comments/{comment.id}/make_private.json", "anna")
    told = history(zendesk, number)
    assert (told.comments, told.files) == ((), ())


def test_the_file_of_a_copy_that_people_made_private_is_as_private(desk, zendesk):
    """A copy of ours is told whatever it is: other pairs carry its file on, unless it says so."""
    number = str(desk.make("anna", tags=["shared"])["id"])
    stored = zendesk.attach(upload(number, "copy.txt", b"bytes"))
    (outcome,) = zendesk.comment([Note(number, "<p>A copy</p>", True, "mark-c", (str(stored.id),))])
    assert [file.private for file in history(zendesk, number).files] == [False]
    assert desk.ask("PUT", f"tickets/{number}/comments/{outcome.id}/make_private.json", "anna").ok
    assert [file.private for file in history(zendesk, number).files] == [True]


def test_a_privacy_change_counts_though_the_comment_still_says_public():
    first = {"id": 1, "type": "Comment", "public": True, "body": "first"}
    said = {"id": 2, "type": "Comment", "public": True, "body": SECRET}
    change = {"id": 3, "type": "CommentPrivacyChange", "comment_id": 2, "public": False}
    at = {"created_at": "2026-11-25T10:00:00Z", "author_id": 7}
    audits = Audits(tuple({"id": n, "events": [event], **at} for n, event in enumerate((first, said, change), 10)))
    assert SECRET not in repr(history_of(audits, needs(), {}))


@pytest.mark.parametrize("public", [False, None, "true", 1])
def test_what_does_not_say_public_is_private(public):
    first = {"id": 1, "type": "Comment", "public": True, "body": "first"}
    said = {"id": 2, "type": "Comment", "public": public, "body": SECRET}
    audit = {"id": 10, "created_at": "2026-11-25T10:00:00Z", "author_id": 7, "events": [first, said]}
    assert history_of(Audits((audit,)), needs(), {}).comments == ()


def _audit(number: int, kind: str, text: str, *, public: bool):
    said = {"id": number + 1, "type": kind, "author_id": 7, "body": text, "html_body": f"<p>{text}</p>"}
    told = {"id": number, "ticket_id": 1, "author_id": 7, "created_at": f"2026-03-01T10:00:{number:02d}Z"}
    return {**told, "via": {}, "metadata": {}, "events": [{**said, "public": public, "data": {"to": "+1"}}]}


@pytest.mark.parametrize("kind", ["VoiceComment", "FacebookComment"])
def test_a_call_is_a_comment_too_also_as_the_first(kind):
    """What a caller said is the description, and never the reply to it."""
    listed = (
        _audit(10, kind, "Call from +1", public=True),
        _audit(20, "Comment", "An answer", public=True),
        _audit(30, kind, "Called back", public=True),
        _audit(40, kind, SECRET, public=False),
    )
    audits = Audits(listed)
    told = history_of(audits, needs(), {})
    assert audits.description == "<p>Call from +1</p>"
    assert [comment.body for comment in told.comments] == ["<p>An answer</p>", "<p>Called back</p>"]
    assert SECRET not in repr(told)


def test_the_first_comment_is_the_description_and_its_files_the_tickets(desk, zendesk):
    uploaded = desk.ask("POST", "uploads.json", "anna", params={"filename": "shot.png"}, data=b"pixels").json()[
        "upload"
    ]
    address = uploaded["attachment"]["content_url"]
    html = f'<p>See <img src="{address}"></p>'
    comment = {"html_body": html, "uploads": [uploaded["token"]]}
    number = desk.make("anna", tags=["shared"], comment=comment)["id"]
    found, told = record(zendesk, number), history(zendesk, number)
    assert told.comments == ()
    (file,) = told.files
    assert (file.name, file.size, file.comment, file.referenced) == ("shot.png", 6, None, True)
    # The address would open the file for anyone who has it.
    assert address not in str(found.fields["description"])
    assert f'src="attachment:{file.id}?name=shot.png"' in str(found.fields["description"])


def test_no_address_of_this_zendesk_reaches_the_hub(desk, zendesk):
    body = f'<p>See <a href="{desk.place.url}/agent/tickets/1">there</a> and {desk.place.url}/agent/tickets/2</p>'
    number = desk.make("anna", tags=["shared"], comment={"html_body": body})["id"]
    parsed = zendesk.markup.parse(record(zendesk, number).fields["description"])
    assert "127.0.0.1" not in repr(parsed.doc)
    assert "there" in repr(parsed.doc)


@given(st.text(max_size=30))
def test_labels_keep_their_spelling_and_never_fall_together(label):
    """Zendesk keeps tags in lower case and takes spaces and commas as borders between them."""
    spelled = labels.spell(label, CAPABILITIES.label_allowed)
    assert spelled == spelled.lower()
    assert not re.search(r"[\s,]", spelled)
    assert labels.read(spelled, CAPABILITIES.label_allowed) == label
