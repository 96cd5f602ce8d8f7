# SPDX-License-Identifier: Apache-2.0
"""Whom to tell, and what: a run that is late, one that failed, one that stopped before its first write.

Each says what it means for people, since when, what hangs on what, what to do, and when the next mail comes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from airflow.sdk import Context

from tandem.airflow.connections import state_store
from tandem.airflow.describe import TASKS, words
from tandem.airflow.mail import Mail, send, send_async
from tandem.airflow.standing import Standing, read_standing
from tandem.errors import ConfigurationError, TandemError
from tandem.state import runs

log = logging.getLogger("tandem")

LATE = "TDM-110"
KILLED = "TDM-120"
_HANGING = (
    "If a tracker is slow or down: nothing, the run goes on when it answers. Else look at the log of the task that "
    "hangs. To start over, mark the run as failed; the next one takes up everything."
)
DONE = frozenset({"success", "skipped"})
_BEHIND = "waits for another run of the pair"
_STATES = {
    None: "not started",
    "up_for_reschedule": _BEHIND,
    "up_for_retry": "failed, will be tried again",
    "queued": "waits for a free worker",
    "scheduled": "waits for a free worker",
}
_CLOCK = "%H:%M"
DAY = "%d %b %H:%M UTC"
MAIL_EVERY = timedelta(minutes=55)
"""Between two mails on one cause: an hour, with room for runs that start some seconds earlier than the last time."""


@dataclass(frozen=True)
class Audience:
    """What the pair's file says about who is told when; plain values, for Airflow stores it with the DAG."""

    pair: str
    dag_id: str
    deadline_seconds: float
    sides: tuple[str, str] = ("left", "right")
    """What the pair's file calls them: offers of contracts."""
    responsible: tuple[str, ...] = ()
    accountable: tuple[str, ...] = ()
    informed: tuple[str, ...] = ()

    @property
    def recipients(self) -> tuple[str, ...]:
        """Everyone once, those who act first."""
        return tuple(dict.fromkeys((*self.responsible, *self.accountable, *self.informed)))

    def told(self) -> str:
        """Who is told in which part, for the mail itself."""
        parts = (("acts", self.responsible), ("answers for it", self.accountable), ("is informed", self.informed))
        return "; ".join(f"{', '.join(who)} ({part})" for part, who in parts if who)

    def plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Audience:
        """The inverse of :meth:`plain`."""
        left, right = plain["sides"]
        lists = {key: tuple(plain[key]) for key in ("responsible", "accountable", "informed")}
        return cls(plain["pair"], plain["dag_id"], plain["deadline_seconds"], (left, right), **lists)


def _base_url() -> str:
    from airflow.sdk.configuration import conf

    return str(conf.get("api", "base_url", fallback="http://localhost:8080")).rstrip("/")


def handbook(code: str) -> str:
    """Return the address of a code's page in Airflow."""
    return f"{_base_url()}/tandem/handbook/{code}"


def page_of(error: TandemError) -> str:
    """Return the code whose page helps most: that of the problems themselves where they are all of one kind."""
    kinds = {problem.code for problem in error.problems} if isinstance(error, ConfigurationError) else set()
    return kinds.pop() if len(kinds) == 1 else error.code


def links(audience: Audience, run_id: str, code: str) -> tuple[tuple[str, str], ...]:
    """Return where to look: the run, the pair, the handbook's page."""
    pair = f"{_base_url()}/dags/{audience.dag_id}"
    return (
        ("The run", f"{pair}/runs/{quote(run_id, safe='')}"),
        ("The pair", pair),
        (f"The handbook on {code}", handbook(code)),
    )


def read_state(pair: str, run_id: str) -> Standing | None:
    """Read how far a run has come; None if the state database does not answer."""
    try:
        with state_store().read() as tx:
            return read_standing(tx, pair, run_id)
    except Exception as error:  # the mail must go out, above all when the state database is what fails
        log.warning("the state database could not be read for a mail: %s", type(error).__name__)
        return None


