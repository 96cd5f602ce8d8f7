# SPDX-License-Identifier: Apache-2.0
"""Pictures that a text of Azure DevOps alone shows: pasted, stored, and related to no item."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from connectors.azure_devops_house import (
    ASSIGNEE,
    TEXT,
    connector,
    history,
    made,
    make,
    needs,
    record,
    sent,
)
from contract.bench import mark
from support.azure_devops import PROJECT, REPRO_STEPS, Desk
from tandem.connectors.azure_devops import AzureDevOps
from tandem.connectors.base import Delta, File, Patch
from tandem.errors import GoneError

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def shown(url: str) -> str:
    return f'<div>see <img src="{url}" alt=Image><br></div>'


def identity(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2]


def files(azure: AzureDevOps, ticket: str) -> list[File]:
    return list(history(azure, ticket).files)


def content(azure: AzureDevOps, ticket: str, file: str) -> bytes:
    with azure.download(ticket, file) as chunks:
        return b"".join(chunks)


@pytest.mark.parametrize("project", ["", PROJECT])
def test_a_picture_in_the_text_is_a_file_of_its_item(azure_devops: Desk, project: str) -> None:
    url = azure_devops.upload("image.png", PNG, project=project)
    ticket = make(azure_devops, text=shown(url))
    subject = connector(azure_devops)
    (file,) = files(subject, ticket)
    assert (file.id, file.name, file.size, file.media_type) == (identity(url), "image.png", len(PNG), "image/png")
    assert (file.author.id, file.referenced, file.comment) == ("david@global.example", True, None)
    assert file.at == record(subject, ticket).created_at
    assert content(subject, ticket, file.id) == PNG


def test_a_picture_that_came_later_was_brought_by_who_edited_the_text(azure_devops: Desk) -> None:
    ticket = make(azure_devops, text="<p>before</p>")
    url = azure_devops.upload("image.png", PNG)
    azure_devops.set(int(ticket), {REPRO_STEPS: shown(url)}, who="marco")
    subject = connector(azure_devops)
    at = record(subject, ticket).updated_at
    azure_devops.set(int(ticket), {REPRO_STEPS: shown(url) + "<p>and more</p>"})
    (file,) = files(subject, ticket)
    assert (file.author.id, file.at) == ("marco@global.example", at)


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_a_picture_in_a_comment_belongs_to_it(azure_devops: Desk, form: str) -> None:
    ticket = make(azure_devops)
    url = azure_devops.upload("image.png", PNG)
    said = azure_devops.say(int(ticket), f"look ![image.png]({url})" if form == "markdown" else shown(url), form=form)
    subject = connector(azure_devops)
    (file,) = files(subject, ticket)
    (comment,) = history(subject, ticket).comments
    assert (file.comment, comment.files) == (str(said["id"]), (file.id,))
    assert file.at == comment.at
    assert content(subject, ticket, file.id) == PNG


def test_a_picture_that_is_attached_too_and_shown_twice_is_one_file(azure_devops: Desk) -> None:
    url = azure_devops.upload("image.png", PNG)
    ticket = make(azure_devops, text=shown(url) + shown(url))
    azure_devops.say(int(ticket), shown(url))
    subject = connector(azure_devops)
    assert [one.id for one in files(subject, ticket)] == [identity(url)]
    azure_devops.relate(int(ticket), "AttachedFile", url, name="plan.png")
    assert [(one.id, one.name) for one in files(subject, ticket)] == [(identity(url), "plan.png")]


def test_a_picture_in_a_text_that_is_not_offered_stays(azure_devops: Desk) -> None:
    url = azure_devops.upload("image.png", PNG)
    hidden = make(azure_devops, System__Description=shown(url))  # of a bug, its steps are offered
    both = make(azure_devops, text=shown(url), System__Description=shown(url))
    named = make(azure_devops, text=shown(url), System__Description="<p>nobody is to have image.png</p>")
    said = make(azure_devops)
    azure_devops.say(int(said), shown(url))
    silent = connector(azure_devops, needs(comments="none"))
    azure_devops.control.clear_requests()
    assert [files(silent, one) for one in (hidden, both, named, said)] == [[], [], [], []]
    assert sent(azure_devops, "GET", "attachments") == []
    with pytest.raises(GoneError), silent.download(hidden, identity(url)):
        pass


def test_another_picture_of_the_same_name_in_a_private_text_keeps_none_back(azure_devops: Desk) -> None:
    """All that is pasted is called image.png: of a picture its address says which one it is."""
    public, private = azure_devops.upload("image.png", PNG), azure_devops.upload("image.png", b"secret")
    ticket = make(azure_devops, text=shown(public), System__Description=shown(private))
    assert [one.id for one in files(connector(azure_devops), ticket)] == [identity(public)]


def test_an_address_of_another_is_never_asked(azure_devops: Desk) -> None:
    url = azure_devops.upload("image.png", PNG)
    id_, port = identity(url), urlsplit(url).port
    others = [
        f"https://one.example/_apis/wit/attachments/{id_}?fileName=image.png",
        f"http://127.0.0.1:{port}/another/_apis/wit/attachments/{id_}?fileName=image.png",
        f"http://127.0.0.1:1/global/_apis/wit/attachments/{id_}?fileName=image.png",
        f"http://global.example@127.0.0.1:1/global/_apis/wit/attachments/{id_}",
        f"https://[broken/global/_apis/wit/attachments/{id_}",
    ]
    text = "".join(map(shown, others)) + f'<p><a href="{url}">a link is no picture</a> {url}</p>'
    ticket = make(azure_devops, text=text)
    subject = connector(azure_devops)
    azure_devops.control.clear_requests()
    assert files(subject, ticket) == []
    assert sent(azure_devops, "GET", "attachments") == []


def test_a_picture_that_is_not_there_any_more_holds_nothing_back(azure_devops: Desk) -> None:
    gone = f"{azure_devops.url}/_apis/wit/attachments/a1b2c3d4-0000-4000-8000-000000000000?fileName=shot.png"
    url = azure_devops.upload("image.png", PNG)
    ticket = make(azure_devops, text=shown(gone) + shown(url))
    assert [one.name for one in files(connector(azure_devops), ticket)] == ["image.png"]


def test_out_of_scope_no_picture_is_looked_for(azure_devops: Desk) -> None:
    ticket = make(azure_devops, text=shown(azure_devops.upload("image.png", PNG)))
    azure_devops.set(int(ticket), {"System.Tags": "other"})
    subject = connector(azure_devops)
    azure_devops.control.clear_requests()
    assert files(subject, ticket) == []
    assert sent(azure_devops, "GET", "attachments") == []


def test_what_others_wrote_to_us_shows_no_picture_of_ours(azure_devops: Desk) -> None:
    """The words of a picture's address, sent by the other company, must not fetch that picture for it."""
    url = azure_devops.upload("image.png", PNG)
    subject = connector(azure_devops)
    words = {"type": "text", "marks": [], "text": f'![x]({url}) <img src="{url}"> '}
    picture = {"type": "media", "ref": f"seen:{url}", "name": "image.png"}
    node = {"type": "doc", "content": [{"type": "paragraph", "content": [words, picture]}]}
    for form in ("html", "markdown"):
        writing = connector(azure_devops, needs(options={"marker": "Custom.Tandem", "markup": form}))
        ticket = made(writing, mark(), **{TEXT: writing.markup.render(node).native})
        assert files(subject, ticket) == []


