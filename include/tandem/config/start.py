# SPDX-License-Identifier: Apache-2.0
"""The text that a new contract starts from: commented, and valid as soon as each ``<…>`` is filled in."""

from __future__ import annotations

from tandem.config.codes import Code
from tandem.config.people import file_name
from tandem.config.traits import TRAITS
from tandem.config.validate import did_you_mean
from tandem.errors import ConfigurationError, Problem

_JIRA = """\
scope: [{field: project, is: "<project key>"}]   # which tickets are offered: all conditions hold

fields:                                # hub field: native field; see docs/reference/hub.md
  title:       {field: summary, too_long: comment}
  description: description
  priority:    {field: priority, map: {1: Highest, 2: High, 3: Medium, 4: [Low, Lowest]}}   # the first is written
  status:                              # `otherwise`: what the other side has and Jira has not, such as pending
    field: status
    map: {new: To Do, in_progress: In Progress, solved: Done}
    otherwise: {in: In Progress}
  # assignee:  {field: assignee, fallback: none}   # asks for a map of people: people/{people}
  # labels:    {field: labels, only: [shared]}     # without `only` all labels are offered
# transitions: {Done: {by: Finish, fields: {resolution: Fixed}}}   # where several lead to a status, or fields are asked
closed: reopen                         # or: quarantine

create: {project: "<project key>", issuetype: Task}   # for the other side's tickets, beside the fields above
"""

_SERVICENOW = """\
scope:                                 # which tickets are offered: all conditions hold
  - {field: sys_class_name, is: incident}          # the one table of this contract, or of an offer
  - {field: assignment_group, is: "<group>"}

fields:                                # hub field: native field; see docs/reference/hub.md
  title:       {field: short_description, too_long: comment}
  description: {field: description, too_long: comment}   # 4,000 characters without markup
  priority:    {field: priority, map: {1: 1 - Critical, 2: 2 - High, 3: 3 - Moderate, 4: [4 - Low, 5 - Planning]}}
  status:
    field: state
    map: {new: New, in_progress: In Progress, pending: On Hold, solved: Resolved, closed: Closed}
    ignore: [Canceled]
  # assignee:  {field: assigned_to, fallback: none}   # asks for a map of people: people/{people}
transitions:                           # what the instance's data policies ask for with a state
  On Hold:  {fields: {hold_reason: Awaiting Vendor}}
  Resolved: {fields: {close_code: Solved (Permanently), close_notes: Resolved by our partner.}}
  Closed:   {fields: {close_code: Solved (Permanently), close_notes: Resolved by our partner.}}
closed: quarantine                     # or: reopen, where the account may write closed tickets

create: {sys_class_name: incident, assignment_group: "<group>"}   # for the other side's tickets, beside these fields
"""

_ZENDESK = """\
scope: [{field: tags, contains: "<tag>"}]   # which tickets are offered: all conditions hold

fields:                                # hub field: native field; see docs/reference/hub.md
  title:       {field: subject, too_long: comment}
  description: {field: description, on_change: comment}   # in Zendesk the first comment, which nobody can change
  priority:    {field: priority, map: {1: urgent, 2: high, 3: normal, 4: low}}
  status:                              # Zendesk never takes a ticket back to `new`: `open` is written in its place
    field: status
    map: {in_progress: [open, hold], pending: pending, solved: solved}
    ignore: [new]
    otherwise: {in: open}
  # assignee:  assignee_id                         # asks for a map of people: people/{people}
  # labels:    {field: tags, only: [shared]}       # without `only` all tags are offered
closed: quarantine                     # or: follow_up; a closed Zendesk ticket takes nothing more

create: {tags: ["<tag>"]}              # for the other side's tickets, beside the fields above
"""

_REQUEST_TRACKER = """\
scope: [{field: Queue, is: "<queue>"}]   # which tickets are offered: all conditions hold

fields:                                # hub field: native field; custom fields are "CF.{Name}", in quotes
  title:       {field: Subject, too_long: comment}
  description: {field: Content, on_change: comment}   # the first message, which nobody can change
  priority:    {field: Priority, map: {1: "100", 2: "75", 3: "50", 4: "0"}, otherwise: {out: 3}}
  status:                              # these are of the lifecycle as it is installed
    field: Status
    map: {new: new, in_progress: open, pending: stalled, solved: resolved}
    ignore: [rejected]
  # assignee:  {field: Owner, fallback: none}      # asks for a map of people: people/{people}
  # labels:    {field: "CF.{Labels}", only: [shared]}   # a custom field that takes many values
closed: reopen                         # or: quarantine

create: {Queue: "<queue>"}             # for the other side's tickets, beside the fields above
"""

