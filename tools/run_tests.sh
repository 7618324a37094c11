#!/usr/bin/env bash
# Creates the environment, checks the style and runs the tests.
#   bash tools/run_tests.sh [pytest arguments]
#   bash tools/run_tests.sh --full    also the slow tests, at full size
#   bash tools/run_tests.sh --gpu     also those in tests/gpu
#   bash tools/run_tests.sh --faults  also all tests that kill and break runs
# VENV and PYTHON: see tools/make_env.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
bash tools/make_env.sh tests
export PATH="${VENV:-$PWD/.venv}/bin:$PATH"
# One thread per worker: with more, workers wait for each other's threads.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
# A process that crashes says where.
export PYTHONFAULTHANDLER=1
ruff check .
ruff format --check .
exec python -m pytest --numprocesses "${WORKERS:-auto}" --dist worksteal "$@"
