# SPDX-License-Identifier: Apache-2.0
"""The trackers of a world inside the caller's own process, still over HTTP: for plays that move the clocks."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.__main__ import assemble, servers_of
from sandbox.control import Sandbox
from sandbox.world import World


@contextmanager
def running(world: World) -> Iterator[Sandbox]:
    """Serve on free ports of 127.0.0.1, on a thread of their own, until the block ends.

    Raises: pydantic.ValidationError, KeyError: the world's settings or tickets do not fit.
    """
    ports = {"control_port": 0, "tenants": tuple(one.model_copy(update={"port": 0}) for one in world.tenants)}
    sandbox, served, _ = assemble(world.model_copy(update=ports))
    servers = servers_of(served)
    started = threading.Event()

    async def serve() -> None:
        running = [
            asyncio.create_task(server.serve(sockets=[listener]))
            for server, (_, listener) in zip(servers, served, strict=True)
        ]
        while not all(server.started for server in servers):
            await asyncio.sleep(0.002)
        started.set()
        await asyncio.gather(*running)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="sandbox", daemon=True)
    thread.start()
    started.wait()
    try:
        yield sandbox
    finally:
        for server in servers:
            server.should_exit = True
        thread.join()
