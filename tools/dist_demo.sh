#!/usr/bin/env bash
# Segments one raster in several processes, one a GPU, or on the CPU where there is none:
#   tools/dist_demo.sh PROCESSES RASTER CONFIG CHECKPOINT [arguments of demo.py]
# On several machines with a common disk set NNODES, NODE_RANK, MASTER_ADDR and PORT.
set -euo pipefail
if [ $# -lt 3 ]; then
    sed -n '2,4s/^# //p' "$0" >&2
    exit 2
fi
tools=$(dirname "$0")
exec python "$tools/torchrun.py" "$1" "$tools/demo.py" "${@:2}"
