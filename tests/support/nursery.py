# SPDX-License-Identifier: Apache-2.0
"""A process that has loaded the sandbox once, from which each sandbox of the tests is forked.

To load it takes two seconds and more, its own work in most tests less. What is forked is a process of its own all the
same: it reads its world, listens on its ports and ends like one that was started by itself.

Each line of the input names a log file and the arguments of `python -m sandbox`; the answer is the number of the new
process. The end of the input ends this process, and none of those that it forked.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from typing import NoReturn

from sandbox.__main__ import assemble, main
from sandbox.world import STORY, load_world


def warm() -> None:
    """Load what a world of all kinds of trackers loads when it is put together."""
    _, served, _ = assemble(load_world(STORY))
    for _, listener in served:
        listener.close()


def become_sandbox(log: str, arguments: list[str]) -> NoReturn:
    """Be what `python -m sandbox` with these arguments is, with its output in a file."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for here, there in ((nothing, 0), (out, 1), (out, 2)):
            os.dup2(here, there)
        random.seed()
        sys.argv = ["sandbox", *arguments]
        main()
        code = 0
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def serve() -> None:
    """Fork a sandbox for each line of the input."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here
    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            become_sandbox(asked["log"], asked["arguments"])
        print(child, flush=True)


if __name__ == "__main__":
    warm()
    serve()
