# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from tandem.errors import ConfigurationError, OvertakenError
from tandem.state import lease
from tandem.state.store import Fence, check_four_byte, from_db, now_utc, open_store, to_db
from tandem.state.tables import approval, edge, event, link, notice, origin

AT = to_db(datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC))
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def _notice(cause="c", kind="k", at=AT):
    return {"pair": "p", "kind": kind, "cause": cause, "at": at}


def _origin(id="1", native="10", private=False):
    return {"id": id, "kind": "ticket", "system": "s", "native": native, "private": private, "company": "c"}


def _event(key, state=None):
    return {
        "pair": "p",
        "side": "left",
        "ticket": "1",
        "key": key,
        "kind": "field",
        "order": "1",
        "at": AT,
        "state": state,
    }


def test_rows_come_back_as_they_went(store):
    with store.begin() as tx:
        assert tx.insert(notice, _notice("🧵")) == ("p", "k", "🧵")
    with store.read() as tx:
        assert tx.rows(sa.select(notice)) == [_notice("🧵")]
        assert tx.row(sa.select(notice).where(notice.c.cause == "x")) is None


def test_an_insert_answers_the_number_it_was_given(store):
    with store.begin() as tx:
        first, second = (tx.insert(event, _event(key)) for key in ("a", "b"))
        assert tx.row(sa.select(event.c.key).where(event.c.id == second)) == {"key": "b"}
    assert first < second


def test_nothing_stays_of_a_transaction_that_failed(store):
    with pytest.raises(ZeroDivisionError), store.begin() as tx:
        tx.insert(notice, _notice())
        raise ZeroDivisionError
    with store.read() as tx:
        assert tx.rows(sa.select(notice)) == []


def test_upsert_sets_what_the_rows_name(store):
    later = AT + timedelta(days=1)
    with store.begin() as tx:
        tx.upsert(notice, [_notice("a"), _notice("b")])
        assert tx.upsert(notice, [_notice("b", at=later), _notice("c", at=later)]) == 2
        assert tx.rows(sa.select(notice.c.cause, notice.c.at).order_by(notice.c.cause)) == [
            {"cause": "a", "at": AT},
            {"cause": "b", "at": later},
            {"cause": "c", "at": later},
        ]


def test_upsert_without_columns_to_set_keeps_what_is_there(store):
    with store.begin() as tx:
        tx.insert(origin, _origin())
        rows = [_origin("2"), _origin("3", native="30")]
        assert tx.upsert(origin, rows, update=()) == 1  # the first one meets another unique key than the primary
        assert [row["id"] for row in tx.rows(sa.select(origin).order_by(origin.c.id))] == ["1", "3"]


def test_upsert_finds_the_natural_key_of_numbered_rows(store):
    with store.begin() as tx:
        tx.upsert(event, [_event("a"), _event("b")])
        tx.upsert(event, [_event("a", "applied")], update=["state"])
        assert tx.rows(sa.select(event.c.key, event.c.state).order_by(event.c.id)) == [
            {"key": "a", "state": "applied"},
            {"key": "b", "state": None},
        ]


def test_upsert_takes_the_named_key(store):
    with store.begin() as tx:
        tx.insert(origin, _origin())
        tx.upsert(origin, [_origin("2", private=True)], update=["private"], on=("system", "kind", "native"))
        assert tx.rows(sa.select(origin.c.id, origin.c.private)) == [{"id": "1", "private": True}]


def test_upsert_takes_more_rows_than_a_statement_has_parameters(store):
    with store.begin() as tx:
        assert tx.upsert(notice, [_notice(str(number)) for number in range(9000)]) == 9000
        assert tx.upsert(notice, []) == 0


def test_upsert_refuses_rows_of_different_columns(store):
    with store.begin() as tx, pytest.raises(ValueError, match="different columns"):
        tx.upsert(notice, [_notice(), {"pair": "p"}])


def test_json_columns_are_updated_too(store):
    row = {
        "system": "s",
        "place": "p",
        "type": "t",
        "source": "1",
        "way": "2",
        "target": "3",
        "needs": ["resolution"],
    }
    with store.begin() as tx:
        tx.upsert(edge, [row])
        tx.upsert(edge, [row | {"needs": ["a", "b"]}])
        assert tx.row(sa.select(edge.c.needs)) == {"needs": ["a", "b"]}


def test_run_counts_the_rows_it_met(store):
    with store.begin() as tx:
        tx.upsert(notice, [_notice("a"), _notice("b")])
        assert tx.run(sa.delete(notice)) == 2


