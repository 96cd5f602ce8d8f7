# SPDX-License-Identifier: Apache-2.0
"""The client library `azure-devops` works with the sandbox as it does with Azure DevOps, its discovery included."""

import random
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from azure.devops.connection import Connection
from azure.devops.exceptions import AzureDevOpsAuthenticationError, AzureDevOpsServiceError
from azure.devops.v7_1.work_item_tracking import models
from msrest.authentication import BasicAuthentication

from support.azure_devops import NAME, PROJECT, Desk, running_desk

CALLS = 300
TEXTS = (
    "plain",
    "two\nlines\n\nand a paragraph",
    "<p><b>bold</b> &amp; <script>alert(1)</script></p>",
    "Übersicht 🧵 \u202e right to left",
    "x" * 5000,
    "' OR [System.Id] > 0 --",
    " ",
)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with running_desk() as running:
        yield running


def connection(desk: Desk, who: str = "david", token: str | None = None) -> Connection:
    secret = desk.place.people[who].token if token is None else token
    return Connection(base_url=desk.url, creds=BasicAuthentication("", secret))


def boards(desk: Desk, who: str = "david") -> Any:
    return connection(desk, who).clients_v7_1.get_work_item_tracking_client()


def sets(name: str, value: Any, op: str = "add") -> models.JsonPatchOperation:
    return models.JsonPatchOperation(op=op, path=name if name.startswith("/") else f"/fields/{name}", value=value)


def test_a_tour_with_the_client(desk: Desk) -> None:
    client = boards(desk)
    made = client.create_work_item([sets("System.Title", "Cart forgets the coupon")], PROJECT, "Bug")
    assert (made.rev, made.fields["System.State"], made.relations) == (1, "New", None)

    wanted = [sets("/rev", 1, "test"), sets("System.State", "Active"), sets("System.Tags", "checkout")]
    changed = client.update_work_item(wanted, made.id)
    assert (changed.rev, changed.fields["System.Reason"]) == (2, "Approved")
    with pytest.raises(AzureDevOpsServiceError, match="VS403351"):
        client.update_work_item(wanted, made.id)

    found = client.query_by_wiql(
        models.Wiql(query="SELECT [System.Id] FROM WorkItems WHERE [System.Tags] CONTAINS 'checkout'")
    )
    assert [one.id for one in found.work_items] == [made.id]
    (read,) = client.get_work_items_batch(models.WorkItemBatchGetRequest(ids=[made.id], fields=["System.Title"]))
    assert read.fields == {"System.Title": "Cart forgets the coupon"}

    said = client.add_comment(models.CommentCreate(text="<b>Seen</b>"), PROJECT, made.id)
    client.update_comment(models.CommentUpdate(text="<i>Seen</i>"), PROJECT, made.id, said.id)
    listed = client.get_comments(PROJECT, made.id)
    assert [(one.text, one.version, one.created_by.display_name) for one in listed.comments] == [
        ("<i>Seen</i>", 2, "David Global")
    ]
    client.delete_comment(PROJECT, made.id, said.id)
    assert client.get_comments(PROJECT, made.id).total_count == 0

    stored = client.create_attachment(BytesIO(b"lines"), file_name="cart.txt")
    relation = {"rel": "AttachedFile", "url": stored.url, "attributes": {"comment": "the log"}}
    held = client.update_work_item([sets("/relations/-", relation)], made.id)
    assert held.relations[0].attributes["name"] == "cart.txt"
    assert b"".join(client.get_attachment_content(stored.id)) == b"lines"

    updates = client.get_updates(made.id)
    assert [one.rev for one in updates] == [1, 2, 3, 4, 5, 6]
    assert updates[1].fields["System.State"].new_value == "Active"

    client.read_reporting_revisions_get(project=PROJECT)  # its model holds nothing of the answer
    feed = desk.read(f"{PROJECT}/_apis/wit/reporting/workItemRevisions")
    assert (feed["isLastBatch"], "continuationToken=" in feed["nextLink"]) == (True, True)
    assert [one["rev"] for one in feed["values"] if one["id"] == made.id] == [1, 2, 3, 4, 5, 6]

    gone = client.delete_work_item(made.id)
    assert (gone.code, gone.resource.fields["System.ChangedBy"]) == (200, "David Global <david@global.example>")
    with pytest.raises(AzureDevOpsServiceError, match="TF401232"):
        client.get_work_item(made.id)
    assert [one.id for one in client.get_deleted_work_item_shallow_references()] == [made.id]
    client.restore_work_item(models.WorkItemDeleteUpdate(is_deleted=False), made.id)
    assert client.get_work_item(made.id, expand="all").fields["System.Rev"] == 8


