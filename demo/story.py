# SPDX-License-Identifier: Apache-2.0
"""The story: Mercuri answers Infinity's customers in Zendesk, Infinity works in Jira; each step is seen at the peer."""

import hashlib
import struct
import zlib
from datetime import UTC, datetime
from typing import Any

from demo.people import plain
from demo.play import DAG, JIRA, PROJECT, ZENDESK, NotSeenError, Play, Step

TITLE = "Cart forgets the coupon"
ORDER, ORDER_AT_JIRA = 360001234567, "customfield_10042"
NOTE = "The margin on this basket is 12 percent, keep that between us."
ELSEWHERE = "Wholesale discount for the Antwerp fair"


def picture(shade: int) -> bytes:
    """A real PNG of one colour, so that every tracker shows it."""
    rows = b"".join(b"\x00" + bytes((shade, 120, 200)) * 64 for _ in range(48))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 64, 48, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def create(play: Play) -> str:
    """A customer's ticket becomes an issue, with its file."""
    image = picture(40)
    play.ticket = play.anna.open_ticket(
        TITLE,
        "The coupon AUTUMN10 is gone from the cart after the log-in.\n\nSee the screenshot.",
        priority="high",
        custom={ORDER: "A-2002"},
        files={"cart.png": image},
    )
    play.tell(f'Anna opens ticket #{play.ticket} in Zendesk: "{TITLE}", priority high, order A-2002, one screenshot')

    def look() -> dict[str, Any]:
        issue = play.twin(TITLE)
        if issue is None:
            return {"key": ""}
        play.key = str(issue["key"])
        fields = issue["fields"]
        return {
            "key": play.key,
            "priority": fields["priority"]["name"],
            "status": fields["status"]["name"],
            "order": fields[ORDER_AT_JIRA],
            "file": play.elaine.files(play.key).get("cart.png"),
            "text": "coupon AUTUMN10" in plain(fields["description"]),
        }

    digest = hashlib.sha256(image).hexdigest()
    wanted = {"priority": "High", "status": "To Do", "order": "A-2002", "file": digest, "text": True}

    def said(seen: dict[str, Any]) -> str:
        if not seen["key"]:
            return f'no issue "{TITLE}" in {PROJECT}'
        file = "sha256 equal" if seen["file"] == digest else "missing or changed"
        return f"{seen['key']}, {seen['priority']}, {seen['status']}, order {seen['order']}, cart.png ({file})"

    return play.until(look, lambda seen: seen == {"key": seen["key"], **wanted}, said)


def custom_field(play: Play) -> str:
    """A custom field goes in."""
    play.tell(f"Anna corrects the order number of #{play.ticket}: A-2003")
    play.anna.change(play.ticket, custom_fields=[{"id": ORDER, "value": "A-2003"}])
    return play.until(
        lambda: play.elaine.issue(play.key)["fields"][ORDER_AT_JIRA],
        lambda seen: seen == "A-2003",
        lambda seen: f"{play.key} shows order {seen}",
    )


def private(play: Play) -> str:
    """What was not offered never leaves: looked for in Jira and in every request that it got."""
    before = play.sandbox.last_request(JIRA)
    play.tell(f"Anna adds an internal note to #{play.ticket}, and opens a ticket that is none of Infinity's business")
    play.anna.comment(play.ticket, NOTE, public=False)
    other = play.anna.open_ticket(ELSEWHERE, "Only for our own back office.", tags=("billing",))
    play.anna.comment(play.ticket, "Our shop team is told; thank you for your patience.")

    def look() -> list[str]:
        texts = [plain(each["body"]) for each in play.elaine.comments(play.key)]
        return ["arrived" for text in texts if "shop team is told" in text]

    play.until(look, bool, lambda seen: f"{len(seen)} public comment after it")
    sent = " ".join(f"{each['path']} {each['query']} {each['body']}" for each in play.sandbox.requests(JIRA, before))
    shown = [issue["fields"]["summary"] for issue in play.elaine.issues(PROJECT)]
    shown += [plain(each["body"]) for each in play.elaine.comments(play.key)]
    for secret in ("margin on this basket", ELSEWHERE, "back office"):
        if secret in sent or any(secret in text for text in shown):
            raise NotSeenError(f'"{secret}" reached Jira')
    return f"neither the note nor #{other} is in Jira, nor in any request to it"


