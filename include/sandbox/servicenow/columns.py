# SPDX-License-Identifier: Apache-2.0
"""The vendor's tables and their columns, as a new instance has them. Names of columns: recorded answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.servicenow.choices import CHANGE_CHOICES, INCIDENT_CHOICES, TASK_CHOICES


@dataclass(frozen=True)
class Column:
    """One column. `type` is the vendor's internal type."""

    name: str
    label: str
    type: str = "string"
    length: int = 40
    reference: str = ""
    default: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    table: str = ""
    """The table that defines it: a table shows the columns of those that it extends, too."""
    mandatory: bool = False
    read_only: bool = False


@dataclass(frozen=True)
class Table:
    name: str
    label: str
    extends: str = ""
    prefix: str = ""
    """Of its rows' numbers; none: they have none."""
    columns: Mapping[str, Column] = field(default_factory=dict)
    """Its own; see `Schema.columns` for all."""


def _columns(table: str, text: str, choices: Mapping[str, Mapping[str, str]] | None = None) -> dict[str, Column]:
    """One column a line: name, label, type, length, default, reference."""
    found = {}
    for line in text.strip().splitlines():
        name, label, type_, length, default, reference = [*(part.strip() for part in line.split("|")), "", "", "", ""][
            :6
        ]
        made = Column(
            name,
            label,
            type_ or "string",
            int(length or (32 if type_ in ("reference", "GUID") else 40)),
            reference,
            default,
            (choices or {}).get(name, {}),
            table,
            read_only=name in _KEPT,
        )
        found[name] = made
    return found


_KEPT = {"sys_id", "sys_created_on", "sys_created_by", "sys_updated_on", "sys_updated_by", "sys_mod_count"}

SYSTEM = """
sys_id|Sys ID|GUID
sys_created_on|Created|glide_date_time
sys_created_by|Created by|string
sys_updated_on|Updated|glide_date_time
sys_updated_by|Updated by|string
sys_mod_count|Updates|integer
sys_tags|Tags|related_tags|255
"""

_TASK = """
active|Active|boolean||true
activity_due|Activity due|due_date
additional_assignee_list|Additional assignee list|glide_list|4000||sys_user
approval|Approval|string||not requested
approval_history|Approval history|journal|4000
approval_set|Approval set|glide_date_time
assigned_to|Assigned to|reference|||sys_user
assignment_group|Assignment group|reference|||sys_user_group
business_duration|Business duration|glide_duration
business_service|Service|reference|||cmdb_ci_service
calendar_duration|Duration|glide_duration
close_notes|Close notes|string|4000
closed_at|Closed|glide_date_time
closed_by|Closed by|reference|||sys_user
cmdb_ci|Configuration item|reference|||cmdb_ci
comments|Additional comments|journal_input|4000
comments_and_work_notes|Comments and Work notes|journal_list|4000
company|Company|reference|||core_company
contact_type|Contact type|string
correlation_display|Correlation display|string|100
correlation_id|Correlation ID|string|100
delivery_plan|Delivery plan|reference|||sc_cat_item_delivery_plan
delivery_task|Delivery task|reference|||sc_cat_item_delivery_task
description|Description|string|4000
due_date|Due date|glide_date_time
escalation|Escalation|integer||0
expected_start|Expected start|glide_date_time
follow_up|Follow up|glide_date_time
group_list|Group list|glide_list|4000||sys_user_group
impact|Impact|integer||3
knowledge|Knowledge|boolean||false
location|Location|reference|||cmn_location
made_sla|Made SLA|boolean||true
number|Number|string
opened_at|Opened|glide_date_time
opened_by|Opened by|reference|||sys_user
order|Order|integer
parent|Parent|reference|||task
priority|Priority|integer||4
reassignment_count|Reassignment count|integer||0
short_description|Short description|string|160
sla_due|SLA due|due_date
state|State|integer||1
sys_class_name|Task type|sys_class_name|80
sys_domain|Domain|domain_id|32|global|sys_user_group
sys_domain_path|Domain Path|domain_path|255|/
time_worked|Time worked|timer
upon_approval|Upon approval|string||proceed
upon_reject|Upon reject|string||cancel
urgency|Urgency|integer||3
user_input|User input|user_input|4000
watch_list|Watch list|glide_list|4000||sys_user
work_end|Actual end|glide_date_time
work_notes|Work notes|journal_input|4000
work_notes_list|Work notes list|glide_list|4000||sys_user
work_start|Actual start|glide_date_time
"""

_NEWER = """
calendar_stc|Resolve time|integer
contract|Contract|reference|||ast_contract
route_reason|Transfer reason|integer
service_offering|Service offering|reference|||service_offering
task_effective_number|Effective number|string
universal_request|Universal Request|reference|||task
"""
"""Columns of today's releases that the recorded problems, of an older one, do not have."""

_INCIDENT = """
business_impact|Business impact|string|4000
business_stc|Business resolve time|integer
caller_id|Caller|reference|||sys_user
category|Category|string||inquiry
cause|Probable cause|string|4000
caused_by|Caused by Change|reference|||change_request
child_incidents|Child Incidents|integer||0
close_code|Resolution code|string
hold_reason|On hold reason|integer
incident_state|Incident state|integer||1
notify|Notify|integer||1
origin_id|Origin|document_id|32
origin_table|Origin table|table_name|80
parent_incident|Parent Incident|reference|||incident
problem_id|Problem|reference|||problem
reopen_count|Reopen count|integer||0
reopened_by|Last reopened by|reference|||sys_user
reopened_time|Last reopened at|glide_date_time
resolved_at|Resolved|glide_date_time
resolved_by|Resolved by|reference|||sys_user
rfc|Change Request|reference|||change_request
severity|Severity|integer||3
subcategory|Subcategory|string
"""

