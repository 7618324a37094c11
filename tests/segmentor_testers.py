"""What mmseg's users do with segmentors, test-time augmentation and heads.

A class of this project and the class of mmseg that it stands for go through the same
cases: a tester is subclassed once for each.
"""

import copy

import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.model import BaseModule
from mmengine.optim import OptimWrapper
from mmengine.registry import MODELS
from mmengine.structures import PixelData
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.structures import SegDataSample
from torch import nn

SIZE = (40, 56)
SLIDE = dict(mode='slide', crop_size=(32, 32), stride=(20, 16))


@MODELS.register_module()
class TwoLevels(BaseModule):
    """A backbone with two maps, of 1/4 and 1/8 of the image's size."""

    out_channels = (4, 6)

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 4, stride=4)
        self.second = nn.Conv2d(4, 6, 2, stride=2)

    def forward(self, x):
        x = self.first(x)
        return x, self.second(x)


@MODELS.register_module()
class SwapNeck(nn.Module):
    """A neck that turns the order of the maps."""

    def forward(self, maps):
        return maps[::-1]


@MODELS.register_module()
class PlainHead(BaseDecodeHead):
    """The classes straight from one map."""

    def forward(self, inputs):
        return self.cls_seg(self._transform_inputs(inputs))


def head_cfg(level=0, **options):
    cfg = dict(type='PlainHead', in_channels=(4, 6)[level], in_index=level)
    channels = dict(channels=(4, 6)[level], num_classes=5)
    return cfg | channels | options


def build_seeded(cfg):
    torch.manual_seed(0)
    model = MODELS.build(copy.deepcopy(ConfigDict(cfg)))
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    return model


def draw_batch(count=2, num_classes=5, size=SIZE, **meta):
    """What a data loader gives: images in bytes, and samples with label maps."""
    inputs, samples = [], []
    for i in range(count):
        generator = torch.Generator().manual_seed(i)
        inputs.append(
            torch.randint(0, 256, (3, *size), dtype=torch.uint8, generator=generator)
        )
        label = torch.randint(0, num_classes, (1, *size), generator=generator)
        sample = SegDataSample(
            metainfo=dict(ori_shape=size, img_shape=size, img_path=f'{i}.png', **meta)
        )
        sample.gt_sem_seg = PixelData(data=label)
        samples.append(sample)
    return dict(inputs=inputs, data_samples=samples)


