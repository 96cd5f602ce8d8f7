# SPDX-License-Identifier: Apache-2.0
"""`python -m sandbox [WORLD.yaml] [--write FILE]`: starts the trackers of a world and says where they are."""

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Iterable
from pathlib import Path

import uvicorn
from pydantic import ValidationError
from starlette.types import ASGIApp

from sandbox.clock import Clock
from sandbox.control import House, Sandbox, control_app
from sandbox.exchanges import Exchanges
from sandbox.front import Front, ReachableConnection
from sandbox.pages import VENDORS, pages_app
from sandbox.tracker import build
from sandbox.world import STORY, World, load_world

HOST = "127.0.0.1"


def listen(port: int) -> socket.socket:
    """Listens on that port, on the next free one if it is taken, on any free one if it is 0."""
    for candidate in [port] if port == 0 else range(port, min(port + 200, 65536)):
        # With its protocol named, asyncio sends answers at once (TCP_NODELAY) on what it accepts.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, candidate))
            listener.listen(128)
        except OSError:
            listener.close()
            continue
        return listener
    raise SystemExit(f"sandbox: no free port from {port} on")


def url_of(listener: socket.socket) -> str:
    return f"http://{HOST}:{listener.getsockname()[1]}"


def assemble(
    world: World, exchanges: Exchanges | None = None
) -> tuple[Sandbox, list[tuple[ASGIApp, socket.socket]], list[str]]:
    """Everything that runs, the apps with their listening sockets, and what is worth saying about ports."""
    control = listen(world.control_port)
    clock = Clock()
    sandbox = Sandbox(url_of(control), {}, clock)
    served: list[tuple[ASGIApp, socket.socket]] = [(control_app(sandbox), control)]
    wanted = {"the control interface": (world.control_port, control)}
    for tenant in world.tenants:
        listener = listen(tenant.port)
        wanted[tenant.name] = (tenant.port, listener)
        own_clock, url = Clock(clock), url_of(listener)
        tracker = build(tenant, own_clock, url)
        sandbox.houses[tenant.name] = House(tenant, url, tracker, own_clock)
        front = Front(
            tenant, tracker, pages_app(tenant, tracker, own_clock), own_clock, sandbox.faults, sandbox.log, exchanges
        )
        served.append((front, listener))
    moved = [
        f"port {port} is taken: {name} is at {url_of(listener)} instead"
        for name, (port, listener) in wanted.items()
        if port not in (0, listener.getsockname()[1])
    ]
    return sandbox, served, moved


def announcement(sandbox: Sandbox) -> str:
    """Where everything is and how each person logs in, for a terminal."""
    lines = ["Simulated trackers (nothing here is a real company):"]
    for house in sandbox.houses.values():
        tenant = house.tenant
        lines += ["", f"  {tenant.company}, {VENDORS[tenant.kind]} ({tenant.name})   {house.url}"]
        for alias, person in tenant.people.items():
            token = f"   token {person.token}" if person.token else ""
            mark = "   <- for integrations" if alias == tenant.integration else ""
            lines.append(f"    {person.name:<20} {person.role:<9} {person.email} / {person.password}{token}{mark}")
    return "\n".join([*lines, "", f"  Control: {sandbox.control_url}/docs", "  Ctrl-C ends it."])


def servers_of(served: Iterable[tuple[ASGIApp, socket.socket]]) -> list[uvicorn.Server]:
    """A server for each app, not started."""
    return [
        uvicorn.Server(
            uvicorn.Config(
                app,
                http=ReachableConnection,
                ws="none",
                lifespan="off",
                date_header=False,
                server_header=False,
                proxy_headers=False,
                access_log=False,
                log_level="warning",
                timeout_keep_alive=30,
                timeout_graceful_shutdown=1,
            )
        )
        for app, _ in served
    ]


async def serve(sandbox: Sandbox, served: list[tuple[ASGIApp, socket.socket]], write: Path | None) -> None:
    """Serves until a signal ends it. The file is written when every port answers."""
    servers = servers_of(served)
    running = [
        asyncio.create_task(server.serve(sockets=[listener]))
        for server, (_, listener) in zip(servers, served, strict=True)
    ]
    while not all(server.started for server in servers):
        await asyncio.sleep(0.01)

    def end() -> None:
        for server in servers:
            server.should_exit = True

    # After the start, because each server has put handlers of its own in place, for itself alone.
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end)
    print(announcement(sandbox), flush=True)
    if write:
        unfinished = write.with_name(f"{write.name}.{os.getpid()}")
        unfinished.write_text(json.dumps(sandbox.described(), indent=2))
        unfinished.replace(write)
    await asyncio.gather(*running)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("world", nargs="?", type=Path, default=STORY, help="world file (default: the story's)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write addresses and log-ins there as JSON, once up")
    parser.add_argument(
        "--exchanges", type=Path, metavar="FILE", help="write each new kind of answer there, a line each"
    )
    arguments = parser.parse_args()
    try:
        if arguments.write:
            arguments.write.unlink(missing_ok=True)  # an older run's: whoever waits for the file waits for this one
        world = load_world(arguments.world)
        sandbox, served, moved = assemble(world, Exchanges(arguments.exchanges) if arguments.exchanges else None)
    except (OSError, ValidationError) as error:
        sys.exit(f"sandbox: {arguments.world}: {error}")
    for line in moved:
        print(f"sandbox: {line}", file=sys.stderr)
    asyncio.run(serve(sandbox, served, arguments.write))


if __name__ == "__main__":
    main()
