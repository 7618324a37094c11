"""Whole runs on a GPU, by the command line: distributed, killed, resumed."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS
from mmseg.structures import SegDataSample

import mmseg_hrvit
from data import make_ade20k, make_camvid, shrink, use_tiny_arch
from export_data import save_small
from mmseg_hrvit.analysis.killed_run import digest
from mmseg_hrvit.apis import Segmenter
from mmseg_hrvit.engine.cpu import replace_sync_bn
from paths import ROOT, TOOLS

RUN = {
    'randomness': dict(seed=7, deterministic=True),
    'train_cfg.val_interval': 2,
    'default_hooks.checkpoint.interval': 2,
    'default_hooks.logger.interval': 1,
    'param_scheduler': [dict(type='PolyLR', by_epoch=False, begin=0, end=4)],
}


def write_config(folder, name):
    """A tiny network of a shipped config, with all of its hooks."""
    cfg = Config.fromfile(mmseg_hrvit.config(name))
    use_tiny_arch(shrink(cfg, make_ade20k(folder / 'data', num_images=4)))
    cfg.merge_from_dict(RUN)
    path = folder / f'{folder.name}.py'
    cfg.dump(path)
    return path


def train(device, config, work_dir, iters, processes, *arguments):
    """Trains by ``tools/dist_train.sh`` or ``tools/train.py``; returns what it said."""
    options = ['--work-dir', work_dir, '--cfg-options', f'train_cfg.max_iters={iters}']
    tool = [TOOLS / 'launch.py', 'dist_train', config, processes]
    if processes is None:
        tool = [TOOLS / 'train.py', config]
    command = [sys.executable, *tool, *arguments, *options]
    environ = dict(os.environ, PYTHONPATH=str(ROOT), OMP_NUM_THREADS='1', RESTARTS='0')
    if device.type == 'cpu':
        environ['CUDA_VISIBLE_DEVICES'] = '-1'
    done = subprocess.run(
        list(map(str, command)),
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-3000:]
    return said


def test_distributed_training_with_all_hooks(tmp_path, device):
    """Every hook's collectives, beside a process group of NCCL.

    With one GPU, there is nothing to exchange.
    """
    config = write_config(tmp_path, 'hrvit_b1_ade20k')
    processes = torch.cuda.device_count() if device.type == 'cuda' else 2
    said = train(device, config, tmp_path / 'work', 4, processes)
    assert (tmp_path / 'work/iter_4.pth').is_file()
    assert 'mIoU' in said
    assert ('BN replaces SyncBN' in said) == (device.type == 'cpu')


@pytest.mark.parametrize('name', ['hrvit_b1_ade20k', 'hrvit_b1_upernet_ade20k'])
def test_a_resumed_run_is_the_same_to_the_bit(tmp_path, name, device):
    config = write_config(tmp_path, name)
    whole, parted = tmp_path / 'whole', tmp_path / 'parted'
    train(device, config, whole, 4, None)
    train(device, config, parted, 2, None)
    train(device, config, parted, 4, None, '--resume')
    assert digest(parted) == digest(whole)


def test_windows_of_a_large_image(device):
    """In windows the GPU has the labels of the CPU."""
    cfg = Config.fromfile(mmseg_hrvit.config('hrvit_b1_cityscapes'))
    use_tiny_arch(cfg)
    replace_sync_bn(cfg.model)
    size, window = ((1024, 2048), 1024) if device.type == 'cuda' else ((96, 160), 64)
    cfg.model.test_cfg = dict(
        mode='slide', crop_size=(window, window), stride=(window * 3 // 4,) * 2
    )
    model = MODELS.build(cfg.model).eval()
    image = torch.randint(0, 256, (3, *size), dtype=torch.uint8)
    expected, found = (segment(model.to(place), image) for place in ('cpu', device))
    assert found.shape == (1, *size)
    assert (found.cpu() == expected.cpu()).float().mean() > 0.999


@torch.no_grad()
def segment(model, image):
    """The label map of an image."""
    (result,) = model.test_step(dict(inputs=[image], data_samples=[sample(image)]))
    return result.pred_sem_seg.data


def sample(image):
    size = tuple(image.shape[1:])
    return SegDataSample(metainfo=dict(ori_shape=size, img_shape=size))


def test_tensorrt_is_compared_without_tf32(tmp_path, cuda):
    pytest.importorskip('tensorrt', reason='tensorrt is not installed')
    config, checkpoint = save_small('hrvit_b1_camvid', tmp_path)
    engine = tmp_path / 'net.engine'
    options = ['--to', 'tensorrt', '--out', engine]
    export = [sys.executable, TOOLS / 'export.py', config, checkpoint, *options]
    subprocess.run(list(map(str, export)), check=True, timeout=300)
    paths = sorted((make_camvid(tmp_path / 'camvid') / 'images/val').iterdir())
    expected = Segmenter.from_checkpoint(config, checkpoint)(paths)
    for ours, theirs in zip(Segmenter.from_file(engine)(paths), expected, strict=True):
        assert np.mean(ours.labels == theirs.labels) > 0.999