class SegmentorTester:
    """Common cases; a subclass gives ``type``."""

    type: str

    def cfg(self, **options):
        preprocessor = dict(
            type='SegDataPreProcessor',
            mean=[120.0, 110.0, 100.0],
            std=[60.0, 50.0, 40.0],
            bgr_to_rgb=True,
            size=SIZE,
        )
        cfg = dict(
            type=self.type,
            data_preprocessor=preprocessor,
            backbone=dict(type='TwoLevels'),
            decode_head=head_cfg(),
            train_cfg=None,
            test_cfg=dict(mode='whole', keep_logits=True),
        )
        return cfg | options

    @pytest.mark.parametrize(
        'options, names',
        [
            ({}, ['decode']),
            (dict(neck=dict(type='SwapNeck'), decode_head=head_cfg(1, in_index=0)),
             ['decode']),
            (dict(auxiliary_head=head_cfg(1)), ['decode', 'aux']),
            (dict(auxiliary_head=[head_cfg(0), head_cfg(1)]),
             ['decode', 'aux_0', 'aux_1']),
        ],
    )  # fmt: skip
    def test_a_step_of_training_moves_every_weight(self, options, names):
        model = build_seeded(self.cfg(**options)).train()
        before = copy.deepcopy(model.state_dict())
        optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
        losses = model.train_step(draw_batch(), OptimWrapper(optimizer))
        for name in names:
            assert losses[f'{name}.loss_ce'] > 0
            assert 0 <= losses[f'{name}.acc_seg'] <= 100
        for name, value in model.state_dict().items():
            used = 'second' not in name or 'aux' in ' '.join(names) or 'neck' in options
            assert (not torch.equal(value, before[name])) == used, name

    @pytest.mark.parametrize('test_cfg', [dict(mode='whole'), SLIDE])
    @pytest.mark.parametrize('ori_shape', [SIZE, (61, 90)])
    def test_results_have_the_size_of_the_original(self, test_cfg, ori_shape):
        test_cfg = test_cfg | dict(keep_logits=True)
        model = build_seeded(self.cfg(test_cfg=test_cfg)).eval()
        data = draw_batch()
        for sample in data['data_samples']:
            sample.set_metainfo(dict(ori_shape=ori_shape))
        with torch.no_grad():
            results = model.test_step(data)
        assert len(results) == 2
        for i, result in enumerate(results):
            assert result.img_path == f'{i}.png'
            assert result.pred_sem_seg.data.shape == (1, *ori_shape)
            assert result.seg_logits.data.shape == (5, *ori_shape)
            assert result.pred_sem_seg.data.eq(
                result.seg_logits.data.argmax(0, keepdim=True)
            ).all()
            assert result.gt_sem_seg.data.shape == (1, *SIZE)

    def test_the_modes_of_forward(self):
        model = build_seeded(self.cfg()).eval()
        data = model.data_preprocessor(draw_batch(), True)
        assert model(**data, mode='loss')['decode.loss_ce'].requires_grad
        assert model(**data, mode='tensor').shape == (2, 5, 10, 14)
        assert len(model(**data, mode='predict')) == 2
        assert len(model(data['inputs'], mode='predict')) == 2
        with pytest.raises(RuntimeError, match='Invalid mode'):
            model(**data, mode='else')

    def test_mirrored_and_padded_images_are_turned_back(self):
        model = build_seeded(self.cfg()).double().eval()
        data = draw_batch(1)
        for side, direction in ((1, 'vertical'), (2, 'horizontal')):
            turned = copy.deepcopy(data)
            turned['inputs'] = [turned['inputs'][0].flip(side)]
            turned['data_samples'][0].set_metainfo(
                dict(flip=True, flip_direction=direction, padding_size=[0, 4, 0, 8])
            )
            (result,) = model.test_step(turned)
            expected = model.test_step(
                dict(
                    inputs=turned['inputs'],
                    data_samples=draw_batch(1)['data_samples'],
                )
            )[0].seg_logits.data
            cut = expected[:, : SIZE[0] - 8, : SIZE[1] - 4].flip(side)
            cut = nn.functional.interpolate(cut[None], SIZE, mode='bilinear')[0]
            assert torch.allclose(result.seg_logits.data, cut, rtol=0, atol=1e-9)

    @pytest.mark.parametrize('threshold', [0.3, 0.8])
    @pytest.mark.parametrize('options', [dict(num_classes=1), dict(out_channels=1)])
    def test_a_single_channel(self, threshold, options):
        head = head_cfg(
            loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=True),
            threshold=threshold,
            **(dict(num_classes=2) | options),
        )
        model = build_seeded(self.cfg(decode_head=head)).eval()
        data = draw_batch(num_classes=2)
        losses = model.train_step(
            copy.deepcopy(data), OptimWrapper(torch.optim.SGD(model.parameters(), 0.0))
        )
        assert losses['decode.loss_ce'].isfinite()
        for result in model.test_step(data):
            share = result.seg_logits.data
            assert share.shape == (1, *SIZE)
            assert share.min() >= 0
            assert share.max() <= 1
            assert torch.equal(result.pred_sem_seg.data, (share > threshold).float())

    @pytest.mark.parametrize('step', ['inference', 'whole_inference', 'encode_decode'])
    @pytest.mark.parametrize('on_object', [False, True])
    def test_an_overridden_step_is_obeyed(self, step, on_object):
        self.check_override(step, dict(mode='whole'), on_object)

    def test_an_overridden_loop_over_windows_is_obeyed(self):
        self.check_override('slide_inference', SLIDE, on_object=False)

    def check_override(self, step, test_cfg, on_object):
        """A step that answers that all is class 3, for normalised images."""
        seen = []

        def answer(model, inputs, metas):
            seen.append((inputs, metas))
            logits = inputs.new_zeros(len(inputs), 5, *inputs.shape[2:])
            logits[:, 3] = 1
            return logits

        model = build_seeded(self.cfg(test_cfg=ConfigDict(test_cfg))).eval()
        if on_object:
            setattr(model, step, lambda *args: answer(model, *args))
        else:
            model.__class__ = type('Own', (type(model),), {step: answer})
        results = model.test_step(draw_batch())
        inputs, metas = seen[0]
        assert inputs.is_floating_point()
        assert inputs.mean().abs() < 1
        assert [meta['img_path'] for meta in metas] == ['0.png', '1.png']
        for result in results:
            assert result.pred_sem_seg.data.unique().tolist() == [3]
            assert result.seg_logits.data.shape == (5, *SIZE)

    def test_an_overridden_postprocess_is_obeyed(self):
        model = build_seeded(self.cfg()).eval()

        def postprocess_result(self, seg_logits, data_samples=None):
            return ['mine', seg_logits.shape]

        model.__class__ = type(
            'Own', (type(model),), dict(postprocess_result=postprocess_result)
        )
        assert model.test_step(draw_batch()) == ['mine', (2, 5, *SIZE)]

    @pytest.mark.parametrize('name', ['predict', 'extract_feat', '_forward'])
    def test_a_method_that_is_overridden_gets_normalised_images(self, name):
        model = build_seeded(self.cfg()).eval()
        expected = model.test_step(draw_batch())
        seen = []

        def own(model, inputs, *args):
            seen.append(inputs.dtype)
            return getattr(super(own_type, model), name)(inputs, *args)

        own_type = model.__class__ = type('Own', (type(model),), {name: own})
        for a, b in zip(model.test_step(draw_batch()), expected, strict=True):
            assert torch.equal(a.pred_sem_seg.data, b.pred_sem_seg.data)
        assert set(seen) <= {torch.float32}
        assert bool(seen) == (name != '_forward')

    @pytest.mark.parametrize('test_cfg', [dict(mode='whole'), SLIDE])
    def test_a_heads_own_predict_knows_the_image(self, test_cfg):
        model = build_seeded(self.cfg(test_cfg=ConfigDict(test_cfg))).eval()
        paths = []

        def predict(head, inputs, metas, test_cfg):
            paths.extend(meta['img_path'] for meta in metas)
            return super(own_type, head).predict(inputs, metas, test_cfg)

        own_type = type('Own', (type(model.decode_head),), dict(predict=predict))
        model.decode_head.__class__ = own_type
        model.test_step(draw_batch())
        assert {*paths} == {'0.png', '1.png'}


