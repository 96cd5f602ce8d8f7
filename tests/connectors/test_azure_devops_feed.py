# SPDX-License-Identifier: Apache-2.0
"""What Azure DevOps' feed of revisions tells of items: a part of what their own updates tell, or nothing."""

from connectors.azure_devops_house import (
    TAGS,
    TITLE,
    at_the_end,
    connector,
    history,
    made,
    make,
    needs,
    record,
    sent,
)
from contract.bench import mark
from support.azure_devops import PROJECT, Desk
from tandem.connectors.azure_devops import AzureDevOps
from tandem.connectors.base import Delta, Patch


def deltas(azure: AzureDevOps, cursor: str, known: dict[str, str]) -> dict[str, Delta]:
    pages = azure.changed_since(cursor, lambda ids: {id_: known[id_] for id_ in ids if id_ in known})
    return {id_: one for page in pages for id_, one in page.deltas.items()}


def test_a_delta_is_given_only_where_it_is_sure(azure_devops: Desk) -> None:
    plain, edited, gap, left = (make(azure_devops) for _ in range(4))
    said = azure_devops.say(int(edited), "<div>before</div>")
    subject = connector(azure_devops)
    known = {one: record(subject, one).version for one in (plain, edited, gap, left)}
    cursor = at_the_end(subject)
    for one in (plain, edited, gap, left):
        azure_devops.change(int(one), System__Title="anew")
    path = f"{PROJECT}/_apis/wit/workItems/{edited}/comments/{said['id']}"
    assert azure_devops.ask("PATCH", path, "david", json={"text": "<div>after</div>"}).status_code == 200
    azure_devops.set(int(left), {TAGS: "other"})
    azure_devops.set(int(left), {TAGS: "shared"})
    known[gap] = f"{int(known[gap]) - 1:010d}"
    found = deltas(connector(azure_devops), cursor, known)
    assert set(found) == {plain}
    assert [(entry.field, entry.after, entry.mark) for entry in found[plain].entries] == [(TITLE, "anew", None)]


def test_of_a_new_item_the_feed_tells_all_that_its_own_updates_tell(azure_devops: Desk) -> None:
    """It was made out of scope, and a private text names one of its files. Our own copy is as new as people's items."""
    cursor = at_the_end(connector(azure_devops))
    subject, ours = connector(azure_devops), mark()
    item, copy = make(azure_devops, text="<p>Since noon</p>", System__Tags="other"), made(subject, ours)
    azure_devops.set(int(item), {TAGS: "shared", "System.State": "Active", "System.History": "<div>said</div>"})
    azure_devops.attach(int(item), "seen.txt", b"seen")
    azure_devops.set(int(item), {"System.Description": "<p>Nobody gets secret.txt.</p>"})
    azure_devops.attach(int(item), "secret.txt", b"secret")
    azure_devops.change(int(copy), System__Title="a person's")
    edited, lately = make(azure_devops), make(azure_devops)
    comment = azure_devops.say(int(edited), "<div>before</div>")
    path = f"{PROJECT}/_apis/wit/workItems/{edited}/comments/{comment['id']}"
    assert azure_devops.ask("PATCH", path, "david", json={"text": "<div>after</div>"}).status_code == 200
    subject = connector(azure_devops)
    azure_devops.control.clear_requests()
    found = deltas(subject, cursor, dict.fromkeys((item, copy, edited, lately), ""))
    assert not sent(azure_devops, "GET", "/updates")
    assert set(found) == {item, copy, lately}
    for id_, one in found.items():
        told = history(subject, id_)
        assert (one.whole, one.version) == (True, record(subject, id_).version)
        assert (one.entries, one.comments, one.files) == (told.entries, told.comments, told.files)
        assert (one.away, one.withheld) == (told.away, told.withheld)
    assert [file.name for file in found[item].files] == ["seen.txt"]
    assert found[item].away
    assert len(found[item].withheld) == 1
    assert [(entry.field, entry.mark) for entry in found[copy].entries] == [(TITLE, None)]


def test_of_an_item_of_which_nothing_is_known_no_part_is_told(azure_devops: Desk) -> None:
    ticket = make(azure_devops)
    cursor = at_the_end(connector(azure_devops))
    azure_devops.change(int(ticket), System__Title="anew")
    assert deltas(connector(azure_devops), cursor, {ticket: ""}) == {}


def test_a_file_that_a_comment_of_before_may_name_is_told_by_the_history_alone(azure_devops: Desk) -> None:
    """Comments are not offered here, and the feed tells no more what was said before."""
    ticket = make(azure_devops)
    azure_devops.say(int(ticket), "<div>Nobody gets secret.txt.</div>")
    subject = connector(azure_devops, needs(comments="none"))
    known, cursor = {ticket: record(subject, ticket).version}, at_the_end(subject)
    azure_devops.attach(int(ticket), "secret.txt", b"secret")
    found = deltas(connector(azure_devops, needs(comments="none")), cursor, known)
    told = history(subject, ticket)
    assert (told.files, len(told.withheld)) == ((), 1)
    assert found == {}


def test_the_feed_gives_our_own_marks(azure_devops: Desk) -> None:
    ticket, ours = make(azure_devops), mark()
    subject = connector(azure_devops)
    known, cursor = {ticket: record(subject, ticket).version}, at_the_end(subject)
    (outcome,) = subject.update([Patch(ticket, {TITLE: "ours"}, ours, known[ticket])])
    assert outcome.error is None
    found = deltas(connector(azure_devops), cursor, known)[ticket]
    assert [(entry.field, entry.mark, entry.write) for entry in found.entries] == [(TITLE, ours, outcome.history)]
