# SPDX-License-Identifier: Apache-2.0
"""Texts as people and editors write them in each tracker, with all that no other tracker holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def words(value: str, *marks: str | dict[str, Any]) -> dict[str, Any]:
    """Build a text node of ADF."""
    kinds = [{"type": mark} if isinstance(mark, str) else mark for mark in marks]
    return {"type": "text", "text": value, **({"marks": kinds} if kinds else {})}


def node(kind: str, *content: Any, **attrs: Any) -> dict[str, Any]:
    """Build a node of ADF; a bare string in a paragraph stands for text."""
    inner = [words(part) if isinstance(part, str) else part for part in content]
    return {"type": kind, **({"attrs": attrs} if attrs else {}), **({"content": inner} if inner else {})}


def line(*content: Any) -> dict[str, Any]:
    """Build a paragraph of ADF."""
    return node("paragraph", *content)


def item(*blocks: Any) -> dict[str, Any]:
    """Build an item of ADF."""
    return node("listItem", *blocks)


def adf(*blocks: Any) -> dict[str, Any]:
    """Build a document of ADF."""
    return {"type": "doc", "version": 1, "content": list(blocks)}


def link(href: str) -> dict[str, Any]:
    """Build the mark of a link."""
    return {"type": "link", "attrs": {"href": href}}


BREAK = {"type": "hardBreak"}
LOCAL = {"localId": "1"}
ADF: Mapping[str, Any] = {
    "lists": adf(
        node(
            "bulletList",
            item(line("a"), node("orderedList", item(line("1"), node("bulletList", item(line("deep")))), order=4)),
            item(line("b"), line("c"), node("codeBlock", "d\n  e", language="sql"), line("f")),
        ),
        node("bulletList", item(line("another"))),
    ),
    "tasks": adf(
        node("taskList", node("taskItem", "buy *milk*", state="TODO", **LOCAL), node("taskItem", "pay", state="DONE")),
        node("decisionList", node("decisionItem", "go", state="DECIDED", **LOCAL), **LOCAL),
    ),
    "table": adf(
        node(
            "table",
            node("tableRow", node("tableHeader", line("H|1")), node("tableHeader", line("H2"))),
            node(
                "tableRow",
                node("tableCell", line(words("l", "strong", link("https://a.example/x|y?(z)")))),
                node("tableCell", node("codeBlock", "a|b\n`c`\n```\nd", language="sql"), background="#fff"),
            ),
            node(
                "tableRow",
                node("tableCell", node("bulletList", item(line("x")), item(line("y")))),
                node("tableCell", line("line", BREAK, "two")),
            ),
        )
    ),
    "quote": adf(node("blockquote", line("a"), node("bulletList", item(line("b")))), node("blockquote", line("c"))),
    "panel": adf(
        node("panel", node("heading", "warn", level=3), node("bulletList", item(line("i"))), panelType="warning"),
        node("expand", line("hidden"), node("codeBlock", "x"), title="More"),
        node("layoutSection", node("layoutColumn", line("l"), width=50), node("layoutColumn", line("r"), width=50)),
    ),
    "inlines": adf(
        line(
            {"type": "mention", "attrs": {"id": "a0563d", "text": "@Elaine *M*"}},
            " is ",
            {"type": "status", "attrs": {"text": "DONE", "color": "green"}},
            {"type": "date", "attrs": {"timestamp": "1700000000000"}},
            {"type": "emoji", "attrs": {"shortName": ":smile:", "text": "\U0001f604"}},
            " ",
            {"type": "inlineCard", "attrs": {"url": "https://x.example/a_b_c"}},
            words(" red", {"type": "textColor", "attrs": {"color": "#f00"}}),
            words("gone", "strike", "underline"),
        )
    ),
    "signs": adf(
        line("*a* _b_ -c- {color:red}h{color} [i|http://x.example] !j.png! ||l||m||"),
        line("**a** ~~c~~ `d` [e](http://f.example) ![g](h) # i | j | \\* <k> &lt;b&gt; &nbsp; <script>x</script>"),
        *map(line, ("h1. x", "* y", "# z", "1) a", "--- ", "===", "|a|b|", "[code]<b>x</b>[/code]", "> q", "a\\")),
        line("http://x.example/a_b_c. (https://y.example/z) foo@bar.example #5 and AB#7 and !3 and @me"),
        line("[1]: https://e.example 't'", BREAK, "text[^1]", BREAK, BREAK, "2. two", BREAK, "- three"),
    ),
    "signature": adf(
        line("Thanks"), line("-- ", BREAK, "Elaine | +32 2", BREAK, "____"), line("> said", BREAK, ">> twice")
    ),
    "pictures": adf(
        line("see ", {"type": "mediaInline", "attrs": {"id": "u-1", "type": "file", "collection": ""}}, " here"),
        node("mediaSingle", {"type": "media", "attrs": {"id": "u-2", "type": "file", "alt": "a.png"}}, layout="wide"),
    ),
}
HTML: Mapping[str, str] = {
    "zendesk": '<div class="zd-comment"><ul><li>a<ol><li>b<ul><li>c</li></ul></li></ol></li><li>'
    '<p>d</p><p>e</p></li></ul><p dir="auto">&nbsp;&nbsp;x <a href="https://e.example">l</a></p></div>',
    "boxes": '<ul><li><input type="checkbox" checked> done</li><li><input type="checkbox"> open</li></ul>',
    "table": "<table border=1><thead><tr><th>A</th><th>B|</th></tr></thead><tbody><tr>"
    '<td><a href="https://a.example/?x=1&amp;y=2">l</a></td>'
    '<td><pre><code class="language-js">a | b\n\nc</code></pre></td></tr>'
    "<tr><td colspan=2><ul><li>x</li></ul>tail</td></tr></tbody></table>",
    "outlook": '<div class="WordSection1"><p class="MsoNormal">Hi,<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;'
    '</o:p></p><p><b><span style="color:#1F497D">Regards</span></b></p><div style="border:none">'
    "<p><b>From:</b> a@b.example<br>x</p>"
    "</div></div>",
    "quotes": "<blockquote><p>a</p><blockquote>b<br>c</blockquote></blockquote>text directly<blockquote>d</blockquote>",
    "lines": "<div>a</div><div><br></div><div>b</div><div>c<br><br>d</div><br><br>e<hr>f",
    "marks": "<b>a<i>b</b>c</i> <strong> d </strong>e<em>f</em>g <s>h</s> <mark>n</mark><font color=red>o</font>",
    "frames": "<details><summary>More</summary><p>hidden</p></details><dl><dt>t</dt><dd>d</dd></dl>",
    "heads": "<h1>a</h1>text<h3>b <code>c</code></h3><ul><li><h2>in li</h2>x</li></ul><h6></h6>",
    "pictures": '<p>x <img src="https://z.example/attachments/token/abc/?name=shot.png" alt="shot"> y '
    '<img src="data:image/png;base64,iVBORw0KGgo="></p><a href="https://e.example"><b>b</b><img alt="i" src="x"></a>',
    "broken": "<p>a<p>b<li>c<td>d</p></div><a href=x>e</a><!-- y --><script>z</script><b",
    "mention": '<p><a href="#" data-vss-mention="version:2.0,11111111-2222">@David</a> see '
    '<a href="https://dev.example/_workitems/edit/12" data-vss-mention="version:1.0">#12</a></p>',
}
MARKDOWN: Mapping[str, str] = {
    "long": "# H\n\n- [ ] t\n- [x] d\n\n| a | b |\n|---|:-:|\n| `x\\|y` | [l](https://e.example/a) |\n\n"
    '```py\nx = "`"\n```\n\n> q\n>> r\n\n1. a\n   - b\n2. c\n\n~~s~~ and\n***both***  \nbreak\\\nagain\n\n---\n\n'
    "[^1] foo[^1]: bar ![alt](https://e.example/i.png)",
    "html": "a <b>b</b> <details><summary>s</summary>\n\nbody\n\n</details>\n\n<table><tr><td>x</td></tr></table>",
    "azure": "See #12 and @<11111111-2222-3333-4444-555555555555> !45 AB#3\n\n    indented\n\n~~~\ntilde\n~~~\n\n"
    "* a\n\n  b\n* c\n\n\n- d",
}
TEXTILE: Mapping[str, str] = {
    "redmine": "h2(#plan). Plan\n\n* a\n** b\n# c\n\nsee #12, r5 and [[Start]]\n\n%{color:red}red% *bold* words\n\n"
    '<pre><code class="ruby">\na\n\n  b\n</code></pre>\n\n!/x/a.png! and !https://e.example/i.png!\n\n'
    "|_. a|b|\n|c|=. d|",
}
JOURNAL: Mapping[str, str] = {
    "plain": "a\r\nb\r\n\r\nc  d\r\n\te",
    "html": "before\n[code]<pre>x\n  y</pre><table><tr><td>a</td><td>b</td></tr></table>[/code]\nafter\n\n- a\n- b",
    "broken": "x [code] y [/code] z & < > [CODE]<p>a <b>b",
}
