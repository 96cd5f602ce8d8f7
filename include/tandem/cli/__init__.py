# SPDX-License-Identifier: Apache-2.0
"""The command line: `tandem check`, `plan`, `run`, `status` and what goes with them, without Airflow.

Each command is a thin door; its work is a module of this package, imported when it is asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tandem import __version__
from tandem.cli.out import Answer, finish
from tandem.cli.setting import setting

EXITS = (
    "Exit codes: 0 in step, 1 problems, 2 usage, 3 something waits for a person (conflict, quarantine, safety stop)."
)

app = typer.Typer(
    name="tandem",
    help="Keeps tickets in step between companies whose teams use different trackers.",
    epilog=EXITS,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
keys_app = typer.Typer(help="Keys of the state database.", no_args_is_help=True)
app.add_typer(keys_app, name="keys")

Pair = Annotated[
    str, typer.Argument(metavar="PAIR", help="The pair: its file's name without .yaml.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object to stdout and nothing else there.")]
Root = Annotated[
    Path | None,
    typer.Option("--root", metavar="FOLDER", help="Holds contracts/ and pairs/ (default: TANDEM_ROOT, or ours)."),
]
ConnectionFile = Annotated[
    Path | None,
    typer.Option(
        "--connections",
        metavar="FILE",
        help="Connections as YAML or JSON (default: TANDEM_CONNECTIONS; AIRFLOW_CONN_…).",
    ),
]
Form = Annotated[str, typer.Option("--format", metavar="markdown|html", help="How it is written.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it to a file instead of printing it.")
]


def main() -> None:
    """Run the command line and end the process."""
    app(prog_name="tandem")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tandem {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """What all commands have in common."""


@app.command("check", epilog=EXITS)
def _check(
    pairs: Annotated[
        list[str] | None, typer.Argument(metavar="[PAIR]...", help="Default: all pairs.", show_default=False)
    ] = None,
    root: Root = None,
    connections: ConnectionFile = None,
    as_json: AsJson = False,
) -> None:
    """Check files, log-ins, rights, fields, choices, workflows, state: all problems at once, each with its fix."""

    def work() -> Answer:
        from tandem.cli import check

        return check.check(setting(root, connections), pairs or [])

    finish(as_json, work)


@app.command("run", epilog=EXITS)
def _run(
    pair: Pair,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Plan and store the plan; write nothing.")] = False,
    window: Annotated[
        tuple[str, str] | None, typer.Option(metavar="START END", help="Compare what changed in this time again.")
    ] = None,
    tickets: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="Only these tickets; repeat it or use commas.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say what the engine does.")] = False,
    root: Root = None,
    connections: ConnectionFile = None,
    as_json: AsJson = False,
) -> None:
    """Bring a pair in step once: extract, map, diff, load, reconcile."""

    def work() -> Answer:
        from tandem.cli import run

        here = setting(root, connections)
        return run.run(here, pair, dry_run=dry_run, window=window, tickets=tickets or (), verbose=verbose)

    finish(as_json, work)


@app.command("plan", epilog=EXITS)
def _plan(
    pair: Pair,
    last: Annotated[bool, typer.Option("--last", help="Show the newest stored plan without a run.")] = False,
    tickets: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="Only these tickets; repeat it or use commas.")
    ] = None,
    root: Root = None,
    connections: ConnectionFile = None,
    as_json: AsJson = False,
) -> None:
    """Show what the next run would write. Nothing is written."""

    def work() -> Answer:
        from tandem.cli import plan

        return plan.plan(setting(root, connections), pair, last=last, tickets=tickets or ())

    finish(as_json, work)


@app.command("status", epilog=EXITS)
def _status(
    pair: Annotated[
        str | None, typer.Argument(metavar="[PAIR]", help="Default: all pairs.", show_default=False)
    ] = None,
    ticket: Annotated[
        str | None, typer.Option(metavar="KEY", help="One ticket: its members and all its events.")
    ] = None,
    root: Root = None,
    connections: ConnectionFile = None,
    as_json: AsJson = False,
) -> None:
    """Show where a pair stands: runs, links, what is open, what waits for a person."""

    def work() -> Answer:
        from tandem.cli import status

        return status.status(setting(root, connections), pair, ticket)

    finish(as_json, work)


@app.command("approve")
def _approve(pair: Pair, root: Root = None, connections: ConnectionFile = None, as_json: AsJson = False) -> None:
    """Let the next run do what the safety stop held back: its limits are raised to what was measured, once."""

    def work() -> Answer:
        from tandem.cli import decisions

        return decisions.approve(setting(root, connections), pair)

    finish(as_json, work)


@app.command("release")
def _release(
    pair: Pair,
    ticket: Annotated[str, typer.Argument(metavar="KEY", help="The ticket, by its key at either side.")],
    root: Root = None,
    connections: ConnectionFile = None,
    as_json: AsJson = False,
) -> None:
    """Try a quarantined ticket again at the next run, without waiting for its time."""

    def work() -> Answer:
        from tandem.cli import decisions

        return decisions.release(setting(root, connections), pair, ticket)

    finish(as_json, work)


@app.command("wake")
def _wake(
    contract: Annotated[str, typer.Argument(metavar="CONTRACT", help="The contract whose tracker shows them.")],
    tickets: Annotated[list[str], typer.Argument(metavar="KEY...", help="Tickets, by key or id in that tracker.")],
    root: Root = None,
    connections: ConnectionFile = None,
    as_json: AsJson = False,
) -> None:
    """Let the next run of each pair read these tickets, whatever listings show."""

    def work() -> Answer:
        from tandem.cli import decisions

        return decisions.wake(setting(root, connections), contract, tickets)

    finish(as_json, work)


@app.command("connect", epilog=EXITS)
def _connect(
    pair: Pair,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Lines of: left key, right key[, left|right|hold].")],
    prefer: Annotated[
        str | None,
        typer.Option(metavar="SIDE", help="Who is right where two tickets differ: left, right, or hold (neither)."),
    ] = None,
    root: Root = None,
    connections: ConnectionFile = None,
    as_json: AsJson = False,
) -> None:
    """Join tickets that exist at both sides. Nothing is written to a tracker by it."""

    def work() -> Answer:
        from tandem.cli import connect

        return connect.connect(setting(root, connections), pair, file, prefer)

    finish(as_json, work)


@app.command("drift", epilog=EXITS)
def _drift(
    pair: Pair,
    repair: Annotated[bool, typer.Option("--repair", help="Let the next run bring in line what differs.")] = False,
    prefer: Annotated[
        str | None, typer.Option(metavar="SIDE", help="With --repair: who is right where fields go both ways.")
    ] = None,
    root: Root = None,
    connections: ConnectionFile = None,
    as_json: AsJson = False,
) -> None:
    """Compare all linked tickets and tell where the sides do not agree. Nothing is written to a tracker by it."""

    def work() -> Answer:
        from tandem.cli import drift

        return drift.drift(setting(root, connections), pair, repair=repair, prefer=prefer)

    finish(as_json, work)


@app.command("access")
def _access(
    pairs: Annotated[
        list[str] | None, typer.Argument(metavar="[PAIR]...", help="Default: all pairs.", show_default=False)
    ] = None,
    form: Form = "markdown",
    output: Output = None,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Print who can see and write what: companies, fields and verbs, and who can end up with what."""

    def work() -> Answer:
        from tandem.cli import papers

        return papers.access(setting(root, None), pairs or [], form, output)

    finish(as_json, work)


