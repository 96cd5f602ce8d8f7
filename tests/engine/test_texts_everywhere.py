# SPDX-License-Identifier: Apache-2.0
"""Rich texts through every ordered pair of ways to write, over HTTP: out, edited there, edited at home, and at rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from engine.rich_texts import TEXTS
from engine.texts_house import MARKUPS, PAIRS, Between, Place, running_texts
from tandem.core.doc import Doc, Node
from tandem.core.plain import to_plain

pytestmark = pytest.mark.timeout(600)
Look = tuple[str, ...]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], Between]]:
    with running_texts(tmp_path_factory.mktemp("texts")) as found:
        yield found


def signs(document: Doc) -> str:
    """All that a text says, without its layout."""
    return "".join(to_plain(document).split())


def looks(node: Node, where: Look = ()) -> Iterator[tuple[str, Look]]:
    """Each word with what it stands in, its marks, and where it leads."""
    told = tuple(str(node.get(key, "")) for key in ("level", "ordered", "header", "colspan", "language", "href"))
    for part in node.get("content", ()):
        yield from looks(part, (*where, node["type"], *told))
    yield from ((word, (*where, *told, *node.get("marks", ()))) for word in str(node.get("text", "")).split())


def changed(before: Doc, after: Doc) -> tuple[list[str], list[str]]:
    """The words that went and that came; one whose look is another is among both."""
    old, new = Counter(looks(before)), Counter(looks(after))
    return [word for word, _ in (old - new).elements()], [word for word, _ in (new - old).elements()]


class Trip:
    """A text that was opened at one place, and its twin at the other."""

    def __init__(self, name: str, home: Place, away: Place, ticket: str) -> None:
        self.name, self.home, self.away, self.ticket, self.twin = f"{home.name} {name}", home, away, ticket, ""
        self.native, self.text = TEXTS[home.name][name], self.at_home()

    def at_home(self) -> Doc:
        return MARKUPS[self.home.name].parse(self.home.text(self.ticket)).doc

    def there(self) -> Doc:
        return MARKUPS[self.away.name].parse(self.away.text(self.twin)).doc


def opened(home: Place, away: Place) -> list[Trip]:
    """Open all texts of a place that are for another one, and say each as a comment, too."""
    trips = []
    for name, text in TEXTS[home.name].items():
        ticket = home.make(f"{home.name} to {away.name}: {name}", text, away.name)
        home.say(ticket, text)
        trips.append(Trip(name, home, away, ticket))
    return trips


def edit(place: Place, ticket: str, old: str, new: str, gone: str, more: str) -> Any:
    """Edit a text; give it as its tracker shows it then."""
    place.write(ticket, place.edited(place.text(ticket), old, new, gone, more))
    return place.text(ticket)


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_a_person_sees_the_same_at_both_and_what_is_edited_at_one(
    pairs: dict[tuple[str, str], Between], left: str, right: str
) -> None:
    pair = pairs[left, right]
    trips = [*opened(pair.left, pair.right), *opened(pair.right, pair.left)]
    pair.run()
    assert pair.run() == 0
    for trip in trips:
        trip.twin = pair.twin(trip.home, trip.ticket)
        assert signs(trip.there()).endswith(signs(trip.text)), trip.name
        assert any(signs(said).endswith(signs(trip.text)) for said in trip.away.said(trip.twin)), trip.name
    edited_there(pair, [trip for trip in trips if trip.away.name != "zendesk"])
    edited_at_home(pair, [trip for trip in trips if trip.home.name != "zendesk"])


def edited_there(pair: Between, trips: list[Trip]) -> None:
    """What is edited at the other place comes home, and takes nothing else along."""
    written = [edit(trip.away, trip.twin, "Kestrel", "Falcon", "Heron", "Added there") for trip in trips]
    pair.run()
    assert pair.run() == 0
    for trip, native in zip(trips, written, strict=True):
        assert trip.away.text(trip.twin) == native, trip.name
        if trip.home.name == "zendesk":  # nobody can edit it: it is told of
            told = signs(trip.home.said(trip.ticket)[-1]).removeprefix("Thedescriptionwaschanged:")
            assert signs(MARKUPS[trip.away.name].parse(native).doc).endswith(told), trip.name
            continue
        gone, come = changed(trip.text, trip.at_home())
        assert sorted(come) == ["Added", "Falcon", "there"], (trip.name, gone, come)
        assert set(gone) <= {"Kestrel", "Heron", "-", "[", "]"}, (trip.name, gone, come)


def edited_at_home(pair: Between, trips: list[Trip]) -> None:
    before = [(trip.there(), len(trip.away.said(trip.twin))) for trip in trips]
    written = [edit(trip.home, trip.ticket, "Falcon", "Osprey", "no item", "Added here") for trip in trips]
    pair.run()
    assert pair.run() == 0
    for trip, (there, said), native in zip(trips, before, written, strict=True):
        assert trip.home.text(trip.ticket) == native, trip.name
        if trip.away.name == "zendesk":
            (told,) = trip.away.said(trip.twin)[said:]
            assert signs(told).endswith(signs(trip.at_home())), trip.name
            continue
        gone, come = changed(there, trip.there())
        assert sorted(come) == ["Added", "Osprey", "here"], (trip.name, gone, come)
