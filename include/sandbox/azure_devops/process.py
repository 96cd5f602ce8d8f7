# SPDX-License-Identifier: Apache-2.0
"""The delivered processes: work item types, their states, and the reasons that states come with."""

from dataclasses import dataclass, field

from sandbox.azure_devops.settings import AzureDevOpsSettings, Category

COLORS: dict[Category, str] = {
    "Proposed": "b2b2b2",
    "InProgress": "007acc",
    "Resolved": "ff9d00",
    "Completed": "339933",
    "Removed": "ffffff",
}
TEMPLATES = {
    "Basic": "b8a3a935-7e91-48b8-a94c-606d37c3e9f2",
    "Agile": "adcc42ab-9882-485e-a3ed-7678f01f66bc",
    "Scrum": "6b724908-ef14-45cf-84f8-768b5384da45",
}

_AGILE = {
    "New": "Proposed",
    "Active": "InProgress",
    "Resolved": "Resolved",
    "Closed": "Completed",
    "Removed": "Removed",
}
_BUG = {"New": "Proposed", "Active": "InProgress", "Resolved": "Resolved", "Closed": "Completed"}
_TASK = {"New": "Proposed", "Active": "InProgress", "Closed": "Completed", "Removed": "Removed"}
_ISSUE = {"Active": "InProgress", "Closed": "Completed"}
_BASIC = {"To Do": "Proposed", "Doing": "InProgress", "Done": "Completed"}
_EPIC = {"New": "Proposed", "In Progress": "InProgress", "Done": "Completed", "Removed": "Removed"}
_BACKLOG = {
    "New": "Proposed",
    "Approved": "Proposed",
    "Committed": "InProgress",
    "Done": "Completed",
    "Removed": "Removed",
}
_SCRUM_TASK = {"To Do": "Proposed", "In Progress": "InProgress", "Done": "Completed", "Removed": "Removed"}
_IMPEDIMENT = {"Open": "InProgress", "Closed": "Completed"}

_TYPES = {
    "Agile": {
        "Bug": _BUG,
        "Epic": _AGILE,
        "Feature": _AGILE,
        "Issue": _ISSUE,
        "Task": _TASK,
        "User Story": _AGILE,
    },
    "Basic": {"Epic": _BASIC, "Issue": _BASIC, "Task": _BASIC},
    "Scrum": {
        "Bug": _BACKLOG,
        "Epic": _EPIC,
        "Feature": _EPIC,
        "Impediment": _IMPEDIMENT,
        "Product Backlog Item": _BACKLOG,
        "Task": _SCRUM_TASK,
    },
}
_OWN = {"Agile": _AGILE, "Basic": _BASIC, "Scrum": _BACKLOG}
"""The states that a type begins with which an organization adds to a process."""
_TYPE_COLORS = {"Bug": "CC293D", "Epic": "E06C00", "Feature": "773B93", "Issue": "339947", "Task": "F2CB1D"}

