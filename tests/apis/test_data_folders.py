"""No command writes its results among the data that it reads."""

import pytest
from mmengine.config import Config
from PIL import Image

import mmseg_hrvit
from data import make_camvid, shrink
from endings import error_line
from hrvit_cli import Verb
from mmseg_hrvit.apis.data_folders import IMAGES, LABELS, find_folders


@pytest.fixture
def config(tmp_path):
    cfg = Config.fromfile(mmseg_hrvit.config('hrvit_b1_camvid'))
    shrink(cfg, make_camvid(tmp_path / 'data')).dump(tmp_path / 'config.py')
    return tmp_path / 'config.py'


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob('*') if path.is_file()}


@pytest.mark.parametrize(
    'verb, arguments, out',
    [
        ('show-predictions', ['net.pth'], 'images/val/0001TP_000000.jpg'),
        ('show-predictions', ['net.pth'], 'annotations/val/new.png'),
        ('browse', [], 'images/train'),
        ('browse', [], 'images/train/new'),
        ('check', [], 'annotations/train'),
        ('confusion-matrix', ['maps'], 'annotations/val/0001TP_000000.png'),
        ('test', ['net.pth'], 'images/val/maps'),
    ],
)
def test_data_are_not_written_over(verb, arguments, out, config, tmp_path, capsys):
    before = contents(tmp_path)
    arguments = [*arguments, '--out', tmp_path / 'data' / out]
    line = error_line(capsys, Verb(verb), config, *arguments)
    assert 'is inside the data folder' in line
    assert contents(tmp_path) == before


@pytest.mark.parametrize('name', ['a.png', 'a.csv'])
def test_label_maps_are_not_written_over(name, config, tmp_path, capsys):
    (tmp_path / 'maps').mkdir()
    for suffix in ('png', 'csv'):
        Image.new('L', (4, 4)).save(tmp_path / f'maps/a.{suffix}', 'png')
    maps = tmp_path / 'maps'
    if name == 'a.csv':  # the table, beside the picture
        (maps / 'b.png').symlink_to(maps / 'a.csv')
        (maps / 'a.png').unlink()
    arguments = [config, maps, '--out', maps / 'a.png']
    line = error_line(capsys, Verb('confusion-matrix'), *arguments)
    assert f'{maps / name} is also an input' in line


def test_the_folders_of_a_config():
    wrapped = dict(datasets=[dict(data_root='a', data_prefix={IMAGES: 'x'})])
    cfg = Config(
        dict(
            train_dataloader=dict(dataset=wrapped),
            val_dataloader=dict(dataset=dict(data_prefix='val')),  # of mmpretrain
            test_dataloader=None,
        )
    )
    loaders = ['train_dataloader', 'val_dataloader', 'test_dataloader']
    (folder,) = find_folders(cfg, loaders, [IMAGES, LABELS])
    assert folder.endswith('/a/x')
