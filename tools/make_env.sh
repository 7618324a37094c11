#!/usr/bin/env bash
# Creates the project's Python environment in .venv; does nothing if it exists.
#   bash tools/make_env.sh [EXTRAS]    EXTRAS of setup.py, e.g. tests,tensorboard
# PYTHON=COMMAND  creates it with this Python (3.10 to 3.13).
# VENV=FOLDER     uses your own environment as it is, such as the active one:
#                 VENV=$VIRTUAL_ENV or VENV=$CONDA_PREFIX. Nothing is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    echo "error: $1" >&2
    exit 1
}

find_python() {
    local supported='import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))'
    for python in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.10}; do
        if "$python" -c "$supported" 2>/dev/null; then
            echo "$python"
            return
        fi
    done
    fail "${PYTHON:-python3} is not Python 3.10 to 3.13: set PYTHON to one that is"
}

# Runs pip, unless it has done the same before with the same content of the file.
install() { # MESSAGE FILE PIP_ARGUMENTS...
    local message=$1 mark
    mark="${*:2} $(cksum <"$2")"
    if ! grep -qxF "$mark" .venv/installed 2>/dev/null; then
        echo "$message"
        .venv/bin/python -m pip install -q --disable-pip-version-check "${@:3}"
        echo "$mark" >>.venv/installed
    fi
}

if [ -n "${VENV:-}" ]; then
    has_packages='from importlib.util import find_spec as find; import sys
sys.exit(None in map(find, ("mmcv", "mmengine", "mmseg")))'
    "$VENV/bin/python" -c "$has_packages" 2>/dev/null ||
        fail "VENV=$VENV is no environment with mmcv, mmengine and mmseg"
    echo "using the environment $VENV"
    exit
fi
if [ ! -x .venv/bin/pip ]; then
    python=$(find_python)
    echo "making .venv with $("$python" --version)"
    "$python" -m venv .venv || fail "$python lacks venv (on Debian: apt install python3-venv)"
fi
install 'installing PyTorch and OpenMMLab (5 GB, some minutes)' \
    requirements.txt -r requirements.txt
install 'installing mmseg_hrvit' setup.py -e ".${1:+[$1]}"
echo 'the environment is ready: .venv'