_REDMINE = """\
options: {marker: <cf_…>, markup: textile}   # the custom field for our marks; or common_mark. See docs/redmine.md
scope: [{field: project, is: "<project identifier>"}]   # which issues are offered: all conditions hold

fields:                                # hub field: native field; a custom field is cf_<number>
  title:       {field: subject, too_long: comment}
  description: description
  priority:    {field: priority, map: {1: [Immediate, Urgent], 2: High, 3: Normal, 4: Low}}   # the first is written
  status:                              # these are as Redmine is installed; the workflow of our role must allow them
    field: status
    map: {new: New, in_progress: In Progress, pending: Feedback, solved: [Resolved, Closed, Rejected]}
  # assignee:  {field: assigned_to, fallback: none}   # asks for a map of people: people/{people}
  # labels:    {field: cf_2, only: [shared]}          # a custom field that takes many values
closed: reopen                         # or: quarantine

create: {project: "<project identifier>", tracker: Bug}   # for the other side's tickets, beside the fields above
"""

_AZURE_DEVOPS = """\
options: {marker: <Custom.…>, markup: html}   # the field for our marks; or markdown. See docs/azure-devops.md
scope:                                 # which work items are offered: all conditions hold; an area holds those below
  - {field: System.TeamProject, is: "<project>"}
  - {field: System.AreaPath, is: '<project>\\<area>'}

fields:                                # hub field: native field, by its reference name; see docs/reference/hub.md
  title:       {field: System.Title, too_long: comment}
  description: Text                    # what the form shows: of a Bug its steps, else the description
  type:        {field: System.WorkItemType, map: {feature: Feature, bug: Bug}, otherwise: {in: Bug}, once: true}
  priority:    {field: Microsoft.VSTS.Common.Priority, map: {1: "1", 2: "2", 3: "3", 4: "4"}}
  status:                              # these are of the process Agile; the reason follows the state
    field: System.State
    map: {new: New, in_progress: Active, solved: Resolved, closed: Closed}
    ignore: [Removed]
    otherwise: {in: Active}
  # assignee:  {field: System.AssignedTo, fallback: none}   # asks for a map of people: people/{people}
  # labels:    {field: System.Tags, only: [shared]}         # without `only` all tags are offered
closed: reopen                         # or: quarantine

create: {System.TeamProject: "<project>", System.AreaPath: '<project>\\<area>'}   # for the other side's tickets
"""

SYSTEMS = {
    "azure_devops": _AZURE_DEVOPS,
    "jira": _JIRA,
    "redmine": _REDMINE,
    "request_tracker": _REQUEST_TRACKER,
    "servicenow": _SERVICENOW,
    "zendesk": _ZENDESK,
}
_TITLES = {"azure_devops": "Azure DevOps", "request_tracker": "Request Tracker", "servicenow": "ServiceNow"}

_HEAD = """\
# yaml-language-server: $schema=../../docs/schema/contract.schema.json
# What {company} offers from its {title}, and how it takes in what others send. Every key: docs/reference/contract.md
# What is not named here never leaves.
company: {company}
system: {system}
connection: <connection>               # id of the Airflow connection that holds address and log-in
zone: UTC

"""

_TAIL = """\

comments:    {out: public, as: public, names: full}   # `as`: how the other side's comments are written here
attachments: {up_to: 20 MB, unreferenced: hold}       # `send`: files go although no text shows them
# reveal:    [key, status]             # what the other side may be told about the ticket here
"""


def title_of(system: str) -> str:
    """How people call a kind of tracker."""
    return _TITLES.get(system, system.capitalize())


def new_contract(system: str, company: str) -> str:
    """Write the contract that a company starts from.

    Raises:
        ConfigurationError: there is no starting text for this system.
    """
    body = _body(system)
    company = " ".join(company.split())
    quoted = "'" + company.replace("'", "''") + "'"
    head = _HEAD.replace("company: {company}", f"company: {quoted}").replace("{company}", company)
    head = head.replace("{title}", title_of(system)).replace("{system}", system)
    return head + body.replace("{people}", file_name(company)) + _TAIL


def _body(system: str) -> str:
    if system in SYSTEMS:
        return SYSTEMS[system]
    if system not in TRAITS:
        what = f"There is no starting contract for `{system}`."
        raise ConfigurationError([Problem(Code.SYSTEM, what, did_you_mean(system, TRAITS))])
    if not TRAITS[system].start:
        what = f"There is no starting contract for `{system}`: the package of its connector brings none."
        fix = "Write one by docs/reference/contract.md, or begin with that of a tracker that is like it."
        raise ConfigurationError([Problem(Code.SYSTEM, what, fix)])
    return TRAITS[system].start.strip() + "\n"
