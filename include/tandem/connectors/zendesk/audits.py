# SPDX-License-Identifier: Apache-2.0
"""What happened on one ticket, from its audits. What may not leave is dropped here, before anything else sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tandem.connectors.away import Step, times_away
from tandem.connectors.base import Author, Away, Comment, Entry, File, History, Needs
from tandem.connectors.zendesk.shape import (
    DESCRIPTION,
    ITSELF,
    Raw,
    audited_value,
    by_rule,
    field_name,
    flat,
    mark_of,
    moment,
    rich,
)
from tandem.core.values import Json
from tandem.http import Http, parsed

# A call and a word on Facebook stand among a ticket's comments, and may be the first of them.
_COMMENTS = frozenset({"Comment", "VoiceComment", "FacebookComment"})
_UNTOLD = (400, 403, 404, 410, 422)  # of this ticket nothing is told; of others it may be
WITHHELD = "<p>The first message of this ticket is internal.</p>"


@dataclass(frozen=True, slots=True)
class Audits:
    """All audits of a ticket, oldest first. ``whole`` is false where Zendesk counted more than it gave.

    ``behind``: only those behind some moment after the creation; the description is not among them.
    """

    listed: tuple[Raw, ...]
    whole: bool = True
    behind: bool = False
    about: Mapping[tuple[str, str], Sequence[tuple[Raw, Raw]]] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Find once what became of which comment: there may be thousands of each."""
        about: dict[tuple[str, str], list[tuple[Raw, Raw]]] = {}
        for audit in self.listed:
            for event in audit["events"]:
                if event.get("comment_id") is not None:
                    about.setdefault((str(event.get("type")), str(event["comment_id"])), []).append((audit, event))
        object.__setattr__(self, "about", about)

    @property
    def mark(self) -> str | None:
        """The mark of the ticket's creation. (An external id may be anyone's, and need not be ours to show.)"""
        return mark_of(self.listed[0]) if self.listed and not self.behind else None

    @property
    def first(self) -> Raw | None:
        """The comment that is the ticket's description."""
        return None if self.behind else next((event for _, event in self.comments()), None)

    @property
    def description(self) -> Json:
        """The description's HTML, or a neutral line in its place where it is private."""
        first = self.first
        if first is None:
            return None
        return rich(first) if self.is_public(first) else WITHHELD

    @property
    def merged_into(self) -> str | None:
        """The ticket that took this one in, as far as an audit names it."""
        for audit in reversed(self.listed):
            source = (audit.get("via") or {}).get("source") or {}
            if source.get("rel") == "merge":
                ends = (source.get("to") or {}, source.get("from") or {})
                return next((str(end["ticket_id"]) for end in ends if end.get("ticket_id")), None)
        return None

    @property
    def taken_by(self) -> str | None:
        """The ticket into which an audit says outright that this one went; the survivor's own name whence it took."""
        for audit in reversed(self.listed):
            source = (audit.get("via") or {}).get("source") or {}
            into = (source.get("to") or {}).get("ticket_id")
            if source.get("rel") == "merge" and into:
                return str(into)
        return None

    def comments(self) -> Iterator[tuple[Raw, Raw]]:
        """Yield each comment's audit and event."""
        for audit in self.listed:
            yield from ((audit, event) for event in audit["events"] if event.get("type") in _COMMENTS)

    def is_public(self, event: Raw) -> bool:
        """Tell whether a comment is for everyone's eyes, now. Whatever does not say so is private."""
        return event.get("public") is True and not any(
            later.get("public") is not True for _, later in self._of(event, "CommentPrivacyChange")
        )

    def redacted_at(self, event: Raw) -> str | None:
        """When a comment was last blacked out."""
        return max((str(audit["created_at"]) for audit, _ in self._of(event, "CommentRedactionEvent")), default=None)

    @property
    def files_blacked_out(self) -> frozenset[str]:
        """Ids of the files in whose place a `redacted.txt` without content stands."""
        told = (event for audit in self.listed for event in audit["events"] if event.get("attachment_id") is not None)
        by_event = {str(event["attachment_id"]) for event in told if event.get("type") == "AttachmentRedactionEvent"}
        shown = (file for _, event in self.comments() for file in event.get("attachments") or ())
        return frozenset(by_event | {str(file["id"]) for file in shown if file.get("deleted") is True})

    def taken_back_at(self, event: Raw) -> str | None:
        """When a comment was last blacked out or made private."""
        hidden = (str(audit["created_at"]) for audit, _ in self._of(event, "CommentPrivacyChange"))
        return max([*hidden, self.redacted_at(event) or ""]) or None

    def _of(self, comment: Raw, kind: str) -> Sequence[tuple[Raw, Raw]]:
        return self.about.get((kind, str(comment["id"])), ())

    def people(self, *, inside: bool) -> set[str]:
        """Ids of all who did something; of a ticket out of scope, of those who did our own work."""
        told = {int(audit["id"]) for audit in self.listed if inside or mark_of(audit) is not None}
        writers = {str(event["author_id"]) for audit, event in self.comments() if int(audit["id"]) in told}
        return (writers - {"None"}) | {str(audit["author_id"]) for audit in self.listed if int(audit["id"]) in told}


