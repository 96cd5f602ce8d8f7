# SPDX-License-Identifier: Apache-2.0
"""Lists, tasks and tables of Jira whose items come and go elsewhere: what was not touched stays as it is written."""

from __future__ import annotations

from typing import Any

from markup.natives import adf, item, line, node, words
from sandbox.jira import adf as jira_site
from tandem.core import doc as hub
from tandem.core.plain import to_plain
from tandem.markup import Adf, CommonMark, Html

ADF, HTML, AZURE = Adf(), Html(), CommonMark(azure=True)
STATUS = node("status", text="DONE", color="green")
RED = {"type": "textColor", "attrs": {"color": "#ff5630"}}


def task(state: str, *content: Any, local: str) -> dict[str, Any]:
    return node("taskItem", *content, localId=local, state=state)


TASKS = adf(
    node(
        "taskList",
        task("DONE", "renew ", STATUS, local="1"),
        task("TODO", "tell all", local="2"),
        node("taskList", task("TODO", "the shop", local="3"), task("DONE", "the desk", local="4"), localId="l2"),
        task("TODO", "rest", local="5"),
        localId="l1",
    )
)


def edited(native: Any, *changes: tuple[str, str]) -> Any:
    """A text as it is once somebody changed its HTML elsewhere."""
    html = str(HTML.render(ADF.parse(native).doc).native)
    for old, new in changes:
        assert old in html
        html = html.replace(old, new)
    written = ADF.render(HTML.parse(html).doc, native).native
    assert jira_site.check(written)
    return written


def test_nested_tasks_stay_tasks() -> None:
    wanted = adf(*edited(TASKS)["content"])
    assert wanted == TASKS
    first = edited(TASKS, ("the desk", "the other desk"))["content"][0]
    assert first["content"][0] == TASKS["content"][0]["content"][0]
    inner = first["content"][2]
    assert (inner["type"], inner["attrs"]) == ("taskList", {"localId": "l2"})
    assert inner["content"] == [
        task("TODO", "the shop", local="3"),
        task("DONE", "the other desk", local="4"),
    ]


def test_a_task_that_goes_leaves_the_others_alone() -> None:
    (tasks,) = edited(TASKS, ("<li>[ ] rest</li>", ""), ("<li>[ ] the shop</li>", ""))["content"]
    assert tasks == node(
        "taskList",
        task("DONE", "renew ", STATUS, local="1"),
        task("TODO", "tell all", local="2"),
        node("taskList", task("DONE", "the desk", local="4"), localId="l2"),
        localId="l1",
    )


def test_decisions_stay_decisions() -> None:
    one, two = (node("decisionItem", text, localId=text, state="DECIDED") for text in ("stay", "go"))
    decided = adf(node("decisionList", one, two, localId="d"))
    assert edited(decided, ("go", "leave"))["content"] == [
        node("decisionList", one, node("decisionItem", "leave", localId="go", state="DECIDED"), localId="d")
    ]


def test_boxes_of_another_tracker_are_tasks() -> None:
    document = AZURE.parse("- [x] renew\n- [ ] tell *all*\n  - [ ] the shop\n").doc
    native: Any = ADF.render(document).native
    assert jira_site.check(native)
    (tasks,) = native["content"]
    assert [part["type"] for part in tasks["content"]] == ["taskItem", "taskItem", "taskList"]
    locals_ = [part["attrs"]["localId"] for part in [tasks, *tasks["content"], *tasks["content"][2]["content"]]]
    assert len(set(locals_)) == len(locals_)
    assert ADF.parse(native).doc == document
    assert ADF.render(document).native == native


def test_a_list_of_which_one_item_has_no_box_is_no_list_of_tasks() -> None:
    for document in (
        hub.doc(hub.items([hub.paragraph("[x] a")], [hub.paragraph("b")])),
        hub.doc(hub.items([hub.paragraph("[x] a"), hub.paragraph("b")])),
        hub.doc(hub.items([hub.paragraph("[x] a")], ordered=True)),
        hub.doc(hub.items([hub.paragraph("[x] a"), hub.items([hub.paragraph("b")])])),
    ):
        native: Any = ADF.render(document).native
        assert "task" not in repr(native)
        assert ADF.parse(native).doc == hub.normalise(document)


def test_an_item_that_goes_leaves_the_others_alone() -> None:
    kept = item(line("fine: ", STATUS, words(" red", RED)))
    present = adf(node("bulletList", item(line("a")), kept, item(line("c"))))
    (written,) = edited(present, ("<li>a</li>", ""))["content"]
    assert written == node("bulletList", kept, item(line("c")))


def test_a_row_or_column_that_comes_leaves_the_others_alone() -> None:
    def cell(*content: Any, **attrs: Any) -> dict[str, Any]:
        return {**node("tableCell", line(*content)), "attrs": attrs}

    rows = [node("tableRow", cell("a", background="#fff"), cell(STATUS)), node("tableRow", cell("b"), cell("c"))]
    present = adf(node("table", *rows, layout="wide"))
    (written,) = edited(present, ("</tr></tbody>", "</tr><tr><td>new</td><td>row</td></tr></tbody>"))["content"]
    assert written["content"][:2] == rows
    more = edited(present, ("<tr><td>", "<tr><td>new</td><td>"))["content"][0]["content"]
    assert [row["content"][1:] for row in more] == [row["content"] for row in rows]


def test_an_edit_within_a_task_keeps_what_else_it_holds() -> None:
    (tasks,) = edited(TASKS, ("renew", "replace"))["content"]
    assert tasks["content"][0] == task("DONE", "replace ", STATUS, local="1")
    assert to_plain(ADF.parse(adf(tasks)).doc).startswith("- [x] replace DONE")


def test_colours_of_words_stay_where_other_words_are_changed() -> None:
    noted = {"type": "annotation", "attrs": {"id": "a1"}}
    red, both = words("Red alert", "strong", RED), words("note", noted)
    rest = line(words("and", "em"))
    present = adf(line(red, " and ", both, " and more"), rest)

    def shown(old: str, new: str) -> Any:
        first, last = edited(present, (old, new))["content"]
        assert last == rest
        return first

    assert shown("more", "less") == line(red, " and ", both, " and less")
    assert shown("note", "notes") == line(red, " and notes and more")
    assert shown("<strong>Red alert</strong>", "Red alert") == line("Red alert and ", both, " and more")
    assert shown("more", "note") == line(red, " and note and note")
