# SPDX-License-Identifier: Apache-2.0
"""``tandem keys new``, ``tandem keys rotate``, ``tandem migrate``: the state database's keys and tables."""

from __future__ import annotations

from rich.console import Console

from tandem.cli.bars import Bars
from tandem.cli.out import Answer
from tandem.cli.setting import Setting
from tandem.state.rotate import rotate_content
from tandem.state.vault import CONTENT_KEYS, HASH_KEY, new_keys


def new() -> Answer:
    """Make both keys, as lines that a shell reads."""
    content, hashing = new_keys()
    made = {CONTENT_KEYS: content, HASH_KEY: hashing}
    return Answer(made, [f"export {name}={key}" for name, key in made.items()])


def rotate(setting: Setting) -> Answer:
    """Seal everything under the newest key."""
    with setting.store() as store:
        bars = Bars(Console(stderr=True))
        with bars.phase("rotate"):
            rows = rotate_content(store, bars)
    lines = [
        f"{rows} rows were sealed anew under the first key.",
        f"Once every process has it, the older keys can be taken out of {CONTENT_KEYS}.",
    ]
    return Answer({"rows": rows}, lines)


def migrate(setting: Setting) -> Answer:
    """Bring the tables to this version."""
    with setting.store(migrate=True) as store:
        store.check_schema()
    return Answer({"migrated": True}, ["The state database has the tables of this version."])
