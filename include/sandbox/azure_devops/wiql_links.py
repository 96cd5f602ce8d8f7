# SPDX-License-Identifier: Apache-2.0
"""Queries over links: pairs of work items, or trees of them."""

from collections.abc import Iterator
from dataclasses import replace

from sandbox.azure_devops import errors
from sandbox.azure_devops.items import Item
from sandbox.azure_devops.relations import CHILD, opposite, topology
from sandbox.azure_devops.wiql import Both, Clause, Not, Parsed, Test
from sandbox.azure_devops.wiql_match import Asked

Pair = tuple[str | None, Item | None, Item]
"""Kind of link, its beginning, its end; what stands at the top has an end alone."""
_KIND = ("system.links.linktype", "links.linktype", "link type")


def pairs(asked: Asked, query: Parsed) -> list[Pair]:
    """What a query over links finds, each source before what it is linked with. Raises: AzureError (400)."""
    sides: dict[str, list[Clause]] = {"source": [], "target": [], "": []}
    for clause in _parts(query.where):
        sides[_side(clause)].append(_bare(clause))
    kinds = [_kind(one).lower() for one in sides[""]]
    sources = asked.chosen(query, _joined(sides["source"]))
    targets = {one.number: one for one in asked.chosen(query, _joined(sides["target"]))}
    if query.mode == "recursive":
        kind = kinds[0] if kinds else CHILD
        if topology(kind) != "tree":
            raise errors.bad_query("A recursive query needs a kind of link that makes trees.")
        return list(_tree(sources, targets, kind))
    found: list[Pair] = []
    for source in sources:
        linked = [
            (one.rel, targets[int(one.target)])
            for one in source.relations
            if one.work_item
            and int(one.target) in targets
            and (not kinds or one.rel.lower() in [k.lower() for k in kinds])
        ]
        if bool(linked) is (query.mode == "doesnotcontain") and query.mode != "maycontain":
            continue
        found.append((None, None, source))
        if query.mode != "doesnotcontain":
            found += [(rel, source, target) for rel, target in linked]
    return found


def _tree(sources: list[Item], targets: dict[int, Item], kind: str) -> Iterator[Pair]:
    """Sources that nothing of them stands above, and all below them."""
    numbers, up = {one.number for one in sources}, opposite(kind)

    def below(item: Item) -> Iterator[Pair]:
        for one in item.relations:
            child = targets.get(int(one.target)) if one.rel.lower() == kind.lower() else None
            if child is not None:
                yield one.rel, item, child
                yield from below(child)

    for source in sources:
        if not any(one.rel.lower() == up.lower() and int(one.target) in numbers for one in source.relations):
            yield None, None, source
            yield from below(source)


def _parts(clause: Clause | None) -> list[Clause]:
    """What is joined by "and" at the top, however many brackets are around."""
    if isinstance(clause, Both) and clause.join == "and":
        return [one for part in clause.parts for one in _parts(part)]
    return [] if clause is None else [clause]


def _side(clause: Clause) -> str:
    """Which end a condition is about. Raises: AzureError (400): about several."""
    if isinstance(clause, Test):
        return clause.side
    sides = {_side(one) for one in (clause.parts if isinstance(clause, Both) else (clause.part,))}
    if len(sides) > 1:
        raise errors.bad_query("TF51006: The query statement is not valid: one condition is about source and target.")
    return sides.pop()


def _bare(clause: Clause) -> Clause:
    if isinstance(clause, Test):
        return replace(clause, side="")
    if isinstance(clause, Not):
        return Not(_bare(clause.part))
    return Both(clause.join, tuple(_bare(one) for one in clause.parts))


def _kind(clause: Clause) -> str:
    """The kind of link that is asked for. Raises: AzureError (400)."""
    if isinstance(clause, Test) and clause.field.lower() in _KIND and clause.op == "=":
        if not topology(clause.values[0].text):
            raise errors.bad_query(f"The link type does not exist. The error is caused by «{clause.text}».")
        return clause.values[0].text
    written = clause.text if isinstance(clause, Test) else ""
    raise errors.bad_query(f"TF51006: The query statement is not valid. The error is caused by «{written}».")


def _joined(clauses: list[Clause]) -> Clause | None:
    return Both("and", tuple(clauses)) if clauses else None
