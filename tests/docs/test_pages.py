"""docs/: the pages of what a trained network is used for can be followed as they stand.

All commands and Python examples of a page run one after the other, in a folder with
the tools, the configs, drawn data and a run of b1 that was trained on it for two steps.
"""

import os
import re
import shutil
import subprocess
import sys

import pytest

from data import make_camvid
from pages import read_blocks
from paths import CONFIGS, ROOT, TOOLS
from raster_data import make_mosaic, write_polygons

PACKAGES = 'fastapi_offline gradio nncf onnxruntime onnxscript openvino'
for package in PACKAGES.split():
    pytest.importorskip(package)

CONFIG, CHECKPOINT = 'hrvit_b1_camvid', 'net.pth'
# What stands in a page, and what a reader puts there. Other names are files or links.
COMMON = dict(CONFIG=CONFIG, CHECKPOINT=CHECKPOINT)
PLACES = {
    'own_data': {},
    'demo': dict(FILE='b1.onnx'),
    'export': {},
    'serve': {},
    'publishing': dict(FILE=CHECKPOINT, hrvit_b2_ade20k=CONFIG),
    'analysis': {},
    'rasters': {},
}
PRELUDE = """
set -euo pipefail
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
pip() { :; } # the environment of the tests has it
hrvit() { # a server runs beside what follows
    [[ $1 == serve ]] || { command python -m hrvit_cli "$@"; return; }
    command python -m hrvit_cli "$@" &
    local port=7860
    [[ ! $* =~ --port\\ ([0-9]+) ]] || port=${BASH_REMATCH[1]}
    curl --fail --silent --retry 100 --retry-delay 2 --retry-connrefused \\
        http://127.0.0.1:$port/classes
}
"""
SETUP = f"""
python tools/train.py configs/{CONFIG}.py --work-dir RUN --cfg-options \\
    train_cfg.max_iters=2 train_cfg.val_interval=1 default_hooks.logger.interval=1 \\
    default_hooks.checkpoint.interval=2 train_dataloader.batch_size=2
ln -s RUN/iter_2.pth {CHECKPOINT}
python tools/export.py {CONFIG} {CHECKPOINT} --to onnx --out b1.onnx
"""

pytestmark = pytest.mark.full


def follow(folder, script):
    """Runs a script in a folder, with the environment of the tests."""
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ['PATH']])
    done = subprocess.run(
        ['bash', '-c', PRELUDE + script],
        cwd=folder,
        env=os.environ | dict(PATH=path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=3000,
    )
    assert done.returncode == 0, done.stdout[-5000:]


def read_script(page):
    """All blocks of a page, with a reader's names in place of the page's."""
    blocks = [
        code if kind == 'shell' else f"python - <<'BLOCK'\n{code}BLOCK\n"
        for kind, code in read_blocks(ROOT / f'docs/{page}.md', 'shell', 'python')
    ]
    assert blocks
    script = '\n'.join(blocks)
    for place, name in (COMMON | PLACES[page]).items():
        script = re.sub(rf'\b{place}\b', name, script)
    return script


@pytest.fixture(scope='module')
def workplace(tmp_path_factory):
    """The folder of the pages: a checkout, data, a checkpoint and an exported file."""
    folder = tmp_path_factory.mktemp('pages')
    shutil.copytree(TOOLS, folder / 'tools')
    shutil.copytree(CONFIGS, folder / 'configs')
    images = make_camvid(folder / 'data/camvid') / 'images'
    shutil.copy(images / 'val/0001TP_000000.jpg', folder / 'street.jpg')
    for link in ('SOURCE', 'IMAGES'):
        (folder / link).symlink_to(images / 'val')
    make_mosaic(folder / 'data/mosaic')
    for split in ('train', 'val'):
        write_polygons(folder / f'data/mosaic/{split}.tif')
    follow(folder, SETUP)
    return folder


@pytest.mark.parametrize('page', PLACES)
def test_a_page_can_be_followed(page, workplace):
    follow(workplace, read_script(page))


def test_a_command_that_fails_is_found(workplace):
    with pytest.raises(AssertionError, match='no such'):
        follow(workplace, f'python tools/demo.py SOURCE {CONFIG} no_such.pth --out x')
