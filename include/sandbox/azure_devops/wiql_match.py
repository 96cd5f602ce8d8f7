# SPDX-License-Identifier: Apache-2.0
"""Whether a work item fulfils a query. Without `timePrecision` dates are days of the account's zone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from sandbox.azure_devops import errors
from sandbox.azure_devops.comments import plain
from sandbox.azure_devops.fields import WorkField
from sandbox.azure_devops.items import Item, Revision, Values
from sandbox.azure_devops.organization import Organization, Project, under
from sandbox.azure_devops.people import Identity
from sandbox.azure_devops.shapes import extended
from sandbox.azure_devops.times import read
from sandbox.azure_devops.values import tags_of
from sandbox.azure_devops.wiql import Both, Clause, Not, Parsed, Test, Value

_SIGNS: dict[str, Callable[[Any, Any], bool]] = {"=": eq, "<>": ne, "<": lt, ">": gt, "<=": le, ">=": ge}
Holds = Callable[[Item, Values], bool]


@dataclass(frozen=True)
class Asked:
    """Who asks, from where, and how exactly."""

    organization: Organization
    who: Identity
    project: Project | None
    precise: bool

    def find(self, query: Parsed) -> list[Item]:
        """All that fulfil it, in its order. Raises: AzureError (400)."""
        for name in (*query.columns, *(one for one, _ in query.order)):
            self.field(name)
        return self.chosen(query, query.where)

    def chosen(self, query: Parsed, where: Clause | None) -> list[Item]:
        """All that fulfil a condition, in the order of a query. Raises: AzureError (400)."""
        holds = self._clause(where) if where else _always
        found: list[tuple[Item, Values]] = []
        as_of = self._time(query.as_of, query.as_of, exactly=True) if query.as_of else None
        for item in self.organization.seen(self.who):
            revision = item.now if as_of is None else item.at(as_of)
            if revision is None:
                continue
            values = extended(self.organization, item, revision)
            if holds(item, values):
                found.append((item, values))
        for name, descends in reversed(query.order):
            reference = self.field(name).reference
            found.sort(key=lambda pair: _sortable(pair[1].get(reference)), reverse=descends)
        return [item for item, _ in found]

    def field(self, name: str) -> WorkField:
        found = self.organization.fields.get(name)
        if found is None:
            raise errors.bad_query(
                f"TF51005: The query references a field that does not exist. The error is caused by «[{name}]»."
            )
        return found

    def _clause(self, clause: Clause) -> Holds:
        if isinstance(clause, Both):
            parts = [self._clause(one) for one in clause.parts]
            if clause.join == "and":
                return lambda item, values: all(one(item, values) for one in parts)
            return lambda item, values: any(one(item, values) for one in parts)
        if isinstance(clause, Not):
            inner = self._clause(clause.part)
            return lambda item, values: not inner(item, values)
        return self._test(clause)

    def _test(self, test: Test) -> Holds:
        known = self.field(test.field)
        if test.op in ("is empty", "is not empty"):
            wanted_empty = test.op == "is empty"
            return lambda item, values: (values.get(known.reference) is None) is wanted_empty
        if test.op.startswith("not ") and test.op != "not in":
            positive = self._test(Test(test.field, test.op.removeprefix("not "), test.values, test.text))
            return lambda item, values: not positive(item, values)
        if test.op in ("in", "not in"):
            each = [self._test(Test(test.field, "=", (one,), test.text)) for one in test.values]
            among = test.op == "in"
            return lambda item, values: any(one(item, values) for one in each) is among
        (value,) = test.values
        if test.op == "ever":
            now = self._test(Test(test.field, "=", (value,), test.text))
            return lambda item, values: any(now(item, _of(self.organization, item, one)) for one in item.revisions)
        if test.op == "under":
            return self._under(known, value, test)
        if test.op in ("contains", "contains words"):
            return _containing(known, self._literal(known, value, test))
        if value.kind == "field":
            other = self.field(value.text).reference
            sign = _SIGNS[test.op]
            return lambda item, values: _compared(sign, values.get(known.reference), values.get(other))
        return self._sign(known, test, self._literal(known, value, test))

    def _under(self, known: WorkField, value: Value, test: Test) -> Holds:
        root = str(self._literal(known, value, test))
        self._check_path(known, root, test)
        return lambda item, values: under(str(values.get(known.reference, "")), root)

    def _check_path(self, known: WorkField, path: str, test: Test) -> None:
        trees = [path for one in self.organization.projects.values() for path in one.tree(known.reference)]
        if path and path.lower() not in [one.lower() for one in trees]:
            kind = "area" if known.reference == "System.AreaPath" else "iteration"
            raise errors.bad_query(
                f"TF51011: The specified {kind} path does not exist. The error is caused by «{test.text}»."
            )

    def _sign(self, known: WorkField, test: Test, wanted: Any) -> Holds:
        sign, reference = _SIGNS[test.op], known.reference
        if known.type == "treePath":
            self._check_path(known, str(wanted or ""), test)
        if known.type == "identity" and wanted is not None:
            named = self.organization.people.named(wanted)
            same = (lambda there: there == named) if named else (lambda there: _name(there) == str(wanted).lower())
            return lambda item, values: same(values.get(reference)) is (test.op == "=")
        if known.type == "dateTime" and not self.precise:
            zone = self.organization.zone(self.who)

            def day(at: Any) -> Any:
                return at.astimezone(zone).date() if isinstance(at, datetime) else None

            return lambda item, values: _compared(sign, day(values.get(reference)), day(wanted))
        return lambda item, values: _compared(sign, _folded(values.get(reference)), _folded(wanted))

    def _literal(self, known: WorkField, value: Value, test: Test) -> Any:
        """What a value means for a field; None for an empty text. Raises: AzureError (400)."""
        if value.kind == "macro":
            return self._macro(known, value, test)
        if value.text == "":
            return None
        try:
            if known.type == "dateTime":
                return self._time(value.text, test.text, exactly=self.precise)
            if known.type == "integer":
                return int(value.text)
            if known.type == "double":
                return float(value.text)
        except ValueError:
            raise errors.bad_query(
                f"The value does not fit the field's type. The error is caused by «{test.text}»."
            ) from None
        if known.type == "boolean":
            return value.text.lower() in ("true", "1")
        return value.text

    def _macro(self, known: WorkField, value: Value, test: Test) -> Any:
        now = self.organization.now().astimezone(self.organization.zone(self.who))
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        match value.text:
            case "@me":
                return self.who.mail
            case "@project":
                if self.project is None:
                    raise errors.bad_query("The @project macro needs a project in the address.")
                return self.project.name
            case "@today" | "@startofday":
                return midnight + timedelta(days=value.plus)
        raise errors.bad_query(f"The macro is not known here. The error is caused by «{test.text}».")

    def _time(self, text: str, caused: str, *, exactly: bool) -> datetime:
        zone = self.organization.zone(self.who)
        found = read(text, zone)
        local = found.astimezone(zone)
        if not exactly and (local.hour, local.minute, local.second, local.microsecond) != (0, 0, 0, 0):
            raise errors.bad_query(
                "You cannot supply a time with the date when running a query using date precision. "
                f"The error is caused by «{caused}»."
            )
        return found


def _always(item: Item, values: Values) -> bool:
    return True


def _of(organization: Organization, item: Item, revision: Revision) -> Values:
    return extended(organization, item, revision)


def _containing(known: WorkField, wanted: Any) -> Holds:
    words, reference = str(wanted or "").lower(), known.reference
    if reference == "System.Tags":
        return lambda item, values: words in [one.lower() for one in tags_of(values.get(reference))]

    def holds(item: Item, values: Values) -> bool:
        there = str(values.get(reference) or "")
        return bool(words) and words in (plain(there) if known.long else there).lower()

    return holds


def _folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _name(value: Any) -> str:
    return value.name.lower() if isinstance(value, Identity) else str(value or "").lower()


def _compared(sign: Callable[[Any, Any], bool], there: Any, wanted: Any) -> bool:
    """What is empty equals only what is empty, and is neither more nor less than anything."""
    if there is None or wanted is None:
        return sign(there, wanted) if sign in (eq, ne) else False
    try:
        return sign(_folded(there), _folded(wanted))
    except TypeError:
        return sign is ne


def _sortable(value: Any) -> tuple[int, Any]:
    """Empty first; people by name, and of different kinds each in its own place."""
    if value is None:
        return 0, ""
    if isinstance(value, bool | int | float):
        return 1, float(value)
    if isinstance(value, datetime):
        return 2, value.timestamp()
    return 3, _name(value) if isinstance(value, Identity) else str(value).lower()
