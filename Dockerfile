# SPDX-License-Identifier: Apache-2.0
# Airflow with Tandem: the same pins as everywhere, and what the CeleryExecutor needs on top.
FROM python:3.11-slim-bookworm

RUN useradd --create-home --uid 50000 airflow
WORKDIR /opt/tandem
COPY requirements-celery.txt ./
RUN pip install --no-cache-dir -r requirements-celery.txt
COPY include ./include
COPY dags ./dags
COPY plugins ./plugins
COPY docs/handbook ./docs/handbook

ENV AIRFLOW_HOME=/opt/airflow \
    PYTHONPATH=/opt/tandem/include \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/tandem/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/tandem/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False
RUN mkdir -p /opt/airflow/logs && chown -R airflow /opt/airflow
USER airflow
ENTRYPOINT ["airflow"]
