# SPDX-License-Identifier: Apache-2.0
"""One ServiceNow for one offer: its tables read by key, its dictionary, its people, each asked for once.

Lists are paged by key, never by offset: a row that moves while we read is not passed over. ServiceNow cuts a page
before it looks at rights, so a short page is not the end; the count in its header tells.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from typing import Any

import requests

from tandem.connectors.base import Author, Needs
from tandem.connectors.learnt import NOTHING_LEARNT, take_up, to_keep
from tandem.connectors.servicenow.shape import ID, TABLE, Column, Raw, batches, plain, quoted
from tandem.core.values import Json
from tandem.errors import ItemError
from tandem.http import Http, parsed

FETCH = 180  # ids in one query: 33 characters each, and an address has room for some 8,000
PAGE = 2000  # rows in one answer
NOBODY = Author("", "")
DELIVERED = frozenset({"incident", "problem", "change_request", "sc_task", "sc_request"})
_ME = "sys_id=javascript:gs.getUserID()"
_PERSON = ("sys_id", "user_name", "name", "email")
_DICTIONARY = (
    "name",
    "element",
    "column_label",
    "internal_type",
    "reference",
    "max_length",
    "mandatory",
    "read_only",
    "audit",
    "attributes",
)


class Site:
    """What all parts of the connector share."""

    def __init__(self, http: Http, needs: Needs, page: int = PAGE) -> None:
        self.http = http
        self.needs = needs
        self._page = page
        self.fresh: dict[str, Raw] = {}
        """Rows that :meth:`fetch` read for the history that is asked for next."""
        self._people: dict[str, Author] = {}
        self._named: dict[tuple[str, str], frozenset[str]] = {}
        self._beside: dict[str, dict[str, str]] = {}  # columns of tables that ours names rows of
        self.recalled: Mapping[str, Any] = NOTHING_LEARNT

    @property
    def table(self) -> str:
        """The one table that the scope names; ``task``, which holds all kinds, where it does not."""
        return self.tables[0] if len(self.tables) == 1 else "task"

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that conditions name."""
        named: list[str] = []
        for condition in self.needs.scope:
            if condition.field == TABLE:
                named += [str(condition.is_)] if condition.is_ is not None else list(condition.in_)
        return tuple(dict.fromkeys(named))

    # ---- rows

    def page(
        self, table: str, query: str, fields: Collection[str], limit: int = 0, offset: int = 0
    ) -> tuple[list[Raw], int, requests.Response]:
        """Read one page: rows, how many there are in all, and the answer."""
        params = {
            "sysparm_query": query,
            "sysparm_fields": ",".join(sorted(fields)),
            "sysparm_limit": str(limit or self._page),
            "sysparm_display_value": "false",  # display values are in the account's zone and language
            "sysparm_exclude_reference_link": "true",
        }
        if offset:
            params["sysparm_offset"] = str(offset)
        response = self.http.request("GET", f"/api/now/table/{table}", params=params)
        rows = [plain(row) for row in parsed(response)["result"]]
        return rows, int(response.headers.get("X-Total-Count") or len(rows)), response

    def pages(self, table: str, query: str, fields: Collection[str], *, by: str = "") -> Iterator[list[Raw]]:
        """Read all rows of a query, in the order of ``by`` and the id."""
        asked = {*fields, "sys_id", *([by] if by else [])}
        order = f"^ORDERBY{by}^ORDERBYsys_id" if by else "^ORDERBYsys_id"
        behind, offset = "", 0
        while True:
            joined = _behind(query, by, behind) if behind else query
            rows, total, _ = self.page(table, joined + order, asked, offset=offset)
            if rows:
                yield rows
            if total <= offset + self._page:
                return
            if rows:
                behind, offset = f"{rows[-1].get(by, '')}|{rows[-1]['sys_id']}", 0
            else:  # a page of rows that we may not see
                offset += self._page

    def where(
        self, table: str, column: str, values: Collection[str], fields: Collection[str], more: str = ""
    ) -> list[Raw]:
        """Read the rows whose column is one of these."""
        found: list[Raw] = []
        for some in batches(sorted(set(values)), FETCH):
            for rows in self.pages(table, f"{column}IN{','.join(some)}{more}", {*fields, column}):
                found += rows
        return found

    # ---- dictionary

    @cached_property
    def line(self) -> tuple[str, ...]:
        """The table and those that it extends, nearest first. Of the vendor's own it is known."""
        if "line" in self.recalled:
            return tuple(self.recalled["line"])
        return self._line(self.table) or (self.table, *([] if self.table == "task" else ["task"]))

    def _line(self, table: str) -> tuple[str, ...]:
        if table in DELIVERED:
            return (table, "task")
        depth = ["super_class." * number + "name" for number in range(5)]
        rows, _, _ = self.page("sys_db_object", f"name={quoted(table)}", depth, limit=1)
        found = [rows[0].get(path) or "" for path in depth] if rows else []
        return tuple(name for name in found if name)

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        """The columns of the table, from the dictionary of each table that it extends; choices of those needed."""
        if "columns" in self.recalled:
            return {one["name"]: Column(**one) for one in self.recalled["columns"]}
        query = f"nameIN{','.join(self.line)}^active=true"
        rows = [row for rows in self.pages("sys_dictionary", query, _DICTIONARY) for row in rows]
        nearest = sorted(rows, key=lambda row: -self.line.index(row["name"]))
        table = next((row for row in rows if not row["element"] and row["name"] == self.table), {})
        made = {row["element"]: _column(row, table) for row in nearest if row["element"]}
        return made | self._with_choices(made, self.needed & made.keys())

    def with_choices(self, names: Collection[str]) -> Mapping[str, Column]:
        """The columns of these names with their choices, also where the offer does not need them."""
        known = {name: column for name, column in self.columns.items() if name in names}
        return known | self._with_choices(known, known.keys() - self.needed)

    def _with_choices(self, columns: Mapping[str, Column], names: Collection[str]) -> dict[str, Column]:
        return {name: replace(columns[name], choices=named) for name, named in self._choices(names).items()}

    def knows(self, path: str) -> bool:
        """Tell whether a column is there, also across references (``assigned_to.name``)."""
        *steps, last = path.split(".")
        known, table = {name: column.reference for name, column in self.columns.items()}, self.table
        for step in steps:
            table = known.get(step) or ""
            known = self._references(table) if table else {}
        return last in known

    def _references(self, table: str) -> dict[str, str]:
        """The columns of another table, and which table each names rows of."""
        if table not in self._beside:
            query = f"nameIN{','.join(self._line(table) or (table,))}^elementISNOTEMPTY^active=true"
            rows = [row for rows in self.pages("sys_dictionary", query, ("element", "reference")) for row in rows]
            self._beside[table] = {row["element"]: row["reference"] for row in rows}
        return self._beside[table]

    @property
    def needed(self) -> frozenset[str]:
        """Columns that the offer reads, writes or decides by."""
        return self.needs.read | self.needs.write | {condition.field for condition in self.needs.scope}

    def _choices(self, names: Collection[str]) -> dict[str, dict[str, str]]:
        """Read the choices of columns; the nearest table that has any for a column has them all."""
        if not names:
            return {}
        query = f"nameIN{','.join(self.line)}^elementIN{','.join(sorted(names))}^inactive=false^language=en"
        fields = ("name", "element", "value", "label")
        rows = [row for rows in self.pages("sys_choice", query, fields) for row in rows if row["value"]]
        found: dict[str, dict[str, str]] = {}
        for table in reversed(self.line):
            own: dict[str, dict[str, str]] = {}
            for row in rows:
                if row["name"] == table:
                    own.setdefault(row["element"], {})[row["value"]] = row["label"]
            found |= own
        return found

    def stored(self, column: str, word: str) -> frozenset[str]:
        """Give the stored values that a word in a contract means: the value itself, a label's, a named row's."""
        known = self.columns.get(column)
        key = (column, word)
        if key not in self._named:
            found = {word}
            if known is not None and known.choices:
                found |= {value for value, label in known.choices.items() if label.casefold() == word.casefold()}
            elif known is not None and known.reference and known.name != TABLE and not ID.fullmatch(word):
                found |= self._by_name(known.reference, word)
            self._named[key] = frozenset(found)
        return self._named[key]

    def _by_name(self, table: str, word: str) -> set[str]:
        by = "email" if table == "sys_user" and "@" in word else "name"
        try:
            rows, _, _ = self.page(table, f"{by}={quoted(word)}", ("sys_id",), limit=20)
        except ItemError:  # no such table, or none with names
            return set()
        return {row["sys_id"] for row in rows}

    # ---- what was learnt

    def learnt(self) -> Mapping[str, Json]:
        """What those who come later need not ask, if they are of the same table and need no more of its columns."""
        me = self.account
        about = {"sys_id": me.id, "user_name": self.user_name, "name": me.name, "email": me.email}
        columns = [asdict(one) for one in self.columns.values()]
        learnt = {"table": self.table, "needed": sorted(self.needed), "columns": columns}
        return to_keep(self.http, {**learnt, "line": list(self.line), "account": about})

    def recall(self, learnt: Mapping[str, Json]) -> None:
        """Take up what a preflight learnt."""
        take_up(self, learnt)
        if self.recalled.get("table") != self.table or not self.needed <= set(self.recalled.get("needed", ())):
            take_up(self)

    # ---- people

    @cached_property
    def account(self) -> Author:
        """Our own account."""
        if "account" in self.recalled:
            return self._known(self.recalled["account"])
        rows, _, _ = self.page("sys_user", _ME, _PERSON, limit=2)
        return self._known(rows[0]) if len(rows) == 1 else NOBODY

    @cached_property
    def user_name(self) -> str:
        """Our account's user name, under which journals and the audit know it."""
        account = self.account
        return next((name for name, author in self._people.items() if author is account and name != account.id), "")

    def people(self, names: Collection[str]) -> Mapping[str, Author]:
        """Read who these are, given by id or by user name. The name of nobody is empty."""
        wanted = {name for name in names if name}
        missing = {name for name in wanted if name not in self._people and "," not in name}
        for some in batches(sorted(missing), FETCH // 2):
            listed = quoted(",".join(some))
            for rows in self.pages("sys_user", f"sys_idIN{listed}^ORuser_nameIN{listed}", _PERSON):
                for row in rows:
                    self._known(row)
        return {"": NOBODY} | {name: self._people.setdefault(name, Author(name, name)) for name in wanted}

    def _known(self, row: Raw) -> Author:
        author = Author(row["sys_id"], row["name"] or row["user_name"], row.get("email") or None)
        self._people[row["sys_id"]] = self._people[row["user_name"]] = author
        return author


def _behind(query: str, by: str, last: str) -> str:
    """Narrow a query to what stands behind a row: a later value, or the same with a later id."""
    at, _, sys_id = last.rpartition("|")
    begin = f"{query}^" if query else ""
    if not by:
        return f"{begin}sys_id>{sys_id}"
    return f"{begin}{by}>{at}^NQ{begin}{by}={at}^sys_id>{sys_id}"


def _column(row: Raw, table: Raw) -> Column:
    longest = row.get("max_length") or ""
    return Column(
        name=row["element"],
        label=row.get("column_label") or row["element"],
        type=row.get("internal_type") or "string",
        length=int(longest) if longest.isdigit() else 0,
        reference=row.get("reference") or "",
        read_only=row.get("read_only") == "true",
        mandatory=row.get("mandatory") == "true",
        audited=_audited(row, table),
    )


def _audited(row: Raw, table: Raw) -> bool:
    """Tell whether changes of a column leave a trace: its table says so, and a column may say that it does not.

    What we may not read of the dictionary is taken to be as delivered.
    """
    told = {name.strip() for name in row.get("attributes", "").split(",")}
    if table.get("audit", "true") != "true" or told & {"no_audit", "no_audit=true"}:
        return False
    listed = "audit_type=whitelist" in table.get("attributes", "")
    return not listed or "audit=true" in told or row.get("audit") == "true"


def texts(columns: Mapping[str, Column]) -> Sequence[str]:
    """Columns of long text: what may name a file."""
    return sorted(name for name, column in columns.items() if column.kind == "lines")
