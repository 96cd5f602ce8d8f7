# SPDX-License-Identifier: Apache-2.0
"""What is found on one side: its tracker is asked, and what it says is put on the lines of the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tandem.check import names
from tandem.check.bound import Bound
from tandem.check.everything import everything
from tandem.check.kinds import kinds
from tandem.check.outside import outside
from tandem.check.workflow import workflow
from tandem.config.check import is_open
from tandem.config.codes import Code
from tandem.config.models import Side
from tandem.config.scope_ids import by_ids, words_of
from tandem.config.traits import TRAITS
from tandem.connectors.base import Capabilities, Connector, FieldInfo, Preflight
from tandem.errors import ConfigurationError, CredentialsError, Problem, RetryableError

NO_RIGHT, NO_FIELD, READ_ONLY, SCOPE, CHOICE = "TDM-221", "TDM-222", "TDM-223", "TDM-224", "TDM-225"
EVERYTHING, CLOCK = "TDM-227", "TDM-228"
NO_ANSWER = "Try again when the tracker answers. If it never did: see that the connection names its host as it is."
LISTED = 12  # people named in a message
MOST_SKEW = 60.0
"""Seconds that a tracker's clock may be off before it is worth a word. Times are corrected by it all the same."""


@dataclass(frozen=True, slots=True)
class SideReport:
    """What was found on one side. ``found`` is none where its tracker could not be asked."""

    side: Side
    found: Preflight | None = None
    capabilities: Capabilities | None = None
    problems: tuple[Problem, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def largest_file(self) -> int | None:
        """How many bytes a file may have in its tracker; none where that could not be asked."""
        told = self.found.max_file if self.found is not None and self.logged_in else None
        return told if told is not None or self.capabilities is None else self.capabilities.max_file

    @property
    def internal_comments(self) -> bool:
        """Whether there are internal comments at this very place, as far as it could be asked."""
        if self.found is None or self.capabilities is None or not self.logged_in:
            return True
        return _private(self.found, self.capabilities)

    @property
    def logged_in(self) -> bool:
        return self.found is not None and bool(self.found.account.id)


def check_side(side: Side, connect: Callable[[Side], Connector], bound: Bound) -> SideReport:
    """Ask a side's tracker."""
    try:
        connector, found = _asked(side, connect, bound)
    except ConfigurationError as error:
        return SideReport(side, problems=tuple(_at_connection(side, problem) for problem in error.problems))
    except (CredentialsError, RetryableError) as error:
        fix = error.fix if isinstance(error, CredentialsError) else NO_ANSWER
        problem = Problem(error.code, error.what, fix, where=error.where or side.connection)
        return SideReport(side, problems=(_at_connection(side, problem),))
    capabilities = connector.capabilities
    problems = [_placed(side, _guessed(side, problem, found.fields)) for problem in found.problems]
    if found.fields:
        # What the connector says of names is said below with the line of each; an open scope the files' check has told.
        told = is_open(side, TRAITS.get(side.system))
        said = [p for p in problems if p.code != CHOICE and not (p.code == EVERYTHING and p.warning and told)]
        own = [
            *names.choices(side, found.fields, capabilities, bound),
            *names.create(side, found.fields, capabilities, bound),
        ]
        own += names.statuses(side, found.fields, bound)
        lost = {problem.key for problem in found.problems if problem.code in (SCOPE, NO_RIGHT)}
        own += [*outside(side, found.fields, bound, lost), *everything(side, found.fields, capabilities, bound)]
        own += [*kinds(side, found.fields), *_comments(side, found, capabilities), *_files(side, found)]
        own += _people(side, found)
        ways = workflow(side, found, capabilities, bound)
        own += ways.problems() if ways is not None else ()
        problems = [*said, *own]
    problems += _clock(side, found)
    remarks = tuple(_remarks(side, found, capabilities, bound))
    return SideReport(side, found, capabilities, tuple(problems), remarks)


def _asked(side: Side, connect: Callable[[Side], Connector], bound: Bound) -> tuple[Connector, Preflight]:
    """Ask the tracker, with the scope by ids as runs have it; where these are gone, by its names."""
    connector = connect(by_ids(side, bound.scope))
    found = connector.preflight()
    if bound.scope and any(problem.code == SCOPE for problem in found.problems):
        connector = connect(side)
        found = connector.preflight()
    return connector, found


def _guessed(side: Side, problem: Problem, fields: Mapping[str, FieldInfo]) -> Problem:
    """Add the name that is nearest to one that the tracker does not have; a field may be written by its label."""
    near: list[str] = []
    if problem.code == NO_FIELD and problem.key not in fields:
        near = [name for name in [names.field_meant(problem.key, fields)] if name]
    elif problem.code == SCOPE and problem.key in fields:
        known = [part for pair in fields[problem.key].choices.items() for part in reversed(pair)]
        words = [word for one in side.scope if one.field == problem.key for word in words_of(one)]
        told = [word for word in words if word not in known and f'"{word}"' in problem.what]
        near = [guess for word in told if (guess := names.nearest(word, known))]
    return replace(problem, fix=f'Did you mean "{near[0]}"? {problem.fix}') if near else problem


# ---- where it stands in the contract


def _placed(side: Side, problem: Problem) -> Problem:
    """Put what a connector says on the contract's line that names it."""
    keys = _keys(side, problem)
    if not keys:
        return _at_connection(side, replace(problem, what=_sentence(problem.what)))
    placed = side.problem(problem.code, _sentence(problem.what), problem.fix, keys[0], warning=problem.warning)
    return replace(placed, where=problem.where or placed.where)


def _keys(side: Side, problem: Problem) -> Sequence[str]:
    """List the keys that a problem is about; none: it is about the tracker itself, or our account there."""
    if problem.key == "query" or problem.key.startswith("options."):
        return (problem.key,)
    if problem.code == EVERYTHING:
        return ("scope",)
    named = _named(side, problem.key) if problem.key else []
    of_scope = [key for key in named if key.startswith("scope")]
    if problem.code in (SCOPE, NO_RIGHT):
        return of_scope
    if problem.code == READ_ONLY:
        return [key for key in named if key not in of_scope]
    return named if problem.code == NO_FIELD else ()


def _at_connection(side: Side, problem: Problem) -> Problem:
    """Put what is wrong with a tracker, or with our account there, where the contract says which they are."""
    placed = side.problem(problem.code, problem.what, problem.fix, "connection", warning=problem.warning)
    return replace(placed, where=problem.where or placed.where)


def _named(side: Side, native: str) -> list[str]:
    """List the keys at which a contract names a native field, written ones first."""
    rules = sorted(side.fields.values(), key=lambda rule: not rule.comes_in)
    keys = [f"fields.{rule.hub}" for rule in rules if rule.native == native]
    keys += [f"create.{name}" for name in side.create or () if name == native]
    keys += [f"transitions.{to}.fields.{native}" for to, rule in side.transitions.items() if native in rule.fields]
    return keys + [f"scope.{number}" for number, condition in enumerate(side.scope) if condition.field == native]


def _sentence(text: str) -> str:
    """Write it as one, but for a name that it begins with: a column is called as it is written."""
    begun = text if "_" in text.partition(" ")[0] else text[:1].upper() + text[1:]
    return f"{begun.rstrip('.')}."


# ---- what can be told of the tracker's own way


def _comments(side: Side, found: Preflight, capabilities: Capabilities) -> Iterator[Problem]:
    if side.comments.as_ == "internal" and not _private(found, capabilities):
        what = "What comes in is to be written as internal comments, and there are none here."
        yield side.problem(Code.NOT_FOR_KIND, what, "Write `as: public`, or name a place that has them.", "comments.as")


def _used(side: Side) -> set[str]:
    return {rule.native for rule in side.fields.values()} | {condition.field for condition in side.scope}


def _private(found: Preflight, capabilities: Capabilities) -> bool:
    """Tell whether there are internal comments at this very place."""
    return capabilities.private_comments if found.private_comments is None else found.private_comments


def _files(side: Side, found: Preflight) -> Iterator[Problem]:
    if side.attachments is not None and found.max_file == 0:
        what = "Attachments are switched off in this tracker: there are no files here, and none is taken."
        yield side.problem(
            Code.FILES, what, "Have them switched on, or write `attachments: none`.", "attachments", warning=True
        )


def _people(side: Side, found: Preflight) -> Iterator[Problem]:
    """Name those of the people file who cannot be written here: what comes for them goes by the field's fallback."""
    written = [hub for hub, rule in side.fields.items() if rule.kind == "people" and rule.comes_in]
    gone = sorted(alias for alias, account in side.people.accounts.items() if account in found.inactive)
    if written and gone:
        listed = ", ".join(gone[:LISTED]) + (", …" if len(gone) > LISTED else "")
        what = f"Accounts in the people file were deactivated, or are none here: those of {listed}."
        fix = "Give these people other accounts in the people file, or take them out of it."
        yield side.problem(Code.ACCOUNTS, what, fix, f"fields.{written[0]}", warning=True)


def _clock(side: Side, found: Preflight) -> Iterator[Problem]:
    if abs(found.offset) > MOST_SKEW:
        way = "ahead of" if found.offset > 0 else "behind"
        what = f"The tracker's clock is {abs(found.offset):.0f} s {way} ours. Times are corrected by that."
        fix = "See that both machines keep time (NTP); ours first, if several trackers are off."
        yield side.problem(CLOCK, what, fix, "connection", warning=True)


def _remarks(side: Side, found: Preflight, capabilities: Capabilities, bound: Bound) -> Iterator[str]:
    yield from found.remarks
    if not found.fields:
        return
    if not capabilities.compare_and_set:
        yield (
            "no compare-and-set: a person's edit in the moment of our write is found in the history and merged next"
            if capabilities.history
            else "no compare-and-set and no readable history: an edit in the moment of our write may go unseen"
        )
    if untold := sorted(found.untold & _used(side)):
        yield f"no history of {', '.join(untold)}: an edit in the moment of our write may go unseen"
    if not _private(found, capabilities):
        yield "no internal comments here: what is private elsewhere is not written here"
    ways = workflow(side, found, capabilities, bound)
    if ways is not None and (told := ways.remark()):
        yield told
