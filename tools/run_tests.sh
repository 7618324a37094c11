#!/usr/bin/env bash
# Makes the environment, checks the style and runs every test.
#   bash tools/run_tests.sh [pytest arguments]
#   bash tools/run_tests.sh --full    the slow tests too, at true sizes
#   bash tools/run_tests.sh --gpu     those in tests/gpu too
#   bash tools/run_tests.sh --faults  all that kill and break runs too
# VENV and PYTHON: see tools/make_env.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
bash tools/make_env.sh tests
export PATH="${VENV:-$PWD/.venv}/bin:$PATH"
# One thread a worker: with more, workers wait for each other's threads.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
# A process that crashes says where.
export PYTHONFAULTHANDLER=1
ruff check .
ruff format --check .
exec python -m pytest --numprocesses "${WORKERS:-auto}" --dist worksteal "$@"