def test_foreign_keys_are_kept(store):
    row = {"id": "1", "pair": "p", "origin": "none", "state": "new", "created_at": AT, "changed_at": AT}
    with pytest.raises(sa.exc.IntegrityError), store.begin() as tx:
        tx.insert(link, row)


def test_reading_cannot_write_and_the_next_transaction_can(store):
    with pytest.raises(sa.exc.DBAPIError), store.read() as tx:
        tx.insert(notice, _notice())
    with store.begin() as tx:
        tx.insert(notice, _notice())


def test_reading_sees_one_unmoving_picture_and_waits_for_no_writer(store):
    with store.read() as reading:
        assert reading.rows(sa.select(notice)) == []
        with store.begin() as writing:
            writing.insert(notice, _notice())
        assert reading.rows(sa.select(notice)) == []


def test_a_fence_lets_the_newest_try_write_alone(store):
    older = lease.take(store, "p", "run", "load", now=NOW)
    newer = lease.take(store, "p", "run", "load", now=NOW)
    with store.begin(newer) as tx:
        tx.insert(notice, _notice("newer"))
    with pytest.raises(OvertakenError), store.begin(older) as tx:
        tx.insert(notice, _notice("older"))
    with pytest.raises(OvertakenError), store.begin(Fence("unknown", 1, "run", "load")):
        pass
    with store.read() as tx:
        assert [row["cause"] for row in tx.rows(sa.select(notice))] == ["newer"]


def test_the_lease_cannot_be_taken_between_the_fence_and_the_commit(store):
    fence = lease.take(store, "p", "run", "load", now=NOW)
    taken = threading.Event()

    def take():
        lease.take(store, "p", "run", "load", now=NOW)
        taken.set()

    taking = threading.Thread(target=take)
    with store.begin(fence) as tx:
        taking.start()
        tx.insert(notice, _notice())
        assert not taken.wait(0.3)
    taking.join(30)
    assert taken.is_set()


ADD = """
import sys
import sqlalchemy as sa
from tandem.state.store import open_store
from tandem.state.tables import approval
from tandem.state.vault import Vault, new_keys
store = open_store(sys.argv[1], Vault([new_keys()[0]], new_keys()[1]))
for _ in range(40):
    with store.begin() as tx:
        value = tx.row(sa.select(approval.c.value).with_for_update())["value"]
        tx.run(sa.update(approval).values(value=value + 1))
"""


def test_two_processes_that_read_before_they_write_lose_nothing(store):
    with store.begin() as tx:
        tx.insert(approval, {"pair": "p", "limit": "l", "side": "s", "value": 0, "by": "b", "at": AT})
    url = store.engine.url.render_as_string(hide_password=False)
    both = [subprocess.Popen([sys.executable, "-c", ADD, url]) for _ in range(2)]
    assert [process.wait(120) for process in both] == [0, 0]
    with store.read() as tx:
        assert tx.row(sa.select(approval.c.value)) == {"value": 80}


def test_a_sign_of_four_bytes_is_kept_and_the_probe_leaves_nothing(store):
    assert check_four_byte(store) is None
    with store.read() as tx:
        assert tx.rows(sa.select(notice)) == []


def test_a_database_that_cannot_keep_it_is_told(postgres, vault):
    with postgres.database(encoding="LATIN1") as url:
        latin = open_store(url, vault)
        latin.migrate()
        problem = check_four_byte(latin)
        latin.close()
    assert problem is not None
    assert problem.code == "TDM-308"


def test_instants_are_kept_as_naive_utc():
    local = datetime(2026, 7, 1, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    assert to_db(local).isoformat() == "2026-07-01T10:00:00"
    assert from_db(to_db(local)) == local
    assert now_utc().tzinfo is None
    with pytest.raises(ValueError, match="zone"):
        to_db(AT)


def test_the_folder_of_a_file_is_made(tmp_path, vault):
    store = open_store(f"sqlite:///{tmp_path}/a folder/with 100%/state.db", vault)
    store.migrate()
    store.check_schema()
    assert (tmp_path / "a folder" / "with 100%" / "state.db").exists()
    store.close()


@pytest.mark.parametrize("url", ["", "sqlite://", "sqlite:///:memory:", "mysql://h/d", "no address"])
def test_other_addresses_are_refused(url, vault):
    with pytest.raises(ConfigurationError, match="sqlite:////absolute"):
        open_store(url, vault)


def test_the_plain_spelling_of_postgresql_is_understood(vault):
    assert open_store("postgresql://u:p@h/d", vault).engine.url.drivername == "postgresql+psycopg"
