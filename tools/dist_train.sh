#!/usr/bin/env bash
# tools/dist_train.sh CONFIG PROCESSES [arguments of train.py]
exec python "$(dirname "$0")/launch.py" dist_train "$@"
