# SPDX-License-Identifier: Apache-2.0
"""`wit/reporting`: the feeds of all revisions, of links, and of discussions, in the order in which they were made."""

from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import quote, urlencode

from sandbox.azure_devops import errors
from sandbox.azure_devops.calls import Answer, Call
from sandbox.azure_devops.items import Item, Revision
from sandbox.azure_devops.shapes import View, extended
from sandbox.azure_devops.times import read, text_of
from sandbox.azure_devops.values import tags_of

MOST = 1000
_BESIDE = ("Area", "Iteration", "Person", "NodeName", "Authorized", "Watermark")
_WHOLE = ("System.AreaPath", "System.IterationPath")


@dataclass(frozen=True)
class Filter:
    """What the feed is to hold."""

    fields: tuple[str, ...]
    types: tuple[str, ...]
    reference: bool
    deleted: bool
    latest: bool
    tags: bool
    discussions: bool
    texts: bool


def serve(call: Call) -> Answer:
    """Raises: AzureError."""
    path = tuple(part.lower() for part in call.path)
    match path:
        case ("workitemrevisions",) if call.method in ("GET", "POST"):
            return Answer(_revisions(call, _filter(call)))
        case ("workitemrevisions", "discussions") if call.method == "GET":
            return Answer(_revisions(call, Filter((), (), False, False, False, False, True, True)))
        case ("workitemlinks",) if call.method == "GET":
            return Answer(_links(call))
        case ("workitemrevisions" | "workitemlinks", *_):
            raise errors.no_method(call.method)
    raise errors.no_resource("/".join(call.path))


def _filter(call: Call) -> Filter:
    body = call.object() if call.method == "POST" else {}

    def several(name: str) -> tuple[str, ...]:
        given = body[name] if isinstance(body.get(name), list) else call.text(name).split(",")
        return tuple(str(one).strip() for one in given if str(one).strip())

    def flag(name: str) -> bool:
        return call.flag(name) or body.get(name) is True

    names = []
    for name in several("fields"):
        found = call.organization.fields.get(name)
        if found is None:
            raise errors.no_field(name)
        names.append(found.reference)
    return Filter(
        tuple(names),
        tuple(name.lower() for name in several("types")),
        flag("includeIdentityRef"),
        flag("includeDeleted"),
        flag("includeLatestOnly"),
        flag("includeTagRef"),
        flag("includeDiscussionChangesOnly"),
        call.text("$expand").lower() == "fields" or str(body.get("$expand", "")).lower() == "fields",
    )


def _revisions(call: Call, wanted: Filter) -> dict[str, Any]:
    start, since = _token(call), _since(call)
    size = min(max(1, call.number("$maxPageSize", MOST)), MOST)
    page: list[tuple[Item, Revision]] = []
    last = True
    for item, one in islice(call.organization.log, start, None):
        if _wanted(call, wanted, item, one) and (since is None or one.at.timestamp() >= since):
            if len(page) == size:
                last = False
                break
            page.append((item, one))
    # What is in the recycle bin is left out of a page that was cut with it: a short page is not the last.
    values = [_value(call, wanted, item, one) for item, one in page if wanted.deleted or item.deleted_at is None]
    if page:
        item, one = page[-1]
        token = f"{one.watermark};{item.number};{one.rev}"
    else:
        token = call.text("continuationToken") or "0;0;0"
    return _batch(call, values, token, last)


def _wanted(call: Call, wanted: Filter, item: Item, revision: Revision) -> bool:
    there = item.number in call.organization.items and call.organization.sees(call.who, item)
    here = call.project is None or revision.fields["System.TeamProject"] == call.project.name
    typed = not wanted.types or str(revision.fields["System.WorkItemType"]).lower() in wanted.types
    said = revision.comment is not None or not wanted.discussions
    return there and here and typed and said and (revision is item.now or not wanted.latest)


