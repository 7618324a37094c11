#!/usr/bin/env bash
# tools/dist_test.sh CONFIG CHECKPOINT PROCESSES [arguments of test.py]
exec python "$(dirname "$0")/launch.py" dist_test "$@"
