# One command for each thing a person does with this project. Nothing has to be installed first but Python 3.11+ and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TESTED := $(VENV)/.tested
SOURCES := $(shell find adapter schemas fixtures tests docs deploy -type f -not -name '*.pyc') config.toml Makefile $(wildcard *.md)
SCENARIO ?= normal
# More than the two cores of CI: tests wait about as long as they compute.
WORKERS ?= 4
FUZZ ?= 2000
EXAMPLES ?= 50

# Tests start hundreds of programs, each of which would compile the adapter anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo test fuzz acceptance check lint format types bench bench-load bench-year mutation docs site lock clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(STAMP)

demo: $(STAMP)
	$(BIN)/adapter demo --scenario $(SCENARIO)

test: $(STAMP)
	$(BIN)/python -m pytest -n $(WORKERS)
	touch $(TESTED)

# `check` tests what has changed since `test` last passed; nothing has, where it was called a moment ago.
$(TESTED): $(STAMP) $(SOURCES)
	$(MAKE) test

fuzz: $(STAMP)
	ADAPTER_FUZZ=$(FUZZ) $(BIN)/python -m pytest -n $(WORKERS) tests/fuzz
	FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -n 1 tests/unit/api/test_fuzz.py

# A thousand messages through Postfix and Dovecot over a bad road; `make test` sends a hundred.
acceptance: $(STAMP)
	ADAPTER_ROAD_MESSAGES=1000 $(BIN)/python -m pytest -s tests/mailservers/test_bad_road.py

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

check: lint types $(TESTED)

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP)
	$(BIN)/python -m tests.bench

# The interface over 200 000 exchanges while 20 messages a second pass; three minutes.
bench-load: $(STAMP)
	$(BIN)/python -m tests.bench_load --api

bench-year: $(STAMP)
	$(BIN)/python -m tests.bench_year

mutation: $(STAMP)
	$(BIN)/python -m tests.mutation

docs: $(STAMP)
	$(BIN)/python -m tests.pages

# The whole documentation as pages for a browser, in build/site.
site: $(STAMP)
	$(BIN)/python -m sphinx -W --keep-going --quiet -b html docs build/site

lock: $(STAMP)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --group dev --all-extras pyproject.toml --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 --no-annotate --upgrade -o requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
