# Everything a contributor types. Needs make and Python 3.11, 3.12 or 3.13; the rest is fetched into .venv.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
PY := $(BIN)/python
INSTALL := unset PYTHONDONTWRITEBYTECODE; $(BIN)/uv pip install --quiet --python $(PY)

.PHONY: help env dev check fix test test-fast test-jobs test-journeys test-studio test-clients bench demo soak cases lock contract studio studio-check screens clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: env  ## See a model trained, tuned, exported and asked, in about a minute
	@$(BIN)/lazuli demo

test: dev  ## Run every test: fast ones, then jobs, journeys, Studio and other people's clients
	@$(PY) tools/suites.py fast jobs journeys studio clients

test-fast: dev  ## Run only the fast tests
	@$(PY) tools/suites.py fast

test-jobs: dev  ## Run only the tests of jobs, sweeps and pipelines, which start real programs
	@$(PY) tools/suites.py jobs

test-journeys: dev  ## Run only the journeys, end to end on a real server
	@$(PY) tools/suites.py journeys

test-studio: dev  ## Run only the tests of Studio: its parts, and journeys in a browser
	@$(PY) tools/suites.py studio

test-clients: dev  ## Run only the tests that drive Lazuli with other people's clients
	@$(PY) tools/suites.py clients

cases: dev  ## Run the known cases: published Azure ML examples, as they are
	@$(PY) tools/suites.py cases

soak: dev  ## Run the long tests: load, crashes, restarts
	@$(PY) tools/suites.py soak

bench: dev  ## Measure what we promise to be fast
	@$(PY) tools/bench.py

check: dev  ## Lint, format, types, import floors, generated reference (under 30 s)
	@$(PY) tools/check.py

fix: dev  ## Mend what can be mended by itself: format, import order, simple lint
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

studio: dev  ## Build Studio, the web interface, into the package
	@$(PY) hatch_build.py

studio-check: dev  ## Types, lint and unit tests of Studio
	@$(PY) hatch_build.py check

screens: dev  ## Take a picture of every page of Studio, to be looked at
	@$(PY) tools/screens.py

contract: dev  ## Write docs/reference (REST API, settings, commands) from the code
	@$(PY) tools/contract.py

lock: dev  ## Resolve the dependencies again into requirements/
	@$(PY) tools/lock.py

env: .venv/.demo.stamp  ## Set up .venv with what Lazuli needs to run

dev: .venv/.dev.stamp  ## Set up .venv with what contributors need as well

clean:  ## Remove .venv, caches and build results
	rm -rf .venv .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment that is there keeps its Python; `make clean` first to change it.
$(BIN)/uv: requirements/bootstrap.txt
	@if ! $(PY) -m pip --version >/dev/null 2>&1; then \
		python=$$(sh tools/find-python.sh) && echo "Setting up .venv with $$($$python --version)" && $$python -m venv .venv; \
	fi
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

.venv/.demo.stamp: $(BIN)/uv requirements/demo.txt pyproject.toml
	@$(INSTALL) --compile-bytecode --require-hashes -r requirements/demo.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@test -f src/lazuli/server/built/index.html || \
		echo "Lazuli is set up without Studio: npm's packages could not be had. 'make studio' builds it later."
	@touch $@

.venv/.dev.stamp: .venv/.demo.stamp requirements/dev.txt azureml/pyproject.toml
	@$(INSTALL) --compile-bytecode --require-hashes -r requirements/dev.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable azureml
	@touch $@
