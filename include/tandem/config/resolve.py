# SPDX-License-Identifier: Apache-2.0
"""From a contract and an offer's name to one side: what the offer does not say, the contract does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tandem.config.contract import REMOVED, Attachments, Comments, ContractFile, FieldSpec, Offer, Otherwise, WhenSpec
from tandem.config.models import (
    TWIN,
    AttachmentRule,
    CommentRule,
    FieldRule,
    HubValue,
    Kind,
    Side,
    TransitionRule,
    WhenRule,
    hub_value,
)
from tandem.config.traits import HUB_FIELDS
from tandem.connectors import base


def resolve(contract: ContractFile, offer: str | None, name: str, file: Path, lines: Mapping[str, int]) -> Side:
    """Resolve one offer (``None``: the contract itself) into a side, without its people and unchecked."""
    own = contract.offers[offer] if offer else contract
    fields = {**contract.fields, **own.fields}
    given = {key: _of(key, own, contract) for key in Offer.model_fields if key != "fields"}
    return Side(
        name=name,
        contract=file.stem,
        offer=offer,
        company=contract.company,
        system=contract.system,
        connection=contract.connection,
        file=file,
        zone=contract.zone,
        due_hour=contract.due_hour,
        automations=contract.automations,
        search_delay=contract.search_delay,
        options=contract.options,
        fields={
            hub: _read(hub, spec) if spec.leaves else _field(hub, spec)
            for hub, spec in fields.items()
            if spec.field not in (None, REMOVED)
        },
        sent={hub: _field(hub, spec) for hub, spec in fields.items() if spec.leaves},
        transitions={to: TransitionRule(spec.by, spec.fields) for to, spec in given["transitions"].items()},
        closed=given["closed"],
        follow_up_on=given["follow_up_on"],
        on_delete=given["on_delete"],
        scope=tuple(
            base.Condition(item.field, is_=item.is_, in_=item.in_, contains=item.contains, set_=item.set_)
            for item in given["scope"] or ()
        ),
        query=given["query"],
        comments=_comments(given["comments"]),
        attachments=_attachments(given["attachments"]),
        reveal=frozenset(given["reveal"]),
        create=given["create"],
        private_first=given["private_first"],
        on_edit=given["on_edit"],
        on_redact=given["on_redact"],
        lines=lines,
    )


def _of(key: str, own: Offer, contract: Offer) -> Any:
    return getattr(own if key in own.model_fields_set else contract, key)


def _field(hub: str, spec: FieldSpec) -> FieldRule:
    of_twin = hub.startswith(TWIN) or spec.says
    standard: Kind = "choice" if spec.map or any(entry.map for entry in spec.when) else "scalar"
    return FieldRule(
        hub=hub,
        native=spec.field or "",
        kind="scalar" if of_twin else HUB_FIELDS.get(hub) or spec.kind or standard,
        direction="in" if of_twin and "direction" not in spec.model_fields_set else spec.direction,
        map=_map(spec.map),
        otherwise_out=_out(spec.otherwise),
        otherwise_in=spec.otherwise.in_,
        ignore=spec.ignore,
        once=spec.once,
        on_change=spec.on_change,
        too_long=spec.too_long,
        fallback=spec.fallback,
        template=spec.template,
        value=spec.value,
        only=frozenset(spec.only) if spec.only is not None else None,
        when=tuple(_when(spec, entry) for entry in spec.when),
    )


def _read(hub: str, spec: FieldSpec) -> FieldRule:
    """A field that is read here, and of which something else is composed for the other side."""
    return FieldRule(hub=hub, native=spec.field or "", kind=HUB_FIELDS.get(hub, "scalar"), direction="out")


def _when(spec: FieldSpec, entry: WhenSpec) -> WhenRule:
    """What an entry does not say itself, the field does."""
    otherwise = entry.otherwise or spec.otherwise
    return WhenRule(
        map=_map(entry.map),
        place=entry.place,
        type=entry.type,
        where={name: tuple(map(hub_value, values)) for name, values in entry.where.items()},
        template=entry.template,
        value=entry.value,
        otherwise_out=_out(otherwise),
        otherwise_in=otherwise.in_,
        ignore=spec.ignore if entry.ignore is None else entry.ignore,
    )


def _map(written: Mapping[str, tuple[str, ...]]) -> dict[HubValue, tuple[str, ...]]:
    return {hub_value(value): names for value, names in written.items()}


def _out(otherwise: Otherwise) -> HubValue | None:
    return hub_value(otherwise.out) if otherwise.out is not None else None


def _comments(spec: Comments) -> CommentRule:
    return CommentRule(spec.out, spec.as_ or "public", spec.names, spec.onward, spec.in_)


def _attachments(spec: Attachments | None) -> AttachmentRule | None:
    if spec is None:
        return None
    return AttachmentRule(spec.unreferenced or "hold", spec.up_to, spec.allow, spec.deny)