def comment_to_jira(play: Play) -> str:
    """A public comment arrives once, with its author named."""
    play.tell(f"Bruno comments on #{play.ticket}")
    play.bruno.comment(play.ticket, "It happens with every coupon, on two browsers.")

    def look() -> list[str]:
        return [text for each in play.elaine.comments(play.key) if "on two browsers" in (text := plain(each["body"]))]

    return play.until(
        look,
        lambda seen: len(seen) == 1 and "Bruno Conti" in seen[0],
        lambda seen: f"{play.key} has {len(seen)}: {' '.join(' '.join(seen).split())!r}",
    )


def comment_to_zendesk(play: Play) -> str:
    """And back."""
    play.tell(f"Elaine comments on {play.key}")
    play.elaine.comment(play.key, "Which version of the app shows this?")

    def look() -> list[dict[str, Any]]:
        return [each for each in play.anna.comments(play.ticket) if "Which version of the app" in each["plain_body"]]

    return play.until(
        look,
        lambda seen: len(seen) == 1 and "Elaine Moreau" in seen[0]["plain_body"] and seen[0]["public"],
        lambda seen: (
            f"#{play.ticket} has {len(seen)}: " + repr(" ".join(" ".join(each["plain_body"] for each in seen).split()))
        ),
    )


def to_zendesk(to: str, expected: str, *ways: str) -> Step:
    """A step: Elaine moves the issue along these ways, Zendesk follows."""

    def play_it(play: Play) -> str:
        play.tell(f"Elaine: {play.key} {', then '.join(ways)} -> {to}")
        for way in ways:
            play.elaine.move(play.key, way, **({"resolution": {"name": "Fixed"}} if way == "Finish" else {}))
        return play.until(
            lambda: str(play.anna.ticket(play.ticket)["status"]),
            lambda seen: seen == expected,
            lambda seen: f"#{play.ticket} is {seen}",
        )

    return Step(f"status {to} seen in Zendesk", f"ticket {expected}", play_it)


def to_jira(status: str, expected: str, resolution: str | None = None) -> Step:
    """A step: Anna sets a status, Jira follows through its workflow."""

    def play_it(play: Play) -> str:
        play.tell(f"Anna: #{play.ticket} -> {status}")
        play.anna.change(play.ticket, status=status)

        def look() -> tuple[str, str | None]:
            fields = play.elaine.issue(play.key)["fields"]
            return fields["status"]["name"], (fields.get("resolution") or {}).get("name")

        return play.until(
            look,
            lambda seen: seen[0] == expected and (resolution is None or seen[1] == resolution),
            lambda seen: f"{play.key} is {seen[0]}" + (f", resolution {seen[1]}" if seen[1] else ""),
        )

    wanted = f"issue {expected}" + (f", resolution {resolution}" if resolution else "")
    return Step(f"status {status} seen in Jira", wanted, play_it)


def conflict(play: Play) -> str:
    """Both sides change the priority: the pair's rule says right (Jira)."""
    play.tell(f"Anna sets #{play.ticket} to urgent; in the same minute Elaine sets {play.key} to Low")
    play.anna.change(play.ticket, priority="urgent")
    play.elaine.change(play.key, priority={"name": "Low"})

    def look() -> tuple[str, str]:
        return str(play.anna.ticket(play.ticket)["priority"]), play.elaine.issue(play.key)["fields"]["priority"]["name"]

    return play.until(
        look,
        lambda seen: seen == ("low", "Low"),
        lambda seen: f"#{play.ticket} is {seen[0]}, {play.key} is {seen[1]}",
    )


def quarantine(play: Play) -> str:
    """A value that no contract knows sets one ticket aside; another one flows in the same run."""
    priorities = play.sandbox.settings(JIRA)["priorities"]
    play.sandbox.change(JIRA, priorities=[*priorities, "Blocker"])
    play.tell(f"Infinity's Jira gets a priority that its contract does not know; Elaine sets {play.key} to Blocker")
    play.elaine.change(play.key, priority={"name": "Blocker"})
    title = "Kiosk shows yesterday's prices"
    number = play.bruno.open_ticket(title, "Since this morning, in all shops.")
    play.tell(f'Bruno opens #{number} "{title}"')
    seen = play.until(
        lambda: play.twin(title),
        lambda seen: seen is not None,
        lambda seen: f"{seen['key']} came" if seen else f'"{title}" did not come',
    )
    play.quiet = (number, str((play.twin(title) or {}).get("key")))
    kept = play.anna.ticket(play.ticket)["priority"]
    if kept != "low":
        raise NotSeenError(f"#{play.ticket} was changed to priority {kept}")
    play.tell(f"Elaine sets {play.key} to High, which the contract knows")
    play.elaine.change(play.key, priority={"name": "High"})
    freed = play.until(
        lambda: play.anna.ticket(play.ticket)["priority"],
        lambda shown: shown == "high",
        lambda shown: f"#{play.ticket} is {shown}",
    )
    return f"{seen} while #{play.ticket} waited at {kept}; mended, {freed}"


