"""Losses that are not finite on one rank alone."""

import re

import pytest
from safetensors import safe_open

from data import write_tiny_config
from faults.two_ranks import add_hook, read_error, set_hook, train
from mmseg_hrvit.checkpoints import load_from_local

FAIL_ON_RANK_1 = """
def before_train(self, runner):
    self.runner = runner
    runner.model.module.register_forward_hook(self.fail)

def fail(self, model, args, losses):
    if RANK == '1' and model.training and self.runner.iter in {iters}:
        losses['decode.loss_ce'] = losses['decode.loss_ce'] * torch.inf
"""


def test_both_ranks_skip_and_stop_together(tmp_path, record_property):
    record_property('faults injected', 3)
    config = write_tiny_config(tmp_path)
    add_hook(config, FAIL_ON_RANK_1.format(iters=(0, 2, 3)))
    set_hook(config, 'FiniteCheckHook', max_in_row=2)
    code, out, err = train(config, 'train_cfg.max_iters=9', 'train_cfg.val_interval=9')
    assert code == 2, err
    skipped = re.findall(r'iteration (\d): loss or gradients are not finite', out)
    assert skipped == ['1', '3', '4']
    assert 'in 2 steps in a row, up to iteration 4' in read_error(err)
    for rank in '01':
        path = tmp_path / f'work/not_finite_iter_4_rank_{rank}.safetensors'
        with safe_open(path, 'pt') as file:
            image, labels = map(file.get_tensor, ('inputs.0', 'gt_sem_seg.0'))
            assert image.shape == (3, *labels.shape[1:])
    assert (tmp_path / 'work/stop_reason').read_text() == 'numeric\n'


@pytest.mark.faults
def test_a_checkpoint_behind_a_skipped_step_is_finite(tmp_path, record_property):
    record_property('faults injected', 1)
    config = write_tiny_config(tmp_path)
    add_hook(config, FAIL_ON_RANK_1.format(iters=(1,)))
    code, out, err = train(
        config,
        'train_cfg.max_iters=2',
        'train_cfg.val_interval=2',
        'default_hooks.checkpoint.interval=1',
    )
    assert code == 0, err
    assert 'mIoU' in out
    one, two = (
        load_from_local(tmp_path / f'work/iter_{i}.pth')['state_dict'] for i in (1, 2)
    )
    assert all((one[name] == two[name]).all() for name in one)
