# SPDX-License-Identifier: Apache-2.0
"""Beside tickets: organizations, people many at a time, deleted and imported tickets, what a ticket has around it."""

from support.zendesk import ZendeskDesk


def test_organizations_are_made_found_and_changed(desk: ZendeskDesk) -> None:
    made = desk.ask("POST", "organizations.json", json={"organization": {"name": "Venus GmbH", "external_id": "v-1"}})
    number = made.json()["organization"]["id"]
    taken = desk.ask("POST", "organizations.json", json={"organization": {"name": "venus gmbh"}})
    changed = desk.ask("PUT", f"organizations/{number}.json", json={"organization": {"notes": "foo"}})
    found = desk.read("organizations/search.json", external_id="v-1")
    typed = desk.read("organizations/autocomplete.json", name="ven")

    assert (made.status_code, made.headers["location"].endswith(f"/{number}.json")) == (201, True)
    assert (taken.status_code, taken.json()["error"]) == (422, "RecordInvalid")
    assert changed.json()["organization"]["notes"] == "foo"
    assert [one["id"] for one in found["organizations"] + typed["organizations"]] == [number, number]
    assert desk.read(f"organizations/{number}/related")["organization_related"] == {
        "tickets_count": 0,
        "users_count": 0,
    }
    assert desk.ask("DELETE", f"organizations/{number}.json").status_code == 204
    assert desk.ask("GET", f"organizations/{number}.json").status_code == 404
    assert desk.ask("DELETE", f"organizations/{number}.json").status_code == 404


def test_organizations_are_made_many_at_a_time(desk: ZendeskDesk) -> None:
    bodies = [{"name": f"Many {n}"} for n in range(3)]
    queued = desk.ask("POST", "organizations/create_many.json", json={"organizations": bodies})
    ids = [result["id"] for result in desk.finished(queued)["results"]]
    many = ",".join(map(str, ids))
    changes = {"organizations": [{"id": ids[0], "notes": "a"}, {"id": ids[1], "notes": "b"}]}
    desk.finished(desk.ask("PUT", "organizations/update_many.json", json=changes))

    shown = desk.read("organizations/show_many.json", ids=many)
    assert [(one["name"], one["notes"]) for one in shown["organizations"]] == [
        ("Many 0", "a"),
        ("Many 1", "b"),
        ("Many 2", None),
    ]
    done = desk.finished(desk.ask("DELETE", f"organizations/destroy_many.json?ids={many}"))
    assert {result["status"] for result in done["results"]} == {"Deleted"}


def test_a_deleted_ticket_can_come_back_or_go_for_good(desk: ZendeskDesk) -> None:
    back, gone = desk.make(subject="back")["id"], desk.make(subject="gone")["id"]
    for number in (back, gone):
        assert desk.ask("DELETE", f"tickets/{number}.json").status_code == 204
    listed = {one["id"]: one for one in desk.read("deleted_tickets.json")["deleted_tickets"]}
    assert (listed[back]["subject"], listed[back]["previous_state"], listed[back]["actor"]["name"]) == (
        "back",
        "new",
        "Tandem",
    )

    assert desk.ask("PUT", f"deleted_tickets/{back}/restore.json").status_code == 200
    desk.finished(desk.ask("DELETE", f"deleted_tickets/{gone}.json"))

    assert desk.read(f"tickets/{back}.json")["ticket"]["subject"] == "back"
    assert not {back, gone} & {one["id"] for one in desk.read("deleted_tickets.json")["deleted_tickets"]}
    assert desk.make()["id"] > gone


def test_an_import_keeps_authors_and_times_and_sets_off_nothing(desk: ZendeskDesk) -> None:
    rule = {"title": "Greet", "set": {"additional_tags": ["greeted"]}}
    desk.control.settings(desk.place.name, house_rules=[rule])
    anna = desk.user_id("anna")
    comments = [
        {"value": "first", "author_id": anna, "created_at": "2020-01-02T03:04:05Z"},
        {"html_body": "<b>second</b>", "public": False, "created_at": "2020-02-02T03:04:05Z"},
    ]
    body = {"subject": "old", "comments": comments, "tags": ["a"], "created_at": "2020-01-02T03:04:05Z"}
    answer = desk.ask("POST", "imports/tickets.json", json={"ticket": body | {"status": "closed"}})
    number = answer.json()["ticket"]["id"]

    told = desk.read(f"tickets/{number}/comments.json")["comments"]
    assert (answer.status_code, answer.json()["ticket"]["tags"]) == (201, ["a"])
    assert [(c["plain_body"], c["public"], c["created_at"]) for c in told] == [
        ("first", True, "2020-01-02T03:04:05Z"),
        ("second", False, "2020-02-02T03:04:05Z"),
    ]
    assert told[0]["author_id"] == anna
    assert desk.ask("GET", f"tickets/{number}/metrics.json").status_code == 404
    assert desk.ask("POST", "imports/tickets.json", "anna", json={"ticket": body}).status_code == 403


