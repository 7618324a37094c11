import pytest
from mmengine.config import Config

import mmseg_hrvit
from data import load_tool
from mmseg_hrvit.cli.test import apply_args
from mmseg_hrvit.errors import InputError

test = load_tool('test')


def apply(*argv, without=()):
    cfg = Config.fromfile(mmseg_hrvit.config('hrvit_b1_ade20k'))
    for key in without:
        cfg.pop(key)
    apply_args(cfg, test.parse_args(['CONFIG', 'a.pth', *argv]))
    return cfg


def test_the_checkpoint_reaches_the_config():
    assert apply().load_from == 'a.pth'


def test_augmentation_wraps_the_network():
    plain, cfg = apply(), apply('--tta')
    assert cfg.model.type == 'SegTTAModel'
    assert cfg.model.module == plain.model
    assert cfg.test_dataloader.dataset.pipeline == plain.tta_pipeline


def test_pictures_and_label_maps():
    cfg = apply('--show', '--wait-time', '3', '--show-dir', 'there', '--out', 'here')
    hook = cfg.default_hooks.visualization
    assert (hook.draw, hook.show, hook.wait_time) == (True, True, 3)
    assert cfg.visualizer.save_dir == 'there'
    assert cfg.test_evaluator.output_dir == 'here'
    assert cfg.test_evaluator.keep_results is True
    assert 'show' not in apply('--show-dir', 'there').default_hooks.visualization


@pytest.mark.parametrize('key', ['tta_pipeline', 'tta_model'])
def test_a_config_without_augmentation(key):
    with pytest.raises(InputError, match=f'--tta needs {key}'):
        apply('--tta', without=[key])


def test_a_config_without_a_hook_that_draws():
    cfg = Config(dict(default_scope='mmseg', default_hooks=dict()))
    args = test.parse_args(['CONFIG', 'a.pth', '--show'])
    with pytest.raises(InputError, match=r'need default_hooks\.visualization'):
        apply_args(cfg, args)


def test_forms_are_hooks_after_those_of_the_config():
    types = [hook.type for hook in apply('--deploy').custom_hooks]
    assert types == [*(h.type for h in apply().custom_hooks), 'mmseg_hrvit.DeployHook']
