# make demo   sets everything up and shows the main job on the sample documents
# make test   sets up what is missing and passes the tests
# make check  ruff, mypy, import-linter, pytest: what CI runs
# make crash  kills an ingest fifty times and compares what is left; half an hour
# make serving  measures a server on 100,000 chunks under load; half an hour
# make eval   measures retrieval and answers on the shipped questions against eval/baselines/

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LIBRARY := demo-library
EVAL_LIBRARY := eval-library

.PHONY: demo test check types tests crash setup samples eval benchmark streaming serving clean

demo: setup
	@$(BIN)/python pipelines/demo.py --library $(LIBRARY)

test: check

check: setup
	@scripts/system_packages.sh tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	@$(MAKE) --no-print-directory --jobs 2 types tests

types:
	$(BIN)/mypy

tests:
	$(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

crash: setup
	PAGESIGHT_KILLS=50 $(BIN)/pytest -s tests/test_crash.py

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

eval: setup
	@$(BIN)/pagesight ingest data/samples --library $(EVAL_LIBRARY)
	@$(BIN)/pagesight eval gate eval/golden.jsonl --answers --library $(EVAL_LIBRARY) \
		--baseline eval/baselines/golden.json

benchmark: setup
	$(BIN)/python benchmarks/ingest.py

streaming: setup
	$(BIN)/python benchmarks/streaming.py

serving: setup
	$(BIN)/python benchmarks/serving.py build/serving --ingest data/samples

clean:
	rm -rf $(VENV) $(LIBRARY) $(EVAL_LIBRARY) eval-runs build dist