class TTATester:
    """Test-time augmentation; a subclass gives ``type``, of the segmentor inside."""

    type: str

    def build(self, as_object=False, **options):
        cfg = SegmentorTester.cfg(self, test_cfg=dict(mode='whole'), **options)
        if as_object:
            model = MODELS.build(dict(type='SegTTAModel', module=build_seeded(cfg)))
        else:
            model = build_seeded(dict(type='SegTTAModel', module=cfg))
        return model.double().eval()

    def augmented(self, num_classes=5):
        """Two sizes of an image, each mirrored too, as mmseg's pipeline has them."""
        inputs, samples = [], []
        for size in (SIZE, (24, 33)):
            data = draw_batch(1, num_classes, size, flip=False, flip_direction=None)
            image, sample = data['inputs'][0], data['data_samples'][0]
            sample.set_metainfo(dict(ori_shape=SIZE))
            mirrored = copy.deepcopy(sample)
            mirrored.set_metainfo(dict(flip=True, flip_direction='horizontal'))
            inputs += [[image], [image.flip(2)]]
            samples += [[sample], [mirrored]]
        return dict(inputs=inputs, data_samples=samples)

    @pytest.mark.parametrize('as_object', [False, True])
    def test_the_mean_of_all_views_decides(self, as_object):
        model, data = self.build(as_object), self.augmented()
        (merged,) = model.test_step(copy.deepcopy(data))
        views = []
        for inputs, samples in zip(*data.values(), strict=True):
            view = dict(inputs=inputs, data_samples=copy.deepcopy(samples))
            (result,) = model.module.test_step(view)
            views.append(result.seg_logits.data.softmax(0))
        expected = torch.stack(views).mean(0).argmax(0, keepdim=True)
        assert expected.unique().numel() > 1
        assert torch.equal(merged.pred_sem_seg.data, expected)
        assert merged.img_path == '0.png'
        assert torch.equal(
            merged.gt_sem_seg.data, data['data_samples'][0][0].gt_sem_seg.data
        )

    def test_a_single_channel(self):
        head = head_cfg(num_classes=2, out_channels=1, threshold=0.6)
        model = self.build(decode_head=head)
        (merged,) = model.test_step(self.augmented(2))
        assert merged.pred_sem_seg.data.unique().tolist() in ([0], [1], [0, 1])


