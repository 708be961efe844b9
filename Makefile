# Two commands matter: `make demo` and `make test`. Both work from a fresh clone with Python 3.11+ and make alone.
PYTHON ?= python3
VENV ?= .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PY := $(BIN)/python
# node and npm come from a Python package in the same environment.
export PATH := $(abspath $(BIN)):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# How many tests run side by side.
JOBS ?= 2
WORKERS := --numprocesses $(JOBS) --dist worksteal
# The browser tests of a file share one JupyterLab.
BROWSERS := --numprocesses $(JOBS) --dist loadfile
DEMO_FLAGS := $(if $(HEADLESS),--no-browser,) $(if $(PORT),--port $(PORT),)

.PHONY: help demo test lint types unit widgets browser notebooks soak bench pictures schema format dev clean check-python

help:
	@echo "make demo             set up and open JupyterLab on the quickstart (HEADLESS=1: print the address only)"
	@echo "make test             set up and run every test: Python, TypeScript, notebooks, browser"
	@echo "make soak             the long tests"
	@echo "make bench            benchmarks against other tools"
	@echo "make pictures         take the README's pictures anew, from JupyterLab in Chromium"
	@echo "make dev              rebuild the widgets on every save (run JupyterLab beside it with ANYWIDGET_HMR=1)"
	@echo "make schema           make the types of TypeScript anew from those of the wire, explorer/panels/schema"
	@echo "make format           format Python and TypeScript"

check-python:
	@$(PYTHON) -c "import sys; sys.exit(0 if sys.version_info >= (3, 11) else 'Python 3.11 or newer is needed; this is ' + sys.version.split()[0] + '. Point PYTHON= at a newer one.')"

$(VENV)/.made: | check-python
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --upgrade pip
	@touch $@

$(VENV)/.demo: $(VENV)/.made pyproject.toml constraints.txt widgets/package-lock.json
	@echo "Setting up $(VENV): packages of about 3 GB on the disk, which takes minutes the first time."
	@$(PY) -m pip install --quiet --constraint constraints.txt --editable '.[all]'
	@touch $@

$(VENV)/.dev: $(VENV)/.made pyproject.toml constraints.txt widgets/package-lock.json
	@echo "Setting up $(VENV): packages of about 3 GB on the disk, which takes minutes the first time."
	@$(PY) -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(VENV)/.demo

widgets/node_modules/.made: widgets/package-lock.json $(VENV)/.dev
	cd widgets && npm ci --loglevel=error
	@touch $@

# In copies, so that running and saving the notebooks changes no file of the checkout.
demo: $(VENV)/.demo
	$(BIN)/explorer demo --folder demo $(DEMO_FLAGS)

test: lint types widgets unit notebooks browser

lint: $(VENV)/.dev widgets/node_modules/.made
	$(PY) -m ruff check explorer tests
	$(PY) -m ruff format --check explorer tests
	cd widgets && npm run --silent lint

types: $(VENV)/.dev widgets/node_modules/.made
	$(PY) -m mypy
	cd widgets && npm run --silent types

widgets: widgets/node_modules/.made
	cd widgets && npm test --silent && npm run --silent build

# One thread each: on small arrays the threads of OpenMP wait for each other, which takes scikit-learn thirty times as long.
unit: export OMP_NUM_THREADS = 1
unit: $(VENV)/.dev
	$(PY) -m pytest tests/unit -m "not soak" $(WORKERS)
	$(PY) -m pytest tests/faults -m "not soak" $(WORKERS)

notebooks: $(VENV)/.dev
	$(PY) -m pytest tests/notebooks $(WORKERS)

browser: $(VENV)/.dev widgets
	$(PY) tests/browser/chromium.py
	$(PY) -m pytest tests/browser -m "not soak" $(BROWSERS) --junitxml=test-results/browser.xml
	$(PY) tests/browser/really_ran.py test-results/browser.xml

soak: $(VENV)/.dev widgets
	$(PY) tests/browser/chromium.py
	OMP_NUM_THREADS=1 $(PY) -m pytest tests/unit -m soak --timeout 7200 $(WORKERS)
	OMP_NUM_THREADS=1 $(PY) -m pytest tests/faults -m soak --timeout 7200 $(WORKERS)
	$(PY) -m pytest tests/browser -m soak --timeout 7200

bench: $(VENV)/.dev widgets
	$(PY) tests/browser/chromium.py
	$(PY) -m pip install --quiet --constraint constraints.txt --editable '.[dev,bench]'
	for script in tests/benchmarks/*.py; do $(PY) $$script || exit 1; done

pictures: widgets/node_modules/.made
	cd widgets && npm run --silent build
	$(PY) tests/browser/chromium.py
	$(PY) tests/browser/pictures.py notebooks/pictures

dev: widgets/node_modules/.made
	cd widgets && npm run watch

schema: $(VENV)/.dev
	$(PY) -m explorer.panels.typescript

format: $(VENV)/.dev widgets/node_modules/.made
	$(PY) -m ruff check --fix explorer tests
	$(PY) -m ruff format explorer tests
	cd widgets && npm run --silent format

clean:
	rm -rf $(VENV) widgets/node_modules explorer/static test-results dist build
