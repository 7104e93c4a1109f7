# Everything a developer types. Needs Git, ssh-keygen and Python 3.11 or later; the rest is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.crmctl-installed

.PHONY: demo test test-all check style mutate bench bench-large locale clean

demo: $(STAMP)  ## a company with people, customers and history in .demo
	rm -rf .demo
	$(BIN)/crmctl demo .demo

test: style  ## what must pass before a change lands
	$(BIN)/pytest -n 2 -m "not slow"

test-all: style  ## the slow ones too, with coverage
	$(BIN)/pytest -n 2 --cov --cov-report=term

style: $(STAMP)  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check: style  ## the same with the direction of imports and the catalogue: in a minute, before a commit
	$(BIN)/pytest -q tests/test_architecture.py tests/test_locale.py

mutate: $(STAMP)  ## change the rules word by word and see whether a test notices; about a quarter of an hour
	$(BIN)/mutmut run --max-children 2
	$(BIN)/mutmut results

bench: $(STAMP)  ## measure the budgets of the design on this machine; about ten minutes, less the second time
	$(BIN)/python tools/bench.py

bench-large: $(STAMP)  ## the same with 100,000 records, and grading over 100,000 customers with 1,000,000 sales; an hour
	$(BIN)/python tools/bench.py --size 1000 --size 100000 --sales 100000

locale: $(STAMP)  ## what is not yet Chinese, or no longer used
	$(BIN)/python tools/translate.py compile
	$(BIN)/python tools/translate.py missing
	$(BIN)/python tools/translate.py stale

clean:
	rm -rf .demo .bench .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build mutants .coverage coverage.xml
	find crmctl tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	touch $@
