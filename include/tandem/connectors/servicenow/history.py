# SPDX-License-Identifier: Apache-2.0
"""What happened on tickets: changes from the audit, comments from the journal, files; what is private is dropped here.

An update is one row of the audit for each column, all with the same checkpoint: the number of the ticket's updates. An
update of ours sets ``correlation_display`` to its mark, so the audit tells which updates are ours. A journal entry has
no checkpoint of its own; its row in the audit, of the same author, second and text, has.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tandem.connectors.away import Step, times_away
from tandem.connectors.base import Author, Away, Comment, Entry, File, History
from tandem.connectors.servicenow.read import rows_of
from tandem.connectors.servicenow.scope import Scope
from tandem.connectors.servicenow.shape import JOURNALS, WRITE, Raw, flat, moment, write_mark
from tandem.connectors.servicenow.site import Site, texts

SHOWN = re.compile(r"sys_attachment\.do\?sys_id=([0-9a-f]{32})")
_AUDIT = ("documentkey", "fieldname", "oldvalue", "newvalue", "user", "record_checkpoint", "sys_created_on")
_JOURNAL = ("element_id", "element", "value", "sys_created_on", "sys_created_by")
_FILE = ("table_sys_id", "file_name", "size_bytes", "content_type", "sys_created_on", "sys_created_by")


@dataclass(frozen=True, slots=True)
class _Told:
    """What was read of one ticket, oldest first."""

    row: Raw
    inside: bool
    audit: Sequence[Raw]
    journal: Sequence[Raw]
    files: Sequence[Raw]


def history(site: Site, scope: Scope, ids: Sequence[str]) -> dict[str, History]:
    """Read what happened on tickets; those that are gone are left out.

    Of one that is out of scope by now only our own work is told: without it nobody could say whether a write whose
    answer was lost took place.
    """
    wanted = list(dict.fromkeys(ids))
    kept = {id_: site.fresh.pop(id_) for id_ in wanted if id_ in site.fresh}
    rows = kept | rows_of(site, scope, [id_ for id_ in wanted if id_ not in kept], whole=True)
    reasons = scope.reasons([row for id_, row in rows.items() if id_ not in kept])
    audit = _of_each(_audit(site, scope, list(rows)), "documentkey")
    journal = _of_each(_journal(site, list(rows)), "element_id")
    files = _of_each(_attachments(site, list(rows)), "table_sys_id")
    names = {one["user"] for listed in audit.values() for one in listed}
    names |= {one["sys_created_by"] for listed in (*journal.values(), *files.values()) for one in listed}
    people = site.people(names) if rows else {}
    return {
        id_: _history(site, scope, _Told(row, not reasons.get(id_, ""), audit[id_], journal[id_], files[id_]), people)
        for id_, row in rows.items()
    }


def offers(site: Site, scope: Scope, ticket: str, file: str) -> bool:
    """Tell whether a file may leave as its ticket is now. Of what happened there, only what was said counts."""
    row = rows_of(site, scope, [ticket], whole=True).get(ticket)
    if row is None:
        return False
    inside = not scope.reasons([row])[ticket]
    told = _Told(row, inside, (), _journal(site, [ticket]), _attachments(site, [ticket]))
    given = _files(site, told, site.people({one["sys_created_by"] for one in told.files}))
    return any(one.id == file and (inside or one.author.id == site.account.id) for one in given)


def _of_each(rows: Iterable[Raw], column: str) -> Mapping[str, list[Raw]]:
    found: dict[str, list[Raw]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["sys_created_on"], row["sys_id"])):
        found[row[column]].append(row)
    return found


def _audit(site: Site, scope: Scope, ids: Sequence[str]) -> list[Raw]:
    fields = ((site.needs.read | site.needs.write) - JOURNALS.keys()) | scope.fields | {WRITE, *JOURNALS}
    return site.where("sys_audit", "documentkey", ids, _AUDIT, f"^fieldnameIN{','.join(sorted(fields))}")


def _journal(site: Site, ids: Sequence[str]) -> list[Raw]:
    """Journals, also where they do not travel: to know our own, and to judge files."""
    return site.where("sys_journal_field", "element_id", ids, _JOURNAL, f"^elementIN{','.join(JOURNALS)}")


def _attachments(site: Site, ids: Sequence[str]) -> list[Raw]:
    return site.where("sys_attachment", "table_sys_id", ids, _FILE) if site.needs.files else []


def _history(site: Site, scope: Scope, told: _Told, people: Mapping[str, Author]) -> History:
    ours = _marks(told.audit, site.user_name)
    steps = [one for one in told.audit if one["fieldname"] not in JOURNALS]
    entries = list(_entries(site, steps, ours, people))
    comments = sorted(_comments(site, told, ours, people), key=lambda comment: comment.order)
    files = offered = tuple(_files(site, told, people))
    if not told.inside:
        entries = [replace(one, before=None) for one in entries if one.mark is not None]
        comments = [one for one in comments if one.mark is not None]
        files = tuple(one for one in files if one.author.id == site.account.id)
    private = (one for one in told.journal if site.needs.comments != "all" and not JOURNALS[one["element"]])
    hidden = frozenset(one["sys_id"] for one in private)
    return History(
        tuple(entries),
        tuple(comments),
        files,
        True,
        told.inside,
        _away(site, scope, steps) if told.inside else None,
        hidden - {one.id for one in comments},
        withheld=frozenset(one["sys_id"] for one in told.files) - {one.id for one in offered},
    )


def _marks(audit: Iterable[Raw], user: str) -> dict[str, str]:
    """Checkpoint → mark of the updates that are ours."""
    found = {}
    for one in audit:
        if one["fieldname"] == WRITE and one["user"] == user and (text := write_mark(one["newvalue"])):
            found[_checkpoint(one)] = text
    return found


def _checkpoint(one: Raw) -> str:
    return f"{int(one['record_checkpoint'] or 0):010d}"


# ---- changes


def _entries(
    site: Site, steps: Iterable[Raw], ours: Mapping[str, str], people: Mapping[str, Author]
) -> Iterator[Entry]:
    """One entry for each column of an update. What a rule set in the same update bears its checkpoint too."""
    names = site.needs.read | site.needs.write
    seen: dict[str, int] = {}
    for one in sorted(steps, key=_checkpoint):
        column = site.columns.get(one["fieldname"])
        if column is None or one["fieldname"] not in names:
            continue
        key = f"{_checkpoint(one)}:{column.name}"
        seen[key] = seen.get(key, 0) + 1
        yield Entry(
            id=key if seen[key] == 1 else f"{key}:{seen[key]}",
            order=_checkpoint(one),
            at=moment(one["sys_created_on"]),
            author=people[one["user"]],
            field=column.name,
            before=flat(column, one["oldvalue"]),
            after=flat(column, one["newvalue"]),
            mark=ours.get(_checkpoint(one)),
            by_rule=one["user"] == "system",
            write=_checkpoint(one),
        )


def _away(site: Site, scope: Scope, steps: Iterable[Raw]) -> tuple[Away, ...] | None:
    made = [
        Step(
            at=moment(one["sys_created_on"]),
            order=_checkpoint(one),
            field=column.name,
            before=flat(column, one["oldvalue"]),
            after=flat(column, one["newvalue"]),
        )
        for one in steps
        if one["fieldname"] in scope.fields and (column := site.columns.get(one["fieldname"])) is not None
    ]
    return times_away(made, scope.holds, one_series=True)


# ---- comments


def _offered(site: Site, element: str) -> bool:
    return site.needs.comments == "all" or (site.needs.comments == "public" and JOURNALS[element])


def _comments(site: Site, told: _Told, ours: Mapping[str, str], people: Mapping[str, Author]) -> Iterator[Comment]:
    """Give the entries whose text may leave, and our own; a note's files are judged with it."""
    left = [one for one in told.audit if one["fieldname"] in JOURNALS]
    for one in told.journal:
        row = _row_of(one, left)
        if row is not None:
            left.remove(row)
        checkpoint = _checkpoint(row) if row is not None else _last_before(told.audit, one)
        own = ours.get(checkpoint) if one["sys_created_by"] == site.user_name and row is not None else None
        if own is None and not (told.inside and _offered(site, one["element"])):
            continue
        yield Comment(
            id=one["sys_id"],
            order=f"{checkpoint}.{one['element']}.{one['sys_id']}",
            at=moment(one["sys_created_on"]),
            author=people[one["sys_created_by"]],
            body=one["value"],
            public=JOURNALS[one["element"]],
            files=tuple(dict.fromkeys(SHOWN.findall(one["value"]))),
            mark=own,
        )


