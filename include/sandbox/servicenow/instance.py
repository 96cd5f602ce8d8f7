# SPDX-License-Identifier: Apache-2.0
"""The state of one simulated ServiceNow: its rows, its files, who logs in. Everything in a row is a text."""

import base64
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sandbox.clock import Clock
from sandbox.servicenow import errors
from sandbox.servicenow.query import Row
from sandbox.servicenow.schema import VIRTUAL, Schema, made_id
from sandbox.servicenow.settings import ServiceNowSettings
from sandbox.tracker import with_changes
from sandbox.world import Person, Tenant

ADMIN_ONLY = ("sys_audit", "sys_journal_field", "sys_properties")
"""Tables that only admins read as delivered: others get lists without rows, and no word of it."""
FORM = "%Y-%m-%d %H:%M:%S"
_PRIORITIES = {"11": "1", "12": "2", "13": "3", "21": "2", "22": "3", "23": "4", "31": "3", "32": "4", "33": "5"}


def stamp(at: float) -> str:
    """A time as it is stored: UTC, whole seconds, no zone."""
    return datetime.fromtimestamp(int(at), UTC).strftime(FORM)


@dataclass(frozen=True)
class User:
    """Who acts: a person with a log-in, or the system itself."""

    sys_id: str
    user_name: str
    name: str
    alias: str = ""
    zone: str = "UTC"
    admin: bool = False
    person: Person | None = None

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


SYSTEM = User("", "system", "System", admin=True)