def _meaning(since: datetime) -> str:
    at = since.astimezone(UTC).strftime(_CLOCK)
    return f"Changes made since {at} UTC have not all reached the other side yet; none is lost."


def _work(standing: Standing | None, audience: Audience) -> list[tuple[str, str]]:
    if standing is None:
        return [("Writes", "unknown: the state database did not answer")]
    facts = []
    if standing.unanswered:
        kind, side, since = standing.unanswered
        name = audience.sides[side == "right"]
        facts.append(("Last write", f"{kind} at {name}, no answer since {since.strftime(DAY)}"))
    if standing.writes:
        facts.append(("Writes of this run", ", ".join(f"{n} {state}" for state, n in sorted(standing.writes.items()))))
    return facts


def _hanging(run_state: str, tasks: Mapping[str, str | None], standing: Standing | None) -> list[tuple[str, str]]:
    """Say which task hangs, on what, and what comes after it."""
    first, *after = (task for task, state in tasks.items() if state not in DONE)
    state = tasks[first]
    if run_state == "queued":
        why = "another is at work" if standing and standing.holder else "its DAG is paused, or Airflow is busy or down"
        facts = [("What hangs", f"the run has not started: {why}")]
    elif standing and standing.behind_another and state != "up_for_retry":  # each look at the lease is a short task
        facts = [("What hangs", f"{first}: {_BEHIND}")]
    else:
        facts = [("What hangs", f"{first}: {_STATES.get(state, state)}")]
    if standing and standing.doing:
        facts.append(("Last request", f"{standing.doing}, no answer yet"))
    if standing and standing.failure:
        facts.append(("Last failure", standing.failure))
    if standing and standing.holder:
        facts.append(("At work", standing.holder))
    if after:
        facts.append(("Not done yet", ", ".join(after)))
    return facts


def late_mail(
    audience: Audience,
    run: Mapping[str, Any],
    tasks: Mapping[str, str | None],
    standing: Standing | None,
    now: datetime,
) -> Mail:
    """Compose the mail on a run beyond its deadline, which may still be at work."""
    queued = datetime.fromisoformat(run["queued_at"] or run["run_after"])
    deadline = words(timedelta(seconds=audience.deadline_seconds))
    since = (standing and standing.in_step_since) or queued
    return Mail(
        f"[Tandem] late: {audience.dag_id} has run {words(now - queued)} (deadline {deadline})",
        _meaning(since),
        (
            ("Since when", f"queued {queued.strftime(DAY)}; its deadline is {deadline}"),
            *_hanging(run["state"], tasks, standing),
            *_work(standing, audience),
            ("What to do", _HANGING),
            ("Who is told", audience.told()),
        ),
        links(audience, run["dag_run_id"], LATE),
        "The next mail comes if a run fails, or in an hour if runs are late then.",
    )


async def late(audience: dict[str, Any], context: dict[str, Any]) -> None:
    """Tell that a run is beyond its deadline. Runs in Airflow's triggerer while the run may still hang."""
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    told, run = Audience.of(audience), context["dag_run"]
    if run["state"] not in ("queued", "running"):  # Airflow keeps the deadline of a run that failed
        return
    run_id = run["dag_run_id"]
    states = await asyncio.to_thread(RuntimeTaskInstance.get_task_states, dag_id=run["dag_id"], run_ids=[run_id])
    tasks = {task: states.get(run_id, {}).get(task) for task in TASKS}
    if set(tasks.values()) <= DONE:  # it ended while this call waited for the triggerer
        return
    standing, now = await asyncio.to_thread(read_state, told.pair, run_id), datetime.now(UTC)
    if await asyncio.to_thread(due, told.pair, "late", now):  # runs that wait behind a late one are late too
        await send_async(late_mail(told, run, tasks, standing, now), told.recipients)


