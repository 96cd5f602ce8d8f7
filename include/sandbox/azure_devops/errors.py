# SPDX-License-Identifier: Apache-2.0
"""Azure DevOps' errors, in its own words.

Codes and texts are those of recordings and of public reports. Where only the kind of an error is known (from the
server's public table of exceptions and statuses), its text is ours and has no code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_WIT = "Microsoft.TeamFoundation.WorkItemTracking.Server"
_VSS = "Microsoft.VisualStudio.Services"
_FLAGS = {
    "required": 1,
    "readOnly": 2,
    "hasValues": 4,
    "limitedToValues": 8,
    "allowsOldValue": 32,
    "invalidEmpty": 1 << 19,
    "invalidListValue": 1 << 22,
    "invalidNotOldValue": 1 << 24,
    "invalidTooLong": 1 << 29,
    "invalidType": 1 << 30,
}


class AzureError(Exception):
    """An answer that is not a success; a body of text is an HTML page."""

    def __init__(self, status: int, message: str, key: str, assembly: str = _WIT, event: int = 3200) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message
        self.custom: dict[str, Any] | None = None
        self._key = key
        self._type = f"{assembly}.{key}, {assembly}"
        self._event = event

    @property
    def body(self) -> dict[str, Any]:
        custom = {"customProperties": self.custom} if self.custom is not None else {}
        return {
            "$id": "1",
            **custom,
            "innerException": None,
            "message": self.message,
            "typeName": self._type,
            "typeKey": self._key,
            "errorCode": 0,
            "eventId": self._event,
        }


@dataclass(frozen=True)
class Broken:
    """A field that breaks a rule, and the flags that say how."""

    reference: str
    name: str
    flags: tuple[str, ...]

    @property
    def message(self) -> str:
        codes = ", ".join(flag[0].upper() + flag[1:] for flag in self.flags)
        return f"TF401320: Rule Error for field {self.name}. Error code: {codes}."

    def told(self) -> dict[str, Any]:
        return {
            "fieldReferenceName": self.reference,
            "fieldStatusFlags": ", ".join(self.flags),
            "errorMessage": self.message,
            "fieldStatusCode": sum(_FLAGS[flag] for flag in self.flags),
            "ruleValidationErrors": None,
        }


def rules_broken(broken: Sequence[Broken]) -> AzureError:
    """All rules that a save breaks are told at once; the message is of the first."""
    message = broken[0].message
    more = {1: "One additional error", 2: "Two additional errors"}.get(
        len(broken) - 1, f"{len(broken) - 1} additional errors"
    )
    if len(broken) > 1:
        message += f" {more} occurred during validation of the work item. Please correct all errors and try again."
    error = AzureError(400, message, "RuleValidationException")
    error.custom = {
        "FieldReferenceName": None,
        "FieldStatusFlags": "none",
        "ErrorMessage": message,
        "FieldStatusCode": 0,
        "RuleValidationErrors": [one.told() for one in broken],
    }
    return error


def no_item(number: int | str) -> AzureError:
    """There is none, it is in the recycle bin, or this account may not see it: the same words for all."""
    text = f"TF401232: Work item {number} does not exist, or you do not have permissions to read it."
    return AzureError(404, text, "WorkItemUnauthorizedAccessException")


def no_project(name: str) -> AzureError:
    text = (
        f"TF200016: The following project does not exist: {name}. Verify that the name of the project is correct and "
        "that the project exists on the specified Azure DevOps Server."
    )
    return AzureError(404, text, "ProjectDoesNotExistWithNameException", "Microsoft.TeamFoundation.Core.WebApi", 3000)


def no_type(name: str, project: str) -> AzureError:
    lacking = "does not exist in project {} or you do not have permission to access it."
    text = f"VS402323: Work item type {name} {lacking.format(project)}"
    return AzureError(404, text, "WorkItemTypeNotFoundException")


def no_field(name: str) -> AzureError:
    return AzureError(400, f"TF51535: Cannot find field {name}.", "WorkItemTrackingFieldDefinitionNotFoundException")


def no_tree(field: str, number: int) -> AzureError:
    text = f"TF401347: Invalid tree name given for work item {number}, field '{field}'."
    return AzureError(400, text, "WorkItemFieldInvalidTreeNameException")


def no_target(field: str) -> AzureError:
    text = f"The target '{field}' must be provided to move the work item to another project."
    key = (
        "WorkItemTargetAreaPathNotProvidedException"
        if "Area" in field
        else "WorkItemTargetIterationPathNotProvidedException"
    )
    return AzureError(400, text, key)


def too_many_revisions(most: int) -> AzureError:
    text = f"The work item has reached the limit of {most} revisions that can be made through the REST API."
    return AzureError(400, text, "WorkItemRevisionLimitExceededException")


def no_identity(value: str, name: str, reference: str) -> AzureError:
    """Nobody has that name, or who had it has left."""
    text = f"The identity value '{value}' for field '{name}' is an unknown identity."
    error = AzureError(400, text, "WorkItemFieldInvalidException")
    error.custom = {"ReferenceName": reference}
    return error


def read_only(reference: str) -> AzureError:
    """A field that only the server writes."""
    text = f"TF401326: Invalid field status 'ReadOnly' for field '{reference}'."
    return AzureError(400, text, "WorkItemFieldInvalidException")


def dates_not_growing() -> AzureError:
    text = "VS402625: Dates must be increasing with each revision."
    return AzureError(400, text, "WorkItemDatesNotIncreasingException")


def stale(path: str, there: object, wanted: object) -> AzureError:
    text = f"VS403351: Test Operation for path {path} failed, value {there} was not equal to test value {wanted}."
    return AzureError(412, text, "TestPatchOperationFailedException", f"{_VSS}.WebApi.Patch", 3000)


def bad_patch(text: str) -> AzureError:
    return AzureError(400, text, "VssPropertyValidationException", f"{_VSS}.Common", 3000)


def bad_argument(text: str) -> AzureError:
    return AzureError(400, text, "VssPropertyValidationException", f"{_VSS}.Common", 3000)


def conflicting() -> AzureError:
    text = "The expand parameter can not be used with the fields parameter."
    return AzureError(400, text, "ConflictingParametersException", "Microsoft.TeamFoundation.WorkItemTracking.Web", 0)


def too_many_ids(count: int, most: int) -> AzureError:
    text = (
        f"VS403474: You requested {count} work items which exceeds the limit of {most}. Please reduce the count and "
        "try again."
    )
    return AzureError(400, text, "WorkItemPageSizeExceededException")


def bad_query(text: str) -> AzureError:
    return AzureError(400, text, "WorkItemTrackingQueryException")


def too_many_results(most: int) -> AzureError:
    text = (
        f"VS402337: The number of work items returned exceeds the size limit of {most}. "
        "Change your query to return fewer items."
    )
    return AzureError(400, text, "WorkItemTrackingQueryResultSizeLimitExceededException")


def too_many_tags(most: int) -> AzureError:
    return AzureError(400, f"A work item can have at most {most} tags.", "WorkItemTagLimitExceededException")


def relation_exists() -> AzureError:
    return AzureError(400, "Relation already exists.", "RelationAlreadyExistsException")


def one_parent(parent: int, child: int) -> AzureError:
    text = (
        f"TF201036: You cannot add a Child link between work items {parent} and {child} because a work item can have "
        "only one Parent link."
    )
    return AzureError(400, text, "WorkItemLinkAddExtraParentException")


def circle(one: int, other: int) -> AzureError:
    text = (
        f"TF201035: You cannot add the link between work items {one} and {other} because it would create a circular "
        "relationship. Remove one or more links in the cycle, and retry your operation."
    )
    return AzureError(400, text, "WorkItemLinkCircularException")


def bad_relation(text: str) -> AzureError:
    return AzureError(400, text, "WorkItemLinkInvalidException")


def forbidden_area() -> AzureError:
    text = "TF237111: The current user does not have permissions to save work items under the specified area path."
    return AzureError(403, text, "WorkItemUnauthorizedSaveException")


def out_of_scope(who: str) -> AzureError:
    """What the token is not good for, whatever its owner may."""
    text = f"TF400813: The user '{who}' is not authorized to access this resource."
    return AzureError(401, text, "UnauthorizedRequestException", "Microsoft.TeamFoundation.Framework.Server", 3000)


def forbidden(what: str) -> AzureError:
    """A right that the account lacks."""
    return AzureError(403, f"You do not have the permission to {what}.", "AccessCheckException")


def no_comment(number: int) -> AzureError:
    text = f"Comment {number} does not exist, or you do not have permissions to read it."
    return AzureError(404, text, "WorkItemCommentNotFoundException")


def no_attachment(name: str) -> AzureError:
    text = f"The attachment {name} does not exist, or you do not have permissions to read it."
    return AzureError(404, text, "AttachmentNotFoundException")


def too_large(megabytes: int) -> AzureError:
    text = f"The attachment exceeds the maximum size of {megabytes} MB."
    return AzureError(400, text, "WorkItemAttachmentExceedsMaxSizeException")


def too_many_files(most: int) -> AzureError:
    text = f"A work item can have at most {most} attachments."
    return AzureError(400, text, "WorkItemAttachmentLimitExceededException")


def no_query(name: str) -> AzureError:
    text = f"TF401243: The query {name} does not exist, or you do not have permission to read it."
    return AzureError(404, text, "QueryItemNotFoundException")


def no_resource(path: str) -> AzureError:
    text = (
        f"The resource cannot be found: the controller for path '{path}' was not found or does not implement "
        "IController."
    )
    return AzureError(404, text, "HttpException", "System.Web", 0)


def no_method(method: str) -> AzureError:
    text = f"The requested resource does not support http method '{method}'."
    return AzureError(405, text, "VssUnsupportedMethodException", f"{_VSS}.WebApi", 0)


def wrong_content(given: str, method: str, wanted: str) -> AzureError:
    text = (
        f'The request indicated a Content-Type of "{given}" for method type "{method}" which is not supported. '
        f"Valid content types for this method are: {wanted}."
    )
    return AzureError(415, text, "VssRequestContentTypeNotSupportedException", f"{_VSS}.WebApi", 3000)


def no_version(method: str) -> AzureError:
    text = (
        f'No api-version was supplied for the "{method}" request. The version must be supplied either as part of the '
        'Accept header (e.g. "application/json; api-version=1.0") or as a query parameter (e.g. "?api-version=1.0").'
    )
    return AzureError(400, text, "VssVersionNotSpecifiedException", f"{_VSS}.WebApi", 3000)


def only_preview(version: str) -> AzureError:
    text = (
        f'The requested version "{version}" of the resource is under preview. The -preview flag must be supplied in '
        f'the api-version for such requests. For example: "{version}-preview"'
    )
    return AzureError(400, text, "VssInvalidPreviewVersionException", f"{_VSS}.WebApi", 3000)


def version_beyond(version: str, latest: str) -> AzureError:
    text = (
        f"The requested REST API version of {version} is out of range for this server. The latest REST API version "
        f"this server supports is {latest}."
    )
    return AzureError(400, text, "VssVersionOutOfRangeException", f"{_VSS}.WebApi", 3000)


def blocked() -> AzureError:
    text = (
        "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource 'Core' in "
        "namespace 'User'."
    )
    return AzureError(429, text, "RequestBlockedException", "Microsoft.TeamFoundation.Framework.Server", 0)


def internal(status: int) -> AzureError:
    return AzureError(status, "TF400898: An Internal Error Occurred.", "InternalErrorException", f"{_VSS}.Common", 0)


def refused(status: int, text: str, field: str | None) -> AzureError:
    """What a fault of the control interface says in the vendor's form."""
    if field is None:
        return AzureError(status, text, "WorkItemTrackingServiceException")
    error = rules_broken([Broken(field, field.rsplit(".", 1)[-1], ("invalidListValue",))])
    error.status, error.message = status, text
    return error