@app.command("dictionary")
def _dictionary(
    pair: Pair,
    form: Form = "markdown",
    output: Output = None,
    with_samples: Annotated[
        bool, typer.Option("--samples/--no-samples", help="Show real values from tickets in scope.")
    ] = True,
    root: Root = None,
    connections: ConnectionFile = None,
    as_json: AsJson = False,
) -> None:
    """Print the data dictionary of a pair: its fields at both sides, tables, limits, samples."""

    def work() -> Answer:
        from tandem.cli import papers

        return papers.dictionary(setting(root, connections), pair, form, output, with_samples=with_samples)

    finish(as_json, work)


@app.command("relink", epilog=EXITS)
def _relink(
    pair: Pair,
    accept: Annotated[bool, typer.Option("--accept", help="Let the relinked pair write again.")] = False,
    rest: Annotated[
        str | None, typer.Option(metavar="send|drop", help="With --accept: what becomes of things without a twin.")
    ] = None,
    root: Root = None,
    connections: ConnectionFile = None,
    as_json: AsJson = False,
) -> None:
    """Rebuild a lost state from the markers in the trackers. Nothing is written until you accept it."""

    def work() -> Answer:
        from tandem.cli import relink

        here = setting(root, connections)
        return relink.accept(here, pair, rest) if accept else relink.relink(here, pair)

    finish(as_json, work)


@app.command("migrate")
def _migrate(root: Root = None, connections: ConnectionFile = None, as_json: AsJson = False) -> None:
    """Make the tables of the state database, or bring older ones up to this version."""

    def work() -> Answer:
        from tandem.cli import keys

        return keys.migrate(setting(root, connections))

    finish(as_json, work)


@app.command("new-contract")
def _new_contract(
    system: Annotated[
        str,
        typer.Argument(
            metavar="SYSTEM",
            help="azure_devops, jira, redmine, request_tracker, servicenow, zendesk, or one that a package brings.",
        ),
    ],
    company: Annotated[str, typer.Option(metavar="NAME", help="The company whose contract it is.")],
    write: Annotated[bool, typer.Option("--write", help="Put it into contracts/ instead of printing it.")] = False,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Print a commented contract to start from; what is to be filled in stands in <…>."""

    def work() -> Answer:
        from tandem.cli import contract

        return contract.new_contract(setting(root, None), system, company, write=write)

    finish(as_json, work)


@app.command("test", epilog="Exit codes: 0 as expected, 1 something differs, 2 a scenario cannot be played, or usage.")
def _test(
    scenarios: Annotated[
        list[Path],
        typer.Argument(
            metavar="SCENARIO", help="A scenario file, or a folder: all *.yaml in it. One or more.", show_default=False
        ),
    ],
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="List what was as expected, too.")] = False,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Play scenarios with your contracts on simulated trackers, and tell what differs from what they expect.

    A scenario says who has which tickets, what people do and what must then be seen (docs/scenarios.md).

    The trackers run on this machine as long as it takes; no connection, key or account is needed.
    """

    def work() -> Answer:
        from tandem.cli import test

        return test.test(setting(root, None).root, scenarios, verbose=verbose)

    finish(as_json, work)


@keys_app.command("new")
def _new_keys(as_json: AsJson = False) -> None:
    """Make a content key and a hash key. Keep them as you keep passwords; without them the state cannot be read."""

    def work() -> Answer:
        from tandem.cli import keys

        return keys.new()

    finish(as_json, work)


@keys_app.command("rotate")
def _rotate_keys(root: Root = None, connections: ConnectionFile = None, as_json: AsJson = False) -> None:
    """Seal everything anew under the first of TANDEM_CONTENT_KEYS, so that the older ones can be thrown away."""

    def work() -> Answer:
        from tandem.cli import keys

        return keys.rotate(setting(root, connections))

    finish(as_json, work)
