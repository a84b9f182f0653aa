# Every verb works alone on a fresh clone; it takes python3 (3.11 or newer) and make.
PYTHON ?= python3
PY := .venv/bin/python
ARGS ?=
# What is compiled is kept: a run of the tests starts a hundred processes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install run test acceptance format migrations migrate lint shell lock base dev
.DEFAULT_GOAL := help

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null \
	  || sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1  \2/p' Makefile

install: dev ## Put everything that development needs into .venv

run: base ## Start the application on this machine, with its own database on first start
	@exec $(PY) manage.py start

test: dev ## Run all tests on SQLite, then on PostgreSQL
	@status=0; for engine in sqlite postgresql; do \
	  SMS_TEST_ENGINE=$$engine $(PY) -m pytest -n 2 --dist loadgroup $(ARGS) || status=1; \
	done; exit $$status

acceptance: dev ## Run only the tests that use the application as people and programs do
	@SMS_PROGRESS=1 $(PY) -m pytest tests/acceptance $(ARGS)

format: dev ## Bring the code into its one format
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

migrations: base ## Write migrations for changed models
	@$(PY) manage.py makemigrations $(ARGS)

migrate: base ## Bring the database up to date
	@$(PY) manage.py migrate $(ARGS)

lint: dev ## Check format, types, architecture, migrations, settings and the API's schema
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy --config-file config/mypy.ini config sms_core sms_django
	@$(PY) -m mypy --config-file config/mypy.ini --strict --follow-imports=silent \
	  sms_core config/container.py config/services.py
	@.venv/bin/lint-imports --config config/importlinter.ini --no-cache --no-logo
	@$(PY) -m tests.scratch sqlite manage.py makemigrations --check --dry-run
	@$(PY) -m tests.scratch sqlite manage.py check --database default --fail-level WARNING
	@$(PY) -m tests.scratch postgresql manage.py check --database default --fail-level WARNING
	@$(PY) -m tests.scratch production manage.py check --deploy --fail-level WARNING
	@$(PY) -m tests.scratch sqlite manage.py spectacular --validate --fail-on-warn --file /dev/null

shell: base ## Open a Python shell inside the application
	@$(PY) manage.py shell

lock: dev ## Compile requirements/*.in anew; ARGS=--upgrade takes newer releases
	@for name in base dev; do \
	  $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-emit-index-url --no-emit-find-links $(ARGS) \
	    --output-file requirements/$$name.txt requirements/$$name.in || exit 1; \
	done

# What was installed last stands in .venv/<name>.installed; only a change installs again.
base dev:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("This needs Python 3.11 or newer; name one: make PYTHON=python3.12 ...")'
	@test -x $(PY) || $(PYTHON) -m venv --clear .venv
	@want="$$($(PY) -V) $$(cksum < requirements/$@.txt)"; \
	if [ "$$(cat .venv/$@.installed 2>/dev/null)" != "$$want" ]; then \
	  echo "Installing requirements/$@.txt into .venv ..."; \
	  $(PY) -m pip install -qq --disable-pip-version-check --require-hashes \
	    -r requirements/$@.txt && printf '%s' "$$want" > .venv/$@.installed; \
	fi
