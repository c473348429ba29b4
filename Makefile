# Only Python 3.11 or newer, git and make are presumed; everything else comes into .venv by hash-locked files.
.DEFAULT_GOAL := help
# What needs each other stays in order; checking types and compiling the search take a minute each, beside each other.
MAKEFLAGS += --jobs=2
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
LOCK := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

.PHONY: help run test soak lint bench schema docs seed lock clean compiled

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .stamps/run compiled ## Start Neo4j, fill it with a made-up seller, assemble a team for Mexico, serve
	@exec $(BIN)/swarmgraph run

test: lint compiled ## Check style, types and layers, then run every test that is not a soak test
	$(PYTEST) -n 2 -m "not soak"

soak: .stamps/dev compiled ## Run the long tests: kills, races, thousands of candidates
	$(PYTEST) -m soak

lint: .stamps/dev ## Check format, style, types, layers and dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports --no-logo
	$(BIN)/deptry .

bench: .stamps/dev compiled ## Measure; bench/README.md says what and how
	$(BIN)/python -m bench

schema: .stamps/run ## Print schema.graphql from the code
	$(BIN)/python -m graph_api.api.schema > .stamps/schema.graphql && mv .stamps/schema.graphql schema.graphql

docs: .stamps/run ## Write docs/settings.md and docs/errors.md from the code
	$(BIN)/python -m graph_api.ops.settings_page > .stamps/settings.md && mv .stamps/settings.md docs/settings.md
	$(BIN)/python -m graph_api.cli.errors_page > .stamps/errors.md && mv .stamps/errors.md docs/errors.md

seed: .stamps/run ## Make the small organization in seed/ anew
	$(BIN)/swarmgraph generate seed/organization --truths seed/truths.json \
		--people 120 --tasks 600 --customers 16 --today 2026-06-30

lock: .stamps/dev ## Pin the newest allowed versions of everything
	$(LOCK) pyproject.toml --extra build -o requirements.txt
	$(LOCK) pyproject.toml --extra build --extra dev --extra bench -c requirements.txt -o requirements-dev.txt

clean: ## Remove everything that can be made again (not the data of the managed server)
	rm -rf $(VENV) .stamps .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

compiled: .stamps/run
	@$(BIN)/python -m graph_api.swarm.exact.warming

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed; set PYTHON to it: make PYTHON=python3.11 ...")'
	@echo "1/3 Making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

.stamps/run: $(VENV)/pyvenv.cfg requirements.txt pyproject.toml
	@echo "2/3 Installing what it needs (first time only; some 400 MB)"
	@$(BIN)/python -m pip install --require-hashes -r requirements.txt
	@echo "3/3 Installing swarmgraph from this folder"
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@mkdir -p .stamps && touch $@

.stamps/dev: .stamps/run requirements-dev.txt
	@echo "Installing the tools of development (first time only)"
	@$(BIN)/python -m pip install --require-hashes -r requirements-dev.txt
	@mkdir -p .stamps && touch $@
