# Everything works from nothing: the first target that is run makes .venv and installs what it needs.
# PYTHON may name the interpreter (3.11 or newer); otherwise the first one found is taken.

VENV := .venv
BIN := $(VENV)/bin
PROBLEM ?= problems/regression-3-4-3-l2-norm.yaml
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

# `venv` and pip read these; a surrounding environment must not leak in. Nor must it keep Python from storing what it
# has compiled: every command would compile all of nnsolve again.
unexport PYTHONHOME PYTHONPATH VIRTUAL_ENV PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test lint format bench clean

help:
	@echo 'make demo    set up, then solve $(PROBLEM)'
	@echo 'make test    set up, then run the tests'
	@echo 'make lint    ruff check, ruff format --check, mypy --strict'
	@echo 'make format  apply ruff format and the safe fixes'
	@echo 'make bench   speed and accuracy, as ratios within one run'
	@echo 'make clean   remove the environment and the caches'

demo: $(VENV)/.runtime
	$(BIN)/nnsolve run $(PROBLEM)

# Neighbours stay together, since they share what is worked out once in a process.
test: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 --dist worksteal $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict nnsolve tests

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench $(ARGS)

# The stamps: set-up is done once, and again when pyproject.toml changes. What the tests need includes
# what a user needs, so .dev also makes .runtime good.
$(BIN)/python:
	@test -n "$(PYTHON)" || { echo 'error: Python 3.11 or newer is needed; name it with PYTHON=...' >&2; exit 2; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 2; }

$(VENV)/.runtime: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $(VENV)/.runtime $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
