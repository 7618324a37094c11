"""The confusion matrix against mmseg's own counts."""

import csv

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.registry import DATASETS
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from PIL import Image

import mmseg_hrvit
from data import make_ade20k, make_camvid, shrink
from mmseg_hrvit.analysis.confusion import (
    count_confusions,
    draw_matrix,
    normalise_rows,
    write_csv,
)
from mmseg_hrvit.errors import InputError

MATRIX = np.array([[6, 2, 0], [0, 0, 0], [1, 0, 3]])
CLASSES = ('road', 'sky', 'tree')


@pytest.fixture(params=['camvid', 'ade20k'])
def tested(request, tmp_path):
    """A config, a folder with label maps by mmseg, and what mmseg counted."""
    make = dict(camvid=make_camvid, ade20k=make_ade20k)[request.param]
    cfg = Config.fromfile(mmseg_hrvit.config(f'hrvit_b1_{request.param}'))
    shrink(cfg, make(tmp_path / 'data'))
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    metric = dict(type='IoUMetric', output_dir=str(tmp_path / 'maps'))
    evaluator = Evaluator(metric)
    evaluator.dataset_meta = dataset.metainfo
    rng = np.random.default_rng(0)
    for i in range(len(dataset)):
        sample = dataset[i]['data_samples']
        truth = sample.gt_sem_seg.data
        noise = rng.integers(0, len(dataset.metainfo['classes']), truth.shape)
        wrong = torch.from_numpy(
            (rng.random(truth.shape) < 0.3) | (truth == 255).numpy()
        )
        labels = torch.where(wrong, torch.from_numpy(noise), truth.long())
        predicted = SegDataSample(metainfo=sample.metainfo)
        predicted.gt_sem_seg = sample.gt_sem_seg
        predicted.pred_sem_seg = PixelData(data=labels)
        evaluator.process([predicted])
    results = evaluator.metrics[0].results
    areas = [sum(parts).numpy() for parts in zip(*results, strict=True)]
    return cfg, tmp_path / 'maps', areas


def test_counts_are_mmsegs(tested):
    cfg, maps, (intersection, union, predicted, truth) = tested
    matrix, classes = count_confusions(cfg, maps)
    assert len(classes) == len(matrix)
    assert matrix.diagonal().tolist() == intersection.tolist()
    assert matrix.sum(0).tolist() == predicted.tolist()
    assert matrix.sum(1).tolist() == truth.tolist()
    assert (matrix.sum(0) + matrix.sum(1) - matrix.diagonal() == union).all()
    assert 0.6 < matrix.trace() / matrix.sum() < 0.8


def test_rows_are_shares():
    shares = normalise_rows(MATRIX)
    assert shares[0].tolist() == [0.75, 0.25, 0]
    assert np.isnan(shares[1]).all()
    assert shares[2].tolist() == [0.25, 0, 0.75]


def test_the_table_has_names_pixels_and_shares(tmp_path):
    write_csv(MATRIX, CLASSES, tmp_path / 'new/matrix.csv')
    rows = [*csv.reader((tmp_path / 'new/matrix.csv').open())]
    assert rows[0] == ['truth', 'pixels', *CLASSES]
    assert rows[1] == ['road', '8', '0.750000', '0.250000', '0.000000']
    assert rows[2] == ['sky', '0', '', '', '']


def test_the_picture_grows_with_the_classes(tmp_path):
    draw_matrix(MATRIX, CLASSES, tmp_path / 'few.png')
    many = np.eye(40, dtype=int)
    draw_matrix(many, [f'class {i}' for i in range(40)], tmp_path / 'many.png')
    few, many = (Image.open(tmp_path / f'{name}.png') for name in ('few', 'many'))
    assert many.height > 1.5 * few.height
    dark = few.convert('RGB').getpixel((few.width // 2, few.height // 2))
    assert dark != (255, 255, 255)


@pytest.mark.parametrize(
    ('mistake', 'message'),
    [
        (lambda path: path.unlink(), r'no label map of .*jpg; create them with'),
        (lambda path: save(path, np.zeros((2, 3))), r'\(2, 3\) pixels, its truth'),
        (lambda path: save(path, np.full((96, 128), 77)), 'has the labels 77 to 77'),
    ],
    ids=['missing', 'size', 'labels'],
)
def test_mistakes_name_the_file(tmp_path, mistake, message):
    cfg = Config.fromfile(mmseg_hrvit.config('hrvit_b1_camvid'))
    shrink(cfg, make_camvid(tmp_path / 'data'))
    for path in (tmp_path / 'data/annotations/val').iterdir():
        save(tmp_path / path.name, np.zeros((96, 128)))
    last = tmp_path / path.name
    mistake(last)
    with pytest.raises(InputError, match=message) as error:
        count_confusions(cfg, tmp_path)
    assert str(error.value).startswith(f'{last}: ')


def save(path, labels):
    Image.fromarray(labels.astype(np.uint8)).save(path)
