# SPDX-License-Identifier: Apache-2.0
"""Rich text of the simulated Jira: which documents it takes, and wiki text there and back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.jira import adf
from sandbox.jira.errors import JiraError
from sandbox.jira.wiki_read import read
from sandbox.jira.wiki_write import write
from support.jira import doc
from support.material import RECORDED, demand


def sample() -> dict[str, Any]:
    body: dict[str, Any] = json.loads(demand(RECORDED / "jira" / "adf_sample.json").read_text())["interactions"][0][
        "body"
    ]
    return body


def wiki(document: dict[str, Any]) -> str:
    return write(document, lambda media: None) or ""


def parsed(text: str) -> dict[str, Any]:
    return read(text, lambda name: "uuid-of-" + name if name.endswith(".png") else None)


def test_a_recorded_document_is_taken_and_its_wiki_text_says_the_same_when_read() -> None:
    document = sample()
    assert adf.check(document) == document
    text = wiki(document)
    again = parsed(text)
    adf.check(again)
    assert wiki(again) == text
    for word in ("BOLD", "unordered", "lorem", "import os", "info widget", "decision", "557058:15b2a9f1"):
        assert word in text


@pytest.mark.parametrize(
    ("nodes", "text"),
    [
        ([{"type": "text", "text": "Making a comment!!"}], "Making a comment\\!\\!"),
        ([{"type": "text", "text": "so", "marks": [{"type": "strong"}]}], "*so*"),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b", "marks": [{"type": "em"}]}], "a{_}b{_}"),
        ([{"type": "text", "text": "x", "marks": [{"type": "code"}]}], "{{x}}"),
        (
            [{"type": "text", "text": "t", "marks": [{"type": "link", "attrs": {"href": "https://e.example/a"}}]}],
            "[t|https://e.example/a]",
        ),
        ([{"type": "text", "text": "one"}, {"type": "hardBreak"}, {"type": "text", "text": "two"}], "one\ntwo"),
        ([{"type": "text", "text": "2024-01-02 a_b C:\\temp {x} [y]"}], "2024-01-02 a_b C:\\temp \\{x\\} \\[y\\]"),
    ],
)
def test_inline_nodes_have_their_wiki_text_and_come_back(nodes: list[dict[str, Any]], text: str) -> None:
    document = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": nodes}]}
    assert wiki(document) == text
    assert parsed(text) == document


def test_blocks_of_wiki_text_become_their_nodes() -> None:
    text = "h2. Title\n\n* one\n** deeper\n* two\n# first\n\n"
    text += "{code:python}\na = {1}\n{code}\n\n{quote}\nsaid\n{quote}\n----"
    document = adf.check(parsed(text))
    kinds = [node["type"] for node in document["content"]]
    assert kinds == ["heading", "bulletList", "orderedList", "codeBlock", "blockquote", "rule"]
    deeper = document["content"][1]["content"][0]["content"][1]
    assert deeper["type"] == "bulletList"
    assert document["content"][3]["content"][0]["text"] == "a = {1}"


def test_files_of_the_issue_are_media_and_other_names_stay_text() -> None:
    document = parsed("!cart.png|width=20!\n\nsee [^cart.png] and !important!")
    assert adf.media_ids(document) == {"uuid-of-cart.png"}
    assert document["content"][0]["type"] == "mediaSingle"
    assert "!important!" in adf.plain(document)
    names = {"uuid-of-cart.png": "cart.png"}
    assert write(document, names.get) == "!cart.png|width=20!\n\nsee [^cart.png] and \\!important\\!"


def test_mentions_keep_the_account() -> None:
    document = parsed("[~accountid:557058:abc] please")
    assert document["content"][0]["content"][0]["attrs"]["id"] == "557058:abc"
    assert wiki(document) == "[~accountid:557058:abc] please"


LINES = st.text(st.characters(exclude_categories=("C", "Z")) | st.just(" "), min_size=1, max_size=30)


@given(st.lists(LINES.filter(lambda line: line.strip() and "http" not in line), min_size=1, max_size=3))
def test_any_plain_text_survives_wiki_text(paragraphs: list[str]) -> None:
    document = doc(*paragraphs)
    assert parsed(wiki(document)) == document


@given(st.text(max_size=200))
def test_any_wiki_text_makes_a_document_that_jira_takes(text: str) -> None:
    document = parsed(text)
    assert adf.check(document) == document


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "doc", "content": []},
        {"version": 1, "type": "paragraph", "content": []},
        {"type": "doc", "version": 1, "content": [{"type": "text", "text": "loose"}]},
        {"type": "doc", "version": 1, "content": [{"type": "sparkle"}]},
        {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": ""}]}]},
        {"type": "doc", "version": 1, "content": [{"type": "heading", "attrs": {"level": 7}, "content": []}]},
        {"type": "doc", "version": 1, "content": [{"type": "bulletList", "content": []}]},
        {"type": "doc", "version": 1, "content": [{"type": "panel", "content": [{"type": "paragraph"}]}]},
        "text",
        None,
    ],
)
def test_a_document_outside_the_schema_is_invalid_input(broken: object) -> None:
    with pytest.raises(JiraError) as refused:
        adf.check(broken)
    assert (refused.value.status, refused.value.messages) == (400, ("INVALID_INPUT",))


def test_code_takes_no_other_phrase() -> None:
    both = doc("x")
    both["content"][0]["content"][0]["marks"] = [{"type": "code"}, {"type": "strong"}]
    with pytest.raises(JiraError):
        adf.check(both)
