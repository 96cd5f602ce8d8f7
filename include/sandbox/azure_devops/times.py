# SPDX-License-Identifier: Apache-2.0
"""Times as the vendor keeps and writes them: UTC, milliseconds, trailing zeros of the fraction cut."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

FOREVER = "9999-01-01T00:00:00Z"
"""When the present revision ends."""


def moment(seconds: float) -> datetime:
    """A time as it is stored."""
    return datetime.fromtimestamp(int(seconds * 1000) / 1000, UTC)


def text_of(at: datetime) -> str:
    fraction = f"{at.microsecond // 1000:03d}".rstrip("0")
    return at.strftime("%Y-%m-%dT%H:%M:%S") + (f".{fraction}" if fraction else "") + "Z"


def read(text: str, zone: ZoneInfo) -> datetime:
    """A time, or a day (its beginning); without a zone of its own it is of this one. Raises: ValueError."""
    found = datetime.fromisoformat(text.strip())
    aware = found if found.tzinfo else found.replace(tzinfo=zone)
    return moment(aware.timestamp())


def american(at: datetime) -> str:
    """The form that the recycle bin has: as recorded."""
    hour = at.hour % 12 or 12
    return f"{at.month}/{at.day}/{at.year} {hour}:{at.minute:02d}:{at.second:02d} {'AM' if at.hour < 12 else 'PM'}"
