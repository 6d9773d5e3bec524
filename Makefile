# Each target works as the first command ever typed on a fresh machine with python3, pip, venv, make and git.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DISTS  := core plugins/walmart plugins/wms_cartoncloud plugins/erp_ledger
READY  := $(VENV)/.ready
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test bench check lock clean

help: ## What there is
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements.lock pyproject.toml $(DISTS:%=%/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "crossdock needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) (once; about half a minute)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $(DISTS:%=-e %)
	@touch $@

demo: $(READY) ## The main job, whole, on loopback: real HTTP between simulated systems
	@$(BIN)/crossdock demo

test: $(READY) ## Every test
	@$(BIN)/python -m pytest -n $(WORKERS)

bench: $(READY) ## Speed beside bare loops, memory, growth; QUICK=1, ONLY=, ORDERS=, ROUNDS=, SIZES=
	@$(BIN)/python tests/benchmarks $(if $(QUICK),--quick) $(if $(ORDERS),--orders $(ORDERS)) \
	    $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(ONLY),--only $(ONLY)) $(if $(SIZES),--sizes $(SIZES))

check: $(READY) ## Formatting, lint, types, import directions, the docs' code
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy $(DISTS)
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -n $(WORKERS) tests/docs

lock: ## Pin what the workspace needs: versions and hashes, no hosts (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
	    --python-version 3.11 --group dev core/pyproject.toml --extra simulator --extra postgresql -o requirements.lock

clean: ## Forget the environment and the caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
