# SPDX-License-Identifier: Apache-2.0
"""Texts as people and rich editors make them, in each tracker's own form.

In each somebody will change the word Kestrel, and take the item away that has the word Heron.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markup.natives import BREAK, adf, item, line, link, node, words

DONE = node("status", text="DONE", color="green")
RED = {"type": "textColor", "attrs": {"color": "#ff5630"}}


def _task(state: str, *content: Any, local: str) -> dict[str, Any]:
    return node("taskItem", *content, localId=local, state=state)


def _row(*cells: Any, kind: str = "tableCell") -> dict[str, Any]:
    return node("tableRow", *(node(kind, cell) for cell in cells))


JIRA: Mapping[str, Any] = {
    "report": adf(
        node("heading", "Outage", level=2),
        line(
            "On ", node("date", timestamp="1764460800000"), " the shop was ", DONE, " for ", words("42 min", "strong")
        ),
        node("panel", line("Nobody could ", words("pay", "em"), " at all"), panelType="warning"),
        node(
            "orderedList",
            item(line("14:02 alarm")),
            item(line("Kestrel looks at ", words("proxy_01", "code")), node("bulletList", item(line("disk full")))),
            item(line("Heron")),
        ),
        node("codeBlock", "df -h /var\n\tno space", language="bash"),
        line("See ", node("inlineCard", url="https://status.example/incidents/42")),
    ),
    "tasks": adf(
        line("Open:"),
        node(
            "taskList",
            _task("DONE", "renew ", DONE, local="1"),
            _task("TODO", "tell the Kestrel", local="2"),
            node("taskList", _task("TODO", "nested", local="3"), localId="n"),
            _task("TODO", "Heron", local="4"),
            localId="l",
        ),
    ),
    "table": adf(
        node(
            "table",
            _row(line("Host"), line("Note"), kind="tableHeader"),
            _row(line(words("web_01_prod", "code")), line("a | b")),
            _row(line("Kestrel"), line("one", BREAK, "two")),
            node("tableRow", node("tableCell", line("wide"), colspan=2)),
        ),
        line("That is ", words("all", "strong")),
    ),
    "signs": adf(
        line("*not bold* _x_ ~~y~~ `z` # no 1. no <tag> &amp; [x](y) {code} {{m}} |a|b| C:\\new\\temp __init__"),
        *map(line, ("# not heading", "1. not list", "- not item", "> not quote", "---")),
        line("Kestrel"),
        line("https://x.example/a_b_(c)?d=e&f=g#h_i, see (https://y.example/z_z)"),
    ),
    "expand": adf(
        line("Short ", words("Kestrel", "em")),
        node("expand", line("Long"), node("bulletList", item(line("Heron")), item(line("b"))), title="Details"),
        node("blockquote", line("Shall I?"), line("It hangs.")),
    ),
    "looks": adf(
        line(words("Red", RED), " H", words("2", {"type": "subsup", "attrs": {"type": "sub"}}), "O Kestrel"),
        line("The ", words("manual", link("https://d.example/manual_(2)?x=1&y=2")), " ", words("gone", "strike"), "."),
        line("שלום עולם and 中文测试 and 👨‍👩‍👧‍👦 👍🏽 🇧🇪"),
    ),
}
HTML: Mapping[str, str] = {
    "mail": '<div class="WordSection1"><p class="MsoNormal"><span style="font-size:11pt">Dear desk,</span></p>'
    '<p class="MsoNormal">The <b><span style="color:red">printer</span></b> of Kestrel is&nbsp;&nbsp;broken</p>'
    "<table><tbody><tr><td><p><b>Serial</b></p></td><td><p>XJ-99_a</p></td></tr></tbody></table><p>Regards,<br>John</p>"
    "</div>",
    "chain": "<div>Yes, Kestrel</div><div><br></div><div>On Monday John wrote:<br></div><blockquote><div>Shall I?</div>"
    "<blockquote><div>It <i>hangs</i></div></blockquote></blockquote>",
    "soup": "<div>First</div><div><br></div><div>Second <u>Kestrel</u></div><div><ul><li>item<br></li><li>Heron</li>"
    '<li>two <code>items</code></li></ul></div><h2>Title <em>x</em></h2><ol start="3"><li>third</li></ol><hr>',
    "table": "<p>Before Kestrel</p><table border=1><thead><tr><th>Name</th><th>Value | unit</th></tr></thead><tbody>"
    '<tr><td>spanning</td><td>first<br>second</td></tr><tr><td colspan="2">wide</td></tr></tbody></table><p>After</p>',
    "code": "<p>Log of Kestrel now:</p><pre>10:00  WARN  a|b\n  indented &lt;tag&gt;\n\nlast</pre><ol>"
    "<li>Run:<pre>make all</pre></li><li>then<table><tbody><tr><td>in</td><td>list</td></tr></tbody></table></li></ol>",
    "signs": "<p>*not bold* _x_ # no [x](y) {code} |a|b| C:\\new &lt;b&gt; &amp;amp;</p><p># not heading</p>"
    '<p>1. not list</p><p>- dash</p><p>Kestrel <a href="https://e.example/a_(b)?x=1&amp;y=2">the page</a></p>',
}
MARKDOWN: Mapping[str, str] = {
    "bug": "## Steps\n\n1. Open `shop_page`\n2. Press **Pay**\n   - with card\n   - Heron\n3. Wait for Kestrel\n\n"
    '```python\nraise ValueError("*")\n    # indented\n```\n\n> see [docs](https://d.example/a_b)',
    "tasks": "- [x] done\n- [ ] open *Kestrel*\n- [ ] Heron\n\nAfter",
    "table": "| Host | State |\n|:-----|------:|\n| `a\\|b` | **up** |\n| Kestrel |  |\n"
    "| x<br>y | [l](https://l.example/) |\n\nBehind",
    "signs": "\\*not bold\\* snake_case \\_x\\_ &lt;tag&gt;\n\n\\# no heading\n\n1986\\. A year of Kestrel\n\n"
    "H<sub>2</sub>O",
    "deep": "1. one\n   1. one.one\n      - deep\n   2. Kestrel\n\n   para\n2. two\n\n> q\n> > qq\n\n"
    "~~~\ntilde\n~~~\n\nend",
}
PLAIN: Mapping[str, str] = {
    "steps": "Steps:\n1. Open Kestrel\n2. Press pay\n   - with card\n   - Heron\n\nExpected: paid\r\nActual: error",
    "trace": "Trace:\n\njava.lang.Error: x\n    at a.b.C(D.java:1)\n\nKestrel | down\n\n> Shall I?\n>> It hangs.",
    "signs": "*not bold* _x_\n# not heading\n|a|b| <tag> & &lt;x&gt; [x](y) C:\\new {code}\nKestrel 中文 👍🏽 שלום",
}
TEXTS: Mapping[str, Mapping[str, Any]] = {
    "zendesk": HTML,
    "jira": JIRA,
    "servicenow": PLAIN,
    "azure": HTML,
    "markdown": MARKDOWN,
}
