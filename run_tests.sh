#!/usr/bin/env bash
# Runs the tests: makes .venv and installs the first time, then passes all flags to pytest.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$ROOT/.environment.sh"
cd "$ROOT"

prepare_environment test
if ! "$PYTHON" -I -c 'import pytest, xdist, ruff, mypy, importlinter' 2>/dev/null; then
    echo "$PYTHON: lacks what the tests need; pip install '.[test]' is needed." >&2
    exit 1
fi
"$PYTHON" -m ruff check .
"$PYTHON" -m ruff format --check .
# The types that packages had before NumPy 2 have gaps.
if "$PYTHON" -c 'import numpy; raise SystemExit(numpy.__version__ < "2")'; then
    "$PYTHON" -m mypy
else
    echo "mypy: left out, since NumPy is older than 2"
fi
exec "$PYTHON" -m pytest --numprocesses 2 "$@"
