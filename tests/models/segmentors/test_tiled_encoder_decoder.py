import copy

import numpy as np
import pytest
import torch
from mmengine.config import Config, ConfigDict
from mmengine.registry import MODELS, init_default_scope
from mmengine.structures import PixelData
from mmseg.apis import inference_model
from mmseg.models.decode_heads import FCNHead
from mmseg.models.segmentors import EncoderDecoder
from mmseg.structures import SegDataSample
from PIL import Image
from torch import nn

import mmseg_hrvit
from data import use_tiny_arch
from mmseg_hrvit.analysis.memory import peak_memory
from mmseg_hrvit.analysis.sliding import apart
from mmseg_hrvit.datasets.scenes import draw_scene
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.models.segmentors import prediction
from reference import REFERENCE
from selection import full_but
from testers import build

CAMVID = REFERENCE.parent / 'camvid/images/val'
SIZE = (97, 131)
SLIDE = dict(mode='slide', crop_size=(64, 64), stride=(48, 40))


@MODELS.register_module()
class PatchBackbone(nn.Conv2d):
    """A backbone that costs next to nothing."""

    def __init__(self):
        super().__init__(3, 8, 4, stride=4)

    def forward(self, x):
        return (super().forward(x),)


@MODELS.register_module()
class OwnWayHead(FCNHead):
    """A head whose logits have the window's size, and are no up-sampled ones."""

    def predict(self, inputs, batch_img_metas, test_cfg):
        return super().predict(inputs, batch_img_metas, test_cfg).square()


def patch_model(head='FCNHead', **kwargs):
    """A network whose work is in the loop."""
    args = dict(num_classes=19, in_channels=8, channels=8, num_convs=0)
    args |= dict(in_index=0, concat_input=False)
    data_preprocessor = dict(
        type='SegDataPreProcessor',
        mean=[120.0, 110.0, 100.0],
        std=[60.0, 50.0, 40.0],
        bgr_to_rgb=True,
        size=SIZE,
    )
    return ConfigDict(
        type='mmseg_hrvit.TiledEncoderDecoder',
        data_preprocessor=data_preprocessor,
        backbone=dict(type='PatchBackbone'),
        decode_head=dict(type=head, **(args | kwargs)),
        test_cfg=SLIDE | dict(keep_logits=True),
    )


def scenes(count=1, size=SIZE):
    """Drawn streets (3, H, W), as they are read."""
    drawn = [np.asarray(draw_scene(seed, *size)[0]) for seed in range(count)]
    return [torch.from_numpy(x).permute(2, 0, 1) for x in drawn]


def photographs(count):
    """Images of CamVid (3, H, W), as they are read."""
    if not CAMVID.is_dir():
        pytest.skip('the folder with CamVid is not here')
    read = [np.array(Image.open(path)) for path in sorted(CAMVID.glob('*'))[:count]]
    return [torch.from_numpy(x).permute(2, 0, 1) for x in read]


def samples(count=1, ori_shape=SIZE, img_shape=SIZE, **meta):
    """One an image; the sizes of the second and on differ."""
    height, width = ori_shape
    return [
        SegDataSample(
            metainfo=dict(ori_shape=(height, width + i), img_shape=img_shape, **meta)
        )
        for i in range(count)
    ]


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch):
    monkeypatch.setattr(prediction, 'CPU_TILE', 32)


@pytest.fixture(autouse=True)
def no_grad():
    with torch.no_grad():
        yield


def loop_of_mmseg(model, images, data_samples):
    """What mmseg predicts with the same network."""
    data = dict(inputs=images, data_samples=data_samples)
    data = model.data_preprocessor(data, False)
    return EncoderDecoder.predict(model, **data)


def check_equal(model, images, data_samples):
    """Checks logits and labels against mmseg's."""
    expected = loop_of_mmseg(model, images, copy.deepcopy(data_samples))
    found = model.test_step(dict(inputs=images, data_samples=data_samples))
    for a, b in zip(found, expected, strict=True):
        a, b = [
            (x.seg_logits.data, x.pred_sem_seg.data.to(torch.float64)) for x in (a, b)
        ]
        assert torch.allclose(a[0], b[0], rtol=0, atol=1e-9)
        assert torch.equal(a[1], b[1])


@pytest.fixture
def tiny():
    """A tiny HRViT with Cityscapes' config."""
    cfg = Config.fromfile(mmseg_hrvit.config('hrvit_b1_cityscapes'))
    use_tiny_arch(cfg)
    cfg.model.backbone.norm_cfg = cfg.model.decode_head.norm_cfg = dict(type='BN')
    return build(cfg.model).double().eval()


