# The two commands of the README are `make run` and `make test`; each sets up what it needs.

PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11,$(shell $(p) -c \
	'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))
VENV := .venv
BIN := $(VENV)/bin
CLI_VENV := .venv-cli
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

.DEFAULT_GOAL := help
.PHONY: help setup run test lint format unit model bench memory scale catalog package stack lock clean cli-test

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

$(VENV)/.ready: requirements/dev.txt requirements/terraform.txt requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
		-r requirements/terraform.txt || echo "No Terraform core for this platform: some tests will be skipped" >&2
	@touch $@

setup: $(VENV)/.ready ## Make the virtual environment with the locked packages

run: setup ## Take two inventories of an emulated tenancy and show what changed
	$(BIN)/python -m emulator.demo

test: lint ## Everything: lint, types, import contracts, unit, contract, model and end-to-end tests
	$(BIN)/pytest -q -n $(JOBS) --dist worksteal

lint: setup ## Style, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## Rewrite the code in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

unit: setup ## The tests that start no processes
	$(BIN)/pytest -q -n $(JOBS) -m "not e2e"

model: setup ## Check the coordination as a model, thoroughly (minutes)
	$(BIN)/python -m tests.model.deep

$(CLI_VENV)/.ready: requirements/cli-test.txt | setup
	$(PYTHON) -m venv --clear $(CLI_VENV)
	$(CLI_VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/cli-test.txt
	@touch $@

cli-test: $(CLI_VENV)/.ready ## Use the emulated tenancy by Oracle's own command line (installs it, about 800 MB)
	OCI_CLI=$(CLI_VENV)/bin/oci $(BIN)/pytest -q tests/cli/oci_command_line.py

bench: setup ## Measure the pipeline's steps against their simplest form, as ratios
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench_reading

scale: setup ## A run of 100,000 resources at depth bulk, held against the truth (minutes)
	$(BIN)/python -m tests.scale

memory: setup ## Measure the functions' peak memory at 10,000 and 100,000 resources; fails if it grows
	$(BIN)/python -m tests.memory

catalog: setup ## Renew the wire facts of the calls in the catalog, from the installed SDK
	$(BIN)/python -m tools.catalog facts

package: setup ## Build what is deployed into dist/: the archive of the code, and the image's build context
	$(BIN)/python -m tools.package $(PACKAGE_OPTIONS)

stack: setup ## Build the Resource Manager stack into dist/: the Terraform module with its form
	$(BIN)/python -m tools.stack

lock: setup ## Renew the locked versions from the .in files (needs uv)
	uv pip compile --universal --python-version 3.11 --no-header --no-annotate --generate-hashes \
		-o requirements/dev.txt requirements/dev.in
	uv pip compile --universal --python-version 3.11 --no-header --no-annotate --generate-hashes \
		-o requirements/cli-test.txt requirements/cli-test.in
	uv pip compile --python-version 3.11 --python-platform x86_64-unknown-linux-gnu --no-header --no-annotate \
		--generate-hashes -c requirements/dev.txt -o requirements/functions.txt requirements.txt
	uv pip compile --universal --python-version 3.11 --no-header --no-annotate --generate-hashes \
		-c requirements/dev.txt -o requirements/operator.txt requirements/operator.in
	uv pip compile --universal --python-version 3.11 --no-header --no-annotate --generate-hashes \
		-o requirements/terraform.txt requirements/terraform.in

clean: ## Remove what the other commands made
	rm -rf $(VENV) $(CLI_VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
