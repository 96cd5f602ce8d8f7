# SPDX-License-Identifier: Apache-2.0
"""States of before a link went on to one follow-up alone: two wait to take a closed ticket's place, or both took it."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.laws import at_peace
from engine.memory_files import PAIR
from engine.memory_house import LEFT, RIGHT, Bench
from tandem.state import links, origins, succession
from tandem.state.schema import VERSION_TABLE


def _as_it_was(bench: Bench, ticket: str, issue: str, new: list[str], *, took: bool) -> None:
    """Write the members as the earlier version did, and let the tables pass for that version's."""
    with bench.store.begin() as tx:
        of = links.link_of(tx, PAIR, RIGHT, [issue])[issue]
        for one in new:
            links.join_made(tx, PAIR, of, LEFT, one)
            links.update_member(tx, PAIR, LEFT, one, current=False, state=succession.NEXT)
        for one in new if took else ():
            succession.follow(tx, PAIR, of, LEFT, "left", ticket, one, current=True)
            origins.put_presence(
                tx, of=links.links(tx, PAIR, ids=[of])[of].origin, kind="ticket", system="left", native=one, place="",
                ticket=one,
            )  # fmt: skip
        tx.run(sa.text("DROP TABLE tandem_precedence"))
        tx.run(sa.text("DROP TABLE tandem_step"))
        tx.run(sa.text("DROP TABLE tandem_fact"))
        tx.run(sa.text("DROP INDEX ix_tandem_action_kind_state"))
        tx.run(sa.text("ALTER TABLE tandem_edge DROP COLUMN sealed"))
        tx.run(sa.text("ALTER TABLE tandem_edge ADD COLUMN name VARCHAR(200) NOT NULL DEFAULT ''"))
        tx.run(sa.text("ALTER TABLE tandem_origin DROP COLUMN hidden"))
        tx.run(sa.text("ALTER TABLE tandem_wake DROP COLUMN anew"))
        tx.run(sa.text("ALTER TABLE tandem_presence DROP COLUMN edition"))
        tx.run(sa.text("ALTER TABLE tandem_side DROP COLUMN sealed"))
        tx.run(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '0002'"))


@pytest.mark.parametrize("took", [False, True])
def test_of_two_follow_ups_in_one_place_one_keeps_it_and_the_other_is_a_ticket_of_its_own(
    tmp_path: Path, took: bool
) -> None:
    bench = Bench(tmp_path, left={"closed": "follow_up"})
    ticket, issue = bench.linked()
    bench.move(LEFT, ticket, "closed")
    bench.quiet()
    words = {"description": "<p>again!</p>", "tags": ["customer"]}
    desk = bench.tracker(LEFT)
    new = [desk.open_ticket({"subject": title, **words}, bench.person(LEFT), follows=ticket) for title in ("a", "b")]
    bench.world.born += [(LEFT, one) for one in new]
    _as_it_was(bench, ticket, issue, new, took=took)
    bench.store.migrate()
    said = [bench.say(LEFT, one) for one in new]
    assert at_peace(bench) == []
    stays, goes = reversed(new) if took else new
    assert bench.twin(RIGHT, issue) == stays and bench.twin(LEFT, goes) != issue
    for one, text in zip(new, said, strict=True):
        assert sum(text in shown for shown in bench.texts(RIGHT, bench.twin(LEFT, one))) == 1
