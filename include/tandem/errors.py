# SPDX-License-Identifier: Apache-2.0
"""Every error Tandem raises, with a stable code and a verdict on retrying.

::

    TandemError
    ├── RetryableError          the call as a whole failed; the same call may succeed later
    │   ├── RateLimitedError    the tracker named a time to wait (``retry_after``)
    │   ├── UnavailableError    no answer, or the tracker's own failure, before anything was written
    │   ├── UnknownOutcomeError a write was sent and its answer was lost: look it up, never repeat it blindly
    │   └── LeaseHeldError      another run of the pair is at work
    ├── ItemError               one ticket, comment or file cannot go; everything else flows
    │   ├── StaleError          the ticket changed since it was read
    │   ├── RefusedError        the tracker answered that it does not accept this
    │   ├── TransitionError     no way leads to the wanted status
    │   ├── MappingError        a value has no place in the contract
    │   ├── TooLargeError       longer or larger than the target takes
    │   ├── ClosedError         the ticket is final and takes no more
    │   ├── GoneError           the ticket is not there, or not to be seen
    │   └── BudgetError         only this ticket is over its tracker's own budget (``retry_after``)
    └── FatalError              a person must act first
        ├── ConfigurationError  files, Variables or Params are wrong (``problems``)
        ├── CredentialsError    the tracker does not know us, or gives us too few rights
        ├── SafetyStopError     the plan is beyond the pair's limits
        ├── OvertakenError      another try holds the lease now: this one may not write
        ├── PrivacyError        going on would show what was not offered
        └── StateError          the state database is newer, older or other than this code
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

HANDBOOK = "docs/handbook/{code}.md"


class Verdict(StrEnum):
    """What trying again can do."""

    RETRY = "retry"
    ITEM = "item"
    FATAL = "fatal"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, said so that its reader can mend it."""

    code: str
    what: str
    fix: str
    where: str = ""
    file: str = ""
    line: int | None = None
    key: str = ""
    warning: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.file and self.line else self.file or self.where
        head = "  ".join(part for part in (self.code, place, self.key) if part)
        return f"{head}\n  {self.what}\n  {self.fix}"

    def at(self, file: str, line: int | None) -> Problem:
        """Return the same problem with its place in a file."""
        return replace(self, file=file, line=line)


class TandemError(Exception):
    """Root of all our errors. Messages name keys, tickets and fields, never values or secrets."""

    code = "TDM-000"
    verdict = Verdict.FATAL
    fix = "See the log of the run."

    def __init__(self, what: str, *, where: str = "", fix: str = "", code: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix or self.fix
        self.code = code or self.code

    @property
    def handbook(self) -> str:
        """The page of the handbook on this error."""
        return HANDBOOK.format(code=self.code)

    def __str__(self) -> str:
        head = f"{self.code} {self.where}: {self.what}" if self.where else f"{self.code} {self.what}"
        return f"{head} {self.fix}".rstrip()


class RetryableError(TandemError):
    verdict = Verdict.RETRY
    code = "TDM-100"
    fix = "Nothing to do: the run is tried again by itself."
    retry_after: float | None = None


class RateLimitedError(RetryableError):
    """The tracker asks us to wait. ``retry_after`` is in seconds, bounded to 1 s to 15 min."""

    code = "TDM-101"

    def __init__(self, what: str, *, retry_after: float, where: str = "") -> None:
        super().__init__(what, where=where)
        self.retry_after = retry_after


class UnavailableError(RetryableError):
    code = "TDM-102"


class UnknownOutcomeError(RetryableError):
    code = "TDM-103"


class LeaseHeldError(RetryableError):
    """Another run of the pair is at work. ``holder`` names it."""

    code = "TDM-104"
    fix = "Wait for it to end; its lease frees itself."

    def __init__(self, what: str, *, holder: str, where: str = "") -> None:
        super().__init__(what, where=where)
        self.holder = holder


class ItemError(TandemError):
    verdict = Verdict.ITEM
    code = "TDM-200"

    def __init__(
        self, what: str, *, where: str = "", fix: str = "", code: str = "", fields: Sequence[str] = ()
    ) -> None:
        super().__init__(what, where=where, fix=fix, code=code)
        self.fields = tuple(fields)


class StaleError(ItemError):
    code = "TDM-201"
    fix = "Nothing to do: the next run reads the ticket again."


class RefusedError(ItemError):
    code = "TDM-202"
    fix = "Correct the ticket or the contract; it is tried again by itself."


class TransitionError(ItemError):
    """``reachable`` names the statuses that can be reached from where the ticket stands."""

    code = "TDM-203"
    fix = "Add the missing transition or its fields to the contract, or move the ticket by hand."

    def __init__(
        self,
        what: str,
        *,
        reachable: Sequence[str] = (),
        where: str = "",
        fix: str = "",
        fields: Sequence[str] = (),
    ) -> None:
        super().__init__(what, where=where, fix=fix, fields=fields)
        self.reachable = tuple(reachable)


class MappingError(ItemError):
    code = "TDM-204"
    fix = "Add the value to the contract's map, or give the field an `otherwise`."


class TooLargeError(ItemError):
    code = "TDM-205"
    fix = "Raise the limit, or choose `too_long` in the contract."


class ClosedError(ItemError):
    code = "TDM-206"
    fix = "Nothing more can be written to it; the link is parked."


class GoneError(ItemError):
    code = "TDM-207"
    fix = "If the ticket still exists, give the integration account the right to see it."


class BudgetError(ItemError):
    """This one ticket was written to too often. ``retry_after`` is in seconds, bounded to 1 s to 15 min."""

    code = "TDM-208"
    fix = "Nothing to do: the rest of it is sent later."

    def __init__(self, what: str, *, retry_after: float, where: str = "") -> None:
        super().__init__(what, where=where)
        self.retry_after = retry_after


class FileGoneError(ItemError):
    code = "TDM-260"
    fix = "Nothing to do: all else goes on. Attach the file again if it is still wanted."


class FatalError(TandemError):
    verdict = Verdict.FATAL
    code = "TDM-300"


class ConfigurationError(FatalError):
    """Something that people wrote is wrong. ``problems`` lists all of it at once."""

    code = "TDM-301"

    def __init__(self, problems: Sequence[Problem], *, where: str = "") -> None:
        count = len(problems)
        listed = "\n".join(str(problem) for problem in problems)
        plural = "s" if count != 1 else ""
        super().__init__(f"{count} problem{plural} in the configuration\n{listed}", where=where, fix=" ")
        self.problems = tuple(problems)


class CredentialsError(FatalError):
    code = "TDM-302"
    fix = "Correct the connection's log-in, or give the account the missing right."


class SafetyStopError(FatalError):
    code = "TDM-303"


class OvertakenError(FatalError):
    code = "TDM-304"
    fix = "Nothing to do: the newer run goes on."


class PrivacyError(FatalError):
    code = "TDM-305"


class StateError(FatalError):
    code = "TDM-306"
    fix = "Run `tandem migrate` with the newest version installed."
