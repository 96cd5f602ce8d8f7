# SPDX-License-Identifier: Apache-2.0
"""From files to pairs: everything is read and checked, and everything that is wrong is said at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from tandem.config import units, yaml
from tandem.config.check import check_side
from tandem.config.check_pair import check_insisting, check_rules, check_sides
from tandem.config.codes import Code
from tandem.config.contract import ContractFile
from tandem.config.identity import pair_name
from tandem.config.models import (
    BrokenPair,
    ConflictRules,
    Limits,
    Pair,
    PairPeople,
    People,
    ServiceLevel,
    Side,
    hub_value,
)
from tandem.config.pair import PairFile
from tandem.config.people import PeopleFile, file_name
from tandem.config.resolve import resolve
from tandem.config.traits import TRAITS
from tandem.config.validate import did_you_mean, follows, salvaged, validate
from tandem.connectors.base import SystemTraits
from tandem.errors import ConfigurationError, Problem

LONGEST_NAME = 200
"""Of a pair; Airflow takes 250 characters in a DAG's id."""

Traits = Mapping[str, SystemTraits]


def load_pair(path: Path, contracts: Path, traits: Traits = TRAITS) -> Pair:
    """Read a pair file, both contracts and the companies' maps of people.

    Raises:
        ConfigurationError: with every problem of all these files at once. Mere warnings stand in ``Pair.warnings``.
    """
    read = load_one(path, contracts, traits)
    if isinstance(read, BrokenPair):
        raise ConfigurationError(read.problems, where=path.stem)
    return read


def load_one(path: Path, contracts: Path, traits: Traits = TRAITS) -> Pair | BrokenPair:
    """Read a pair like :func:`load_pair`; one that cannot be used is returned with what is wrong."""
    problems: list[Problem] = []
    causes: list[Problem] = []
    pair, sides = _pair(path, contracts, traits, problems, causes)
    problems = [one for one in problems if one in causes or not any(follows(one, cause) for cause in causes)]
    found = tuple(sorted(dict.fromkeys(problems), key=lambda problem: (problem.file, problem.line or 0)))
    if pair is None or not all(problem.warning for problem in found):
        return BrokenPair(_broken_name(path), path, found, pair, sides)
    return replace(pair, warnings=found)


def load_all(root: Path, traits: Traits = TRAITS) -> list[Pair | BrokenPair]:
    """Read every pair below ``root`` (``pairs/`` and ``contracts/``), by name. A broken one harms no other."""
    read: list[Pair | BrokenPair] = []
    first: dict[frozenset[str], str] = {}
    folder = root / "pairs"
    for path in sorted(folder.glob("*.y*ml")) if folder.is_dir() else ():
        pair = load_one(path, root / "contracts", traits)
        if isinstance(pair, BrokenPair):
            read.append(pair)
            continue
        other = first.setdefault(frozenset((_joined(pair.left), _joined(pair.right))), pair.name)
        read.append(pair if other == pair.name else BrokenPair(pair.name, path, (_twice(path, other),), pair))
    return read


def _broken_name(path: Path) -> str:
    """Name a pair after any file, such that Airflow takes it in a DAG's id, and differently for different files."""
    name = path.stem if path.suffix == ".yaml" else path.name
    return re.sub(r"[^\w.-]", lambda odd: f"_x{ord(odd[0]):x}_", name)[:LONGEST_NAME]


def _joined(side: Side) -> str:
    return f"{side.contract}/{side.offer}" if side.offer else side.contract


def _twice(path: Path, other: str) -> Problem:
    what = f"These two offers are joined by `{other}` already."
    return yaml.read(path).problem(Code.PAIR_TWICE, what, "Remove one of the two files.", "left")


