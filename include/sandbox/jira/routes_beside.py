# SPDX-License-Identifier: Apache-2.0
"""REST: what hangs on an issue: comments, files, links, watchers, votes."""

from dataclasses import replace

from starlette.responses import RedirectResponse

from sandbox.jira import comments, files, links, media, shapes, shapes_issue
from sandbox.jira.api import Answer, Call, Endpoint
from sandbox.jira.errors import JiraError
from sandbox.jira.payload import Listed, NewLink, Said
from sandbox.jira.store import Attachment, Comment, Issue, Link, RemoteLink
from sandbox.jira.values import JsonObject

MOST_LISTED = 1000


def _comments(call: Call) -> Answer:
    issue = call.issue()
    first, most = call.number("startAt", 0), call.number("maxResults", 100, 5000)
    seen = [c for c in issue.comments if call.site.sees_said(call.account, c)]
    order = call.query.get("orderBy", "created")
    if order.lstrip("+- ") != "created":
        raise JiraError(400, f"Invalid value for orderBy: {order}")
    if order.startswith("-"):
        seen.reverse()
    rendered = "renderedBody" in call.words("expand")
    shown = [shapes_issue.comment(call.view, issue, c, rendered=rendered) for c in seen[first : first + most]]
    return Answer({"startAt": first, "maxResults": most, "total": len(seen), "comments": shown})


def _comment(call: Call) -> Answer:
    issue, found = _found_comment(call)
    rendered = "renderedBody" in call.words("expand")
    return Answer(shapes_issue.comment(call.view, issue, found, rendered=rendered))


def _add_comment(call: Call) -> Answer:
    issue = call.issue()
    made = comments.add(call.site, call.account, issue, call.sent, call.version)
    return Answer(shapes_issue.comment(call.view, call.site.find(call.account, str(issue.id)), made), 201)


def _edit_comment(call: Call) -> Answer:
    issue, found = _found_comment(call)
    made = comments.edit(call.site, call.account, issue, found, call.sent, call.version)
    return Answer(shapes_issue.comment(call.view, call.site.find(call.account, str(issue.id)), made))


def _delete_comment(call: Call) -> Answer:
    issue, found = _found_comment(call)
    comments.delete(call.site, call.account, issue, found)
    return Answer(status=204)


def _list_comments(call: Call) -> Answer:
    ids = call.sent.get("ids") or []
    if len(ids) > MOST_LISTED:
        raise JiraError(400, f"ids must hold at most {MOST_LISTED} ids.")
    expand = call.words("expand")
    shown = []
    for number in ids:
        found = call.site.store.of_comment(int(number))
        if found and call.site.sees(call.account, found[0]) and call.site.sees_said(call.account, found[1]):
            shown.append(
                shapes_issue.comment(
                    call.view, *found, properties="properties" in expand, rendered="renderedBody" in expand
                )
            )
    page: JsonObject = {"maxResults": 1048576, "startAt": 0, "total": len(shown), "isLast": True}
    return Answer(page | {"values": shown})


def _comment_properties(call: Call) -> Answer:
    _, found = _any_comment(call)
    base = f"{call.view.rest}/comment/{found.id}/properties"
    return Answer({"keys": [{"self": f"{base}/{key}", "key": key} for key in found.properties]})


def _comment_property(call: Call) -> Answer:
    _, found = _any_comment(call)
    key = _existing(found.properties.keys(), call.path["property"])
    return Answer({"key": key, "value": found.properties[key]})


def _set_comment_property(call: Call) -> Answer:
    issue, found = _any_comment(call)
    new = call.path["property"] not in found.properties
    comments.set_property(call.site, issue, found, call.path["property"], call.body)
    return Answer("", 201 if new else 200)


def _drop_comment_property(call: Call) -> Answer:
    issue, found = _any_comment(call)
    comments.drop_property(call.site, issue, found, _existing(found.properties.keys(), call.path["property"]))
    return Answer(status=204)


def _attach(call: Call) -> Answer:
    issue = call.issue()
    if call.headers.get("x-atlassian-token") not in ("no-check", "nocheck"):
        raise JiraError(403, "XSRF check failed")
    if not call.files:
        raise JiraError(400, "The request holds no file.")
    made = []
    for sent in call.files:
        made.append(files.attach(call.site, call.account, issue, sent.name, sent.mime, sent.content))
        issue = call.site.find(call.account, str(issue.id))
    return Answer([shapes_issue.attachment(call.view, file) for file in made])


def _attachment(call: Call) -> Answer:
    return Answer(shapes_issue.attachment(call.view, _found_file(call)[1], numeric=True))


