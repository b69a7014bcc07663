# Everything starts here. A bare machine needs Python 3.11 or newer, make and a package index; nothing else.
#   make setup    the environment in .venv, exactly as locked        make demo     try it, console left running
#   make test     all checks and tests, what CI runs                 make check    format, lint, types, order of imports
#   make bench    the benchmarks, in their small form                make docs     write and test the reference pages
#   make console  the console's pages, built from web/ if it changed (needs npm)

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

UV_VERSION := 0.13.9
ifndef PYTHON
PYTHON := $(shell for name in python3 python3.13 python3.12 python3.11 python; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v "$$name"; break; }; done)
endif
BIN := .venv/bin
UV := .tools/bin/python -m uv
export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS := true
ifdef CI
export UV_NO_PROGRESS := true
endif
export PYTHONUNBUFFERED := 1
# Whatever the caller's environment says: without bytecode every server, command and test process compiles 2,300 modules.
export PYTHONDONTWRITEBYTECODE :=

# The tests run as four processes, each with stores and a folder of its own (pytest closes the folder that it shares to
# other accounts whenever it starts, also to the embedded PostgreSQL), mixed so that some wait while others count.
STORIES := tests/analysis tests/demo tests/scenarios tests/segments
SURFACES := tests/api tests/conformance tests/console tests/e2e tests/store
PEOPLE := tests/governance tests/identity tests/matching tests/properties
ASIDE := STORIES SURFACES PEOPLE
PYTEST := $(BIN)/pytest -q -p no:cacheprovider --durations=10

.PHONY: help setup demo test check bench docs browser sdks console format clean

help:
	@sed -n 's/^#   //p' Makefile

# --- the environment -------------------------------------------------------------------------------------------------

setup: .venv/.ready

.venv/.ready: uv.lock pyproject.toml | .tools/.ready
	$(UV) sync --frozen --all-extras --python "$(PYTHON)"
	@touch $@

# uv comes from the package index. Where Python was packaged without venv, it is unpacked beside a link to Python.
.tools/.ready: Makefile
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (make PYTHON=/path/to/python3)" >&2; exit 1; }
	@rm -rf .tools && mkdir .tools
	@if "$(PYTHON)" -m venv .tools >/dev/null 2>&1; then \
		.tools/bin/python -m pip install -q --disable-pip-version-check "uv==$(UV_VERSION)"; \
	else \
		rm -rf .tools && mkdir -p .tools/bin .tools/lib && \
		"$(PYTHON)" -m pip install -q --disable-pip-version-check --target .tools/lib "uv==$(UV_VERSION)" && \
		printf '#!/bin/sh\nPYTHONPATH="%s" exec "%s" "$$@"\n' "$(CURDIR)/.tools/lib" "$(PYTHON)" > .tools/bin/python && \
		chmod +x .tools/bin/python; \
	fi
	@touch $@

# --- use -------------------------------------------------------------------------------------------------------------

# make demo HEADLESS=1 prints the summary and ends; make demo ARGS="--data complete-journey" and the like go through.
demo: setup console
	$(BIN)/ninefold demo $(if $(HEADLESS),--headless) $(ARGS)

bench: setup
	@for file in benchmarks/[a-z]*.py; do \
		echo "== $$file"; $(BIN)/python "$$file" $(ARGS); done

# --- checks ----------------------------------------------------------------------------------------------------------

check: setup console
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo

format: setup
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

test: setup browser sdks check
	@mkdir -p .tools/logs
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; status=0; others=; \
	$(foreach group,$(ASIDE),$(PYTEST) --basetemp="$$folder/$(group)" $(wildcard $($(group))) >.tools/logs/$(group).log 2>&1 & others="$$others $$!";) \
	$(PYTEST) --basetemp="$$folder/REST" tests $(foreach group,$(ASIDE),$(addprefix --ignore=,$($(group)))) || status=$$?; \
	for other in $$others; do wait $$other || status=$$?; done; \
	for group in $(ASIDE); do cat .tools/logs/$$group.log; done; \
	exit $$status

docs: setup
	$(BIN)/python docs/reference/generate.py
	$(PYTEST) tests/architecture/test_docs.py

# Tests of the console need a Chromium. Root on Debian gets one; anybody else is told, and those tests are skipped.
browser:
	@for name in chromium chromium-browser google-chrome chrome; do \
		if command -v $$name >/dev/null; then exit 0; fi; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium for the console's tests"; \
		apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
			chromium fonts-noto-cjk >/dev/null; \
	else \
		echo "No Chromium here: the console's tests will be skipped (Debian: sudo apt-get install chromium)"; \
	fi

# The console's pages. They are built into the package, so that who installs it needs no Node; npm is needed here only.
CONSOLE := src/ninefold/console/built
console: setup
	@if ! command -v npm >/dev/null; then \
		echo "No npm here: the console is not built; the server will say how (Debian: sudo apt-get install npm)"; \
	else $(MAKE) --no-print-directory $(CONSOLE)/index.html; fi

web/node_modules/.ready: web/package-lock.json
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(CONSOLE)/index.html: web/node_modules/.ready $(wildcard web/*.* web/scripts/*) \
		$(shell find web/src web/public src/ninefold/api -type f ! -name '*.pyc' ! -name schema.d.ts)
	cd web && npm run --silent types && npm run --silent check && npm run --silent build
	@touch $@

# Tests of the wires run the vendors' own SDKs. Without npm those of Node and of browsers are skipped.
SDKS := tests/conformance/node
sdks:
	@if ! command -v npm >/dev/null; then \
		echo "No npm here: the tests with SDKs of Node and of browsers will be skipped"; \
	elif ! $(MAKE) --no-print-directory $(SDKS)/node_modules/.ready; then \
		echo "The SDKs could not be installed: the tests with SDKs of Node and of browsers will be skipped"; fi

$(SDKS)/node_modules/.ready: $(SDKS)/package-lock.json
	cd $(SDKS) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

clean:
	rm -rf $(SDKS)/node_modules web/node_modules $(CONSOLE) .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
