# SPDX-License-Identifier: Apache-2.0
"""The story goes on: from Jira to Infinity's architect in ServiceNow, to Global's developers in Azure DevOps, and back.

What is seen is asked of each tracker on the way; what must not be seen is looked for in all that a tracker was sent.
"""

import hashlib
from collections.abc import Callable
from typing import Any

from demo.people import plain
from demo.play import AZURE_DEVOPS, BACK, DEVELOPMENT, PAIR, PAIRS, ROOT_CAUSE, ZENDESK, NotSeenError, Play, Step
from demo.story import TITLE, picture

WORK_NOTE = "The coupon service was switched off to save its licence; legal must not hear of it from us."
QUESTION = "Does it happen as well when the customer is logged in from the start?"
FOUND = "The session cookie was dropped with the log-in; version 4.2 keeps it."


def in_words(seen: dict[str, Any]) -> str:
    """What was seen, as one reads it."""
    said: dict[str, Callable[[Any], str]] = {
        "file": lambda equal: f"cart.png ({'sha256 equal' if equal else 'missing or changed'})",
        "said": lambda names: f"comments of {', '.join(names) or 'nobody'}",
    }
    return ", ".join(said.get(name, str)(value) for name, value in seen.items())


def to_the_architect(play: Play) -> str:
    """What needs John is an incident too, with all that was said and attached so far."""
    play.start(ROOT_CAUSE, DEVELOPMENT)
    play.tell(f"Elaine labels {play.key} root-cause: it is John's as well")
    labels = play.elaine.issue(play.key)["fields"]["labels"]
    play.elaine.change(play.key, labels=[*labels, "root-cause"])
    digest = hashlib.sha256(picture(40)).hexdigest()

    def look() -> dict[str, Any]:
        found = play.john.incidents(TITLE)
        if len(found) != 1:
            return {"number": f"{len(found)} incidents"}
        play.incident = str(found[0]["sys_id"])
        said = play.john.comments(play.incident)
        return {
            "number": found[0]["number"],
            "priority": found[0]["priority"],
            "file": play.john.files(play.incident).get("cart.png") == digest,
            "said": [name for name in ("Bruno Conti", "Elaine Moreau") if name in said],
        }

    wanted = {"priority": "2 - High", "file": True, "said": ["Bruno Conti", "Elaine Moreau"]}
    return play.until(look, lambda seen: seen == {"number": seen["number"], **wanted}, in_words, through=(ROOT_CAUSE,))


def a_work_note_stays(play: Play) -> str:
    """John's question reaches the customer's desk over two trackers; his work note goes no further than Infinity."""
    before = {tracker: play.sandbox.last_request(tracker) for tracker in (ZENDESK, AZURE_DEVOPS)}
    play.tell("John writes a work note, and asks a question that customers may see")
    play.john.note(play.incident, WORK_NOTE)
    play.john.comment(play.incident, QUESTION)

    def look() -> tuple[list[str], list[str]]:
        asked = [plain(each["body"]) for each in play.elaine.comments(play.key)]
        shown = [str(each["plain_body"]) for each in play.anna.comments(play.ticket) if each["public"]]
        return [text for text in asked if QUESTION in text], [text for text in shown if QUESTION in text]

    seen = play.until(
        look,
        lambda seen: len(seen[0]) == len(seen[1]) == 1 and "John Peeters" in seen[1][0],
        lambda seen: f"{play.key} has the question {len(seen[0])} time, #{play.ticket} {len(seen[1])} time",
        through=(ROOT_CAUSE, PAIR),
    )
    for tracker, last in before.items():
        sent = " ".join(
            f"{each['path']} {each['query']} {each['body']}" for each in play.sandbox.requests(tracker, last)
        )
        if "legal must not hear" in sent:
            raise NotSeenError(f"the work note was sent to {tracker}")
    return f"{seen}, from John Peeters; the work note is in no request to Mercuri or Global"


