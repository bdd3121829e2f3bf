# make demo   sets everything up and shows the main job on the sample documents
# make test   sets up what is missing and passes the tests
# make check  ruff, mypy, import-linter, pytest: what CI runs

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LIBRARY := demo-library

.PHONY: demo test check setup samples benchmark lock clean

demo: setup
	@$(BIN)/python pipelines/demo.py --library $(LIBRARY)

test: check

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

setup: $(STAMP)
	@scripts/system_packages.sh

# The lock has hashes, so the project itself is installed apart from it and without dependencies.
$(STAMP): requirements.lock pyproject.toml scripts/python.sh
	@test -x $(BIN)/python || $$(scripts/python.sh) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

samples: setup
	$(BIN)/python data/build_samples.py

benchmark: setup
	$(BIN)/python benchmarks/ingest.py

clean:
	rm -rf $(VENV) $(LIBRARY) build dist
