# SPDX-License-Identifier: Apache-2.0
"""Since when a contract offers which comments and files: a wider policy is for what is made afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tandem.config.models import Side as Offer
from tandem.core.values import from_utc_text, utc_text
from tandem.pipeline.environment import End, Run
from tandem.state import runs
from tandem.state.records import Happened

PUBLIC, PRIVATE, FILES = "public", "private", "files"
EARLIER = "made before the contract offered it"
_OUT = {"public": {PUBLIC}, "all": {PUBLIC, PRIVATE}, "none": set[str]()}


def offered_kinds(offer: Offer) -> set[str]:
    """What an offer lets go beside fields."""
    return _OUT[offer.comments.out] | ({FILES} if offer.attachments is not None else set())


def note_offers(run: Run, end: End) -> None:
    """Note what the contract offers from this run on, and what it has offered ever since the first."""
    kinds = offered_kinds(end.offer)
    known: dict[str, str] | None = end.row["offered"]
    if known is not None and known.keys() == kinds:
        return
    fresh = "" if known is None else utc_text(run.env.now())
    since = {kind: (known or {}).get(kind, fresh) for kind in sorted(kinds)}
    with run.store.begin(run.fence) as tx:
        runs.set_side(tx, run.name, end.which, offered=since)
    end.offered = since


def only_since_offered(end: End, happened: Iterable[Happened]) -> list[Happened]:
    """Of a linked ticket: what was made before the contract offered its kind is noted, and does not go."""
    every = list(happened)
    comments = {one.key: _kind_of(one) for one in every if one.kind == "comment"}
    kept = []
    for one in every:
        asked = [comments.get(one.key, "")] if one.kind == "comment" else []
        if one.kind == "file":
            asked = [FILES, comments.get(f"comment:{one.content.get('comment')}", "")]
        first = max((end.offered.get(kind, "") for kind in asked), default="")
        early = not one.state and first != "" and one.at < from_utc_text(first)
        kept.append(replace(one, content={}, state="noted", reason=EARLIER) if early else one)
    return kept


def _kind_of(comment: Happened) -> str:
    return PUBLIC if comment.content.get("public") is True else PRIVATE
