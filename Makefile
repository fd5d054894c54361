# What people do every day; CONTRIBUTING.md says when.
PLUGINS := script espeak pocketsphinx

.PHONY: quick check fix test

quick: ## the tests that say in a minute whether something broke
	python -m pytest -q -m quick -n 2

check: ## lint, formatting, types, generated pages
	ruff check .
	ruff format --check .
	mypy
	for plugin in $(PLUGINS); do mypy plugins/$$plugin/lkrun_$$plugin || exit 1; done
	python -m runner.schema.output.reference --check
	python docs/generate.py --check

fix: ## mend what can be mended, write the generated pages
	ruff check --fix .
	ruff format .
	python -m runner.schema.output.reference
	python docs/generate.py

test: ## all tests
	python -m pytest -n auto
