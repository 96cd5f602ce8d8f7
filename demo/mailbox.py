# SPDX-License-Identifier: Apache-2.0
"""A mail server for the demo: every e-mail that Airflow sends becomes a file that any mail program opens."""

import json
import logging
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from demo.processes import free_port


class Mailbox:
    """A folder of `.eml` files, filled by a thread that listens on loopback."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        self.port = free_port(port)
        self._numbers = count(1)
        folder.mkdir(parents=True, exist_ok=True)
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd tells of every line it hears
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def start(self) -> None:
        """Listens from now on."""
        self._controller.start()

    def stop(self) -> None:
        """Stops listening; the files stay."""
        self._controller.stop()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Called by aiosmtpd for each message."""
        content = envelope.content or b""
        unfinished = self.folder / "unfinished"
        unfinished.write_bytes(content if isinstance(content, bytes) else content.encode())
        unfinished.rename(self.folder / f"{next(self._numbers):03}.eml")
        return "250 OK"

    def messages(self) -> list[EmailMessage]:
        """All mails, oldest first."""
        read = (message_from_bytes(file.read_bytes(), policy=policy.default) for file in self.files())
        return [message for message in read if isinstance(message, EmailMessage)]

    def files(self) -> list[Path]:
        """Their files, oldest first."""
        return sorted(self.folder.glob("*.eml"))

    def connection(self) -> str:
        """The Airflow connection that leads here."""
        extra = {"disable_ssl": True, "disable_tls": True, "from_email": "tandem@integrator.example"}
        return json.dumps({"conn_type": "smtp", "host": "127.0.0.1", "port": self.port, "extra": extra})
