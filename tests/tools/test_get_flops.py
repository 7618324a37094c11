"""The command line of tools/get_flops.py."""

import pytest

from data import load_tool
from endings import error_line

tool = load_tool('get_flops')
CONFIG = 'hrvit_b1_upernet_ade20k'


@pytest.fixture
def run(capsys):
    """Runs the tool with some arguments and returns what it prints."""

    def run_tool(*args):
        tool.main(args)
        return capsys.readouterr().out

    return run_tool


def cells(out, name):
    """The figures in the table's row ``name``."""
    (row,) = (line for line in out.splitlines() if line.startswith(f'│ {name} '))
    return [cell.strip() for cell in row.strip('│').split('│')][1:]


def test_prints_parts_and_total(run):
    out = run(CONFIG)
    assert 'one image of 512 x 512' in out
    assert cells(out, 'total') == ['35.952', '219.140', '220.391']
    assert cells(out, 'auxiliary_head')[1:] == ['-', '-']
    assert cells(out, '  stem')[0] == '0.020'
    assert 'auxiliary_head runs only in training' in out


def test_executed_depth_shape_and_options(run):
    args = ('--depth', '1', '--shape', '32', '64', '--executed')
    out = run(CONFIG, *args, '--cfg-options', 'model.auxiliary_head=None')
    assert 'one image of 32 x 64' in out
    assert len(cells(out, 'total')) == 4
    assert 'stem' not in out
    assert 'only in training' not in out


def test_classifiers_are_measured_at_224(run, tmp_path):
    pytest.importorskip('mmpretrain')
    config = tmp_path / 'classifier.py'
    config.write_text(
        "default_scope = 'mmpretrain'\n"
        "backbone = dict(type='mmseg_hrvit.HRViT', out_indices=(3,))\n"
        "neck = dict(type='GlobalAveragePooling')\n"
        "head = dict(type='LinearClsHead', num_classes=10, in_channels=256)\n"
        "model = dict(type='ImageClassifier', backbone=backbone, neck=neck, head=head)"
    )
    out = run(str(config))
    assert 'one image of 224 x 224' in out
    assert cells(out, 'head')[0] == '0.003'


@pytest.mark.parametrize(
    ('args', 'message'),
    [
        (['missing.py'], 'missing.py: check the path'),
        ([CONFIG, '--shape', '0', '64'], '--shape 0 64'),
        ([CONFIG, '--cfg-options', 'model.backbone.arch=b9'], "arch='b9' is unknown"),
    ],
)
def test_mistakes_are_one_line(capsys, args, message):
    assert message in error_line(capsys, tool, *args)
