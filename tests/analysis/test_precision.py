"""Comparing the forms of a network on a test set."""

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.registry import DATASETS
from mmengine.structures import PixelData

import mmseg_hrvit
from data import make_camvid, shrink
from export_data import save_small
from mmseg_hrvit.analysis.precision import compare_forms, open_form, tabulate
from mmseg_hrvit.apis import Segmenter
from mmseg_hrvit.apis.inputs import read_image
from mmseg_hrvit.errors import InputError


@pytest.fixture
def cfg(tmp_path):
    """A config whose test set are three images."""
    cfg = Config.fromfile(mmseg_hrvit.config('hrvit_b1_camvid'))
    return shrink(cfg, make_camvid(tmp_path / 'data', num_images=3))


@pytest.fixture
def dataset(cfg):
    """The test set."""
    return DATASETS.build(cfg.test_dataloader.dataset)


def guess(image):
    """Labels by the brightness of pixels."""
    return image.mean(-1).astype(np.uint8) // 24


def spoiled(image):
    """The same, another label in the upper half."""
    labels = guess(image)
    labels[: len(labels) // 2] += 1
    return labels


def test_labels_are_compared_with_the_first(cfg):
    first, other = compare_forms(dict(first=guess, other=spoiled), cfg)
    assert (first.name, other.name) == ('first', 'other')
    assert first.agreement == 1
    assert other.agreement == 0.5
    assert len(first.seconds) == 2  # the first image is not timed


def test_the_miou_is_mmsegs(cfg, dataset):
    (outcome,) = compare_forms(dict(guess=guess), cfg)
    evaluator = Evaluator(dict(type='IoUMetric'))
    evaluator.dataset_meta = dataset.metainfo
    for i in range(len(dataset)):
        sample = dataset[i]['data_samples']
        labels = guess(read_image(sample.img_path))
        sample.pred_sem_seg = PixelData(data=torch.from_numpy(labels)[None])
        evaluator.process([sample])
    expected = evaluator.evaluate(len(dataset))['mIoU']
    assert 100 * outcome.mean_iou == pytest.approx(expected, abs=0.006)


def test_few_images_are_spread_over_the_set(cfg, dataset):
    seen = []

    def look(image):
        seen.append(image)
        return guess(image)

    compare_forms(dict(look=look), cfg, max_images=2)
    ends = [read_image(dataset.get_data_info(i)['img_path']) for i in (0, -1)]
    assert np.array_equal(seen, ends)


@pytest.mark.parametrize('count', [0, 1])
def test_one_image_is_too_few(cfg, count):
    with pytest.raises(InputError, match='two images or more'):
        compare_forms(dict(guess=guess), cfg, max_images=count)


def test_a_checkpoint_is_a_form_in_two_types(tmp_path):
    config, checkpoint = save_small('hrvit_b1_camvid', tmp_path)
    image = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
    expected = Segmenter.from_checkpoint(config, checkpoint)([image])[0].labels
    cfg = Config.fromfile(config)
    full, same, half = (
        open_form(checkpoint + dtype, cfg)(image)
        for dtype in ('', '@float32', '@bfloat16')
    )
    assert np.array_equal(full, expected)
    assert np.array_equal(same, expected)
    assert 0.9 < (half == expected).mean() < 1


def test_a_network_of_the_package_is_a_form():
    image = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
    expected = Segmenter.from_pretrained('hrvit_quickstart')([image])[0].labels
    cfg = Config.fromfile(mmseg_hrvit.config('hrvit_quickstart'))
    assert np.array_equal(open_form('hrvit_quickstart', cfg)(image), expected)


@pytest.mark.parametrize('name', ['net.pth@int8', 'net.xml@bfloat16', 'net.jpg'])
def test_other_names_are_refused(name):
    with pytest.raises(InputError, match=r'CHECKPOINT@TYPE|not an exported file'):
        open_form(name, Config())


def test_the_table_has_ratios(cfg):
    outcomes = compare_forms(dict(first=guess, other=spoiled), cfg)
    outcomes[0].seconds, outcomes[1].seconds = [2.0, 4.0], [1.0, 2.0]
    table = tabulate(outcomes)
    cells = [list(column.cells) for column in table.columns]
    assert cells[0] == ['first', 'other']
    assert cells[1] == ['100.00%', '50.00%']
    assert cells[4] == ['1.00 x', '2.00 x']
