#!/usr/bin/env bash
# Trains a tiny HRViT on drawn street scenes, from nothing to pictures of its
# predictions. 5 to 11 minutes on two CPU cores, once the environment exists.
#   bash tools/quickstart.sh
# VENV and PYTHON: see tools/make_env.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
config=configs/hrvit_quickstart.py
out=work_dirs/quickstart

step() { printf '\n%s\n' "$1"; }

gist() { # every 50th iteration, and what a validation gave
    sed -unE \
        -e 's/.*\(train\) \[ *([0-9]*[05]0)\/([0-9]+)\].* eta: [0-9]+:([0-9:]+) .* loss: ([0-9.]+) .*/  iteration \1 of \2, loss \4, \3 left/p' \
        -e 's/.*\(val\).* mIoU: ([0-9]+\.[0-9]{2}).*/  mIoU on held-out streets: \1 %/p'
}

logged() { # NAME COMMAND...: all it says into a log, the gist onto the screen
    local log=$out/$1.log
    if ! "${@:2}" 2>&1 | tee "$log" | gist; then
        tail -n 20 "$log" >&2
        printf '\nThe quickstart stopped here; all of the log: %s\n' "$log" >&2
        exit 1
    fi
}

step '1 of 5: the environment'
bash tools/make_env.sh
export PATH="${VENV:-$PWD/.venv}/bin:$PATH"
SECONDS=0
mkdir -p "$out"

step '2 of 5: drawing 450 streets'
logged draw python tools/dataset/draw_scenes.py data/quickstart

# Two processes of 4 images each; one process of 8 images if there is one GPU.
processes=$(python -c 'import torch; print({0: 2, 1: 1}.get(torch.cuda.device_count(), 2))')
step "3 of 5: training ($processes processes)"
logged train bash tools/dist_train.sh "$config" "$processes" --work-dir "$out" \
    --cfg-options train_dataloader.batch_size=$((8 / processes))

step '4 of 5: testing'
checkpoint=$(cat "$out/last_checkpoint")
logged test python tools/test.py "$config" "$checkpoint" --work-dir "$out/test"
grep '^|' "$out/test.log"
miou=$(sed -nE 's/.* mIoU: ([0-9]+\.[0-9]{2}).*/\1/p' "$out/test.log" | tail -n 1)

step '5 of 5: drawing pictures and the curve'
logged pictures python tools/analysis/show_predictions.py "$config" "$checkpoint" \
    --out "$out/predictions.png"
logged curve python tools/analysis/plot_run.py "$out" --out "$out/curve.png"

printf '\nDone in %d min %02d s: your HRViT segments streets that it never saw with %s %% mIoU; look at %s/predictions.png first, then at curve.png, the logs and the checkpoint beside it.\n' \
    $((SECONDS / 60)) $((SECONDS % 60)) "$miou" "$PWD/$out"
