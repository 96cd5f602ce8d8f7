# SPDX-License-Identifier: Apache-2.0
"""Plays a scenario on its stage, step by step, and notes what was expected and what was seen."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from rehearsal import acts
from rehearsal.crew import Crew, RefusedError
from rehearsal.judge import Judge
from rehearsal.result import Check
from rehearsal.runs import Runs
from rehearsal.scenario import Run, Scenario, Step
from rehearsal.stage import Stage, edit, joined
from rehearsal.trackers import in_words
from sandbox.faults import Fault
from tandem.config.written import Written
from tandem.core.rules import Which
from tandem.errors import TandemError
from tandem.state import links, tables

_NAME = re.compile(r"\{([\w-]+)@(left|right)(?:\.(id|key))?\}")
_ADDRESS = re.compile(r"\{(left|right)\}")
_MANY = re.compile(r"\{(\d{1,6}) x ([^{}]*)\}")


class LogBook(logging.Handler):
    """Keeps what Tandem says."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@dataclass
class Play:
    """One scenario being played."""

    scenario: Scenario
    stage: Stage
    crews: Mapping[Which, Crew]
    log: LogBook
    line_of: Callable[[str], int | None]
    tickets: dict[str, tuple[Which, str]] = field(default_factory=dict)  # word → where it was born, and its id
    comments: dict[str, str] = field(default_factory=dict)  # word → id
    secrets: list[str] = field(default_factory=list)
    marks: dict[str, int] = field(default_factory=lambda: {"start": 0, "run": 0})
    checks: list[Check] = field(default_factory=list)
    number: int = 0

    def __post_init__(self) -> None:
        self.runs = Runs(self.stage)
        self.judge = Judge(self)
        self.world = {which: len(house.tracker.rows()) for which, house in self.stage.houses.items()}
        self.secrets += self.scenario.secrets

    def perform(self) -> None:
        """Play all steps; after one that cannot be played the rest is left."""
        try:
            if self.scenario.first_run:
                self.runs.one()
            self._steps(self.scenario.play, "play")
            if self.scenario.rests:
                self._rest()
            self._keep_secrets()
        except RefusedError as error:
            self._fail(str(error))
        except TandemError as error:
            self._fail(str(error))
        except ValidationError as error:  # of a step, once what its texts stand for is put in
            self._fail(in_words(error))

    # ---- names

    def find(self, word: str, which: Which) -> str | None:
        """Give the id of a ticket at a side; none where it has no twin (yet).

        Raises:
            RefusedError: the scenario has no such ticket.
        """
        name, _, now = word.partition("/")
        if name not in self.tickets:
            raise RefusedError(f"no step has made the ticket {name}; there are {', '.join(self.tickets) or 'none'}")
        side, ticket = self.tickets[name]
        if side is which and not now:
            return ticket
        with self.stage.store.read() as tx:
            known = links.link_of(tx, self.stage.pair_name, side, [ticket])
            found = links.links(tx, self.stage.pair_name, ids=known.values())
        link = next(iter(found.values()), None)
        member = link.members.get(which) if link else None
        return member.ticket if member else None

    def _demand(self, word: str, which: Which) -> str:
        found = self.find(word, which)
        if found is None:
            raise RefusedError(f"the ticket {word} has no twin at the {which} side")
        return found

    def _filled(self, value: Any) -> Any:
        """Put what a scenario cannot know into its texts: ids, keys, accounts, the number of a repetition."""
        if isinstance(value, str):
            text = _MANY.sub(
                lambda found: int(found[1]) * found[2], value.replace("{n}", str(self.number) if self.number else "{n}")
            )
            text = _ADDRESS.sub(lambda found: self.crews[Which(found[1])].desk.address, text)
            return _NAME.sub(self._stands_for, text)
        if isinstance(value, Mapping):
            return {self._filled(key): self._filled(one) for key, one in value.items()}
        return [self._filled(one) for one in value] if isinstance(value, list | tuple) else value

    def _stands_for(self, match: re.Match[str]) -> str:
        name, which, what = match[1], Which(match[2]), match[3]
        crew = self.crews[which]
        if name in crew.desk.house.tenant.people:
            return crew.account(name)
        ticket = self._demand(name, which)
        seen = crew.see(ticket) if what == "key" else None
        return seen.key if seen else ticket

    def filled(self, act: Written) -> Any:
        """Give an act with everything that its texts stand for."""
        return type(act).model_validate(self._filled(act.model_dump(by_alias=True, exclude_unset=True)))

    # ---- steps

    def _steps(self, steps: Sequence[Step], place: str) -> None:
        for number, step in enumerate(steps):
            self._step(step, f"{place}.{number}")

    def _step(self, step: Step, place: str) -> None:
        self.place = f"{place}.{step.verb}"
        if step.repeat is not None:
            outer = self.number
            for self.number in range(1, step.repeat.times + 1):
                self._steps(step.repeat.play, f"{place}.repeat.play")
            self.number = outer
        elif step.run is not None:
            self._run(step.run, f"{place}.run")
        elif step.mark is not None:
            self.marks[step.mark] = self.runs.requests()
        elif step.expect is not None:
            self.judge.look(self.filled(step.expect), f"{place}.expect")
        else:
            with self.stage.undisturbed():
                self._act(step)

    def _act(self, step: Step) -> None:
        act = getattr(step, step.verb)
        if isinstance(act, acts.Create):  # whose ticket has no id yet
            return self._create(self.filled(act))
        act = self.filled(act)
        if isinstance(act, acts.Act):
            self._by_a_person(act, Which(act.at), self._demand(act.ticket, Which(act.at)))
        else:
            self._of_the_world(act)
        return None

    def _create(self, act: acts.Create) -> None:
        which = Which(act.at)
        made = self.crews[which].create(act.by, act.fields, act.html, act.internal, act.files)
        self.tickets[act.ticket] = which, made
        if act.internal:
            self.secrets += [str(act.fields["description"])] if "description" in act.fields else []

    def _by_a_person(self, act: acts.Act, which: Which, ticket: str) -> None:
        crew, who = self.crews[which], act.by
        match act:
            case acts.SetFields():
                crew.set(who, ticket, act.fields)
            case acts.Label():
                crew.label(who, ticket, act.add, act.remove)
            case acts.Comment():
                self._comment(act, crew, ticket)
            case acts.ChangeComment():
                self._change_comment(act, crew, ticket)
            case acts.Attach():
                crew.attach(who, ticket, act.files)
            case acts.Transition():
                crew.status(who, ticket, act.to, act.way, act.fields)
            case acts.Move():
                crew.move(who, ticket, act.project, act.type)
            case acts.Restrict():
                crew.restrict(who, ticket, act.level)
            case acts.Join():
                other = self._demand(act.other, which)
                if self._verb() == "merge":
                    crew.merge(who, ticket, other)
                else:
                    crew.link(who, ticket, other, act.type)
            case acts.FollowUp():
                self.tickets[act.new] = which, crew.follow_up(who, ticket, act.text)
            case acts.Delete():
                crew.delete(who, ticket)

    def _verb(self) -> str:
        return self.place.rpartition(".")[2]

    def _comment(self, act: acts.Comment, crew: Crew, ticket: str) -> None:
        made = ""
        for number in range(1, act.times + 1):
            text = act.text.replace("{n}", str(number)) if act.text is not None and act.times > 1 else act.text
            made = crew.comment(act.by, ticket, text, act.body, act.internal, act.files)
            if act.internal and text and not self._shows_all(Which(act.at)):
                self.secrets.append(text)
        if act.name is not None:
            self.comments[act.name] = made

    def _shows_all(self, which: Which) -> bool:
        """Tell whether a side offers its internal comments, too: to another system of its own company."""
        return self.stage.pair.side(which.value).comments.out == "all"

    def _change_comment(self, act: acts.ChangeComment, crew: Crew, ticket: str) -> None:
        if act.name not in self.comments:
            raise RefusedError(f"no comment has the word {act.name}")
        comment = self.comments[act.name]
        if act.text is not None:
            crew.edit_comment(act.by, ticket, comment, act.text)
        if act.internal:
            crew.hide_comment(act.by, ticket, comment)
        if act.redact is not None:
            crew.redact_comment(act.by, ticket, comment, act.redact)
        if act.delete:
            crew.delete_comment(act.by, ticket, comment)

    def _of_the_world(self, act: Any) -> None:
        match act:
            case acts.Request():
                self._request(act)
            case acts.Clock():
                clock = self.stage.houses[Which(act.of)].clock if act.of else self.stage.sandbox.clock
                if act.to is not None:
                    clock.set(act.to)
                if act.advance is not None:
                    clock.advance(act.advance.total_seconds())
            case acts.Settings():
                tracker = self.stage.houses[Which(act.at)].tracker
                now = tracker.settings()
                old = {} if act.replace else now
                try:
                    tracker.change_settings({key: joined(old.get(key), value) for key, value in act.change.items()})
                except ValidationError as error:
                    raise RefusedError(f"the tracker has no such settings: {in_words(error)}") from error
            case acts.Blind():
                tickets = [self._demand(word, Which(act.at)) for word in act.tickets]
                self.crews[Which(act.at)].blind(tickets, act.projects)
            case acts.FaultSpec():
                self._fault(act)
            case acts.Change():
                edit(self.stage.root, act.file, act.set)

    def _request(self, act: acts.Request) -> None:
        sent: dict[str, Any] = {}
        if act.json_text is not None:
            sent = {"data": act.json_text.encode(), "headers": {"Content-Type": "application/json"}}
        elif act.body is not None:
            sent = {"data": json.dumps(act.body), "headers": {"Content-Type": "application/json"}}
        self.crews[Which(act.at)].desk.ask(act.by, act.method, act.path, **sent)

    def _fault(self, act: acts.FaultSpec) -> None:
        house, faults = self.stage.houses[Which(act.at)], self.stage.sandbox.faults
        if act.kind == "none":
            for state in faults.all():
                if state.fault.tenant == house.tenant.name:
                    faults.remove(state.id)
            return
        told = act.model_dump(exclude={"at"})
        faults.add(Fault(tenant=house.tenant.name, **told))

    # ---- runs

    def _run(self, run: Run, place: str) -> None:
        run = self.filled(run.model_copy(update={"between": {}})).model_copy(update={"between": run.between})
        self.marks["run"] = self.runs.requests()
        if run.at is not None:
            self.stage.sandbox.clock.set(run.at)
        if run.fresh:
            with self.stage.store.begin() as tx:
                tx.run(sa.delete(tables.side).where(tables.side.c.pair == self.stage.pair_name))
        before = {
            str(task): partial(self._steps, steps, f"{place}.between.{task}") for task, steps in run.between.items()
        }
        woken = tuple(id_ for word in run.tickets for which in Which if (id_ := self.find(word, which)) is not None)
        told = self.runs.play(run, before, woken)
        self.place = place
        for ended in told:
            self.note("run", run.ends, ended, ended == run.ends or ended.startswith(f"{run.ends} "))

    def _rest(self) -> None:
        """After all that happened two undisturbed runs settle what is open, and a third has nothing to write."""
        self.place = "rests"
        self.stage.sandbox.faults.remove()
        for _ in range(2):
            self.runs.one()
        before = self.runs.requests()
        self.runs.one()
        wrote = [f"{entry.method} {entry.path}" for entry in self.judge.writes(before)]
        self.note("a further run writes", "nothing", "; ".join(wrote[:5]) or "nothing", not wrote)

    def _keep_secrets(self) -> None:
        self.place = "secrets"
        for secret in self.secrets:
            asked = [f"{one.method} {one.path}" for one in self.judge.asked(0) if secret in one.body + one.query]
            said = [line for line in self.log.lines if secret in line]
            if asked or said:
                self.note("a secret left", "never", "; ".join([*asked, *said])[:200], False)

    # ---- results

    def note(self, what: str, expected: Any, seen: Any, passed: bool) -> None:
        """Note one comparison at the present step."""
        self.checks.append(Check(self.line_of(self.place), what, expected, seen, passed))

    def _fail(self, why: str) -> None:
        self.note(self._verb() if hasattr(self, "place") else "start", "it can be played", why, False)
