# Every command a person needs; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help run test setup lint lock evaluate evaluate-desk clean

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-14s %s\n", $$1, $$2}'

run: ## Set up if needed, then serve: http://localhost:8080
	@./setup.sh --no-index
	@.venv/bin/tro-ly serve

test: lint ## Set up if needed, then run every check
	.venv/bin/python -m pytest

setup: ## Only prepare: environments, Rasa's model, the index
	@./setup.sh

lint: ## Style, types, import rules, guides
	@./setup.sh --no-index
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache
	.venv/bin/tro-ly guides check

evaluate: setup ## Measure everything: one page, var/scorecard/scorecard.md
	.venv/bin/tro-ly evaluate all

evaluate-desk: setup ## Play 200 citizens, 20 volunteers and 20 kills against the desk
	.venv/bin/tro-ly evaluate desk --json

lock: ## Resolve dependencies anew (needs pip-tools): requirements.lock
	pip-compile --quiet --generate-hashes --extra dev --extra postgres --strip-extras --no-header \
	  --allow-unsafe --no-emit-index-url --no-emit-find-links --output-file - pyproject.toml \
	  | awk '/^[a-z]/ {skip = /^torch==/} !skip' > requirements.lock

clean: ## Remove environments and run-time data (asks first)
	@read -p "Xóa .venv, .venv-rasa và var? [c/K] " a && [ "$$a" = c ] && rm -rf .venv .venv-rasa var
