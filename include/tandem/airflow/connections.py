# SPDX-License-Identifier: Apache-2.0
"""From Airflow's connections to what the engine needs: a tracker's session, the state database, its keys.

The only reader of secrets inside Airflow. Airflow is imported late: the first time costs seconds.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tandem.connections import PLAIN, Connection, Tracker, connect, headers, problem, state_of

if TYPE_CHECKING:
    from tandem.pipeline.environment import Environment
    from tandem.state.store import Store


def tracker(connection_id: str) -> Tracker:
    """Open a session with the log-in, proxies and certificates of an Airflow connection.

    Raises:
        ConfigurationError: there is no such connection, or an extra is neither an option nor an `X-` header.
    """
    from airflow.providers.http.hooks.http import HttpHook

    found = find(connection_id)
    headers(found.id, found.extra)  # refuses what the hook would send as a header unasked
    hook = HttpHook(http_conn_id=connection_id)
    session = hook.get_conn()
    session.headers.pop(PLAIN, None)
    return Tracker(hook.base_url, session, found.allow_plain_http)


def environment(root: Path) -> Environment:
    """Return what the engine is given inside Airflow. Raises: ConfigurationError."""
    from tandem.pipeline.environment import Environment
    from tandem.pipeline.progress import Logged

    logging.getLogger("alembic.runtime").setLevel(logging.WARNING)  # it tells of every look at the schema
    return Environment(root, state_store(), lambda offer: connect(tracker(offer.connection), offer), progress=Logged())


def state_store() -> Store:
    """Open the state database with its keys.

    Raises:
        ConfigurationError: its address or a key is missing or wrong.
    """
    from tandem.state.store import open_store
    from tandem.state.vault import keys_from_environment

    address, settings = state_of(os.environ, find)
    return open_store(address, keys_from_environment(settings))


def find(connection_id: str) -> Connection:
    """Ask Airflow for a connection. Raises: ConfigurationError: there is none."""
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError

    try:
        found: Any = BaseHook.get_connection(connection_id)
    except (AirflowNotFoundException, AirflowRuntimeError):
        name = f"AIRFLOW_CONN_{connection_id.upper()}"
        fix = f"Make it in Airflow (Admin, Connections), or set {name} in the environment."
        raise problem(connection_id, "There is no such Airflow connection.", fix) from None
    return Connection(
        connection_id,
        found.conn_type or "",
        found.host or "",
        found.login or "",
        found.password or "",
        found.schema or "",
        found.port,
        found.extra_dejson,
    )
