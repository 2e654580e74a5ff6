# The commands of this repository. Each makes or refreshes .venv first, which takes no time when
# nothing changed; settings reach `azora` through the environment (`make run AZORA_PORT=9000`).

.DEFAULT_GOAL := help
BIN := .venv/bin
GROUPS := --group embedded --group test --group quality
PYTEST := $(BIN)/python -m pytest
# The suites that start processes of their own run apart from those that share servers.
WORKERS := 3
FAULTS_SECONDS := 45
# For each of ten schemas.
EQUIVALENCE_DOCUMENTS := 1000

.PHONY: help run test check fix test-ledger test-faults-money test-gateway test-equivalence bench bench-smoke bench-engine bench-engine-smoke bench-ledger lock set-up node graphiql

help: ## Show this help
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1#\2/p' Makefile \
		| awk -F '#' '{ printf "  %-18s %s\n", $$1, $$2 }'

run: set-up graphiql ## Start everything and print what to open
	@$(BIN)/azora run --stop-with-parent

# `check` has run the tests of migrations and architecture.
test: check node ## Run every check and every test
	@rm -f .coverage .coverage.*
	$(PYTEST) -n $(WORKERS) --dist loadgroup --cov --cov-report= \
		$(addprefix --ignore tests/,gateway migrations architecture)
	$(BIN)/coverage report --fail-under 85
	$(BIN)/coverage report --fail-under 100 --include 'graph/*'

# Each gate has a reason. ruff: one style, and the mistakes that Python allows. basedpyright: a None
# or an unawaited coroutine found before it runs. lint-imports: the layers hold only if checked.
# deptry: no dependency unused, none borrowed from another's. schema check: the contract changes only
# in a reviewed diff. tests/migrations: the tables are what the models say (alembic check), and
# migrations are safe on a busy database (squawk). tests/architecture: the rules no tool knows, and
# dead code (vulture).
check: set-up ## Run the checks: format, lint, types, layers, dependencies, contract, migrations, house rules
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/basedpyright --project pyproject.toml
	$(BIN)/lint-imports --no-logo
	$(BIN)/deptry .
	$(BIN)/azora schema check
	$(PYTEST) -q tests/migrations tests/architecture

fix: set-up ## Format the code and mend what ruff can mend
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

test-ledger: set-up ## Ask the ledger 52,000 times what its model knows, over 20 seeds, and storm it
	AZORA_LEDGER_SEEDS=20 AZORA_LEDGER_STEPS=2600 AZORA_LEDGER_STORM_KEYS=200 \
		$(PYTEST) -q -n 2 --dist loadgroup tests/services/ledger

test-faults-money: set-up ## Kill tellers and crash their database for FAULTS_SECONDS (45), and audit the books
	AZORA_FAULTS_SECONDS=$(FAULTS_SECONDS) $(PYTEST) -q -s tests/faults

test-gateway: set-up node ## Compare the graph in one process with a gateway over five
	$(PYTEST) tests/gateway

test-equivalence: set-up ## Compare the compiled engine with graphql-core on 10,000 generated documents
	AZORA_EQUIVALENCE_DOCUMENTS=$(EQUIVALENCE_DOCUMENTS) $(PYTEST) -q -n $(WORKERS) --dist loadgroup tests/graph/equivalence

bench: set-up ## Measure the server with the large world (see benchmarks/README.md)
	$(BIN)/python -m benchmarks

bench-smoke: set-up ## Run each benchmark once, briefly, to see that it still runs
	$(BIN)/python -m benchmarks --smoke

bench-engine: set-up ## Measure the engine beside its peers (see benchmarks/README.md)
	$(BIN)/python -m benchmarks.engine $(OPTIONS)

bench-engine-smoke: set-up ## Ask the engine and its peers once, briefly, for the same answers
	$(BIN)/python -m benchmarks.engine --smoke

bench-ledger: set-up ## Measure the ledger's postings (make bench-ledger OPTIONS=--smoke is brief)
	$(BIN)/python -m benchmarks.ledger $(OPTIONS)

lock: set-up ## Lock the dependencies (make lock OPTIONS=--upgrade takes newer versions)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate $(GROUPS) $(OPTIONS) pyproject.toml --output-file requirements.lock

set-up: ## Make .venv from requirements.lock (all other targets see to it)
	@sh dev/setup.sh

node: set-up ## Install the Node tools of the tests
	@dev/node.sh install

graphiql: set-up ## Build the GraphiQL page
	@dev/node.sh build-graphiql || echo "Going on without GraphiQL."
