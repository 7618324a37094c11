"""CheckedRunner with labels of other conventions, and with objects for configs."""

import copy
import os
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DATASETS
from mmseg.datasets import BaseSegDataset
from mmseg.registry import MODELS
from torch import nn
from torch.utils.data import DataLoader, Dataset

import mmseg_hrvit
from data import draw_pair
from mmseg_hrvit import CheckedRunner
from mmseg_hrvit.errors import DataError
from trainings import Net, Numbers, make_runner

SIZE = (32, 32)


@MODELS.register_module()
class OneConv(nn.Conv2d):
    """A backbone of one layer."""

    def __init__(self):
        super().__init__(3, 4, 4, stride=4)

    def forward(self, x):
        return (super().forward(x),)


def make_config(folder, values, classes, head, ignored=None, share=0.0):
    """A training of one iteration and a validation, on two images each.

    Args:
        folder (Path): Where the images and the work directory go.
        values (Sequence[int]): Values of the label maps.
        classes (Sequence[str]): Classes of the data set.
        head (dict): Options of the head.
        ignored (int, optional): The label that data set and metric ignore.
        share (float): ``max_unusable_share``. Defaults to 0.0.
    """
    for i in range(2):
        draw_pair(
            folder / f'images/{i}.png', folder / f'labels/{i}.png', values, i, SIZE
        )
    ignore = {} if ignored is None else dict(ignore_index=ignored)
    loader = dict(
        batch_size=2,
        dataset=dict(
            type='BaseSegDataset',
            data_root=str(folder),
            img_suffix='.png',
            data_prefix=dict(img_path='images', seg_map_path='labels'),
            metainfo=dict(classes=classes),
            pipeline=[
                dict(type='LoadImageFromFile'),
                dict(type='LoadAnnotations'),
                dict(type='PackSegInputs'),
            ],
            **ignore,
        ),
    )
    options = dict(in_channels=4, channels=4, num_convs=0, concat_input=False)
    return Config(
        dict(
            model=dict(
                type='mmseg_hrvit.TiledEncoderDecoder',
                data_preprocessor=dict(type='SegDataPreProcessor', size=SIZE),
                backbone=dict(type='OneConv'),
                decode_head=dict(type='FCNHead', in_index=0, **options, **head),
                test_cfg=dict(mode='whole'),
            ),
            train_dataloader=loader | dict(sampler=dict(type='InfiniteSampler')),
            train_cfg=dict(
                type='mmseg_hrvit.ResumableTrainLoop', max_iters=1, val_interval=1
            ),
            val_dataloader=loader | dict(sampler=dict(type='DefaultSampler')),
            val_cfg=dict(),
            val_evaluator=dict(type='IoUMetric', iou_metrics=['mIoU'], **ignore),
            optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.01)),
            custom_hooks=[dict(type='mmseg_hrvit.ChannelCheckHook')],
            work_dir=str(folder / 'work'),
            experiment_name=str(folder),
            default_scope='mmseg',
            max_unusable_share=share,
        )
    )


def train(cfg):
    runner = CheckedRunner.from_cfg(cfg)
    runner.train()
    return runner


SIGMOID = dict(
    num_classes=1, loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=True)
)


@pytest.mark.parametrize(
    'values, classes, head, ignored',
    [
        ([0, 1, 11], 'abcdefghijk', dict(num_classes=11, ignore_index=11), 11),
        ([0, 9, 10], 'abcdefghij', dict(num_classes=10, ignore_index=10), 10),
        ([0, 1, 255], 'ab', dict(num_classes=2), None),
        ([0, 1, 255], 'ab', SIGMOID, None),
        ([0, 1, 7], 'ab', SIGMOID | dict(ignore_index=7), 7),
        ([0, 1, 255], 'ab', SIGMOID | dict(num_classes=2, out_channels=1), None),
    ],
)
def test_labels_of_every_convention_of_mmseg(tmp_path, values, classes, head, ignored):
    runner = train(make_config(tmp_path, values, [*classes], head, ignored))
    assert runner.iter == 1
    assert 'val/mIoU' in runner.message_hub.log_scalars


@pytest.mark.parametrize(
    'values, classes, head, message',
    [
        ([10], 'abcdefghij', dict(num_classes=10), '10, but .* and 255 is ignored'),
        (
            [255],
            'abcdefghij',
            dict(num_classes=10, ignore_index=10),
            'values 255, but .* and 10 is ignored',
        ),
        ([2], 'ab', SIGMOID, 'values 2, but the 2 classes are 0 to 1'),
    ],
)
def test_what_the_network_cannot_take_is_told(tmp_path, values, classes, head, message):
    with pytest.raises(DataError, match=message):
        train(make_config(tmp_path, values, [*classes], head))


def test_a_label_that_the_metric_counts_is_warned_of(tmp_path, capfd):
    head = dict(num_classes=10, ignore_index=10)
    cfg = make_config(tmp_path, [0, 10], [*'abcdefghij'], head, ignored=10)
    cfg.val_evaluator.ignore_index = 255
    train(cfg)
    err = capfd.readouterr()
    assert 'ignore label 10, but IoUMetric.ignore_index is 255' in err.out + err.err
    assert 'data_preprocessor.seg_pad_val is 255' in err.out + err.err


