# SPDX-License-Identifier: Apache-2.0
"""A scope as JQL and as a judgement: the first never finds less than the second lets in, whatever words it holds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.connectors.base import Condition
from tandem.connectors.jira.scope import RESTRICTED, Scope, among, quoted
from tandem.connectors.jira.shape import SYSTEM, Form, form, is_told, told, wire

SIMPLE = {"n": "\n", "r": "\r", "t": "\t"}
CASCADE = form(
    {"type": "option-with-child", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:cascadingselect"}
)
FORMS = dict(SYSTEM) | {"customfield_1": Form("text"), "customfield_2": Form("choice", "id", "value")}
NASTY = st.one_of(
    st.text(max_size=20),
    st.text(alphabet="\"\\\n\t\r()=~ ,'", max_size=12),
    st.sampled_from(["EMPTY", "null", "currentUser()", 'x" OR project = "OPS', "\\", '\\"', "and", "-", ""]),
)


def read_string(jql: str, at: int) -> tuple[str, int]:
    """Read one quoted string by JQL's own grammar; raw line ends and control characters are not part of it."""
    assert jql[at] == '"'
    at, read = at + 1, ""
    while jql[at] != '"':
        if jql[at] == "\\":
            if jql[at + 1] == "u":
                read, at = read + chr(int(jql[at + 2 : at + 6], 16)), at + 6
            else:
                read, at = read + SIMPLE.get(jql[at + 1], jql[at + 1]), at + 2
        else:
            assert jql[at] >= " " and jql[at] != "\x7f"
            read, at = read + jql[at], at + 1
    return read, at + 1


@given(NASTY)
def test_any_text_is_one_string_of_jql_and_reads_back(word):
    assert read_string(quoted(word), 0) == (word, len(quoted(word)))


@given(st.lists(NASTY, min_size=2, max_size=4))
def test_a_list_holds_its_words_and_nothing_else(words):
    rendered = among("labels", tuple(words))
    at, read = len("labels in ("), []
    assert rendered.startswith("labels in (")
    while True:
        word, at = read_string(rendered, at)
        read.append(word)
        if rendered[at] == ")":
            break
        assert rendered[at : at + 2] == ", "
        at += 2
    assert (read, at) == (words, len(rendered) - 1)


def named(number: str, name: str) -> dict[str, Any]:
    return {"self": "…", "id": number, "name": name}


ISSUE = {
    "project": {"id": "10000", "key": "SHOP", "name": "Shop"},
    "labels": ["customer", "kiosk"],
    "priority": named("2", "High"),
    "status": named("3", "In Progress"),
    "components": [named("10001", "Checkout"), named("10002", "Cart")],
    "summary": "Cart forgets the coupon",
    "description": {
        "type": "doc",
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": "As told"}]}],
    },
    "assignee": {"accountId": "557058:ab", "displayName": "Elaine"},
    "duedate": None,
    "security": None,
    "customfield_1": "A-1001",
    "customfield_2": {"id": "10020", "value": "Gold"},
}

HOLDS = [
    Condition("project", is_="SHOP"),
    Condition("project", is_="shop"),
    Condition("project", in_=("OPS", "10000")),
    Condition("labels", contains="customer"),
    Condition("labels", in_=("customer", "other")),
    Condition("priority", is_="high"),
    Condition("priority", is_="2"),
    Condition("priority", is_=["Low", "High"]),
    Condition("components", contains="Cart"),
    Condition("summary", contains="COUPON"),
    Condition("description", contains="as told"),
    Condition("assignee", is_="557058:ab"),
    Condition("assignee", set_=True),
    Condition("duedate", set_=False),
    Condition("customfield_1", is_="A-1001"),
    Condition("customfield_2", is_="gold"),
    Condition("security", set_=False),
]
FAILS = [
    Condition("project", is_="OPS"),
    Condition("labels", contains="Customer"),
    Condition("labels", contains="cust"),
    Condition("priority", in_=("Low", "3")),
    Condition("assignee", is_="Elaine"),  # a display name is nobody's id
    Condition("assignee", set_=False),
    Condition("duedate", set_=True),
    Condition("customfield_1", is_="A-100"),
    Condition("customfield_9", is_="None"),  # not in the answer
    Condition("labels"),  # asks for nothing, so nothing fits
    Condition("labels", contains="customer", set_=False),
]


