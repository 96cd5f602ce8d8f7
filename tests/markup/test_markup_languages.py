# SPDX-License-Identifier: Apache-2.0
"""The language of code, which most trackers do not show: an edit there does not take it away where it is."""

from __future__ import annotations

import pytest

from tandem.core.doc import Markup
from tandem.markup import CommonMark, Html, Textile

FENCED = "Do\n\n```python\na = 1\nb = 2\n```\n\n1. so\n\n   ```sql\n   SELECT 1\n   ```\n\n2. end"
PRE = 'Do\n\n<pre><code class="python">\na = 1\nb = 2\n</code></pre>\n\nend'


@pytest.mark.parametrize(
    ("markup", "present"),
    [(CommonMark(azure=True), FENCED), (CommonMark(), FENCED), (Textile(), PRE)],
    ids=["azure", "redmine", "textile"],
)
def test_an_edit_of_code_elsewhere_leaves_its_language(markup: Markup, present: str) -> None:
    html = str(Html().render(markup.parse(present).doc).native)
    for old in ("b = 2", "Do", "end", "SELECT 1"):
        if old in present:
            changed = Html().parse(html.replace(old, f"{old}3")).doc
            assert markup.render(changed, present).native == present.replace(old, f"{old}3")
