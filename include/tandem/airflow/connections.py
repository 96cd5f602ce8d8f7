# SPDX-License-Identifier: Apache-2.0
"""From Airflow's connections to what the engine needs: a tracker's session, the state database, its keys.

The only reader of secrets inside Airflow. Airflow is imported late: the first time costs seconds.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tandem.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    import requests

    from tandem.pipeline.environment import Environment
    from tandem.state.store import Store

STATE = "tandem_db"
ADDRESS = "TANDEM_DB"

OPTIONS = frozenset(
    {"stream", "cert", "proxies", "proxy", "timeout", "verify", "verify_ssl"}
    | {"allow_redirects", "max_redirects", "trust_env", "check_response", "srv_lookup"}
)
"""Extras that Airflow's HttpHook takes as options; every other one it would send as a header."""

PLAIN = "allow_plain_http"


@dataclass(frozen=True)
class Tracker:
    """A way to one tracker."""

    url: str
    session: requests.Session
    allow_plain_http: bool
    """Said in the connection's extra, for a tracker that is reached inside a VPN or on this machine only."""


def tracker(connection_id: str) -> Tracker:
    """Open a session with the log-in, proxies and certificates of an Airflow connection.

    Raises:
        ConfigurationError: there is no such connection, or an extra is neither an option nor an `X-` header.
    """
    from airflow.providers.http.hooks.http import HttpHook

    extra = _connection(connection_id).extra_dejson
    headers = {name: value for name, value in extra.items() if name.lower().startswith("x-")}
    if unknown := sorted(set(extra) - OPTIONS - {PLAIN} - set(headers)):
        raise _problem(
            connection_id,
            f"Its extra names {', '.join(unknown)}, which is no option.",
            f"Use {', '.join(sorted({*OPTIONS, PLAIN}))}, or a header whose name starts with X-.",
        )
    hook = HttpHook(http_conn_id=connection_id)
    session = hook.get_conn()
    session.headers.pop(PLAIN, None)  # the hook sends unknown extras as headers
    return Tracker(hook.base_url, session, str(extra.get(PLAIN, False)).lower() == "true")


def environment(root: Path) -> Environment:
    """Return what the engine is given inside Airflow. Raises: ConfigurationError."""
    from tandem.pipeline.environment import Environment

    return Environment(root, state_store(), tracker)


def state_store() -> Store:
    """Open the state database with its keys.

    Raises:
        ConfigurationError: its address or a key is missing or wrong.
    """
    from tandem.state.store import open_store
    from tandem.state.vault import keys_from_environment

    address, settings = _state()
    return open_store(address, keys_from_environment(settings))


def _state() -> tuple[str, Mapping[str, str]]:
    """Address and keys: the environment's, else the connection's (keys stand in its extra by the same names)."""
    if address := os.environ.get(ADDRESS):
        return address, os.environ
    connection = _connection(STATE)
    extra: dict[str, Any] = connection.extra_dejson
    settings = {**os.environ, **{key: str(value) for key, value in extra.items() if key.startswith("TANDEM_")}}
    if connection.conn_type == "sqlite":
        return f"sqlite:///{connection.host}", settings
    return str(connection.get_uri()).split("?")[0].replace("postgres://", "postgresql://", 1), settings


def _connection(connection_id: str) -> Any:
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError

    try:
        return BaseHook.get_connection(connection_id)
    except (AirflowNotFoundException, AirflowRuntimeError):
        name = f"AIRFLOW_CONN_{connection_id.upper()}"
        fix = f"Make it in Airflow (Admin, Connections), or set {name} in the environment."
        raise _problem(connection_id, "There is no such Airflow connection.", fix) from None


def _problem(connection_id: str, what: str, fix: str) -> ConfigurationError:
    return ConfigurationError([Problem(code="TDM-301", what=what, fix=fix, where=f"connection {connection_id}")])