# ---- by the feed


def _at_the_end(azure: AzureDevOps) -> str:
    cursor = azure.start(datetime.now(UTC) - timedelta(minutes=1))
    return [str(page.cursor) for page in azure.changed_since(cursor)][-1]


def _delta(azure: AzureDevOps, cursor: str, ticket: str, known: str) -> Delta:
    pages = azure.changed_since(cursor, lambda ids: {ticket: known} if ticket in ids else {})
    return {id_: one for page in pages for id_, one in page.deltas.items()}[ticket]


def test_the_feed_tells_of_pictures_that_are_new_and_of_no_other(azure_devops: Desk) -> None:
    old, new, said = (azure_devops.upload(f"{word}.png", PNG + word.encode()) for word in ("old", "new", "said"))
    ticket = make(azure_devops, text=shown(old))
    subject = connector(azure_devops)
    known, cursor = record(subject, ticket).version, _at_the_end(subject)
    azure_devops.set(int(ticket), {REPRO_STEPS: shown(old) + shown(new)}, who="marco")
    azure_devops.say(int(ticket), shown(said))
    delta = _delta(subject, cursor, ticket, known)
    assert {(one.name, one.author.id, one.comment is None) for one in delta.files} == {
        ("new.png", "marco@global.example", True),
        ("said.png", "david@global.example", False),
    }
    cursor = _at_the_end(subject)
    azure_devops.set(int(ticket), {ASSIGNEE: "marco@global.example"})
    assert _delta(subject, cursor, ticket, delta.version).files == ()
    assert {one.name for one in files(connector(azure_devops), ticket)} == {"old.png", "new.png", "said.png"}


def test_a_size_is_asked_for_once(azure_devops: Desk) -> None:
    ticket = make(azure_devops, text=shown(azure_devops.upload("image.png", PNG)))
    subject = connector(azure_devops)
    azure_devops.control.clear_requests()
    files(subject, ticket)
    (outcome,) = subject.update([Patch(ticket, {"System.Title": "new"}, mark(), record(subject, ticket).version)])
    assert outcome.error is None
    files(subject, ticket)
    assert len(sent(azure_devops, "GET", "attachments")) == 1
