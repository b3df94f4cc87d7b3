# Every target makes the environment it needs; nothing has to be done first.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: help demo test lint docs bench quality clean

help:
	@echo "make demo     compare the four architectures on a real series (under three minutes)"
	@echo "make test     run the tests"
	@echo "make lint     check style, types and the direction of imports"
	@echo "make docs     build the documentation: docs/_build/html/index.html (some minutes)"
	@echo "make bench    compare the speed with scikeras and skorch (half an hour)"
	@echo "make quality  score the networks with their defaults on real data (hours)"
	@echo "make clean    remove the environment and everything generated"

# One environment; a stamp for each extra that has been installed into it.
$(VENV)/.has-%: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable ".[$*]"
	@touch $@

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

demo: $(VENV)/.has-plot
	$(BIN)/python examples/plot_compare_architectures.py

# Each process runs neighbouring tests, which share compiled networks, and takes over from the other
# when it is done.
test: $(VENV)/.has-test
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal

lint: $(VENV)/.has-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Every warning is an error. Examples that have not changed since the last build are not run again.
docs: $(VENV)/.has-docs
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

# For example: make bench ARGS=--scaling
bench: $(VENV)/.has-bench
	$(BIN)/python tests/benchmarks $(ARGS)

# For example: make quality ARGS="--sets coffee gunpoint --seeds 1"
quality: $(VENV)/.has-quality
	$(BIN)/python tests/benchmarks/quality $(ARGS)

clean:
	rm -rf $(VENV) build dist examples/output docs/_build docs/api docs/auto_examples .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
