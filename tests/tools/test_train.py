import numpy as np
import pytest
from mmengine.config import Config
from PIL import Image

import mmseg_hrvit
from data import TINY_ARCH, load_tool, write_tiny_config
from mmseg_hrvit.cli.train import apply_args
from mmseg_hrvit.errors import InputError

train = load_tool('train')
test = load_tool('test')


def apply(*argv, name='hrvit_b1_ade20k', **overrides):
    cfg = Config.fromfile(mmseg_hrvit.config(name))
    cfg.merge_from_dict(overrides)
    apply_args(cfg, train.parse_args([name, *argv]))
    return cfg


def test_no_argument_changes_nothing():
    before = Config.fromfile(mmseg_hrvit.config('hrvit_b1_ade20k'))
    assert apply().pretty_text == before.pretty_text


def test_arguments_reach_the_config():
    cfg = apply('--amp', '--auto-scale-lr', '--tensorboard')
    assert cfg.optim_wrapper.type == 'AmpOptimWrapper'
    assert cfg.optim_wrapper.loss_scale == 'dynamic'
    assert cfg.auto_scale_lr == dict(enable=True, base_batch_size=16)
    backends = [backend.type for backend in cfg.visualizer.vis_backends]
    assert backends == ['LocalVisBackend', 'TensorboardVisBackend']


@pytest.mark.parametrize(
    'argument, overrides, message',
    [
        ('--amp', dict(optim_wrapper=dict(type='ApexOptimWrapper')), 'ApexOptim'),
        ('--auto-scale-lr', dict(auto_scale_lr=dict(_delete_=True)), 'base_batch'),
    ],
)
def test_arguments_that_the_config_cannot_take(argument, overrides, message):
    cfg = Config.fromfile(mmseg_hrvit.config('hrvit_b1_ade20k'))
    for key, value in overrides.items():
        cfg[key] = value
    with pytest.raises(InputError, match=message):
        apply_args(cfg, train.parse_args(['CONFIG', argument]))


def test_training_resumes_and_its_checkpoint_is_evaluated(tmp_path, capfd):
    config = str(write_tiny_config(tmp_path))
    work = tmp_path / 'work'
    train.main([config])
    assert 'training starts from scratch' in capfd.readouterr().out
    train.main([config, '--resume', '--cfg-options', 'train_cfg.max_iters=2'])
    assert 'resumed epoch: 0, iter: 1' in capfd.readouterr().out
    assert (work / 'last_checkpoint').read_text().endswith('iter_2.pth')

    test.main(
        [
            config,
            str(work / 'iter_2.pth'),
            '--tta',
            '--out',
            str(tmp_path / 'o'),
            '--show-dir',
            str(tmp_path / 'pictures'),
        ]
    )
    assert 'mIoU' in capfd.readouterr().out
    predicted = sorted((tmp_path / 'o').glob('*.png'))
    assert [path.name for path in predicted] == [
        'ADE_val_00000001.png',
        'ADE_val_00000002.png',
    ]
    pictures = sorted((tmp_path / 'pictures').iterdir())
    assert [path.stem for path in pictures] == [path.stem for path in predicted]
    assert Image.open(pictures[0]).width == 3 * 128
    label = np.array(Image.open(predicted[0]))
    assert label.shape == (96, 128)
    assert 1 <= label.min() <= label.max() <= 150


def write_classifier_config(folder):
    """Writes an mmpretrain config with a folder of images of 2 classes."""
    for split in ('train', 'val'):
        for value, name in ((0, 'black'), (255, 'white')):
            (folder / split / name).mkdir(parents=True)
            image = np.full((40, 40, 3), value, np.uint8)
            Image.fromarray(image).save(folder / split / name / '0.png')

    def loader(split):
        return dict(
            batch_size=2,
            num_workers=0,
            sampler=dict(type='DefaultSampler', shuffle=False),
            dataset=dict(
                type='CustomDataset',
                data_root=str(folder),
                data_prefix=split,
                pipeline=[dict(type='LoadImageFromFile'), dict(type='PackInputs')],
            ),
        )

    cfg = dict(
        default_scope='mmpretrain',
        custom_imports=dict(imports=['mmseg_hrvit']),
        custom_hooks=[
            dict(type='mmseg_hrvit.ChannelCheckHook'),
            dict(type='mmseg_hrvit.StrictCheckpointHook'),
        ],
        model=dict(
            type='ImageClassifier',
            data_preprocessor=dict(num_classes=2),
            backbone=dict(type='HRViT', arch=TINY_ARCH, out_indices=(3,)),
            neck=dict(type='GlobalAveragePooling'),
            head=dict(type='LinearClsHead', num_classes=2, in_channels=64, topk=(1,)),
        ),
        train_dataloader=loader('train'),
        val_dataloader=loader('val'),
        test_dataloader=loader('val'),
        val_evaluator=dict(type='Accuracy', topk=(1,)),
        test_evaluator=dict(type='Accuracy', topk=(1,)),
        train_cfg=dict(by_epoch=True, max_epochs=1),
        val_cfg=dict(),
        test_cfg=dict(),
        optim_wrapper=dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=1e-3)),
        visualizer=dict(type='UniversalVisualizer', vis_backends=[]),
        work_dir=str(folder / 'work'),
    )
    path = folder / f'{folder.name}.py'
    Config(cfg).dump(path)
    return str(path)


def test_mmpretrain_configs_run(tmp_path, capfd):
    pytest.importorskip('mmpretrain')
    config = write_classifier_config(tmp_path)
    train.main([config])
    test.main([config, str(tmp_path / 'work/epoch_1.pth')])
    out, _ = capfd.readouterr()
    assert out.count('accuracy/top1') >= 2
    with pytest.raises(SystemExit):
        test.main([config, 'unused.pth', '--tta'])
    assert 'error: --out, --show' in capfd.readouterr().err