def _pair(
    path: Path, contracts: Path, traits: Traits, problems: list[Problem], causes: list[Problem]
) -> tuple[Pair | None, tuple[Side, ...]]:
    """Read a pair as far as its files tell it, and those of its sides that can be made out.

    ``causes``: those problems for which keys are left out, so that the rest can be looked at.
    """
    document = yaml.read(path)
    written, found = validate(PairFile, document)
    problems += found
    if path.suffix != ".yaml":
        what = "A pair's file ends in `.yaml`."
        problems.append(document.problem(Code.FILE_NAME, what, f"Call it {path.stem}.yaml."))
    # A pair file that is wrong elsewhere still says which contracts to look at.
    names = {which: (document.value or {}).get(which) for which in ("left", "right")}
    sides = {
        which: _side(name, which, document, contracts, traits, problems, causes)
        for which, name in names.items()
        if isinstance(name, str)
    }
    left, right = sides.get("left"), sides.get("right")
    known = tuple(side for side in (left, right) if side is not None)
    if written is not None:
        problems += _file_name(path, document, written, contracts)
    if written is None or left is None or right is None:
        values = _values(written.values if written is not None else (document.value or {}).get("values"))
        for side in known:
            problems += check_side(side, traits[side.system], values)
        return None, known
    if _joined(left) == _joined(right):
        what = "Both sides are the same offer."
        problems.append(document.problem(Code.PAIR_TWICE, what, "Name another contract or offer.", "right"))
    pair = _join(path, written, left, right, traits)
    for side in (pair.left, pair.right):
        problems += check_side(side, traits[side.system], pair.values)
    problems += check_sides(pair, traits)
    problems += check_rules(pair, traits, document.problem)
    problems += check_insisting(pair, traits, document.problem)
    return pair, known


def _join(path: Path, written: PairFile, left: Side, right: Side, traits: Traits) -> Pair:
    history = all(traits[side.system].history for side in (left, right))
    conflicts = dict(written.conflicts)
    default = conflicts.pop("default", "newest" if history else "hold")
    own = (path, left.file, right.file, left.people.file, right.people.file)
    return Pair(
        name=path.stem,
        left=_told(left, right),
        right=_told(right, left),
        schedule=written.schedule,
        interval=units.interval(written.schedule),
        deadline=written.deadline,
        people=PairPeople(written.people.responsible, written.people.accountable, written.people.informed),
        conflicts=ConflictRules(default, conflicts),
        tie=written.tie,
        start=written.start,
        ordering=written.ordering,
        past=written.past,
        on_leave=written.on_leave,
        on_return=written.on_return,
        limits=Limits(written.limits.creates, written.limits.closes, written.limits.changed_share),
        service_levels={priority: ServiceLevel(level.resolve) for priority, level in written.service_levels.items()},
        insist=frozenset(written.insist),
        values=_values(written.values),
        files=tuple(dict.fromkeys(file for file in own if file is not None)),
    )


def _told(side: Side, other: Side) -> Side:
    """Mark the fields for which the other side composes what comes in: they are only written."""
    told = {
        hub: replace(rule, told=True)
        for hub, rule in side.fields.items()
        if hub in other.sent and rule.comes_in and not rule.is_own
    }
    return replace(side, fields={**side.fields, **told}) if told else side


def _values(written: object) -> dict[str, tuple[int | str, ...]]:
    """Read the hub values that a pair adds, as far as they can be read."""
    listed = written.items() if isinstance(written, Mapping) else ()
    lists = {hub: some if isinstance(some, list | tuple) else [some] for hub, some in listed}
    return {str(hub): tuple(map(hub_value, map(str, some))) for hub, some in lists.items()}


def _file_name(path: Path, document: yaml.Document, written: PairFile, contracts: Path) -> Iterable[Problem]:
    """The file's name is the pair's and its DAG's: it says which sides are meant, unless one of these is misspelt."""
    if not all((contracts / f"{name.partition('/')[0]}.yaml").is_file() for name in (written.left, written.right)):
        return
    short, long = (pair_name(written.left, written.right, offers=offers) for offers in (False, True))
    if path.stem not in (short, long):
        what = f"The file joins {written.left} and {written.right}, and is not called so."
        fix = f"Call it {short}.yaml" + (
            f" (or {long}.yaml, beside another pair of these contracts)." if short != long else "."
        )
        yield document.problem(Code.FILE_NAME, what, fix, "left")


