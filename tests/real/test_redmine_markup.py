# SPDX-License-Identifier: Apache-2.0
"""What we write is shown by a real Redmine with every word, and it acts on nothing in it."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings

from markup.test_markup_sources import ORDINARY, letters
from markup.trees import documents
from real.redmine_server import Redmine
from tandem.core import doc as hub
from tandem.markup import CommonMark, Html, Textile

SHOWS = """
User.current = User.find_by_login('admin')
view = ApplicationController.renderer.new(http_host: 'redmine.example').send(:instance_variable_get, :@env)
helper = Class.new(ActionView::Base) do
  include ApplicationHelper
  include Rails.application.routes.url_helpers
  def default_url_options; {host: 'redmine.example'}; end
end.with_empty_template_cache.with_view_paths([], {}, nil)
told = JSON.parse(File.read('%(asked)s')).map do |kind, text|
  Setting.text_formatting = kind
  helper.textilizable(text)
end
Setting.text_formatting = 'textile'
File.write('%(told)s', JSON.generate(told))
"""
TEXTS = [
    "see #1 and ##1, [[Wiki]] or [[shop:Wiki|this]]",
    "{{toc}} {{hello_world}} {{include(Wiki)}}",
    "@ines, ask @omar!",
    "no !#1, no !@ines, no ![[Wiki]]",
]


def _drawn(count: int) -> list[hub.Doc]:
    """Documents as the laws of the codecs draw them, the same ones each time."""
    drawn: list[hub.Doc] = []

    @settings(max_examples=count, database=None, derandomize=True, phases=[Phase.generate])
    @given(documents())
    def draw(document: hub.Doc) -> None:
        drawn.append(hub.normalise(document))

    draw()
    return drawn


@pytest.mark.parametrize("markup", [Textile(), CommonMark()], ids=lambda markup: markup.name)
def test_redmine_shows_every_word(redmine: Redmine, tmp_path: Path, markup: hub.Markup) -> None:
    acted = [hub.doc(hub.paragraph(text)) for text in TEXTS]
    meant = [*acted, *ORDINARY[:-1], *_drawn(60)]
    written = [markup.render(document) for document in meant]
    asked, told = tmp_path / "asked.json", tmp_path / "told.json"
    asked.write_text(json.dumps([[markup.name, one.native] for one in written]))
    redmine.run(SHOWS % {"asked": asked, "told": told})
    shown = [re.sub(r'<a href="#[^>]*wiki-anchor.*?</a>', "", html) for html in json.loads(told.read_text())]
    wrong = [
        (one.native, letters(Html().parse(html).doc))
        for document, one, html in zip(meant, written, shown, strict=True)
        if not one.lossy and letters(Html().parse(html).doc) != letters(document)
    ]
    assert wrong == []
    links = [html for html in shown[: len(acted)] if re.search(r'class="(?:issue|wiki-page|user)', html)]
    assert links == []
