# SPDX-License-Identifier: Apache-2.0
"""Writes to issues. Redmine answers most of them with nothing at all, also where it did nothing: each is read back.

Our mark rides in a custom field of the issue, in the very write: its journal tells it. The field also keeps the mark
that the issue was made with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from tandem.connectors.base import Draft, Move, Note, Outcome, Patch, Upload, settled
from tandem.connectors.marks import Marker
from tandem.connectors.redmine.history import Told, journals
from tandem.connectors.redmine.read import offered
from tandem.connectors.redmine.shape import (
    CUSTOM,
    STANDARD,
    Raw,
    details,
    flat,
    journaled,
    label,
    raw_value,
    wire,
)
from tandem.connectors.redmine.site import Site
from tandem.core.values import Json, same
from tandem.errors import (
    GoneError,
    ItemError,
    PrivacyError,
    RefusedError,
    TooLargeError,
    TransitionError,
    UnknownOutcomeError,
)
from tandem.http import Body, parsed

NOTE_LONGEST = 60_000  # characters; MySQL holds 65,535 bytes in Redmine's texts
PRIVATE_RIGHTS = ("set_notes_private", "view_private_notes")
W = TypeVar("W")


def each(site: Site, write: Callable[[Site, W], Outcome], writes: Sequence[W]) -> tuple[Outcome, ...]:
    """Do writes one after another; what is wrong with one, or not known of it, becomes its outcome."""
    return tuple(map(settled(partial(write, site)), writes))


def create(site: Site, draft: Draft) -> Outcome:
    """Create an issue. Redmine makes one of its first tracker where it does not know the one that is asked for."""
    _demand_marker(site)
    fields = {**draft.fields, **({} if draft.place is None else {"project": draft.place})}
    project = _known(site, fields.get("project"))
    tracker = _tracker(site, project, fields["tracker"]) if fields.get("tracker") is not None else None
    named = {"project": project, **({"tracker": tracker} if tracker else {})}
    body = _body(site, {**fields, **named}, str(Marker(draft.mark)))
    made = parsed(send(site, "POST", "/issues.json", None, body, fields))["issue"]
    if site.note_origin(made).origin != draft.mark:
        site.unmarked = str(made["id"])
    return Outcome(id=str(made["id"]))


def update(site: Site, patch: Patch) -> Outcome:
    """Set fields.

    Raises:
        RefusedError: Redmine answered that it was done, and did nothing of it.
    """
    issue, ours = put(site, patch.id, patch.fields, patch.mark)
    taken = {journaled(detail) for detail in details(ours.raw)} if ours else set()
    passed_over = [
        name
        for name, value in patch.fields.items()
        if name not in taken and not same(flat(raw_value(issue, name), site.form(name)), value)
    ]
    if passed_over and not taken & set(patch.fields):
        raise RefusedError(
            f"Redmine passed over {', '.join(sorted(passed_over))} without a word",
            where=site.http.tenant,
            fix="Give the integration account's role the right to edit issues, and look at the workflow's field rules.",
            fields=passed_over,
        )
    return Outcome(id=patch.id, history=ours.number if ours else None)


def transition(site: Site, move: Move) -> Outcome:
    """Give an issue another status.

    Raises:
        TransitionError: the workflow does not lead there, or our role may not: Redmine passes over the status.
    """
    issue, ours = put(site, move.id, {**move.fields, "status": move.way.id}, move.mark)
    stepped = ours is not None and any(journaled(detail) == "status" for detail in details(ours.raw))
    if not stepped and str(issue["status"]["id"]) != move.way.to:
        there = site.issue(move.id, include="allowed_statuses") or issue
        raise TransitionError(
            f'Redmine passed over the status "{move.way.name}" without a word',
            reachable=sorted(way.to for way in offered(site, there)),
            where=site.http.tenant,
            fix="Add the step to the workflow of the integration account's role, or move the ticket by hand.",
        )
    return Outcome(id=move.id, history=ours.number if ours else None)


def comment(site: Site, note: Note) -> Outcome:
    """Add a note.

    Raises:
        TooLargeError: it is longer than we let a note be.
        RefusedError: a private note where our role may not write one: Redmine would store it publicly.
        PrivacyError: Redmine stored publicly what was to be private; it was taken back.
    """
    text = demand_text(site, note.body)
    if not note.public:
        _demand_private(site, note.id)
    sent: dict[str, Any] = {"notes": text, **({} if note.public else {"private_notes": True})}
    issue, ours = put(site, note.id, {}, note.mark, sent)
    told = journals(site, issue)
    made = next((one for one in reversed(told) if one.notes and one.mark.write == note.mark), None)
    if made is None and ours is None:  # without its mark it is the newest of ours that reads so
        made = next((one for one in reversed(told) if one.user == site.account_id and one.notes == text), None)
    if made is None:
        raise UnknownOutcomeError("a note was sent, and is not among the issue's", where=site.http.tenant)
    if not note.public and made.public:
        _withdraw(site, note.id, made)
    return Outcome(id=made.number)


def attach(site: Site, upload: Upload) -> Outcome:
    """Store a file: first its bytes, then its place in the issue."""
    try:
        with upload.open() as chunks:
            answer = site.http.request(
                "POST",
                "/uploads.json",
                params={"filename": upload.name, "content_type": upload.media_type},
                data=Body(chunks, upload.size),
                headers={"Content-Type": "application/octet-stream"},
                endpoint="POST /uploads",
                ticket=upload.id,
                accept={403, 422},
            )
        if answer.status_code != 201:
            raise RefusedError(
                f"Redmine takes no such file ({answer.status_code})",
                where=site.http.tenant,
                fix="See Administration → Settings → Files: the largest size, and the endings that are allowed.",
            )
        token = str(parsed(answer)["upload"]["token"])
        file = {"token": token, "filename": upload.name, "content_type": upload.media_type}
        number = token.partition(".")[0]
        put(site, upload.id, {}, f"file:{number}", {"uploads": [file]})
    except ItemError as error:
        return Outcome(error=error)
    return Outcome(id=number, files=(number,))


# ---- what all of them do


def put(
    site: Site,
    number: str,
    fields: Mapping[str, Json],
    mark: str,
    more: Mapping[str, Any] | None = None,
    about: str = "",
) -> tuple[Raw, Told | None]:
    """Change an issue and read it back, with the journal that tells of it; none where Redmine dropped our mark."""
    _demand_marker(site)
    said = Marker(site.origin(number), mark, about or None)
    body = _body(site, fields, str(said))
    body["issue"] |= more or {}
    send(site, "PUT", f"/issues/{number}.json", number, body, fields)
    issue = site.issue(number)
    if issue is None:
        raise UnknownOutcomeError(f"issue {number} was written and is not to be seen now", where=site.http.tenant)
    written = [one for one in journals(site, issue) if (one.mark.write, one.mark.comment) == (mark, about or None)]
    if not written:
        site.unmarked = number
    return issue, next((one for one in reversed(written) if not one.rest), None)


def send(
    site: Site, method: str, path: str, number: str | None, body: Mapping[str, Any], fields: Mapping[str, Json]
) -> Any:
    """Send one write and return its answer.

    Raises:
        GoneError: the issue is gone, or hidden from us.
        RefusedError: also for a right that we lack on this one issue.
    """
    endpoint = f"{method} {path.rpartition('/')[0]}"
    answer = site.http.request(method, path, json=body, endpoint=endpoint, ticket=number, accept={403, 404, 422})
    if answer.status_code < 300:
        return answer
    what = f"{endpoint} answered {answer.status_code}"
    if answer.status_code == 404 or (number is not None and site.issue(number, include="") is None):
        raise GoneError(what, where=site.http.tenant)
    if answer.status_code == 403:
        fix = "Give the integration account's role the right to do this in the ticket's project."
        raise RefusedError(what, where=site.http.tenant, fix=fix)
    blamed = _blamed(site, parsed(answer), fields)
    if blamed == ["subject"] and len(str(fields.get("subject") or "")) > 255:
        raise TooLargeError("a subject is longer than 255 characters", where=site.http.tenant, fields=blamed)
    what += f": {', '.join(blamed)}" if blamed else ""
    raise RefusedError(what, where=site.http.tenant, fields=blamed)


def _blamed(site: Site, answer: Any, fields: Mapping[str, Json]) -> list[str]:
    """Find which fields a refusal is about: its sentences begin with what people call them."""
    sentences = [str(one) for one in (answer.get("errors") or () if isinstance(answer, dict) else ())]
    called = {name: label(name) for name in fields if name in STANDARD}
    told = {CUSTOM + str(one["id"]): str(one["name"]) for one in site.custom_fields} or {
        name: str(one["name"]) for name, one in site.shown_fields.items()
    }
    called |= {name: told[name] for name in fields if name in told}
    return sorted(name for name, words in called.items() if any(one.startswith(f"{words} ") for one in sentences))


def _body(site: Site, fields: Mapping[str, Json], said: str) -> dict[str, Any]:
    """Write fields as an issue, with our mark.

    Raises:
        RefusedError: a field that Redmine would pass over.
    """
    unknown = sorted(n for n in fields if n not in STANDARD and not n.removeprefix(CUSTOM).isdigit())
    fixed = sorted(n for n in fields if n not in unknown and not site.form(n).writable)
    if unknown or fixed:
        what = f"Redmine has no field to write: {', '.join(unknown + fixed)}"
        raise RefusedError(what, where=site.http.tenant, fields=unknown + fixed)
    issue: dict[str, Any] = {}
    custom: list[dict[str, Any]] = [{"id": int(site.mark_field.removeprefix(CUSTOM)), "value": said}]
    for name, value in fields.items():
        form = site.form(name)
        if name.startswith(CUSTOM):
            custom.append({"id": int(form.sent), "value": wire(value, form)})
        else:
            issue[form.sent] = wire(value, form)
    return {"issue": {**issue, "custom_fields": custom}}


def _demand_marker(site: Site) -> None:
    """Refuse to write without a mark: after a lost answer nobody could say whether it took place."""
    fix = "Let the role of the integration account write the marker field, in every tracker, project and status."
    if not site.mark_field:
        raise RefusedError("the contract names no marker field (options.marker)", where=site.http.tenant, fix=fix)
    if site.unmarked:
        what = f"Redmine dropped our mark on issue {site.unmarked}"
        raise RefusedError(what, where=site.http.tenant, fix=fix, fields=[site.mark_field])


def demand_text(site: Site, body: Json) -> str:
    """Give a note's text as it is sent; Redmine passes over an empty one."""
    text = str(body or "")
    if len(text) > NOTE_LONGEST:
        raise TooLargeError(f"a note is longer than {NOTE_LONGEST} characters", where=site.http.tenant)
    if not text.strip():
        raise RefusedError("Redmine takes no empty note", where=site.http.tenant)
    return text