_PROBLEM = """
rejection_goto|Rejection goto|reference|||task
wf_activity|Workflow activity|reference|||wf_activity
"""

_CHANGE = """
backout_plan|Backout plan|string|4000
category|Category|string||Other
close_code|Close code|string
end_date|Planned end date|glide_date_time
implementation_plan|Implementation plan|string|4000
justification|Justification|string|4000
on_hold|On hold|boolean||false
reason|Reason|string|4000
requested_by|Requested by|reference|||sys_user
risk|Risk|integer||3
start_date|Planned start date|glide_date_time
test_plan|Test plan|string|4000
type|Type|string||normal
"""

_REQUEST = """
delivery_address|Delivery address|string|4000
parent_interaction|Parent Interaction|reference|||interaction
price|Price|price||0
request_state|Request state|string||requested
requested_date|Requested for date|glide_date_time
requested_for|Requested for|reference|||sys_user
special_instructions|Special instructions|string|4000
stage|Stage|workflow||requested
"""

_SC_TASK = """
request|Request|reference|||sc_request
request_item|Request item|reference|||sc_req_item
sc_catalog|Catalog|reference|||sc_catalog
"""


def _beside(name: str, label: str, text: str) -> Table:
    """A table that extends nothing and has no numbers."""
    return Table(name, label, columns=_columns(name, SYSTEM + text.strip()))


def _task(name: str, label: str, prefix: str, text: str, choices: Mapping[str, Mapping[str, str]]) -> Table:
    """A kind of task; choices of the task's own columns stand in its place."""
    return Table(name, label, "task", prefix, _columns(name, text, choices))


TABLES = [
    Table("task", "Task", "", "TASK", _columns("task", SYSTEM.strip() + _TASK, TASK_CHOICES)),
    _task("incident", "Incident", "INC", _NEWER.strip() + _INCIDENT, INCIDENT_CHOICES),
    _task("problem", "Problem", "PRB", _PROBLEM, {}),
    _task("change_request", "Change Request", "CHG", _NEWER.strip() + _CHANGE, CHANGE_CHOICES),
    _task("sc_request", "Request", "REQ", _NEWER.strip() + _REQUEST, {}),
    _task("sc_task", "Catalog Task", "SCTASK", _NEWER.strip() + _SC_TASK, {}),
    _beside(
        "sys_user",
        "User",
        """
user_name|User ID|string
name|Name|string|151
first_name|First name|string|50
last_name|Last name|string|50
email|Email|email|100
active|Active|boolean||true
time_zone|Time zone|string
title|Title|string|60
company|Company|reference|||core_company
""",
    ),
    _beside(
        "sys_user_group",
        "Group",
        "name|Name|string|80\ndescription|Description|string|1000\nactive|Active|boolean||true",
    ),
    _beside("core_company", "Company", "name|Name|string|80"),
    _beside("cmdb_ci", "Configuration Item", "name|Name|string|255"),
    _beside(
        "sys_journal_field",
        "Journal Entry",
        "name|Name|string|80\nelement|Element|string|80\nelement_id|Element ID|string|32\nvalue|Value|string|65000",
    ),
    _beside(
        "sys_audit",
        "Audit",
        """
tablename|Table name|string|80
documentkey|Document key|string|32
fieldname|Field name|string|80
oldvalue|Old value|string|65000
newvalue|New value|string|65000
user|User|string
reason|Reason|string|255
record_checkpoint|Update count|integer
internal_checkpoint|Internal checkpoint|string
""",
    ),
    _beside(
        "sys_attachment",
        "Attachment",
        """
average_image_color|Average image color|string
chunk_size_bytes|Chunk size|integer
compressed|Compressed|boolean
content_type|Content type|string|255
file_name|File name|string|100
hash|Hash|string|64
image_height|Image height|integer
image_width|Image width|integer
size_bytes|Size bytes|integer
size_compressed|Size compressed|integer
state|State|string
table_name|Table name|string|80
table_sys_id|Table sys ID|string|32
""",
    ),
    _beside("sys_properties", "System Property", "name|Name|string|100\nvalue|Value|string|4000"),
    _beside(
        "dl_u_priority",
        "Priority Data Lookup",
        "impact|Impact|integer\nurgency|Urgency|integer\npriority|Priority|integer\nactive|Active|boolean||true\norder|Order|integer",
    ),
    _beside(
        "sys_db_object",
        "Table",
        "name|Name|string|80\nlabel|Label|string|80\nsuper_class|Extends table|reference|||sys_db_object",
    ),
    _beside(
        "sys_dictionary",
        "Dictionary Entry",
        """
name|Table|table_name|80
element|Column name|string|80
column_label|Column label|string|80
internal_type|Type|reference|||sys_glide_object
reference|Reference|reference|80||sys_db_object
max_length|Max length|integer
mandatory|Mandatory|boolean
read_only|Read only|boolean
active|Active|boolean
choice|Choice|integer
default_value|Default value|string|512
audit|Audit|boolean
attributes|Attributes|string|1000
""",
    ),
    _beside(
        "sys_choice",
        "Choice",
        """
name|Table|table_name|80
element|Element|string|80
value|Value|string|100
label|Label|string|100
language|Language|string
sequence|Sequence|integer
inactive|Inactive|boolean
""",
    ),
]
