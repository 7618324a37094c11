"""The command line of tools/dataset/check.py."""

import json

import numpy as np
import pytest
from mmengine.config import Config
from PIL import Image

import mmseg_hrvit
from data import load_tool, make_camvid
from endings import exit_status
from mmseg_hrvit.datasets import CamVidDataset


@pytest.fixture
def config(tmp_path):
    root = make_camvid(tmp_path / 'data')
    cfg = Config.fromfile(mmseg_hrvit.config('hrvit_b1_camvid'))
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        loader.dataset.data_root = str(root)
    cfg.dump(tmp_path / 'own.py')
    return tmp_path / 'own.py'


def run(*args):
    return exit_status(load_tool('dataset/check'), *args, '--workers', '1')


def test_a_clean_data_set_is_counted(config, tmp_path, capsys):
    out = tmp_path / 'report'
    assert run(config, '--out', out) == 0
    text = capsys.readouterr().out
    assert text.count('2 images, 0 errors, 0 warnings') == 2
    assert 'train:\n' in text and 'val:\n' in text
    report = json.loads((out / 'report.json').read_text())
    assert [part['samples'] for part in report.values()] == [2, 2]
    assert sum(c['share'] for c in report['val']['classes'].values()) == (
        pytest.approx(1)
    )
    for split in ('train', 'val'):
        assert Image.open(out / f'{split}.png').size[0] > 1000


def test_faults_are_named(config, tmp_path, capsys):
    path = tmp_path / 'data/annotations/val/0001TP_000000.png'
    path.unlink()
    assert run(config) == 1
    assert f'label map {path} is missing' in capsys.readouterr().out
    assert run(config, '--split', 'train') == 0


def test_what_cannot_be_done_is_one_line(config, tmp_path, capsys):
    assert run(tmp_path / 'no.py') == 2
    (tmp_path / 'data/images').rename(tmp_path / 'data/pictures')
    assert run(config) == 2
    assert 'no folder' in capsys.readouterr().err


def change(config, **changes):
    cfg = Config.fromfile(config)
    cfg.merge_from_dict({key.replace('__', '.'): v for key, v in changes.items()})
    cfg.dump(config)


def test_images_of_two_splits_are_told(config, capsys):
    prefix = dict(img_path='images/train', seg_map_path='annotations/train')
    change(config, val_dataloader__dataset__data_prefix=prefix)
    assert run(config) == 1
    assert 'val: 2 of 2 images are also in train, such as ' in capsys.readouterr().out


def test_a_normalisation_for_other_units_is_told(config, capsys):
    change(config, model__data_preprocessor__std=[0.229, 0.224, 0.225])
    assert run(config) == 0  # the mean is that of values up to 255
    change(config, model__data_preprocessor__mean=[0.485, 0.456, 0.406])
    assert run(config) == 1
    assert 'warning: train: images have values from 0 to' in capsys.readouterr().out


def test_classes_in_another_order_are_refused_as_in_training(config, capsys):
    names = [*CamVidDataset.METAINFO['classes']]
    change(config, val_dataloader__dataset__metainfo=dict(classes=names[::-1]))
    assert run(config) == 2
    told = capsys.readouterr().err
    assert 'val_dataloader.dataset has the classes of train_dataloader.dataset' in told
    assert run(config, '--split', 'val') == 0


@pytest.mark.parametrize(
    'head', [dict(num_classes=2, out_channels=1), dict(num_classes=1)]
)
@pytest.mark.parametrize(('highest', 'status'), [(1, 0), (2, 1)])
def test_two_classes_with_a_single_channel(
    config, tmp_path, capsys, head, highest, status
):
    for path in tmp_path.glob('data/annotations/*/*.png'):
        labels = np.asarray(Image.open(path))
        Image.fromarray(np.where(labels == 255, 255, labels % (highest + 1))).save(path)
    change(
        config,
        model__decode_head=head,
        **{
            f'{split}_dataloader__dataset': dict(
                type='BaseSegDataset', metainfo=dict(classes=['no crack', 'crack'])
            )
            for split in ('train', 'val')
        },
    )
    assert run(config) == status
    text = capsys.readouterr().out
    assert 'no crack' in text and 'crack' in text
    assert ('has the values 2, but the 2 classes are 0 to 1' in text) == bool(status)
