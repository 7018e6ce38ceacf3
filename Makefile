# dpulab. Every target does the set-up it needs; what is set up already costs next to nothing.
PYTHON   ?= python3
TOPOLOGY ?= topologies/quickstart
SCENARIO ?= $(addprefix scenarios/quickstart/,hosts-talk.scenario.yml inventory.scenario.yml)

VENV     := .venv/bin
SETUP    := $(PYTHON) -m bootstrap
# What `lab-up` does once set-up is complete: the lab, then the proof that it carries packets.
LAB_UP   ?= $(VENV)/dpulab up $(TOPOLOGY) && $(VENV)/dpulab replay --lab quickstart $(SCENARIO)
LAB_DOWN ?= $(VENV)/dpulab down $(TOPOLOGY)

.DEFAULT_GOAL := help
.PHONY: help lab-up lab-down test test-full images proto lint lock bench docs status clean uninstall

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lab-up: ## set everything up, bring up the quickstart lab and prove it
	@$(SETUP) all
	$(LAB_UP)

lab-down: ## take the quickstart lab down
	@test -x $(VENV)/dpulab || { echo "nothing to take down: there is no set-up in this folder"; exit 0; }; \
	$(LAB_DOWN)

test: ## lint, unit and integration tests, every scenario
	@$(SETUP) all
	@$(SETUP) test

test-full: ## the same with full counts and the slow tests
	@$(SETUP) all
	@$(SETUP) test --full

images: ## build the images whose inputs changed
	@$(SETUP) images

proto: ## generate Python, Go, Rust and the API reference from the interface definitions
	@$(SETUP) venv
	$(VENV)/python -m bootstrap.proto
	$(VENV)/python -m bootstrap.apidocs
	$(VENV)/python -m bootstrap.bindings

lint: ## ruff, mypy, import contracts
	@$(SETUP) venv
	@$(SETUP) test lint

lock: ## resolve the dependencies anew (ARGS=--upgrade for the newest versions)
	@$(SETUP) venv
	$(VENV)/python -m bootstrap.lock $(ARGS)

bench: ## run every benchmark (root)
	@$(SETUP) all
	@set -e; for file in $$(grep -l __main__ bench/*.py); do echo "--- $$file"; $(VENV)/python -m bench.$$(basename $$file .py); done

docs: ## check that the links in the documentation lead somewhere
	@$(PYTHON) -m bootstrap.doclinks

status: ## what is set up, and what would be done
	@$(SETUP) status

clean: ## remove caches and results, keep the set-up
	rm -rf results .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -path ./.venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

uninstall: ## remove images, networks, environment, and the daemon that set-up started
	@$(SETUP) uninstall