def _attachment_meta(call: Call) -> Answer:
    return Answer({"enabled": True, "uploadLimit": call.site.catalog.settings.attachment_limit})


def _delete_attachment(call: Call) -> Answer:
    files.delete(call.site, call.account, *_found_file(call))
    return Answer(status=204)


def _content(call: Call) -> Answer:
    """Send the caller to Media Services, another host, where the address carries the UUID and a token."""
    file = _found_file(call)[1]
    if call.query.get("redirect") == "false":
        return Answer(media.answer(call.site, file))
    return Answer(RedirectResponse(media.address(call.site, file), 303))


def _remote_links(call: Call) -> Answer:
    issue = call.issue()
    wanted = call.query.get("globalId")
    shown = [shapes_issue.remote_link(call.view, issue, one) for one in issue.remote_links]
    if wanted is None:
        return Answer(shown)
    found = [one for one in shown if one.get("globalId") == wanted]
    if not found:
        raise JiraError(404, "The requested remote link does not exist.")
    return Answer(found[0])


def _save_remote_link(call: Call) -> Answer:
    issue = call.issue()
    made, new = links.save_remote(call.site, call.account, issue, call.sent)
    address = f"{call.view.rest}/issue/{issue.key}/remotelink/{made.id}"
    return Answer({"id": made.id, "self": address}, 201 if new else 200)


def _remote_link(call: Call) -> Answer:
    issue = call.issue()
    return Answer(shapes_issue.remote_link(call.view, issue, _found_remote(call, issue)))


def _edit_remote_link(call: Call) -> Answer:
    issue = call.issue()
    links.edit_remote(call.site, call.account, issue, _found_remote(call, issue), call.sent)
    return Answer(status=204)


def _delete_remote_link(call: Call) -> Answer:
    issue = call.issue()
    links.remove_remote(call.site, call.account, issue, _found_remote(call, issue))
    return Answer(status=204)


def _delete_remote_link_by_global_id(call: Call) -> Answer:
    issue = call.issue()
    found = next((one for one in issue.remote_links if one.global_id == call.query.get("globalId")), None)
    if found is None:
        raise JiraError(404, "The requested remote link does not exist.")
    links.remove_remote(call.site, call.account, issue, found)
    return Answer(status=204)


def _add_link(call: Call) -> Answer:
    links.add(call.site, call.account, call.sent)
    return Answer("", 201)


def _link(call: Call) -> Answer:
    link = _found_link(call)
    ends = (call.site.store.get(link.inward_issue), call.site.store.get(link.outward_issue))
    kind = next(one for one in call.site.catalog.link_types if one.id == link.type)
    shown: JsonObject = {}
    for outward, end in zip((False, True), ends, strict=True):
        if end:
            shown |= shapes_issue.issue_link(call.view, link, kind, outward, end)
    return Answer(shown)


def _delete_link(call: Call) -> Answer:
    links.remove(call.site, call.account, _found_link(call))
    return Answer(status=204)


def _link_types(call: Call) -> Answer:
    return Answer({"issueLinkTypes": [shapes.link_type(call.view, one) for one in call.site.catalog.link_types]})


def _watchers(call: Call) -> Answer:
    issue = call.issue()
    people = sorted(issue.watchers)
    return Answer(
        {
            "self": f"{call.view.rest}/issue/{issue.key}/watchers",
            "isWatching": call.account.id in people,
            "watchCount": len(people),
            "watchers": [shapes.user(call.view, one) for one in people],
        }
    )


def _watch(call: Call) -> Answer:
    issue = call.issue()
    who = call.body if isinstance(call.body, str) else call.account.id
    if who not in call.site.catalog.accounts:
        raise JiraError(404, f"User '{who}' does not exist.")
    call.site.store.save(replace(issue, watchers=issue.watchers | {who}), touch=False)
    return Answer(status=204)


def _unwatch(call: Call) -> Answer:
    issue = call.issue()
    who = call.query.get("accountId", call.account.id)
    call.site.store.save(replace(issue, watchers=issue.watchers - {who}), touch=False)
    return Answer(status=204)


def _votes(call: Call) -> Answer:
    issue = call.issue()
    return Answer(
        {
            "self": f"{call.view.rest}/issue/{issue.key}/votes",
            "votes": len(issue.voters),
            "hasVoted": call.account.id in issue.voters,
            "voters": [shapes.user(call.view, one) for one in sorted(issue.voters)],
        }
    )


def _vote(call: Call) -> Answer:
    issue = call.issue()
    call.site.store.save(replace(issue, voters=issue.voters | {call.account.id}), touch=False)
    return Answer(status=204)


