# SPDX-License-Identifier: Apache-2.0
"""Texts that show a file which people deleted: Jira refuses to take them again as they are."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from connectors.jira_house import House, open_house
from support.jira import doc, picture
from tandem.connectors.base import Edit, Note, Patch, Upload
from tandem.errors import RefusedError


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_house() as house:
        yield house


@contextmanager
def content():
    yield iter((b"x",))


def upload(issue, name):
    return Upload(issue, name, "image/png", 1, content)


def note(issue, body, mark, files=()):
    return Note(issue, body, True, mark, files)


def comments(house, issue):
    return {comment.id: comment for comment in house.jira().history([issue])[issue].comments}


def delete_file(house, file):
    assert house.site.ask("DELETE", f"3/attachment/{file}", "automation").ok


@pytest.mark.parametrize("left", [(), ("two.png",)])
def test_a_text_that_shows_a_deleted_file_can_still_be_edited(house, left):
    """Jira goes on showing the file in the text, and refuses to take such a text again."""
    issue = house.make()
    jira = house.jira()
    files = {name: jira.attach(upload(issue, name)).id for name in ("one.png", *left)}
    (said,) = jira.comment([note(issue, doc("as it was"), "c-7", files=tuple(files.values()))])
    delete_file(house, files["one.png"])
    (outcome,) = jira.edit([Edit(issue, said.id, doc("as it is"), "e-1")])
    assert outcome.error is None
    body = comments(house, issue)[said.id].body
    shown = [node["attrs"]["id"] for part in body["content"] for node in part["content"] if node["type"] == "media"]
    assert body["content"][0] == doc("as it is")["content"][0]
    assert shown == [house.site.media_of(files[name]) for name in left]
    assert [file.name for file in jira.history([issue])[issue].files] == list(left)


def test_a_comment_goes_without_a_file_that_was_deleted_since_it_was_stored(house):
    issue = house.make()
    jira = house.jira()
    file = jira.attach(upload(issue, "one.png")).id
    delete_file(house, file)
    body = doc("see") | {"content": [*doc("see")["content"], *picture(file)["content"]]}
    outcomes = jira.comment([note(issue, body, "c-8"), note(issue, doc("this"), "c-9", files=(file,))])
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert not any("media" in str(one.body) for one in comments(house, issue).values())


def test_a_description_that_shows_a_deleted_file_can_still_be_edited(house):
    issue = house.make()
    jira = house.jira()
    file = jira.attach(upload(issue, "one.png")).id
    in_list = picture(file)
    item = {"type": "listItem", "content": in_list["content"]}
    in_list["content"] = [*doc("as it is")["content"], {"type": "bulletList", "content": [item]}]
    jira.update([Patch(issue, {"description": in_list}, "d-2")])
    delete_file(house, file)
    present = house.site.fields(issue)["description"]
    (outcome,) = jira.update([Patch(issue, {"description": present, "summary": "and more"}, "d-3")])
    assert outcome.error is None
    fields = house.site.fields(issue)
    assert (fields["summary"], fields["description"]["content"][0]) == ("and more", doc("as it is")["content"][0])
    assert "media" not in str(fields["description"])


def test_what_jira_refuses_for_another_reason_stays_refused(house):
    issue = house.make()
    jira = house.jira()
    file = jira.attach(upload(issue, "one.png")).id
    jira.update([Patch(issue, {"description": picture(file)}, "d-4")])
    present = house.site.fields(issue)["description"]
    (outcome,) = jira.update([Patch(issue, {"description": present, "priority": "99"}, "d-5")])
    assert isinstance(outcome.error, RefusedError)
    assert house.site.fields(issue)["description"] == present