def to_the_developers(play: Play) -> str:
    """A fault goes to Global as a Bug; everything learned so far travels with it."""
    play.tell("John hands the incident to Global Development")
    play.john.change(play.incident, assignment_group="Global Development")
    digest = hashlib.sha256(picture(40)).hexdigest()

    def look() -> dict[str, Any]:
        found = play.david.items(TITLE)
        if len(found) != 1:
            return {"what": f"{len(found)} work items"}
        (play.item,) = found
        fields, said = play.david.item(play.item)["fields"], " ".join(play.david.comments(play.item))
        return {
            "what": fields["System.WorkItemType"],
            "where": fields["System.AreaPath"],
            "file": play.david.files(play.item).get("cart.png") == digest,
            "said": [name for name in ("Bruno Conti", "Elaine Moreau", "John Peeters") if name in said],
        }

    wanted = {
        "what": "Bug",
        "where": "Shop\\Development",
        "file": True,
        "said": ["Bruno Conti", "Elaine Moreau", "John Peeters"],
    }
    return play.until(
        look,
        lambda seen: seen == wanted,
        lambda seen: f"#{play.item}: {in_words(seen)}",
        through=(DEVELOPMENT,),
    )


def routed(title: str, category: str, kind: str, area: str) -> Step:
    """A step: what John hands over becomes what the rules of the contracts say, in the area that they say."""

    def play_it(play: Play) -> str:
        play.tell(f'John hands over "{title}", category {category}')
        play.john.open(title, category=category, assignment_group="Global Development")

        def look() -> list[tuple[str, str]]:
            fields = [play.marco.item(number)["fields"] for number in play.marco.items(title)]
            return [(each["System.WorkItemType"], each["System.AreaPath"]) for each in fields]

        return play.until(
            look,
            lambda seen: seen == [(kind, area)],
            lambda seen: " and ".join(f"{what} in {where}" for what, where in seen) or "nothing came",
            through=(DEVELOPMENT,),
        )

    return Step(f"{category} routed", f"{kind} in {area}", play_it)


def shown(play: Play) -> tuple[str, str, str, str]:
    """The status that each tracker shows, from the developer to the customer's desk."""
    return (
        str(play.david.item(play.item)["fields"]["System.State"]),
        str(play.john.incident(play.incident)["state"]),
        str(play.elaine.issue(play.key)["fields"]["status"]["name"]),
        str(play.anna.ticket(play.ticket)["status"]),
    )


def followed(play: Play, wanted: tuple[str, str, str, str], through: tuple[str, ...]) -> str:
    """Lets the pairs run until all four trackers stand as wanted."""
    return play.until(lambda: shown(play), lambda seen: seen == wanted, " <- ".join, through=through)


def works(play: Play) -> str:
    play.tell(f"David starts work on #{play.item}")
    play.david.change(play.item, {"System.State": "Active"})
    return followed(play, ("Active", "In Progress", "In Progress", "open"), BACK)


def resolves(play: Play) -> str:
    """What Global says and does is seen at each side once, in its own terms, and under the author's name."""
    play.tell(f"David says what it was, and resolves #{play.item}")
    play.david.comment(play.item, FOUND)
    play.david.change(play.item, {"System.State": "Resolved"})
    seen = followed(play, ("Resolved", "Resolved", "Done", "solved"), BACK)
    comments = [str(each["plain_body"]) for each in play.anna.comments(play.ticket) if FOUND in each["plain_body"]]
    if len(comments) != 1 or "David Rao" not in comments[0]:
        raise NotSeenError(f"{seen}; #{play.ticket} has the explanation {len(comments)} time: {comments}")
    return f"{seen}; the explanation is there once, from David Rao"


def reopens(play: Play) -> str:
    play.tell(f"The customer is not content: Anna opens #{play.ticket} again")
    play.anna.change(play.ticket, status="open")
    return followed(play, ("Active", "In Progress", "In Progress", "open"), PAIRS)


_ASKED = ("incident",)
_HANDED_ON = ("incident", "item")
CHAIN = (
    Step("root cause to ServiceNow", "one incident, 2 - High, cart.png, the comments so far", to_the_architect),
    Step("question over two trackers", "once in Jira and in Zendesk; the work note nowhere", a_work_note_stays, _ASKED),
    Step("bug to Azure DevOps", "one Bug in the area Development, with file and comments", to_the_developers, _ASKED),
    routed("Gift cards for business customers", "Design change", "Feature", "Shop\\Development"),
    routed("Branch in Ghent has no connection", "Network", "Bug", "Shop\\Network"),
    Step("work seen everywhere", "Active <- In Progress <- In Progress <- open", works, _HANDED_ON),
    Step("resolution seen everywhere", "Resolved <- Resolved <- Done <- solved", resolves, _HANDED_ON),
    Step("reopening travels back", "Active <- In Progress <- In Progress <- open", reopens, _HANDED_ON),
)
