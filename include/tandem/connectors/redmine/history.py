# SPDX-License-Identifier: Apache-2.0
"""What happened on issues, told by their journals, with all that is private left out.

A journal is one change by one person, with a note or without. A private note with anything else to it stands in two:
first one of all the rest, public, then the note alone, also when people make that public later. So what was said of the
first holds for the second (our mark), and what is private in the second is private in the first (its files, which
Redmine itself shows to everybody).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from tandem.connectors.away import Step, times_away
from tandem.connectors.base import Away, Comment, Entry, File, History
from tandem.connectors.marks import Marker, marker
from tandem.connectors.redmine.read import judged
from tandem.connectors.redmine.shape import (
    Form,
    Raw,
    details,
    elements,
    flat,
    journaled,
    lines,
    moment,
    raw_value,
)
from tandem.connectors.redmine.site import Site
from tandem.core.values import Json


@dataclass(frozen=True, slots=True)
class Told:
    """One journal. ``rest`` is the number of the journal that holds the rest of what was done with a private note."""

    raw: Raw
    mark: Marker = field(default_factory=Marker)
    rest: str = ""

    @property
    def number(self) -> str:
        return str(self.raw["id"])

    @property
    def order(self) -> str:
        return self.number.zfill(20)

    @property
    def notes(self) -> str:
        return lines(str(self.raw.get("notes") or ""))

    @property
    def public(self) -> bool:
        """Whatever does not say that it is for everybody is private."""
        return self.raw.get("private_notes") is False

    @property
    def user(self) -> str:
        return str((self.raw.get("user") or {}).get("id") or "")


def history(site: Site, ids: Sequence[str]) -> dict[str, History]:
    """Read what happened on issues; those that are gone or hidden are left out.

    Of one that is out of scope by now only our own work is told.
    """
    numbers = list(dict.fromkeys(ids))
    kept = {number: site.fresh.pop(number) for number in numbers if number in site.fresh}
    read = site.http.map(site.issue, [number for number in numbers if number not in kept])
    issues = [*kept.values(), *(issue for issue in read if issue is not None)]
    reasons = judged(site, issues)
    return {str(issue["id"]): _history(site, issue, inside=not reasons[str(issue["id"])]) for issue in issues}


def offers(site: Site, ticket: str, file: str) -> bool:
    """Tell whether a file may leave as its issue is now; our own copies may always be read back."""
    return any(one.id == file for told in history(site, [ticket]).values() for one in told.files)


def journals(site: Site, issue: Raw) -> list[Told]:
    """Read an issue's journals in their order, each with our mark."""
    listed = [Told(raw) for raw in sorted(issue.get("journals") or (), key=lambda raw: int(raw["id"]))]
    told = [replace(one, mark=_mark(site, one)) for one in listed]
    for at, (first, second) in enumerate(pairwise(told), start=1):
        if _parted(first, second):
            told[at] = replace(second, mark=first.mark, rest=first.number)
    return told


def _mark(site: Site, one: Told) -> Marker:
    """The mark of a write of ours. Nobody else's account bears it, whatever it writes into our field."""
    if one.user != site.account_id or not site.mark_field:
        return Marker()
    name = site.mark_field
    return next((marker(d.get("new_value")) for d in details(one.raw) if journaled(d) == name), Marker())


def _parted(first: Told, second: Told) -> bool:
    """Tell whether two journals were one: a private note, and before it what was done in the same moment.

    People may have made the note public since: what came with it still does.
    """
    return (
        not details(second.raw)
        and bool(second.notes)
        and not first.notes
        and bool(details(first.raw))
        and first.user == second.user
        and first.raw.get("created_on") == second.raw.get("created_on")
    )


def _history(site: Site, issue: Raw, *, inside: bool) -> History:
    told = journals(site, issue)
    steps = _steps(site, issue, told)
    files = tuple(_files(site, issue, told))
    stored = {str(one["id"]) for one in issue.get("attachments") or ()} if site.needs.files else set()
    shown = files if inside else tuple(one for one in files if one.author.id == site.account_id)
    wanted = site.needs.read | site.needs.write
    entries = [_entry(site, one, step) for one, step in steps if step.field in wanted]
    if not inside:
        entries = [replace(entry, before=None) for entry in entries if entry.mark is not None]
    decisive = [step for _, step in steps if step.field in site.scope.fields]
    return History(
        entries=tuple(entries),
        comments=tuple(_comments(site, told, shown, inside=inside)),
        files=shown,
        inside=inside,
        away=_away(site, decisive) if inside else None,
        hidden=frozenset(one.number for one in told if one.notes and site.needs.comments != "all" and not one.public),
        withheld=frozenset(stored - {one.id for one in files}),
    )


def _away(site: Site, steps: Sequence[Step]) -> tuple[Away, ...] | None:
    if site.needs.query:
        return None
    return times_away(steps, site.scope.holds, one_series=True)


# ---- field changes


