# `make demo` shows Relais at work, `make test` runs every test. PYTHON= and PORT= may be given.

SHELL := /bin/sh
PORT ?= 8000
PREFIX ?= /opt/relais
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help install install-production demo login test test-typescript lint bench chaos clean force

help:
	@echo 'make demo             run Relais with a demo tenant on http://127.0.0.1:$(PORT) (PORT= chooses)'
	@echo 'make login            print the login of the demo again'
	@echo 'make install          make .venv with all that running and testing need (PYTHON= chooses)'
	@echo 'make install-production'
	@echo '                      install Relais without its tests in /opt/relais (PREFIX= chooses)'
	@echo 'make test             run every test, on SQLite and on PostgreSQL'
	@echo 'make test-typescript  run the official TypeScript SDK against Relais (with Node)'
	@echo 'make lint             ruff, mypy, missing migrations, deployment checks'
	@echo 'make bench            measure, and print the figures'
	@echo 'make chaos            kill and disturb an installation, and look what is lost (KILLS=500)'
	@echo 'make clean            remove .venv and caches; the data in var/ stays'

version = $(shell '$(1)' -c 'import sys; print(*sys.version_info[:2])' 2>/dev/null)
ifneq ($(PYTHON),)
ifneq ($(call version,$(PYTHON)),$(call version,$(BIN)/python))
# Another Python than .venv was made with: all of it is made anew.
$(shell rm -f $(BIN)/.runtime $(BIN)/.tests)
$(BIN)/python: force
endif
endif

# The system's own first: it is mended with the system, and built for speed, as one that a version
# manager has compiled here seldom is. Commands that only look like a Python (a shim, a stub), or
# cannot make a virtual environment, are passed over: each is asked to run.
define find_python
	fits='import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; \
	for python in $(or $(PYTHON),/usr/bin/python3 python3.13 python3.12 python3.11 python3); do \
	  if "$$python" -c "$$fits" >/dev/null 2>&1; then found="$$python"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo 'Relais needs Python 3.11, 3.12 or 3.13 with venv (on Debian the package python3-venv),' \
	    'and found none. Name one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)' >&2; exit 1; \
	fi
endef

$(BIN)/python:
	@$(find_python); \
	echo "Making .venv with $$("$$found" --version)"; \
	"$$found" -m venv --clear .venv || { rm -rf .venv; exit 1; }

$(BIN)/.runtime: requirements.txt $(BIN)/python
	@echo 'Installing what Relais runs on'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(BIN)/.tests: requirements.txt requirements-test.txt $(BIN)/python
	@echo 'Installing what Relais runs on and is tested with'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-test.txt
	@touch $(BIN)/.runtime $@

install: $(BIN)/.tests

# A package with what it runs on, apart from this checkout; an upgrade is the same once more.
install-production:
	@if [ ! -x '$(PREFIX)/bin/python' ]; then \
	  if [ -e '$(PREFIX)' ] && [ -n "$$(ls -A '$(PREFIX)')" ]; then \
	    echo '$(PREFIX) holds something else. Name another folder: PREFIX=/opt/relais' >&2; exit 1; \
	  fi; \
	  $(find_python); \
	  "$$found" -m venv '$(PREFIX)' || exit 1; \
	fi
	@rm -rf build
	@'$(PREFIX)/bin/python' -m pip install --quiet --disable-pip-version-check --upgrade .
	@rm -rf build relais.egg-info
	@'$(PREFIX)/bin/relais' --version

demo: $(BIN)/.runtime
	@exec $(BIN)/python manage.py demo --port '$(PORT)'

login: $(BIN)/.runtime
	@exec $(BIN)/python manage.py demo_login

test: $(BIN)/.tests
	@exec $(BIN)/python -m tests.support.run $(ARGS)

test-typescript: $(BIN)/.tests
	@exec $(BIN)/python -m tests.typescript $(ARGS)

lint: $(BIN)/.tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python manage.py makemigrations --check --dry-run
	PUBLIC_URL=https://relais.example ALLOWED_HOSTS=relais.example DEBUG=off \
	  SECRET_KEY="$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(60))')" \
	  $(BIN)/python manage.py check --deploy --fail-level WARNING

bench: $(BIN)/.tests
	@exec $(BIN)/python -m tests.bench $(ARGS)

# So many kills in all; SETUP is sqlite, servers (PostgreSQL and Redis) or both.
KILLS ?= 500
SETUP ?= both
SEED ?= 1
chaos: $(BIN)/.tests
	@exec $(BIN)/python -m tests.chaos --kills '$(KILLS)' --setup '$(SETUP)' --seed '$(SEED)' $(ARGS)

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis tests/typescript/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo 'The data in var/ is still there.'
