# SPDX-License-Identifier: Apache-2.0
"""`tandem drift`, over the real sandbox."""

from __future__ import annotations

from cli_house import PAIR, House, until
from test_cli_connect import now, writes

from support.sandbox import RunningSandbox


def test_a_pair_is_compared_and_nothing_is_written(house: House, box: RunningSandbox) -> None:
    house.tandem("run", PAIR)
    house.open_ticket("Till will not open", comment={"body": "See below."}, priority="high")

    def told() -> str:
        house.tandem("run", PAIR)
        return house.tandem("drift", PAIR).out

    until(told, lambda said: "1 in agreement" in said, "the ticket has its twin")
    since = now(box)
    said = house.tandem("drift", PAIR, "--json")
    assert (said.code, said.data["links"], said.data["fields"]) == (0, {"in agreement": 1}, [])
    assert writes(box, since) == []
    assert house.tandem("drift", PAIR, "--prefer", "left").code == 2
