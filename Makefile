# One short word for each thing a contributor does. A fresh machine needs python3 (3.11 or newer), venv and make.
PYTHON ?= python3
WORKERS ?= auto

BIN := .venv/bin
READY := .venv/.ready
TYPED := .ci/typing/chatlift

.PHONY: demo test check docs format scenarios coverage-page reference-pages clients proof million bench coverage clean

demo: $(READY)  ## serve a day of support chats, export it, migrate it, restore it
	$(BIN)/chatlift demo

test: $(READY)  ## all tests; proofs at about a fiftieth of their size; one that hangs is told after 400 seconds
	$(BIN)/python -m pytest -q --timeout=400 -n $(WORKERS) --maxprocesses 4

check: $(READY) $(TYPED)  ## ruff, mypy, import-linter, the container and pipeline files, the package list and the docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(wildcard $(TYPED)/*.py) $(addprefix $(TYPED)/,emulator fixtures migrate schemas) tests $(wildcard bench)
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec compose.yaml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows docs/snippets/github-actions.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.gitlab-ci docs/snippets/gitlab-ci.yml
	$(BIN)/python -m pytest -q -p no:cacheprovider tests/test_packages.py tests/test_docs.py

docs: .venv/.documenting  ## the site, in .cache/site; fails on a link that leads nowhere
	$(BIN)/zensical build --clean --strict
	$(BIN)/python .ci/check-site .cache/site

format: $(READY)  ## put imports and lines in order
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

scenarios: $(READY)  ## write the shipped scenarios anew
	$(BIN)/python .ci/make-scenarios

coverage-page: $(READY)  ## docs/coverage.md, from the tables and sources of the emulator
	$(BIN)/python .ci/coverage-page

reference-pages: $(READY)  ## docs/reference/api.md and the OpenAPI documents, from the descriptions beside the calls
	$(BIN)/python .ci/reference-pages

clients: $(READY)  ## public clients, each alone, over real sockets; QUICK=1, ONLY="jsforce …", ARGS="-k login"
	$(BIN)/python .ci/clients $(if $(QUICK),--quick) $(ONLY) --args="$(ARGS)"

proof: $(READY)  ## the proofs at full size (see docs/proof.md)
	CHATLIFT_PROOF=1 $(BIN)/python -m pytest -q -m proof --durations=10

million: $(READY)  ## a million chats from folder to folder: rate, memory of all processes, verification (10 GB of disk for each 250,000)
	$(BIN)/python -m bench.million

bench: $(READY)  ## speed, as ratios measured in one run
	$(BIN)/python -m bench

coverage: $(READY)  ## which lines the tests run
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q
	$(BIN)/coverage combine -q
	$(BIN)/coverage report --skip-covered --sort=cover

clean:  ## everything that make has made
	rm -rf .venv .cache .ci/typing chatlift.egg-info build dist

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ChatLift needs Python 3.11 or newer; say make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv .venv
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,dev,postgres]'
	touch $@

.venv/.documenting: $(READY)
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	touch $@

$(TYPED):
	mkdir -p $(@D)
	ln -sfn ../.. $@
