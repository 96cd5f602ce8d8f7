# SPDX-License-Identifier: Apache-2.0
"""The DAG of a pair whose files cannot be used: it says what is wrong, once an hour, to whom the file still names."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import DAG, Context, CronDataIntervalTimetable, task
from airflow.sdk.exceptions import AirflowFailException
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tandem.airflow.alerts import DAY, Audience, due, handbook, links, say_last, tell
from tandem.airflow.mail import Mail
from tandem.config.models import BrokenPair

CODE = "TDM-301"
HOURLY = "0 * * * *"
"""A pair that is broken moves nothing; nobody would notice if its DAG did not fail by itself now and then."""


def broken_dag(broken: BrokenPair, dag_id: str) -> DAG:
    """Make it. Its one task fails with every problem; no other pair is touched."""
    count = len(broken.problems)
    head = f"{count} problem{'s' if count != 1 else ''} in the files of this pair; nothing moves until mended."
    listed = "\n".join(str(problem) for problem in broken.problems)
    audience = readable_audience(broken, dag_id)

    def tell_people(context: Context) -> None:
        if due(broken.name, "invalid", datetime.now(UTC)):
            tell(invalid_mail(audience, context["dag_run"].run_id, head, listed), audience)
        say_last((head, *listed.splitlines(), f"handbook: {handbook(CODE)}"), logging.ERROR)

    with DAG(
        dag_id,
        schedule=CronDataIntervalTimetable(HOURLY, timezone="UTC"),
        catchup=False,
        max_active_runs=1,
        tags={"invalid"},
        doc_md=f"{head}\n\n```\n{listed}\n```",
        default_args={"owner": (*audience.accountable, *audience.responsible, "airflow")[0]},
    ) as dag:

        @task(
            task_id="invalid",
            retries=0,
            on_failure_callback=tell_people,
            doc_md="Fails with the list of what is wrong.",
        )
        def invalid() -> None:
            raise AirflowFailException(f"{head}\n{listed}")

        invalid()
    return dag


def invalid_mail(audience: Audience, run_id: str, head: str, listed: str) -> Mail:
    """Compose the mail on files that cannot be used."""
    return Mail(
        f"[Tandem] invalid: {audience.dag_id} cannot run, its files have problems",
        "No change reaches the other side until the files of this pair are mended; none is lost.",
        (
            ("What", head),
            ("Where and what to do", listed),
            ("Since when", f"at the latest {datetime.now(UTC).strftime(DAY)}"),
            ("Who is told", audience.told()),
        ),
        links(audience, run_id, CODE),
        "Until the files are mended, a mail comes each hour.",
    )


def readable_audience(broken: BrokenPair, dag_id: str) -> Audience:
    """Return whom the pair's file names, as far as it can be read at all."""
    try:
        written = YAML(typ="safe").load(broken.file)
    except (OSError, YAMLError):
        written = None
    people = written.get("people") if isinstance(written, dict) else None
    people = people if isinstance(people, dict) else {}
    responsible, accountable, informed = (
        _addresses(people.get(part)) for part in ("responsible", "accountable", "informed")
    )
    return Audience(broken.name, dag_id, 0, responsible=responsible, accountable=accountable, informed=informed)


def _addresses(written: Any) -> tuple[str, ...]:
    given = written if isinstance(written, list) else [written]
    return tuple(each for each in given if isinstance(each, str) and "@" in each)
