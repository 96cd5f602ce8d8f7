# SPDX-License-Identifier: Apache-2.0
"""Relations: which kinds there are, how they are read from addresses, and the order in which they come back."""

import re
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from sandbox.azure_devops import errors
from sandbox.azure_devops.items import Item, Relation
from sandbox.azure_devops.organization import Organization
from sandbox.azure_devops.people import Identity

PARENT, CHILD = "System.LinkTypes.Hierarchy-Reverse", "System.LinkTypes.Hierarchy-Forward"


def _pair(base: str, forward: str, reverse: str, *, tree: bool = False, remote: bool = False) -> list[dict[str, Any]]:
    editable = base.startswith("Microsoft.")
    found = []
    for end, name, other in (("Forward", forward, "Reverse"), ("Reverse", reverse, "Forward")):
        attributes = {
            "usage": "workItemLink",
            "editable": editable,
            "enabled": True,
            "acyclic": True,
            "directional": True,
            "singleTarget": not tree,
            "topology": "tree" if tree else "dependency",
            "remote": remote,
            "isForward": end == "Forward",
            "oppositeEndReferenceName": f"{base}-{other}",
        }
        found.append({"attributes": attributes, "referenceName": f"{base}-{end}", "name": name})
    return found


def _network(reference: str, name: str, *, remote: bool) -> dict[str, Any]:
    attributes = {
        "usage": "workItemLink",
        "editable": False,
        "enabled": True,
        "acyclic": False,
        "directional": False,
        "singleTarget": True,
        "topology": "network",
        "remote": remote,
    }
    return {"attributes": attributes, "referenceName": reference, "name": name}


def _resource(reference: str, name: str) -> dict[str, Any]:
    attributes = {"usage": "resourceLink", "editable": False, "enabled": True}
    return {"attributes": attributes, "referenceName": reference, "name": name}


TYPES: list[dict[str, Any]] = [
    *_pair("Microsoft.VSTS.Common.Affects", "Affects", "Affected By"),
    *_pair("Microsoft.VSTS.TestCase.SharedParameterReferencedBy", "Referenced By", "References"),
    *_pair("Microsoft.VSTS.Common.TestedBy", "Tested By", "Tests"),
    *_pair("Microsoft.VSTS.TestCase.SharedStepReferencedBy", "Test Case", "Shared Steps"),
    *_pair("System.LinkTypes.Remote.Dependency", "Produces For", "Consumes From", remote=True),
    *_pair("System.LinkTypes.Duplicate", "Duplicate", "Duplicate Of", tree=True),
    *_pair("System.LinkTypes.Dependency", "Successor", "Predecessor"),
    *_pair("System.LinkTypes.Hierarchy", "Child", "Parent", tree=True),
    _network("System.LinkTypes.Related", "Related", remote=False),
    _network("System.LinkTypes.Remote.Related", "Remote Related", remote=True),
    _resource("AttachedFile", "Attached File"),
    _resource("Hyperlink", "Hyperlink"),
    _resource("ArtifactLink", "Artifact Link"),
]
"""As recorded, in that order."""
_BY_NAME = {one["referenceName"].lower(): one for one in TYPES}


def acyclic(rel: str) -> bool:
    """Whether links of this kind may not lead back to where they began."""
    return bool(_BY_NAME[rel.lower()]["attributes"].get("acyclic"))


def topology(rel: str) -> str:
    """`tree`, `dependency` or `network`; empty of what is no kind of link between work items."""
    known = _BY_NAME.get(rel.lower())
    return str(known["attributes"].get("topology", "")) if known else ""


def name_of(rel: str) -> str:
    return str(_BY_NAME[rel.lower()]["name"])


def opposite(rel: str) -> str:
    """What a link is at its other end."""
    return str(_BY_NAME[rel.lower()]["attributes"].get("oppositeEndReferenceName", rel))


def ordered(item: Item) -> list[Relation]:
    """In an order of their own, which is not that of adding: by this order relations are removed."""
    return sorted(item.relations, key=lambda one: sha256(f"{item.number}/{one.rel}/{one.target}".encode()).digest())


def read(organization: Organization, who: Identity, value: Any, item: int) -> Relation:
    """A relation that somebody adds. Raises: AzureError (400, 404)."""
    if not isinstance(value, dict) or not isinstance(value.get("rel"), str) or not isinstance(value.get("url"), str):
        raise errors.bad_patch("The relation needs a rel and an url.")
    known = _BY_NAME.get(value["rel"].lower())
    if known is None:
        raise errors.bad_relation(f"The link type {value['rel']} does not exist.")
    rel, url = str(known["referenceName"]), value["url"]
    given = value.get("attributes")
    attributes = given if isinstance(given, dict) else {}
    relation = Relation(rel, url, str(attributes.get("comment") or ""))
    if relation.work_item:
        number = re.search(r"/workitems/(\d+)$", urlsplit(url).path.lower())
        if number is None:
            raise errors.bad_relation(f"{url} is no address of a work item.")
        if int(number[1]) == item:
            raise errors.bad_relation("TF201035: A work item cannot be linked to itself.")
        relation.target = str(organization.item(who, int(number[1])).number)
        return relation
    relation.number, relation.added = organization.next_relation(), organization.now()
    relation.name = str(attributes.get("name") or "")
    if rel == "AttachedFile":
        found = re.search(r"/attachments/([0-9a-f-]{36})$", urlsplit(url).path.lower())
        file = organization.files.get(found[1]) if found else None
        if file is None or not file.complete:
            raise errors.no_attachment(url)
        named = parse_qs(urlsplit(url).query).get("fileName", [file.name])[0]
        relation.target = file.id
        relation.name = relation.name or unquote(named)
        relation.size = len(file.content)
    return relation


def counts(item: Item) -> dict[str, int]:
    """How many relations of each kind a work item has, as fields tell it."""
    kinds = {"AttachedFile": "System.AttachedFileCount", "Hyperlink": "System.HyperLinkCount"}
    found = dict.fromkeys(
        ("System.RelatedLinkCount", "System.HyperLinkCount", "System.ExternalLinkCount", "System.AttachedFileCount"), 0
    )
    for one in item.relations:
        kind = "System.RelatedLinkCount" if one.work_item else kinds.get(one.rel, "System.ExternalLinkCount")
        found[kind] += 1
    return found
