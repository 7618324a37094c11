"""The command line of tools/dataset/convert.py, and what becomes of its results."""

import json
import shutil
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from PIL import Image

from data import load_tool, make_ade20k, make_cityscapes
from endings import exit_status
from own_data import (
    NAMES,
    draw_streets,
    write_coco,
    write_labelme,
    write_masks,
    write_polygons,
    write_table,
)
from paths import TOOLS

BASE = ['--base', 'hrvit_quickstart', '--workers', '1']


run = partial(exit_status, load_tool('dataset/convert'))


@pytest.fixture
def labels(tmp_path):
    return draw_streets(tmp_path / 'images', 4)


def read(out):
    """What was written: label maps by name."""
    return {
        path.stem: np.asarray(Image.open(path))
        for path in sorted(out.glob('annotations/*/*.png'))
    }


def same(found, labels, order):
    """Whether label k of the streets is written as order[k]."""
    numbers = np.array(order, np.uint8)
    assert found.keys() == labels.keys()
    return all(np.array_equal(found[name], numbers[labels[name]]) for name in labels)


def test_masks(tmp_path, labels, capsys):
    write_masks(tmp_path / 'masks', labels)
    table = write_table(tmp_path / 'colours.csv')
    args = ['masks', tmp_path / 'images', tmp_path / 'masks', table, tmp_path / 'out']
    assert run(*args, '--ignore', 'unlabelled', *BASE) == 0
    assert same(read(tmp_path / 'out'), labels, [255, *range(len(NAMES) - 1)])
    assert f'hrvit train {tmp_path}/out/out.py' in capsys.readouterr().out


def test_labelme(tmp_path, labels):
    write_labelme(tmp_path / 'images', labels)
    out = tmp_path / 'out'
    assert run('labelme', tmp_path / 'images', out, '--background', 'other', *BASE) == 0
    classes = ['other', *sorted(NAMES[1:])]
    order = [0, *(classes.index(name) for name in NAMES[1:])]
    assert same(read(out), labels, order)


def test_coco(tmp_path, labels):
    pytest.importorskip('pycocotools')
    write_coco(tmp_path / 'coco.json', labels, 'counts')
    out = tmp_path / 'out'
    assert run('coco', tmp_path / 'coco.json', tmp_path / 'images', out, *BASE) == 0
    assert same(read(out), labels, [255, *range(len(NAMES) - 1)])


def test_camvid(tmp_path):
    for folder in ('images', 'masks'):
        (tmp_path / folder).mkdir()
    for name in ('0001TP_006690', '0016E5_07959', 'Seq05VD_f00000'):
        Image.new('RGB', (9, 9), (128, 64, 128)).save(tmp_path / f'masks/{name}_L.png')
        Image.new('RGB', (9, 9)).save(tmp_path / f'images/{name}.png')
    out = tmp_path / 'out'
    args = ['camvid', tmp_path / 'images', tmp_path / 'masks', out]
    assert run(*args, '--workers', '1') == 0
    found = sorted(path.parent.name for path in out.glob('annotations/*/*'))
    assert found == ['test', 'train', 'val']
    assert all((labels == 3).all() for labels in read(out).values())


def test_cityscapes_in_place(tmp_path):
    pytest.importorskip('cityscapesscripts')
    expected = write_polygons(make_cityscapes(tmp_path / 'city'))
    assert run('cityscapes', tmp_path / 'city', '--workers', '1') == 0
    (path, *_) = (tmp_path / 'city').rglob('*_labelTrainIds.png')
    assert np.array_equal(np.asarray(Image.open(path)), expected)
    assert (tmp_path / 'city/city.py').is_file()


def test_ade20k_in_place(tmp_path):
    make_ade20k(tmp_path / 'ade')
    assert run('ade20k', tmp_path / 'ade') == 0
    assert (tmp_path / 'ade/ade.py').is_file()


def test_what_is_broken_is_told_and_left_out(tmp_path, labels, capsys):
    write_labelme(tmp_path / 'images', labels)
    (tmp_path / 'images/street_2.json').write_text('{')
    path = tmp_path / 'images/street_1.json'
    path.write_text(json.dumps({**json.loads(path.read_text()), 'imagePath': 'a\nb'}))
    assert run('labelme', tmp_path / 'images', tmp_path / 'out', *BASE) == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2 and all(line.startswith('skipped: ') for line in told)
    assert len(read(tmp_path / 'out')) == 2


def test_what_cannot_be_done_is_one_line(tmp_path, capsys):
    assert run('labelme', tmp_path, tmp_path / 'out') == 2
    assert capsys.readouterr().err.startswith('error: ')
    assert run('ade20k', tmp_path / 'ade.zip') == 2


@pytest.mark.parametrize('place', ['images', 'images/new', 'masks'])
def test_results_among_the_sources_are_refused(tmp_path, labels, capsys, place):
    write_masks(tmp_path / 'masks', labels)
    before = sorted(tmp_path.rglob('*'))
    table = write_table(tmp_path / 'colours.csv')
    args = ['masks', tmp_path / 'images', tmp_path / 'masks', table, tmp_path / place]
    assert run(*args, *BASE) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert 'which is read: give a folder elsewhere' in line
    assert sorted(tmp_path.rglob('*')) == sorted([*before, table])


@pytest.mark.full
def test_check_training_and_demo_work_on_it(tmp_path, labels):
    write_labelme(tmp_path / 'images', labels)
    out = tmp_path / 'mine'
    assert run('labelme', tmp_path / 'images', out, '--background', 'other', *BASE) == 0
    iterations = ['train_cfg.max_iters=2', 'default_hooks.checkpoint.interval=2']
    commands = [
        ['dataset/check.py', out / 'mine.py'],
        ['dataset/browse.py', out / 'mine.py', '--out', tmp_path / 'browse'],
        ['train.py', out / 'mine.py', '--cfg-options', *iterations],
        ['demo.py', out / 'images/val', out / 'mine.py', tmp_path / 'iter_2.pth'],
    ]
    for tool, *args in commands:
        args = [sys.executable, TOOLS / tool, *args]
        subprocess.run([*map(str, args)], check=True, cwd=tmp_path)
        if tool == 'train.py':
            shutil.move(tmp_path / 'work_dirs/mine/iter_2.pth', tmp_path)
    assert len(list(tmp_path.glob('results/overlays/*'))) == 1
