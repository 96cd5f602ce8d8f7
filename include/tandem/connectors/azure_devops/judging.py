# SPDX-License-Identifier: Apache-2.0
"""New work items that Azure DevOps judges and does not save: what our account may, what rules ask for, who is known.

Rules and rights are told by nobody who asks for them; ``validateOnly`` shows what they would do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

import requests

from tandem.connectors.azure_devops.calls import ANSWERED, MARKDOWN_API, Op, refused
from tandem.connectors.azure_devops.process import Types, meant
from tandem.connectors.azure_devops.scope import wanted
from tandem.connectors.azure_devops.shape import AREA, TITLE
from tandem.connectors.azure_devops.site import API, PATCH, Site
from tandem.http import parsed

DESCRIPTION = "System.Description"
"""A long text that every type has."""


@dataclass(frozen=True, slots=True)
class OfNew:
    """What was said of new work items in the projects of the scope."""

    allowed: bool = True
    """Whether our account may make some in each. What rules ask for is another matter."""
    asked: frozenset[str] = frozenset()
    """Fields that rules of the process ask for."""


def of_new(site: Site, types: Types) -> OfNew:
    """Have a new work item of each type judged; nothing is asked where our account is to write nothing."""
    refused_in: dict[str, list[bool]] = {}
    asked: set[str] = set()
    for project, of_project in types.items() if site.needs.write else ():
        for type_ in meant(site, of_project):
            told = _judged(site, project, type_)
            refused_in.setdefault(project, []).append(told.status_code in (401, 403))
            if told.status_code == 400:
                asked.update(refused(site, 400, parsed(told)).fields)
    return OfNew(not any(all(told) for told in refused_in.values()), frozenset(asked - {TITLE, AREA}))


def takes_markdown(site: Site, types: Types) -> bool:
    """Tell whether a long text may be Markdown: servers before the summer of 2025 know of no forms of texts."""
    spot = _spot(site, types)
    if spot is None:
        return True
    form = {"op": "add", "path": f"/multilineFieldsFormat/{DESCRIPTION}", "value": "Markdown"}
    text = {"op": "add", "path": f"/fields/{DESCRIPTION}", "value": "**Tandem**"}
    told = _judged(site, *spot, [text, form], MARKDOWN_API)
    return told.status_code != 400 or bool(refused(site, 400, parsed(told)).fields)


def inactive(site: Site, types: Types) -> frozenset[str]:
    """Accounts of the people file that can be written nowhere: Azure DevOps calls one that has left unknown.

    The API of work items has no list of accounts; each is judged where it would be written.
    """
    written = sorted(site.needs.write)
    field = next((name for name in written if name in site.fields and site.fields[name].kind == "person"), None)
    spot = _spot(site, types)
    asked = sorted(site.needs.accounts)
    if field is None or spot is None:
        return frozenset()

    def unknown(account: str) -> bool:
        told = _judged(site, *spot, [{"op": "add", "path": f"/fields/{field}", "value": account}])
        return told.status_code == 400 and field in refused(site, 400, parsed(told)).fields

    return frozenset(name for name, gone in zip(asked, site.http.map(unknown, asked), strict=True) if gone)


def _spot(site: Site, types: Types) -> tuple[str, str] | None:
    """A project and one of its types that the scope lets in; none where there is none."""
    spots = ((project, type_) for project, of_project in types.items() for type_ in meant(site, of_project))
    return next(spots, None)


def _judged(site: Site, project: str, type_: str, more: Sequence[Op] = (), version: str = API) -> requests.Response:
    """Have a new work item judged with ``more`` in it: nothing is saved."""
    area = next((word for one in site.needs.scope if one.field == AREA for word in wanted(one)), project)
    values = {TITLE: "Tandem", AREA: area}
    ops = [{"op": "add", "path": f"/fields/{name}", "value": value} for name, value in values.items()]
    return site.ask(
        "POST",
        site.within(project, f"wit/workitems/${quote(type_, safe='')}"),
        params={"validateOnly": "true"},
        body=[*ops, *more],
        kind=PATCH,
        accept=(*ANSWERED, 401),
        reads=True,
        version=version,
    )
