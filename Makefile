# Every target sets up what it needs: Python 3.11+, make and a package index are enough.
PYTHON ?= python3
HOME_DIR ?= .kehu
BIN := .venv/bin
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false

.DEFAULT_GOAL := help
.PHONY: help setup demo board dagster test check lint types sql generated lock bench browser clean

help: ## Show this help
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: .venv/.ready ## Install the locked environment into .venv

.venv/.ready: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip sync --quiet --require-hashes requirements.lock
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --no-deps --editable .
	touch .venv/.ready

demo: setup ## A whole bank in one command: generate, 13 weekly nights, publish
	$(BIN)/kehu demo --home $(HOME_DIR)

board: setup ## The managers' board on http://127.0.0.1:8501
	$(BIN)/kehu board --home $(HOME_DIR)

dagster: setup ## Dagster with schedules and sensors on http://127.0.0.1:3000
	$(BIN)/kehu dagster --home $(HOME_DIR)

test: setup browser ## All checks and tests
	$(MAKE) --no-print-directory -j 2 check
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=15

check: lint types sql generated ## Linters, types, import rules, dbt, Dagster, generated files

lint: setup
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: setup
	$(BIN)/mypy

sql: setup
	$(BIN)/python -m orchestration.dbt_manifest
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests
	$(BIN)/dagster definitions validate -m orchestration.definitions

generated: setup lock
	$(BIN)/python -m orchestration.generated --check

lock: setup ## Does the lock match pyproject.toml?
	@cp requirements.lock .venv/requirements.lock
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip compile --quiet pyproject.toml --group dev --universal --generate-hashes \
		--no-header --output-file .venv/requirements.lock >/dev/null
	@cmp requirements.lock .venv/requirements.lock || (echo "requirements.lock is stale: see CONTRIBUTING.md" && false)

bench: setup ## Speed against peers, printed as ratios (minutes)
	$(BIN)/python bench/nightly.py

browser: ## Debian's Chromium and Chinese fonts for the browser tests (skipped where apt is absent)
	@command -v chromium >/dev/null || ! command -v apt-get >/dev/null || test "$$(id -u)" != 0 || \
		(apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk) >/dev/null

clean: ## Remove the environment and caches (homes stay)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache dbt_project/target