@pytest.mark.parametrize(
    'test_cfg',
    [
        SLIDE,
        dict(mode='slide', crop_size=(64, 64), stride=(25, 64)),
        dict(mode='slide', crop_size=(45, 77), stride=(30, 31)),
        dict(mode='slide', crop_size=(128, 64), stride=(96, 64)),
        dict(mode='slide', crop_size=(256, 256), stride=(96, 96)),
        dict(mode='whole'),
    ],
)
@pytest.mark.parametrize('ori_shape', [SIZE, (150, 201), (50, 60)])
def test_logits_and_labels_are_those_of_mmseg(test_cfg, ori_shape):
    model = build(patch_model()).double().eval()
    model.test_cfg = ConfigDict(test_cfg | dict(keep_logits=True))
    check_equal(model, scenes(2), samples(2, ori_shape))


@pytest.mark.parametrize('test_cfg', [SLIDE, dict(mode='whole')])
def test_logits_and_labels_of_hrvit(tiny, test_cfg):
    tiny.test_cfg = ConfigDict(test_cfg | dict(keep_logits=True))
    check_equal(tiny, scenes(2), samples(2, (150, 201)))


@pytest.mark.parametrize('align_corners', [False, True])
@pytest.mark.parametrize('flip_direction', ['horizontal', 'vertical'])
def test_padding_and_mirroring_are_undone(align_corners, flip_direction):
    model = build(patch_model(align_corners=align_corners)).double().eval()
    meta = dict(flip=True, flip_direction=flip_direction, padding_size=[3, 5, 7, 2])
    for ori_shape in (SIZE, (150, 201)):
        check_equal(model, scenes(2), samples(2, ori_shape, **meta))
    assert 'seg_logits' in model.test_step(dict(inputs=scenes()))[0]


def test_padding_of_the_preprocessor():
    cfg = patch_model()
    cfg['data_preprocessor']['test_cfg'] = dict(size_divisor=32)
    check_equal(build(cfg).double().eval(), scenes(2), samples(2))


@pytest.mark.parametrize('threshold', [0.5, 0.6])
def test_a_single_channel(threshold):
    cfg = patch_model(num_classes=2, out_channels=1, threshold=threshold)
    model = build(cfg).double().eval()
    check_equal(model, scenes(2), samples(2, (150, 201)))
    label = model.test_step(dict(inputs=scenes()))[0].pred_sem_seg.data
    assert label.dtype == torch.float64
    assert label.unique().tolist() == [0, 1]


def test_a_head_that_predicts_in_its_own_way():
    check_equal(build(patch_model('OwnWayHead')).double().eval(), scenes(2), samples(2))


@pytest.mark.parametrize('size', [1, 2, 3, 100])
def test_windows_in_batches(size):
    model = build(patch_model()).double().eval()
    model.test_cfg['window_batch_size'] = size
    seen = []
    model.backbone.register_forward_pre_hook(lambda _, x: seen.append(len(x[0])))
    model.test_step(dict(inputs=scenes(2)))
    assert sum(seen) == 2 * 2 * 3  # images, rows, columns
    assert max(seen) == 2 * min(size, 3)
    check_equal(model, scenes(2), samples(2))


@pytest.mark.parametrize(
    ('take', 'count'), full_but([(scenes, 4), (photographs, 2)], (scenes, 4))
)
@pytest.mark.parametrize('test_cfg', [SLIDE, dict(mode='whole')])
@pytest.mark.parametrize('scale', [1, 2.2])
def test_labels_in_single_precision_differ_in_ties_alone(
    tiny, take, count, test_cfg, scale
):
    model = copy.deepcopy(tiny).float()
    model.test_cfg = ConfigDict(test_cfg | dict(keep_logits=True))
    images = take(count)
    shape = tuple(images[0].shape[1:])
    ori_shape = tuple(int(scale * n) for n in shape)
    expected = loop_of_mmseg(model, images, samples(count, ori_shape, shape))
    data = dict(inputs=images, data_samples=samples(count, ori_shape, shape))
    for a, b in zip(model.test_step(data), expected, strict=True):
        best, second = b.seg_logits.data.topk(2, dim=0).values
        differs = (a.pred_sem_seg.data != b.pred_sem_seg.data)[0]
        assert (best - second)[differs].lt(1e-5).all()
        assert torch.allclose(a.seg_logits.data, b.seg_logits.data, 0, 1e-5)


def test_normalised_images_and_no_data_samples():
    model = build(patch_model()).double().eval()
    images = torch.stack(scenes(2))
    normalised = model.data_preprocessor(dict(inputs=list(images)), False)['inputs']
    found = [model.predict(x) for x in (images, normalised)]
    expected = EncoderDecoder.predict(model, normalised)
    for a, b, c in zip(*found, expected, strict=True):
        assert torch.equal(a.seg_logits.data, b.seg_logits.data)
        assert torch.allclose(a.seg_logits.data, c.seg_logits.data, 0, 1e-12)


def test_images_read_as_floats():
    model = build(patch_model()).double().eval()
    check_equal(model, [image.double() for image in scenes(2)], samples(2))


