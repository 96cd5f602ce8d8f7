# SPDX-License-Identifier: Apache-2.0
# `make` alone says what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
UV := $(BIN)/uv
UV_VERSION := 0.13.9
# One more than there are cores: tests on real trackers and on Airflow wait a good part of their time.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

# `import tandem`, `import sandbox`, `import demo` are the one spelling, here and in every child process.
export PYTHONPATH := $(CURDIR)/include:$(CURDIR)
export AIRFLOW_HOME ?= $(CURDIR)/build/airflow
export AIRFLOW__CORE__LOAD_EXAMPLES ?= False

.PHONY: help
help: ## What can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.PHONY: demo
demo: $(VENV)/.runtime ## See it: four trackers and a real Airflow on this machine, the story played, Ctrl-C ends all
	@exec $(BIN)/python -m demo

.PHONY: story
story: $(VENV)/.runtime ## The same without staying: exit 0 only if every step was seen at the peer (build/story.json)
	@exec $(BIN)/python -m demo --story-only

.PHONY: test
test: $(VENV)/.dev ## All tests (PostgreSQL where it is found; it must be there with TANDEM_TEST_ALL=1)
	@$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder \
	  -rs --durations 15 --durations-min 5 $(TESTS)

.PHONY: check
check: $(VENV)/.dev ## Lint, format, types, import rules
	@code=0; \
	  $(BIN)/ruff check . || code=1; \
	  $(BIN)/ruff format --check . || code=1; \
	  MYPYPATH=. $(BIN)/mypy -p tandem -p sandbox -p rehearsal -p demo || code=1; \
	  $(BIN)/lint-imports --no-logo || code=1; \
	  exit $$code

.PHONY: format
format: $(VENV)/.dev ## Put the code into the house's form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: venv
venv: $(VENV)/.dev ## The environment .venv alone, with everything for development

.PHONY: pins
pins: $(VENV)/.uv ## Renew the pins from pyproject.toml (set UPGRADE=--upgrade for newer releases)
	@pin() { $(UV) pip compile pyproject.toml --universal --python-version 3.11 --no-annotate --no-header -q $(UPGRADE) "$$@"; }; \
	  mark() { sed -i -e '/^# .*`make pins`/d' "$$1"; sed -i -e "1i # $$2 Made by \`make pins\` from pyproject.toml; do not edit." "$$1"; }; \
	  pin --extra postgres --extra demo -o requirements.txt && \
	  mark requirements.txt "Runtime, the simulated trackers and the demo, pinned." && \
	  pin --extra postgres --extra demo --extra dev --extra servicenow-client -c requirements.txt -o requirements-dev.txt && \
	  mark requirements-dev.txt "All of requirements.txt, and what tests and checks need." && \
	  pin --extra postgres --extra celery -c requirements.txt -o requirements-celery.txt && \
	  mark requirements-celery.txt "What the container needs: the runtime, and the CeleryExecutor."

.PHONY: clean
clean: ## Remove what was built (the environment, state and logs of the demo)
	@rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# The pins are whole: nothing is left to resolve, and what `tool.uv` overrides holds for pip too.
# Stamps are written last, so an interrupted first time is simply done again.
# uv is there for speed; where only pip is set up for this machine's registry, pip does it.
define install
	@echo "installing $(1) into $(VENV) (the first time takes about a minute)"
	@$(UV) pip install -q --no-deps --python $(BIN)/python -r $(1) || $(BIN)/python -m pip install -q --no-deps -r $(1)
	@touch $@
endef

$(VENV)/.runtime: requirements.txt $(VENV)/.uv
	$(call install,requirements.txt)

$(VENV)/.dev: requirements-dev.txt $(VENV)/.uv
	$(call install,requirements-dev.txt)
	@touch $(VENV)/.runtime

$(VENV)/.uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 ..."; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { echo "python3 cannot make environments here; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@
