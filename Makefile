# Two commands: `make demo` and `make test`. Needs Python 3.11 or later, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_HOME := .atlas
# Half of a test is waiting for another process, so there is work for more of them than cores.
WORKERS ?= 3
# Signals at a chosen moment: on a busy machine the moment would be another.
ALONE := tests/survey/catalogue tests/survey/crawling

.PHONY: help install demo test clean

help:
	@echo "make demo   install into $(VENV) (a few minutes, about 6 GB with torch), then measure the"
	@echo "            three bundled models on photo2toon and print the leaderboard (under a minute)"
	@echo "make test   install, then ruff, mypy, import-linter and pytest (under ten minutes)"
	@echo "make clean  remove $(VENV) and the demo's results"

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	@echo "== installing into $(VENV): the first time takes a few minutes and about 6 GB"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: Python 3.11 or later is needed"; echo "hint: make PYTHON=python3.12 demo"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: install
	@echo "== measuring three models and the untranslated photographs on photo2toon: under a minute"
	$(BIN)/bench run --models identity,cyclegan,ganilla,pix2pix --dataset photo2toon \
	  --metrics fid-texture,kid-texture,psnr,ssim --home $(DEMO_HOME)
	$(BIN)/bench leaderboard --dataset photo2toon --home $(DEMO_HOME)
	@echo "== open the dashboard: $(BIN)/dashboard --home $(DEMO_HOME)"

test: install
	@echo "== ruff, mypy, import-linter, pytest: under ten minutes"
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -q $(ALONE)
	OMP_NUM_THREADS=1 $(BIN)/pytest -q -n $(WORKERS) --dist worksteal $(ALONE:%=--ignore=%)

clean:
	rm -rf $(VENV) $(DEMO_HOME)
