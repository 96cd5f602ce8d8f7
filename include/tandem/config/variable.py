# SPDX-License-Identifier: Apache-2.0
"""A pair's Airflow Variable: what may be changed in the UI without touching a file. Schedule and deadline may not."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import Field, StrictBool, StrictInt

from tandem.config import yaml
from tandem.config.check_pair import check_rules
from tandem.config.codes import Code
from tandem.config.load import Traits
from tandem.config.models import Batch, ConflictRules, Pair, Rule, ServiceLevel, Which
from tandem.config.pair import Count, Priority, ServiceLevelSpec
from tandem.config.traits import TRAITS
from tandem.config.validate import validate
from tandem.config.written import Share, Written
from tandem.errors import ConfigurationError, Problem


class VariableLimits(Written):
    """Limits in place of the file's; those not named stay."""

    creates: Count | None = Field(None, description="Tickets created at one side, per interval of the schedule.")
    closes: Count | None = Field(None, description="Tickets closed at one side, per interval of the schedule.")
    changed_share: Share | None = Field(None, description="Share of the linked tickets that a run changes.")


class VariableBatch(Written):
    """Upper bounds below the tracker's own."""

    fetch: Annotated[StrictInt, Field(ge=1, le=1000)] | None = Field(None, description="Tickets read in one request.")
    write: Annotated[StrictInt, Field(ge=1, le=1000)] | None = Field(
        None, description="Tickets written in one request."
    )


class Variable(Written):
    """What one run uses in place of the pair file's values. Read once, by extract."""

    enabled: StrictBool = Field(True, description="`false`: runs end at once, as skipped.")
    limits: VariableLimits = Field(VariableLimits(), description="Beyond these a run stops before its first write.")
    conflicts: dict[str, Rule] = Field({}, description="Hub field, or `default` → who wins.")
    tie: Which | None = Field(None, description="Who wins under `newest` where both changed within 5 s.")
    batch: VariableBatch = Field(VariableBatch(), description="How many tickets go in one request.")
    service_levels: dict[Priority, ServiceLevelSpec] = Field({}, description="Priority → what was promised.")


known_variable_keys: tuple[str, ...] = tuple(Variable.model_fields)


def parse_variable(text: str, where: str = "Variable") -> Variable:
    """Read a Variable, written as JSON or YAML. An empty one changes nothing.

    Raises:
        ConfigurationError: it cannot be used; each problem names the key and what is allowed.
    """
    if not text.strip():
        return Variable()
    read, problems = validate(Variable, yaml.parse(text, where))
    if read is None:
        raise ConfigurationError(problems, where=where)
    return read


def apply_variable(pair: Pair, variable: Variable, traits: Traits = TRAITS, where: str = "Variable") -> Pair:
    """Give the pair as this Variable makes it.

    Raises:
        ConfigurationError: a conflict rule is for a field that this pair has not, or can never apply.
    """
    conflicts = dict(variable.conflicts)
    changed = replace(
        pair,
        enabled=variable.enabled,
        limits=replace(pair.limits, **variable.limits.model_dump(exclude_none=True)),
        conflicts=ConflictRules(
            conflicts.pop("default", pair.conflicts.default), {**pair.conflicts.fields, **conflicts}
        ),
        tie=variable.tie or pair.tie,
        batch=Batch(variable.batch.fetch, variable.batch.write),
        service_levels={
            **pair.service_levels,
            **{priority: ServiceLevel(level.resolve) for priority, level in variable.service_levels.items()},
        },
    )

    def say(code: Code, what: str, fix: str, key: str) -> Problem:
        return Problem(code, what, fix, where=where, key=key)

    if problems := tuple(check_rules(changed, traits, say)):
        raise ConfigurationError(problems, where=where)
    return changed
