# SPDX-License-Identifier: Apache-2.0
"""What happened on issues: field changes, comments and files, with all that is private left out."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tandem.connectors.base import Comment, Entry, File, History
from tandem.connectors.jira.away import away
from tandem.connectors.jira.read import judged
from tandem.connectors.jira.shape import EDIT, MARK, Form, author, is_told, mark_of, told, told_at
from tandem.connectors.jira.site import COMMENTS, HISTORIES, HISTORY_FIELDS, Issue, Site, batches
from tandem.core.values import Json

COMMENT_PAGE = 100
_MEDIA = frozenset({"media", "mediaInline"})
_WITHOUT_CUSTOMERS = frozenset({"software", "business", "product_discovery"})  # types of projects
_LINKED = re.compile(r"/(?:secure/attachment|attachment/content|attachment/thumbnail)/(\d+)")


@dataclass(frozen=True, slots=True)
class _Text:
    """A text of an issue: whether it is offered, and the comment that it stands in."""

    body: Any
    offered: bool
    comment: str | None = None
    private: bool = False


def history(site: Site, ids: Sequence[str]) -> dict[str, History]:
    """Read what happened on issues; those that are gone are left out.

    Of one that is out of scope by now only our own work is told: without it nobody could say whether a write whose
    answer was lost took place. And which comments are hidden: they may have been sent before they were.
    """
    kept = [site.fresh.pop(issue) for issue in dict.fromkeys(ids) if issue in site.fresh]
    issues, reasons = [issue for issue, _ in kept], {str(issue["id"]): reason for issue, reason in kept}
    more = site.issues([issue for issue in dict.fromkeys(ids) if issue not in reasons], asked(site))
    issues, reasons = [*issues, *more], reasons | judged(site, more)
    read = site.http.map(lambda issue: _comments(site, issue), issues)
    marks = _comment_marks(site, [comments for comments, _ in read])
    entries, decisive = _entries(site, [str(issue["id"]) for issue in issues])
    files = site.http.map(lambda pair: _files(site, pair[0], pair[1][0]), list(zip(issues, read, strict=True)))
    told_of = {}
    for issue, (comments, whole), offered in zip(issues, read, files, strict=True):
        number = str(issue["id"])
        inside = not reasons[number]
        shown = offered if inside else tuple(file for file in offered if file.author.id == site.account.id)
        changes = (
            entries[number] if inside else [replace(e, before=None) for e in entries[number] if e.mark is not None]
        )
        said = tuple(_shown(site, comments, marks, shown, inside=inside))
        outside = away(site, decisive[number].values()) if inside else None
        hidden = frozenset(str(one["id"]) for one in comments if site.needs.comments != "all" and not is_public(one))
        attached = {str(one["id"]) for one in issue["fields"].get("attachment") or ()} if site.needs.files else set()
        withheld = frozenset(attached - {file.id for file in offered})
        told_of[number] = History(tuple(changes), said, shown, whole, inside, outside, hidden, withheld=withheld)
    return told_of


def offers(site: Site, ticket: str, file: str) -> bool:
    """Tell whether a file may leave as its issue is now; our own copies may always be read back."""
    issues = site.issues([ticket], asked(site))
    reasons = judged(site, issues)
    given = [file for issue in issues for file in _files(site, issue, _comments(site, issue)[0])]
    inside = not any(reasons.values())
    return any(one.id == file and (inside or one.author.id == site.account.id) for one in given)


def asked(site: Site) -> list[str]:
    """Name the fields to read: comments also where they do not travel, to know our own and to judge files.

    A file is as private as the most private text that shows it, so with files go all texts that may show one.
    """
    asked = {"comment", "project"} | site.scope.fields
    if site.needs.files:
        asked |= {"attachment"} | {name for name, shape in site.all_forms.items() if shape.kind == "rich"}
    return sorted(asked)


# ---- field changes


def _entries(
    site: Site, ids: Sequence[str]
) -> tuple[Mapping[str, list[Entry]], Mapping[str, dict[str, Mapping[str, Any]]]]:
    """Read the changes of the fields asked for; and, raw, by their ids, those of the fields that decide the scope."""
    forms = {name: site.forms[name] for name in site.needs.read | site.needs.write if name in site.forms}
    found: dict[str, dict[str, Entry]] = defaultdict(dict)
    decisive: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for fields in batches(sorted(forms.keys() | site.scope.fields), HISTORY_FIELDS):
        for issues in batches(ids, HISTORIES):
            for issue, change in _changes(site, issues, fields):
                found[issue] |= {entry.id: entry for entry in _of_change(change, fields, forms)}
                decisive[issue][str(change["id"])] = change
    entries = {issue: sorted(made.values(), key=_by_order) for issue, made in found.items()}
    return defaultdict(list, entries), decisive


def _by_order(entry: Entry) -> tuple[str, str]:
    return entry.order, entry.id


def _changes(site: Site, ids: Sequence[str], fields: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield all history entries of issues that touch the fields; one issue's may be spread over pages."""
    token = None
    while True:
        body: dict[str, Any] = {"issueIdsOrKeys": list(ids), "fieldIds": list(fields), "maxResults": 10_000}
        answer = site.ask("/changelog/bulkfetch", body | ({"nextPageToken": token} if token else {}))
        for log in answer.get("issueChangeLogs") or ():
            for change in log.get("changeHistories") or ():
                yield str(log["issueId"]), change
        token = answer.get("nextPageToken")
        if not token:
            return


