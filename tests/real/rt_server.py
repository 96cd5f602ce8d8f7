# SPDX-License-Identifier: Apache-2.0
"""A real Request Tracker: Debian's, on SQLite, in a folder of its own; the database is made once and copied."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from real.servers import Server, demand, free_port, made_once

CODE = Path("/usr/share/request-tracker5")
SERVER = CODE / "libexec" / "rt-server"
SETUP = "rt-setup-database-5"
HERE = Path(__file__).parent
DATABASE = "rt.sqlite"
WORKERS = 2

SITE = """\
Set($rtname, 'rt.test');
Set($Organization, 'rt.test');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {port});
Set($Timezone, 'UTC');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{folder}/{database}');
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'error');
Set($MailCommand, 'sendmailpipe');
Set($SendmailPath, '{folder}/sendmail');
Set($BcryptCost, 4);
Set($WebSecureCookies, 0);
Set(%Lifecycles, changes => {{
    initial => ['requested'], active => ['approved', 'building'], inactive => ['done', 'refused', 'deleted'],
    defaults => {{ on_create => 'requested' }},
    transitions => {{
        '' => ['requested'],
        requested => ['approved', 'refused', 'deleted'],
        approved => ['building', 'refused', 'deleted'],
        building => ['done', 'approved', 'deleted'],
        done => ['building'], refused => ['requested'], deleted => ['requested'],
    }},
    actions => [
        'requested -> approved' => {{ label => 'Approve' }}, 'requested -> refused' => {{ label => 'Refuse' }},
        'approved -> building' => {{ label => 'Build' }}, 'building -> done' => {{ label => 'Finish' }},
    ],
}}, __maps__ => {{
    'default -> changes' => {{
        new => 'requested', open => 'approved', stalled => 'approved',
        resolved => 'done', rejected => 'refused', deleted => 'deleted',
    }},
    'changes -> default' => {{
        requested => 'new', approved => 'open', building => 'open',
        done => 'resolved', refused => 'rejected', deleted => 'deleted',
    }},
}});
$RT::MasonDataDir = '{folder}/mason';
$RT::MasonSessionDir = '{folder}/sessions';
1;
"""


def is_there() -> bool:
    """Tell whether Request Tracker is installed so that it can be started."""
    return SERVER.exists() and shutil.which(SETUP) is not None


@dataclass(frozen=True)
class RequestTrackerServer:
    """A running Request Tracker. Its people: root, tandem (the integration), nora, olaf, reader, kim (a customer)."""

    server: Server
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def login(self, name: str) -> tuple[str, str]:
        """Name and password of a person, as the seed gives them."""
        return name, f"{name}-password"

    def token(self, account: str) -> str:
        """The auth token of the integration, whose account's number is told by the server."""
        return f"1-{account}-{'c0ffee' * 5}00"


@contextmanager
def running() -> Iterator[RequestTrackerServer]:
    """Start a fresh Request Tracker on a free port; end it with the block."""
    demand("Request Tracker", HERE / "rt_install.sh", is_there)
    seeded = made_once(f"rt-{_fingerprint()}", _seed)
    with TemporaryDirectory(prefix="tandem-rt-") as temporary:
        folder, port = Path(temporary), free_port()
        settings = _laid_out(folder, port)
        shutil.copy(seeded / DATABASE, folder / DATABASE)
        command = [SERVER, "--host", "127.0.0.1", "--port", str(port), "--max-workers", str(WORKERS)]
        started = RequestTrackerServer(Server(command, folder, settings, lambda: _answers(port)), port)
        started.server.start()
        try:
            yield started
        finally:
            started.server.stop()


def _fingerprint() -> str:
    """What a seeded database depends on: the release, and our seed."""
    made = hashlib.sha256((HERE / "rt_seed.pl").read_bytes() + Path(__file__).read_bytes())
    made.update((CODE / "lib" / "RT" / "Generated.pm").read_bytes())
    return made.hexdigest()[:16]


def _seed(folder: Path) -> None:
    settings = _laid_out(folder, 0)
    (folder / "root-password").write_text("root-password\n")
    _call(settings, "--action", "init", "--root-password-file", str(folder / "root-password"))
    _call(settings, "--action", "insert", "--skip-create", "--datafile", str(HERE / "rt_seed.pl"))


def _laid_out(folder: Path, port: int) -> Mapping[str, str]:
    """Make a folder ready, and give the settings that lead Request Tracker to it and to nothing of the machine's."""
    for name in ("mason/obj", "sessions"):
        (folder / name).mkdir(parents=True)
    sendmail = folder / "sendmail"  # reads its mail to the end: at a broken pipe a note would go onto the ticket
    sendmail.write_text("#!/bin/sh\nexec cat > /dev/null\n")
    sendmail.chmod(0o755)
    site = folder / "RT_SiteConfig.pm"
    site.write_text(SITE.format(folder=folder, port=port, database=DATABASE))
    return {"RT_SITE_CONFIG": str(site), "RT_SITE_CONFIG_DIR": os.devnull, "TZ": "UTC"}


def _call(settings: Mapping[str, str], *arguments: str) -> None:
    done = subprocess.run(
        [SETUP, *arguments],
        env={**os.environ, **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{' '.join(arguments)} failed:\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}"


def _answers(port: int) -> bool:
    try:
        told = requests.get(f"http://127.0.0.1:{port}/REST/2.0/rt", auth=("tandem", "tandem-password"), timeout=60)
    except requests.ConnectionError:
        return False
    return told.ok
