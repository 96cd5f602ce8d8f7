# SPDX-License-Identifier: Apache-2.0
"""Which text of its origin a copy of another pair's says, as it goes on from there.

What people made of a copy is theirs and goes no further. A comment that tells of an edit is no comment of its own: it
goes on as that edit, so that a tracker beyond which can edit does so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tandem.connectors.base import Comment, History
from tandem.core.values import Json
from tandem.pipeline.environment import End, Run
from tandem.pipeline.rewrite import edition_in, text_hash
from tandem.state import actions, editions, twins
from tandem.state.actions import Action
from tandem.state.editions import FIRST, Edition
from tandem.state.paths import Copy
from tandem.state.records import Happened
from tandem.state.store import Tx

THEIRS = "its people changed the twin: it is theirs"


def as_said(
    tx: Tx, run: Run, end: End, history: History, happened: Sequence[Happened], said: Mapping[str, Copy]
) -> list[Happened]:
    """Tell of comments that go on (``said``: native → copy) what they say, and which of them tell of an edit."""
    shown = {comment.id: comment for comment in history.comments}
    told = []
    for one in happened:
        native = str(one.content.get("native"))
        if one.kind != "comment" or "by" not in one.content or native not in said:
            told.append(one)
            continue
        edition = edition_of(tx, run, end, shown[native])
        if edition is None and not (shown[native].redacted or editions.is_edit(said[native].cause)):
            one, edition = _as_written(tx, one, said[native], text_hash(run, end, shown[native].body))
        if edition is not None:
            one = replace(one, content={**one.content, "edition": edition.content()})
        if editions.is_edit(said[native].cause):
            told += _edit(tx, run, end, one, said[native], edition, shown)
        else:
            told.append(one)
    return told


def _as_written(tx: Tx, one: Happened, copy: Copy, theirs: str) -> tuple[Happened, Edition | None]:
    """Of a copy that its people changed, what we wrote there: under its author's name go no words of others'.

    ``theirs``: the hash of what it shows.
    """
    meant = actions.last_words(tx, copy.action, copy.native)
    if not meant.get("body") or not meant.get("said"):
        return one, None
    written = Edition(str(meant["said"]), edition_in(meant) or FIRST)
    return replace(one, content={**one.content, "body": meant["body"], "theirs": theirs}), written


def edition_of(tx: Tx, run: Run, end: End, comment: Comment) -> Edition | None:
    """Which text a copy says; none where people changed it.

    Of a write whose answer is not known yet, what it was to say counts where it shows.
    """
    twin = twins.twin_at(tx, end.system, comment.id)
    if twin is None:
        return None
    shown = text_hash(run, end, comment.body)
    made = actions.content_of(tx, twin.action) if twin.said is None and twin.action is not None else {}
    wrote, said, number = twin.wrote, twin.said, twin.edition
    if made:
        wrote, said = (str(made[part]) if made.get(part) else None for part in ("wrote", "said"))
        number = edition_in(made)
    if wrote is None or shown == wrote or (comment.edited_at is None and end.caps.reread_every is None):
        return Edition(said or shown, number or FIRST)
    edit = under_way(tx, comment.id, shown)
    return Edition(str(edit.content["said"]), edition_in(edit.content) or FIRST) if edit is not None else None


def under_way(tx: Tx, comment: str, shown: str) -> Action | None:
    """The edit of a copy, by any pair, that made it read so, and of which it is not known yet whether it went."""
    sent = actions.sent_anywhere(tx, "edit")
    return next((one for one in sent if one.content.get("twin") == comment and one.content.get("wrote") == shown), None)


def _edit(
    tx: Tx, run: Run, end: End, one: Happened, copy: Copy, edition: Edition | None, shown: Mapping[str, Comment]
) -> list[Happened]:
    """A comment that tells of an edit, as the edit that it is: with its later parts, once all of them are there."""
    if edition is None:
        return [replace(one, content={}, state="noted", reason=THEIRS)]
    twin, meant = twins.twin_at(tx, end.system, copy.native), actions.content_of(tx, copy.action)
    assert twin is not None
    every = twins.twins_of(tx, copy.origin, end.system, [twin.ticket])
    content: dict[str, Json] = {**one.content, "of": every[0].native}
    total = int(str(meant.get("parts") or 1))
    if total > 1:
        parts = [other.native for other in every if other.action and _told(tx, other.action) == meant.get("event")]
        if copy.native != parts[0]:
            return [replace(one, content={}, state="echo")]
        if len(parts) < total or not shown.keys() >= set(parts):
            return []
        whole = edition_of(tx, run, end, shown[parts[-1]])
        if whole is None:
            return [replace(one, content={}, state="noted", reason=THEIRS)]
        content |= {"more": [shown[part].body for part in parts[1:]], "edition": whole.content()}
    return [replace(one, content=content)]


def _told(tx: Tx, action: str) -> Json:
    """The event of which a write told."""
    return actions.content_of(tx, action).get("event")
