#!/usr/bin/env bash
# tools/slurm_train.sh PARTITION JOB_NAME CONFIG [arguments of train.py]
exec python "${HRVIT_TOOLS:-$(dirname "$0")}/launch.py" slurm_train "$@"