class Instance:
    """State and look-ups. The rules of writing are in `writes`."""

    def __init__(self, tenant: Tenant, clock: Clock, url: str) -> None:
        self.tenant = tenant
        self.clock = clock
        self.url = url
        self.settings = ServiceNowSettings.model_validate(tenant.settings)
        self.schema = Schema(self.settings)
        self.rows: dict[str, dict[str, Row]] = {name: {} for name in self.schema.tables}
        """By table and id; a task stands in its own table only."""
        self.files: dict[str, bytes] = {}
        self.users: dict[str, User] = {}
        """By user name: those who log in."""
        self._last: dict[str, int] = {}
        self._virtual: dict[str, dict[str, Row]] = {}
        self._ids = 0
        self._begin()

    def _begin(self) -> None:
        for alias, person in self.tenant.people.items():
            name = person.email.partition("@")[0].lower()
            zone = person.zone or self.tenant.zone
            sys_id = self.settings.account_ids.get(alias) or made_id("user", person.email)
            user = User(sys_id, name, person.name, alias, zone, person.role == "admin", person)
            self.users[name] = user
            first, _, last = person.name.partition(" ")
            self.keep(
                "sys_user",
                {
                    "sys_id": user.sys_id,
                    "user_name": name,
                    "name": person.name,
                    "email": person.email,
                    "first_name": first,
                    "last_name": last,
                    "time_zone": zone,
                    "active": "true" if person.active else "false",
                },
            )
        for table, names in (("sys_user_group", self.settings.groups), ("core_company", self.settings.companies)):
            for name in names:
                self.keep(table, {"sys_id": made_id(table, name), "name": name})
        for pair, priority in _PRIORITIES.items():
            row = {"sys_id": made_id("lookup", pair), "impact": pair[0], "urgency": pair[1], "priority": priority}
            self.keep("dl_u_priority", row | {"active": "true"})
        self._tell_limit()

    def _tell_limit(self) -> None:
        name, limit = "com.glide.attachment.max_size", str(self.settings.attachment_limit)
        self.keep("sys_properties", {"sys_id": made_id("property", name), "name": name, "value": limit})

    def now(self) -> float:
        return self.clock.timestamp()

    def new_id(self) -> str:
        """Ids tell nothing of the order in which they were given."""
        self._ids += 1
        return secrets.token_hex(16)

    def new_number(self, table: str) -> str:
        prefix = next(one.prefix for one in map(self.schema.tables.get, self.schema.line(table)) if one and one.prefix)
        self._last[prefix] = self._last.get(prefix, 10000) + 1
        return f"{prefix}{self._last[prefix]:07d}"

    def keep(self, table: str, values: Mapping[str, str], by: str = "system") -> Row:
        """Store a new row as it is, with what every row has; rules and audit have no say in it."""
        at = stamp(self.now())
        row = {name: column.default for name, column in self.schema.columns(table).items()}
        row |= {"sys_mod_count": "0", "sys_created_on": at, "sys_updated_on": at}
        row |= {"sys_created_by": by, "sys_updated_by": by, **values}
        row["sys_id"] = values.get("sys_id") or self.new_id()
        self.rows[table][row["sys_id"]] = row
        return row

    def table(self, name: str) -> Iterable[Row]:
        """The rows of a table, those of tables that extend it included. Raises: SnowError (400)."""
        if name not in self.schema.tables:
            raise errors.no_table(name)
        if name in VIRTUAL:
            return self._virtual_rows(name).values()
        kinds = [one for one in self.schema.tables if name in self.schema.line(one)]
        return [row for one in kinds for row in self.rows[one].values()]

    def row(self, table: str, sys_id: str) -> Row | None:
        """One row, if it is there. Raises: SnowError (400)."""
        if table not in self.schema.tables:
            raise errors.no_table(table)
        if table in VIRTUAL:
            return self._virtual_rows(table).get(sys_id)
        for one in self.schema.tables:
            if table in self.schema.line(one) and sys_id in self.rows[one]:
                return self.rows[one][sys_id]
        return None

    def _virtual_rows(self, table: str) -> dict[str, Row]:
        if table not in self._virtual:
            self._virtual[table] = {row["sys_id"]: row for row in self.schema.rows(table)}
        return self._virtual[table]

    def cell(self, table: str, row: Row, path: str) -> str:
        """A column of a row, also across references. Raises: KeyError for a path that leads nowhere."""
        name, _, rest = path.partition(".")
        if not rest:
            return row[name]
        reference = self.schema.columns(table)[name].reference
        if not reference or reference not in self.schema.tables:
            raise KeyError(path)
        there = self.row(reference, row[name]) if row[name] else None
        return self.cell(reference, there, rest) if there is not None else ""

    def has(self, table: str, path: str) -> bool:
        """Whether a path leads to a column."""
        name, _, rest = path.partition(".")
        column = self.schema.columns(table).get(name)
        if column is None or not rest:
            return column is not None
        return column.reference in self.schema.tables and self.has(column.reference, rest)

    def reads(self, user: User, table: str) -> bool:
        """Whether a table has any row for this user."""
        return user.admin or table not in ADMIN_ONLY or table in self.settings.grants.get(user.alias, ())

    def refuse_closed(self, user: User, table: str) -> None:
        """Raises: SnowError (403): the table is not open to this user's calls at all."""
        if table in self.settings.closed_tables.get(user.alias, ()):
            raise errors.forbidden()

    def sees(self, user: User, table: str, row: Row) -> bool:
        hidden = self.settings.hidden.get(user.alias, ())
        if not self.reads(user, table):
            return False
        if not hidden:
            return True
        if "number" in row:
            return row["number"] not in hidden
        of = row.get("element_id") or row.get("documentkey") or row.get("table_sys_id")
        task = self.row("task", of) if of else None
        return task is None or task["number"] not in hidden

    def readable(self, user: User, column: str) -> bool:
        return column not in self.settings.unreadable.get(user.alias, ())

    def name_of(self, user_name: str) -> str:
        return self.users[user_name].name if user_name in self.users else user_name

    def authenticated(self, headers: Mapping[str, str]) -> User | None:
        """Whose credentials these are: Basic with user name (or address) and password, or a token as Bearer."""
        scheme, _, word = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return next((u for u in self.users.values() if u.person and _same(u.person.token, word)), None)
        if scheme.lower() != "basic":
            return None
        try:
            name, _, secret = base64.b64decode(word, validate=True).decode().partition(":")
        except ValueError:
            return None
        user = self.users.get(name.partition("@")[0].lower())
        if user is None or user.person is None or not user.person.active:
            return None
        if name.lower() not in (user.user_name, user.person.email.lower()):
            return None
        return user if _same(user.person.password, secret) else None

    def user(self, person: Person) -> User:
        return next(user for user in self.users.values() if user.person == person)

    def ripen(self) -> None:
        """What the instance does by itself after a while: a new file's state."""
        until = self.now() - self.settings.attachment_delay
        for row in self.rows["sys_attachment"].values():
            if row["state"] == "pending" and row["sys_created_on"] <= stamp(until):
                row |= {"state": "available", "sys_mod_count": "1", "sys_updated_by": "system"}
                row["sys_updated_on"] = stamp(self.now())

    def set_settings(self, changes: Mapping[str, object]) -> None:
        self.settings = ServiceNowSettings.model_validate(with_changes(self.settings.model_dump(), changes))
        self.schema, self._virtual = Schema(self.settings), {}
        for name in self.schema.tables:
            empty = {key: column.default for key, column in self.schema.columns(name).items()}
            stored = self.rows.setdefault(name, {})
            self.rows[name] = {sys_id: {**empty, **row} for sys_id, row in stored.items()}
        self._tell_limit()


def _same(known: str | None, given: str) -> bool:
    return known is not None and secrets.compare_digest(known.encode(), given.encode())
