#!/usr/bin/env bash
# tools/dist_demo.sh PROCESSES RASTER MODEL [arguments of demo.py]
exec python "$(dirname "$0")/launch.py" dist_demo "$@"
