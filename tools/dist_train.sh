#!/usr/bin/env bash
# Trains in several processes, one a GPU, or on the CPU where there is none:
#   tools/dist_train.sh CONFIG PROCESSES [arguments of train.py]
# On several machines set NNODES, NODE_RANK, MASTER_ADDR and PORT on each.
set -euo pipefail
if [ $# -lt 2 ]; then
    sed -n '2,4s/^# //p' "$0" >&2
    exit 2
fi
config=$1
processes=$2
tools=$(dirname "$0")
exec python "$tools/torchrun.py" "$processes" \
    "$tools/train.py" "$config" --launcher pytorch "${@:3}"
