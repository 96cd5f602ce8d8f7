# SPDX-License-Identifier: Apache-2.0
"""A scenario as an integrator writes it: who has which tickets, what happens, what is to be seen."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from rehearsal import acts
from rehearsal.acts import Moment, Pause, Side
from rehearsal.expected import Expect
from tandem.config.codes import Code
from tandem.config.written import Native, Short, Text, Written, wrong

Task = Literal["extract", "map", "diff", "load", "reconcile"]


class Kill(Written):
    """Where the run's process dies: before a task, or at one of the task's writes to a tracker."""

    task: Task = Field(description="In which task.")
    before_write: StrictInt | None = Field(None, ge=1, description="Before its n-th write is sent.")
    after_write: StrictInt | None = Field(None, ge=1, description="When its n-th write is answered, and not yet noted.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.before_write is not None and self.after_write is not None:
            raise wrong(Code.WRONG_VALUE, "It dies at two points.", "Keep `before_write` or `after_write`.")
        return self


class Run(Written):
    """The pair runs. `run: quiet` is short for `run: {until_quiet: true}`, `run: 3` for `run: {times: 3}`."""

    times: StrictInt = Field(1, ge=1, le=50, description="So often.")
    until_quiet: StrictBool = Field(False, description="Until a run has nothing to do; six times at most.")
    wait: Pause | None = Field(None, description="So much time passes before each run. Default: the pair's interval.")
    at: Moment | None = Field(None, description="At this time.")
    kill: Kill | None = Field(None, description="It dies there.")
    overlapping: StrictBool = Field(False, description="Before each of its tasks another run tries to start.")
    between: dict[Task, tuple[Step, ...]] = Field({}, description="Acts just before a task of the first run.")
    dry: StrictBool = Field(False, description="It only plans.")
    tickets: tuple[Text, ...] = Field((), description="Words: as after a wake-up, these tickets alone are taken up.")
    window: tuple[Moment, ...] = Field((), description="Two times: it covers this window anew, as a backfill does.")
    fresh: StrictBool = Field(False, description="The cursors are forgotten first: everything is read again.")
    ends: Text = Field("done", description="`done`, `killed`, `stopped` (safety stop), or the code of its error.")


def _short_run(value: Any) -> Any:
    if value == "quiet":
        return {"until_quiet": True}
    return {"times": value} if isinstance(value, int) and not isinstance(value, bool) else value


class Step(Written):
    """One step: exactly one of these keys."""

    create: acts.Create | None = Field(None, description="Somebody opens a ticket.")
    set: acts.SetFields | None = Field(None, description="Somebody sets fields.")
    label: acts.Label | None = Field(None, description="Somebody adds and removes labels.")
    comment: acts.Comment | None = Field(None, description="Somebody writes a comment.")
    change_comment: acts.ChangeComment | None = Field(None, description="Somebody edits, hides or removes a comment.")
    attach: acts.Attach | None = Field(None, description="Somebody adds files.")
    status: acts.Transition | None = Field(None, description="Somebody moves the status.")
    move: acts.Move | None = Field(None, description="Somebody moves the ticket to another project.")
    restrict: acts.Restrict | None = Field(None, description="Somebody restricts the ticket, or frees it.")
    delete: acts.Delete | None = Field(None, description="Somebody deletes the ticket.")
    link: acts.Join | None = Field(None, description="Somebody links two tickets of one tracker (Jira, Azure DevOps).")
    merge: acts.Join | None = Field(None, description="Somebody merges the ticket into another one (Zendesk).")
    follow_up: acts.FollowUp | None = Field(None, description="Somebody opens a follow-up (Zendesk).")
    request: acts.Request | None = Field(None, description="Any call of a tracker's API.")
    clock: acts.Clock | None = Field(None, description="Time passes.")
    settings: acts.Settings | None = Field(None, description="An administrator changes settings.")
    blind: acts.Blind | None = Field(None, description="The integration loses, or gets back, its sight of tickets.")
    fault: acts.FaultSpec | None = Field(None, description="Something goes wrong on the way.")
    change: acts.Change | None = Field(None, description="Somebody edits a contract, pair or map of people.")
    run: Annotated[Run | None, Short(_short_run, {"type": ["string", "integer"], "title": "`quiet`, or how often"})] = (
        Field(None, description="The pair runs.")
    )
    mark: Text | None = Field(None, description="A word for this moment, to count requests from.")
    expect: Expect | None = Field(None, description="What is to be seen now.")
    repeat: Repeat | None = Field(None, description="Steps that are done several times.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = self.model_fields_set
        if len(given) != 1 or getattr(self, next(iter(given))) is None:
            said = ", ".join(sorted(given)) or "nothing"
            raise wrong(Code.WRONG_VALUE, f"A step has one key; this has {said}.", "Begin each step with `- `.")
        return self

    @property
    def verb(self) -> str:
        """The one key that is given."""
        return next(iter(self.model_fields_set))


class Repeat(Written):
    """Steps, several times over; `{n}` in their texts is the number, from 1 on."""

    times: StrictInt = Field(ge=1, le=500, description="So often.")
    play: tuple[Step, ...] = Field(description="The steps.")


class TrackerSpec(Written):
    """What is peculiar to one of the trackers in this scenario."""

    settings: dict[str, Native] = Field({}, description="Joined with the world's settings of this tracker.")
    people: dict[str, dict[str, Native]] = Field(
        {}, description="Alias → name, email, role, zone, account: people beside the world's, or otherwise."
    )
    zone: Text | None = Field(None, description="Its time zone.")


class Scenario(Written):
    """A scenario: a pair, its trackers, and a play of acts, runs and expectations."""

    about: str = Field(description="What must be true, in a sentence.")
    pair: Text | None = Field(None, description="The pair's name. Default: the only pair that there is.")
    world: Text | None = Field(
        None,
        description="`story`, or a world file of the sandbox beside this one. Default: trackers made from the "
        "contracts: their projects, fields, choices, statuses and people.",
    )
    trackers: dict[Side, TrackerSpec] = Field({}, description="What is to be otherwise in the trackers.")
    files: dict[str, dict[str, Native]] = Field(
        {}, description="What is to be otherwise in contracts, pair and people: file → keys, as in the step `change`."
    )
    starts: Moment | None = Field(None, description="The time at which it begins. Default: now.")
    first_run: StrictBool = Field(
        True, description="Whether the pair has run once, on empty trackers, before the play begins (`start: now`)."
    )
    play: tuple[Step, ...] = Field(min_length=1, description="The steps, in order.")
    rests: StrictBool = Field(True, description="After the play two more runs are made, and the second writes nothing.")
    secrets: tuple[Text, ...] = Field(
        (),
        description="Texts that no request to the other company and no log may hold; texts of internal comments are.",
    )


Run.model_rebuild()
Step.model_rebuild()