def _of_change(change: Mapping[str, Any], fields: Sequence[str], forms: Mapping[str, Form]) -> Iterator[Entry]:
    """Read one entry of the changelog as one of ours for each field."""
    metadata = change.get("historyMetadata") or {}
    mark = (metadata.get("extraData") or {}).get(MARK)
    for item in change.get("items") or ():
        name = item.get("fieldId")
        if name not in fields or name not in forms:
            continue  # an entry comes whole, with what else was changed in the same moment
        yield Entry(
            id=f"{change['id']}:{name}",
            order=_order(change["id"]),
            at=told_at(change, "created"),
            author=author(change.get("author")),
            field=name,
            before=told(item, "from", forms[name]),
            after=told(item, "to", forms[name]),
            mark=mark if isinstance(mark, str) else None,
            told=all(is_told(item, end, forms[name]) for end in ("from", "to")),
        )


def _order(number: object) -> str:
    return str(number).zfill(20)


# ---- comments


def _comments(site: Site, issue: Issue) -> tuple[list[Mapping[str, Any]], bool]:
    """Read all comments of an issue: the embedded list, and on from there where it is not whole."""
    field = issue["fields"].get("comment") or {}
    if isinstance(field, list):  # without a count, as Jira Software tells them
        field = {"comments": field}
    found = {str(comment["id"]): comment for comment in field.get("comments") or ()}
    total, start = int(field.get("total") or 0), 0 if field.get("startAt") else len(found)
    while start < total:
        page = site.get(
            f"/issue/{issue['id']}/comment",
            "/issue/comment",
            startAt=start,
            maxResults=COMMENT_PAGE,
            orderBy="created",
        )
        found |= {str(comment["id"]): comment for comment in page["comments"]}
        if not page["comments"]:
            break
        start, total = start + len(page["comments"]), int(page["total"])
    return _told_for_whom(site, issue, [found[number] for number in sorted(found, key=_order)]), len(found) >= total


