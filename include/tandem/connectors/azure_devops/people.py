# SPDX-License-Identifier: Apache-2.0
"""By which id texts call the people of the contract: work items name an account by its unique name, texts by its id.

Whoever is named in an item that was read is known from there; for others the teams of the projects are asked, as long
as anybody is missing. Whoever is in none of them is called by nobody: a mention of such a one is words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from tandem.connectors.azure_devops.shape import Raw, author
from tandem.connectors.azure_devops.site import Site
from tandem.errors import CredentialsError, ItemError

PAGE = 100


def mentions(site: Site, items: Iterable[Raw]) -> dict[str, str]:
    """Give account → id for those of the people file of whom that is told."""
    wanted = {account.casefold(): account for account in site.needs.mentioned}
    found: dict[str, str] = {}
    for told in _identities(site, items):
        account, id_ = wanted.get(author(told).id.casefold()), str(told.get("id") or "")
        if account and id_:
            found.setdefault(account, id_.lower())
        if len(found) == len(wanted):
            break
    return found


def _identities(site: Site, items: Iterable[Raw]) -> Iterator[Mapping[str, Any]]:
    """All identities that are told, those first that cost nothing."""
    if not site.needs.mentioned:
        return
    for item in items:
        yield from (told for told in (item.get("fields") or {}).values() if isinstance(told, Mapping))
    for project in site.projects:
        path = f"/_apis/projects/{quote(project, safe='')}/teams"
        for team in _listed(site, path):
            members = _listed(site, f"{path}/{quote(str(team.get('id')), safe='')}/members")
            yield from (one.get("identity") or {} for one in members)


def _listed(site: Site, path: str) -> Iterator[Raw]:
    """List all pages of something; nothing where our account may not see it: a mention is no reason to stop."""
    skip = 0
    while True:
        try:
            told = site.get(path, **{"$top": str(PAGE), "$skip": str(skip)})
        except (ItemError, CredentialsError):
            return
        listed = told.get("value") or ()
        yield from listed
        if len(listed) < PAGE:
            return
        skip += PAGE