def test_people_are_made_changed_and_deleted(desk: ZendeskDesk) -> None:
    people = [{"name": f"P{n}", "email": f"p{n}@venus.example", "external_id": f"x{n}"} for n in range(2)]
    made = desk.finished(desk.ask("POST", "users/create_or_update_many.json", json={"users": people}))
    again = desk.finished(desk.ask("POST", "users/create_or_update_many.json", json={"users": people}))
    number = made["results"][0]["id"]
    for method, tags in (("POST", ["a", "b"]), ("PUT", ["c"]), ("DELETE", ["a"])):
        desk.ask(method, f"users/{number}/tags.json", json={"tags": tags})
    assert desk.read(f"users/{number}/tags.json")["tags"] == ["b", "c"]
    ticket = desk.make(requester_id=number)["id"]

    assert {one["status"] for one in made["results"]} == {"Created"}
    assert {one["status"] for one in again["results"]} == {"Updated"}
    assert [t["id"] for t in desk.read(f"users/{number}/tickets/requested.json")["tickets"]] == [ticket]
    assert desk.read(f"users/{number}/related.json")["user_related"]["requested_tickets"] == 1
    assert desk.ask("DELETE", f"users/{number}.json").status_code == 422
    desk.change(ticket, status="closed")
    deleted = desk.ask("DELETE", f"users/{number}.json")
    assert (deleted.status_code, deleted.json()["user"]["active"]) == (200, False)


def test_what_stands_around_a_ticket(desk: ZendeskDesk) -> None:
    problem = desk.make(type="problem")["id"]
    incident = desk.make(type="incident", problem_id=problem, follower_ids=[desk.user_id("bruno")])["id"]
    desk.change(incident, status="solved", assignee_id=desk.user_id("anna"))

    assert [t["id"] for t in desk.read(f"tickets/{problem}/incidents.json")["tickets"]] == [incident]
    assert [u["name"] for u in desk.read(f"tickets/{incident}/followers.json")["users"]] == ["Bruno"]
    assert desk.read(f"tickets/{incident}/audits/count.json")["count"]["value"] == 2
    metric = desk.read(f"tickets/{incident}/metrics.json")["ticket_metric"]
    assert (metric["assignee_stations"], metric["solved_at"] is None) == (1, False)
    for path in ("macros", "views", "suspended_tickets", "satisfaction_ratings", "ticket_metrics", "ticket_audits"):
        assert desk.ask("GET", f"{path}.json").status_code == 200
    for path in ("group_memberships", "groups/assignable", "problems", "users/count", "organizations/count"):
        assert desk.ask("GET", f"{path}.json").status_code == 200


def test_people_and_organizations_are_exported_as_tickets_are(desk: ZendeskDesk) -> None:
    desk.control.advance(3600)
    start = int(desk.read("incremental/users?start_time=0")["end_time"]) + 1
    user = desk.ask("POST", "users.json", json={"user": {"name": "Exported"}}).json()["user"]["id"]
    desk.ask("POST", "organizations.json", json={"organization": {"name": "Exported"}})
    none_yet = desk.read("incremental/users.json", start_time=start)["users"]
    desk.control.advance(61)

    by_time = desk.read("incremental/users.json", start_time=start)
    by_cursor = desk.read("incremental/users/cursor.json", start_time=start)
    assert none_yet == []
    assert [u["id"] for u in by_time["users"]] == [u["id"] for u in by_cursor["users"]] == [user]
    assert (by_cursor["end_of_stream"], bool(by_cursor["after_cursor"])) == (True, True)
    assert desk.read("incremental/organizations", start_time=start)["organizations"][0]["name"] == "Exported"


def test_a_merge_says_where_each_side_went(desk: ZendeskDesk) -> None:
    target, source = desk.make(subject="stays")["id"], desk.make(subject="goes")["id"]
    desk.finished(desk.ask("POST", f"tickets/{target}/merge.json", json={"ids": [source]}))

    gone, kept = (desk.read(f"tickets/{number}/audits.json")["audits"][-1]["via"] for number in (source, target))
    assert (gone["source"]["rel"], gone["source"]["from"]["ticket_id"]) == ("merge", target)
    assert (kept["source"]["rel"], kept["source"]["from"]["ticket_ids"]) == ("merge", [source])
    ticket = desk.read(f"tickets/{source}.json")["ticket"]
    assert (ticket["status"], ticket["tags"]) == ("closed", ["closed_by_merge"])


def test_agents_are_in_the_one_group(desk: ZendeskDesk) -> None:
    (group,) = desk.read("groups")["groups"]
    anna, carla = desk.user_id("anna"), desk.user_id("carla")
    members = {one["user_id"] for one in desk.read(f"groups/{group['id']}/memberships")["group_memberships"]}
    assert members == {one["id"] for one in desk.read(f"groups/{group['id']}/users")["users"]}
    assert anna in members and carla not in members
    (own,) = desk.read(f"users/{anna}/group_memberships")["group_memberships"]
    assert (own["user_id"], own["group_id"]) == (anna, group["id"])
    assert desk.read(f"users/{carla}/group_memberships")["group_memberships"] == []
    assert desk.ask("GET", "groups/1/users").status_code == 404
