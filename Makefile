# Everything a developer runs, from a clone with nothing but git, make and Python 3.11, 3.12 or 3.13.
# The first of these that runs is taken; choose another with `make PYTHON=/path/to/python3 ...`.
CANDIDATES := $(or $(PYTHON),python3 python3.13 python3.12 python3.11)
USABLE := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
python = $(or $(shell for python in $(CANDIDATES); do \
	$$python -c '$(USABLE)' 2>/dev/null && echo $$python && break; done),$(error \
	No usable Python: none of "$(CANDIDATES)" is Python 3.11, 3.12 or 3.13 with venv; \
	install one or name it with PYTHON=/path/to/python3))

PARTS := tools ruff mypy ansible-lint docs changelog unit libraries collection sanity cloud selftest conformance molecule kills

.PHONY: help demo test lint notes requirements accounts $(PARTS) versions releases hypervisors soak bench cloud-up cloud-down clean

help:
	@echo 'make demo        watch an upgrade roll through a real cloud on this machine'
	@echo 'make test        check everything, as the continuous integration does'
	@echo 'make lint        check the rules: ruff, mypy, ansible-lint, docs, changelog'
	@echo 'make sanity      run ansible-test sanity'
	@echo 'make unit        run the unit tests'
	@echo 'make molecule    run the scenarios on a cloud of their own (one: make molecule ONLY=name)'
	@echo 'make libraries   run the tests of the libraries with the oldest of each that is promised to do'
	@echo 'make versions    run the unit and sanity tests with every supported ansible-core (about 20 minutes)'
	@echo 'make releases    run conformance and the demo on older releases of OpenStack (one: make releases ONLY=2025.1)'
	@echo 'make hypervisors  move real guests between real hypervisors, rebooted one by one (Debian, root, 15 minutes)'
	@echo 'make soak        kill maintenance and rolls at many moments, a hundred storms, many random pools (two hours)'
	@echo 'make bench       measure the collection beside its peers (about 25 minutes, and the row of 1,000 hosts)'
	@echo 'make docs        check the documentation and build it as a site in build/docs/html'
	@echo 'make collection  build the collection, install it into an empty place and try it there'
	@echo 'make accounts    write the policy files for accounts with few rights'
	@echo 'make notes       write CHANGELOG.md for the release that galaxy.yml names'
	@echo 'make requirements  pin what *.in in requirements ask for, with hashes (newest: make requirements UPGRADE=1)'
	@echo 'make cloud-up    start the embedded cloud and print how to reach it'
	@echo 'make cloud-down  stop it'
	@echo 'make clean       remove all that these made'

demo:
	@$(python) -m tests.tools.install
	@$(python) tests/cloud install
	@PATH="$(CURDIR)/build/venv/bin:$$PATH" ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/build/collections" tests/demo/run

test:
	@$(python) -m tests.tools.check

lint:
	@$(python) -m tests.tools.check ruff mypy ansible-lint docs changelog

# Of the release that galaxy.yml names, from all fragments, as often as you like before its tag.
notes:
	@PATH="$(CURDIR)/build/venv/bin:$$PATH" antsibull-changelog release --update-existing --refresh

requirements:
	@$(python) -m tests.tools.requirements $(if $(UPGRADE),--upgrade)

# Policy files and access rules for accounts with few rights, and their tables in the guide, from tests/accounts/table.py.
accounts:
	@$(python) -m tests.accounts

$(PARTS) versions releases hypervisors soak bench:
	@$(python) -m tests.tools.check $@

cloud-up:
	@$(python) -m tests.tools.install
	@$(python) tests/cloud up --hosts 4
	@echo 'export PATH="$(CURDIR)/build/venv/bin:$$PATH" ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/build/collections"'
	@echo 'export ANSIBLE_CONNECTION_PLUGINS="$(CURDIR)/tests/cloud/connection_plugins"'
	@echo 'export ANSIBLE_INVENTORY="$(CURDIR)/build/cloud/state/inventory.yml"'

cloud-down:
	@$(python) tests/cloud down

clean: cloud-down
	rm -rf build .ansible
