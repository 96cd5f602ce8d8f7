# SPDX-License-Identifier: Apache-2.0
import pytest
import sqlalchemy as sa

from tandem.errors import StateError
from tandem.state.rotate import rotate_content
from tandem.state.store import Store, now_utc
from tandem.state.tables import hub, metadata, origin
from tandem.state.vault import Vault, new_keys

OLD, HASH = new_keys()
NEW = new_keys()[0]
ROWS = 7


@pytest.fixture
def rotating(store):
    """A store written under the old key, opened with the new one in front."""
    before = Vault([OLD], HASH)
    with store.begin() as tx:
        tx.upsert(hub, [_hub(str(ticket), before.seal(ticket)) for ticket in range(ROWS)])
        tx.upsert(origin, [_origin("1", before.seal("name")), _origin("2", None)])
    return Store(store.engine, Vault([NEW, OLD], HASH))


def _hub(ticket, sealed):
    return {"pair": "p", "run": "r", "side": "left", "ticket": ticket, "sealed": sealed}


def _origin(id, sealed):
    row = {"id": id, "kind": "ticket", "system": "s", "native": id, "company": "c", "at": now_utc()}
    return row | {"sealed": sealed}


def _opened(store, vault):
    with store.read() as tx:
        return [vault.open(row["sealed"]) for row in tx.rows(sa.select(hub).order_by(hub.c.ticket))]


def test_after_rotation_the_new_key_opens_everything(rotating):
    told = {}
    assert rotate_content(rotating, lambda table, done, total: told.update({table: (done, total)}), batch=3) == ROWS + 1
    assert _opened(rotating, Vault([NEW], HASH)) == list(range(ROWS))
    with rotating.read() as tx:
        assert {row["id"]: row["sealed"] is None for row in tx.rows(sa.select(origin))} == {"1": False, "2": True}
    assert told["tandem_hub"] == (ROWS, ROWS)
    assert set(told) == {table.name for table in metadata.tables.values() if "sealed" in table.columns}


def test_a_broken_off_rotation_goes_on_where_it_was(rotating):
    class BreakOff(Exception):
        pass

    def stop(table, done, total):
        if table == "tandem_hub" and done >= 3:
            raise BreakOff

    with pytest.raises(BreakOff):
        rotate_content(rotating, stop, batch=3)
    assert _opened(rotating, rotating.vault) == list(range(ROWS))
    assert rotate_content(rotating, lambda *_: None, batch=3) < ROWS + 1
    assert _opened(rotating, Vault([NEW], HASH)) == list(range(ROWS))
    assert rotate_content(rotating, lambda *_: None) == 0


def test_a_row_that_no_key_opens_stops_it_and_stays(rotating):
    foreign = Vault([new_keys()[0]], HASH)
    with rotating.begin() as tx:
        tx.insert(hub, _hub("9", foreign.seal(9)))
    with pytest.raises(StateError):
        rotate_content(rotating, lambda *_: None)
    with rotating.read() as tx:
        row = tx.row(sa.select(hub.c.sealed).where(hub.c.ticket == "9"))
    assert foreign.open(row["sealed"]) == 9