def _told_for_whom(site: Site, issue: Issue, comments: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Fill in whether customers see a comment that does not say so.

    Only a project that is known to have no customers shows all that nobody restricted; elsewhere it is not known.
    """
    if all("jsdPublic" in comment for comment in comments):
        return comments
    project = issue["fields"].get("project") or {}
    kind = project.get("projectTypeKey") or site.type_of_project(str(project.get("key") or project.get("id") or ""))
    return [{"jsdPublic": kind in _WITHOUT_CUSTOMERS, **comment} for comment in comments]


def _comment_marks(site: Site, issues: Iterable[Sequence[Mapping[str, Any]]]) -> Mapping[str, tuple[str, str | None]]:
    """Read the markers of our account's comments, and of their last edit by us; nobody else's is asked for."""
    written = [comment for comments in issues for comment in comments if comment.get("author")]
    if not written:
        return {}
    ours = [int(c["id"]) for c in written if c["author"].get("accountId") == site.account.id]
    marks = {}
    for numbers in batches(ours, COMMENTS):
        for comment in site.ask("/comment/list", {"ids": list(numbers)}, expand="properties")["values"]:
            found = {entry["key"]: entry["value"] for entry in comment.get("properties") or ()}
            if mark := mark_of(found.get(MARK)):
                marks[str(comment["id"])] = mark, mark_of(found.get(EDIT))
    return marks


def is_public(comment: Mapping[str, Any]) -> bool:
    """Tell whether all who see the issue, customers too, see a comment: whatever is not known to be so is private."""
    return not comment.get("visibility") and comment.get("jsdPublic") is True


def is_internal(comment: Mapping[str, Any]) -> bool:
    """Tell whether Jira itself says that customers do not see a comment."""
    return comment.get("jsdPublic") is False


def _offered(site: Site, comment: Mapping[str, Any]) -> bool:
    return site.needs.comments == "all" or (site.needs.comments == "public" and is_public(comment))


def _shown(
    site: Site,
    comments: Sequence[Mapping[str, Any]],
    marks: Mapping[str, tuple[str, str | None]],
    files: Sequence[File],
    *,
    inside: bool,
) -> Iterator[Comment]:
    """Give the comments whose text may leave, and our own; what others made of ours is theirs, and private if it is."""
    for comment in comments:
        number = str(comment["id"])
        offered = inside and _offered(site, comment)
        if not offered and number not in marks:
            continue
        last = author(comment.get("updateAuthor") or comment.get("author"))
        created, updated = told_at(comment, "created", "updated"), told_at(comment, "updated", "created")
        body: Json = comment.get("body") if offered or last.id == site.account.id else None
        yield Comment(
            id=number,
            order=_order(number),
            at=created,
            author=author(comment.get("author")),
            body=body,
            public=is_public(comment),
            files=tuple(file.id for file in files if file.comment == number),
            mark=marks[number][0] if number in marks else None,
            edited_at=updated if updated > created else None,
            write=marks[number][1] if number in marks else None,
        )


# ---- files


def _files(site: Site, issue: Issue, comments: Sequence[Mapping[str, Any]]) -> tuple[File, ...]:
    """Give the files that no private text shows, with the offered text that shows them."""
    attachments = issue["fields"].get("attachment") or ()
    if not (site.needs.files and attachments):
        return ()
    texts = list(_texts(site, issue, comments))
    named = {
        offered: [(text, set(_named(text.body))) for text in texts if text.offered is offered]
        for offered in (True, False)
    }
    hidden: set[str] = set().union(*(names for _, names in named[False]))
    private = "\n".join(word for text in texts if not text.offered for word in _written(text.body))
    inner = "\n".join(word for text in texts if text.offered and text.private for word in _written(text.body))
    hidden_media = any(not name.isdigit() for name in hidden)
    # Each UUID costs a request: without a private one, no more are asked for than it takes to know all that is shown.
    looked_for = {name for _, names in named[True] for name in names if not name.isdigit()}
    given = []
    for attachment in attachments:
        number = site.media.attached(attachment)
        media = site.media.of(number) if hidden_media or looked_for else None
        looked_for -= {media}
        names = {number, media} - {None}
        # Without its UUID nobody can tell that a private text does not show it.
        name = str(attachment.get("filename") or "")
        if names & hidden or (hidden_media and media is None) or _says(private, name):
            continue
        showing = [text for text, shown in named[True] if names & shown]
        given.append(_file(attachment, showing, private=any(text.private for text in showing) or _says(inner, name)))
    return tuple(given)


def _file(attachment: Mapping[str, Any], showing: Sequence[_Text], *, private: bool) -> File:
    return File(
        id=str(attachment["id"]),
        name=str(attachment.get("filename") or attachment["id"]),
        size=int(attachment.get("size") or 0),
        media_type=str(attachment.get("mimeType") or "application/octet-stream"),
        at=told_at(attachment, "created"),
        author=author(attachment.get("author")),
        comment=next((text.comment for text in showing if text.comment), None),
        referenced=bool(showing),
        private=private,
    )


def _texts(site: Site, issue: Issue, comments: Sequence[Mapping[str, Any]]) -> Iterator[_Text]:
    for name, shape in site.all_forms.items():
        if shape.kind == "rich":
            yield _Text(issue["fields"].get(name), name in site.needs.read)
    for comment in comments:
        yield _Text(comment.get("body"), _offered(site, comment), str(comment["id"]), not is_public(comment))


def _named(node: Any) -> Iterator[str]:
    """Yield what a text calls files by: media UUIDs in lower case, and attachment ids (digits) in links to them."""
    stack = [node]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack.extend(node)
        elif isinstance(node, Mapping):
            if node.get("type") in _MEDIA and (node.get("attrs") or {}).get("id"):
                yield str(node["attrs"]["id"]).lower()
            stack.extend(node.values())
        elif isinstance(node, str):
            yield from _LINKED.findall(node)


def _written(node: Any) -> Iterator[str]:
    """Yield each block's plain text: what stands side by side in it is one text, whatever its marks."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        parts = [part for part in node.get("content") or () if isinstance(part, Mapping)]
        yield "".join(str(part.get("text") or "") for part in parts)
        for part in parts:
            yield from _written(part)


def _says(text: str, filename: str) -> bool:
    """Tell whether a text names a file, as people and Jira's markup do: ``[^name]``, ``!name!`` or just the name."""
    return re.search(rf"(?<!\w){re.escape(filename)}(?!\w)", text, re.IGNORECASE) is not None
