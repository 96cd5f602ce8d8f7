# SPDX-License-Identifier: Apache-2.0
"""The handbook inside Airflow's web server: what a code means and what to do, where mails and logs link to."""

from __future__ import annotations

from html import escape
from pathlib import Path

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import FastAPI, HTTPException
from fastapi.responses import HTMLResponse
from markdown_it import MarkdownIt

_PACKAGE = Path(__file__).parents[1]
_PACKED = _PACKAGE / "handbook"
PAGES = _PACKED if _PACKED.is_dir() else _PACKAGE.parents[1] / "docs" / "handbook"
"""Inside the package where it was installed, in ``docs/`` where this is a checkout."""

_STYLE = "body{font:16px/1.6 system-ui,sans-serif;max-width:44em;margin:2em auto;padding:0 1em;color-scheme:light dark}"

app = FastAPI(title="Tandem")


@app.get("/handbook/{code}", response_class=HTMLResponse)
def page(code: str, user: GetUserDep) -> str:
    """One page, for everyone who is logged in: it holds no data."""
    text = written(code.removesuffix(".md"))  # pages link to each other as files
    if text is None:
        raise HTTPException(404, "There is no such page.")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(code)} · Tandem handbook</title><style>{_STYLE}</style>{MarkdownIt().render(text)}</html>"
    )


def written(code: str) -> str | None:
    """Return a page's Markdown, if there is one."""
    known = {file.stem: file for file in PAGES.glob("TDM-*.md")}
    return known[code].read_text() if code in known else None
