# SPDX-License-Identifier: Apache-2.0
"""What Automation for Jira does by itself after a person's (or an integration's) write, as its own account."""

from contextlib import suppress
from typing import Literal

from sandbox.jira import comments, edits, transitions
from sandbox.jira.adf import of_text
from sandbox.jira.catalog import Account
from sandbox.jira.errors import JiraError
from sandbox.jira.settings import HouseRule
from sandbox.jira.site import Site
from sandbox.jira.store import Issue

Event = Literal["created", "edited", "transitioned"]


def run(site: Site, account: Account, issue_id: int, event: Event) -> None:
    """Run the rules that the event calls for; what a rule does calls for no other rule."""
    settings = site.catalog.settings
    if not settings.rules or account.alias == settings.automation:
        return
    robot = site.catalog.account(settings.automation)
    for rule in settings.rules:
        issue = site.store.get(issue_id)
        if issue and _called_for(site, rule, issue, event):
            # A rule that fails leaves a note in Jira's audit log; whoever called for it never hears of it.
            with suppress(JiraError):
                _carry_out(site, robot, rule, issue)


def _called_for(site: Site, rule: HouseRule, issue: Issue, event: Event) -> bool:
    when = rule.when
    return (
        when.event == event
        and when.project in (None, site.project_of(issue).key)
        and (when.label is None or when.label in issue.fields.get("labels", ()))
        and when.status in (None, site.catalog.status(issue.status).name)
    )


def _carry_out(site: Site, robot: Account, rule: HouseRule, issue: Issue) -> None:
    if rule.fields or rule.update:
        issue = edits.edit(site, robot, issue, {"fields": rule.fields, "update": rule.update}, "3")
    if rule.transition:
        chosen = next((t for t in transitions.legal(site, robot, issue) if t.name == rule.transition), None)
        if chosen:
            issue = transitions.take(site, robot, issue, {"transition": {"id": chosen.id}}, "3")
    if rule.comment:
        comments.add(site, robot, issue, {"body": of_text(rule.comment)}, "3")
