# SPDX-License-Identifier: Apache-2.0
"""Where each resource is, and in which versions: what clients ask for first (`OPTIONS _apis`)."""

from dataclasses import dataclass
from typing import Any

LATEST = "7.2"
_WIT = "{project}/_apis/{area}/{resource}"
_ITEM = "{project}/_apis/{area}/workItems"
AREAS = {
    "core": "79134c72-4a58-4b42-976c-04e7115f32bf",
    "wit": "5264459e-e5e0-4bd8-b118-0985e68a4ec5",
    "work": "1d4f49f9-02b9-4e26-b826-2cdb6195f2a9",
}


@dataclass(frozen=True)
class Location:
    id: str
    area: str
    resource: str
    template: str
    version: int = 2
    """Of the resource's form."""
    preview: bool = False
    """Whether no version of it was ever released."""

    def told(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "area": self.area,
            "resourceName": self.resource,
            "routeTemplate": self.template,
            "resourceVersion": self.version,
            "minVersion": "1.0",
            "maxVersion": LATEST,
            "releasedVersion": "0.0" if self.preview else "7.1",
        }


_COMMENT = f"{_ITEM}/{{workItemId}}/{{resource}}/{{commentId}}"
_FEELS = f"{_ITEM}/{{workItemId}}/comments/{{commentId}}/reactions"
_REACTION = f"{_ITEM}/{{workItemId}}/comments/{{commentId}}/{{resource}}/{{reactionType}}"
_TEAM = "_apis/projects/{projectId}/teams/{teamId}/{resource}"
LOCATIONS = [
    Location("e81700f7-3be2-46de-8624-2eb35882fcaa", "Location", "ResourceAreas", "_apis/{resource}/{areaId}", 1, True),
    Location("00d9565f-ed9c-4a06-9a50-00e7896ccab4", "Location", "ConnectionData", "_apis/{resource}", 1, True),
    Location("603fe2ac-9723-48b9-88ad-09305aa6c6e1", "core", "projects", "_apis/{resource}/{projectId}", 4),
    Location(
        "d30a3dd1-f8ba-442a-b86a-bd0c0c383e59",
        "core",
        "teams",
        "_apis/projects/{projectId}/{resource}/{*teamId}",
        3,
        True,
    ),
    Location("7a4d9ee9-3433-4347-b47a-7a80f1cf307e", "core", "teams", "_apis/{resource}", 3, True),
    Location("294c494c-2600-4d7e-b76c-3dd50c3c95be", "core", "members", _TEAM, 2, True),
    Location("9a1b74b4-2ca8-4a9f-8470-c2f2e6fdc949", "operations", "operations", "_apis/{resource}/{operationId}", 1),
    Location("62d3d110-0047-428c-ad3c-4fe872c91c74", "wit", "workItems", _WIT + "/${type}", 3),
    Location("72c7ddf8-2cdc-4f60-90cd-ab71c14a399b", "wit", "workItems", _WIT + "/{id}", 3),
    Location("908509b6-4248-4475-a1cd-829139ba419f", "wit", "workItemsBatch", _WIT, 1),
    Location("8bc57545-27e5-420d-b709-f6e3ebcc1fc1", "wit", "workItemsDelete", _WIT, 1),
    Location(
        "a00c85a5-80fa-4565-99c3-bcd2181434bb", "wit", "revisions", _ITEM + "/{id}/{resource}/{revisionNumber}", 3
    ),
    Location("6570bf97-d02c-4a91-8d93-3abe9895b1a9", "wit", "updates", _ITEM + "/{id}/{resource}/{updateNumber}", 3),
    Location("608aac0a-32e1-4493-a863-b9cf4566d257", "wit", "comments", _COMMENT, 4, True),
    Location(
        "49e03b34-3be0-42e3-8a5d-e8dfb88ac954",
        "wit",
        "versions",
        _ITEM + "/{workItemId}/comments/{commentId}/{resource}/{version}",
        1,
        True,
    ),
    Location("b70d8d39-926c-465e-b927-b1bf0e5ca0e0", "wit", "recycleBin", _WIT + "/{id}", 2),
    Location("e07b5fa4-1499-494d-a496-64b860fd64ff", "wit", "attachments", _WIT + "/{id}", 3),
    Location("1a9c53f7-f243-4447-b110-35ef023636e4", "wit", "wiql", "{project}/{team}/_apis/{area}/{resource}", 2),
    Location("a02355f5-5f8a-4671-8e32-369d23aac83d", "wit", "wiql", "{project}/{team}/_apis/{area}/{resource}/{id}", 2),
    Location("a67d190c-c41f-424b-814d-0e906f659301", "wit", "queries", _WIT + "/{*query}", 2),
    Location(
        "f828fe59-dd87-495d-a17c-7a8d6211ca6c",
        "wit",
        "workItemRevisions",
        "{project}/_apis/{area}/reporting/{resource}",
        2,
    ),
    Location(
        "b5b5b6d0-0308-40a1-b3f4-b9bb3c66878f", "wit", "workItemLinks", "{project}/_apis/{area}/reporting/{resource}", 3
    ),
    Location(
        "4a644469-90c5-4fcc-9a9f-be0827d369ec",
        "wit",
        "discussions",
        "{project}/_apis/{area}/reporting/workItemRevisions/{resource}",
        1,
        True,
    ),
    Location("b51fd764-e5c2-4b9b-aaf7-3395cf4bdd94", "wit", "fields", _WIT + "/{fieldNameOrRefName}", 3),
    Location("7c8d7a76-4a09-43e8-b5df-bd792f4ac6aa", "wit", "workItemTypes", _WIT + "/{type}", 2),
    Location(
        "7c9d7a76-4a09-43e8-b5df-bd792f4ac6aa",
        "wit",
        "states",
        "{project}/_apis/{area}/workItemTypes/{type}/{resource}",
        1,
    ),
    Location(
        "bd293ce5-3d25-4192-8e67-e8092e879efb",
        "wit",
        "fields",
        "{project}/_apis/{area}/workItemTypes/{type}/{resource}/{field}",
        3,
    ),
    Location("9b9f5734-36c8-415e-ba67-f83b45c31408", "wit", "workItemTypeCategories", _WIT + "/{category}", 2),
    Location(
        "f5d33bc9-5b49-4a3c-a9bd-f3cd46dd2165", "wit", "workItemRelationTypes", "_apis/{area}/{resource}/{relation}", 2
    ),
    Location(
        "5a172953-1b41-49d3-840a-33f79c3ce89f", "wit", "classificationNodes", _WIT + "/{structureGroup}/{*path}", 2
    ),
    Location("a70579d1-f53a-48ee-a5be-7be8659023b9", "wit", "classificationNodes", _WIT, 2),
    Location("549816f9-09b0-4e75-9e81-01fbfcd07426", "wit", "queriesBatch", _WIT, 1, True),
    Location("f6cb3f27-1028-4851-af96-887e570dc21f", "wit", "reactions", _REACTION, 1, True),
    Location(
        "e33ca5e0-2349-4285-af3d-d72d86781c35", "wit", "users", f"{_FEELS}/{{reactionType}}/{{resource}}", 1, True
    ),
    Location("bc15bc60-e7a8-43cb-ab01-2106be3983a1", "wit", "tags", _WIT + "/{tagIdOrName}", 1),
]
VERSIONS = {one.resource.lower(): max(o.version for o in LOCATIONS if o.resource == one.resource) for one in LOCATIONS}
"""Of each resource's form: a higher one is not served."""
PREVIEWS = {one.resource.lower() for one in LOCATIONS if one.preview}
