import cv2
import numpy as np
import pytest
from mmengine.config import Config

import mmseg_hrvit
from data import make_camvid, shrink
from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.preparation.browse import (
    GAP,
    draw_contact_sheet,
    draw_samples,
)


@pytest.fixture
def cfg(tmp_path):
    root = make_camvid(tmp_path, num_images=3)
    return shrink(Config.fromfile(mmseg_hrvit.config('hrvit_b1_camvid')), root)


def test_the_configs_own_augmentations_are_seen(cfg):
    pictures = draw_samples(cfg, 3, 0.5, seed=0)
    assert len(pictures) == 3
    assert all(picture.shape[1] <= 128 for picture in pictures)  # the crop
    cfg.train_dataloader.dataset.pipeline = [
        dict(type='LoadImageFromFile'),
        dict(type='LoadAnnotations'),
        dict(type='Resize', scale=(64, 48)),
        dict(type='PackSegInputs'),
    ]
    assert draw_samples(cfg, 1, 0.5, seed=0)[0].shape[1] == 64


def test_labels_lie_over_the_image_in_their_colours(cfg, tmp_path):
    for path in tmp_path.glob('annotations/train/*.png'):
        labels = np.full((96, 128), 255, np.uint8)
        labels[:, :64] = 3
        cv2.imwrite(str(path), labels)
    cfg.train_dataloader.dataset.pipeline = [
        dict(type='LoadImageFromFile'),
        dict(type='LoadAnnotations'),
        dict(type='PackSegInputs'),
    ]
    (picture,) = draw_samples(cfg, 1, 1.0, seed=0)
    assert (picture[:96, :64] == (128, 64, 128)).all()  # road
    assert (picture[:96, 64:] == 255).all()
    assert picture.shape[0] > 96  # the legend


def test_the_seed_says_which_and_how(cfg):
    one, same, other = (draw_samples(cfg, 2, 0.5, seed) for seed in (0, 0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert any(
        a.shape != b.shape or (a != b).any() for a, b in zip(one, other, strict=True)
    )


def test_the_seed_says_how_one_image_is_augmented(cfg):
    cfg.train_dataloader.dataset.indices = 1
    (one,), (other,) = (draw_samples(cfg, 1, 0.5, seed) for seed in (0, 1))
    assert one.shape != other.shape or (one != other).any()


def test_a_small_data_set_gives_all_it_has(cfg):
    assert len(draw_samples(cfg, 99, 0.5, seed=0)) == 3


def test_mistakes_are_named(cfg, tmp_path):
    with pytest.raises(InputError, match='--number 0'):
        draw_samples(cfg, 0, 0.5, seed=0)
    for path in tmp_path.glob('annotations/train/*.png'):
        cv2.imwrite(str(path), np.full((96, 128), 99, np.uint8))
    with pytest.raises(DataError, match='has the values 99'):
        draw_samples(cfg, 1, 0.5, seed=0)
    cfg.train_dataloader = None
    with pytest.raises(InputError, match='no train_dataloader'):
        draw_samples(cfg, 1, 0.5, seed=0)


def test_a_sheet_holds_every_picture():
    sizes = [(20, 30), (10, 40), (25, 5)]
    pictures = [
        np.full((*size, 3), 50 * i + 50, np.uint8) for i, size in enumerate(sizes)
    ]
    sheet = draw_contact_sheet(pictures)
    assert sheet.shape == (2 * (25 + GAP), 2 * (40 + GAP), 3)
    for i, (height, width) in enumerate(sizes):
        assert (sheet == 50 * i + 50).all(-1).sum() == height * width
