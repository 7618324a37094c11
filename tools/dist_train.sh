#!/usr/bin/env bash
# Trains in several processes, one a GPU, or on the CPU where there is none:
#   tools/dist_train.sh CONFIG PROCESSES [arguments of train.py]
# On several machines set NNODES, NODE_RANK, MASTER_ADDR and PORT on each.
#
# A run that lost a process is started again, with --resume, RESTARTS times at most
# (default 3). After SIGTERM or SIGUSR1 the run saves, and this exits with 75.
set -euo pipefail
if [ $# -lt 2 ]; then
    sed -n '2,4s/^# //p' "$0" >&2
    exit 2
fi
config=$1
processes=$2
tools=$(dirname "$0")
again=75 # as mmseg_hrvit's PREEMPTED

stopped='' # the exit status that a signal asks for
waiting=''
torchrun=''

stop() { # STATUS
    stopped=$1
    waiting=yes
    # torchrun would die of SIGUSR1, and leave its processes alone.
    [ -z "$torchrun" ] || kill -TERM "$torchrun" || true
}
trap 'stop $again' TERM USR1
# The terminal has signalled torchrun itself.
trap 'stopped=130; waiting=yes' INT

train() { # [--resume]
    python "$tools/torchrun.py" "$processes" \
        "$tools/train.py" "$config" --launcher pytorch "${arguments[@]}" "$@" &
    torchrun=$!
    [ -z "$stopped" ] || kill -TERM "$torchrun"
    waiting=yes
    while [ -n "$waiting" ]; do # a signal ends `wait` too
        waiting=''
        status=0
        wait "$torchrun" || status=$?
    done
    torchrun=''
}

may_restart() { # whether the run ended by no fault of its own
    # The last line: packages that are imported may say something before.
    case $(python "$tools/stop_reason.py" "$config" "${arguments[@]}" 2>/dev/null |
        tail -n 1) in
    config | data | numeric | interrupted) return 1 ;;
    preempted) return 0 ;;
    esac
    # On several machines, the loss of another one's process is an error here.
    [ "$status" -gt 128 ] || [ "${NNODES:-1}" -gt 1 ]
}

arguments=("${@:3}")
train
for ((restart = 1; restart <= ${RESTARTS:-3}; restart++)); do
    [ "$status" -ne 0 ] && [ "$status" -ne 2 ] && [ -z "$stopped" ] || break
    may_restart || break
    echo "start $restart of ${RESTARTS:-3} after a loss: going on with --resume" >&2
    train --resume
done
if [ -n "$stopped" ] && [ "$status" -ne 0 ] && [ "$status" -ne 2 ]; then
    exit "$stopped"
fi
exit "$status"
