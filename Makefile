# The two commands: `make preview` and `make test`. Everything else serves them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: preview test check format schemas golden bench bench-scale bench-load actionlint engine lifecycle constraints clean release-check

preview: $(INSTALLED)
	$(BIN)/mlplatform preview

test: $(INSTALLED)
	$(BIN)/pytest -n auto --dist loadfile

check: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(MAKE) test

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

schemas: $(INSTALLED)
	$(BIN)/mlplatform schema --file stack > schemas/pulumi-stack.schema.json
	$(BIN)/mlplatform schema --file platform-stack > schemas/pulumi-platform-stack.schema.json
	$(BIN)/mlplatform schema --file landing > schemas/pulumi-landing.schema.json
	$(BIN)/mlplatform schema --file shared > schemas/pulumi-shared.schema.json
	$(BIN)/mlplatform schema --file project > schemas/pulumi-project.schema.json
	$(BIN)/mlplatform schema --file request > schemas/request.schema.json
	$(BIN)/mlplatform schema --file platform > schemas/platform.schema.json
	$(BIN)/mlplatform schema --file smoke-cases > schemas/smoke-cases.schema.json
	$(BIN)/mlplatform schema --file output > schemas/output.schema.json
	$(BIN)/mlplatform schema --file issue-form > .github/ISSUE_TEMPLATE/environment.yml
	$(BIN)/mlplatform schema --file backstage > backstage/template.yaml

golden: $(INSTALLED)
	UPDATE_GOLDEN=1 $(BIN)/pytest -n auto --dist loadfile

# A real Pulumi CLI for `make lifecycle`: the one on PATH, else built from its Go module (ten minutes of one core).
engine:
	@command -v pulumi > /dev/null || test -x build/engine/pulumi || command -v go > /dev/null || \
		{ echo "no Pulumi CLI on PATH, and no Go to build one: https://www.pulumi.com/docs/install/"; exit 1; }
	command -v pulumi || test -x build/engine/pulumi || \
		(cd engine && go build -mod=readonly -o ../build/engine/pulumi \
			-ldflags '-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.260.0' \
			github.com/pulumi/pulumi/pkg/v3/cmd/pulumi)

# The judge of the workflows in pipelines/github, which tests use if it is here or on PATH.
actionlint:
	GOBIN="$(CURDIR)/build" go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

# Whole lives of environments, on a real engine and an emulated Azure.
lifecycle: $(INSTALLED) engine
	$(BIN)/pytest -n auto --dist loadfile tests/engine

# Before a release: facts from outside are fresh, and the stacks here may be made today. Depends on today's date.
release-check: $(INSTALLED)
	$(BIN)/pytest tests/release_check.py

bench: $(INSTALLED)
	$(BIN)/python bench/bench.py

# The load generator beside wrk, h2load and vegeta, and on queues: about eight minutes on a machine that does nothing else.
bench-load: $(INSTALLED)
	$(BIN)/python bench/load.py

# Checks over the number of projects and requests: about five minutes.
bench-scale: $(INSTALLED)
	$(BIN)/python bench/scale.py

# Fails on a Python that the package does not run on (pyproject.toml, requires-python).
SUPPORTED := import sys; sys.exit(sys.version_info < (3, 11))
TOO_OLD = Python 3.11 or newer is needed, and $(PYTHON) is not: make $(MAKECMDGOALS) PYTHON=python3.12

# The same .venv that a bare `pulumi up` makes and uses (Pulumi.yaml, runtime.options.virtualenv).
$(INSTALLED): pyproject.toml constraints.txt
	@if ! $(BIN)/python -c '$(SUPPORTED)' 2> /dev/null; then \
		$(PYTHON) -c '$(SUPPORTED)' 2> /dev/null || { echo "$(TOO_OLD)" >&2; exit 1; }; \
		$(PYTHON) -m venv --clear $(VENV); \
	fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

# Takes the newest versions that pyproject.toml allows and pins them.
constraints:
	rm -rf build/constraints && $(PYTHON) -m venv build/constraints
	build/constraints/bin/python -m pip install --quiet --disable-pip-version-check '.[dev]'
	build/constraints/bin/python -m pip freeze --exclude azure-mlplatform --exclude-editable \
		| grep -v ' @ ' > constraints.txt
	rm -rf build/constraints

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