def _steps(site: Site, issue: Raw, told: Sequence[Told]) -> list[tuple[Told, Step]]:
    """Read the changes of the fields that are asked for or decide, oldest first.

    Of a set a journal tells what went and what came; what was in it besides is counted back from what is in it now.
    """
    names = (site.needs.read | site.needs.write | site.scope.fields) - {site.mark_field}
    now: dict[str, frozenset[str]] = {}
    found: list[tuple[Told, Step]] = []
    for one in reversed(told):
        changed: dict[str, list[Raw]] = {}
        for detail in details(one.raw):
            name = journaled(detail)
            if name in names:
                changed.setdefault(str(name), []).append(detail)
        for name, parts in changed.items():
            form = site.form(name)
            if form.kind == "set":
                after = now.get(name)
                after = _stored(raw_value(issue, name)) if after is None else after
                came = {str(part["new_value"]) for part in parts if part.get("new_value")}
                went = {str(part["old_value"]) for part in parts if part.get("old_value")}
                now[name] = before = (after - came) | went
                ends = elements(before, form), elements(after, form)
            else:
                ends = _value(parts[0].get("old_value"), form), _value(parts[-1].get("new_value"), form)
            found.append((one, Step(moment(one.raw["created_on"]), one.order, name, *ends)))
    return found[::-1]


def _stored(value: object) -> frozenset[str]:
    listed = value if isinstance(value, list) else [value]
    return frozenset(str(one) for one in listed if one not in (None, ""))


def _value(value: object, form: Form) -> Json:
    return flat(value, form)


def _entry(site: Site, one: Told, step: Step) -> Entry:
    return Entry(
        id=f"{one.number}:{step.field}",
        order=step.order,
        at=step.at,
        author=site.person(one.raw.get("user")),
        field=step.field,
        before=step.before,
        after=step.after,
        mark=one.mark.write,
        write=one.number,
    )


# ---- comments


def _offered(site: Site, one: Told) -> bool:
    return site.needs.comments == "all" or (site.needs.comments == "public" and one.public)


def _comments(site: Site, told: Sequence[Told], files: Sequence[File], *, inside: bool) -> Iterator[Comment]:
    """Give the notes whose text may leave, and our own. An edit leaves no trace but the one that we leave of ours."""
    edits = {one.mark.comment: (one, one.mark.write) for one in told if one.mark.comment}
    for one in told:
        mark = None if one.mark.comment else one.mark.write
        offered = inside and _offered(site, one)
        if not one.notes or not (offered or mark is not None):
            continue
        edit, write = edits.get(one.number, (None, None))
        yield Comment(
            id=one.number,
            order=one.order,
            at=moment(one.raw["created_on"]),
            author=site.person(one.raw.get("user")),
            body=one.notes,
            public=one.public,
            files=tuple(file.id for file in files if file.comment == one.number),
            mark=mark,
            edited_at=moment(edit.raw["created_on"]) if edit else None,
            write=write,
        )


# ---- files


def _files(site: Site, issue: Raw, told: Sequence[Told]) -> Iterator[File]:
    """Give the files that no private text shows or came with, each with the note that it came with."""
    if not site.needs.files:
        return
    came: Mapping[str, Told] = {
        str(detail["name"]): one
        for one in told
        for detail in details(one.raw)
        if detail.get("property") == "attachment" and detail.get("new_value")
    }
    notes = {one.rest or one.number: one for one in told if one.notes}
    private = "\n".join(text for text, offered in _texts(site, issue, told) if not offered)
    inner = "\n".join(one.notes for one in told if not one.public and _offered(site, one))
    for attachment in issue.get("attachments") or ():
        number, name = str(attachment["id"]), str(attachment.get("filename") or attachment["id"])
        by = came.get(number)
        note = notes.get(by.number) if by else None
        if (note is not None and not _offered(site, note) and note.mark.write is None) or _says(private, name):
            continue
        yield File(
            id=number,
            name=name,
            size=int(attachment.get("filesize") or 0),
            media_type=str(attachment.get("content_type") or "application/octet-stream"),
            at=moment(attachment.get("created_on")),
            author=site.person(attachment.get("author")),
            comment=note.number if note else None,
            # One that came with the issue itself was shown to all who were to read it.
            referenced=by is None or note is not None,
            private=(note is not None and not note.public) or _says(inner, name),
        )


def _texts(site: Site, issue: Raw, told: Sequence[Told]) -> Iterator[tuple[str, bool]]:
    """All texts of an issue that may name a file, and whether each is offered."""
    yield str(issue.get("description") or ""), "description" in site.needs.read
    for one in issue.get("custom_fields") or ():
        if isinstance(one.get("value"), str):
            yield one["value"], f"cf_{one['id']}" in site.needs.read
    for journal in told:
        yield journal.notes, _offered(site, journal)


def _says(text: str, filename: str) -> bool:
    """Tell whether a text names a file: ``!name!``, ``attachment:name``, or just the name."""
    return re.search(rf"(?<!\w){re.escape(filename)}(?!\w)", text, re.IGNORECASE) is not None
