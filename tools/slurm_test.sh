#!/usr/bin/env bash
# tools/slurm_test.sh PARTITION JOB_NAME CONFIG CHECKPOINT [arguments of test.py]
exec python "$(dirname "$0")/launch.py" slurm_test "$@"