# (process, type or "", from, to): the reasons that may be given, the first by itself. From "" is creation.
_REASONS: dict[tuple[str, str, str, str], tuple[str, ...]] = {
    ("Basic", "", "", "To Do"): ("Added to backlog",),
    ("Basic", "", "To Do", "Doing"): ("Started",),
    ("Basic", "", "To Do", "Done"): ("Completed",),
    ("Basic", "", "Doing", "Done"): ("Completed",),
    ("Basic", "", "Done", "Doing"): ("Reactivated",),
    ("Agile", "Bug", "", "New"): ("New", "Build Failure"),
    ("Agile", "Bug", "New", "Active"): ("Approved", "Investigate"),
    ("Agile", "Bug", "Active", "Resolved"): (
        "Fixed",
        "As Designed",
        "Cannot Reproduce",
        "Copied to Backlog",
        "Deferred",
        "Duplicate",
        "Obsolete",
    ),
    ("Agile", "Bug", "Resolved", "Closed"): ("Verified",),
    ("Agile", "Bug", "Resolved", "Active"): ("Not fixed", "Test Failed"),
    ("Agile", "Bug", "Closed", "Active"): ("Not fixed", "Regression"),
    ("Agile", "Bug", "Active", "Closed"): (
        "Fixed and verified",
        "As Designed",
        "Cannot Reproduce",
        "Deferred",
        "Duplicate",
    ),
    ("Agile", "Epic", "", "New"): ("Added to backlog",),
    ("Agile", "Feature", "", "New"): ("New",),
    ("Agile", "Feature", "New", "Active"): ("Implementation started",),
    ("Agile", "Feature", "Active", "Resolved"): ("Stories complete",),
    ("Agile", "Feature", "Resolved", "Closed"): ("Acceptance tests pass",),
    ("Agile", "Feature", "Resolved", "Active"): ("Acceptance tests fail",),
    ("Agile", "User Story", "", "New"): ("New",),
    ("Agile", "User Story", "New", "Active"): ("Implementation started",),
    ("Agile", "User Story", "Active", "Resolved"): ("Code complete and unit tests pass",),
    ("Agile", "User Story", "Resolved", "Closed"): ("Acceptance tests pass",),
    ("Agile", "Task", "", "New"): ("New",),
    ("Agile", "Task", "New", "Active"): ("Work started",),
    ("Agile", "Task", "Active", "Closed"): ("Completed", "Cut", "Deferred", "Obsolete"),
    ("Agile", "Task", "Closed", "Active"): ("Reactivated",),
    ("Scrum", "Bug", "", "New"): ("New defect reported", "Build Failure"),
    ("Scrum", "Product Backlog Item", "", "New"): ("New backlog item",),
    ("Scrum", "Task", "", "To Do"): ("New task",),
    ("Scrum", "Task", "To Do", "In Progress"): ("Work started",),
    ("Scrum", "Task", "In Progress", "Done"): ("Work finished",),
}


@dataclass(frozen=True)
class State:
    name: str
    category: Category


@dataclass(frozen=True)
class WorkItemType:
    """A type of work item in one process."""

    process: str
    name: str
    states: tuple[State, ...]
    allowed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """State: those that may follow; of a state that is not named, all."""

    @property
    def reference(self) -> str:
        return f"Microsoft.VSTS.WorkItemTypes.{self.name.replace(' ', '')}"

    @property
    def color(self) -> str:
        return _TYPE_COLORS.get(self.name, "009CCC")

    @property
    def initial(self) -> str:
        """What a new one begins in; no other will do."""
        return self.states[0].name

    def state(self, name: str) -> State | None:
        """By its name, in whatever case it was written."""
        return next((one for one in self.states if one.name.lower() == name.lower()), None)

    def follows(self, now: str) -> tuple[str, ...]:
        """What may be written to the state, the present one included."""
        names = tuple(one.name for one in self.states)
        there = self.allowed.get(now, names)
        return (now, *(name for name in there if name != now and name in names))

    def reasons(self, was: str, now: str) -> tuple[str, ...]:
        """The reasons that a move may have, the first if none is given; `was` is empty for a new work item."""
        for name in (self.name, ""):
            found = _REASONS.get((self.process, name, was, now))
            if found:
                return found
        return (f"Moved to state {now}",) if was else (f"New {self.name.lower()}",)


def types_of(process: str, settings: AzureDevOpsSettings) -> dict[str, WorkItemType]:
    """The types of a process with what the organization made of them, by name."""
    found = {}
    own = {name: _OWN[process] for name in settings.types}
    for name, delivered in {**own, **_TYPES[process]}.items():
        states: dict[str, Category] = {}
        for state, category in {**delivered, **settings.states.get(name, {})}.items():
            if state not in settings.hidden_states.get(name, ()):
                states[state] = _category(category)
        order: list[Category] = ["Proposed", "InProgress", "Resolved", "Completed", "Removed"]
        ordered = sorted(states, key=lambda state: order.index(states[state]))
        found[name] = WorkItemType(
            process, name, tuple(State(one, states[one]) for one in ordered), settings.transitions.get(name, {})
        )
    return found


def _category(text: str) -> Category:
    return next(one for one in COLORS if one == text)
