# SPDX-License-Identifier: Apache-2.0
"""What happened on one ticket, from its transactions. What may not leave is dropped here, before anything sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from json import dumps, loads
from secrets import token_hex

from tandem.connectors.away import Step, times_away
from tandem.connectors.base import Author, Away, Comment, Entry, File, History, Needs
from tandem.connectors.request_tracker.catalogue import Custom
from tandem.connectors.request_tracker.journal import Journal, Row
from tandem.connectors.request_tracker.messages import Said, rich, shows
from tandem.connectors.request_tracker.shape import ITSELF, MARK_FIELD, ROLES, custom, told_value
from tandem.core.values import Json

PUBLIC, PRIVATE, CREATED = "Correspond", "Comment", "Create"
TALK = frozenset({PUBLIC, PRIVATE})
# One of a ticket's own fields was set; the last five are words for ways to change its owner.
SETS = frozenset({"Set", "Status", "Take", "Steal", "Untake", "Force", "Give"})
CUSTOM_FIELD = "CustomField"
WATCHES = frozenset({"AddWatcher", "DelWatcher"})  # somebody got a role, or lost it
_LISTS = {role: name for name, role in ROLES.items()}
SOON = timedelta(seconds=60)  # how long after its mark a write may come


@dataclass(frozen=True, slots=True)
class Told:
    """All that a history is made of: transactions, messages as far as they may leave, and who everybody is."""

    journal: Journal
    said: Mapping[int, Said]
    texts: Mapping[str, str]
    people: Mapping[str, Author]
    customs: Mapping[str, Custom]
    account: str

    @property
    def created(self) -> Row | None:
        return next((row for row in self.journal.rows if row.type == CREATED), None)

    @property
    def mark(self) -> str | None:
        """The mark of the ticket's creation, where our account made it."""
        row = self.created
        return self._mark(row) if row is not None else None

    @property
    def description(self) -> Json:
        row = self.created
        return rich(self.said[row.id], self.texts) if row is not None and row.id in self.said else None

    def author(self, row: Row) -> Author:
        return self.people.get(row.creator, Author(row.creator, row.creator))

    def mark_of(self, row: Row) -> str | None:
        """The mark of a message of ours; what others wrote bears none, whatever it says."""
        return self._mark(row)

    def _mark(self, row: Row) -> str | None:
        return self.said[row.id].mark if row.creator == self.account and row.id in self.said else None


def field_of(row: Row, customs: Mapping[str, Custom]) -> str | None:
    """The native field that a transaction changed, under our name for it."""
    if row.type in SETS:
        return row.field
    if row.type in WATCHES:
        return _LISTS.get(row.field)
    if row.type == CUSTOM_FIELD:
        known = customs.get(row.field)
        return custom(known.name) if known is not None else None
    return None


def may_leave(row: Row, needs: Needs) -> bool:
    """Tell whether what a transaction says may leave: public messages, or all."""
    if row.type == CREATED:
        return True
    return needs.comments == "all" or (needs.comments == "public" and row.type == PUBLIC)


def history_of(told: Told, needs: Needs, present: Mapping[str, Json], *, inside: bool = True) -> History:
    """Read changes, comments and files, as far as ``needs`` offers them.

    ``present`` is what the ticket's fields of many values show now: their transactions tell single values.
    """
    entries = list(_entries(told, needs.read | needs.write, present))
    if not inside:
        entries = [replace(entry, before=None) for entry in entries if entry.mark is not None]
    comments: list[Comment] = []
    files: list[File] = []
    hidden: set[str] = set()
    for row in told.journal.rows:
        said = told.said.get(row.id)
        mark = told.mark_of(row)
        offered = inside and may_leave(row, needs)
        if row.type == PRIVATE and needs.comments != "all" and mark is None:
            hidden.add(str(row.id))
        if said is None or row.type not in TALK | {CREATED} or not (offered or (mark is not None and row.type in TALK)):
            continue
        body = rich(said, told.texts)
        carried = _files(told, row, said, body, mark) if needs.files else []
        files += carried
        if row.type in TALK:
            ids = tuple(file.id for file in carried)
            public = row.type == PUBLIC
            comments.append(Comment(str(row.id), row.order, row.at, told.author(row), body, public, ids, mark))
    return History(tuple(entries), tuple(comments), tuple(files), told.journal.whole, inside, hidden=frozenset(hidden))


def away_of(
    told: Told, fields: frozenset[str], present: Mapping[str, Json], holds: Callable[[str, Json], bool]
) -> tuple[Away, ...] | None:
    """Tell when a ticket that is in scope now was not, by the changes of the fields that decide."""
    steps = [
        Step(entry.at, entry.order, entry.field, entry.before, entry.after) for entry in _entries(told, fields, present)
    ]
    return times_away(steps, holds, one_series=True)


