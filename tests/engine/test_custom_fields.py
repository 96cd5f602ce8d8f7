# SPDX-License-Identifier: Apache-2.0
"""Custom fields of each kind from tracker to tracker and back: numbers, days, instants, lists, boxes, choices."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from engine.house import House
from support.jira import JIRA, JiraSite
from support.sandbox import STORY, RunningSandbox, running_sandbox
from support.servicenow import NAME, Desk
from support.servicenow import world as servicenow_world
from support.zendesk import ZendeskDesk
from tandem.config.load import load_pair

ZENDESK = "mercuri-zendesk"
SIZES = {"S": "small", "L": "large"}
PAIR: dict[str, Any] = {
    "schedule": "*/2 * * * *",
    "start": "now",
    "tie": "right",
    "deadline": "10 min",
    "people": {"responsible": ["r@a.example"], "accountable": "a@a.example"},
}
NOTHING = {"comments": {"out": "none", "as": "public"}}
JIRA_FIELDS = {
    "customfield_10061": {"name": "Weight", "type": "number"},
    "customfield_10062": {"name": "Wanted on", "type": "date"},
    "customfield_10063": {"name": "Seen at", "type": "datetime"},
    "customfield_10064": {"name": "Regions", "type": "options", "options": ["North", "Far north", "South", "Secret"]},
    "customfield_10065": {"name": "Express", "type": "option", "options": ["Yes", "No"]},
    "customfield_10066": {"name": "Size", "type": "option", "options": ["Small", "Large"]},
    "customfield_10067": {"name": "Code", "type": "string"},
    "customfield_10069": {"name": "Notes", "type": "text"},
    "customfield_10068": {
        "name": "Kind",
        "type": "cascade",
        "options": ["Hardware", "Hardware > Laptop", "Hardware > Phone", "Software", "Software > Phone"],
    },
}
FIELDS: dict[str, dict[str, Any]] = {
    "jira": {
        "title": "summary",
        "x_weight": {"field": "customfield_10061", "kind": "number"},
        "x_wanted": {"field": "customfield_10062", "kind": "date"},
        "x_seen": {"field": "customfield_10063", "kind": "date"},
        "x_regions": {
            "field": "customfield_10064",
            "kind": "set",
            "map": {"north": ["North", "Far north"], "south": "South"},
            "ignore": "Secret",
        },
        "x_express": {"field": "customfield_10065", "map": {"yes": "Yes", "no": ["No", ""]}},
        "x_size": {"field": "customfield_10066", "map": {"small": "Small", "large": "Large"}},
        "x_code": {"field": "customfield_10067", "kind": "number"},
        "x_notes": "customfield_10069",
        "x_kind": {
            "field": "customfield_10068",
            "map": {
                "laptop": "Hardware > Laptop",
                "device": ["Hardware", "Hardware > Phone"],
                "app": "Software > Phone",
            },
        },
    },
    "zendesk": {
        "title": "subject",
        "x_weight": {"field": "custom_field_61", "kind": "number"},
        "x_wanted": {"field": "custom_field_62", "kind": "date"},
        "x_seen": {"field": "custom_field_63", "kind": "date"},
        "x_regions": {"field": "custom_field_64", "kind": "set", "map": {"north": "r_north", "south": "r_south"}},
        "x_express": "custom_field_65",
        "x_size": {"field": "custom_field_66", "map": {"small": "size_s", "large": "size_l"}},
        "x_code": {"field": "custom_field_67", "kind": "number"},
        "x_notes": "custom_field_69",
        "x_kind": {"field": "custom_field_68", "map": {"laptop": "k_laptop", "device": "k_device", "app": "k_app"}},
    },
    "servicenow": {
        "title": "short_description",
        "x_weight": {"field": "u_weight", "kind": "number"},
        "x_wanted": {"field": "u_wanted", "kind": "date"},
        "x_seen": {"field": "u_seen", "kind": "date"},
        "x_regions": {"field": "u_regions", "kind": "set", "map": {"north": "Network", "south": "Service Desk"}},
        "x_express": "u_express",
        "x_size": {"field": "u_size", "map": {"small": "Small", "large": "Large"}},
        "x_code": {"field": "u_code", "kind": "number"},
        "x_notes": "u_notes",
        "x_kind": {"field": "u_kind", "map": {"laptop": "Laptop", "device": "Device", "app": "App"}},
    },
}
CONTRACTS: dict[str, dict[str, Any]] = {
    "infinity-jira": {
        "company": "Infinity Solutions",
        "system": "jira",
        "connection": "infinity_jira",
        "zone": "Europe/Brussels",
        "scope": [{"field": "project", "is": "SHOP"}, {"field": "labels", "contains": "shared"}],
        "create": {"project": "SHOP", "issuetype": "Task", "labels": ["shared"]},
    },
    "mercuri-zendesk": {
        "company": "Mercuri Inc.",
        "system": "zendesk",
        "connection": "mercuri_zendesk",
        "zone": "Europe/Brussels",
        "scope": [{"field": "tags", "contains": "shared"}],
        "create": {"tags": ["shared"]},
    },
    "infinity-servicenow": {
        "company": "Infinity Solutions",
        "system": "servicenow",
        "connection": "infinity_servicenow",
        "zone": "Europe/Brussels",
        "scope": [{"field": "sys_class_name", "is": "incident"}, {"field": "contact_type", "is": "Email"}],
        "create": {"sys_class_name": "incident", "contact_type": "Email"},
    },
}


def _world() -> dict[str, Any]:
    stored = YAML(typ="safe").load(STORY)["tenants"]
    tenants = {one["name"]: deepcopy(one) for one in stored if one["name"] in (JIRA, ZENDESK)}
    for one in tenants.values():
        one |= {"port": 0, "tickets": []}
        one["settings"] |= {"search_lag": 0}
    tenants[JIRA]["settings"]["custom_fields"] = JIRA_FIELDS
    tenants[ZENDESK]["settings"] |= {
        "export_lag": 0,
        "ticket_fields": [
            {"id": 61, "title": "Weight", "type": "decimal"},
            {"id": 62, "title": "Wanted on", "type": "date"},
            {"id": 63, "title": "Seen on", "type": "date"},
            {"id": 64, "title": "Regions", "type": "multiselect", "options": ["r_north", "r_south", "r_east"]},
            {"id": 65, "title": "Express", "type": "checkbox"},
            {"id": 66, "title": "Size", "type": "tagger", "options": ["size_s", "size_l"]},
            {"id": 67, "title": "Code", "type": "integer"},
            {"id": 69, "title": "Notes", "type": "textarea"},
            {"id": 68, "title": "Kind", "type": "tagger", "options": ["k_laptop", "k_device", "k_app"]},
        ],
    }
    columns = {
        "u_weight": {"label": "Weight", "type": "decimal", "max_length": 20},
        "u_wanted": {"label": "Wanted on", "type": "glide_date"},
        "u_seen": {"label": "Seen at", "type": "glide_date_time"},
        "u_regions": {"label": "Regions", "type": "glide_list", "max_length": 400, "reference": "sys_user_group"},
        "u_express": {"label": "Express", "type": "boolean"},
        "u_size": {"label": "Size", "choices": {"s": "Small", "l": "Large"}},
        "u_code": {"label": "Code", "type": "integer"},
        "u_notes": {"label": "Notes", "max_length": 400},
        "u_kind": {"label": "Kind", "choices": {"l": "Laptop", "d": "Device", "a": "App"}},
    }
    (desk,) = servicenow_world({"columns": {"incident": columns}})["tenants"]
    return {"tenants": [*tenants.values(), desk]}


def _files(root: Path, left: str, right: str) -> Path:
    for side in (left, right):
        system = str(CONTRACTS[side]["system"])
        written = {**CONTRACTS[side], **NOTHING, "closed": "quarantine", "fields": FIELDS[system]}
        (root / "contracts").mkdir(exist_ok=True, parents=True)
        (root / "contracts" / f"{side}.yaml").write_text(json.dumps(written))
    (root / "pairs").mkdir()
    (root / "pairs" / f"{left}__{right}.yaml").write_text(json.dumps({**PAIR, "left": left, "right": right}))
    return root


@contextmanager
def _joined(root: Path, left: str, right: str) -> Iterator[tuple[RunningSandbox, House]]:
    with running_sandbox(_world()) as box:
        tenants = {CONTRACTS[side]["connection"]: side for side in (left, right)}
        house = House(
            box,
            f"sqlite:///{root}/state.db",
            _files(root, left, right),
            pair=f"{left}__{right}",
            tenants=tenants,
        )
        load_pair(root / "pairs" / f"{house.pair}.yaml", root / "contracts")
        house.run()
        yield box, house


def _quiet(box: RunningSandbox, house: House) -> None:
    """Run until nothing is left to do; then a further run does nothing."""
    for _ in range(8):
        box.control.advance(3)
        told = house.run()
        assert not told["diff"].get("quarantined"), told
        if not told["diff"]["actions"] and not told["diff"]["links"]:
            return
    raise AssertionError("it does not come to rest")


def _issue(site: JiraSite, issue: str) -> dict[str, Any]:
    """The custom fields of an issue, but for the text, by their names, as people see them."""
    fields = site.fields(issue)
    return {told["name"]: _seen(fields[id_]) for id_, told in JIRA_FIELDS.items() if told["type"] != "text"}


def _seen(value: Any) -> Any:
    if isinstance(value, list):
        return sorted(one["value"] for one in value)
    if isinstance(value, dict) and "child" in value:
        return f"{value['value']} > {value['child']['value']}"
    return value["value"] if isinstance(value, dict) else value


def _options(site: JiraSite, **named: Any) -> dict[str, Any]:
    """Custom fields of Jira, given by name, as its API takes them."""
    ids = {told["name"]: id_ for id_, told in JIRA_FIELDS.items()}
    made = {}
    for name, value in named.items():
        id_ = ids[name.replace("_", " ")]
        kind = JIRA_FIELDS[id_]["type"]
        if kind == "options":
            value = [{"value": one} for one in value]
        if kind == "cascade":
            upper, _, below = value.partition(" > ")
            value = {"value": upper, **({"child": {"value": below}} if below else {})}
        made[id_] = {"value": value} if kind == "option" and value is not None else value
    return made


def test_zendesk_and_jira(tmp_path: Path) -> None:
    with _joined(tmp_path, "mercuri-zendesk", "infinity-jira") as (box, house):
        desk, site = ZendeskDesk(box[ZENDESK], box.control), JiraSite(box[JIRA], box.control)
        custom = {
            61: 12.50,
            62: "2026-03-01",
            63: "2026-03-02",
            64: ["r_south"],
            65: True,
            66: "size_l",
            67: 7,
            68: "k_app",
        }
        given = [{"id": number, "value": value} for number, value in custom.items()]
        ticket = desk.make("anna", tags=["shared"], custom_fields=given)["id"]
        _quiet(box, house)
        issue = house.twins()[str(ticket)]
        assert _issue(site, issue) == {
            "Weight": 12.5,
            "Wanted on": "2026-03-01",
            "Seen at": "2026-03-02T17:00:00.000+0100",  # the contract's hour, in its zone
            "Regions": ["South"],
            "Express": "Yes",
            "Size": "Large",
            "Code": "7",
            "Kind": "Software > Phone",
        }
        changed = _options(
            site,
            Weight=0.125,
            Wanted_on="2026-04-01",
            Seen_at="2026-04-02T23:30:00.000+0200",
            Regions=["Far north", "Secret"],
            Express="No",
            Size="Small",
            Code="8",
            Kind="Hardware > Phone",
        )
        assert site.ask("PUT", f"3/issue/{issue}", "elaine", json={"fields": changed}).status_code == 204
        _quiet(box, house)
        shown = {one["id"]: one["value"] for one in desk.read(f"tickets/{ticket}.json")["ticket"]["custom_fields"]}
        assert shown == {
            61: "0.125",
            62: "2026-04-01",
            63: "2026-04-02",
            64: ["r_north"],
            65: False,
            66: "size_s",
            67: "8",
            68: "k_device",
            69: None,
        }
        # What says the same is left alone, and what people see at home only stays there.
        desk.change(ticket, "anna", custom_fields=[{"id": 64, "value": ["r_north", "r_south", "r_east"]}])
        _quiet(box, house)
        assert _issue(site, issue)["Regions"] == ["Far north", "Secret", "South"]
        # Emptied is emptied.
        nothing = [{"id": number, "value": None} for number in (61, 62, 64, 66, 68)]
        desk.change(ticket, "anna", custom_fields=nothing)
        _quiet(box, house)
        assert {name: _issue(site, issue)[name] for name in ("Weight", "Wanted on", "Regions", "Size", "Kind")} == {
            "Weight": None,
            "Wanted on": None,
            "Regions": ["Secret"],
            "Size": None,
            "Kind": None,
        }


def test_jira_and_servicenow(tmp_path: Path) -> None:
    with _joined(tmp_path, "infinity-jira", "infinity-servicenow") as (box, house):
        desk, site = Desk(box[NAME], box.control), JiraSite(box[JIRA], box.control)
        made = _options(
            site,
            Weight=12.5,
            Wanted_on="2026-03-01",
            Seen_at="2026-03-02T09:30:00.000+0100",
            Regions=["North", "Secret"],
            Express="Yes",
            Size="Large",
            Code="7",
            Kind="Hardware > Laptop",
        )
        key = site.create("elaine", "SHOP", labels=["shared"], **made)
        issue = str(site.get(f"3/issue/{key}", fields="created")["id"])
        _quiet(box, house)
        incident = house.twins()[issue]
        groups = {row["name"]: row["sys_id"] for row in desk.read("table/sys_user_group")}
        names = ["u_weight", "u_wanted", "u_seen", "u_regions", "u_express", "u_size", "u_code", "u_kind"]

        def row() -> dict[str, str]:
            shown = desk.read(f"table/incident/{incident}", fields=",".join(names), exclude_reference_link="true")
            return {name: shown[name] for name in names}

        assert row() == {
            "u_weight": "12.5",
            "u_wanted": "2026-03-01",
            "u_seen": "2026-03-02 08:30:00",
            "u_regions": groups["Network"],
            "u_express": "true",
            "u_size": "l",
            "u_code": "7",
            "u_kind": "l",
        }
        changed = {
            "u_weight": "3.0",
            "u_wanted": "2026-04-01",
            "u_seen": "2026-04-02 21:30:00",
            "u_regions": ",".join(groups.values()),
            "u_express": "false",
            "u_size": "s",
            "u_code": "0",
            "u_kind": "d",
        }
        assert desk.ask("PATCH", f"table/incident/{incident}", "john", json=changed).status_code == 200
        _quiet(box, house)
        assert _issue(site, issue) == {
            "Weight": 3.0,
            "Wanted on": "2026-04-01",
            "Seen at": "2026-04-02T23:30:00.000+0200",
            "Regions": ["North", "Secret", "South"],
            "Express": "No",
            "Size": "Small",
            "Code": "0",
            "Kind": "Hardware",
        }


def test_a_text_with_markup_goes_as_words_to_fields_without(tmp_path: Path) -> None:
    with _joined(tmp_path, "mercuri-zendesk", "infinity-jira") as (box, house):
        desk, site = ZendeskDesk(box[ZENDESK], box.control), JiraSite(box[JIRA], box.control)
        ticket = desk.make("anna", tags=["shared"], custom_fields=[{"id": 69, "value": "One\nTwo <b>"}])["id"]
        _quiet(box, house)
        issue = house.twins()[str(ticket)]
        lines = [{"type": "text", "text": "One"}, {"type": "hardBreak"}, {"type": "text", "text": "Two <b>"}]
        assert site.fields(issue)["customfield_10069"]["content"] == [{"type": "paragraph", "content": lines}]
        bold = {"type": "text", "text": "Three", "marks": [{"type": "strong"}]}
        written = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [bold]}]}
        told = site.ask("PUT", f"3/issue/{issue}", "elaine", json={"fields": {"customfield_10069": written}})
        assert told.status_code == 204
        _quiet(box, house)
        shown = {one["id"]: one["value"] for one in desk.read(f"tickets/{ticket}.json")["ticket"]["custom_fields"]}
        assert shown[69] == "Three"
