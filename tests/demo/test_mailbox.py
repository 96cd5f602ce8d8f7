# SPDX-License-Identifier: Apache-2.0
"""Mails of the demo become files; what we send has both forms."""

import json
import smtplib
from email.message import EmailMessage
from pathlib import Path

from demo.mailbox import Mailbox
from tandem.airflow.mail import Mail, message_of

MAIL = Mail(
    f"[Tandem] late: sync__{'a' * 80}__b has run 12 min (deadline 10 min)",
    "Changes made since 09:04 UTC have not all reached the other side yet; none is lost.",
    (("What hangs", "load: running\nreconcile: not started"), ("Where", "a <b> & c")),
    (("The run", "http://127.0.0.1:8080/dags/x/runs/y?a=1&b=2"),),
    "The next mail comes if this run fails.",
)


def test_a_mail_says_what_it_means_first_in_text_and_in_html(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path / "mail")
    mailbox.start()
    try:
        with smtplib.SMTP("127.0.0.1", mailbox.port) as client:
            client.send_message(message_of(MAIL, "tandem@integrator.example", ["a@b.example", "c@d.example"]))
    finally:
        mailbox.stop()
    (message,) = mailbox.messages()
    assert message["Subject"] == MAIL.subject
    assert message["To"] == "a@b.example, c@d.example"
    plain, html = body(message, "plain"), body(message, "html")
    assert plain.startswith(MAIL.meaning)
    assert "load: running\nreconcile: not started" in plain
    assert "http://127.0.0.1:8080/dags/x/runs/y?a=1&b=2" in plain
    assert "a &lt;b&gt; &amp; c" in html
    assert "load: running<br>reconcile" in html
    assert 'href="http://127.0.0.1:8080/dags/x/runs/y?a=1&amp;b=2"' in html
    assert 'name="color-scheme" content="light dark"' in html


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


def test_the_connection_leads_to_the_mailbox(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path / "mail")
    connection = json.loads(mailbox.connection())
    assert (connection["host"], connection["port"]) == ("127.0.0.1", mailbox.port)
    assert connection["extra"]["disable_tls"] is True