def _entries(told: Told, fields: frozenset[str], present: Mapping[str, Json]) -> list[Entry]:
    marks = _marks(told)
    found: list[Entry] = []
    shown = {name: set(map(str, value)) if isinstance(value, list) else set() for name, value in present.items()}
    for row in reversed(told.journal.rows):
        name = field_of(row, told.customs)
        if name is None or name not in fields:
            continue
        known = told.customs.get(row.field) if row.type == CUSTOM_FIELD else None
        if known is not None and known.many:
            before, after = _step_back(shown.setdefault(name, set()), row.old, row.new)
        elif name in ROLES:
            old, new = (_named(told, number) for number in (row.old, row.new))
            before, after = _step_back(shown.setdefault(name, set()), old, new)
        elif known is not None:
            before, after = known.one(row.old), known.one(row.new)
        else:
            before, after = told_value(name, row.old, told.people), told_value(name, row.new, told.people)
        if before == after:
            continue  # set to what it was: Request Tracker notes that too
        by_rule = row.creator == ITSELF
        mark = marks.get(row.id)
        found.append(
            Entry(str(row.id), row.order, row.at, told.author(row), name, before, after, mark, by_rule=by_rule)
        )
    return _joined(found[::-1])


def _named(told: Told, number: str) -> str:
    return told.people[number].id if number in told.people else number


def _step_back(shown: set[str], old: str, new: str) -> tuple[Json, Json]:
    """What a field of many values showed before and after one of them came or went, told from what it shows now."""
    if new:
        shown.add(new)
    if old:
        shown.discard(old)
    after = _listed(shown)
    if new:
        shown.discard(new)
    if old:
        shown.add(old)
    return _listed(shown), after


def _listed(values: set[str]) -> Json:
    return sorted(values) or None  # type: ignore[return-value]


def _joined(entries: Sequence[Entry]) -> list[Entry]:
    """Make one entry of what one write of ours did to a field of many values."""
    joined: list[Entry] = []
    for entry in entries:
        last = joined[-1] if joined else None
        if last is not None and last.mark is not None and (last.mark, last.field) == (entry.mark, entry.field):
            joined[-1] = replace(last, after=entry.after)
        else:
            joined.append(entry)
    return joined


def _marks(told: Told) -> dict[int, str]:
    """Which transactions are part of which write of ours.

    A write sets the custom field for marks first: to its mark and the fields that come next. What our account then
    does to these fields is that write, once for a field of one value; all else that the account does is somebody's.
    """
    found: dict[int, str] = {}
    mark, left, until = "", dict[str, bool](), None
    for row in told.journal.rows:
        if row.creator != told.account:
            continue
        known = told.customs.get(row.field) if row.type == CUSTOM_FIELD else None
        if known is not None and known.name == MARK_FIELD:
            mark, names = read_mark(row.new)
            left, until = dict.fromkeys(names, True), row.at + SOON
            continue
        name = field_of(row, told.customs)
        if name is not None and left.get(name) and until is not None and row.at <= until:
            found[row.id] = mark
            left[name] = name in ROLES or (known is not None and known.many)
    return found


def write_mark(mark: str, fields: Iterable[str]) -> str:
    """The value of the custom field for marks: the mark, and the fields that are about to be written.

    A walk writes several times under one mark; what is never twice the same is a change each time.
    """
    return dumps([mark, token_hex(4), *sorted(fields)])


def read_mark(value: str) -> tuple[str, list[str]]:
    """Read it back; none where it was emptied or written by hand."""
    try:
        mark, _, *fields = loads(value)
    except (TypeError, ValueError):
        return "", []
    return str(mark), [str(name) for name in fields]


def _files(told: Told, row: Row, said: Said, body: Json, mark: str | None) -> list[File]:
    return [
        File(
            id=part.id,
            name=part.name or f"attachment-{part.id}",
            size=part.size,
            media_type=part.type or "application/octet-stream",
            at=row.at,
            author=told.author(row),
            comment=str(row.id) if row.type in TALK else None,
            referenced=shows(said, part, body),
            mark=mark,
            private=row.type in TALK and row.type != PUBLIC,
        )
        for part in said.files
    ]


def numbers_named(journal: Journal) -> set[str]:
    """Accounts that transactions name: who did something, and, by number, who owned the ticket or had a role on it."""
    told = [row for row in journal.rows if row.field == "Owner" or row.type in WATCHES]
    return {row.creator for row in journal.rows} | {key for row in told for key in (row.old, row.new) if key.isdigit()}
