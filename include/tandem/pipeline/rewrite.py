# SPDX-License-Identifier: Apache-2.0
"""Writes to comments that we wrote before: whether a twin may still be touched, the write, and what became of it.

A twin that people changed is theirs, and one that they deleted is never written again: both are asked of its tracker
right before the write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tandem.connectors.base import Comment, Edit, History, Outcome, Record, Redaction
from tandem.core.doc import Doc, Node, doc, normalise
from tandem.core.values import Json, canonical
from tandem.pipeline.environment import End, Run
from tandem.pipeline.histories import histories_of
from tandem.state import twins
from tandem.state.actions import Action
from tandem.state.store import Tx

CHANGED = "people changed the twin: it is theirs"
REWRITTEN = "another pair wrote the twin since this was planned"
DELETED = "people deleted the twin: it is never written again"


def takes_back(one: Action) -> bool:
    """Tell whether a write takes back what its origin took back: it keeps order with nothing."""
    return says_nothing(one) or one.content.get("redacts") is True


def says_nothing(one: Action) -> bool:
    """Tell whether a write holds nothing of its source: it goes wherever that stands by now."""
    return one.kind == "redact" or one.content.get("withholds") is True


def ticket_of(one: Action, current: str | None) -> str | None:
    """The ticket that a write goes to: where its twin stands, which its link may have gone on from."""
    stands = one.content.get("ticket")
    return str(stands) if stands else current


def text_hash(run: Run, end: End, native: Json) -> str:
    """Hash what a native text says; the files that it shows are not part of it."""
    return run.store.vault.digest(canonical(_words(end.connector.markup.parse(native).doc)))


def _words(text: Doc) -> Doc:
    blocks = [bare for block in text["content"] if (bare := _bare(block)) is not None]
    return normalise(doc(*blocks))


def _bare(node: Node) -> Node | None:
    """A node without the files in it; none where nothing else is in it."""
    if node["type"] == "media":
        return None
    content = node.get("content")
    if not isinstance(content, list) or node["type"] in ("table", "row", "cell", "items"):
        return node
    left = [bare for part in content if (bare := _bare(part)) is not None]
    return {**node, "content": left} if left or not content else None


def hindered(run: Run, end: End, ready: Sequence[tuple[Action, Record | None]]) -> Iterator[tuple[Action, str, str]]:
    """Tell of which actions the twins may not be written (any more): (action, state of its events, why)."""
    wanted = [(one, target.id) for one, target in ready if target is not None and one.content.get("twins")]
    if not wanted:
        return
    histories = histories_of(end, sorted({ticket for _, ticket in wanted}))
    for one, ticket in wanted:
        history, known = histories.get(ticket), one.content["twins"]
        assert isinstance(known, dict)
        if history is None:
            yield one, "deferred", "the twin cannot be seen"
            continue
        shown = {comment.id: comment for comment in history.comments}
        if not set(known) <= set(shown):
            yield (one, "noted", DELETED) if history.whole else (one, "deferred", "not all comments can be read")
        elif _is_ours_by_now(run, end, known, shown):
            yield one, "deferred", REWRITTEN
        elif any(_is_changed(run, end, one, shown[id_], wrote) for id_, wrote in known.items()):
            yield one, "parked" if takes_back(one) else "noted", CHANGED


def _is_ours_by_now(run: Run, end: End, known: Mapping[str, Json], shown: Mapping[str, Comment]) -> bool:
    """Tell whether another pair has written one of these twins since this write was planned."""
    with run.store.read() as tx:
        now = {id_: twin for id_ in known if (twin := twins.twin_at(tx, end.system, id_)) is not None}
    moved = [id_ for id_, twin in now.items() if twin.wrote != known[id_]]
    return any(text_hash(run, end, shown[id_].body) == now[id_].wrote for id_ in moved)


def _is_changed(run: Run, end: End, one: Action, twin: Comment, wrote: Json) -> bool:
    if twin.edited_at is None and end.caps.reread_every is None:
        return False
    if not end.caps.edit_comments:  # blacked out by people; to take the rest back, too, takes nothing from them
        return one.kind != "redact"
    return text_hash(run, end, twin.body) != wrote


def rewrite(end: End, kind: str, ready: Sequence[tuple[Action, str]]) -> tuple[Outcome, ...]:
    """Edit comments, or take them back."""
    if kind == "edit":
        return end.connector.edit(
            [Edit(ticket, str(one.content["twin"]), one.content["body"], one.id) for one, ticket in ready]
        )
    redactions = []
    for one, ticket in ready:
        files = one.content["files"]
        names = tuple(str(file) for file in (files if isinstance(files, list) else []))
        twin = one.content["twin"]
        redactions.append(Redaction(ticket, None if twin is None else str(twin), one.content["body"], one.id, names))
    return end.connector.redact(redactions)


def note(tx: Tx, end: End, content: Mapping[str, Json]) -> None:
    """Note what a twin says since a write that took place; of a text that was taken back nothing is kept."""
    if content["twin"] is not None:
        wrote, said = str(content["wrote"]), str(content["said"])
        twins.note_written(tx, end.system, str(content["twin"]), wrote, said, edition_in(content))
    files = content.get("files")
    if content.get("said") == twins.WITHDRAWN:
        back = [str(id_) for id_ in (files if isinstance(files, list) else [])]
        twins.note_files_back(tx, end.system, back, None if content["twin"] is None else str(content["twin"]))
    forgotten = content.get("forget")
    twins.forget_texts(tx, [str(id_) for id_ in (forgotten if isinstance(forgotten, list) else [])])


def edition_in(content: Mapping[str, Json]) -> int | None:
    """Which of the texts of its origin a write says; none where it is not told, or none of them."""
    number = content.get("edition")
    return number if isinstance(number, int) else None


def took_place(end: End, action: Action, history: History) -> bool:
    """Tell whether a write that was sent took place: by its mark or, where none can be left, by its effect."""
    if action.content["twin"] is None:
        files = action.content["files"]
        return {one.id for one in history.files}.isdisjoint(files if isinstance(files, list) else [])
    twin = next((one for one in history.comments if one.id == action.content["twin"]), None)
    if twin is None:
        return False
    if end.caps.edit_comments:
        return twin.write == action.id
    return twin.redacted and not twin.public
