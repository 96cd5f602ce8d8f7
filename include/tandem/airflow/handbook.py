# SPDX-License-Identifier: Apache-2.0
"""The handbook inside Airflow's web server: what a code means and what to do, where mails and logs link to.

A page in `docs/handbook/` wins; without one the page is made from the error's own class or the table of codes.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import FastAPI, HTTPException
from fastapi.responses import HTMLResponse
from markdown_it import MarkdownIt

from tandem.airflow.alerts import KILLED, LATE
from tandem.config.codes import MEANING, Code
from tandem.errors import TandemError

PAGES = Path(__file__).parents[3] / "docs" / "handbook"

_OF_AIRFLOW = {
    LATE: (
        "A run has taken longer than the pair's deadline.",
        "Look at the log of the task that hangs. A tracker that is down needs nothing: the run goes on by itself.",
    ),
    KILLED: (
        "A task's process was killed, or failed in a way that Tandem does not know.",
        "Clear the task in Airflow to run it again: what was sent is looked up before anything is repeated.",
    ),
}

_STYLE = "body{font:16px/1.6 system-ui,sans-serif;max-width:44em;margin:2em auto;padding:0 1em;color-scheme:light dark}"

app = FastAPI(title="Tandem")


@app.get("/handbook/{code}", response_class=HTMLResponse)
def page(code: str, user: GetUserDep) -> str:
    """One page, for everyone who is logged in: it holds no data."""
    text = written(code) or made(code)
    if text is None:
        raise HTTPException(404, "There is no such code.")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(code)} · Tandem handbook</title><style>{_STYLE}</style>{MarkdownIt().render(text)}</html>"
    )


def written(code: str) -> str | None:
    """Return the page that people wrote, if there is one."""
    known = {file.stem: file for file in PAGES.glob("TDM-*.md")}
    return known[code].read_text() if code in known else None


def made(code: str) -> str | None:
    """Return a page made from what the program knows of a code."""
    if code in _OF_AIRFLOW:
        meaning, todo = _OF_AIRFLOW[code]
        return f"# {code}\n\n{meaning}\n\n## What to do\n\n{todo}\n"
    if code in {known.value for known in Code}:
        return f"# {code}\n\n{MEANING[Code(code)]}\n\n## What to do\n\nThe message names file, line, key and the fix.\n"
    for error in _classes(TandemError):
        if error.code == code:
            return f"# {code} {error.__name__}\n\n{error.__doc__ or ''}\n\n## What to do\n\n{error.fix}\n"
    return None


def _classes(root: type[TandemError]) -> list[type[TandemError]]:
    return [each for child in root.__subclasses__() for each in (child, *_classes(child))]