def test_probabilities_where_asked_for():
    model = build(patch_model()).eval()
    kept = model.test_step(dict(inputs=scenes()))[0]
    assert torch.allclose(kept.seg_logits.data.softmax(0).sum(0), torch.ones(SIZE))
    model.test_cfg.pop('keep_logits')
    bare = model.val_step(dict(inputs=scenes()))[0]
    assert 'seg_logits' not in bare
    assert torch.equal(bare.pred_sem_seg.data, kept.pred_sem_seg.data)


def test_truth_is_kept():
    model = build(patch_model()).eval()
    sample = samples()[0]
    sample.gt_sem_seg = PixelData(data=torch.ones(1, *SIZE, dtype=torch.int64))
    (found,) = model.test_step(dict(inputs=scenes(), data_samples=[sample]))
    assert found.gt_sem_seg.data.sum() == SIZE[0] * SIZE[1]
    assert found.ori_shape == SIZE


def test_it_trains_and_loads_as_mmsegs():
    cfg = patch_model()
    model = build(cfg)
    other = build(cfg | dict(type='EncoderDecoder'))
    assert model.state_dict().keys() == other.state_dict().keys()
    losses = []
    for segmentor in (model, other):
        data_samples = samples()
        label = torch.zeros(1, *SIZE, dtype=torch.int64)
        data_samples[0].gt_sem_seg = PixelData(data=label)
        data = dict(inputs=scenes(), data_samples=data_samples)
        data = segmentor.eval().data_preprocessor(data, True)
        losses.append(segmentor(**data, mode='loss')['decode.loss_ce'])
    assert losses[0] == losses[1]


def test_gradients_reach_the_image():
    model = build(patch_model()).double().eval()
    image = torch.randn(1, 3, *SIZE, dtype=torch.float64, requires_grad=True)
    grads = []
    with torch.enable_grad():
        for predict in (model.predict, lambda x: EncoderDecoder.predict(model, x)):
            predict(image)[0].seg_logits.data.square().sum().backward()
            grads.append(image.grad)
            image.grad = None
    assert torch.allclose(*grads, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ('test_cfg', 'message'),
    [
        (dict(mode='slides'), "choose 'slide' or 'whole'"),
        (SLIDE | dict(stride=(48, 65)), 'gaps'),
    ],
)
def test_wrong_options(test_cfg, message):
    model = build(patch_model()).eval()
    model.test_cfg = ConfigDict(test_cfg)
    with pytest.raises(InputError, match=message):
        model.test_step(dict(inputs=scenes()))


def peak_of_a_large_image(path):
    """Memory from a file to its labels, in bytes beyond the loaded network."""
    init_default_scope('mmseg')
    cfg = Config(dict(model=patch_model()))
    slide = dict(mode='slide', crop_size=(512, 512), stride=(384, 384))
    cfg.model.test_cfg = slide
    cfg.test_pipeline = [dict(type='LoadImageFromFile'), dict(type='PackSegInputs')]
    model = build(cfg.model).eval()
    model.cfg = cfg
    inference_model(model, np.zeros((64, 64, 3), np.uint8))
    cfg.test_pipeline[0] = dict(type='LoadImageFromFile')
    labels = []
    peak = peak_memory(lambda: labels.append(inference_model(model, path)), 'cpu')
    assert labels[0].pred_sem_seg.shape == Image.open(path).size[::-1]
    return peak


def test_a_large_image_in_bounded_memory(tmp_path):
    path = tmp_path / 'large.png'
    row = np.random.default_rng(0).integers(0, 256, (1, 5000, 3), dtype=np.uint8)
    Image.fromarray(row.repeat(4000, axis=0)).save(path, compress_level=1)
    # A pixel has 3 bytes in the image and 8 in the label map; normalised it would
    # have 12 more, and its logits 76.
    assert apart(peak_of_a_large_image, str(path)) < 18 * 4000 * 5000


@pytest.mark.parametrize(
    ('test_cfg', 'message'),
    [
        (dict(window_batchsize=4), "did you mean 'window_batch_size'"),
        (dict(keep_logit=True), "did you mean 'keep_logits'"),
        (dict(window_batch_size=0), 'window_batch_size=0: give a whole number'),
        (dict(mode='slid'), "choose 'slide' or 'whole'"),
        (dict(mode='slide', stride=(4, 4)), 'crop_size=None: give 2 positive'),
        (dict(SLIDE, stride=48), 'stride=48: give 2 positive'),
    ],
)
def test_a_test_cfg_that_cannot_be_meant(test_cfg, message):
    cfg = dict(patch_model(), test_cfg=test_cfg)
    with pytest.raises(InputError, match=message):
        MODELS.build(cfg)
    network = MODELS.build(patch_model())
    network.test_cfg = ConfigDict(test_cfg)  # changed later
    with pytest.raises(InputError, match=message):
        network(torch.zeros(1, 3, *SIZE), mode='predict')
