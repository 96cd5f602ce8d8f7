# SPDX-License-Identifier: Apache-2.0
"""Registers Tandem's pages with Airflow's web server."""

from airflow.plugins_manager import AirflowPlugin

from tandem.airflow.handbook import app


class TandemPlugin(AirflowPlugin):
    """Airflow finds this class by its base."""

    name = "tandem"
    fastapi_apps = [{"app": app, "url_prefix": "/tandem", "name": "Tandem"}]  # noqa: RUF012 (what Airflow reads)
