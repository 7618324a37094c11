import copy

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS
from mmseg.structures import SegDataSample

import mmseg_hrvit
from data import use_tiny_arch
from reference import fill


@pytest.fixture
def cfg():
    cfg = Config.fromfile(mmseg_hrvit.config('hrvit_b1_cityscapes'))
    use_tiny_arch(cfg)
    cfg.model.backbone.norm_cfg = cfg.model.decode_head.norm_cfg = dict(type='BN')
    cfg.model.test_cfg = dict(mode='slide', crop_size=(64, 64), stride=(48, 48))
    return cfg


def augmented():
    """An image in two sizes, each mirrored too, as mmseg's pipeline makes them."""
    inputs, data_samples = [], []
    for size in ((64, 96), (97, 130)):
        image = torch.randint(0, 256, (3, *size), dtype=torch.uint8)
        for flip in (False, True):
            inputs.append([image.flip(2) if flip else image])
            meta = dict(ori_shape=(80, 112), img_path='image.png', flip=flip)
            meta |= dict(flip_direction='horizontal' if flip else None)
            data_samples.append([SegDataSample(metainfo=meta)])
    return dict(inputs=inputs, data_samples=data_samples)


def test_labels_are_those_of_mmseg(cfg):
    data, labels = augmented(), []
    mmseg = cfg.model | dict(type='EncoderDecoder')
    for module in (mmseg, cfg.model):
        model = MODELS.build(copy.deepcopy(dict(cfg.tta_model, module=module)))
        fill(model.module).double().eval()
        with torch.no_grad():
            (merged,) = model.test_step(copy.deepcopy(data))
        labels.append(merged.pred_sem_seg.data)
    assert labels[0].unique().numel() > 1
    assert torch.equal(labels[1], labels[0])


def test_logits_are_kept_for_augmentation_alone(cfg):
    assert not MODELS.build(copy.deepcopy(cfg.model)).is_augmented
    assert MODELS.build(dict(cfg.tta_model, module=cfg.model)).module.is_augmented
