# Needs nothing but Python 3.11+ and make: every target builds .venv first.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
# Which tests `test-all` runs; for .ci/run, which has run the quick ones before: make test-all MARKED="-m slow".
MARKED ?=
# Most tests wait for sockets and clocks, so a few at a time use two cores well.
WORKERS ?= 6

.PHONY: demo test test-all run lint bench docs lock
.DEFAULT_GOAL := demo

.venv: requirements/dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Stillmotion needs Python 3.11 or newer; set PYTHON=…")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements/dev.lock
	@touch .venv

demo: .venv
	@$(BIN)/python -m bot demo $(ARGS)

run: .venv
	@$(BIN)/python -m bot run $(ARGS)

test: .venv
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not slow" $(ARGS)

test-all: .venv
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(MARKED) $(ARGS)

lint: .venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/pyright

bench: .venv
	$(BIN)/python -m tests.bench $(ARGS)

# The documents have an environment of their own: what builds them is nothing that the bot needs.
.venv-docs: requirements/docs.lock
	$(PYTHON) -m venv --clear .venv-docs
	.venv-docs/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements/docs.lock
	@touch .venv-docs

docs: .venv-docs
	.venv-docs/bin/zensical build --strict --clean

# Only for maintainers, who have uv: pins every dependency anew, with hashes and without index addresses.
LOCK := uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --no-emit-index-url \
	--generate-hashes --no-header --no-annotate --upgrade
lock:
	$(LOCK) --output-file requirements/runtime.lock
	$(LOCK) --group dev --extra marks --output-file requirements/dev.lock
	$(LOCK) --extra marks --constraints requirements/runtime.lock --output-file requirements/marks.lock
	$(LOCK) --extra nsfw --constraints requirements/runtime.lock --output-file requirements/nsfw.lock
	$(LOCK) --extra nudenet --constraints requirements/runtime.lock --output-file requirements/nudenet.lock
	$(subst pyproject.toml,--group docs,$(LOCK)) --output-file requirements/docs.lock
