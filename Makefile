# Needs only python3 (3.11 or newer) and make. Everything else is installed into .venv and web/node_modules.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
# Node comes with the development tools; its npm must find that node, not another one.
NPM := cd web && PATH="$(CURDIR)/$(BIN):$$PATH" npm
WEB_SOURCES := $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/test-results/*' 2>/dev/null | sed 's/ /\\ /g')
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
           --no-annotate --no-emit-package gamekeeper-wire --custom-compile-command "make lock"

.PHONY: help install lock web up test bench lint format types generate migration clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/installed ## set up .venv (the command is then .venv/bin/gamekeeper)

.venv/uv: requirements-uv.lock
	@$(PYTHON) -c 'import sys; sys.exit("Gamekeeper needs Python 3.11 or newer, this is " + sys.version.split()[0] + ". Try: make install PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@touch $@

.venv/synced: .venv/uv requirements-dev.lock
	VIRTUAL_ENV=.venv $(UV) pip sync --quiet --compile-bytecode --require-hashes requirements-dev.lock
	@touch $@

.venv/installed: .venv/synced server/pyproject.toml wire/pyproject.toml agent/pyproject.toml
	VIRTUAL_ENV=.venv $(UV) pip install --quiet --no-deps --no-build-isolation -e wire -e server -e agent
	@touch $@

lock: .venv/uv ## resolve the locks again after a change to a pyproject.toml
	$(COMPILE) server/pyproject.toml agent/pyproject.toml wire/pyproject.toml --group dev --group build -o requirements-dev.lock >/dev/null
	$(COMPILE) server/pyproject.toml -c requirements-dev.lock -o requirements.lock >/dev/null
	$(COMPILE) agent/pyproject.toml -c requirements-dev.lock -o agent/requirements.lock >/dev/null
	awk 'NR <= 2 || /^uv==/ { on = 1 } /^[a-z]/ && !/^uv==/ { on = 0 } on' requirements-dev.lock > requirements-uv.lock

web/node_modules/.installed: .venv/installed web/package.json web/package-lock.json
	$(NPM) ci --no-fund --no-audit --loglevel=error
	@touch $@

server/gamekeeper/static/.built: web/node_modules/.installed $(WEB_SOURCES)
	$(NPM) run build
	@touch $@

web: server/gamekeeper/static/.built ## build the web UI

up: install web ## start everything and print where
	@exec $(BIN)/gamekeeper up

test: install ## run every check there is
	@.ci/check

bench: install ## measure, and write bench/results.json
	$(BIN)/python -m bench

lint: install ## ruff, formatting and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: install ## fix what a machine can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: install ## pyright, strict
	$(BIN)/pyright

generate: install web/node_modules/.installed ## write what is made from the code: the API client and the reference
	$(BIN)/gamekeeper reference
	$(NPM) run generate

migration: install ## write the next migration from the models, such as: make migration NAME=lockers
	@$(BIN)/python server/migrations "$(NAME)"

clean: ## remove what was built and installed; data/ stays
	rm -rf .venv web/node_modules server/gamekeeper/static .pytest_cache .ruff_cache .import_linter_cache