def test_the_client_learns_what_there_is(desk: Desk) -> None:
    client, core = boards(desk), connection(desk).clients_v7_1.get_core_client()
    assert [one.name for one in core.get_projects()] == [PROJECT]
    assert (
        core.get_project(PROJECT, include_capabilities=True).capabilities["processTemplate"]["templateName"] == "Agile"
    )
    kinds = {one.name: [state.name for state in one.states] for one in client.get_work_item_types(PROJECT)}
    assert kinds["Bug"] == ["New", "Active", "Resolved", "Closed"]
    assert [one.category for one in client.get_work_item_type_states(PROJECT, "Task")] == [
        "Proposed",
        "InProgress",
        "Completed",
        "Removed",
    ]
    fields = {one.reference_name: one for one in client.get_work_item_fields()}
    assert (fields["System.AssignedTo"].type, fields["System.AssignedTo"].is_identity) == ("string", True)
    states = client.get_work_item_type_field_with_references(PROJECT, "Bug", "System.State", expand="all")
    assert states.allowed_values == kinds["Bug"]
    tree = client.get_classification_node(PROJECT, "areas", depth=2)
    assert [one.path for one in tree.children] == ["\\Shop\\Area\\Development", "\\Shop\\Area\\Network"]
    assert "System.LinkTypes.Hierarchy-Forward" in [one.reference_name for one in client.get_relation_types()]


def test_a_tour_of_what_stands_beside_work_items(desk: Desk) -> None:
    client = boards(desk, "ada")
    made = client.create_work_item([sets("System.Title", "x"), sets("System.Tags", "blue; green")], PROJECT, "Bug")
    said = client.add_comment(models.CommentCreate(text="Seen"), PROJECT, made.id)
    boards(desk, "david").create_comment_reaction(PROJECT, made.id, said.id, "like")
    (felt,) = client.get_comment_reactions(PROJECT, made.id, said.id)
    assert (felt.type, felt.count, felt.is_current_user_engaged) == ("like", 1, False)
    assert [one.unique_name for one in client.get_engaged_users(PROJECT, made.id, said.id, "like")] == [
        "david@global.example"
    ]
    (shown,) = client.get_comments(PROJECT, made.id, expand="reactions").comments
    assert [one.type for one in shown.reactions] == ["like"]
    boards(desk, "david").delete_comment_reaction(PROJECT, made.id, said.id, "like")
    assert client.get_comment_reactions(PROJECT, made.id, said.id) == []
    with pytest.raises(AzureDevOpsServiceError, match="frown"):
        client.create_comment_reaction(PROJECT, made.id, said.id, "frown")
    assert client.get_tag(PROJECT, "blue").name == "blue"
    with pytest.raises(AzureDevOpsServiceError, match="exists already"):
        client.update_tag(models.WorkItemTagDefinition(name="Green"), PROJECT, "blue")
    client.update_tag(models.WorkItemTagDefinition(name="navy"), PROJECT, "blue")
    client.delete_tag(PROJECT, "green")
    after = client.get_work_item(made.id)
    assert (after.fields["System.Tags"], after.rev) == ("navy", made.rev + 1)  # the comment revised it, nothing else
    query = models.QueryHierarchyItem(name="Mine", wiql="SELECT [System.Id] FROM WorkItems")
    kept = client.create_query(query, PROJECT, "Shared Queries")
    wanted = models.QueryBatchGetRequest(ids=[kept.id, PROJECT], error_policy="omit")
    assert [one.name for one in client.get_queries_batch(wanted, PROJECT)] == ["Mine"]