class DecodeHeadTester:
    """What mmseg's decode heads share; a subclass gives ``cfg``."""

    num_classes = 5

    def cfg(self, **options):
        raise NotImplementedError

    def maps(self, cfg):
        generator = torch.Generator().manual_seed(0)
        return [
            torch.randn(
                2, c, *(n // 2 ** (i + 2) for n in (64, 96)), generator=generator
            )
            for i, c in enumerate(cfg['in_channels'])
        ]

    def samples(self, num_classes=5, ignored=None):
        samples = draw_batch(2, num_classes, (64, 96))['data_samples']
        for sample in samples:
            if ignored is not None:
                sample.gt_sem_seg.data[..., ::2] = ignored
        return samples

    def loss(self, samples, **options):
        cfg = self.cfg(dropout_ratio=0.0, **options)
        head = build_seeded(cfg)
        return head, head.loss(self.maps(cfg), samples, ConfigDict())

    @pytest.mark.parametrize('ignored', [None, 255, 5, 11])
    def test_the_loss_is_that_of_the_resized_logits(self, ignored):
        samples, label = self.samples(ignored=ignored), ignored or 255
        head, losses = self.loss(
            samples,
            ignore_index=label,
            loss_decode=dict(type='CrossEntropyLoss', avg_non_ignore=True),
        )
        logits = nn.functional.interpolate(
            head.forward(self.maps(self.cfg())), (64, 96), mode='bilinear'
        )
        labels = torch.cat([sample.gt_sem_seg.data for sample in samples])
        expected = nn.functional.cross_entropy(logits, labels, ignore_index=label)
        assert torch.allclose(losses['loss_ce'], expected, rtol=1e-4)
        right = (logits.argmax(1) == labels)[labels != label].float().mean() * 100
        assert torch.allclose(losses['acc_seg'], right, rtol=1e-4)

    def test_several_losses(self):
        _, losses = self.loss(
            self.samples(),
            loss_decode=[
                dict(type='CrossEntropyLoss', loss_name='loss_1'),
                dict(type='DiceLoss', loss_name='loss_2'),
                dict(type='CrossEntropyLoss', loss_name='loss_1'),
            ],
        )
        assert losses.keys() == {'loss_1', 'loss_2', 'acc_seg'}

    def test_hard_pixels_alone(self):
        sampler = dict(type='OHEMPixelSampler', thresh=0.01, min_kept=10)
        _, every = self.loss(self.samples())
        _, hard = self.loss(self.samples(), sampler=sampler)
        assert 0 < hard['loss_ce'] < every['loss_ce']

    @pytest.mark.parametrize('options', [dict(num_classes=1), dict(out_channels=1)])
    def test_a_single_channel(self, options):
        head, losses = self.loss(
            self.samples(num_classes=2),
            loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=True),
            **(dict(num_classes=2) | options),
        )
        assert losses['loss_ce'].isfinite()
        assert head.conv_seg.out_channels == head.out_channels == 1
        assert head.threshold == 0.3

    def test_two_channels_of_three_classes_are_refused(self):
        with pytest.raises(ValueError, match='out_channels'):
            MODELS.build(self.cfg(num_classes=3, out_channels=2))

    def test_predictions_have_the_images_size(self):
        cfg = self.cfg()
        head = build_seeded(cfg).eval()
        for meta, size in (
            (dict(img_shape=(64, 96)), (64, 96)),
            (dict(img_shape=(64, 96), pad_shape=(70, 100)), (70, 100)),
            # of a window
            (dict(img_shape=torch.Size((32, 40)), pad_shape=(70, 100)), (32, 40)),
        ):
            logits = head.predict(self.maps(cfg), [meta, meta], ConfigDict())
            assert logits.shape == (2, 5, *size)
