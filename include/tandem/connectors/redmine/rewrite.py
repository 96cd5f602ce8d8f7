# SPDX-License-Identifier: Apache-2.0
"""Notes of ours that are written anew: edited in place, or taken back. Redmine can since 5.0.

Such a change leaves no trace of its own and does not even touch the issue: we leave one, by our marker field.
"""

from __future__ import annotations

from tandem.connectors.base import Edit, Outcome, Redaction
from tandem.connectors.redmine.history import journals
from tandem.connectors.redmine.shape import lines
from tandem.connectors.redmine.site import Site
from tandem.connectors.redmine.write import demand_text, put
from tandem.core.values import Json
from tandem.errors import GoneError, RefusedError


def edit(site: Site, change: Edit) -> Outcome:
    """Replace a note's text."""
    return _put(site, change, change.body)


def redact(site: Site, change: Redaction) -> Outcome:
    """Put a line in the place of a note, and delete its files. A note of Redmine's has no past that could be read."""
    for file in change.files:
        answer = site.http.request(
            "DELETE", f"/attachments/{file}.json", endpoint="DELETE /attachments", ticket=change.id, accept={403, 404}
        )
        if answer.status_code == 403:
            fix = "Give the integration account's role the right to edit issues."
            raise RefusedError("Redmine lets us delete no file", where=site.http.tenant, fix=fix)
    return Outcome() if change.comment is None else _put(site, change, change.body)


def _put(site: Site, change: Edit | Redaction, body: Json) -> Outcome:
    text = demand_text(site, body)
    if change.comment is None or not change.comment.isdigit():
        raise GoneError("there is no such note", where=site.http.tenant)
    answer = site.http.request(
        "PUT",
        f"/journals/{change.comment}.json",
        json={"journal": {"notes": text}},
        endpoint="PUT /journals",
        ticket=change.id,
        accept={403, 404},
    )
    if answer.status_code == 404:
        raise GoneError("there is no such note", where=site.http.tenant)
    if answer.status_code == 403:
        fix = "Give the integration account's role the right to edit its own notes."
        raise RefusedError("our account may not edit its note", where=site.http.tenant, fix=fix)
    issue, _ = put(site, change.id, {}, change.mark, about=change.comment)
    if not any(one.number == change.comment and one.notes == lines(text) for one in journals(site, issue)):
        raise RefusedError("Redmine passed over the new text of a note", where=site.http.tenant)
    return Outcome(id=change.comment)
