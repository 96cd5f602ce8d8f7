# SPDX-License-Identifier: Apache-2.0
"""A file that a private text names is as private, wherever its copies stand: it goes no further than the text may."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.ring_of_four import AZURE, JIRA, SNOW, ZENDESK, Four, running_ring
from support.jira import doc

RESTRICTED = {"type": "role", "value": "Developers"}


@pytest.fixture(scope="module", params=[True, False], ids=["with customers", "without customers"])
def four(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Four]:
    """Where its Jira has no customers, it has no internal comments either."""
    with running_ring(tmp_path_factory.mktemp("ring"), service_desk=request.param) as four:
        yield four


def whisper(four: Four, tracker: str, id_: str, name: str) -> None:
    """Somebody at Infinity names a file in a text that is for their own."""
    if tracker == JIRA:
        said = {"body": doc(f"see {name}"), "visibility": RESTRICTED}
        assert four.jira.ask("POST", f"3/issue/{id_}/comment", "elaine", json=said).status_code == 201
    else:
        four.desk.change(id_, work_notes=f"see {name}")


def attach(four: Four, tracker: str, id_: str, name: str) -> None:
    content = f"bytes of {name}".encode()
    if tracker == JIRA:
        four.jira.attach(id_, name, content)
    else:
        four.desk.attach(id_, name, content)


def with_file(four: Four, tracker: str) -> tuple[str, str]:
    """A ticket that is everywhere, to which somebody at a tracker attached a file: its id there, the file's name."""
    number = next(four.numbers)
    ticket = four.open_ticket(f"Cart {number}")
    four.quiet()
    id_, name = four.everywhere(ticket)[tracker], f"sketch-{number}.bin"
    attach(four, tracker, id_, name)
    return id_, name


@pytest.mark.parametrize("tracker", [JIRA, SNOW])
def test_a_file_named_in_a_private_text_stays_in_its_company(four: Four, tracker: str) -> None:
    id_, name = with_file(four, tracker)
    whisper(four, tracker, id_, name)
    four.quiet()
    for stranger in (ZENDESK, AZURE):
        assert name not in four.sent(stranger)


@pytest.mark.parametrize("tracker", [JIRA, SNOW])
def test_a_file_that_is_named_before_it_went_on_goes_no_further(four: Four, tracker: str) -> None:
    """Its company's other tracker has a copy by then; the pairs that lead out have not run."""
    id_, name = with_file(four, tracker)
    four.run("infinity-jira__infinity-servicenow")
    whisper(four, tracker, id_, name)
    four.quiet(["infinity-jira__infinity-servicenow", *(pair for pair in four.houses if "infinity-jira__" not in pair)])
    for stranger in (ZENDESK, AZURE):
        assert name not in four.sent(stranger)
