# SPDX-License-Identifier: Apache-2.0
"""Zendesk's errors, in its own words; recorded ones first, the rest from its documentation."""

from typing import Any


class ZendeskError(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = headers or {}


def not_found() -> ZendeskError:
    return ZendeskError(404, {"error": "RecordNotFound", "description": "Not found"})


def no_endpoint() -> ZendeskError:
    return ZendeskError(404, {"error": "InvalidEndpoint", "description": "Not found"})


def unauthenticated() -> ZendeskError:
    return ZendeskError(401, {"error": "Couldn't authenticate you"}, {"www-authenticate": 'Basic realm="Web Password"'})


def forbidden() -> ZendeskError:
    """Here `error` is an object, unlike in most other errors."""
    message = (
        "You do not have access to this page. Please contact the account owner of this help desk for further help."
    )
    return ZendeskError(403, {"error": {"title": "Forbidden", "message": message}})


def too_many_values() -> ZendeskError:
    """The double space is Zendesk's."""
    text = "Parameter  cannot specify more than 100 values"
    return ZendeskError(400, {"error": "TooManyValues", "description": text, "max_count": 100})


def invalid(field: str, text: str, error: str | None = None) -> ZendeskError:
    """A record that Zendesk's rules refuse; `text` without the field's name, which it puts in front."""
    detail = {"description": f"{field.replace('_', ' ').capitalize()}: {text}"} | ({"error": error} if error else {})
    body = {"error": "RecordInvalid", "description": "Record validation errors", "details": {field: [detail]}}
    return ZendeskError(422, body)


def invalid_attribute(message: str) -> ZendeskError:
    return ZendeskError(400, {"error": {"title": "Invalid attribute", "message": message}})


def invalid_value(text: str) -> ZendeskError:
    return ZendeskError(400, {"error": "InvalidValue", "description": text})


def too_deep() -> ZendeskError:
    """Unlike other errors a list. The code and the title are from logs that users of clients have published."""
    title = (
        "Pagination requests using Offset Pagination are limited to page 100 or up to 10000 records (page * per_page)"
    )
    detail = "There are limits to how deep Offset Pagination can go. Use Cursor Pagination for large datasets."
    return ZendeskError(400, {"errors": [{"code": "InvalidPaginationDepth", "title": title, "detail": detail}]})


def start_time_too_recent(lag: float) -> ZendeskError:
    text = f"Too recent start_time. Use a start_time older than {lag:g} seconds"
    return ZendeskError(422, {"error": "StartTimeTooRecent", "description": text})


def update_conflict() -> ZendeskError:
    text = "Safe Update prevented the update as outdated ticket data was provided. Please fetch the latest ticket data and try again."  # noqa: E501
    return ZendeskError(409, {"error": "UpdateConflict", "description": text})


def rate_limited(
    retry_after: str | None, text: str = "Number of allowed API requests per minute exceeded"
) -> ZendeskError:
    headers = {} if retry_after is None else {"retry-after": retry_after}
    return ZendeskError(429, {"error": "APIRateLimitExceeded", "description": text}, headers)


def too_many_jobs() -> ZendeskError:
    text = "You have exceeded the maximum number of queued or running jobs for this endpoint"
    return ZendeskError(429, {"error": "TooManyJobs", "description": text}, {"retry-after": "10"})