def _known(site: Site, word: Json) -> str:
    number = site.project_id(str(word)) if word is not None else None
    if number is None:
        fix = "Name a project in `create`, and give the integration account a role in it."
        raise RefusedError(
            "there is no such project for our account", where=site.http.tenant, fix=fix, fields=["project"]
        )
    return number


def _tracker(site: Site, project: str, word: Json) -> str:
    for one in site.projects[project].get("trackers") or ():
        if str(word) == str(one["id"]) or str(word).casefold() == str(one["name"]).casefold():
            return str(one["id"])
    what = f"project {site.projects[project]['identifier']} has no such tracker"
    raise RefusedError(what, where=site.http.tenant, fields=["tracker"])


def _demand_private(site: Site, number: str) -> None:
    issue = site.issue(number, include="")
    if issue is None:
        raise GoneError("the issue is gone or hidden", where=site.http.tenant)
    project = str(issue["project"]["id"])
    lacking = [right for right in PRIVATE_RIGHTS if not site.may(right, project)]
    if lacking:
        raise RefusedError(
            f"our account may not write private notes here ({', '.join(lacking)}): Redmine would store it publicly",
            where=site.http.tenant,
            fix="Give its role that right, or set `comments.as: public`.",
        )


def _withdraw(site: Site, number: str, made: Told) -> None:
    """Take back a note that was stored publicly, and stop: something is wrong with our rights."""
    answer = site.http.request(
        "PUT",
        f"/journals/{made.number}.json",
        json={"journal": {"notes": "", "private_notes": True}},
        endpoint="PUT /journals",
        ticket=number,
        accept={403, 404},
    )
    issue = site.issue(number)
    left = issue is not None and any(one.number == made.number and one.notes for one in journals(site, issue))
    gone = answer.status_code < 300 and not left
    raise PrivacyError(
        f"a private note was stored as a public one on issue {number}; "
        + ("it was taken back" if gone else f"it stands there still: note {made.number}"),
        where=site.http.tenant,
        fix="Give the integration account's role the right to set notes private, and to edit its own notes.",
    )
