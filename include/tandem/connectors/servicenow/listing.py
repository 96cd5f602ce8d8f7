# SPDX-License-Identifier: Apache-2.0
"""What changed, and what is there.

A cursor is ``time:<tickets>:<files>:<listed>``: the newest change and the newest file seen, in Unix seconds of
ServiceNow's clock, and which files of that time were listed. Reading goes back by the time that a long transaction may
take, and by a second. A new file does not change its ticket, so files are listed beside; a ticket that they name is
read once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import floor

from tandem.connectors.base import Known, Page, Seen
from tandem.connectors.servicenow.scope import Scope
from tandem.connectors.servicenow.shape import Raw, moment, stamp, version
from tandem.connectors.servicenow.site import Site
from tandem.errors import ConfigurationError, Problem

ABOUT = frozenset({"sys_id", "sys_mod_count", "sys_created_on", "sys_updated_on"})
TOUCHED = "~"  # sorts behind all versions
_SHORT = 8  # letters of a file's id that are kept in a cursor


@dataclass(frozen=True, slots=True)
class Position:
    """Where reading stands."""

    tickets: int
    files: int
    listed: frozenset[str] = field(default_factory=frozenset)

    def __str__(self) -> str:
        return f"time:{self.tickets}:{self.files}:{'.'.join(sorted(self.listed))}"


def start(site: Site, now: datetime) -> str:
    """The cursor behind which all changes from ``now`` (our clock) on are seen."""
    if not site.http.knows_clock:
        site.page("sys_user", "sys_idISEMPTY", ("sys_id",), limit=1)
    at = floor(now.timestamp() + site.http.clock_offset)
    return str(Position(at, at))


def changed_since(site: Site, scope: Scope, cursor: str, known: Known, delay: float) -> Iterator[Page]:
    """List what changed, oldest first; whole seconds, so the first of them come again."""
    behind = _position(cursor)
    back = floor(delay) + 1
    after, touched = _new_files(site, behind, back) if site.needs.files else (behind, ())
    fields = ABOUT | scope.fields
    newest = behind.tickets
    for rows in site.pages(site.table, f"sys_updated_on>={_begin(behind.tickets, back)}", fields, by="sys_updated_on"):
        newest = max(newest, floor(moment(rows[-1]["sys_updated_on"]).timestamp()))
        yield Page(_seen(scope, rows, known), str(Position(newest, behind.files, behind.listed)))
    yield Page(touched, str(Position(newest, after.files, after.listed)))


def in_scope(site: Site, scope: Scope) -> Iterator[Page]:
    """List all that is in scope."""
    for rows in site.pages(site.table, scope.query(), ABOUT | scope.fields):
        reasons = scope.reasons(rows)
        yield Page(tuple(_as_seen(row, True) for row in rows if not reasons[row["sys_id"]]))


def _new_files(site: Site, behind: Position, back: int) -> tuple[Position, tuple[Seen, ...]]:
    """Tickets with files that others stored and that were not listed yet, and where reading them stands then."""
    others = "sys_created_by!=javascript:gs.getUserName()"
    query = f"table_name={site.table}^sys_created_on>={_begin(behind.files, back)}^{others}"
    found = [
        row
        for rows in site.pages("sys_attachment", query, ("table_sys_id", "sys_created_on"), by="sys_created_on")
        for row in rows
    ]
    seen = {
        row["table_sys_id"]: Seen(
            row["table_sys_id"], TOUCHED + row["sys_created_on"], moment(row["sys_created_on"]), in_scope=False
        )
        for row in found
        if row["sys_id"][:_SHORT] not in behind.listed
    }
    times = {row["sys_id"][:_SHORT]: floor(moment(row["sys_created_on"]).timestamp()) for row in found}
    newest = max([behind.files, *times.values()])
    listed = frozenset(file for file, at in times.items() if at >= newest - back)
    return Position(behind.tickets, newest, listed), tuple(seen.values())


def _seen(scope: Scope, rows: list[Raw], known: Known) -> tuple[Seen, ...]:
    """The tickets of a page. Those that are held as they are need not be judged again."""
    held = known([row["sys_id"] for row in rows])
    reasons = scope.reasons([row for row in rows if held.get(row["sys_id"]) != version(row)])
    return tuple(_as_seen(row, not reasons.get(row["sys_id"], "")) for row in rows)


def _as_seen(row: Raw, inside: bool) -> Seen:
    return Seen(row["sys_id"], version(row), moment(row["sys_created_on"]), inside)


def _begin(at: int, back: int) -> str:
    return stamp(datetime.fromtimestamp(max(0, at - back), UTC))


def _position(cursor: str) -> Position:
    kind, *parts = cursor.split(":")
    if kind != "time" or len(parts) != 3 or not (parts[0].isdigit() and parts[1].isdigit()):
        problem = Problem("TDM-306", "a stored cursor is none of ServiceNow's", "See who changed the state database.")
        raise ConfigurationError([problem])
    return Position(int(parts[0]), int(parts[1]), frozenset(filter(None, parts[2].split("."))))