def test_a_validation_skips_nothing(tmp_path):
    cfg = make_config(tmp_path, [0, 1], ['a', 'b'], dict(num_classes=2), share=0.9)
    broken = tmp_path / 'val'
    for name in ('images', 'labels'):
        (broken / name).mkdir(parents=True)
        for i in range(2):
            content = (tmp_path / name / f'{i}.png').read_bytes()
            whole = len(content) if i or name == 'labels' else 60
            (broken / name / f'{i}.png').write_bytes(content[:whole])
    cfg.val_dataloader.dataset.data_root = str(broken)
    with pytest.raises(DataError, match=r'val/images/0\.png cannot be read'):
        train(cfg)


@DATASETS.register_module()
class OwnWay(BaseSegDataset):
    """A data set that prepares a sample in its own way, without numbering it."""

    def prepare_data(self, index):
        info = self.get_data_info(index)
        del info['sample_idx']
        return self.pipeline(info)


def test_a_data_set_with_its_own_prepare_data(tmp_path):
    cfg = make_config(tmp_path, [0, 1], ['a', 'b'], dict(num_classes=2), share=0.5)
    image = tmp_path / 'images/0.png'
    image.write_bytes(image.read_bytes()[:60])
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        loader.dataset.type = 'OwnWay'
    cfg.val_dataloader = cfg.val_cfg = cfg.val_evaluator = None
    assert train(cfg).iter == 1
    cfg.max_unusable_share = 0.0
    cfg.train_dataloader.batch_size = 8
    with pytest.raises(DataError, match=str(image)):
        train(cfg)


def build_objects(whole):
    """A data set, or a whole loader, that is an object."""
    if whole:
        return DataLoader(Numbers(), batch_size=2, shuffle=True)
    return dict(
        dataset=Numbers(),
        sampler=dict(type='DefaultSampler', shuffle=True),
        batch_size=2,
    )


@pytest.mark.parametrize('whole', [False, True])
def test_objects_train_and_resume(tmp_path, whole):
    make_runner(tmp_path, max_iters=2, loader=build_objects(whole)).train()
    resumed = make_runner(
        tmp_path, max_iters=4, loader=build_objects(whole), resume=True
    )
    resumed.train()
    assert resumed.iter == 4


def test_a_data_set_that_is_an_object_resumes_bit_for_bit(tmp_path):
    whole = make_runner(tmp_path / 'a', max_iters=4, loader=build_objects(False))
    whole.train()
    make_runner(tmp_path / 'b', max_iters=2, loader=build_objects(False)).train()
    resumed = make_runner(
        tmp_path / 'b', max_iters=4, loader=build_objects(False), resume=True
    )
    resumed.train()
    for a, b in zip(whole.model.parameters(), resumed.model.parameters(), strict=True):
        assert a.equal(b)


class Plain(Dataset):
    """A data set that knows nothing of mmengine."""

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return dict(inputs=float(index))


def test_a_data_set_of_another_library(tmp_path):
    loader = build_objects(False) | dict(dataset=Plain())
    runner = make_runner(tmp_path, max_iters=2, loader=loader)
    runner.train()
    assert isinstance(runner.model, Net)
    assert runner.iter == 2


def test_every_run_of_a_process_draws_into_its_own_folder(tmp_path):
    """Although the config names the visualizer, as mmseg's browse_dataset needs it."""
    cfg = Config.fromfile(mmseg_hrvit.config('hrvit_b1_ade20k'))
    assert cfg.visualizer.name == 'visualizer'
    drawn = []
    for name in 'ab':
        runner = CheckedRunner(
            Net(),
            str(tmp_path / name),
            visualizer=copy.deepcopy(dict(cfg.visualizer, type='Visualizer')),
            experiment_name=name,
            default_scope='mmengine',
        )
        runner.visualizer.add_scalar('mIoU', 1.0)
        drawn.append(Path(runner.log_dir, 'vis_data/scalars.json').is_file())
    assert drawn == [True, True]


@pytest.mark.parametrize('deterministic', [True, False])
def test_cublas_is_deterministic_where_it_is_asked_for(
    tmp_path, monkeypatch, deterministic
):
    name = 'CUBLAS_WORKSPACE_CONFIG'
    monkeypatch.setenv(name, 'to be put back')
    monkeypatch.delenv(name)
    runner = make_runner(tmp_path, cls=CheckedRunner)
    try:
        runner.set_randomness(5, deterministic=deterministic)
        assert os.environ.get(name) == (':4096:8' if deterministic else None)
    finally:
        torch.use_deterministic_algorithms(False)
        torch.backends.cudnn.deterministic = False


def test_without_workers_their_options_are_left_out(tmp_path):
    loader = dict(
        dataset=dict(type='Numbers'),
        sampler=dict(type='DefaultSampler'),
        batch_size=2,
        num_workers=0,
        persistent_workers=True,
        prefetch_factor=2,
        timeout=5,
    )
    built = make_runner(tmp_path, cls=CheckedRunner).build_dataloader(loader)
    assert (built.num_workers, built.persistent_workers) == (0, False)
    assert len([*built]) == len(built)
    loader['num_workers'] = 1
    built = make_runner(tmp_path, cls=CheckedRunner).build_dataloader(loader)
    assert (built.num_workers, built.persistent_workers) == (1, True)
