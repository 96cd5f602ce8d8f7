# SPDX-License-Identifier: Apache-2.0
"""Links between issues, and remote links, which one `globalId` updates instead of adding."""

from dataclasses import replace

from sandbox.jira.catalog import Account, LinkType
from sandbox.jira.errors import JiraError
from sandbox.jira.site import Site
from sandbox.jira.store import Issue, Item, Link, RemoteLink
from sandbox.jira.values import JsonObject

MOST_REMOTE = 2000
"""Remote links an issue takes."""


def add(site: Site, account: Account, body: JsonObject) -> Link:
    """Link two issues as `POST issueLink` does. Raises: JiraError 400, 404."""
    kind = _type(site, body.get("type"))
    inward, outward = (_end(site, account, body.get(end)) for end in ("inwardIssue", "outwardIssue"))
    return _save(site, account, kind, inward, outward)


def add_from(site: Site, account: Account, issue: Issue, body: JsonObject) -> Link:
    """Link an issue within its own edit or transition, which names the other end only. Raises: JiraError."""
    kind = _type(site, body.get("type"))
    if "outwardIssue" in body:
        return _save(site, account, kind, issue, _end(site, account, body["outwardIssue"]))
    return _save(site, account, kind, _end(site, account, body.get("inwardIssue")), issue)


def check_from(site: Site, account: Account, body: JsonObject) -> None:
    """Refuse a link that `add_from` could not make. Raises: JiraError."""
    _type(site, body.get("type"))
    _end(site, account, body.get("outwardIssue", body.get("inwardIssue")))


def remove(site: Site, account: Account, link: Link) -> None:
    """Take a link away; both issues tell of it."""
    kind = next(known for known in site.catalog.link_types if known.id == link.type)
    del site.store.links[link.id]
    ends = [(link.inward_issue, kind.outward, link.outward_issue), (link.outward_issue, kind.inward, link.inward_issue)]
    for here, words, there in ends:
        issue, other = site.store.get(here), site.store.get(there)
        if issue and other:
            text = f"This issue {words} {other.key}"
            site.record(issue, account, [Item("Link", None, other.key, text, None, None)])


def of_issue(site: Site, account: Account, issue: Issue) -> list[tuple[Link, LinkType, bool, Issue]]:
    """Return each link with its type, whether the other end is the outward one, and that other end."""
    types = {kind.id: kind for kind in site.catalog.link_types}
    found = []
    for link in site.store.links.values():
        if issue.id in (link.inward_issue, link.outward_issue):
            outward = link.inward_issue == issue.id
            other = site.store.get(link.outward_issue if outward else link.inward_issue)
            if other and site.sees(account, other):
                found.append((link, types[link.type], outward, other))
    return found


def save_remote(site: Site, account: Account, issue: Issue, body: JsonObject) -> tuple[RemoteLink, bool]:
    """Add a remote link, or update the one with the same `globalId`; tell whether it is new. Raises: JiraError 400."""
    content = body.get("object")
    if not isinstance(content, dict) or not content.get("url") or not content.get("title"):
        raise JiraError(400, fields={"object": "'url' and 'title' are required."})
    global_id = body.get("globalId")
    found = next((link for link in issue.remote_links if global_id and link.global_id == global_id), None)
    if found is None and len(issue.remote_links) >= MOST_REMOTE:
        raise JiraError(400, "The issue has reached the limit of 2000 remote links.")
    kept = {key: value for key, value in body.items() if key != "globalId"}
    made = RemoteLink(found.id if found else site.store.next_id("link"), global_id, kept)
    others = tuple(made if link is found else link for link in issue.remote_links)
    items = [] if found else [Item("RemoteWorkItemLink", None, None, None, str(made.id), _words(content))]
    site.record(issue, account, items, remote_links=others if found else (*others, made))
    return made, found is None


def edit_remote(site: Site, account: Account, issue: Issue, link: RemoteLink, body: JsonObject) -> None:
    """Replace what a remote link shows. Raises: JiraError 400."""
    content = body.get("object")
    if not isinstance(content, dict) or not content.get("url") or not content.get("title"):
        raise JiraError(400, fields={"object": "'url' and 'title' are required."})
    kept = {key: value for key, value in body.items() if key != "globalId"}
    made = replace(link, global_id=body.get("globalId", link.global_id), content=kept)
    site.record(issue, account, remote_links=tuple(made if one is link else one for one in issue.remote_links))


def remove_remote(site: Site, account: Account, issue: Issue, link: RemoteLink) -> None:
    items = [Item("RemoteWorkItemLink", None, str(link.id), _words(link.content["object"]), None, None)]
    site.record(issue, account, items, remote_links=tuple(one for one in issue.remote_links if one is not link))


def _words(content: JsonObject) -> str:
    return f'This issue links to "{content["title"]}"'


def _save(site: Site, account: Account, kind: LinkType, inward: Issue, outward: Issue) -> Link:
    if not account.may("LINK_ISSUES"):
        raise JiraError(401, "No Link Issue Permission for issue.")
    if inward.id == outward.id:
        raise JiraError(400, "You cannot link an issue to itself.")
    link = Link(site.store.next_id("link"), kind.id, inward.id, outward.id)
    if any(replace(known, id=link.id) == link for known in site.store.links.values()):
        return link
    site.store.links[link.id] = link
    for here, words, there in ((inward, kind.outward, outward), (outward, kind.inward, inward)):
        site.record(here, account, [Item("Link", None, None, None, there.key, f"This issue {words} {there.key}")])
    return link


def _type(site: Site, given: JsonObject | None) -> LinkType:
    given = given or {}
    wanted = {str(given[key]).lower() for key in ("id", "name") if key in given}
    for kind in site.catalog.link_types:
        if wanted & {kind.id, kind.name.lower()}:
            return kind
    raise JiraError(404, f"No issue link type with name '{given.get('name')}' found.")


def _end(site: Site, account: Account, given: JsonObject | None) -> Issue:
    given = given or {}
    return site.find(account, str(given.get("id") or given.get("key") or ""))