def failed_mail(
    audience: Audience, run_id: str, task: str, since: datetime, error: BaseException | None, standing: Standing | None
) -> Mail:
    """Compose the mail on a task that failed for good, and its run with it."""
    ours = error if isinstance(error, TandemError) else None
    code = ours.code if ours else KILLED
    what = ours.what if ours else f"the program failed ({type(error).__name__})" if error else "its process was killed"
    fix = ours.fix if ours else "Clear the task in Airflow to run it again; if it fails again, report its log."
    in_step = (standing and standing.in_step_since) or since
    return Mail(
        f"[Tandem] failed: {audience.dag_id} at {task}, {code}",
        _meaning(in_step),
        (
            ("What", f"{code}  {what}"),
            ("Where", (ours.where if ours and ours.where else f"pair {audience.pair}") + f", task {task}"),
            ("Since when", since.strftime(DAY)),
            ("What to do", fix.strip() or "Correct what is listed above; the next run takes up everything."),
            *_work(standing, audience),
            ("Who is told", audience.told()),
        ),
        links(audience, run_id, page_of(ours) if ours else code),
        "While runs go on failing so, the next mail comes in an hour.",
    )


def stopped_mail(audience: Audience, run_id: str, task: str, error: TandemError, now: datetime) -> Mail:
    """Compose the mail on a run that a safety stop held before its first write."""
    return Mail(
        f"[Tandem] stopped before the first write: {audience.dag_id}, {error.code}",
        "A plan was beyond the pair's limits, so nothing of it was written; changes wait until a person decides.",
        (
            ("What", f"{error.code}  {error.what}"),
            ("Where", f"pair {audience.pair}, task {task}"),
            ("Since when", now.strftime(DAY)),
            ("What to do", error.fix),
            ("Who is told", audience.told()),
        ),
        links(audience, run_id, error.code),
        "While plans stay beyond the limits, the next mail comes in an hour.",
    )


def last_lines(error: BaseException | None) -> Sequence[str]:
    """What the log of a failed task ends with: code, what, where, what to do, where to read on."""
    if isinstance(error, TandemError):
        return (*str(error).splitlines(), f"handbook: {handbook(page_of(error))}")
    said = f"{type(error).__name__}: see the trace above" if error else "the process was killed"
    return (f"{KILLED} {said}", f"handbook: {handbook(KILLED)}")


def say_last(lines: Sequence[str], level: int) -> None:
    """End a task's log. Airflow folds what is said after the work itself into a group: it is closed first."""
    log.info("::endgroup::")
    for line in lines:
        log.log(level, line)


def tell(mail: Mail, audience: Audience) -> None:
    """Send, or log that it could not be sent: a mail server that is down must not change a run's outcome."""
    if not audience.recipients:
        log.warning("no mail: the pair's file names nobody (%s)", mail.subject)
        return
    try:
        send(mail, audience.recipients)
    except Exception as error:  # of any kind: SMTP, connection not found, refused recipients
        log.error("mail not sent (%s): %s", type(error).__name__, mail.subject)


def due(pair: str, cause: str, now: datetime) -> bool:
    """Tell whether a mail is due: one an hour for each cause, however many runs meet it."""
    try:
        with state_store().begin() as tx:
            return runs.due(tx, pair, "mail", cause, MAIL_EVERY, now)
    except Exception as error:  # better one mail too many than none
        log.warning("the state database could not be asked whether a mail is due: %s", type(error).__name__)
        return True


def on_failure(audience: Audience, context: Context) -> None:
    """Airflow's callback for a task that failed for good: in its process; in the DAG processor if that was killed."""
    error = context.get("exception")
    error = error if isinstance(error, BaseException) else None
    run, task = context["dag_run"], context["ti"].task_id
    since = run.start_date or run.run_after
    standing = read_state(audience.pair, run.run_id)
    mail = failed_mail(audience, run.run_id, task, since, error, standing)
    if due(audience.pair, mail.subject, datetime.now(UTC)):
        tell(mail, audience)
    say_last(last_lines(error), logging.ERROR)


def on_retry(context: Context) -> None:
    """Airflow's callback for a task that will be tried again: only its last lines."""
    error = context.get("exception")
    say_last(last_lines(error if isinstance(error, BaseException) else None), logging.WARNING)
