# SPDX-License-Identifier: Apache-2.0
"""What runs have left in the state database that a command needs which can do without one."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from tandem.check import Bound
from tandem.cli.setting import Setting
from tandem.config.models import BrokenPair, Pair, Which
from tandem.core import rules
from tandem.errors import ConfigurationError, Problem, StateError, TandemError
from tandem.pipeline.dictionary import bindings
from tandem.state.schema import VERSION_TABLE
from tandem.state.store import Store, check_four_byte


@dataclass(frozen=True, slots=True)
class State:
    """What is wrong with the state database, or the words for its being in order."""

    words: str
    problems: tuple[Problem, ...] = ()


def opened(setting: Setting) -> tuple[Store | None, State]:
    """Open the state database, if it can be used, and look at its tables and characters."""
    try:
        store = setting.open()
    except ConfigurationError as error:
        return None, State("cannot be opened", error.problems)
    except StateError as error:
        return None, State("cannot be opened", (_problem(error),))
    try:
        if not sa.inspect(store.engine).has_table(VERSION_TABLE):
            state = State("has no tables yet; the first run makes them")
        else:
            store.check_schema()
            four = check_four_byte(store)
            return store, State("keeps what is written", (four,) if four else ())
    except StateError as error:
        state = State("is of another version", (_problem(error),))
    except sa.exc.DBAPIError as error:
        state = broken(error)
    store.close()
    return None, state


def bound(store: Store | None, pair: Pair | BrokenPair) -> dict[Which, Bound]:
    """To what runs have bound the names of a pair's contracts."""
    if store is None:
        return {}
    with store.read() as tx:
        return {which.value: Bound(*bindings(tx, pair.name, which)) for which in rules.Which}


def broken(error: sa.exc.DBAPIError) -> State:
    """Say that the database itself failed."""
    what = f"The state database cannot be used ({type(error.orig).__name__})."
    fix = "See that it runs and that its address is right."
    return State("cannot be used", (_problem(StateError(what, fix=fix)),))


def _problem(error: TandemError) -> Problem:
    return Problem(error.code, error.what, error.fix, where="state database")