def _unvote(call: Call) -> Answer:
    issue = call.issue()
    call.site.store.save(replace(issue, voters=issue.voters - {call.account.id}), touch=False)
    return Answer(status=204)


def _found_comment(call: Call) -> tuple[Issue, Comment]:
    issue = call.issue()
    found = next((c for c in issue.comments if str(c.id) == call.path["comment"]), None)
    if found is None or not call.site.sees_said(call.account, found):
        raise _no_comment(call)
    return issue, found


def _any_comment(call: Call) -> tuple[Issue, Comment]:
    number = call.path["comment"]
    found = call.site.store.of_comment(int(number)) if number.isdigit() else None
    if not found or not (call.site.sees(call.account, found[0]) and call.site.sees_said(call.account, found[1])):
        raise _no_comment(call)
    return found


def _no_comment(call: Call) -> JiraError:
    return JiraError(404, f"Can not find a comment for the id: {call.path['comment']}.")


def _found_file(call: Call) -> tuple[Issue, Attachment]:
    number = call.path["attachment"]
    found = call.site.store.of_attachment(int(number)) if number.isdigit() else None
    if found is None or not call.site.sees(call.account, found[0]):
        raise JiraError(404, f"The attachment with id '{number}' does not exist")
    return found


def _found_remote(call: Call, issue: Issue) -> RemoteLink:
    found = next((one for one in issue.remote_links if str(one.id) == call.path["link"]), None)
    if found is None:
        raise JiraError(404, "The requested remote link does not exist.")
    return found


def _found_link(call: Call) -> Link:
    number = call.path["link"]
    link = call.site.store.links.get(int(number)) if number.isdigit() else None
    if link is None:
        raise JiraError(404, f"No issue link with id '{number}' exists.")
    for end in (link.inward_issue, link.outward_issue):
        call.site.find(call.account, str(end))
    return link


def _existing(keys: object, wanted: str) -> str:
    if wanted not in keys:  # type: ignore[operator]
        raise JiraError(404, f"The property {wanted} does not exist.")
    return wanted


ENDPOINTS = (
    Endpoint("GET", "/issue/{issue}/comment", _comments),
    Endpoint("POST", "/issue/{issue}/comment", _add_comment, takes=Said),
    Endpoint("GET", "/issue/{issue}/comment/{comment}", _comment),
    Endpoint("PUT", "/issue/{issue}/comment/{comment}", _edit_comment, takes=Said),
    Endpoint("DELETE", "/issue/{issue}/comment/{comment}", _delete_comment),
    Endpoint("POST", "/comment/list", _list_comments, takes=Listed),
    Endpoint("GET", "/comment/{comment}/properties", _comment_properties),
    Endpoint("GET", "/comment/{comment}/properties/{property}", _comment_property),
    Endpoint("PUT", "/comment/{comment}/properties/{property}", _set_comment_property),
    Endpoint("DELETE", "/comment/{comment}/properties/{property}", _drop_comment_property),
    Endpoint("POST", "/issue/{issue}/attachments", _attach),
    Endpoint("GET", "/attachment/meta", _attachment_meta),
    Endpoint("GET", "/attachment/content/{attachment}", _content),
    Endpoint("GET", "/attachment/thumbnail/{attachment}", _content),
    Endpoint("GET", "/attachment/{attachment}", _attachment),
    Endpoint("DELETE", "/attachment/{attachment}", _delete_attachment),
    Endpoint("GET", "/issue/{issue}/remotelink", _remote_links),
    Endpoint("POST", "/issue/{issue}/remotelink", _save_remote_link),
    Endpoint("DELETE", "/issue/{issue}/remotelink", _delete_remote_link_by_global_id),
    Endpoint("GET", "/issue/{issue}/remotelink/{link}", _remote_link),
    Endpoint("PUT", "/issue/{issue}/remotelink/{link}", _edit_remote_link),
    Endpoint("DELETE", "/issue/{issue}/remotelink/{link}", _delete_remote_link),
    Endpoint("POST", "/issueLink", _add_link, takes=NewLink),
    Endpoint("GET", "/issueLink/{link}", _link),
    Endpoint("DELETE", "/issueLink/{link}", _delete_link),
    Endpoint("GET", "/issueLinkType", _link_types),
    Endpoint("GET", "/issue/{issue}/watchers", _watchers),
    Endpoint("POST", "/issue/{issue}/watchers", _watch),
    Endpoint("DELETE", "/issue/{issue}/watchers", _unwatch),
    Endpoint("GET", "/issue/{issue}/votes", _votes),
    Endpoint("POST", "/issue/{issue}/votes", _vote),
    Endpoint("DELETE", "/issue/{issue}/votes", _unvote),
)
