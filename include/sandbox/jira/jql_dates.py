# SPDX-License-Identifier: Apache-2.0
"""JQL: dates as people write them, and functions of the calendar."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.jira.errors import JiraError
from sandbox.jira.jql_parse import Call, Operand, Written
from sandbox.jira.values import epoch_ms

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
_PERIOD = re.compile(r"([+-]?)((?:\d+[wdhm]\s*)+)")
_SHIFT = re.compile(r"([+-]?)(\d+)([yMwdhm]?)")
_DAY = ("%Y-%m-%d", "%Y/%m/%d")
_FORMATS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", *_DAY)


def moment(field: str, operand: Operand, zone: ZoneInfo, now: datetime) -> int:
    """Read a date in milliseconds: epoch, in the account's zone, relative, or a function of the calendar.

    Raises:
        JiraError: 400 for what is no date.
    """
    if isinstance(operand, Call):
        return epoch_ms(_function(operand, now.astimezone(zone)))
    text = operand.text.strip() if isinstance(operand, Written) else ""
    if re.fullmatch(r"-?\d{5,}", text):
        return int(text)
    if period := _PERIOD.fullmatch(text):
        return epoch_ms(now + _span(period))
    for form in _FORMATS:
        try:
            return epoch_ms(datetime.strptime(text, form).replace(tzinfo=zone).astimezone(UTC))
        except ValueError:
            continue
    raise JiraError(
        400,
        f"Date value '{text}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
        "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.",
    )


def day_of(at: int, zone: ZoneInfo) -> tuple[int, int]:
    """Return the first and the last millisecond of the day in which a moment lies."""
    start = _day(datetime.fromtimestamp(at / 1000, zone), 0)
    return epoch_ms(start), epoch_ms(_day(start, 1)) - 1


def _function(call: Call, now: datetime) -> datetime:
    if call.name == "now":
        return now
    end, unit = call.name.startswith("endof"), call.name.removeprefix("startof").removeprefix("endof")
    if call.name == unit or unit not in _BEGINNINGS:
        raise JiraError(400, f"Unable to find JQL function '{call.written}()'.")
    local, number = now, 0
    if call.arguments:
        shift = _SHIFT.fullmatch(call.arguments[0])
        if shift is None:
            raise JiraError(400, f"Date value '{call.arguments[0]}' for function '{call.written}' is invalid.")
        many = int(shift[2]) * (-1 if shift[1] == "-" else 1)
        if shift[3] in ("w", "d", "h", "m"):
            local = local + timedelta(**{_UNITS[shift[3]]: many})
        elif shift[3]:
            local = _month(local, many * (12 if shift[3] == "y" else 1))
        else:
            number = many
    start = _BEGINNINGS[unit]
    return start(local, number + 1) - timedelta(milliseconds=1) if end else start(local, number)


def _day(at: datetime, later: int) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=later)


def _week(at: datetime, later: int) -> datetime:
    """A week begins on Sunday, as in the vendor's English."""
    return _day(at, 7 * later - (at.weekday() + 1) % 7)


def _month(at: datetime, later: int) -> datetime:
    year, month = divmod(at.year * 12 + at.month - 1 + later, 12)
    return _day(at, 0).replace(year=year, month=month + 1, day=1)


def _year(at: datetime, later: int) -> datetime:
    return _day(at, 0).replace(year=at.year + later, month=1, day=1)


_BEGINNINGS: Mapping[str, Callable[[datetime, int], datetime]] = {
    "day": _day,
    "week": _week,
    "month": _month,
    "year": _year,
}


def _span(period: re.Match[str]) -> timedelta:
    parts = re.findall(r"(\d+)([wdhm])", period[2])
    total = sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())
    return -total if period[1] == "-" else total
