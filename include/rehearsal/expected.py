# SPDX-License-Identifier: Apache-2.0
"""What a scenario may expect. The descriptions are printed in ``docs/reference/scenario.md``."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StrictBool, StrictInt

from rehearsal.acts import Bytes, Side
from tandem.config.written import Native, Short, Text, Texts, Written


def _short_text(value: Any) -> Any:
    return {"contains": value} if isinstance(value, str) else value


def _short_number(value: Any) -> Any:
    return {"is": value} if isinstance(value, int) and not isinstance(value, bool) else value


def _short_code(value: Any) -> Any:
    return {"code": value} if isinstance(value, str) else value


class Words(Written):
    """What a text is to be. A plain text is short for `contains`."""

    is_: str | None = Field(None, alias="is", description="Just this, letter by letter.")
    contains: Texts = Field((), description="All of these are in it.")
    lacks: Texts = Field((), description="None of these is in it.")
    public: StrictBool | None = Field(None, description="Of a comment: whether everybody may read it.")
    files: tuple[Text, ...] | None = Field(None, description="Of a comment: names of its files.")


class Number(Written):
    """How many. A number is short for `is`."""

    is_: StrictInt | None = Field(None, alias="is", description="Just so many.")
    least: StrictInt | None = Field(None, description="So many or more.")
    most: StrictInt | None = Field(None, description="So many or fewer.")


class StoredFile(Written):
    """A file at a ticket."""

    name: Text | None = Field(None, description="Its name.")
    size: Bytes | None = Field(None, description="Its size.")
    same_as: Text | None = Field(None, description="It has the bytes of the scenario's file of this name.")
    on: Text | None = Field(None, description="Hangs on a comment that contains this; `description`: on none.")


Count = Annotated[Number, Short(_short_number, {"type": "integer", "title": "whole number"})]
Say = Annotated[Words, Short(_short_text, {"type": "string", "title": "text that it contains"})]


class Shown(Written):
    """What a tracker shows of a ticket."""

    ticket: Text = Field(
        description="The scenario's word; at the other side its twin; `word/now`: what the link leads to."
    )
    at: Side = Field(description="In which tracker.")
    fields: dict[str, Native] = Field(
        {},
        description="Native field → value, lists in any order. `{contains: …}`, `{lacks: …}`, `{is: …}` as with texts.",
    )
    comments: tuple[Say, ...] | None = Field(
        None, description="All comments in order (Zendesk: after the first; ServiceNow: both journals)."
    )
    comment_count: Count | None = Field(None, description="How many comments.")
    comments_with: dict[str, Count] = Field({}, description="Text → how many comments contain it.")
    files: tuple[StoredFile, ...] | None = Field(None, description="All files, in any order.")
    file_count: Count | None = Field(None, description="How many files.")
    exists: StrictBool = Field(True, description="`false`: there is no such ticket, or no twin.")


class EventWanted(Written):
    """Events of a ticket, as the state has them."""

    ticket: Text = Field(description="The scenario's word.")
    at: Side = Field(description="Where it happened.")
    kind: Text | None = Field(None, description="`made`, `field`, `comment`, `file`.")
    field: Text | None = Field(None, description="The hub field.")
    state: Text = Field(description="`arrived`, `settled`, `superseded`, `echo`, `noted`, `waiting`, `parked`, …")
    count: Count = Field(Number(least=1), description="How many are in this state. Default: at least one.")


class HeldWanted(Written):
    """A direction of a link, or one of its fields, that is set aside."""

    ticket: Text = Field(description="The scenario's word.")
    code: Text | None = Field(None, description="The error's code.")
    field: Text | None = Field(None, description="The hub field, where one alone is set aside.")


class LinkWanted(Written):
    """A link."""

    ticket: Text = Field(description="The scenario's word.")
    state: Text | None = Field(None, description="`new`, `linked`, `parked`.")
    left: Text | None = Field(None, description="How its left ticket stands: `seen`, `unseen`, `out`, `final`.")
    right: Text | None = Field(None, description="The same of the right one.")
    key: Text | None = Field(None, description="A key by which it is found, present or former.")


class RequestsWanted(Written):
    """Requests of the integration's."""

    to: Side = Field(description="To which tracker.")
    since: Text = Field("run", description="`run`: in the last run step. `start`: ever. Else since that `mark`.")
    method: Texts = Field((), description="Only these methods.")
    path: str = Field("", description="Only those whose path and query match this regular expression.")
    mention: str = Field("", description="Only those with this text in path, query or body.")
    count: Count = Field(description="How many there are.")


class ProblemWanted(Written):
    """Something that `tandem check` says. A code is short for `{code: …}`."""

    code: Text = Field(description="Its code: `TDM-225`. The [handbook](../handbook/README.md) has them all.")
    key: Text | None = Field(None, description="The key of the file on which it stands: `offers.customers.scope`.")
    warning: StrictBool | None = Field(None, description="Whether it is a mere warning, with which a pair still runs.")
    says: Texts = Field((), description="Texts that what is wrong, or the fix, contains.")


class Expect(Written):
    """What is to be seen now. Everything is looked at, also after something differs."""

    show: tuple[Shown, ...] = Field((), description="What the trackers show.")
    twins: StrictInt | None = Field(None, description="How many tickets stand on both sides.")
    tickets: dict[Side, StrictInt] = Field({}, description="How many tickets a tracker has, beside those of its world.")
    wrote: dict[Side, Count] = Field({}, description="How many writes the last run step sent to a tracker.")
    requests: tuple[RequestsWanted, ...] = Field((), description="What was asked of the trackers.")
    run: dict[str, Count] = Field(
        {}, description="The last run's counts: `created`, `updated`, `comments`, `files`, `unsaid`, `quarantined`, …"
    )
    events: tuple[EventWanted, ...] = Field((), description="In which state events are.")
    open_events: StrictInt | None = Field(None, description="How many events wait for anything.")
    held: tuple[HeldWanted, ...] | None = Field(None, description="All that is quarantined; `[]`: nothing.")
    conflicts: tuple[Text, ...] | None = Field(None, description="Hub fields of all conflicts that are held.")
    links: tuple[LinkWanted, ...] = Field((), description="How links stand.")
    check: tuple[Annotated[ProblemWanted, Short(_short_code, {"type": "string", "title": "code"})], ...] | None = Field(
        None, description="All that `tandem check` says of files and trackers now, warnings too; `[]`: nothing."
    )
    log: Texts = Field((), description="Texts that the log has mentioned since the scenario began.")
    log_count: dict[str, Count] = Field({}, description="Text → how many lines of the log mention it.")
    log_lacks: Texts = Field((), description="Texts that it has not mentioned.")
