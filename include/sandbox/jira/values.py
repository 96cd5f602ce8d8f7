# SPDX-License-Identifier: Apache-2.0
"""Small values shared by the whole site: JSON types, times as Jira writes them, lengths as Java counts them."""

from datetime import datetime, tzinfo
from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]


def words(text: str) -> frozenset[str]:
    """Make a set of the words of a text: shorter to read than a list of quoted names."""
    return frozenset(text.split())


def stamp(moment: datetime, zone: tzinfo) -> str:
    """Write an instant as Jira does: milliseconds, offset without colon, in the site's zone."""
    local = moment.astimezone(zone)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}{local:%z}"


def epoch_ms(moment: datetime) -> int:
    """Return milliseconds since 1970."""
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000


def java_length(text: str) -> int:
    """Count as Java's `String.length` does: UTF-16 units, so that an emoji counts twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
