# SPDX-License-Identifier: Apache-2.0
"""Whether what a write carries is still offered, asked of its source right before it: words, comments and files.

Between the reading and the write lie minutes, where many tickets are carried, or the hours of an outage; meanwhile
somebody may have made a comment private, deleted a file or taken a password out of a text. Then the write waits, and
the next run decides by what is there. Where the source is in the version that was read nothing has changed, and nothing
is asked; where a tracker tells of no edits, comments and files always are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from tandem.connectors.base import History, Record
from tandem.core.mapping import kind_of
from tandem.core.values import Json
from tandem.pipeline.environment import End, Run
from tandem.pipeline.histories import histories_of
from tandem.pipeline.rewrite import takes_back, text_hash
from tandem.pipeline.translate import same_native
from tandem.state import editions, records
from tandem.state.actions import Action
from tandem.state.editions import Edition
from tandem.state.store import Tx

WORDS = frozenset({"text", "rich", "scalar"})
REREAD = "it was changed, deleted or made private since it was read"


def reads_of(tx: Tx, run: Run, source: End, event: int) -> dict[str, Json]:
    """What was read of a comment when a write of it was planned."""
    found = records.events_by_id(tx, [event])[event].content
    return {
        "comment": found.get("native"),
        "public": found.get("shown_to_all", found.get("public")),  # a copy may be internal of what was for all
        "said": found.get("theirs") or text_hash(run, source, found.get("body")),
    }


def edition_of(tx: Tx, source: End, event: int, reads: Mapping[str, Json]) -> Edition:
    """Which text of its origin a comment was read to say."""
    known = editions.kept(records.events_by_id(tx, [event])[event].content)
    return known or editions.told_by(tx, source.system, str(reads["comment"]), str(reads["said"]))


def outdated(run: Run, source: End, planned: Sequence[tuple[Action, Record]], ours: Mapping[str, str]) -> set[str]:
    """Tell which writes carry what their source does not show any more as it was read, by their ids.

    ``ours``: ticket → the version in which our own writes left it that were made since, and nobody else's. The next run
    reads such a source anew with all that happened, also where its version tells of nothing.
    """
    carrying = [(one, now) for one, now in planned if not takes_back(one)]
    with run.store.read() as tx:
        known = records.latest_records(tx, run.name, source.which, {now.id for _, now in carrying})
    moved = [(one, now) for one, now in carrying if _is_later(now, known.get(now.id), one, ours)]
    late = {one.id for one, now in moved if now.id in known and _other_words(run, source, one, now, known[now.id])}
    asked = carrying if source.caps.reread_every is not None else moved
    items = [(one, now.id) for one, now in asked if one.id not in late and _has_items(one)]
    tickets = sorted({ticket for _, ticket in items})
    for some in records.chunks(tickets, source.caps.read_batch):
        histories = histories_of(source, some)
        told = [(one, histories[ticket]) for one, ticket in items if ticket in histories]
        late |= {one.id for one, ticket in items if ticket in some and ticket not in histories}
        late |= {one.id for one, history in told if not _is_shown(run, source, one, history)}
    again = {now.id: known[now.id] for one, now in carrying if one.id in late and now.id in known}
    if again:
        with run.store.begin(run.fence) as tx:
            for read in again.values():
                records.save_record(tx, run.name, source.which, replace(read, settled=False), run.env.now())
    return late


def _is_later(now: Record, read: Record | None, action: Action, ours: Mapping[str, str]) -> bool:
    """Tell whether something may have happened on a ticket since it was read."""
    if read is None or not read.settled or read.version != action.content["source_version"]:
        return True
    return now.version != ours.get(now.id, read.version)


def _other_words(run: Run, source: End, action: Action, now: Record, read: Record) -> bool:
    """Tell whether a text that a write carries reads otherwise by now. Of choices and numbers the last word follows."""
    natives = set(_texts_in(source, run.end(action.side), action))
    shown = natives & read.fields.keys() & now.fields.keys()
    return any(not same_native(source, name, read.fields[name], now.fields[name], now) for name in shown)


def _texts_in(source: End, target: End, action: Action) -> Iterator[str]:
    """The fields of free text at the source that a write carries; what the contract composes may hold any of them."""
    carried = {*_names(action.content.get("bases")), *_names(action.content.get("fields"))}
    rules = [rule for end in (source, target) for hub in carried if (rule := end.rule(hub)) is not None]
    composed = any(rule.is_composed for rule in rules)
    carried.add(str(action.content.get("rest_of")))
    for hub, rule in source.offer.fields.items():
        free = kind_of(rule, source.terms(rule.native)) in WORDS and not rule.map
        if (composed or hub in carried) and free and rule.goes_out and not rule.of_twin:
            yield rule.native


def _names(fields: Json) -> Collection[str]:
    return fields if isinstance(fields, dict) else ()


def _has_items(action: Action) -> bool:
    return "reads" in action.content or any(True for _ in _files(action))


def _is_shown(run: Run, source: End, action: Action, history: History) -> bool:
    """Tell whether a comment still says what is to be written of it, to whom it said it, and its files are there."""
    offered = {file.id for file in history.files}
    if not history.inside or not offered.issuperset(_files(action)):
        return False
    reads = action.content.get("reads")
    if not isinstance(reads, dict):
        return True
    now = next((one for one in history.comments if one.id == reads["comment"]), None)
    return now is not None and now.public is reads["public"] and text_hash(run, source, now.body) == reads["said"]


def _files(action: Action) -> Iterator[str]:
    """The ids, at their source, of the files that a write carries."""
    several, one = action.content.get("files"), action.content.get("file")
    for file in [*(several if isinstance(several, list) and action.kind != "edit" else []), one]:
        if isinstance(file, dict):
            yield str(file["native"])
