# SPDX-License-Identifier: Apache-2.0
"""What never leaves a Jira site: comments that are not for all, and every file that a private text shows."""

from collections.abc import Iterator

import pytest

from connectors.jira_house import House, open_house
from support.jira import doc, picture
from tandem.connectors.base import Condition
from tandem.errors import RefusedError


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_house() as house:
        yield house


def _history(house, issue, **needs):
    return house.jira(**needs).history([issue])[issue]


def test_comments_that_are_not_public_stay(house):
    issue = house.make()
    said = [house.comment(issue, doc(str(number))) for number in range(3)]
    role = {"visibility": {"type": "role", "value": "Administrators"}}
    secret = house.comment(issue, doc("between us"), "tandem", **role)
    assert [comment.id for comment in _history(house, issue).comments] == said
    assert _history(house, issue, comments="none").comments == ()
    every = {comment.id: comment.public for comment in _history(house, issue, comments="all").comments}
    assert every == dict.fromkeys(said, True) | {secret: False}


def test_internal_comments_of_a_service_project_stay(house):
    scope = (Condition("project", is_="DESK"),)
    issue = house.make(project="DESK")
    internal = {"properties": [{"key": "sd.public.comment", "value": {"internal": True}}]}
    public = house.comment(issue, doc("hello"))
    house.comment(issue, doc("between us"), **internal)
    assert [comment.id for comment in _history(house, issue, scope=scope).comments] == [public]


def test_a_hidden_comment_is_told_by_its_id_out_of_scope_too(house):
    issue = house.make()
    said = house.comment(issue, doc("between us by now"))
    role = {"type": "role", "value": "Administrators"}
    path = f"3/issue/{issue}/comment/{said}"
    assert house.site.ask("PUT", path, json={"body": doc("between us by now"), "visibility": role}).ok
    assert _history(house, issue).hidden == {said}
    assert _history(house, issue, comments="none").hidden == {said}
    assert _history(house, issue, comments="all").hidden == frozenset()
    house.site.ask("PUT", f"3/issue/{issue}", json={"fields": {"labels": []}})
    told = _history(house, issue)
    assert (told.inside, told.hidden, told.comments) == (False, {said}, ())
    assert "between us" not in repr(told)


# ---- files


def _attached(house, issue, name="shot.png"):
    file = house.site.attach(issue, name, b"picture of " + name.encode())
    return str(file["id"]), house.site.media_of(str(file["id"]))


def _files(house, issue, **needs):
    return {file.id: file for file in _history(house, issue, **needs).files}


def test_a_file_is_told_with_the_comment_that_shows_it(house):
    issue = house.make()
    shown, media = _attached(house, issue)
    loose, _ = _attached(house, issue, "loose.log")
    number = house.comment(issue, picture(media))
    found = _history(house, issue)
    files = {file.id: file for file in found.files}
    assert (files[shown].comment, files[shown].referenced) == (number, True)
    assert (files[loose].comment, files[loose].referenced) == (None, False)
    assert (files[shown].name, files[shown].size, files[shown].author.name) == ("shot.png", 19, "Elaine Moreau")
    assert found.comments[0].files == (shown,)
    assert _files(house, issue, files=False) == {}


def test_a_file_that_a_private_text_shows_never_leaves(house):
    issue = house.make()
    hidden, media = _attached(house, issue, "secret.png")
    loose, _ = _attached(house, issue, "loose.log")
    house.comment(issue, picture(media))
    role = {"visibility": {"type": "role", "value": "Administrators"}}
    house.comment(issue, picture(media), "tandem", **role)
    assert _files(house, issue).keys() == {loose}
    assert _history(house, issue).withheld == {hidden}
    assert _files(house, issue, comments="all").keys() == {hidden, loose}


@pytest.mark.parametrize("text", ["see [^secret plan.png]", "!Secret Plan.png|thumbnail!", "secret plan.png is ours"])
def test_a_file_that_a_private_text_names_never_leaves(house, text):
    """Its name is all that people give, and all that there is where Jira's markup was not understood."""
    issue = house.make()
    _attached(house, issue, "secret plan.png")
    loose, _ = _attached(house, issue, "loose.log")
    house.comment(issue, doc(text), "tandem", visibility={"type": "role", "value": "Administrators"})
    house.comment(issue, doc("loose.log"))
    assert _files(house, issue).keys() == {loose}


def test_a_private_link_to_a_file_counts_like_a_picture_of_it(house):
    issue = house.make()
    hidden, _ = _attached(house, issue, "secret.log")
    text = doc(f"see {house.site.place.url}/rest/api/3/attachment/content/{hidden}")
    house.comment(issue, text, "tandem", visibility={"type": "role", "value": "Administrators"})
    assert _files(house, issue) == {}


@pytest.mark.parametrize("field", ["description", "environment", "customfield_10050"])
def test_a_text_that_is_not_offered_is_private_for_the_files_in_it(house, field):
    issue = house.make()
    file, media = _attached(house, issue)
    house.site.edit(issue, **{field: picture(media)})
    assert _files(house, issue, read=frozenset({"summary"})) == {}
    offered = _files(house, issue, read=frozenset({"summary", field}))
    assert (offered[file].referenced, offered[file].comment) == (True, None)


def test_the_redirect_to_a_files_bytes_is_not_followed_to_name_it(house):
    issue = house.make()
    _, media = _attached(house, issue)
    house.comment(issue, picture(media))
    with house.asked() as asked:
        _history(house, issue)
    paths = [entry["path"] for entry in asked]
    assert sum("/attachment/content/" in path for path in paths) == 1
    assert not any(path.startswith("/file/") for path in paths)


def test_files_are_named_only_as_far_as_a_text_asks_for_it(house):
    """One request finds one file's name in texts: none without a picture, and none once all pictures are known."""

    def named(**needs):
        with house.asked() as asked:
            _history(house, issue, **needs)
        return sum("/attachment/content/" in one["path"] for one in asked)

    issue = house.make()
    _, media = _attached(house, issue, "first.png")
    for number in range(3):
        _attached(house, issue, f"{number}.log")
    assert named() == 0
    house.comment(issue, picture(media))
    assert named() == 1
    house.comment(issue, picture(media), "tandem", visibility={"type": "role", "value": "Administrators"})
    assert named() == 4  # whatever a private text might show is looked at
    assert named(files=False) == 0


def test_bytes_are_given_only_while_their_file_is_offered(house):
    issue = house.make()
    file, media = _attached(house, issue)
    jira = house.jira()
    with jira.download(issue, file) as chunks:
        assert b"".join(chunks) == b"picture of shot.png"
    role = {"visibility": {"type": "role", "value": "Administrators"}}
    house.comment(issue, picture(media), "tandem", **role)
    with pytest.raises(RefusedError):
        jira.download(issue, file)
    with pytest.raises(RefusedError):
        house.jira(scope=(Condition("project", is_="OPS"),), comments="all").download(issue, file)
