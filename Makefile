# `make run` and `make test` set up everything that they need; neither needs more
# network than the package registry.
PYTHON ?= python3
PORT ?= 5000
CATALOGUE ?= data/fashion.csv

BIN := .venv/bin
TOOLS := .venv/tools
TORCH := $(shell grep '^torch==' requirements.txt)
PIP := -m pip --disable-pip-version-check install --quiet
COMPILE := $(TOOLS)/bin/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest
export UV_CUSTOM_COMPILE_COMMAND := make pins
CODE := app.py bench gallery indexer studio tests training vitrine

.PHONY: help setup scale run test lint translations bench pins audit browser clean

help: ## Show this list.
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: .venv/run ## Make .venv and install what indexing and serving need.

scale: .venv/scale ## Install what Milvus and Ray need besides; see docs/scale.md.

# Where a build fails, as without a network, what was indexed before is served; where a map
# can't be made, the gallery has none.
run: .venv/run ## Index CATALOGUE (data/fashion.csv) and serve the gallery on PORT (5000).
	@case "$(CATALOGUE)" in http://*|https://*) ;; *) test -e "$(CATALOGUE)" \
	  || { echo "There is no catalogue at $(CATALOGUE)."; exit 2; } ;; esac
	$(BIN)/python -m indexer build "$(CATALOGUE)" || $(BIN)/python -m indexer status
	$(BIN)/python -m indexer map --if-none || true
	$(BIN)/python app.py --port $(PORT)

test: .venv/dev browser lint ## Check style and types, and run all tests.
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: .venv/dev ## Check style and types alone.
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy $(CODE)

translations: .venv/dev ## Bring the translations in line with what the pages say.
	$(BIN)/pybabel -q extract -F babel.cfg -k _l -k lazy_gettext --no-location -o gallery/translations/messages.pot .
	$(BIN)/pybabel -q update -i gallery/translations/messages.pot -d gallery/translations --ignore-pot-creation-date --no-fuzzy-matching --ignore-obsolete -w 100
	$(BIN)/pybabel -q compile -d gallery/translations

bench: .venv/dev ## Run every measurement.
	$(BIN)/python -m bench

# One version of each package for all Pythons and platforms, so that what is tested is what
# runs. What is pinned stays as it is where the requirements allow it. The hashed files leave
# out torch and what its builds for Linux alone bring in, as not every machine has that build.
pins: .venv/tools/made ## Pin what the requirements bring in; all anew with RENEW=--upgrade.
	$(COMPILE) $(RENEW) requirements-dev.txt --output-file pins/constraints.txt
	hashed="$(COMPILE) --generate-hashes --no-annotate --constraints pins/constraints.txt \
	  --no-emit-package torch $$(sed -nE \
	  "s/^([a-z0-9-]+)==.* sys_platform == 'linux'.*/--no-emit-package \1/p" pins/constraints.txt)"; \
	$$hashed requirements.txt --output-file pins/run.txt && \
	$$hashed requirements-scale.txt --output-file pins/scale.txt && \
	$$hashed requirements-dev.txt --output-file pins/dev.txt
	$(COMPILE) $(RENEW) --generate-hashes requirements-tools.txt --output-file pins/tools.txt

# Strict, as a package whose advisories could not be had is not one without any.
audit: .venv/tools/made ## Ask for known holes of all that is pinned; needs the network.
	@failed=0; for name in constraints tools; do \
	  $(TOOLS)/bin/pip-audit --strict --disable-pip --no-deps -r pins/$$name.txt || failed=1; \
	done; exit $$failed

clean: ## Remove the environment and the index.
	rm -rf .venv data/index

# torch comes first and alone, so that no other package chooses a build of it. What else pip
# fetches must have a hash that pins/ names. torch has none there, as its builds differ by
# machine; at the end it gets what its own build needs besides, which may be nothing.
.venv/run: requirements.txt pins/run.txt pins/constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Vitrine needs Python 3.11 or newer. Try: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	@echo "Installing the packages (a few minutes, once) …"
	$(BIN)/python $(PIP) --no-deps $(TORCH)
	$(BIN)/python $(PIP) --require-hashes -r pins/run.txt
	$(BIN)/python $(PIP) --constraint pins/constraints.txt $(TORCH)
	@touch $@

.venv/scale: .venv/run requirements-scale.txt pins/scale.txt
	$(BIN)/python $(PIP) --require-hashes -r pins/scale.txt
	@touch $@

.venv/dev: .venv/run requirements-dev.txt requirements-scale.txt pins/dev.txt
	$(BIN)/python $(PIP) --require-hashes -r pins/dev.txt
	@touch $@

# Apart, so that what pins and audits the packages is none of them.
.venv/tools/made: pins/tools.txt
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python $(PIP) --require-hashes -r pins/tools.txt
	@touch $@

# The browser tests drive a Chromium of the system. It is installed where that is
# allowed and simple; elsewhere those tests say that they were skipped.
browser:
	@for name in chromium chromium-browser google-chrome; do \
	  command -v $$name >/dev/null && exit 0; \
	done; \
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	  echo "Installing Chromium for the browser tests …"; \
	  apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null && exit 0; \
	fi; \
	echo "No Chromium here: the browser tests will be skipped."
