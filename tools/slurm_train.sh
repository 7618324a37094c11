#!/usr/bin/env bash
# Trains by Slurm, as a batch job:
#   tools/slurm_train.sh PARTITION JOB_NAME CONFIG [arguments of train.py]
# GPUS, GPUS_PER_NODE, CPUS_PER_TASK and SBATCH_ARGS set the job's size.
#
# GRACE seconds (default 120) before its time is over, and when a task got SIGTERM or
# SIGUSR1, the job saves and is queued again; it goes on with --resume.
set -euo pipefail
if [ $# -lt 3 ]; then
    sed -n '2,4s/^# //p' "$0" >&2
    exit 2
fi
partition=$1
job_name=$2
config=$3
arguments=("${@:4}")
# In a batch job Slurm runs a copy of this script, from a folder of its own.
export HRVIT_TOOLS=${HRVIT_TOOLS:-$(cd "$(dirname "$0")" && pwd)}

if [ -z "${SLURM_JOB_ID:-}" ]; then
    read -ra sbatch_args <<<"${SBATCH_ARGS:-}"
    exec sbatch -p "$partition" \
        --job-name="$job_name" \
        --gres="gpu:${GPUS_PER_NODE:-8}" \
        --ntasks="${GPUS:-8}" \
        --ntasks-per-node="${GPUS_PER_NODE:-8}" \
        --cpus-per-task="${CPUS_PER_TASK:-5}" \
        --requeue \
        --open-mode=append \
        --signal="B:USR1@${GRACE:-120}" \
        "${sbatch_args[@]}" \
        "$0" "$@"
fi

again=75 # as mmseg_hrvit's PREEMPTED
warned='' # the time is nearly over
ended=''  # Slurm ends the job, and queues it again itself where it wants to
waiting=yes
srun=''
tell() { # SIGNAL
    waiting=yes
    [ -z "$srun" ] || kill "-$1" "$srun" || true
}
trap 'warned=yes; tell USR1' USR1
trap 'ended=yes; tell TERM' TERM

if [ "${SLURM_RESTART_COUNT:-0}" -gt 0 ]; then
    arguments+=(--resume)
fi
srun --kill-on-bad-exit=1 \
    python -u "$HRVIT_TOOLS/train.py" "$config" --launcher slurm "${arguments[@]}" &
srun=$!
# A signal that came before srun was known is handed on now.
[ -z "$warned" ] || tell USR1
[ -z "$ended" ] || tell TERM
while [ -n "$waiting" ]; do # a signal ends `wait` too
    waiting=''
    status=0
    wait "$srun" || status=$?
done

if [ -z "$ended" ] && { [ "$status" -eq $again ] ||
    { [ -n "$warned" ] && [ "$status" -gt 2 ]; }; }; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$status"
