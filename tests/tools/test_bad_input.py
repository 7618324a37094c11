"""Bad input through the real tools: one line, and nothing lost."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS
from PIL import Image

from checkpoints.bomb import write_bomb
from data import load_tool, write_tiny_config
from mmseg_hrvit import HRViT

ROOT = Path(__file__).parents[2]
TOOLS = dict(train=load_tool('train'), test=load_tool('test'))
SPLITS = dict(train='training', test='validation')
EARLIER = 'of an earlier run'
B1 = (
    'model.backbone.arch=b1',
    'model.decode_head.in_channels=[32,64,128,256]',
)


class Project:
    """A config with its data, and the work directory of an earlier run."""

    def __init__(self, folder, capfd):
        self.folder = folder
        self.capfd = capfd
        self.config = write_tiny_config(folder)
        self.kept = [folder / f'work/{name}' for name in ('iter_7.pth', 'last.txt')]
        for file in self.kept:
            file.parent.mkdir(exist_ok=True)
            file.write_text(EARLIER)

    def files(self, tool):
        """Returns the images and the label maps that a tool reads."""
        folders = (
            self.folder / f'data/{kind}/{SPLITS[tool]}'
            for kind in ('images', 'annotations')
        )
        return [sorted(folder.iterdir()) for folder in folders]

    def write_checkpoint(self):
        init_default_scope('mmseg')
        model = MODELS.build(Config.fromfile(self.config).model)
        path = self.folder / 'good.pth'
        torch.save(dict(state_dict=model.state_dict()), path)
        return path

    def refuse(self, tool, *options, checkpoint=None):
        """Runs a tool and returns the one line in which it refuses."""
        argv = [self.config]
        if tool == 'test':
            argv.append(checkpoint or self.write_checkpoint())
        elif checkpoint is not None:
            options = (*options, f'load_from={checkpoint}')
        if options:
            argv += ['--cfg-options', *options]
        with pytest.raises(SystemExit) as exit:
            TOOLS[tool].main([str(arg) for arg in argv])
        assert exit.value.code == 2
        return self.read_line(*self.capfd.readouterr())

    def refuse_in_two_processes(self, *options):
        """Runs dist_train.sh and returns the one line in which it refuses."""
        path = f'{Path(sys.executable).parent}:{os.environ["PATH"]}'
        done = subprocess.run(
            [ROOT / 'tools/dist_train.sh', self.config, '2', '--cfg-options', *options],
            env={**os.environ, 'PATH': path, 'CUDA_VISIBLE_DEVICES': '-1'},
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 2
        return self.read_line(done.stdout, done.stderr)

    def read_line(self, out, err):
        for file in self.kept:
            # A training that begins moves earlier checkpoints to a folder before_TIME.
            (place,) = self.folder.joinpath('work').rglob(file.name)
            assert place.read_text() == EARLIER
        assert 'Traceback' not in out + err
        (line,) = [line for line in err.splitlines() if line.startswith('error: ')]
        return line


@pytest.fixture
def project(tmp_path, capfd):
    return Project(tmp_path, capfd)


@pytest.fixture(params=TOOLS)
def tool(request):
    return request.param


def write_label(path, value, size=(96, 128)):
    Image.fromarray(np.full(size, value, np.uint8)).save(path)


def test_missing_data_root(project, tool):
    line = project.refuse(tool, f'{tool}_dataloader.dataset.data_root=nowhere')
    assert f'nowhere: put the data there, or set {tool}_dataloader.dataset' in line


def test_empty_split(project, tool):
    images, _ = project.files(tool)
    for image in images:
        image.unlink()
    assert f'no image *.jpg in {images[0].parent}' in project.refuse(tool)


def test_missing_label_file(project, tool):
    _, labels = project.files(tool)
    labels[1].unlink()
    assert f'label map {labels[1]} is missing (1 of 2 are' in project.refuse(tool)


def test_label_value_outside_the_classes(project, tool):
    images, labels = project.files(tool)
    write_label(labels[0], 151)
    line = project.refuse(tool)
    assert f'{labels[0]} (image {images[0]}) has the values 151, but' in line


def test_image_and_label_of_different_size(project, tool):
    images, labels = project.files(tool)
    write_label(labels[0], 1, size=(128, 96))
    line = project.refuse(tool, f'{tool}_dataloader.num_workers=1')
    assert f'{labels[0]} has the size (128, 96), but its image {images[0]}' in line


def test_head_channels_that_do_not_fit(project, tool):
    line = project.refuse(tool, 'model.decode_head.in_channels=[16,32,48,48]')
    assert 'model.decode_head.in_channels=[16, 32, 48, 48] does not fit' in line


def test_unknown_arch(project, tool):
    checkpoint = project.write_checkpoint()
    line = project.refuse(tool, 'model.backbone.arch=b7', checkpoint=checkpoint)
    assert "arch='b7' is unknown: choose one of b1, b2, b3" in line


def test_unreadable_checkpoint(project, tool, tmp_path):
    path = tmp_path / 'broken.pth'
    path.write_bytes(b'no checkpoint')
    assert str(path) in project.refuse(tool, checkpoint=path)
    missing = tmp_path / 'missing.pth'
    assert str(missing) in project.refuse(tool, checkpoint=missing)


def test_checkpoint_of_b2_for_b1(project, tool, tmp_path):
    path = tmp_path / 'b2.pth'
    weights = HRViT(arch='b2').state_dict()
    torch.save({f'backbone.{name}': value for name, value in weights.items()}, path)
    line = project.refuse(tool, *B1, checkpoint=path)
    assert f'{path} does not fit the network' in line
    if tool == 'train':
        line = project.refuse(tool, *B1, f'model.pretrained={path}')
        assert f'{path} does not fit the backbone' in line


def test_checkpoint_that_would_run_code(project, tool, tmp_path):
    path, trace = write_bomb(tmp_path)
    assert str(path) in project.refuse(tool, checkpoint=path)
    if tool == 'train':
        assert str(path) in project.refuse(tool, f'model.pretrained={path}')
    assert not trace.exists()


@pytest.mark.full
def test_two_processes_tell_it_once(project):
    line = project.refuse_in_two_processes('model.backbone.arch=b7')
    assert line.endswith('head_dims')


def test_an_error_of_one_process_alone_stops_both(project):
    _, labels = project.files('train')
    write_label(labels[1], 1, size=(128, 96))
    hooks = Config.fromfile(project.config).custom_hooks
    survey = [hook.type for hook in hooks].index('mmseg_hrvit.LabelSurveyHook')
    line = project.refuse_in_two_processes(
        'train_dataloader.sampler.shuffle=False',  # the second process reads it
        'train_dataloader.batch_size=1',
        'train_dataloader.num_workers=1',
        f'custom_hooks.{survey}.seconds=0',  # the first one would see it
    )
    assert f'{labels[1]} has the size' in line
    assert line.endswith('(rank 1)')
