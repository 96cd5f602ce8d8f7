# SPDX-License-Identifier: Apache-2.0
"""The UUID by which Jira's texts name a file is asked for once for each new file, whichever connector comes later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import pytest

from connectors.jira_house import House, open_house
from support.jira import doc, picture
from tandem.connectors.base import Note, Remembers, Upload
from tandem.connectors.jira import Jira
from tandem.core.values import Json

WHISPERED = {"visibility": {"type": "role", "value": "Administrators"}}


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_house() as house:
        yield house


@dataclass
class Kept:
    """What connectors kept."""

    facts: dict[str, Json] = field(default_factory=dict)

    def recall(self, name: str) -> Json:
        return self.facts.get(name)

    def keep(self, name: str, fact: Json) -> None:
        self.facts[name] = fact


def later(house: House, kept: Kept) -> Jira:
    """A connector that was made anew, as each task makes one."""
    made = house.jira()
    assert isinstance(made, Remembers)
    made.remember(kept)
    return made


def shown(house: House, kept: Kept, issue: str) -> tuple[list[str], list[str]]:
    """The files that may leave, and for which contents was asked."""
    with house.asked() as seen:
        files = [file.id for file in later(house, kept).history([issue])[issue].files]
    return files, contents(seen)


def contents(seen: list[Mapping[str, Any]]) -> list[str]:
    return sorted(one["path"].rpartition("/")[2] for one in seen if "/attachment/content/" in one["path"])


def attach(house: House, issue: str, name: str) -> str:
    return str(house.site.attach(issue, name, b"picture of " + name.encode())["id"])


def test_a_file_is_asked_for_once(house: House) -> None:
    issue, kept = house.make(), Kept()
    offered, hidden = attach(house, issue, "shop.png"), attach(house, issue, "secret.png")
    house.comment(issue, picture(house.site.media_of(hidden)), "tandem", **WHISPERED)
    assert shown(house, kept, issue) == ([offered], sorted([offered, hidden]))
    assert shown(house, kept, issue) == ([offered], [])
    another = attach(house, issue, "till.png")
    house.comment(issue, picture(house.site.media_of(offered)), "tandem", **WHISPERED)
    assert shown(house, kept, issue) == ([another], [another]), "what is known still hides what a private text shows"


def test_a_file_of_ours_is_not_asked_for_when_it_is_read_back(house: House) -> None:
    issue, kept = house.make(), Kept()
    ours, content = later(house, kept), b"picture of ours"
    file = ours.attach(Upload(issue, "ours.png", "image/png", len(content), lambda: nullcontext([content]))).id
    assert file is not None
    with house.asked() as seen:
        (made,) = ours.comment([Note(issue, doc("look"), public=True, mark="n", files=(file,))])
    assert made.error is None and contents(seen) == [file]
    assert shown(house, kept, issue) == ([file], [])


def test_what_is_kept_of_a_site_that_was_set_up_anew_is_not_believed(house: House) -> None:
    """Its attachments begin to count anew: to take one for another would let a hidden one go."""
    issue, kept = house.make(), Kept()
    hidden = attach(house, issue, "secret.png")
    house.comment(issue, picture(house.site.media_of(hidden)), "tandem", **WHISPERED)
    earlier = {"media": "00000000-0000-4000-8000-000000000000", "made": "2020-01-01T00:00:00.000+0000"}
    kept.keep(f"media:{hidden}", earlier)
    assert shown(house, kept, issue) == ([], [hidden])
    assert kept.recall(f"media:{hidden}") != earlier


def test_a_file_that_is_kept_and_was_deleted_is_left_out_of_a_text(house: House) -> None:
    issue, kept = house.make(), Kept()
    file = attach(house, issue, "gone.png")
    house.comment(issue, picture(house.site.media_of(file)))
    assert shown(house, kept, issue)[0] == [file]
    assert house.site.ask("DELETE", f"3/attachment/{file}").status_code == 204
    (made,) = later(house, kept).comment([Note(issue, doc("look"), public=True, mark="n", files=(file,))])
    assert made.error is None, "the rest of the text arrives"
