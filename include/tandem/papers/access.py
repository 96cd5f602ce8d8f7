# SPDX-License-Identifier: Apache-2.0
"""Who can see and write what: companies, fields and verbs, and who can end up with what over several pairs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tandem.config.composed import uses
from tandem.config.models import TWIN, FieldRule, Pair, Side
from tandem.config.start import title_of
from tandem.config.traits import TRAITS
from tandem.papers.page import Paper, Section
from tandem.papers.sides import in_short, trackers

NOTHING, READ, WRITE, FULL, CREATE = "–", "read", "write", "full", "create"
TRUST = (
    "This installation of Tandem is run by an integrator whom all companies here trust: what a contract offers passes "
    "through it, and is kept in its state database, encrypted, with keys that the integrator holds."
)
WORDS = (
    "read: they get to know what it is. write: what they say is written to it. full: both. create: written when a "
    "ticket is made, and not changed later. Only tickets in the scope of the offer are meant. Internal comments are "
    "written where the place has such: a Jira project has if it is a service desk."
)
TOLD = ("key", "url", "status")  # what an offer may reveal of its tickets
LEAST = ("none", "company", "full")
NAMED = {"full": "authors by name, and their company", "company": "the company alone", "none": "nobody"}


@dataclass(frozen=True, slots=True)
class Verbs:
    """What the people of one company can do with something of the other's tickets."""

    read: bool = False
    write: bool = False
    once: bool = False

    def __str__(self) -> str:
        if self.write and self.once:
            return f"{READ}, {CREATE}" if self.read else CREATE
        return {(True, True): FULL, (True, False): READ, (False, True): WRITE}.get((self.read, self.write), NOTHING)


def access(pairs: Sequence[Pair]) -> Paper:
    """Tell for each pair what each company can do with the other's tickets, and how far texts and fields can go."""
    sections = [section for pair in pairs for section in _pair(pair)]
    sections += [_texts(pairs), _fields(pairs)]
    return Paper("Who can see and write what", [TRUST, WORDS], sections)


def matrix(pair: Pair) -> list[tuple[str, Verbs, Verbs]]:
    """List what is shared: (what, what the right company can do with it at the left, and the left at the right)."""
    left, right = pair.left, pair.right
    told: list[tuple[str, Verbs, Verbs]] = []
    for hub in sorted(
        {*left.fields, *right.fields, *left.sent, *right.sent}, key=lambda name: (name.startswith(TWIN), name)
    ):
        told.append((hub, _verbs(left, right, hub), _verbs(right, left, hub)))
    for kind in ("public", "all"):
        word = "public comments" if kind == "public" else "internal comments"
        told.append((word, _said(left, right, kind), _said(right, left, kind)))
    both = left.attachments is not None and right.attachments is not None
    told.append(("files", Verbs(both, both), Verbs(both, both)))
    return told


def _verbs(owner: Side, other: Side, hub: str) -> Verbs:
    """What the other company can do with a field of the owner's tickets."""
    own, theirs = (side.sent.get(hub, side.fields.get(hub)) for side in (owner, other))
    if hub.startswith(TWIN):  # of the owner's ticket something is shown in a field of the other's
        part = hub.removeprefix(TWIN)
        return Verbs(read=theirs is not None and (part == "company" or part in owner.reveal))
    if own is not None and own.is_own and own.comes_in:  # of what is composed here, the parts that they send
        parts = (other.fields.get(name) for name in uses(own))
        return Verbs(write=any(part is not None and part.goes_out for part in parts))
    if own is None or theirs is None:
        return Verbs()
    write = theirs.goes_out and own.comes_in and (owner.create is not None or not _at_creation(own))
    return Verbs(own.goes_out and _takes(other, theirs), write, once=_at_creation(own))


def _takes(side: Side, rule: FieldRule) -> bool:
    """Whether a value is ever told to a side: not where only new tickets are told it and none are made."""
    told = side.create is not None or rule.on_change == "comment" or not _at_creation(rule)
    return rule.comes_in and told


def _at_creation(rule: FieldRule) -> bool:
    return rule.once or rule.on_change is not None


def _said(owner: Side, other: Side, kind: str) -> Verbs:
    """What the other company can do with comments of a kind on the owner's tickets."""
    says = other.comments.out != "none"
    if kind == "all":  # what was internal where it was said is written so, whatever ``as`` says
        traits = TRAITS.get(owner.system)
        kept = traits is None or traits.private_comments
        written = says and (owner.comments.as_ == "internal" or other.comments.out == "all")
        return Verbs(owner.comments.out == "all", written and kept)
    return Verbs(owner.comments.out != "none", says and owner.comments.as_ == "public")


def _pair(pair: Pair) -> Iterator[Section]:
    sides, names = (pair.left, pair.right), in_short(pair)
    ways = zip(reversed(names), sides, strict=True)
    head = ["what", *(f"{one} can, in {other.company}'s {title_of(other.system)}" for one, other in ways)]
    rows = [(what + _elements(pair, what), str(there), str(here)) for what, there, here in matrix(pair)]
    makes = [f"{name} takes new tickets" for side, name in zip(sides, names, strict=True) if side.create is not None]
    whose = " and ".join(f"{side.company} ({side.name})" for side in sides)
    text = [
        f"{whose}. {'; '.join(makes) or 'No tickets are made'}.",
        *(_named(side, name) for side, name in zip(sides, names, strict=True)),
        _people(pair),
    ]
    yield Section(pair.name, text, head, rows)


