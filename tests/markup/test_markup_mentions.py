# SPDX-License-Identifier: Apache-2.0
"""Mentions: whom a text calls stays at home; who is in both people files is called at the other side, nobody else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.fields import rule, said, terms, write
from markup.test_markup_cases import adf, line, words
from markup.trees import documents, texts
from tandem.config.models import People
from tandem.core import doc as hub
from tandem.core.plain import reading_text
from tandem.core.values import Json
from tandem.markup import Adf, CommonMark, Html, Journal, Plain, Textile

ACCOUNT, THERE = "557058:15b2f0aa", "aab6c5b4-0000-4e3e-8d2a-6f8a90b0c0d1"
RICH = rule("description", kind="rich")
JIRA: Json = adf(line(words("Ask "), {"type": "mention", "attrs": {"id": ACCOUNT, "text": "@Oliver"}}, words(" now")))
WIKI: Json = adf(line(words(f"Ask [~accountid:{ACCOUNT}] now")))
OLD: Json = f"Ask [~accountid:{ACCOUNT}] now"
AZURE: Json = f'<div>Ask <a href="#" data-vss-mention="version:2.0,{ACCOUNT}">@Oliver</a> now</div>'
GUID = "aab6c5b4-1111-4e3e-8d2a-6f8a90b0c0d1"
MARKDOWN: Json = f"Ask @<{GUID}> now"
EVERY = [Adf(), Html(), Journal(), Plain(), CommonMark(), CommonMark(azure=True), Textile()]


@pytest.mark.parametrize(
    ("markup", "native", "shown"),
    [
        (CommonMark(azure=True), MARKDOWN, "@somebody"),
        (Adf(), JIRA, "@Oliver"),
        (Adf(), WIKI, "@somebody"),
        (Adf(), OLD, "@somebody"),
        (Html(), AZURE, "@Oliver"),
    ],
)
def test_a_mention_is_its_words_and_tells_no_account(markup: hub.Markup, native: Json, shown: str) -> None:
    told = said(RICH, native, terms(markup=markup))
    assert told == hub.doc(hub.paragraph("Ask ", hub.mention(shown), " now"))
    for there in EVERY:
        sent = json.dumps(write(RICH, told, on=terms(markup=there, people={"oliver@one.example": THERE})))
        assert shown in sent.replace("<span>", "").replace("</span>", "").replace("&#64;", "@").replace(
            '"}, {"type": "text", "text": "', ""
        )
        assert ACCOUNT not in sent and THERE not in sent and GUID not in sent


@pytest.mark.parametrize(("markup", "native"), [(Adf(), JIRA), (Adf(), WIKI), (Html(), AZURE)])
def test_who_is_in_both_people_files_is_called_there(markup: hub.Markup, native: Json) -> None:
    alias = "oliver@one.example"
    told = said(RICH, native, terms(markup=markup, people={alias: ACCOUNT}))
    assert ACCOUNT not in json.dumps(told) and hub.people_of(told) == (alias,)  # type: ignore[arg-type]
    there = terms(markup=Adf(), people={alias: THERE})
    mention = write(RICH, told, on=there)["content"][0]["content"][1]  # type: ignore[index,call-overload]
    assert (mention["type"], mention["attrs"]["id"]) == ("mention", THERE)  # type: ignore[index,call-overload]
    assert said(RICH, write(RICH, told, on=there), there) == told
    assert THERE not in str(write(RICH, told, on=terms(markup=Html(), people={alias: THERE})))


@pytest.mark.parametrize("kept", [Adf(), Html(), Plain()])
def test_a_mention_that_comes_home_is_the_one_that_stood_there(kept: hub.Markup) -> None:
    """Whether the other side kept it as one or as text, and whatever it calls the person."""
    alias = "oliver@one.example"
    home, there = terms(markup=Adf(), people={alias: ACCOUNT}), terms(markup=kept, people={alias: THERE})
    sent = write(RICH, said(RICH, JIRA, home), on=there)
    assert write(RICH, said(RICH, sent, there), present=JIRA, on=home) == JIRA
    edited = json.loads(json.dumps(sent).replace(" now", " today"))
    native = json.dumps(write(RICH, said(RICH, edited, there), present=JIRA, on=home))
    assert native.count(ACCOUNT) == 1 and "today" in native


@given(documents(st.builds(hub.mention, texts, st.sampled_from([None, "seen:1", "who@a.example", "show:7f3a"]))))
def test_only_an_account_of_the_target_is_ever_written(document: hub.Doc) -> None:
    for markup in EVERY:
        native = json.dumps(markup.render(document).native)
        assert "seen:" not in native and "who@a.example" not in native
        if markup is not EVERY[0]:
            assert "7f3a" not in native


@pytest.mark.parametrize("there", [Html(calls=True), CommonMark(azure=True)])
def test_azure_devops_calls_an_account_by_another_id_than_its_name(there: hub.Markup) -> None:
    """Both ways; who reads it again reads the same, in a table too, and a text that comes home stays as it stands."""
    alias, account = "oliver@one.example", "oliver@two.example"
    at_home = terms(markup=Adf(), people={alias: ACCOUNT})
    on = replace(at_home, markup=there, people=People({alias: account}, mentions={account: GUID}))
    told: Any = said(RICH, JIRA, at_home)
    cell = [{"type": "cell", "content": told["content"]}]
    table = {"type": "table", "content": [{"type": "row", "content": cell}]}
    for wanted in (told, hub.doc(*told["content"], table)):
        native: Any = write(RICH, wanted, on=on)
        assert json.dumps(native).count(GUID) == len(wanted["content"])
        assert account not in json.dumps(native)
        read: Any = said(RICH, native, on)
        assert hub.people_of(read) == (alias,) and GUID not in json.dumps(read)
        again = write(RICH, wanted, present=native, on=on)
        assert again == write(RICH, read, present=again, on=on)
        assert json.dumps(again).count(GUID) == len(wanted["content"])
        home: Any = write(RICH, read, present=JIRA, on=at_home)
        assert home["content"][0]["content"][1]["attrs"]["id"] == ACCOUNT


@pytest.mark.parametrize("native", [AZURE, f'<p>Ask <a href="#" data-vss-mention="version:2.0,{GUID}">@Oliver</a></p>'])
@pytest.mark.parametrize("account", ["oliver@two.example", "not-an-id"])
def test_who_has_no_id_there_is_called_by_nobody(native: Json, account: str) -> None:
    alias = "oliver@one.example"
    on = terms(markup=Html(calls=True), people={alias: account})
    told: Any = said(RICH, native, on)
    assert not hub.people_of(told) and "@Oliver" in json.dumps(told)
    sent = write(RICH, hub.doc(hub.paragraph(hub.mention("@Oliver", alias))), on=on)
    assert sent == "<p>@Oliver</p>"


def test_code_calls_nobody_and_stays_as_it_is() -> None:
    source = f"`@<{GUID}>` and ``a `@<{GUID}>` b``"
    read = CommonMark().parse(source).doc
    assert not hub.people_of(read) and reading_text(read).count(GUID) == 2
