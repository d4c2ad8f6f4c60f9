# Every target does all the set-up that it needs. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.set-up
SOURCES := src tests tools benchmarks

# make demo ARGS="--people 5000 --once"; make test ARGS=tests/integrate; make test SLOW=1; make bench BENCH=segment
ARGS ?=
BENCH ?= all
SLOW ?=
SECONDS ?= 300

.PHONY: help
help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(READY): pyproject.toml constraints.txt tools/setup.py
	@$(PYTHON) tools/setup.py venv

.PHONY: setup
setup: $(READY) ## a virtual environment in .venv with the pinned packages

.PHONY: demo
demo: $(READY) ## the whole job on a made-up company, then a page to look at
	@$(BIN)/helder demo $(ARGS)

.PHONY: serve
serve: $(READY) ## run Helder
	@$(BIN)/helder serve $(ARGS)

.PHONY: test
test: $(READY) ## all tests, with coverage (SLOW=1 for those that take minutes too)
	@$(PYTHON) tools/setup.py tests
	@$(BIN)/python -m pytest --cov --cov-report=term $(if $(SLOW),,-m "not slow") $(ARGS)

.PHONY: check format lint types imports docs
check: format lint types imports docs ## format, lint, types, imports and the docs build

format: $(READY)
	@$(BIN)/ruff format --check --quiet $(SOURCES) || { echo "run: make tidy"; exit 1; }

lint: $(READY)
	@$(BIN)/ruff check --quiet $(SOURCES)

types: $(READY)
	@$(BIN)/pyrefly check --summary=none

imports: $(READY)
	@$(BIN)/lint-imports --no-logo

docs: $(READY)
	@$(BIN)/python tools/docs.py

.PHONY: tidy
tidy: $(READY) ## put the code in the one format, and the reference in step with it
	@$(BIN)/ruff check --quiet --fix-only $(SOURCES)
	@$(BIN)/ruff format --quiet $(SOURCES)
	@$(BIN)/python tools/reference.py

.PHONY: bench
bench: $(READY) ## measure against the goals (BENCH=name for one)
	@$(BIN)/python benchmarks/harness.py $(BENCH)

.PHONY: fuzz
fuzz: $(READY) ## look for inputs that break the front door (SECONDS=300)
	@$(BIN)/python tools/fuzz.py $(SECONDS)

.PHONY: sabotage
sabotage: $(READY) ## plant known defects in a copy; each must turn a test red
	@$(BIN)/python tools/sabotage.py $(ARGS)

.PHONY: kill
kill: $(READY) ## kill -9 at random moments in every stage, over a hundred times (HELDER_KILL_SEED=n for the same moments)
	@HELDER_KILLS=12 $(BIN)/python -m pytest -q -s tests/whole/killing/test_killed_anywhere.py

.PHONY: soak
soak: $(READY) ## an hour at 1,000 events a second, with a verdict (ARGS="--minutes 5" for less)
	@$(BIN)/python benchmarks/soak.py $(ARGS)

.PHONY: clean
clean: ## throw away what was made here (not data folders)
	@rm -rf .venv build dist .coverage .pytest_cache .hypothesis .ruff_cache .import_linter_cache
