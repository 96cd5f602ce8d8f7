# SPDX-License-Identifier: Apache-2.0
"""Connections in Airflow's format: what their extras may say, and, outside Airflow, where they are found.

Outside Airflow a connection stands in a file (YAML or JSON: id → the same keys) or, as Airflow has it, in the
environment variable ``AIRFLOW_CONN_<ID>``, as JSON or URI. Airflow itself is never imported here; inside it,
:mod:`tandem.airflow.connections` asks Airflow. No message shows a value: it could be a secret.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from tandem.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    import requests

    from tandem.config.models import Side
    from tandem.connectors.base import Connector

STATE = "tandem_db"
"""The connection that holds the state database, where ``TANDEM_DB`` does not name it."""

ADDRESS = "TANDEM_DB"
FILE = "TANDEM_CONNECTIONS"

OPTIONS = frozenset(
    {"stream", "cert", "proxies", "proxy", "timeout", "verify", "verify_ssl"}
    | {"allow_redirects", "max_redirects", "trust_env", "check_response", "srv_lookup"}
)
"""Extras that Airflow's HttpHook takes as options; every other one it would send as a header."""

PLAIN = "allow_plain_http"

_KEYS = frozenset({"conn_id", "conn_type", "description", "host", "login", "password", "schema", "port", "extra"})
_DEFAULT_REDIRECTS = 30  # of requests, and of the hook


@dataclass(frozen=True)
class Tracker:
    """A way to one tracker."""

    url: str
    session: requests.Session
    allow_plain_http: bool
    """Said in the connection's extra, for a tracker that is reached inside a VPN or on this machine only."""


@dataclass(frozen=True)
class Connection:
    """A connection as Airflow keeps it. It does not show itself: it holds a password."""

    id: str
    conn_type: str = ""
    host: str = ""
    login: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    schema: str = ""
    port: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def url(self) -> str:
        """The address, as Airflow's HttpHook builds it."""
        address = self.host if "://" in self.host else f"{self.schema or 'http'}://{self.host}"
        return f"{address}:{self.port}" if self.port else address

    @property
    def allow_plain_http(self) -> bool:
        return str(self.extra.get(PLAIN, False)).lower() == "true"


Find = Callable[[str], Connection]


def headers(connection_id: str, extra: Mapping[str, Any]) -> dict[str, str]:
    """Give the headers that a connection adds to each request.

    Raises:
        ConfigurationError: an extra is neither an option nor an `X-` header; as a header a typing error would leave.
    """
    found = {name: str(value) for name, value in extra.items() if name.lower().startswith("x-")}
    if unknown := sorted(set(extra) - OPTIONS - {PLAIN} - set(found)):
        raise problem(
            connection_id,
            f"Its extra names {', '.join(unknown)}, which is no option.",
            f"Use {', '.join(sorted({*OPTIONS, PLAIN}))}, or a header whose name starts with X-.",
        )
    return found


def state_of(settings: Mapping[str, str], find: Find) -> tuple[str, Mapping[str, str]]:
    """Give address and keys of the state database: the environment's, else those of the connection ``tandem_db``.

    The keys stand in its extra by the names that they have in the environment.

    Raises:
        ConfigurationError: neither is there.
    """
    if address := settings.get(ADDRESS):
        return address, settings
    found = find(STATE)
    keys = {key: str(value) for key, value in found.extra.items() if key.startswith("TANDEM_")}
    if found.conn_type == "sqlite":
        return f"sqlite:///{found.host}", {**settings, **keys}
    login = quote(found.login, safe="") + (f":{quote(found.password, safe='')}" if found.password else "")
    place = (f"{login}@" if login else "") + found.host + (f":{found.port}" if found.port else "")
    kind = "postgresql" if found.conn_type in ("postgres", "postgresql") else found.conn_type
    return f"{kind}://{place}/{found.schema}", {**settings, **keys}


class Connections:
    """The connections that stand in a file (default: that of ``TANDEM_CONNECTIONS``) and in the environment.

    Raises:
        ConfigurationError: the file cannot be read.
    """

    def __init__(self, settings: Mapping[str, str], file: Path | None = None) -> None:
        self._settings = settings
        self._file = file or (Path(settings[FILE]) if settings.get(FILE) else None)
        self._written = _read(self._file) if self._file else {}

    def get(self, connection_id: str) -> Connection | None:
        """Give a connection, or none if nothing names it. Raises: ConfigurationError: it cannot be read."""
        written = self._written.get(connection_id) or self._settings.get(_variable(connection_id))
        return _connection(connection_id, written) if written else None

    def find(self, connection_id: str) -> Connection:
        """Give a connection. Raises: ConfigurationError: there is none, or it cannot be read."""
        found = self.get(connection_id)
        if found is not None:
            return found
        near = get_close_matches(connection_id, self._written, 1)
        raise problem(
            connection_id,
            "There is no such connection" + (f" in {self._file}, nor in the environment." if self._file else "."),
            (f"Did you mean {near[0]}? Else set" if near else "Set")
            + f" {_variable(connection_id)} in the environment, as Airflow's JSON or URI,"
            " or name a file that holds it with --connections.",
        )


