# Needs nothing but Python 3.11+, make and git. Targets build what they need: .venv for development and the demo,
# .venv-run, half as large, for the bot alone.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
# Which tests `test-all` runs; for .ci/run, which has run the quick ones before: make test-all MARKED="-m slow".
MARKED ?=
# Most tests wait for sockets and clocks, so a few at a time use two cores well. Each worker reads all tests first.
WORKERS ?= 3
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11) and "Stillmotion needs Python 3.11 or newer; set PYTHON=…")
INSTALL := -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes

.PHONY: demo test test-all run lint bench docs dist lock
.DEFAULT_GOAL := demo

.venv: requirements/dev.lock
	@$(PYTHON) -c '$(NEW_ENOUGH)'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python $(INSTALL) -r requirements/dev.lock
	@touch .venv

# Not cleared when the lock changes: what the operator installed into it besides, as the image check, stays.
.venv-run: requirements/runtime.lock
	@$(PYTHON) -c '$(NEW_ENOUGH)'
	$(PYTHON) -m venv .venv-run
	.venv-run/bin/python $(INSTALL) -r requirements/runtime.lock
	@touch .venv-run

demo: .venv
	@$(BIN)/python -m bot demo $(ARGS)

run: .venv-run
	@.venv-run/bin/python -m bot run $(ARGS)

# Each worker reads every test: what was compiled of them is kept, even where the environment says otherwise.
test: .venv
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not slow" $(ARGS)

test-all: .venv
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(MARKED) $(ARGS)

lint: .venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/pyright

bench: .venv
	$(BIN)/python -m tests.bench $(ARGS)

# The documents have an environment of their own: what builds them is nothing that the bot needs.
.venv-docs: requirements/docs.lock
	@$(PYTHON) -c '$(NEW_ENOUGH)'
	$(PYTHON) -m venv --clear .venv-docs
	.venv-docs/bin/python $(INSTALL) -r requirements/docs.lock
	@touch .venv-docs

docs: .venv-docs
	.venv-docs/bin/zensical build --strict --clean
	@.venv-docs/bin/python -m tests.docs.site site

# The wheel and the source archive, as a release has them.
dist: .venv
	@rm -rf dist
	$(BIN)/python -m hatchling build

# Only for maintainers, who have uv: pins every dependency anew, with hashes and without index addresses.
# make lock UPGRADE= pins only what is new.
UPGRADE ?= --upgrade
LOCK := uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --generate-hashes --no-header \
	--no-annotate $(UPGRADE)
OF_EXTRAS := demo marks nsfw nudenet postgres s3 speed
lock:
	$(LOCK) pyproject.toml --output-file requirements/runtime.lock
	$(LOCK) pyproject.toml --constraints requirements/runtime.lock --group dev --extra demo --extra marks --extra postgres --extra s3 \
		--output-file requirements/dev.lock
	set -e; for extra in $(OF_EXTRAS); do \
		$(LOCK) pyproject.toml --constraints requirements/runtime.lock --extra $$extra \
			--output-file requirements/$$extra.lock; \
	done
	$(LOCK) --group docs --output-file requirements/docs.lock
	set -e; for group in build release; do \
		$(LOCK) --constraints requirements/dev.lock --group $$group --output-file requirements/$$group.lock; \
	done
