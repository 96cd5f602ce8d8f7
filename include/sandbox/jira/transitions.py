# SPDX-License-Identifier: Apache-2.0
"""The workflow: which transitions an issue has now, and taking one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.jira import links
from sandbox.jira.catalog import Account, Transition
from sandbox.jira.edits import apply_beside, changed_values, check_beside, rich_values
from sandbox.jira.errors import JiraError
from sandbox.jira.fields import Field, fields_of, items, parse
from sandbox.jira.site import Site
from sandbox.jira.store import Issue, Item
from sandbox.jira.values import JsonObject


def legal(site: Site, account: Account, issue: Issue) -> tuple[Transition, ...]:
    """Return what the account can do from the issue's present status."""
    if not account.may("TRANSITION_ISSUES"):
        return ()
    known = site.project_of(issue).transitions
    return tuple(t for t in known if not t.source or issue.status in t.source)


def take(site: Site, account: Account, issue: Issue, body: JsonObject, version: str) -> Issue:
    """Move an issue along its workflow, with its screen's fields; resolution and status make one history entry.

    Raises:
        JiraError: 400 for a transition that is not legal now, a missing field, or one that is not on the screen.
    """
    wanted = str((body.get("transition") or {}).get("id", ""))
    if not wanted:
        raise JiraError(400, "Missing 'transition' identifier")
    chosen = next((t for t in legal(site, account, issue) if t.id == wanted), None)
    if chosen is None:
        raise JiraError(400, f"Transition id '{wanted}' is not valid for this issue.")
    setting = site.setting(issue, account, version)
    screen = screen_fields(site, chosen)
    if not chosen.screen:
        body = _without_comment(body)
    values = changed_values(body, issue.fields, setting, screen)
    _check_required(site, account, issue, chosen, values, body)
    for document in rich_values(site, values):
        site.check_media(issue.attachments, document)
    check_beside(site, account, issue, body, version)
    known = fields_of(site.catalog)
    own = replace(setting, version="3")
    values |= {name: parse(known[name], value, own) for name, value in chosen.sets.items()}
    if site.catalog.ignores(account, "status"):
        return issue
    if chosen.to.category != "done" and issue.fields.get("resolution") and "resolution" not in values:
        values["resolution"] = None
    issue = _arrive(site, account, issue, chosen, values, body)
    return apply_beside(site, account, issue, body, version)


def _without_comment(body: JsonObject) -> JsonObject:
    """Drop the comment, as Jira does without a word where a transition has no screen."""
    update = {name: value for name, value in (body.get("update") or {}).items() if name != "comment"}
    return {**body, "update": update}


def screen_fields(site: Site, transition: Transition) -> Mapping[str, Field]:
    """Return the fields that stand on the transition's screen."""
    known = fields_of(site.catalog)
    return {name: known[name] for name in transition.screen if name in known}


def _check_required(
    site: Site, account: Account, issue: Issue, chosen: Transition, values: Mapping[str, Any], body: JsonObject
) -> None:
    problems = {}
    for name in chosen.required:
        if name == "issuelinks":
            given = (body.get("update") or {}).get("issuelinks")
            if not (given or links.of_issue(site, account, issue)):
                problems[name] = "Linked Issues is required."
        elif not values.get(name, issue.fields.get(name)):
            problems[name] = f"{fields_of(site.catalog)[name].name} is required."
    if problems:
        raise JiraError(400, fields=problems)


def _arrive(
    site: Site, account: Account, issue: Issue, chosen: Transition, values: Mapping[str, Any], body: JsonObject
) -> Issue:
    known = fields_of(site.catalog)
    setting = site.setting(issue, account, "3")
    before = site.catalog.status(issue.status)
    told = [
        one
        for name, value in values.items()
        if value != issue.fields.get(name)
        for one in items(known[name], issue.fields.get(name), value, setting)
    ]
    if before.id != chosen.to.id:
        told.append(Item("status", "status", before.id, before.name, chosen.to.id, chosen.to.name))
    now = site.store.now()
    after = replace(
        issue,
        status=chosen.to.id,
        category_changed=now if before.category != chosen.to.category else issue.category_changed,
        fields={**issue.fields, **values},
    )
    if after.fields.get("resolution") != issue.fields.get("resolution"):
        after = replace(after, resolved=now if after.fields.get("resolution") else None)
    after, gone = site.without_lost_media(issue, after)
    return site.record(after, account, [*told, *gone], body.get("historyMetadata"))
