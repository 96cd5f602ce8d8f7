# SPDX-License-Identifier: Apache-2.0
"""ServiceNow's errors, in its own words."""

from typing import Any


class SnowError(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, message: str, detail: str | None, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, message)
        self.status = status
        self.detail = detail or message
        self.body: dict[str, Any] = {"error": {"message": message, "detail": detail}, "status": "failure"}
        self.headers = headers or {}


def unauthenticated() -> SnowError:
    headers = {"WWW-Authenticate": 'BASIC realm="Service-now"', "X-Is-Logged-In": "false"}
    return SnowError(401, "User Not Authenticated", "Required to provide Auth information", headers)


def forbidden() -> SnowError:
    return SnowError(403, "User Not Authorized", "Failed API level ACL Validation")


def no_record() -> SnowError:
    """There is none, or this user may not see it: the same words for both."""
    return SnowError(404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval")


def no_table(name: str) -> SnowError:
    return SnowError(400, f"Invalid table {name}", None)


def no_resource() -> SnowError:
    return SnowError(400, "Requested URI does not represent any resource", None)


def no_method() -> SnowError:
    return SnowError(405, "Method not supported", None)


def bad_body(why: str) -> SnowError:
    return SnowError(400, "Exception while reading request", why)


def missing(*names: str) -> SnowError:
    return SnowError(400, "Missing or invalid parameter", f"Missing required parameter(s): {', '.join(names)}")


def mandatory(labels: list[str]) -> SnowError:
    """A data policy refuses the row."""
    detail = f"Data Policy Exception: The following fields are mandatory: {', '.join(labels)}"
    return SnowError(403, "Operation Failed", detail)


def protected() -> SnowError:
    """A row that this user may not write."""
    return SnowError(403, "Operation Failed", "ACL Exception Update Failed due to security constraints")


def undeletable() -> SnowError:
    return SnowError(403, "Operation Failed", "ACL Exception Delete Failed due to security constraints")


def too_large(limit: int) -> SnowError:
    return SnowError(413, "Upload failed", f"Attachment is larger than the limit of {limit} MB")


def rate_limited(rule: str, headers: dict[str, str]) -> SnowError:
    return SnowError(429, "Rate limit exceeded", f"Rejected by rate limit rule {rule}", headers)
