# SPDX-License-Identifier: Apache-2.0
"""The fields of work items: their types, who writes them, and what they are set to by themselves."""

from dataclasses import dataclass
from typing import Any

from sandbox.azure_devops.settings import AzureDevOpsSettings

TITLE_LENGTH = 255
STRING_LENGTH = 255
LONG_LENGTH = 1_048_576


@dataclass(frozen=True)
class WorkField:
    """One field of the organization."""

    reference: str
    name: str
    type: str
    """As the vendor tells it; `identity` is told as `string` with a flag beside it."""
    read_only: bool = False
    types: tuple[str, ...] = ()
    """Work item types that have it; none: all."""
    choices: tuple[Any, ...] = ()
    required: bool = False
    default: Any = None
    extended: bool = False
    """Shown only where all fields are asked for, or this one by its name."""

    @property
    def long(self) -> bool:
        return self.type in ("html", "plainText", "history")


def _system(name: str, title: str, kind: str, *, locked: bool = True, extended: bool = False) -> WorkField:
    return WorkField(f"System.{name}", title, kind, locked, extended=extended)


# In the order in which answers have them: as recorded.
_DELIVERED = [
    _system("Id", "ID", "integer", extended=True),
    _system("AreaId", "Area ID", "integer", extended=True),
    _system("AreaPath", "Area Path", "treePath", locked=False),
    _system("TeamProject", "Team Project", "string", locked=False),
    _system("NodeName", "Node Name", "string", extended=True),
    *(_system(f"AreaLevel{n}", f"Area Level {n}", "string", extended=True) for n in range(1, 8)),
    _system("Rev", "Rev", "integer", extended=True),
    _system("AuthorizedDate", "Authorized Date", "dateTime", extended=True),
    _system("RevisedDate", "Revised Date", "dateTime", extended=True),
    _system("IterationId", "Iteration ID", "integer", extended=True),
    _system("IterationPath", "Iteration Path", "treePath", locked=False),
    *(_system(f"IterationLevel{n}", f"Iteration Level {n}", "string", extended=True) for n in range(1, 8)),
    _system("WorkItemType", "Work Item Type", "string", locked=False),
    _system("State", "State", "string", locked=False),
    _system("Reason", "Reason", "string", locked=False),
    _system("AssignedTo", "Assigned To", "identity", locked=False),
    _system("CreatedDate", "Created Date", "dateTime"),
    _system("CreatedBy", "Created By", "identity"),
    _system("ChangedDate", "Changed Date", "dateTime"),
    _system("ChangedBy", "Changed By", "identity"),
    _system("AuthorizedAs", "Authorized As", "identity", extended=True),
    _system("PersonId", "Person ID", "integer", extended=True),
    _system("Watermark", "Watermark", "integer", extended=True),
    _system("IsDeleted", "Is Deleted", "boolean", extended=True),
    _system("CommentCount", "Comment Count", "integer"),
    _system("Title", "Title", "string", locked=False),
    _system("BoardColumn", "Board Column", "string"),
    _system("BoardColumnDone", "Board Column Done", "boolean"),
    WorkField("Microsoft.VSTS.Common.StateChangeDate", "State Change Date", "dateTime", True),
    WorkField("Microsoft.VSTS.Common.ActivatedDate", "Activated Date", "dateTime", True),
    WorkField("Microsoft.VSTS.Common.ActivatedBy", "Activated By", "identity", True),
    WorkField("Microsoft.VSTS.Common.ResolvedDate", "Resolved Date", "dateTime", True),
    WorkField("Microsoft.VSTS.Common.ResolvedBy", "Resolved By", "identity", True),
    WorkField("Microsoft.VSTS.Common.ResolvedReason", "Resolved Reason", "string", True, ("Bug",)),
    WorkField("Microsoft.VSTS.Common.ClosedDate", "Closed Date", "dateTime", True),
    WorkField("Microsoft.VSTS.Common.ClosedBy", "Closed By", "identity", True),
    WorkField("Microsoft.VSTS.Common.Priority", "Priority", "integer", choices=(1, 2, 3, 4), default=2),
    WorkField(
        "Microsoft.VSTS.Common.Severity",
        "Severity",
        "string",
        types=("Bug",),
        choices=("1 - Critical", "2 - High", "3 - Medium", "4 - Low"),
        default="3 - Medium",
    ),
    WorkField(
        "Microsoft.VSTS.Common.ValueArea",
        "Value Area",
        "string",
        types=("Bug", "Epic", "Feature", "User Story", "Product Backlog Item"),
        choices=("Architectural", "Business"),
        default="Business",
    ),
    WorkField("Microsoft.VSTS.Common.StackRank", "Stack Rank", "double"),
    WorkField("Microsoft.VSTS.Common.Activity", "Activity", "string", types=("Bug", "Task")),
    WorkField("Microsoft.VSTS.Scheduling.DueDate", "Due Date", "dateTime"),
    WorkField("Microsoft.VSTS.Scheduling.StartDate", "Start Date", "dateTime"),
    WorkField("Microsoft.VSTS.Scheduling.TargetDate", "Target Date", "dateTime", types=("Epic", "Feature")),
    WorkField("Microsoft.VSTS.Scheduling.FinishDate", "Finish Date", "dateTime"),
    WorkField("Microsoft.VSTS.Scheduling.StoryPoints", "Story Points", "double", types=("Bug", "User Story")),
    WorkField("Microsoft.VSTS.Scheduling.Effort", "Effort", "double"),
    WorkField("Microsoft.VSTS.Scheduling.RemainingWork", "Remaining Work", "double"),
    WorkField("Microsoft.VSTS.Scheduling.CompletedWork", "Completed Work", "double"),
    WorkField("Microsoft.VSTS.Scheduling.OriginalEstimate", "Original Estimate", "double"),
    WorkField("Microsoft.VSTS.Build.FoundIn", "Found In", "string", types=("Bug",)),
    WorkField("Microsoft.VSTS.Build.IntegrationBuild", "Integration Build", "string"),
    WorkField("Microsoft.VSTS.TCM.ReproSteps", "Repro Steps", "html", types=("Bug",)),
    WorkField("Microsoft.VSTS.TCM.SystemInfo", "System Info", "html", types=("Bug",)),
    WorkField("Microsoft.VSTS.Common.AcceptanceCriteria", "Acceptance Criteria", "html"),
    _system("Description", "Description", "html", locked=False),
    _system("History", "History", "history", locked=False),
    _system("Tags", "Tags", "plainText", locked=False),
    _system("Parent", "Parent", "integer"),
    _system("RelatedLinkCount", "Related Link Count", "integer", extended=True),
    _system("HyperLinkCount", "Hyperlink Count", "integer", extended=True),
    _system("ExternalLinkCount", "External Link Count", "integer", extended=True),
    _system("AttachedFileCount", "Attached File Count", "integer", extended=True),
]
BOARD = "WEF_6CB513B6E70E43499D9FC94E5BBFB784_Kanban.Column"
"""What a team's board keeps of a work item stands in fields that are named by the board's id."""
_DELIVERED += [
    WorkField(BOARD, "Board Column", "string", True),
    WorkField(f"{BOARD}.Done", "Board Column Done", "boolean", True),
]
_REQUIRED = ("System.Title", "System.State", "System.AreaPath", "System.IterationPath", "System.WorkItemType")


class Fields:
    """All fields of an organization."""

    def __init__(self, settings: AzureDevOpsSettings) -> None:
        self._all = {one.reference: one for one in _DELIVERED}
        for reference, own in settings.fields.items():
            self._all[reference] = WorkField(
                reference, own.name, own.type, False, own.types, own.choices, own.required, own.default
            )
        self._order = {reference: place for place, reference in enumerate(self._all)}
        # Several fields may have one name: the first of them is meant by it.
        self._found = {one.name.lower(): one for one in reversed(self._all.values())}
        self._found |= {one.reference.lower(): one for one in self._all.values()}

    def all(self) -> list[WorkField]:
        return list(self._all.values())

    def get(self, name: str) -> WorkField | None:
        """By reference name, or by the name that people read, in whatever case."""
        return self._found.get(name.lower())

    def of(self, kind: str) -> list[WorkField]:
        """Those that a work item type has."""
        return [one for one in self._all.values() if not one.types or kind in one.types]

    def required(self, field: WorkField) -> bool:
        return field.required or field.reference in _REQUIRED

    def place(self, reference: str) -> int:
        """Where a field stands in an answer."""
        return self._order[reference]
