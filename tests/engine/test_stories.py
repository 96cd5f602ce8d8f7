# SPDX-License-Identifier: Apache-2.0
"""What once failed is told again, and ends well; and stories can end badly."""

from __future__ import annotations

import pytest

from engine.memory_house import RIGHT
from engine.play import Play
from engine.play_settings import SETTINGS
from engine.stories import STORIES, Story


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_a_story_that_once_failed(story: Story) -> None:
    assert Play(story.setting).tell(story.steps) == []


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_laws_of_stories_can_be_broken(setting: str) -> None:
    """What is asked for at the end is not there by itself."""
    play = Play(setting)
    try:
        issue = next(iter(play.bench.twins().values()))
        play.do("act", what="say", side="left")
        play.do("run")
        play.do("act", what="hide", side="left", nth=0)
        hidden = play.bench.world.deeds[-1].text
        play.do("act", what="unoffered", side="left")
        word = play.acts.secret[0][1]
        play.told.append(f"a log with {word}")
        (play.bench.root / "state.db-journal").write_text(word)
        play.bench.tracker(RIGHT).comment(issue, f"{word}, and {hidden}", play.bench.person(RIGHT))
        found = " ".join(play.end())
        (play.bench.root / "state.db-journal").unlink()
    finally:
        play.close()
    assert f"comment {hidden} (hidden): 1 times at the peer" in found
    assert "leaked" in found and "stands in a log" in found and "stands in clear" in found
