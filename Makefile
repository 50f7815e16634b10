# What a person does with a clone. Everything stays inside it: `.venv` and `.homeward`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements-dev.lock
STAMP := $(VENV)/.installed
PYTEST := $(BIN)/python -m pytest

.PHONY: help setup demo test check unit bench clean
.DEFAULT_GOAL := help

help:  ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(STAMP) $(BIN)/homeward  ## install what the clone needs, once; later without network
	@$(BIN)/python -m deploy.local.setup

demo: setup  ## a simulated working day of placements, with a report at its end
	@$(BIN)/python -m deploy.cli demo $(DEMO)

test: setup check  ## every check and every test
	@$(PYTEST) tests $(TESTS)

check: setup  ## style, types and the boundaries between rooms
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

unit: setup  ## the tests that need no server
	@$(PYTEST) tests/unit $(TESTS)

bench: setup  ## how fast it is, beside the usual way and the floor
	@$(BIN)/python -m tests.benchmarks

clean:  ## remove what setup installed; data of a stack in .homeward stays
	rm -rf $(VENV) .homeward/cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Only when the lock changed. The old environment goes first, so that what the lock no longer
# names is gone too; the stamp comes last, so that an interrupted installation is done again.
$(STAMP): $(LOCK)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Homeward needs Python 3.11 or newer, and $(PYTHON) is" \
	    "$$($(PYTHON) --version 2>&1 || echo missing). Name another: make PYTHON=python3.12 setup" >&2; \
	  exit 1; }
	@echo "Installing Python packages into $(VENV), once, about a minute." >&2
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	  --only-binary :all: --requirement $(LOCK)
	@touch $@

# A launcher rather than an installed package: it needs no build tool, no network and no hash.
$(BIN)/homeward: $(STAMP) Makefile
	@printf '%s\n' '#!/bin/sh' \
	  'clone=$$(cd "$$(dirname "$$0")/../.." && pwd)' \
	  'PYTHONPATH="$$clone$${PYTHONPATH:+:$$PYTHONPATH}" exec "$$clone/$(BIN)/python" -m deploy.cli "$$@"' > $@
	@chmod +x $@
