# The few verbs a person needs. `make run` and `make test` set up everything they use; both are quick to repeat.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# Where it is set (in many containers), no process keeps what it compiled, and each of the dozen that a run starts compiles every module again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run test dev lint lock clean

help:   ## show the verbs
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */  make \1\t/'

setup: $(STAMP)   ## create .venv and install the locked packages

$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements.lock
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps -e .
	@touch $@

run: $(STAMP)   ## the whole pipeline on the simulated sample market
	@$(BIN)/contagion run

test: $(STAMP)   ## all tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 5

dev: $(STAMP)   ## the Dagster UI on 127.0.0.1
	@$(BIN)/contagion dev

lint: $(STAMP)   ## format, lint, SQL, architecture and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models
	@$(BIN)/lint-imports
	@$(BIN)/mypy

lock: $(STAMP)   ## refresh requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra dev pyproject.toml -o requirements.lock

clean:   ## remove the environment (data stays)
	rm -rf $(VENV)
