"""Common mistakes at the command line end in one line that names them."""

import pytest

import mmseg_hrvit
from endings import error_line, exit_status
from hrvit_cli import Verb

CAMVID, IMAGENET = 'hrvit_b1_camvid', 'pretrain/hrvit_b1_in1k'


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'net.pth').touch()
    (tmp_path / 'street.jpg').touch()
    return tmp_path


@pytest.mark.parametrize(
    'verb, arguments',
    [
        ('train', ['net.pth']),
        ('test', ['net.pth', CAMVID]),
        ('demo', ['street.jpg', 'net.pth', CAMVID]),
        ('export', ['net.pth', CAMVID, '--to', 'onnx']),
        ('check', ['net.pth']),
        ('flops', ['net.pth']),
    ],
)
def test_a_checkpoint_in_place_of_a_config(verb, arguments, here, capfd):
    line = error_line(capfd, Verb(verb), *arguments)
    assert 'net.pth is not a config (.py, .json, .yml, .yaml): give the config' in line


@pytest.mark.parametrize(
    'verb, arguments, message',
    [
        ('check', [], f'{IMAGENET} is a config for mmpretrain, and this command'),
        ('browse', [], f'{IMAGENET} is a config for mmpretrain, and this command'),
        ('show-predictions', ['net.pth'], 'this command is for segmentation'),
        ('confusion-matrix', ['maps'], 'this command is for segmentation'),
        ('export', ['net.pth', '--to', 'onnx'], 'the config has no model.decode_head'),
        ('test', ['net.pth'], '/data/imagenet: put the data there, or set test_datal'),
        ('train', [], '/data/imagenet: put the data there, or set train_dataloader'),
    ],
)
def test_a_config_for_another_task(verb, arguments, message, here, capfd):
    pytest.importorskip('mmpretrain')
    assert exit_status(Verb(verb), IMAGENET, *arguments) == 2
    assert message in capfd.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    'verb, arguments, message',
    [
        ('browse', [CAMVID, '--seed', '-1'], '--seed: -1: give a whole number, 0 or'),
        ('browse', [CAMVID, '--opacity', '7'], '--opacity: 7: give a number from 0 to'),
        ('draw-scenes', ['out', '--seed', 'x'], '--seed: x: give a whole number, 0 or'),
        (
            'show-predictions',
            [CAMVID, 'net.pth', '--count', '0'],
            ': give a whole',
        ),
    ],
)
def test_impossible_numbers(verb, arguments, message, here, capfd):
    assert exit_status(Verb(verb), *arguments) == 2
    assert message in capfd.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    'verb, arguments', [('train', []), ('test', ['net.pth']), ('train', ['--dry-run'])]
)
@pytest.mark.parametrize('folder', ['street.jpg', 'street.jpg/work'])
def test_a_file_in_place_of_the_work_directory(verb, arguments, folder, here, capfd):
    arguments = [CAMVID, *arguments, '--work-dir', folder]
    line = error_line(capfd, Verb(verb), *arguments)
    assert f'--work-dir {folder}: {here}/street.jpg is a file, not a folder' in line


def test_a_name_of_another_format(here, capfd):
    config = mmseg_hrvit.config(CAMVID)
    arguments = [config, 'net.pth', '--to', 'torchexport', '--out', 'net.onnx']
    line = error_line(capfd, Verb('export'), *arguments)
    assert '--out net.onnx: give a name that ends in .pt2' in line


def test_a_camera_with_a_huge_number(here, capfd):
    arguments = ['camera:99999999999', 'hrvit_quickstart']
    line = error_line(capfd, Verb('demo'), *arguments)
    assert 'camera:99999999999: cannot be opened as a camera' in line
