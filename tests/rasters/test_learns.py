"""Networks of many bands learn what one of them alone tells."""

import numpy as np
import pytest
from mmengine.runner import Runner

from mmseg_hrvit.engine.cpu import prepare_cpu
from mmseg_hrvit.rasters.statistics import measure
from raster_data import draw_bands, draw_blocks, raster_config, write_raster

ITERATIONS = 240
TOP = dict(uint16=10_000, float32=0.6)


def draw_mosaic(folder, split, bands, telling, dtype, seed, size):
    labels = draw_blocks(seed, 4, size, edge=24)
    values = draw_bands(labels, bands, telling, dtype, TOP[dtype], seed)
    write_raster(folder / f'{split}.tif', values)
    write_raster(folder / f'{split}_labels.tif', labels[None])


@pytest.mark.full
@pytest.mark.parametrize(
    ('bands', 'telling', 'dtype'), [(4, 3, 'uint16'), (13, 8, 'float32')]
)
def test_held_out_rasters_are_segmented(tmp_path, bands, telling, dtype):
    draw_mosaic(tmp_path, 'train', bands, telling, dtype, seed=0, size=(512, 640))
    draw_mosaic(tmp_path, 'val', bands, telling, dtype, seed=1, size=(192, 256))
    cfg = raster_config(tmp_path, bands, pairs=[('train.tif', 'train_labels.tif')])
    for split in ('val', 'test'):
        cfg[f'{split}_dataloader'].dataset.pairs = [('val.tif', 'val_labels.tif')]
    steps = cfg.train_dataloader.dataset.pipeline
    cfg.train_dataloader.dataset.pipeline = [
        steps[0],
        dict(type='RandomFlip', prob=0.5),
        dict(type='mmseg_hrvit.RadiometricDistortion', gain=0.05, band_gain=0.05),
        steps[1],
    ]
    found = measure(cfg, 'train')
    assert np.allclose(found.mean, TOP[dtype] / 2, rtol=0.1)
    preprocessor = dict(mean=found.mean.tolist(), std=found.std.tolist())
    cfg.model.data_preprocessor.update(preprocessor)
    cfg.train_cfg.update(max_iters=ITERATIONS, val_interval=ITERATIONS)
    cfg.param_scheduler[1].end = ITERATIONS
    cfg.train_dataloader.batch_size = 8
    cfg.launcher = 'none'
    prepare_cpu(cfg)
    runner = Runner.from_cfg(cfg)
    runner.train()
    miou = runner.message_hub.get_scalar('val/mIoU').current()
    print(f'{bands} bands of {dtype}: mIoU {miou:.1f} % on the held-out raster')
    assert miou > 60