def test_the_client_finds_teams_and_who_is_in_them(desk: Desk) -> None:
    client = connection(desk).clients_v7_1.get_core_client()
    (team,) = client.get_teams(PROJECT)
    assert (team.name, client.get_project(PROJECT).default_team.id) == (f"{PROJECT} Team", team.id)
    assert team.id in [one.id for one in client.get_all_teams()]
    assert client.get_team(PROJECT, team.name).id == team.id
    members = client.get_team_members_with_extended_properties(PROJECT, team.id)
    assert [one.identity.unique_name for one in members if one.is_team_admin] == ["ada@global.example"]
    with pytest.raises(AzureDevOpsServiceError, match="does not exist"):
        client.get_team(PROJECT, "Others")


def test_the_client_understands_refusals(desk: Desk) -> None:
    client = boards(desk)
    with pytest.raises(AzureDevOpsServiceError, match="TF401320"):
        client.create_work_item([sets("System.Title", "x"), sets("System.State", "Closed")], PROJECT, "Bug")
    with pytest.raises(AzureDevOpsServiceError, match="TF200016"):
        client.create_work_item([sets("System.Title", "x")], "Nowhere", "Bug")
    with pytest.raises(AzureDevOpsAuthenticationError):
        connection(desk, token="wrong").clients_v7_1.get_core_client().get_projects()


def test_a_long_random_tour_meets_no_fault(desk: Desk) -> None:
    """Hundreds of mixed calls, right and wrong ones; what was written is what is read."""
    chance = random.Random(7)
    clients = [boards(desk, who) for who in ("david", "marco")]
    wrote: dict[int, str] = {}
    refused = 0

    def client() -> Any:
        return chance.choice(clients)

    def one() -> int:
        return chance.choice(list(wrote))

    def make() -> None:
        title = f"w{chance.randrange(10**6)}"
        document = [sets("System.Title", title), sets("System.Description", chance.choice(TEXTS))]
        wrote[client().create_work_item(document, PROJECT, chance.choice(("Bug", "Feature", "Task"))).id] = title

    def rename() -> None:
        number, title = one(), f"r{chance.randrange(10**6)}"
        client().update_work_item([sets("System.Title", title)], number)
        wrote[number] = title

    def say() -> None:
        client().add_comment(models.CommentCreate(text=chance.choice(TEXTS)), PROJECT, one())

    def move() -> None:
        state = chance.choice(("New", "Active", "Resolved", "Closed", "Nowhere"))
        client().update_work_item([sets("System.State", state)], one())

    def link() -> None:
        url = f"{desk.url}/_apis/wit/workItems/{one()}"
        relation = {
            "rel": chance.choice(("System.LinkTypes.Related", "System.LinkTypes.Hierarchy-Reverse")),
            "url": url,
        }
        client().update_work_item([sets("/relations/-", relation)], one())

    def unlink() -> None:
        document = [models.JsonPatchOperation(op="remove", path=f"/relations/{chance.randrange(3)}")]
        client().update_work_item(document, one())

    def look() -> None:
        number = one()
        assert client().get_work_item(number, expand="relations").fields["System.Title"] == wrote[number]
        assert client().get_updates(number)
        assert client().get_revisions(number)

    def bury() -> None:
        number = one()
        client().delete_work_item(number)
        client().restore_work_item(models.WorkItemDeleteUpdate(is_deleted=False), number)

    steps: tuple[Callable[[], None], ...] = (make, rename, say, move, link, unlink, look, bury)
    for number in range(CALLS):
        try:
            (steps[number % len(steps)] if number < len(steps) else chance.choice(steps))()
        except AzureDevOpsServiceError:
            refused += 1
    assert refused
    for item, title in wrote.items():
        assert clients[0].get_work_item(item).fields["System.Title"] == title
    assert [one for one in desk.control.requests(NAME) if one["status"] is None or one["status"] >= 500] == []
