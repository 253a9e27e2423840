# Everything one does with this checkout. `make` alone lists it.

PYTHON    ?= $(shell command -v python3.11 || command -v python3)
PORT      ?= 8443
HTTP_PORT ?= 8080
DATA      ?= var/demo
ARGS      ?=
PROCESSES ?= auto
CASE      ?=
DB        ?=
PEOPLE    ?=
PART      ?=

BIN       := .venv/bin
# Each process takes the next tests in their order; one that is done takes over what is left of another's.
PYTEST    := $(BIN)/python -m pytest --numprocesses "$(PROCESSES)" --dist worksteal
PIP       := $(BIN)/python -m pip --quiet --disable-pip-version-check
SOURCES   := vestibule tests $(wildcard bench) $(wildcard soak)
MAKEFLAGS += --no-print-directory

# Only the public index, whatever this machine's pip is told: the lock then holds the hashes of every platform.
LOCK := env -u PIP_FIND_LINKS -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null \
        CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe \
        --strip-extras --no-emit-index-url --no-emit-find-links

.DEFAULT_GOAL := help
.PHONY: help setup demo migrate test test-all check fix bench soak lock upgrade clean

##@ Begin

help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

demo: .venv/.package ## serve the demo organizations (PORT=8443 HTTP_PORT=8080 DATA=var/demo)
	@$(BIN)/python -m vestibule.demo --data "$(DATA)" --port "$(PORT)" --http-port "$(HTTP_PORT)"

setup: .venv/.dev ## make .venv, as the lock says; nothing to do while the lock stays the same

migrate: .venv/.package ## bring the database that VESTIBULE_* names to this version
	@$(BIN)/vestibule migrate

##@ Check

test: .venv/.dev ## every test that this machine can run (ARGS="-k leave" narrows, PROCESSES=0 for a debugger)
	@$(PYTEST) $(ARGS)

test-all: .venv/.dev ## the same after installing what is missing from Debian; nothing may skip
	@scripts/install-debian-packages
	@VESTIBULE_TEST_ALL=1 $(MAKE) test

check: .venv/.dev ## format, lint, types, floors, docs
	@$(BIN)/ruff format --quiet --check . || { echo "make fix formats these files" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy $(SOURCES)
	@floors=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$floors"; exit 1; }
	@$(PYTEST) --quiet tests/docs

fix: .venv/.dev ## format, and mend what the linter can mend by itself
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

##@ Measure

bench: .venv/.dev ## throughput, tails and ratios (CASE=leave DB=postgresql PEOPLE=1000000)
	@$(BIN)/python -m bench $(if $(CASE),--case "$(CASE)") $(if $(DB),--db "$(DB)") $(if $(PEOPLE),--people "$(PEOPLE)") $(ARGS)

soak: .venv/.dev ## the long runs, in pieces that can be resumed (PART=kill, serve, histories, fuzz, pages, timing, tampering, erasure)
	@$(BIN)/python -m soak $(if $(PART),--part "$(PART)") $(ARGS)

##@ Keep house

lock: .venv/.dev ## write requirements*.txt anew from requirements*.in
	@$(LOCK) --output-file requirements.txt requirements.in requirements-build.in
	@$(LOCK) --output-file requirements-dev.txt requirements-dev.in

upgrade: .venv/.dev ## the same, each part at its newest
	@$(LOCK) --upgrade --output-file requirements.txt requirements.in requirements-build.in
	@$(LOCK) --upgrade --output-file requirements-dev.txt requirements-dev.in

clean: ## remove caches and build leftovers (not .venv, not var)
	@rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

# Three stamps, so that the demo does not wait for what only tests need, and an edit of pyproject.toml only
# installs this package again (a second or two).

.venv/.runtime: requirements.txt
	@test -x $(BIN)/python || { \
	  "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "Vestibule needs Python 3.11 or newer; say where: make PYTHON=/usr/bin/python3.11" >&2; exit 1; }; \
	  echo "making .venv" >&2; "$(PYTHON)" -m venv .venv; }
	@echo "installing the parts Vestibule runs on" >&2
	@$(PIP) install --require-hashes --requirement requirements.txt
	@touch $@

.venv/.package: .venv/.runtime pyproject.toml requirements.in
	@PYTHONWARNINGS=ignore $(PIP) install --no-index --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: requirements-dev.txt | .venv/.package
	@echo "installing the parts that tests and checks need (a minute or two, only now)" >&2
	@$(PIP) install --require-hashes --requirement requirements-dev.txt
	@touch $@