def _variable(connection_id: str) -> str:
    return f"AIRFLOW_CONN_{connection_id.upper()}"


def open_tracker(found: Connection) -> Tracker:
    """Open a session with the log-in, proxies, certificates and headers of a connection, as Airflow's HttpHook would.

    Raises:
        ConfigurationError: an extra is no option, or there is no host.
    """
    import requests

    if not found.host:
        raise problem(found.id, "It has no host.", "Set its host to the tracker's address: https://….")
    extra, session = found.extra, requests.Session()
    session.headers.update(headers(found.id, extra))
    if found.login:
        session.auth = (found.login, found.password)
    session.proxies = dict(extra.get("proxies") or extra.get("proxy") or {})
    session.stream = bool(extra.get("stream", False))
    session.verify = extra.get("verify", extra.get("verify_ssl", True))
    session.cert = extra.get("cert")
    session.max_redirects = int(extra.get("max_redirects", _DEFAULT_REDIRECTS))
    session.trust_env = bool(extra.get("trust_env", True))
    return Tracker(found.url, session, found.allow_plain_http)


def connect(way: Tracker, offer: Side) -> Connector:
    """Make the connector of an offer over a way to its tracker. Nothing is asked yet.

    Raises:
        ConfigurationError: the address is not safe, or there is no connector for the system.
    """
    from tandem.config.needs import needs
    from tandem.connectors.registry import factory
    from tandem.http import Http

    http = Http(way.session, way.url, tenant=offer.connection, allow_plain_http=way.allow_plain_http)
    return factory(offer.system)(http, needs(offer))


def problem(connection_id: str, what: str, fix: str) -> ConfigurationError:
    """Make the error for what is wrong with a connection."""
    return ConfigurationError([Problem(code="TDM-301", what=what, fix=fix, where=f"connection {connection_id}")])


def _read(path: Path) -> Mapping[str, Any]:
    from tandem.config import yaml

    document = yaml.read(path)
    if document.value is None or document.problems:
        raise ConfigurationError(document.problems, where=str(path))
    return document.value


def _connection(id_: str, written: Any) -> Connection:
    """Read a connection from what was written: keys, JSON or URI."""
    if isinstance(written, str):
        text = written.strip()
        if not text.startswith("{"):
            return _from_uri(id_, text)
        written = _json(id_, text, "It is not JSON.")
    if not isinstance(written, Mapping):
        raise problem(
            id_, "It is neither keys nor a URI.", "Write host, login and password as Airflow's JSON has them."
        )
    if unknown := sorted(set(written) - _KEYS):
        names = f"Use {', '.join(sorted(_KEYS))}."
        raise problem(id_, f"It has no key {', '.join(unknown)}.", names)
    extra = written.get("extra") or {}
    extra = _json(id_, extra, "Its extra is not JSON.") if isinstance(extra, str) else extra
    if not isinstance(extra, Mapping):
        raise problem(id_, "Its extra is not a mapping.", 'Write it as {"name": value}.')
    texts = {
        name: "" if written.get(name) is None else str(written[name])
        for name in ("conn_type", "host", "login", "password", "schema")
    }
    return Connection(id=id_, port=_port(id_, written.get("port")), extra=extra, **texts)


def _json(id_: str, text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise problem(id_, what, "Quotes are double, and there is no comma after the last item.") from None


def _port(id_: str, given: Any) -> int | None:
    if given in (None, ""):
        return None
    if not str(given).isdecimal():
        raise problem(id_, "Its port is no number.", "Write a number, or put it into host.")
    return int(given)


def _from_uri(id_: str, text: str) -> Connection:
    """Read ``type://login:password@host:port/schema?extra=…``; the host may begin with a protocol of its own."""
    kind, _, rest = text.partition("://")
    protocol, inner, after = rest.partition("://")
    own = bool(inner) and not set("@:/?") & set(protocol)
    try:
        parts = urlsplit(f"//{after}" if own else f"//{rest}")
        port = parts.port
    except ValueError:
        kind = ""
    if not kind or "://" not in text:
        fix = "Write type://login:password@host/schema, each part percent-encoded, or JSON."
        raise problem(id_, "It is neither JSON nor a URI.", fix)
    host = unquote(parts.hostname or "")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    extra = _json(id_, query["__extra__"], "Its extra is not JSON.") if "__extra__" in query else query
    return Connection(
        id=id_,
        conn_type=kind.lower().replace("-", "_"),
        host=f"{protocol}://{host}" if own and host else host,
        login=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        schema=unquote(parts.path[1:]),
        port=port,
        extra=extra,
    )