@pytest.mark.parametrize("condition", HOLDS, ids=str)
def test_an_issue_that_fits_is_in_scope(condition):
    assert Scope((condition,)).reason(ISSUE) == ""


@pytest.mark.parametrize("condition", FAILS, ids=str)
def test_the_condition_that_failed_is_named(condition):
    assert Scope((HOLDS[0], condition)).reason(ISSUE) == condition.field


def test_a_restricted_issue_is_out_unless_a_condition_names_its_level():
    restricted = ISSUE | {"security": named("10100", "Security team")}
    assert Scope((HOLDS[0],)).reason(restricted) == RESTRICTED
    assert Scope((HOLDS[0], Condition("security", in_=("Security team",)))).reason(restricted) == ""
    assert Scope((HOLDS[0], Condition("security", in_=("Board",)))).reason(restricted) == "security"


def test_jql_tells_what_it_can_and_leaves_texts_to_the_judgement():
    scope = Scope(
        (
            Condition("project", in_=("SHOP", "OPS")),
            Condition("labels", contains="customer"),
            Condition("components", is_="Cart"),
            Condition("summary", contains="coupon"),
            Condition("customfield_1", is_="A-1001"),
            Condition("customfield_2", is_="Gold"),
            Condition("security", set_=True),
            Condition("Epic Link", set_=False),
        ),
        query="reporter = currentUser() OR priority = High",
    )
    assert scope.jql(FORMS) == (
        'project in ("SHOP", "OPS") AND labels = "customer" AND component = "Cart" AND cf[2] = "Gold" '
        'AND level is not EMPTY AND "Epic Link" is EMPTY AND (reporter = currentUser() OR priority = High)'
    )


def test_a_search_for_changes_asks_for_places_alone():
    assert Scope((HOLDS[3], HOLDS[0])).places() == 'project = "SHOP"'
    assert Scope((HOLDS[3],)).places() == ""


def test_a_query_is_bounded_even_if_nothing_can_be_asked():
    assert Scope(()).jql(FORMS) == Scope((Condition("summary", contains="x"),)).jql(FORMS) == 'created >= "1970-01-02"'


def test_a_project_out_of_sight_leaves_the_others():
    scope = Scope((Condition("project", in_=("SHOP", "OPS")), HOLDS[3]))
    assert scope.within(["SHOP"]).places() == 'project = "SHOP"'
    assert scope.within(["SHOP"]).conditions[1] == HOLDS[3]


LAPTOP = {"id": "10", "value": "Hardware", "child": {"id": "11", "value": "Laptop"}}


@pytest.mark.parametrize(
    ("word", "inside"),
    [
        ("Hardware", True),
        ("10", True),
        ("hardware > laptop", True),
        ("10/11", True),
        ("Hardware > Phone", False),
        ("Laptop", False),
        ("11", False),
    ],
)
def test_an_upper_choice_takes_in_those_below_it(word, inside):
    scope = Scope((Condition("customfield_3", is_=word),))
    assert scope.reason({"customfield_3": LAPTOP}) == ("" if inside else "customfield_3")
    assert "cf[3]" not in scope.jql({"customfield_3": CASCADE}), "only the judgement knows both levels"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Parent values: Hardware(10)Level 1 values: Laptop(11)", "10/11"),
        ("Parent values: Hardware(10)", "10"),
        ("Parent values: Old (2019)(10)Level 1 values: Mac (M1)(11)", "10/11"),
        ("", None),
    ],
)
def test_the_changelog_tells_both_levels_of_a_choice(text, value):
    assert told({"from": None, "fromString": text}, "from", CASCADE) == value
    assert is_told({"from": None, "fromString": text}, "from", CASCADE)


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("10/11", {"id": "10", "child": {"id": "11"}}),
        ("10", {"id": "10"}),
        ("Hardware > Laptop", {"value": "Hardware", "child": {"value": "Laptop"}}),
        ("In/Out", {"value": "In/Out"}),
        (None, None),
    ],
)
def test_a_choice_is_written_with_the_one_below_it(value, sent):
    assert wire(value, CASCADE) == sent