def kill(play: Play) -> str:
    """The load task's process dies (kill -9) between two writes; Airflow tries again; nothing is lost or doubled."""
    title, image = "Receipt printer feeds blank paper", picture(200)
    number = play.bruno.open_ticket(title, "Two shops in Milan.", files={"receipt.png": image})
    play.bruno.comment(number, "A third shop has it too.")
    play.tell(f'Bruno opens #{number} "{title}" with a file and a comment')
    with play.sandbox.fault(
        kind="hang", tenant=JIRA, method="POST", path=r"/issue/[^/]+/(attachments|comment)", count=1
    ) as fault:
        play.airflow.trigger(DAG)
        run_id, pid = play.kill_load(lambda: play.sandbox.struck(fault) > 0)
        play.tell(f"kill -9 {pid}: the load task dies after the create, in the middle of the next write")
        play.watch(run_id)

    def look() -> tuple[int, int, int]:
        issue = play.twin(title)
        if issue is None:
            return 0, 0, 0
        comments = [each for each in play.elaine.comments(issue["key"]) if "third shop" in plain(each["body"])]
        digest = hashlib.sha256(image).hexdigest()
        files = [each for each in play.elaine.files(issue["key"]).values() if each == digest]
        attached = play.elaine.issue(issue["key"])["fields"]["attachment"]
        return 1, len(comments), len(files) if len(attached) == len(files) else len(attached)

    seen = look()
    said = "{} issue, {} comment, {} file"
    if seen != (1, 1, 1):
        return play.until(look, lambda now: now == (1, 1, 1), lambda now: said.format(*now))
    return said.format(*seen)


def backfill(play: Play) -> str:
    """A change that scheduled runs could not see: Airflow's backfill of its time finds it."""
    number, key = play.quiet
    account = play.sandbox.tenants[ZENDESK].people[play.sandbox.integrations[ZENDESK]]["email"]
    play.tell(f"Mercuri takes #{number} out of Tandem's sight for a moment; Bruno renames it meanwhile")
    play.sandbox.change(ZENDESK, hidden={account: [number]})
    renamed, since = "Kiosk shows the prices of last week", datetime.now(UTC)
    play.bruno.change(number, subject=renamed)
    other = play.bruno.open_ticket("Loyalty points are missing", "For orders of last week.")
    play.until(
        lambda: play.twin("Loyalty points are missing"),
        lambda seen: seen is not None,
        lambda seen: f"#{other} came" if seen else f"#{other} did not come",
    )
    play.sandbox.change(ZENDESK, hidden={})
    play.run()
    if play.elaine.issue(key)["fields"]["summary"] == renamed:
        raise NotSeenError("the ordinary runs saw it: nothing was left for a backfill to find")
    play.tell("it is in sight again, and ordinary runs did not see the change; Airflow's own backfill of that time:")
    play.backfill(since)
    seen = play.elaine.issue(key)["fields"]["summary"]
    if seen != renamed:
        raise NotSeenError(f"{key} is still called {seen!r}")
    return f"{key} is called {seen!r}"


STEPS = (
    Step("ticket created", "issue with the same title, priority High, order, text, one file of equal bytes", create),
    Step("custom field in", "issue shows order A-2003", custom_field),
    Step("private stays private", "note and out-of-scope ticket neither in Jira nor in a request to it", private),
    Step("comment seen in Jira", "one comment that names Bruno Conti", comment_to_jira),
    Step("comment seen in Zendesk", "one public comment that names Elaine Moreau", comment_to_zendesk),
    to_jira("open", "In Progress"),
    to_zendesk("Waiting", "pending", "Wait"),
    to_zendesk("In Progress", "open", "Start"),
    to_jira("pending", "Waiting"),
    Step("priority conflict", "both sides Low: the pair's rule is right", conflict),
    Step("bad ticket set aside", "it waits, another one flows; mended, it flows too", quarantine),
    to_jira("solved", "Done", "Fixed"),
    to_jira("open", "In Progress"),
    to_zendesk("Done", "solved", "Finish"),
    to_zendesk("To Do", "open", "Reopen"),
    Step("kill -9 in mid-load", "1 issue, 1 comment, 1 file", kill),
    Step("backfill", "the title that ordinary runs could not see", backfill),
)
