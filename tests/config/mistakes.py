# SPDX-License-Identifier: Apache-2.0
"""Each way to get a file wrong: one edit of the story's files, the problem it must give, its line, and its fix."""

from dataclasses import dataclass

from tandem.config.codes import Code

PAIR = "pairs/mercuri-zendesk__infinity-jira.yaml"
ZENDESK = "contracts/mercuri-zendesk.yaml"
JIRA = "contracts/infinity-jira.yaml"
MERCURI = "contracts/people/mercuri-inc.yaml"
INFINITY = "contracts/people/infinity-solutions.yaml"
FIELDS = "offers.customers.fields."
LINE = FIELDS + "x_line."
TWIN = "offers.customers.fields.twin."
FULL = "1: A, 2: B, 3: C, 4: D"  # a whole map of priorities
BUGS = f"{{type: Bug, map: {{{FULL}}}}}"


@dataclass(frozen=True)
class Case:
    """Replace ``old`` by ``new``; ``at`` is a piece of the line that the message must name (default: of ``new``)."""

    file: str
    old: str
    new: str
    code: Code
    key: str
    fix: str
    at: str = ""


CASES = [
    # Texts of a contract's own, and maps that depend on other fields
    *(
        Case(JIRA, "{x_order_no:", f"{{x_line: {{field: customfield_9, {text}}}, x_order_no:", code, LINE + key, fix)
        for text, code, key, fix in (
            ('template: "{{ titel }}"', Code.COMPOSED, "template", "Did you mean `title`?"),
            ('template: "{{ x_order_no.real }}"', Code.COMPOSED, "template", "{{ twin.key }}"),
            ('template: "{{ title | attr }}"', Code.COMPOSED, "template", "Write text with names"),
            ('template: "{{ x_line }}"', Code.COMPOSED, "template", "There are: title"),
            ("template: a, value: b", Code.WRONG_VALUE, "value", "Keep one"),
            ("template: a, map: {b: c}", Code.NOT_FOR_KIND, "map", "Remove `map`"),
            ("value: a, direction: both", Code.NOT_FOR_KIND, "direction", "Remove `direction`"),
            ("when: [{place: SHOP, map: {a: b}}], value: a", Code.NOT_FOR_KIND, "when.0.map", "value: …"),
            ("when: [{where: {prio: 1}, value: a}]", Code.HUB_FIELD, "when.0.where.prio", "`priority`"),
            ("when: [{where: {priority: 7}, value: a}]", Code.HUB_VALUE, "when.0.where.priority", "There are: 1"),
            ("when: [{where: {priority: 1}}]", Code.WRONG_VALUE, "when.0", "Write one of `map"),
            ("when: [{value: a}]", Code.WRONG_VALUE, "when.0", "`where: …`"),
        )
    ),
    # What is composed for the other side
    *(
        Case(JIRA, "{x_order_no:", f"{{x_line: {{direction: out, {text}}}, x_order_no:", code, LINE + key, fix)
        for text, code, key, fix in (
            ('template: "{{ titel }}"', Code.COMPOSED, "template", "Did you mean `title`?"),
            ('template: "{{ x_order_no }}"', Code.COMPOSED, "template", "There are: title"),
            ('template: "{{ own.url }}"', Code.COMPOSED, "template", "own.key"),
            ('template: "{{ twin.key }}"', Code.COMPOSED, "template", "own.key"),
            ("value: a, field: customfield_9", Code.NOT_FOR_KIND, "field", "Remove `field`"),
            ("value: a, once: true", Code.NOT_FOR_KIND, "once", "Remove `once`"),
            ("when: [{where: {x_order_no: 1}, value: a}]", Code.HUB_FIELD, "when.0.where.x_order_no", "There are"),
        )
    ),
    *(
        Case(JIRA, "{x_order_no:", f"{{{hub}: {{direction: out, {text}}}, x_order_no:", code, FIELDS + hub, fix)
        for hub, text, code, fix in (
            ("status", "value: new", Code.NOT_FOR_KIND, "Only `title`"),
            ("description", 'template: "{{ title }}"', Code.NOT_FOR_KIND, "Only `title`"),
            ("priority", 'template: "{{ title }}"', Code.NOT_FOR_KIND, "when:"),
            ("priority", "value: 7", Code.HUB_VALUE, "There are: 1"),
        )
    ),
    Case(
        JIRA,
        "title:       {field: summary,",
        "title:       {value: a, field: summary,",
        Code.NOT_FOR_KIND,
        "fields.title",
        "x_…",
    ),
    *(
        Case(JIRA, "4: [Low, Lowest]}}", f"4: Low}}, when: [{entry}]}}", code, f"fields.priority.when.{key}", fix)
        for entry, code, key, fix in (
            (f"{{where: {{priority: 1}}, map: {{{FULL}}}}}", Code.NEVER, "0.where.priority", "does not"),
            (f"{{where: {{type: bag}}, map: {{{FULL}}}}}", Code.HUB_VALUE, "0.where.type", "Did you mean `bug`?"),
            (
                f"{{where: {{type: [bug, task]}}, map: {{{FULL}}}}}, {{where: {{type: bug}}, map: {{{FULL}}}}}",
                Code.NEVER,
                "1",
                "Put it before",
            ),
        )
    ),
    Case(
        JIRA,
        "solved: Done}}",
        "solved: Done}, when: [{where: {status: new}, map: {new: To Do, in_progress: In Progress, pending: Waiting, "
        "solved: Done}}]}",
        Code.NEVER,
        "fields.status.when.0.where.status",
        "whose map does not",
    ),
    # What is written and cannot be read
    Case(
        JIRA,
        "4: [Low, Lowest]}}",
        "4: [Low, Lowest]}, otherwise: {in: Trivial}}",
        Code.NOT_READ_BACK,
        "fields.priority.otherwise.in",
        "Put it into the map",
    ),
    Case(
        JIRA,
        "{x_order_no:",
        "{x_list: {field: customfield_9, kind: set, map: {a: A}, otherwise: {in: B}}, x_order_no:",
        Code.NOT_FOR_KIND,
        "offers.customers.fields.x_list.otherwise.in",
        "Remove it",
    ),
    # Plain reading
    Case(
        ZENDESK,
        "reveal:      [key, status]",
        "reveal:      [key, status",
        Code.UNREADABLE,
        "",
        "indentation",
        "create:",
    ),
    Case(JIRA, "closed: reopen\n", "closed: reopen\nzone: UTC\n", Code.TWICE, "zone", "Keep one", "zone: UTC"),
    Case(JIRA, "closed: reopen", "closed: !!str reopen", Code.NOT_PLAIN, "closed", "Remove the tag"),
    Case(JIRA, "closed: reopen", "closed: &way reopen", Code.NOT_PLAIN, "closed", "Write the value out"),
    # Keys and values
    Case(ZENDESK, "zone: ", "zon: ", Code.UNKNOWN_KEY, "zon", "Did you mean `zone`?"),
    Case(JIRA, "    reveal: ", "    reveals: ", Code.UNKNOWN_KEY, "offers.customers.reveals", "Did you mean `reveal`?"),
    Case(JIRA, "fallback: none", "falback: none", Code.UNKNOWN_KEY, "fields.assignee.falback", "`fallback`"),
    Case(PAIR, "limits: {creates", "limits: {create", Code.UNKNOWN_KEY, "limits.create", "`creates`"),
    Case(ZENDESK, "company: Mercuri Inc.\n", "", Code.MISSING, "company", "Add `company:`", "# yaml-language"),
    Case(PAIR, "deadline: 10 min\n", "", Code.MISSING, "deadline", "Add `deadline:`", "# yaml-language"),
    Case(JIRA, "{field: summary, ", "{", Code.MISSING, "fields.title", "Add `field:`", "title:"),
    Case(ZENDESK, "closed: quarantine", "closed: quarantin", Code.WRONG_VALUE, "closed", "Did you mean `quarantine`?"),
    Case(ZENDESK, "closed: quarantine", "closed: burn", Code.WRONG_VALUE, "closed", "There are: reopen, follow_up"),
    Case(ZENDESK, "onward: true", "onward: yes", Code.WRONG_VALUE, "comments.onward", "true or false"),
    Case(ZENDESK, "connection: mercuri_zendesk", "connection:", Code.WRONG_VALUE, "connection", "a text"),
    Case(ZENDESK, "zone: Europe/Rome", "zone: Europe/Room", Code.WRONG_VALUE, "zone", "Europe/Brussels"),
    Case(ZENDESK, "contains: customer}", "contains: a, is: b}", Code.WRONG_VALUE, "scope.0", "Write one of"),
    Case(ZENDESK, "create:      {tags: [customer]}", "create:", Code.WRONG_VALUE, "create", "Write `none`"),
    Case(PAIR, "start: now", "start: 2026-02-30", Code.WRONG_VALUE, "start", "a date such as"),
    Case(PAIR, "tie: right", "tie: rigth", Code.WRONG_VALUE, "tie", "Did you mean `right`?"),
    Case(PAIR, "creates: 500", "creates: 0", Code.WRONG_VALUE, "limits.creates", "at least 1"),
    Case(
        PAIR, "accountable: elaine@infinity.example", "accountable: Elaine", Code.WRONG_VALUE, "people.accountable", "@"
    ),
    Case(PAIR, "deadline: 10 min", "deadline: 10 minutes", Code.UNIT, "deadline", "10 min"),
    Case(PAIR, "deadline: 10 min", "deadline: 10", Code.UNIT, "deadline", "a number and a unit"),
    Case(PAIR, "1: {resolve: 2 h}", "1: {resolve: 2 hrs}", Code.UNIT, "service_levels.1.resolve", "2 h"),
    Case(ZENDESK, "up_to: 20 MB", "up_to: 20 Mb", Code.UNIT, "attachments.up_to", "20 MB"),
    Case(PAIR, '"*/2 * * * *"', '"*/2 * * *"', Code.SCHEDULE, "schedule", "five fields"),
    Case(PAIR, '"*/2 * * * *"', '"0 0 31 2 *"', Code.SCHEDULE, "schedule", "five fields"),
    # Files and names
    Case(PAIR, "left: mercuri-zendesk ", "left: mercury-zendesk ", Code.NO_SUCH_FILE, "left", "`mercuri-zendesk`"),
    Case(
        PAIR,
        "infinity-jira/customers",
        "infinity-jira/customer",
        Code.NO_SUCH_FILE,
        "right",
        "`infinity-jira/customers`",
    ),
    Case(PAIR, "left: mercuri-zendesk ", "left: ../mercuri-zendesk ", Code.NO_SUCH_FILE, "left", ""),
    Case(
        PAIR, "left: mercuri-zendesk ", "left: infinity-jira ", Code.FILE_NAME, "left", "infinity-jira__infinity-jira"
    ),
    Case(
        PAIR,
        "left: mercuri-zendesk ",
        "left: infinity-jira/customers ",
        Code.PAIR_TWICE,
        "right",
        "Name another",
        "right:",
    ),
    Case(PAIR, "left: mercuri-zendesk ", "left: mercuri+zendesk ", Code.WRONG_VALUE, "left", "a plain name"),
    Case(ZENDESK, "system: zendesk", "system: zendisk", Code.SYSTEM, "system", "Did you mean `zendesk`?"),
    Case(
        ZENDESK,
        "connection: mercuri_zendesk",
        "connection: <connection>",
        Code.PLACEHOLDER,
        "connection",
        "your own value",
    ),
    Case(
        ZENDESK, "create:      {tags: [customer]}", 'create: {tags: ["<tag>"]}', Code.PLACEHOLDER, "create.tags", "own"
    ),
    # Fields and maps
    Case(ZENDESK, "  labels: ", "  lables: ", Code.HUB_FIELD, "fields.lables", "Did you mean `labels`?"),
    Case(ZENDESK, "  x_order_no: ", "  x_Order: ", Code.HUB_FIELD, "fields.x_Order", "in lower case"),
    Case(
        ZENDESK,
        "{field: subject, too_long: comment}",
        "{field: subject, only: [a]}",
        Code.NOT_FOR_KIND,
        "fields.title.only",
        "Remove `only`",
    ),
    Case(
        ZENDESK,
        "{field: subject, too_long: comment}",
        "{field: subject, kind: rich}",
        Code.NOT_FOR_KIND,
        "fields.title.kind",
        "Remove `kind`",
    ),
    Case(
        ZENDESK,
        "{field: subject, too",
        "{field: subject, on_change: ignore, too",
        Code.NOT_FOR_KIND,
        "fields.title.on_change",
        "Remove",
    ),
    Case(JIRA, "{1: Highest, ", "{0: Highest, ", Code.HUB_VALUE, "fields.priority.map.0", "1, 2, 3, 4"),
    Case(
        JIRA,
        "pending: Waiting",
        "pendign: Waiting",
        Code.HUB_VALUE,
        "fields.status.map.pendign",
        "Did you mean `pending`?",
    ),
    Case(JIRA, "2: High,", "2: Highest,", Code.AMBIGUOUS, "fields.priority.map.2", "direction: in"),
    Case(ZENDESK, "ignore: [new]", "ignore: [open]", Code.AMBIGUOUS, "fields.status.ignore", "Remove it"),
    Case(
        JIRA,
        "{field: priority, map: {1: Highest, 2: High, 3: Medium, 4: [Low, Lowest]}}",
        "priority",
        Code.NO_MAP,
        "fields.priority",
        "Add map: {1: …",
        "  priority:",
    ),
    Case(JIRA, "pending: Waiting, ", "", Code.NOT_TAKEN, "fields.status.map", "Add `pending: …`", "status:"),
    Case(
        ZENDESK,
        "{field: description, on_change: comment}",
        "description",
        Code.ON_CHANGE,
        "fields.description",
        "on_change: comment",
        "  description:",
    ),
    Case(
        ZENDESK,
        "{field: custom_field_360001234567, direction: out}",
        "subject",
        Code.FIELD_TWICE,
        "fields.x_order_no",
        "direction: out",
        "x_order_no:",
    ),
    Case(JIRA, "{Done: {by", "{Closed: {by", Code.TRANSITION, "transitions.Closed", "There are: To Do"),
    Case(
        ZENDESK,
        "closed: quarantine",
        "transitions: {solved: Solve}\nclosed: quarantine",
        Code.TRANSITION,
        "transitions",
        "Remove",
    ),
    # What the tracker can do, and what the contract must say
    Case(ZENDESK, "closed: quarantine", "closed: reopen", Code.CLOSED, "closed", "follow_up, quarantine"),
    Case(ZENDESK, "as: public, ", "", Code.COMMENTS_AS, "comments", "Add `as: public`", "comments:"),
    Case(
        JIRA,
        ", unreferenced: send",
        "",
        Code.UNREFERENCED,
        "offers.customers.attachments",
        "unreferenced: send",
        "attachments:",
    ),
    Case(ZENDESK, "create:      {tags: [customer]}\n", "", Code.CREATE, "create", "create: none", "# yaml-language"),
    Case(
        JIRA, "create:      {project: SHOP, ", "create:      {", Code.CREATE, "offers.customers.create", "{project: …}"
    ),
    Case(
        ZENDESK, "scope: [{field: tags, contains: customer}]", "", Code.SCOPE, "scope", "Add scope:", "# yaml-language"
    ),
    Case(ZENDESK, "  x_order_no: ", "x_order_no: ", Code.UNKNOWN_KEY, "x_order_no", "under `fields:`"),
    Case(ZENDESK, "{out: public,", "{out: all,", Code.INTERNAL_OUT, "comments.out", "out: public"),
    Case(ZENDESK, "{{ author }}", "{{ autor }}", Code.TEMPLATE, "comments.in", "{{ author }}"),
    Case(ZENDESK, "{{ author }}", "{{ author }", Code.TEMPLATE, "comments.in", "{{ author }}"),
    # Maps for some places and types
    *(
        Case(JIRA, "4: [Low, Lowest]}}", f"4: Low}}, when: [{entry}]}}", code, f"fields.priority.when.{key}", fix)
        for entry, code, key, fix in (
            ("{map: {1: High}}", Code.WRONG_VALUE, "0", "Write `place: …`"),
            ("{place: [], map: {1: High}}", Code.WRONG_VALUE, "0", "Write `place: …`"),
            ("{place: OPS}", Code.WRONG_VALUE, "0", "Write one of `map"),
            ("{project: OPS, map: {1: High}}", Code.UNKNOWN_KEY, "0.project", "There are: place, type"),
            (f"{{type: Bug, map: {{{FULL}, 5: Low}}}}", Code.HUB_VALUE, "0.map.5", "There are: 1, 2, 3, 4"),
            ("{type: Bug, map: {1: A, 2: B, 3: C, 4: A}}", Code.AMBIGUOUS, "0.map.4", "direction: in"),
            ("{type: Bug, map: {1: A, 2: B, 3: C}}", Code.NOT_TAKEN, "0.map", "Add `4: …`"),
            (f"{{type: Bug, map: {{{FULL}}}, ignore: A}}", Code.AMBIGUOUS, "0.ignore", "Remove it"),
            (f"{{type: Bug, map: {{{FULL}}}, otherwise: {{out: 9}}}}", Code.HUB_VALUE, "0.otherwise.out", "There are"),
            (f"{BUGS}, {{place: OPS, type: Bug, map: {{{FULL}}}}}", Code.NEVER, "1", "before it"),
            (f"{BUGS}, {{type: [Bug], map: {{{FULL}}}}}", Code.NEVER, "1", "before it"),
        )
    ),
    Case(
        JIRA, "fallback: none", "when: [{type: Bug, map: {a: b}}]", Code.NOT_FOR_KIND, "fields.assignee.when", "Remove"
    ),
    # What one side tells of its ticket
    Case(
        JIRA, "{x_order_no:", "{twin.url: customfield_9, x_order_no:", Code.NOT_REVEALED, TWIN + "url", "reveal: [url]"
    ),
    Case(JIRA, "{x_order_no:", "{twin.kay: customfield_9, x_order_no:", Code.HUB_FIELD, TWIN + "kay", "`twin.key`"),
    *(
        Case(
            JIRA,
            "{x_order_no:",
            f"{{twin.{name}: {{field: customfield_9, {more}}}, x_order_no:",
            code,
            f"{TWIN}{name}.{key}",
            fix,
        )
        for name, more, code, key, fix in (
            ("key", "direction: both", Code.NOT_FOR_KIND, "direction", "Remove `direction`"),
            ("key", "once: true", Code.NOT_FOR_KIND, "once", "Remove `once`"),
            ("key", "map: {a: b}", Code.NOT_FOR_KIND, "map", "Remove `map`"),
            ("key", "kind: text", Code.NOT_FOR_KIND, "kind", "Remove `kind`"),
            ("key", "too_long: comment", Code.NOT_FOR_KIND, "too_long", "Remove `too_long`"),
            ("status", "map: {fresh: A}", Code.HUB_VALUE, "map.fresh", "There are: new, in_progress"),
            ("status", "map: {in_progress: A, solved: B}", Code.NOT_TAKEN, "map", "Add `pending: …`"),
            ("status", "ignore: A", Code.NOT_FOR_KIND, "ignore", "Remove `ignore`"),
        )
    ),
    Case(PAIR, "priority: right}", "twin.key: left}", Code.HUB_FIELD, "conflicts.twin.key", "There are: assignee"),
    Case(
        JIRA,
        "{x_order_no: {field: customfield_10042",
        "{twin.key: customfield_10042, x_order_no: {field: customfield_10042",
        Code.FIELD_TWICE,
        "offers.customers.fields.x_order_no",
        "a field of its own",
    ),
    # The pair's rules
    Case(PAIR, "priority: right}", "due: right}", Code.HUB_FIELD, "conflicts.due", "There are: assignee"),
    Case(PAIR, "priority: right}", "x_order_no: left}", Code.NO_CONFLICT, "conflicts.x_order_no", "Remove it"),
    Case(PAIR, "priority: right}", "labels: left}", Code.NO_CONFLICT, "conflicts.labels", "Remove it"),
    Case(PAIR, "priority: right}", "description: left}", Code.NO_CONFLICT, "conflicts.description", "Remove it"),
    Case(PAIR, "tie: right", "insist: [statis]", Code.HUB_FIELD, "insist.0", "Did you mean `status`?"),
    Case(PAIR, "tie: right", "values: {title: [a]}", Code.HUB_FIELD, "values.title", "status, priority, type"),
    # People
    Case(MERCURI, "company: Mercuri Inc.", "company: Mercury", Code.PEOPLE_FILE, "company", "company: Mercuri Inc."),
    Case(
        ZENDESK,
        "company: Mercuri Inc.",
        "company: Other Ltd",
        Code.PEOPLE_FILE,
        "fields.assignee",
        "people/other-ltd.yaml",
        "  assignee:",
    ),
    Case(
        JIRA,
        "fallback: none",
        "fallback: ana@mercuri.example",
        Code.ALIAS,
        "fields.assignee.fallback",
        "`anna@mercuri.example`",
    ),
    Case(MERCURI, "6164039219098", "6164039218970", Code.ALIAS, "people.bruno@mercuri.example", "Keep one", "bruno@"),
    Case(MERCURI, "  bruno@", "  Bruno@", Code.ALIAS, "people.Bruno@mercuri.example", "Write `bruno@mercuri.example`"),
    Case(INFINITY, "{jira: a05", "{jria: a05", Code.SYSTEM, "people.bruno@mercuri.example.jria", "`jira`"),
]
