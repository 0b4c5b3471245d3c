# Two commands matter: `make demo` and `make test`. Everything they need they set up themselves, inside this folder.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .stamps
NODE := PYTHON="$(PYTHON)" tools/node.sh
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
WEB_SOURCES := $(shell find widget admin-spa locales tools server/contracts -type f \( -name '*.ts' -o -name '*.tsx' -o -name '*.css' -o -name '*.html' -o -name '*.mjs' -o -name '*.po' -o -name '*.json' \) 2>/dev/null) package.json
TESTS ?=
# How many run side by side (tests/conftest.py); 0: one after the other. Calls run on clocks many times as fast as ours, so
# more than cores would be too many.
WORKERS ?= 2

.PHONY: setup demo test check bench pictures format clean

setup: $(STAMPS)/runtime $(STAMPS)/web ## everything the product needs; leaves .venv/bin/ringback

demo: setup ## the whole product on this machine; ARGS go to `ringback demo`
	@exec $(BIN)/ringback demo $(ARGS)

test: $(STAMPS)/dev $(STAMPS)/web ## unit, contracts, integration on a real MongoDB, end to end in a real Chromium
	@chromium=$$(tools/chromium.sh) && \
	$(NODE) npx --no-install vitest run && \
	RINGBACK_CHROMIUM="$$chromium" $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(TESTS)

check: $(STAMPS)/dev $(STAMPS)/web ## format, lint, types on both sides, import rules, contracts, catalogs, budgets
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m server.contracts.generate --check
	$(BIN)/python -m locales.build check
	$(NODE) npx --no-install biome ci .
	$(NODE) npx --no-install tsc --noEmit -p widget
	$(NODE) npx --no-install tsc --noEmit -p admin-spa
	$(NODE) node tools/budgets.mjs

bench: $(STAMPS)/dev $(STAMPS)/web ## figures as JSON lines: make bench ARGS="chat"
	@$(NODE) $(BIN)/python -m bench $(ARGS)

pictures: $(STAMPS)/dev $(STAMPS)/web ## the README's pictures, made anew by the tests that take them
	@chromium=$$(tools/chromium.sh) && RINGBACK_CHROMIUM="$$chromium" $(BIN)/python -m pytest tests/e2e/test_pictures.py
	mkdir -p docs/pictures && cp test-results/pictures/*.png docs/pictures/

format: $(STAMPS)/dev $(STAMPS)/node
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format --quiet .
	$(NODE) npx --no-install biome check --write .

clean:
	rm -rf $(VENV) .node node_modules $(STAMPS) server/static

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Ringback needs Python 3.11 or newer; set PYTHON to one." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(STAMPS)/runtime: requirements/runtime.txt pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes -r requirements/runtime.txt
	$(PIP) install --no-deps --no-build-isolation --no-index -e .
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: requirements/dev.txt $(STAMPS)/runtime
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

$(STAMPS)/node: package.json package-lock.json
	$(NODE) npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/web: $(STAMPS)/node $(WEB_SOURCES)
	$(NODE) node tools/build-web.mjs
	@touch $@