def _value(call: Call, wanted: Filter, item: Item, revision: Revision) -> dict[str, Any]:
    value: dict[str, Any] = {"id": item.number, "rev": revision.rev, "fields": _fields(call, wanted, item, revision)}
    if revision.comment is not None:
        ref = revision.comment
        value["commentVersionRef"] = {"commentId": ref.number, "version": ref.version}
        if wanted.discussions:
            comment = next(one for one in item.comments if one.number == ref.number)
            version = comment.versions[ref.version - 1]
            value["commentVersionRef"] |= {"text": version.text, "isDeleted": version.deleted}
    return value


def _fields(call: Call, wanted: Filter, item: Item, revision: Revision) -> dict[str, Any]:
    """Names as texts; long texts only on request, which then is one for all fields."""
    organization = call.organization
    view = View(organization, naming="reference" if wanted.reference else "text")
    values = extended(organization, item, revision)
    if not wanted.deleted:
        del values["System.IsDeleted"]
    found: dict[str, Any] = {}
    for name in sorted(values, key=organization.fields.place):
        known = organization.fields.get(name)
        long = known is not None and known.long and name != "System.Tags"
        beside = name.startswith(tuple(f"System.{one}" for one in _BESIDE)) and name not in _WHOLE
        listed = name in wanted.fields if wanted.fields else not beside and not long
        if wanted.texts or listed:
            found[name] = view.value(values[name])
    if wanted.tags and "System.Tags" in found:
        found["System.Tags"] = [{"name": tag} for tag in tags_of(str(found["System.Tags"]))]
    return found


def _links(call: Call) -> dict[str, Any]:
    """Links between work items as they were added and removed: nothing else tells of them over all work items."""
    organization, start, since = call.organization, _token(call), _since(call)
    found = []
    for item in organization.seen(call.who, call.project):
        for update in item.updates:
            for relation, active in (*((o, True) for o in update.added), *((o, False) for o in update.removed)):
                if relation.work_item and (since is None or update.at.timestamp() >= since):
                    found.append((update.at, item, update, relation, active))
    found.sort(key=lambda one: (one[0], one[1].number))
    numbered = list(enumerate(found, 1))[start:]
    page = numbered[: min(max(1, call.number("$maxPageSize", MOST)), MOST)]
    values = [
        {
            "rel": relation.rel,
            "attributes": {
                "sourceId": item.number,
                "targetId": int(relation.target),
                "isActive": active,
                "changedDate": text_of(at),
                "changedBy": update.by.shown(organization.url),
                "comment": relation.comment,
                "changedOperation": "create" if active else "remove",
                "sourceProjectId": organization.of(item).id,
            },
        }
        for _, (at, item, update, relation, active) in page
    ]
    token = str(page[-1][0]) if page else call.text("continuationToken") or "0"
    return _batch(call, values, token, len(page) == len(numbered))


def _batch(call: Call, values: list[dict[str, Any]], token: str, last: bool) -> dict[str, Any]:
    """A page; the way on is there even on the last."""
    base = f"{call.organization.url}/{call.project.id}" if call.project else call.organization.url
    kept = [
        (key, value)
        for key, value in call.query.multi_items()
        if key.lower() not in ("continuationtoken", "startdatetime", "watermark")
    ]
    asked = urlencode([("continuationToken", token), *kept], quote_via=quote, safe=";$")
    link = f"{base}/_apis/wit/reporting/{'/'.join(call.path)}?{asked}"
    return {"values": values, "nextLink": link, "continuationToken": token, "isLastBatch": last}


def _token(call: Call) -> int:
    token = call.text("continuationToken") or call.text("watermark")
    if token and call.text("startDateTime"):
        raise errors.bad_argument("The startDateTime parameter cannot be used with a watermark.")
    first = token.split(";")[0]
    if token and not first.isdecimal():
        raise errors.bad_argument("The continuation token is not valid.")
    return min(int(first), 2**31) if token else 0


def _since(call: Call) -> float | None:
    text = call.text("startDateTime")
    try:
        return read(text, call.organization.zone(call.who)).timestamp() if text else None
    except ValueError:
        raise errors.bad_argument(f"The value {text} is no time.") from None
