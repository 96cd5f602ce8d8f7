# SPDX-License-Identifier: Apache-2.0
"""An e-mail about a run, as its reader needs it at night: what it means first, plain text beside HTML.

Airflow's SmtpNotifier sends HTML alone, so the message is made here; log-in and encryption are its hook's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from html import escape
from typing import Any

CONNECTION = "smtp_default"
_SENDER = "tandem@localhost"

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:40em;margin:1em auto;padding:0 1em;color-scheme:light dark}"
    "h1{font-size:1.15em}dt{font-weight:600;margin-top:.6em}dd{margin:0;overflow-wrap:anywhere}small{opacity:.75}"
)


@dataclass(frozen=True)
class Mail:
    """What is said. Holds keys, codes and times, never a ticket's text."""

    subject: str
    meaning: str
    """First line: what this means for the people who use the two trackers."""
    facts: Sequence[tuple[str, str]]
    links: Sequence[tuple[str, str]]
    next: str
    """When the next mail on this comes."""


def text_of(mail: Mail) -> str:
    """Return the plain form."""
    facts = "\n".join(f"{name}: {value}" for name, value in mail.facts)
    links = "\n".join(f"{name}: {address}" for name, address in mail.links)
    return f"{mail.meaning}\n\n{facts}\n\n{links}\n\n{mail.next}\n"


def html_of(mail: Mail) -> str:
    """Return the HTML form: one column, no picture, nothing loaded from elsewhere."""
    facts = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value).replace(chr(10), '<br>')}</dd>" for name, value in mail.facts
    )
    links = "".join(f'<p><a href="{escape(address)}">{escape(name)}</a></p>' for name, address in mail.links)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f"<title>{escape(mail.subject)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(mail.meaning)}</h1><dl>{facts}</dl>{links}<small>{escape(mail.next)}</small></body></html>"
    )


def message_of(mail: Mail, sender: str, recipients: Sequence[str]) -> EmailMessage:
    """Return the message with both forms; the reader's program chooses."""
    # Wide lines: a folded subject reaches some programs with a blank before it.
    message = EmailMessage(policy=SMTP.clone(max_line_length=300))
    message["Subject"] = mail.subject
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid(domain="tandem.invalid")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text_of(mail))
    message.add_alternative(html_of(mail), subtype="html")
    return message


def send(mail: Mail, recipients: Sequence[str]) -> None:
    """Send from a task or from the DAG processor, by the Airflow connection ``smtp_default``."""
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    with SmtpHook(CONNECTION) as hook:
        client: Any = hook._smtp_client
        client.send_message(message_of(mail, hook.from_email or _SENDER, recipients))


async def send_async(mail: Mail, recipients: Sequence[str]) -> None:
    """Send from the triggerer, without holding up its other work."""
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    async with SmtpHook(CONNECTION) as hook:
        client: Any = hook._smtp_client
        await client.send_message(message_of(mail, hook.from_email or _SENDER, recipients))
