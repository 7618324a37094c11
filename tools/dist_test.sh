#!/usr/bin/env bash
# Evaluates in several processes, one a GPU, or on the CPU where there is none:
#   tools/dist_test.sh CONFIG CHECKPOINT PROCESSES [arguments of test.py]
# On several machines set NNODES, NODE_RANK, MASTER_ADDR and PORT on each.
set -euo pipefail
if [ $# -lt 3 ]; then
    sed -n '2,4s/^# //p' "$0" >&2
    exit 2
fi
config=$1
checkpoint=$2
processes=$3
tools=$(dirname "$0")
exec python "$tools/torchrun.py" "$processes" \
    "$tools/test.py" "$config" "$checkpoint" --launcher pytorch "${@:4}"
