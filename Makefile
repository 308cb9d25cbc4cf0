# `make demo` shows what it does, `make test` checks that it does it. Both set themselves up.
PYTHON ?= python3
VENV   := .venv
PEERS  := .venv-peers
BIN    := $(VENV)/bin
PIP_INSTALL := -m pip install --disable-pip-version-check --retries 5 --timeout 60

.DEFAULT_GOAL := help
.PHONY: help venv front demo lab test soak bench clean

FRONT := labextension
FRONT_SOURCES := $(wildcard $(FRONT)/package*.json $(FRONT)/tsconfig.json $(FRONT)/style/*.css) \
	$(shell find $(FRONT)/src -name '*.ts' 2>/dev/null)

help:
	@echo "make demo    set up, then run the quickstart through papermill"
	@echo "make lab     set up, then open the quickstart in JupyterLab"
	@echo "make test    set up, then lint, types, floor plan and all tests"
	@echo "make front   build the lab extension (needs npm), for this environment's JupyterLab"
	@echo "make soak    the long counts (kills, faults), with their table"
	@echo "make bench   overhead per step beside the peers, in an environment of their own"
	@echo "make clean   remove what all of these left, the environments too"

venv: $(VENV)/.stamp

# The stamp is the last thing written, so a set-up that broke off is taken up again.
$(VENV)/.stamp: pyproject.toml constraints.txt
	$(call make_venv,$(VENV))
	$(BIN)/python $(PIP_INSTALL) -q -c constraints.txt -e '.[dev,demo]'
	@touch $@

# Two steps: what `pip` may resolve freely, then what would drag a CUDA-built torchvision in.
$(PEERS)/.stamp: benchmarks/peers-requirements.txt benchmarks/peers-no-deps.txt pyproject.toml constraints.txt
	$(call make_venv,$(PEERS))
	$(PEERS)/bin/python $(PIP_INSTALL) -q -c constraints.txt -r benchmarks/peers-requirements.txt -e '.[train]'
	$(PEERS)/bin/python $(PIP_INSTALL) -q --no-deps -r benchmarks/peers-no-deps.txt
	@touch $@

define make_venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; $(PYTHON) is not. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(1)/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(1) || \
		{ rm -rf $(1); echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
endef

demo: venv
	@mkdir -p demo
	$(BIN)/python -m papermill -k python3 notebooks/quickstart.ipynb demo/quickstart.ipynb
	$(BIN)/python -m nbconvert --log-level WARN --to html demo/quickstart.ipynb
	@echo
	@echo "Look at demo/quickstart.html (or demo/quickstart.ipynb): the picture and the table are saved in it."
	@echo "The record of the run: $(BIN)/ds runs    The same, live, in JupyterLab: make lab"

# What JupyterLab loads. A wheel brings it built; a checkout builds it where npm is, and does without it elsewhere.
front: venv
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(FRONT)/dist/sources.sha256; \
	else echo "npm is not here: JupyterLab will show saved pictures, not live views. Install Node.js 20 for those."; fi
	mkdir -p $(VENV)/share/jupyter/labextensions $(VENV)/etc/jupyter/jupyter_server_config.d
	ln -sfn $(CURDIR)/$(FRONT)/dist $(VENV)/share/jupyter/labextensions/ds-notebook
	cp $(FRONT)/server-config/ds-notebook.json $(VENV)/etc/jupyter/jupyter_server_config.d/

$(FRONT)/dist/sources.sha256: $(FRONT_SOURCES)
	cd $(FRONT) && npm ci --no-audit --no-fund --fetch-retries 5 && PATH="$(CURDIR)/$(BIN):$$PATH" npm run build

lab: front
	$(BIN)/jupyter lab notebooks/quickstart.ipynb

test: front
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

soak: front
	$(BIN)/pytest -m soak -s

bench: $(PEERS)/.stamp
	$(PEERS)/bin/python benchmarks/overhead.py

clean:
	rm -rf $(VENV) $(PEERS) $(FRONT)/dist $(FRONT)/lib $(FRONT)/node_modules tests/browser/screenshots dist build demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
