# SPDX-License-Identifier: Apache-2.0
"""Faults that the control interface sets, and which of them strikes a request."""

import random
import re
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Kind = Literal[
    "down", "slow", "hang", "rate_limited", "refused", "error_before", "error_after", "cut_after", "hang_after"
]


class Fault(BaseModel):
    """What is to go wrong, for which requests, and how often. A fault without conditions strikes every API request."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    """
    - `down`: the connection is reset, nothing is read or done
    - `slow`: answered after `seconds`
    - `hang`: read, never done, never answered, until the caller leaves
    - `rate_limited`: the vendor's 429, nothing done
    - `refused`: the vendor's refusal (a 4xx) with `text`, blaming `field`; nothing done
    - `error_before`: `status` (a 5xx), nothing done
    - `error_after`: the request is done, then answered with `status`
    - `cut_after`: the request is done, the connection ends in the middle of the answer
    - `hang_after`: the request is done and never answered, until the caller leaves
    """
    tenant: str | None = None
    account: str | None = None
    """Strikes requests of this account alone: its e-mail address."""
    method: str | None = None
    path: str = ""
    """Regular expression, searched in the path and query as sent."""
    body: str = ""
    """Regular expression, searched in the body."""
    skip: int = Field(default=0, ge=0)
    """So many matching requests pass first."""
    count: int | None = Field(default=None, ge=1)
    """Strikes so many times, then it is used up; None: until removed."""
    probability: float = Field(default=1.0, ge=0, le=1)
    seconds: float = Field(default=1.0, ge=0)
    status: int | None = Field(default=None, ge=400, le=599)
    """Of an error or a refusal; None: 500, or 422."""
    text: str = "It is refused."
    """What a refusal says; `{n}` in it is how often the fault has struck."""
    field: str | None = None
    """The field that a refusal blames."""
    retry_after: str | None = "1"
    """The header's value of a 429, sent as it is; None: no such header."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.status is not None and (self.status < 500) is not (self.kind == "refused"):
            raise ValueError("a refusal is a 4xx, an error a 5xx")
        return self

    @field_validator("path", "body")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from error
        return pattern

    def matches(self, tenant: str, account: str | None, method: str, target: str, body: str) -> bool:
        return (
            self.tenant in (None, tenant)
            and self.account in (None, account)
            and (self.method is None or self.method.upper() == method)
            and re.search(self.path, target) is not None
            and re.search(self.body, body) is not None
        )


class FaultState(BaseModel):
    """A fault that is set, and what became of it."""

    id: int
    fault: Fault
    passed: int = 0
    struck: int = 0


class Faults:
    """The faults that are set. The oldest that matches strikes; one request meets at most one."""

    def __init__(self, seed: int = 0) -> None:
        self._states: dict[int, FaultState] = {}
        self._last = 0
        self._random = random.Random(seed)
        self.paused = False
        """While it is set nothing strikes and nothing is counted: people act, or somebody looks."""

    def add(self, fault: Fault) -> FaultState:
        self._last += 1
        return self._states.setdefault(self._last, FaultState(id=self._last, fault=fault))

    def remove(self, number: int | None = None) -> None:
        """Removes one, or all without a number. What is not there need not be removed."""
        if number is None:
            self._states.clear()
        else:
            self._states.pop(number, None)

    def all(self) -> list[FaultState]:
        """Those that are set, the used-up ones included, oldest first."""
        return list(self._states.values())

    def strike(self, tenant: str, account: str | None, method: str, target: str, body: str) -> FaultState | None:
        """The fault that this request meets, counted."""
        if self.paused:
            return None
        for state in self._states.values():
            fault = state.fault
            used_up = fault.count is not None and state.struck >= fault.count
            if used_up or not fault.matches(tenant, account, method, target, body):
                continue
            if state.passed < fault.skip:
                state.passed += 1
                continue
            if self._random.random() < fault.probability:
                state.struck += 1
                return state
        return None
