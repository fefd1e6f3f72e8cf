# Bare `make` prints the targets. Each one sets up what it needs in .venv, once.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/ready
EXTRAS := $(VENV)/extras
ROWS ?= 1e6 1e7 1e8
KEPT = $(if $(KEEP),--keep)
export OPENBLAS_NUM_THREADS := 1
export PYTHONHASHSEED := 0

.PHONY: help briefs check test lab refresh references bench extras clean
.DEFAULT_GOAL := help

help:  ## print the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

briefs: $(READY)  ## make every brief of reports/briefs.yml that has changed, as PDF in Chinese and English
	@$(RUN) -m analysis brief

check: $(READY)  ## read an office's folder and tell what is wrong with it: make check DATA=folder
	@test -n "$(DATA)" || { echo "Say which folder: make check DATA=folder" >&2; exit 2; }
	@$(RUN) -m analysis check "$(DATA)"

# The build server says CI=true: there the slow tests run too.
test: $(READY)  ## lint, run the tests, re-run the notebooks and compare their published numbers: make test CI=true for the slow ones too
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m pytest -n 2 --dist loadfile $(if $(CI),,-m "not slow")
	$(RUN) -m pytest --nbval-lax --nbval-current-env --nbval-sanitize-with notebooks/sanitize.cfg -n 2 --dist loadfile notebooks

lab: $(READY)  ## open the notebooks in JupyterLab, on a page that explains them; no network is used
	$(RUN) -m jupyter lab --config=notebooks/.lab/config.py

refresh: $(READY)  ## re-run the notebooks in place, after a wanted change of numbers or prose
	$(RUN) -m analysis refresh

references: $(READY)  ## compare every measure with the outputs of the field's tools, where they are at hand
	@$(RUN) -m tests.references $(REFERENCE)

# Only a run that is asked to be kept changes the results that the repository holds.
bench: $(EXTRAS)  ## time and memory of the store, draws, survey, reader, plan, batch and press, as ratios; hours, or less with ROWS=1e6; KEEP=1 writes benchmarks/results
	for rows in $(ROWS); do $(RUN) benchmarks/register_questions.py --rows $$rows $(KEPT) || exit 1; done
	$(RUN) benchmarks/distribution_draws.py --rows 10000000 $(KEPT)
	$(RUN) benchmarks/survey_domains.py $(KEPT)
	$(RUN) benchmarks/county_workbooks.py $(KEPT)
	$(RUN) benchmarks/plan_province.py $(KEPT)
	$(RUN) benchmarks/batch_of_counties.py --loop --counties 1 3 $(KEPT)
	$(RUN) benchmarks/batch_of_counties.py --unchanged 129 $(KEPT)
	$(RUN) -m analysis brief
	$(RUN) benchmarks/press_of_briefs.py $(KEPT)

extras: $(EXTRAS)  ## add what optional tests and engines use: a browser's driver, PySpark, Dask

clean:  ## remove the environment and everything generated
	rm -rf $(VENV) reports/generated

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Say which one to use: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

$(EXTRAS): $(READY) requirements-extras.lock
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-extras.lock
	@touch $@
