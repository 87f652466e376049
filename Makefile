# `make help` lists what there is. Every target makes the environment it needs in .venv and reuses it.
.DEFAULT_GOAL := help
.PHONY: help setup demo demo-azure test lint format bench bench-bench bench-automl bench-serving docs vendor-ui clean

EXTRAS ?= local,emulator,dev
AZURE := local,emulator,azure
JOBS ?= 2
# The first Python that runs; scripts/environment.py then chooses the best one for .venv.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
BIN := .venv/bin

define environment
	@test -n "$(PYTHON)" || { echo "mlops needs Python 3.11, 3.12 or 3.13, and found none"; exit 1; }
	@$(PYTHON) scripts/environment.py $(1)
endef

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

setup: ## make .venv (EXTRAS=local,dev,azure for more)
	$(call environment,$(EXTRAS))

demo: ## the whole story on sample data: data, AutoML, endpoint, score, pipeline
	$(call environment,local)
	@$(BIN)/mlops demo

demo-azure: ## the same story through the Azure ML SDK, on the emulator (Python 3.11)
	$(call environment,$(AZURE))
	@$(BIN)/mlops emulator run -- $(BIN)/mlops --profile azure demo --no-keep

test: lint ## lint, types and all tests
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

lint: ## ruff and mypy
	$(call environment,$(EXTRAS))
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy

format: ## let ruff format the code
	$(call environment,$(EXTRAS))
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --fix --quiet .

bench: ## measure start-up and training (ratios and figures, nothing is asserted)
	$(call environment,$(EXTRAS))
	@$(BIN)/python -m benchmarks

bench-bench: ## the load generator beside ab and wrk, in one run (needs gcc, ab, wrk)
	$(call environment,$(EXTRAS))
	@$(BIN)/python -m benchmarks.bench_generator --json build/bench-bench.json

bench-automl: ## AutoML beside LightGBM, FLAML and AutoGluon, one after the other (ARGS="--budget 30")
	$(call environment,$(EXTRAS))
	@$(BIN)/python -m benchmarks.automl $(ARGS)

bench-serving: ## the scoring service beside others, in one run (ARGS="--peers azure bare --seconds 2")
	$(call environment,$(EXTRAS))
	@$(BIN)/python -m benchmarks.serving $(ARGS)

docs: ## write docs/ from the program itself
	$(call environment,$(EXTRAS))
	@$(BIN)/python scripts/reference.py

vendor-ui: ## fetch Swagger UI again and check it against its checksums (needs npm)
	@$(PYTHON) scripts/vendor_ui.py

clean: ## remove the environment and caches (never .mlops)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache build *.egg-info
