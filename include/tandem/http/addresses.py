# SPDX-License-Identifier: Apache-2.0
"""Which addresses a log-in may be sent to."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from tandem.errors import ConfigurationError, Problem

REDIRECTS = frozenset({301, 302, 303, 307, 308})


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port: who it is that gets a request."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)


def demand_safe(url: str, *, plain: bool, tenant: str) -> None:
    """Refuse an address that would show what is sent: ``plain`` allows http beyond this machine.

    Raises:
        ConfigurationError: it is not https, or holds a log-in.
    """
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise misconfigured("the address holds a log-in", "Put log-in and password into their own fields.", tenant)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname and (plain or _is_loopback(parts.hostname)):
        return
    raise misconfigured("the address is not https", "Write the address as https://<host>.", tenant)


def misconfigured(what: str, fix: str, tenant: str) -> ConfigurationError:
    """Say what is wrong with a connection, and what to do."""
    return ConfigurationError([Problem(code="TDM-301", what=what, fix=fix, where=tenant)], where=tenant)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