def _elements(pair: Pair, hub: str) -> str:
    """Of a set that is shared in part: which of its elements."""
    rules = (side.fields.get(hub) for side in (pair.left, pair.right))
    parts = [rule.only for rule in rules if rule is not None and rule.only is not None]
    return f": {', '.join(sorted(frozenset.intersection(*parts))) or 'none'}" if parts else ""


def _named(side: Side, name: str) -> str:
    """What a side tells beside fields: of its tickets, and of who said what."""
    told = [part for part in TOLD if part in side.reveal]
    reveals = " and ".join(told) if told else "neither key nor url nor status"
    on = "may be passed on" if side.comments.onward else "go one hop"
    texts = f"Its comments and files name {NAMED[side.comments.names]}, and {on}."
    return f"Of its tickets, {name} reveals {reveals}. {texts}"


def _people(pair: Pair) -> str:
    people = pair.people
    told = f"Responsible: {', '.join(people.responsible)}. Accountable: {people.accountable}."
    return told + (f" Informed: {', '.join(people.informed)}." if people.informed else "")


# ---- over several pairs


@dataclass(frozen=True, slots=True)
class Hop:
    """One way over a pair: from an offer to the other."""

    source: Side
    target: Side


def hops(pairs: Sequence[Pair]) -> list[Hop]:
    """Both ways of every pair."""
    return [hop for pair in pairs for hop in (Hop(pair.left, pair.right), Hop(pair.right, pair.left))]


def spread_of_texts(
    pairs: Sequence[Pair], kind: Literal["comments", "files"] = "comments"
) -> dict[tuple[str, str], tuple[list[str], str]]:
    """Where public comments, or files, can end up: (tracker where they are from, tracker that they reach).

    For each: the trackers on the way, and how authors are named there.
    """
    found: dict[tuple[str, str], tuple[list[str], str]] = {}
    every, gone = [hop for hop in hops(pairs) if _lets(hop, kind)], set[tuple[str, str, str, bool]]()
    ways = deque(
        (hop.source.connection, [hop.target.connection], hop.source.comments.names, hop.source.comments.onward)
        for hop in every
    )
    while ways:  # the shortest first: that is the way on which a text arrives, unless a longer one names more
        source, way, names, onward = ways.popleft()
        if (source, way[-1], names, onward) in gone:
            continue
        gone.add((source, way[-1], names, onward))
        known = found.get((source, way[-1]))
        if known is None or LEAST.index(known[1]) < LEAST.index(names):
            found[source, way[-1]] = (way, names)
        for hop in every if onward else ():
            rule, there = hop.source.comments, hop.target.connection
            if hop.source.connection == way[-1] and there not in (source, *way):
                ways.append((source, [*way, there], min(names, rule.names, key=LEAST.index), rule.onward))
    return found


def _lets(hop: Hop, kind: str) -> bool:
    """Whether anything of a kind goes this way: files ask for a side that sends them and one that takes them."""
    if kind == "comments":
        return hop.source.comments.out != "none"
    return hop.source.attachments is not None and hop.target.attachments is not None


def spread_of_fields(pairs: Sequence[Pair]) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Where a field's values can end up: (tracker, native field) → each other tracker and its field."""
    steps: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for hop in hops(pairs):
        for part in hop.source.reveal:
            if (shown := hop.target.fields.get(TWIN + part)) is not None:
                steps.setdefault((hop.source.connection, part), set()).add((hop.target.connection, shown.native))
        for hub, rule in hop.source.fields.items():
            taken = hop.target.fields.get(hub)
            goes = rule.goes_out and not rule.of_twin
            into = [taken] if taken is not None and _takes(hop.target, taken) and not taken.told else []
            if goes and into:
                into += [one for one in hop.target.fields.values() if hub in uses(one)]
            into += [hop.target.fields[name] for name in _composed_of(hop, hub)]
            for one in into if goes else ():
                step = (hop.target.connection, one.native)
                steps.setdefault((hop.source.connection, rule.native), set()).add(step)
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for start in steps:
        seen, waiting = {start}, [start]
        while waiting:
            for step in sorted(steps.get(waiting.pop(), set()) - seen):
                seen.add(step)
                waiting.append(step)
        found[start] = sorted((system, native) for system, native in seen if system != start[0])
    return found


def _composed_of(hop: Hop, hub: str) -> list[str]:
    """The fields that one side takes and the other composes of this one."""
    return [name for name, rule in hop.target.fields.items() if rule.told and hub in uses(hop.source.sent[name])]


def _texts(pairs: Sequence[Pair]) -> Section:
    names = trackers(pairs)
    both, files = spread_of_texts(pairs), spread_of_texts(pairs, "files")
    told = [(ends, "comments, files" if files.get(ends) == way else "comments", way) for ends, way in both.items()] + [
        (ends, "files", way) for ends, way in files.items() if both.get(ends) != way
    ]
    rows = [
        (what, names[source], names[target], " → ".join(names[one] for one in way[:-1]) or "–", NAMED[named])
        for (source, target), what, (way, named) in sorted(told)
    ]
    text = [
        "Comments and files that are public where they were said. What is internal there passes only offers that say "
        "out: all, between systems of one company."
    ]
    head = ("what", "from", "reaches", "by way of", "names")
    return Section("Who can end up with whose comments and files", text, head, rows)


def _fields(pairs: Sequence[Pair]) -> Section:
    names = trackers(pairs)
    rows = [
        (names[system], native, "; ".join(f"{names[there]}: {field}" for there, field in ends))
        for (system, native), ends in sorted(spread_of_fields(pairs).items())
        if ends
    ]
    text = ["As far as a ticket is in the scope of each offer on the way."]
    return Section("Who can end up with the value of a field", text, ("tracker", "field", "reaches"), rows)
