# SPDX-License-Identifier: Apache-2.0
"""Files of an item: those that hang on it as relations, and pictures that a text alone shows.

Who pastes a picture into a text makes no relation: it is stored, and the text bears its address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from mimetypes import guess_type
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tandem.connectors.azure_devops.shape import (
    CREATED,
    CREATED_BY,
    NOBODY,
    PROJECT,
    TYPE,
    Raw,
    attachment,
    author,
    files_in,
    markdown,
    moment,
    stored,
)
from tandem.connectors.azure_devops.site import Site
from tandem.connectors.azure_devops.updates import Said, Update, near, offered
from tandem.connectors.base import Author, File
from tandem.core.doc import SEEN, walk
from tandem.core.values import Json
from tandem.markup import CommonMark, Html

MEDIA = "application/octet-stream"
_PICTURE = re.compile(
    r"<img\b[^>]*/_apis/wit/attachments/[^>]*>|!\[[^\]]*\]\([^)]*/_apis/wit/attachments/[^)]*\)", re.IGNORECASE
)


def files(
    site: Site,
    item: Raw,
    said: Sequence[Said],
    updates: Sequence[Update],
    since: datetime | None = None,
    *,
    inside: bool = True,
) -> Iterator[File]:
    """Give an item's files that no text names which does not leave; ``since``: those alone that came behind it.

    Of an item that is not ``inside`` the scope no text leaves, so no picture is looked for.
    """
    told = item.get("fields") or {}
    read = {stored(name, str(told.get(TYPE) or "")) for name in site.needs.read}
    shown: list[tuple[str, str | None]] = [(str(told.get(name) or ""), None) for name in site.texts() if name in read]
    private = [str(told.get(name) or "") for name in site.texts() if name not in read]
    if offered(site):
        shown += [(one.text, one.id) for one in said]
    else:
        private += [one.text for one in said]
    secret = "\n".join(private).casefold()
    words = _PICTURE.sub("", secret)  # a picture there is another one, although all of them are called alike

    def kept(id_: str, name: str) -> bool:
        return id_ in secret or _says(words, name)

    related = set()
    for id_, at, about in _related(item):
        related.add(id_)
        name = str(about.get("name") or id_)
        who = _adder(updates, id_, at)
        ours = bool(who.id) and who.id == site.account.id  # a copy that we made may always be read back
        if (since is not None and _earlier(at, since, updates)) or (not ours and kept(id_, name)):
            continue
        showing = [comment for text, comment in shown if id_ in files_in(text)]
        yield File(
            id=id_,
            name=name,
            size=int(about.get("resourceSize") or 0),
            media_type=media_type(name),
            at=at,
            author=who,
            comment=next((comment for comment in showing if comment), None),
            referenced=bool(showing),
        )
    for picture in _pictures(site, item, said, updates, since) if inside else ():
        if picture.id not in related and not kept(picture.id, picture.name):
            related.add(picture.id)
            yield from _weighed(site, item, picture)


def withheld(
    item: Raw, shown: Iterable[File], updates: Sequence[Update], since: datetime | None = None
) -> frozenset[str]:
    """The files that hang on an item and are not ``shown``, for a text that does not leave names them.

    ``since``: those alone that came behind it.
    """
    came = {id_ for id_, at, _ in _related(item) if since is None or not _earlier(at, since, updates)}
    return frozenset(came - {one.id for one in shown})


def _related(item: Raw) -> Iterator[tuple[str, datetime, Mapping[str, Any]]]:
    """Of each file that hangs on an item its id, when it came there, and what else is told of it."""
    for relation in item.get("relations") or ():
        id_ = attachment(relation)
        if id_ is not None:
            about: Mapping[str, Any] = relation.get("attributes") or {}
            yield id_, moment(about.get("authorizedDate") or about.get("resourceCreatedDate")), about


def media_type(name: str) -> str:
    """What kind of file it is, by its name: Azure DevOps keeps nothing else of it."""
    return guess_type(name)[0] or MEDIA


def pictures_in(site: Site, body: Json) -> dict[str, str]:
    """The pictures that a text shows and that this organisation keeps: id → name.

    One at any other address is none of ours, whatever id stands in it.
    """
    text = str(body.get("markdown") or "") if isinstance(body, dict) else str(body or "")
    if not files_in(text):
        return {}
    read = CommonMark(azure=True).parse(text) if isinstance(body, dict) else Html().parse(text)
    found: dict[str, str] = {}
    for node in walk(read.doc):
        ref = str(node.get("ref") or "") if node["type"] == "media" else ""
        id_ = site.file_at(ref.removeprefix(SEEN))
        if id_ is not None:
            found.setdefault(id_, _name(ref) or id_)
    return found


def _pictures(
    site: Site, item: Raw, said: Sequence[Said], updates: Sequence[Update], since: datetime | None
) -> Iterator[File]:
    """Give the pictures in the texts that leave, of which the size is not known yet. Some may be given twice."""
    told = item.get("fields") or {}
    texts = set(site.texts())
    for name in sorted(site.needs.read):
        own = stored(name, str(told.get(TYPE) or ""))
        if own not in texts:
            continue
        text = str(told.get(own) or "")
        for id_, called in pictures_in(site, {"markdown": text} if markdown(item, own) else text).items():
            by = next((one for one in updates if _brings(one, name, id_)), None)
            if by is not None:
                yield _picture(id_, called, by.at, by.author)
            elif since is None:  # it was made with it
                yield _picture(id_, called, moment(told.get(CREATED)), author(told.get(CREATED_BY)))
    for one in said if offered(site) else ():
        for id_, called in pictures_in(site, one.body).items():
            yield _picture(id_, called, one.edited_at or one.at, one.author, one.id)


def _brings(update: Update, name: str, id_: str) -> bool:
    """Tell whether a picture came into a text by this update."""
    before, after = update.changes.get(name, (None, None))
    return id_ in files_in(after) and id_ not in files_in(before)


def _picture(id_: str, name: str, at: datetime, who: Author, comment: str | None = None) -> File:
    return File(id_, name, 0, media_type(name), at, who, comment, referenced=True)


def _weighed(site: Site, item: Raw, picture: File) -> Iterator[File]:
    """Give a picture with its size, for nothing else tells it. One that is gone is none."""
    size = site.size_of(str((item.get("fields") or {}).get(PROJECT) or ""), picture.id)
    if size is not None:
        yield replace(picture, size=size)


def _name(ref: str) -> str:
    """What a picture is called: its address says so."""
    query = {key.casefold(): values[0] for key, values in parse_qs(urlsplit(ref).query).items()}
    return query.get("filename", "")


def _adder(updates: Sequence[Update], file: str, at: datetime) -> Author:
    """Who added a file: told by the update, or by the revision of that moment. Nobody where that is not sure."""
    by = [one.author for one in updates if file in one.added] or [one.author for one in updates if near(one.at, at)]
    return by[0] if len({one.id for one in by}) == 1 else NOBODY


def _earlier(at: datetime, since: datetime, updates: Sequence[Update]) -> bool:
    """Tell whether a file came with the revision of ``since`` or before it."""
    return at <= since or (near(at, since) and not any(near(one.at, at) for one in updates))


def _says(text: str, name: str) -> bool:
    """Tell whether a text, in small letters, names a file."""
    return re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", text) is not None
