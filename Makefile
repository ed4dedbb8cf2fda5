# Everything a person needs: `make` tells what there is. Python >= 3.11 and make are all that must be there before.
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .tools/uv/bin/uv
READY := .venv/.ready
RUN := .venv/bin/python
WORKERS ?= 2

# Nothing is released yet, so no table is large: time-outs and concurrent indexes come with the first migration
# that meets one. Small numbers that count migrations, lines and labels may be integers.
SQUAWK_OFF := require-lock-timeout,require-statement-timeout,require-concurrent-index-creation,prefer-bigint-over-int

export UV_PYTHON_DOWNLOADS := never
export PYTHONUTF8 := 1

.DEFAULT_GOAL := help
.PHONY: help setup run test lint format demo bench-quick bench bench-data soak check-python
.DELETE_ON_ERROR:

help: ## this list
	@echo "Points Ledger / 积分账本"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

setup: $(READY) ## make .venv (the other targets do it by themselves)

run: $(READY) ## start the service with its own PostgreSQL on http://127.0.0.1:8000 (Ctrl-C ends it)
	@exec $(RUN) -m ledger.main serve

test: lint ## lint and all tests: the whole of CI
	$(RUN) -m pytest -n $(WORKERS) --dist loadfile

lint: $(READY) ## format, lint, types, house rules, schema drift
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	$(RUN) -m mypy
	$(RUN) -m sqlfluff lint --disable-progress-bar ledger/db
	.venv/bin/squawk --assume-in-transaction --pg-version 15.0 --exclude=$(SQUAWK_OFF) ledger/db/migrations/*.sql
	$(RUN) -m pytest --durations=0 --durations-min=5 tests/test_house.py tests/test_schemas.py

format: $(READY) ## let ruff put the looks right
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .
	$(RUN) -m sqlfluff format --disable-progress-bar ledger/db

demo: $(READY) ## one month at the Fuxi community, with its proofs
	@exec $(RUN) -m bench.demo

bench-quick: $(READY) ## three figures over HTTP beside their reference, in some three minutes
	@exec $(RUN) -m bench.full --quick

bench: $(READY) ## all figures, in less than fifteen minutes; ends with 1 if one misses its must
	@exec $(RUN) -m bench.full

bench-data: $(READY) ## the large data sets of `make bench`, made once for each schema and kept
	@exec nice $(RUN) -m bench.data_sets

soak: $(READY) ## the long test programmes of quality, one to two hours; Q=Q5 for one of them, MINUTES=10 for a part
	@exec $(RUN) -m tests.soak $(Q) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(FRESH),--fresh)

$(READY): uv.lock pyproject.toml | $(UV)
	$(UV) sync --frozen --python "$(PYTHON)"
	@touch $@

$(UV): | check-python
	@rm -rf .tools/uv
	@if $(PYTHON) -m venv .tools/uv >.tools-log 2>&1; then \
		.tools/uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); \
	elif $(PYTHON) -m pip --version >/dev/null 2>&1; then \
		rm -rf .tools/uv; $(PYTHON) -m pip install --quiet --disable-pip-version-check --target .tools/uv uv==$(UV_VERSION); \
	else \
		cat .tools-log; \
		echo "Python has neither venv nor pip. On Debian and Ubuntu: apt install python3-venv"; \
		echo "Python 缺少 venv 和 pip。Debian/Ubuntu 请执行：apt install python3-venv"; \
		rm -rf .tools/uv .tools-log; exit 1; \
	fi
	@rm -f .tools-log

check-python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python >= 3.11 is needed; '$(PYTHON)' is not. Try: make PYTHON=python3.12"; \
		echo "需要 Python 3.11 或更高版本，而 $(PYTHON) 不是。可执行：make PYTHON=python3.12"; exit 1; }
