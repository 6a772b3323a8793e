# `make help` lists what there is. Every target installs what it needs first.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
BENCH_VENV := .venv-bench
BENCH_INSTALLED := $(BENCH_VENV)/.installed
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do command -v $$p && break; done)
STACK ?= test
NETWORKS ?= 100
FIRST ?= 1
PACKAGES := topology routing onprem components lab
# one process for each core; of the tests on the lab and the engine, which wait half of their time, more at once
WORKERS ?= auto
CORES := $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
LAB_WORKERS ?= $(shell echo $$(($(CORES) < 4 ? 2 * $(CORES) : $(CORES) + 4)))

# Python's own: each of the processes that one run of the engine starts would compile our modules again
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: setup ## deploy the test stack on the lab with the real Pulumi engine; as root on Linux its network lives
	@$(BIN)/python -m lab demo --stack $(STACK)

.PHONY: test
test: packages check ## everything: `check`, then long tests, those on the lab and those on the real engine
	$(BIN)/python -m lab.engine
	$(BIN)/python -m pytest -q -m "thorough or emulated or engine" -n $(LAB_WORKERS) --dist loadscope \
	  --no-loadscope-reorder

.PHONY: check
check: setup ## the fast part: format, lint, types, import contracts, unit tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(PACKAGES) __main__.py tests
	cd policy && ../$(BIN)/mypy --config-file ../pyproject.toml .
	PYTHONPATH=.:policy $(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -q -m "not engine and not emulated and not thorough" -n $(WORKERS) --dist worksteal

.PHONY: bench
bench: packages $(BENCH_INSTALLED) ## measure previews, policies, predictions, pushes beside other tools, living networks
	$(BIN)/python -m lab.bench
	PYTHONPATH=policy $(BIN)/python -m tests.policy.measure_cost
	$(BIN)/python -m routing.benchmark
	$(BIN)/python -m onprem.benchmark
	$(BIN)/python -m lab.bgp.bench 20 50

.PHONY: mutants
mutants: setup ## change the policy rules one place at a time, and list what no test notices (minutes)
	PYTHONPATH=policy $(BIN)/python -m tests.policy.mutants

.PHONY: fuzz
fuzz: setup ## search for what breaks a property, with new and many more examples than the tests take (minutes)
	$(BIN)/python -m pytest -q -m "hypothesis and not engine" --hypothesis-profile search --timeout 0 -n $(WORKERS)

.PHONY: shell
shell: setup ## a shell in which plain `pulumi` works on the lab
	@$(BIN)/python -m lab shell --stack $(STACK)

.PHONY: lab
lab: setup ## start the lab in the background; `source .lab/env` to use it
	@$(BIN)/python -m lab start --stack $(STACK)

.PHONY: lab-stop
lab-stop: setup ## stop the lab; its state stays
	@$(BIN)/python -m lab stop

.PHONY: lab-reset
lab-reset: setup ## stop the lab and forget its Azure, its routers and Pulumi's state of them
	@$(BIN)/python -m lab reset

.PHONY: lab-bgp
lab-bgp: packages ## bring STACK to life (a name or a file): real BGP, OSPF and IPsec in network namespaces, as root
	@$(BIN)/python -m lab.bgp up --stack $(STACK)

.PHONY: lab-bgp-stop
lab-bgp-stop: setup ## end the living network
	@$(BIN)/python -m lab.bgp down

.PHONY: soak
soak: packages ## bring NETWORKS generated networks to life and hold predictions to them; goes on where it ended
	$(BIN)/python -m lab.bgp.soak --first $(FIRST) --networks $(NETWORKS) --report docs/soak.md

.PHONY: packages
packages: setup ## install what living networks and browser tests need, as root on Debian; else say what is left out
	@$(BIN)/python -m lab.packages

.PHONY: engine
engine: setup ## find the Pulumi engine, or build it (once, 4-7 minutes)
	@$(BIN)/python -m lab.engine

.PHONY: setup
setup: $(INSTALLED) ## install everything into .venv from hashed requirement files

$(INSTALLED): requirements/dev.txt
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Install Python 3.11 or newer with its venv module (Debian: apt install python3 python3-venv)."; exit 1; }
	@echo "installing into $(VENV), about a minute"
	@"$(PYTHON)" -m venv $(VENV)
	@$(call install,$(BIN)/python)

# other tools that push configuration, for `make bench` only: their requirements do not go with ours
$(BENCH_INSTALLED): requirements/bench.txt
	@echo "installing other tools into $(BENCH_VENV)"
	@"$(PYTHON)" -m venv $(BENCH_VENV)
	@$(call install,$(BENCH_VENV)/bin/python)

# $(1): the Python to install into, from the requirement file that the target depends on
define install
if command -v uv >/dev/null; then \
  uv pip install --quiet --compile-bytecode --python $(1) --require-hashes -r $<; \
else \
  $(1) -m pip install --quiet --disable-pip-version-check --compile --require-hashes -r $<; \
fi; touch $@
endef

.PHONY: requirements
requirements: ## pin the requirement files anew (needs uv)
	cd requirements && for name in runtime dev bench; do \
	  uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	    --python-version 3.11 $$name.in -o $$name.txt; \
	done

.PHONY: clean
clean: ## remove what the tools have cached; not .venv, not the lab
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -not -path './$(BENCH_VENV)/*' -prune -exec rm -rf {} +