def read_audits(http: Http, ticket: str) -> Audits | None:
    """Read a ticket's audits to their end; none where the ticket is gone or hidden from us, or they are refused."""
    found: dict[int, Raw] = {}
    params: dict[str, str] = {"page[size]": "100"}
    while True:
        path = f"/api/v2/tickets/{ticket}/audits.json"
        response = http.request("GET", path, params=params, accept=_UNTOLD)
        if response.status_code != 200:
            return None
        body = parsed(response)
        found |= {int(audit["id"]): audit for audit in body["audits"]}
        meta = body.get("meta")
        if meta is None:
            # Archived tickets come without cursors, in one piece.
            whole = body.get("next_page") is None and int(body.get("count") or 0) <= len(found)
            break
        if not meta.get("has_more"):
            whole = True
            break
        params["page[after]"] = meta["after_cursor"]
    return Audits(tuple(found[number] for number in sorted(found)), whole)


def history_of(audits: Audits, needs: Needs, authors: Mapping[str, Author], *, inside: bool = True) -> History:
    """Read changes, comments and files out of audits, as far as ``needs`` offers them.

    Of a ticket that is out of scope by now only our own work is told: without it nobody could say whether a write
    whose answer was lost took place.
    """
    fields = (needs.read | needs.write) - {DESCRIPTION}
    entries = [
        entry for audit in audits.listed for entry in _entries(audit, fields, _author(authors, audit["author_id"]))
    ]
    if not inside:
        entries = [replace(entry, before=None) for entry in entries if entry.mark is not None]
    comments: list[Comment] = []
    files: list[File] = []
    first, gone = audits.first, audits.files_blacked_out
    for audit, event in audits.comments():
        mark = None if by_rule(event) else mark_of(audit)
        public = audits.is_public(event)
        author = _author(authors, event.get("author_id") or audit["author_id"])
        if event is first:
            files += _files(audit, event, author, None, mark, gone) if inside and public and needs.files else ()
            continue
        # Ours are told whatever they are: what was written must be found again.
        offered = inside and (needs.comments == "all" or (needs.comments == "public" and public))
        if mark is None and not offered:
            continue
        carried = _files(audit, event, author, str(event["id"]), mark, gone, private=not public) if needs.files else ()
        edited = audits.redacted_at(event)
        files += carried
        comments.append(
            Comment(
                id=str(event["id"]),
                order=_order(audit, next(n for n, one in enumerate(audit["events"]) if one is event)),
                at=moment(audit["created_at"]),
                author=author,
                body=rich(event),
                public=public,
                files=tuple(file.id for file in carried),
                mark=mark,
                edited_at=moment(edited) if edited else None,
                redacted=edited is not None,
            )
        )
    said = [event for _, event in audits.comments() if event is not first]
    hidden = {str(event["id"]) for event in said if needs.comments != "all" and not audits.is_public(event)}
    blacked = {str(event["id"]): at for event in said if (at := audits.redacted_at(event)) is not None}
    private = [event for _, event in audits.comments() if needs.comments != "all" and not audits.is_public(event)]
    riding = {str(file["id"]) for event in private for file in event.get("attachments") or ()}
    return History(
        tuple(entries),
        tuple(comments),
        tuple(files),
        audits.whole,
        inside,
        hidden=frozenset(hidden),
        blacked_out={id_: moment(at) for id_, at in blacked.items()},
        files_taken_back=gone | riding,
        description_taken_back=moment(back) if first is not None and (back := audits.taken_back_at(first)) else None,
    )


def away_of(audits: Audits, fields: frozenset[str], holds: Callable[[str, Json], bool]) -> tuple[Away, ...] | None:
    """Tell when a ticket that is in scope now was not, by the changes of the fields that decide."""
    steps = [
        Step(
            at=moment(audit["created_at"]),
            order=f"{int(audit['id']):020d}",
            field=name,
            before=audited_value(name, event.get("previous_value")),
            after=audited_value(name, event.get("value")),
        )
        for audit in audits.listed
        for event in audit["events"]
        if event.get("type") == "Change" and (name := field_name(str(event.get("field_name")))) in fields
    ]
    return times_away(steps, holds, one_series=True)


def _entries(audit: Raw, fields: frozenset[str], author: Author) -> Iterator[Entry]:
    seen: dict[str, int] = {}
    for position, event in enumerate(audit["events"]):
        name = field_name(str(event.get("field_name")))
        if event.get("type") != "Change" or name not in fields:
            continue
        # A trigger may change the very field again, within the same audit.
        seen[name] = seen.get(name, 0) + 1
        again = f":{seen[name]}" if seen[name] > 1 else ""
        rule = by_rule(event) or by_rule(audit)
        yield Entry(
            id=f"{audit['id']}:{name}{again}",
            order=_order(audit, position),
            at=moment(audit["created_at"]),
            author=author,
            field=name,
            before=audited_value(name, event.get("previous_value")),
            after=audited_value(name, event.get("value")),
            mark=None if rule else mark_of(audit),
            by_rule=rule,
            write=str(audit["id"]),
        )


def _order(audit: Raw, position: int) -> str:
    return f"{int(audit['id']):020d}.{position:06d}"


def _files(
    audit: Raw,
    event: Raw,
    author: Author,
    comment: str | None,
    mark: str | None,
    gone: frozenset[str],
    *,
    private: bool = False,
) -> Sequence[File]:
    shown = rich(event)
    return [
        File(
            id=str(file["id"]),
            name=str(file["file_name"]),
            size=int(file["size"]),
            media_type=str(file.get("content_type") or "application/octet-stream"),
            at=moment(audit["created_at"]),
            author=author,
            comment=comment,
            referenced=file.get("inline") is True or f"attachment:{file['id']}?" in shown,
            mark=mark,
            private=private,
        )
        for file in event.get("attachments") or ()
        if str(file["id"]) not in gone
    ]


def _author(authors: Mapping[str, Author], number: object) -> Author:
    id_ = str(flat(number) or ITSELF.id)
    return ITSELF if id_ == ITSELF.id else authors.get(id_, Author(id_, ""))
