# SPDX-License-Identifier: Apache-2.0
"""Scripts within queries: `sys_updated_on>=javascript:gs.daysAgoStart(7)`; those that make a time or name the user.

Days are those of the user's zone; what is made is UTC, as it is stored. Another script stays the text that it is.
"""

import re
from datetime import UTC, datetime, timedelta

from sandbox.servicenow.instance import FORM, User, stamp

_CALL = re.compile(r"javascript:\s*gs\.(\w+)\(([^()]*)\)")
_AGO = re.compile(r"(minutes|hours|days)Ago(Start|End)?")
_DAY = re.compile(r"(beginning|end)Of(Yesterday|Today|Tomorrow)")
_UNITS = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1), "days": timedelta(days=1)}
_PLACES = {"Yesterday": -1, "Today": 0, "Tomorrow": 1}
_SECOND = timedelta(seconds=1)


def filled(text: str, user: User, now: float) -> str:
    """Put into a query what its scripts come to."""
    return _CALL.sub(lambda match: _value(match[1], match[2], user, now) or match[0], text)


def _value(name: str, given: str, user: User, now: float) -> str | None:
    here = datetime.fromtimestamp(now, user.tz).replace(microsecond=0)
    arguments = [part.strip().strip("\"'") for part in given.split(",")] if given.strip() else []
    if name in ("getUserID", "getUserName"):
        return user.sys_id if name == "getUserID" else user.user_name
    if name == "nowDateTime":
        return _stored(here)
    if name == "dateGenerate" and arguments:
        return _generated(" ".join(arguments), user)
    if (day := _DAY.fullmatch(name)) is not None:
        return _stored(_edge(here + timedelta(days=_PLACES[day[2]]), "days", end=day[1] == "end"))
    ago = _AGO.fullmatch(name)
    if ago is None or not arguments or not arguments[0].lstrip("-").isdecimal():
        return None
    moment = here - int(arguments[0]) * _UNITS[ago[1]]
    return _stored(_edge(moment, ago[1], end=ago[2] == "End") if ago[2] else moment)


def _edge(moment: datetime, unit: str, *, end: bool) -> datetime:
    """The first second of a minute, an hour or a day, or the last."""
    start = moment.replace(second=0)
    start = start.replace(minute=0) if unit != "minutes" else start
    start = start.replace(hour=0) if unit == "days" else start
    return start + _UNITS[unit] - _SECOND if end else start


def _generated(text: str, user: User) -> str | None:
    words = text if " " in text else f"{text} 00:00:00"
    try:
        return _stored(datetime.strptime(words, FORM).replace(tzinfo=user.tz))
    except ValueError:
        return None


def _stored(moment: datetime) -> str:
    return stamp(moment.astimezone(UTC).timestamp())
