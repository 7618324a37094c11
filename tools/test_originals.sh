#!/usr/bin/env bash
# Runs some tests with OpenMMLab's original packages, in the environment .venv-originals.
#   bash tools/test_originals.sh WHEELS
# WHEELS is a folder with a wheel of mmcv 2.1.0 for Python 3.11 and torch 2.13. Building
# one from mmcv's source takes half an hour.
# PYTHON=COMMAND  creates the environment with this Python 3.11.
set -euo pipefail
cd "$(dirname "$0")/.."
wheels=${1:?the folder with a wheel of mmcv 2.1.0 is missing}
env=.venv-originals
if [ ! -f $env/ready ]; then
    "${PYTHON:-python3.11}" -m venv $env
    $env/bin/python -m pip install -q --disable-pip-version-check \
        --find-links "$wheels" -r requirements-originals.txt 'pytest>=7.3' hypothesis
    touch $env/ready
fi
export PYTHONPATH=$PWD OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
exec $env/bin/python -m pytest -q tests/test_imports.py tests/engine/test_options.py \
    tests/engine/test_build_errors.py tests/engine/test_shortcuts.py \
    tests/engine/test_optimizers.py tests/engine/test_cli.py tests/cli/test_output.py \
    tests/models/decode_heads