def _side(
    name: str,
    which: str,
    document: yaml.Document,
    contracts: Path,
    traits: Traits,
    problems: list[Problem],
    causes: list[Problem],
) -> Side | None:
    stem, _, offer = name.partition("/")
    file = contracts / f"{stem}.yaml"
    if "/" in offer or not file.is_file():
        other = file.with_suffix(".yml")
        fix = did_you_mean(stem, sorted(path.stem for path in contracts.glob("*.yaml")))
        fix = f"Rename {other.name} to {file.name}." if "/" not in offer and other.is_file() else fix
        problems.append(document.problem(Code.NO_SUCH_FILE, f"There is no contract `{stem}`.", fix, which))
        return None
    source = yaml.read(file)
    contract, found = validate(ContractFile, source)
    problems += found
    if contract is None:
        causes += found
        contract = salvaged(ContractFile, source) if not source.problems else None
    if contract is None:
        return None
    chosen = _offer(contract, offer)
    if chosen is None:
        what = f"`{stem}` has no offer `{offer}`." if offer else f"`{stem}` has several offers."
        offers = [f"{stem}/{known}" for known in contract.offers]
        fix = did_you_mean(f"{stem}/{offer}", offers) if offer else f"Write {' or '.join(offers)}."
        problems.append(document.problem(Code.NO_SUCH_FILE, what, fix, which))
        return None
    if contract.system not in traits:
        what = f"There is no connector for `{contract.system}`."
        problems.append(source.problem(Code.SYSTEM, what, did_you_mean(contract.system, sorted(traits)), "system"))
        return None
    try:
        traits[contract.system]
    except ConfigurationError as error:  # of another package's connector; all other pairs go on
        problems += [source.problem(Code.SYSTEM, each.what, each.fix, "system") for each in error.problems]
        return None
    side = resolve(contract, chosen or None, name, file, source.lines)
    return replace(side, people=_people(side, contracts, traits, problems))


def _offer(contract: ContractFile, named: str) -> str | None:
    """Choose the offer: the one named, or the only one (``""``: the contract itself). None: it is not there."""
    if named:
        return named if named in contract.offers else None
    return next(iter(contract.offers), "") if len(contract.offers) < 2 else None


def _people(side: Side, contracts: Path, traits: Traits, problems: list[Problem]) -> People:
    file = contracts / "people" / file_name(side.company)
    if not file.is_file():
        asked = next((hub for hub, rule in side.fields.items() if rule.kind == "people"), None)
        if asked:
            what = f"`{asked}` is a person, and {side.company} has no map of people."
            fix = f"Make people/{file.name} beside the contracts, with company: and people:."
            problems.append(side.problem(Code.PEOPLE_FILE, what, fix, f"fields.{asked}"))
        return People()
    source = yaml.read(file)
    written, found = validate(PeopleFile, source)
    problems += found
    if written is None:
        return People(file=file)
    if written.company != side.company:
        what = f"This is the map of {written.company}, and its file is named after {side.company}."
        problems.append(source.problem(Code.PEOPLE_FILE, what, f"Write `company: {side.company}`.", "company"))
    known = {*traits, *(path.stem for path in contracts.glob("*.yaml"))}
    accounts: dict[str, str] = {}
    for alias, own in written.people.items():
        for system in own.keys() - known:
            what = f"`{system}` is neither a system nor a contract."
            fix = did_you_mean(system, sorted(known))
            problems.append(source.problem(Code.SYSTEM, what, fix, f"people.{alias}.{system}"))
        account = own.get(side.contract, own.get(side.system))
        if account is None:
            continue
        if twin := next((known for known, taken in accounts.items() if taken == account), None):
            what = f"`{twin}` and `{alias}` are one account of {side.contract}: which is meant cannot be read."
            problems.append(source.problem(Code.ALIAS, what, "Keep one of them.", f"people.{alias}"))
        accounts[alias] = account
    return People(accounts, file)