def _row_of(entry: Raw, audit: Sequence[Raw]) -> Raw | None:
    """The audit's row of a journal entry: that of its author and second, and of its text as long as that stands."""
    same = [
        one
        for one in audit
        if (one["fieldname"], one["user"]) == (entry["element"], entry["sys_created_by"])
        and abs((moment(one["sys_created_on"]) - moment(entry["sys_created_on"])).total_seconds()) <= 1
    ]
    return next((one for one in same if one["newvalue"] == entry["value"]), same[0] if same else None)


def _last_before(audit: Sequence[Raw], entry: Raw) -> str:
    before = [_checkpoint(one) for one in audit if one["sys_created_on"] <= entry["sys_created_on"]]
    return max(before, default=f"{0:010d}")


# ---- files


def _files(site: Site, told: _Told, people: Mapping[str, Author]) -> Iterator[File]:
    """Give the files that no private text names, with the offered text that shows them."""
    shown: list[tuple[str, str | None]] = []
    private: list[str] = []
    inner: list[str] = []  # private, and offered all the same
    for name in texts(site.columns):
        text = told.row.get(name) or ""
        if name in site.needs.read:
            shown.append((text, None))
        else:
            private.append(text)
    for one in told.journal:
        if _offered(site, one["element"]):
            shown.append((one["value"], one["sys_id"]))
            inner += [] if JOURNALS[one["element"]] else [one["value"]]
        else:
            private.append(one["value"])
    secret, within = "\n".join(private), "\n".join(private + inner)
    for file in told.files:
        number, name = file["sys_id"], file["file_name"]
        ours = file["sys_created_by"] == site.user_name  # a copy that we made may always be read back
        if not ours and _tells(secret, number, name):
            continue
        showing = [comment for text, comment in shown if number in SHOWN.findall(text)]
        yield File(
            id=number,
            name=name or number,
            size=int(file["size_bytes"] or 0),
            media_type=file["content_type"] or "application/octet-stream",
            at=moment(file["sys_created_on"]),
            author=people[file["sys_created_by"]],
            comment=next((comment for comment in showing if comment), None),
            referenced=bool(showing),
            private=_tells(within, number, name),
        )


def _tells(text: str, number: str, name: str) -> bool:
    """Tell whether a text shows a file or names it."""
    return number in SHOWN.findall(text) or bool(name and _says(text, name))


def _says(text: str, name: str) -> bool:
    """Tell whether a text names a file."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None
