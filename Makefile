# Everything anybody runs here. `make run` starts Oqu, `make test` passes the tests, `make help` lists the rest.
PYTHON ?= python3
# For a machine without a GPU, a smaller torch: make run TORCH_ARGS="--extra-index-url <the CPU index of torch>"
TORCH_ARGS ?=
ARGS ?=
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(TORCH_ARGS)
PAGE := $(shell find frontend -path frontend/node_modules -prune -o -type f -print 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help run setup test check types bench zoo drill format clean

help:  ## list what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

run: setup  ## set everything up, start Oqu and open the browser (ARGS="--port 9000")
	$(BIN)/oqu $(if $(ARGS),serve $(ARGS),)

setup: .setup/python server/static/index.html  ## everything installed and the page built, without starting

.setup/python: pyproject.toml constraints.txt
	@echo "Installing the Python parts (a minute or two the first time) ..."
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) --editable .
	@mkdir -p .setup && touch $@

.setup/tools: .setup/python
	@echo "Installing what the tests need ..."
	$(PIP) --editable ".[dev]"
	@mkdir -p .setup && touch $@

.setup/browser: .setup/tools
	$(BIN)/python scripts/browser.py
	@mkdir -p .setup && touch $@

server/static/index.html: $(PAGE) hatch_build.py | .setup/python
	@echo "Building the page ..."
	$(BIN)/python hatch_build.py

test: setup .setup/browser  ## set everything up and pass all tests, those in a real Chromium included
	$(BIN)/python hatch_build.py test
	$(BIN)/python -m pytest $(ARGS)

check: setup .setup/tools  ## ruff, mypy, import rule, Biome, tsc, generated types current, Dockerfile
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python hatch_build.py check
	$(BIN)/python scripts/api_types.py --check
	$(BIN)/python scripts/reference.py --check
	$(BIN)/hadolint Dockerfile

types: setup  ## write what is generated from the code: the page's API types, docs/reference.md
	$(BIN)/python scripts/api_types.py
	$(BIN)/python scripts/reference.py

format: .setup/tools  ## format Python and TypeScript
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python hatch_build.py format

bench: setup .setup/tools  ## time Oqu beside its peers and write benchmarks/RESULTS.md
	$(PIP) --editable ".[dev,bench]"
	$(BIN)/python -m benchmarks $(ARGS)

zoo: setup  ## train every zoo experiment with five seeds and print floor and figure
	$(BIN)/python -m benchmarks.zoo $(ARGS)

drill: setup .setup/tools  ## break things on purpose, many times, and count what was lost
	OQU_DRILLS=large $(BIN)/python -m pytest tests/drills -s --timeout=3600 $(ARGS)

clean:  ## forget everything that was built or installed here
	rm -rf .setup .venv server/static frontend/node_modules frontend/dist
