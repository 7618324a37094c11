"""What mmengine's checkpoint hook does, ours does too: both pass the same tests."""

from pathlib import Path

import pytest
from mmengine.hooks import CheckpointHook
from mmengine.registry import HOOKS

from mmseg_hrvit.checkpoints import load_from_local
from trainings import train

EPOCHS = dict(by_epoch=True, max_epochs=3, val_interval=1)


@pytest.fixture(params=['CheckpointHook', 'mmseg_hrvit.DurableCheckpointHook'])
def hook(request):
    """The type of a checkpoint hook."""
    return request.param


def names(folder):
    return sorted(path.name for path in folder.glob('*.pth'))


def last(folder):
    return Path((folder / 'last_checkpoint').read_text()).name


def info(path):
    return load_from_local(path)['message_hub']['runtime_info']


@pytest.mark.parametrize(
    'options, steps',
    [
        (dict(interval=2), [2, 4, 5]),
        (dict(interval=2, save_last=False), [2, 4]),
        (dict(interval=-1), [5]),
        (dict(interval=2, save_begin=3), [3, 5]),
        (dict(interval=1, max_keep_ckpts=2), [4, 5]),
        (dict(interval=2, max_keep_ckpts=1), [5]),
    ],
)
def test_iterations(tmp_path, hook, options, steps):
    train(tmp_path, max_iters=5, checkpoint=dict(type=hook, **options))
    assert names(tmp_path) == [f'iter_{step}.pth' for step in steps]
    assert last(tmp_path) == f'iter_{steps[-1]}.pth'
    for step in steps:
        assert load_from_local(tmp_path / f'iter_{step}.pth')['meta']['iter'] == step


@pytest.mark.parametrize(
    'options, steps',
    [
        (dict(interval=1), [1, 2, 3]),
        (dict(interval=2), [2, 3]),
        (dict(interval=2, save_last=False), [2]),
        (dict(interval=1, max_keep_ckpts=1), [3]),
    ],
)
def test_epochs(tmp_path, hook, options, steps):
    options = dict(type=hook, by_epoch=True, **options)
    train(tmp_path, checkpoint=options, loop=EPOCHS)
    assert names(tmp_path) == [f'epoch_{step}.pth' for step in steps]
    assert last(tmp_path) == f'epoch_{steps[-1]}.pth'
    meta = load_from_local(tmp_path / f'epoch_{steps[-1]}.pth')['meta']
    assert (meta['epoch'], meta['iter']) == (steps[-1], 2 * steps[-1])


def test_what_is_not_to_be_saved(tmp_path, hook):
    options = dict(type=hook, save_optimizer=False, save_param_scheduler=False)
    train(tmp_path, checkpoint=options)
    assert not {'optimizer', 'param_schedulers'} & {
        *load_from_local(tmp_path / 'iter_4.pth')
    }


def test_another_name_and_another_folder(tmp_path, hook):
    options = dict(
        type=hook, filename_tmpl='step_{}.pth', out_dir=str(tmp_path / 'elsewhere')
    )
    train(tmp_path / 'work', checkpoint=options)
    assert names(tmp_path / 'work') == []
    assert names(tmp_path / 'elsewhere/work') == ['step_2.pth', 'step_4.pth']
    assert last(tmp_path / 'work') == 'step_4.pth'


@pytest.mark.parametrize(
    'options, scores, best',
    [
        (dict(save_best='score', rule='greater'), [1, 3, 2], 4),
        (dict(save_best='score', rule='less'), [2, 3, 1], 6),
        (dict(save_best='auto', rule='greater'), [1, 3, 2], 4),
        (dict(save_best='score', greater_keys=['score']), [3, 1, 2], 2),
        (dict(save_best='score', less_keys='score'), [3, 1, 2], 4),
        (dict(save_best='score', rule='greater'), [1, 1, 1], 2),
    ],
)
def test_the_best(tmp_path, hook, options, scores, best):
    options = dict(type=hook, interval=2, max_keep_ckpts=1, **options)
    train(tmp_path, max_iters=6, checkpoint=options, scores=scores)
    name = f'best_score_iter_{best}.pth'
    assert names(tmp_path) == [name, 'iter_6.pth']
    assert load_from_local(tmp_path / name)['meta']['iter'] == best
    assert 'optimizer' not in load_from_local(tmp_path / name)
    found = info(tmp_path / 'iter_6.pth')
    assert found['best_score'] == scores[best // 2 - 1]
    assert Path(found['best_ckpt']).name == name


def test_the_best_of_several_metrics(tmp_path, hook):
    options = dict(type=hook, save_best=['up', 'down'], rule=['greater', 'less'])
    runner = train(tmp_path, checkpoint=options)
    (own,) = [h for h in runner.hooks if isinstance(h, CheckpointHook)]
    for step, score in ((2, 5), (4, 7), (6, 6)):
        runner.train_loop._iter = step
        own.after_val_epoch(runner, dict(up=score, down=score))
    best = [name for name in names(tmp_path) if name.startswith('best')]
    assert best == ['best_down_iter_2.pth', 'best_up_iter_4.pth']
    hub = runner.message_hub.runtime_info
    assert (hub['best_score_up'], hub['best_score_down']) == (7, 5)


def test_the_best_is_known_after_a_resume(tmp_path, hook):
    options = dict(type=hook, save_best='score', rule='greater')
    loop = dict(type='IterBasedTrainLoop', val_interval=2)
    train(tmp_path, loop=dict(loop, max_iters=4), checkpoint=options, scores=[1, 3])
    runner = train(
        tmp_path,
        loop=dict(loop, max_iters=8),
        checkpoint=options,
        scores=[2, 4],
        resume=True,
    )
    assert 'best_score_iter_4.pth' not in names(tmp_path)
    assert 'best_score_iter_8.pth' in names(tmp_path)
    assert runner.message_hub.get_info('best_score') == 4


def test_no_metrics_save_nothing(tmp_path, hook):
    options = dict(type=hook, save_best='score', rule='greater')
    runner = train(tmp_path, checkpoint=options)
    (own,) = [h for h in runner.hooks if isinstance(h, CheckpointHook)]
    own.after_val_epoch(runner, {})
    assert names(tmp_path) == ['iter_2.pth', 'iter_4.pth']


def test_what_is_published(tmp_path, hook):
    options = dict(
        type=hook,
        save_best='score',
        rule='greater',
        published_keys=['meta', 'state_dict'],
    )
    train(tmp_path, checkpoint=options, scores=[1, 2])
    published = list(tmp_path.glob('*-*.pth'))
    assert sorted(path.name.split('-')[0] for path in published) == [
        'best_score_iter_4',
        'iter_4',
    ]
    for path in published:
        assert {*load_from_local(path)} == {'meta', 'state_dict'}


@pytest.mark.parametrize(
    'options, error',
    [
        (dict(save_best=1), AssertionError),
        (dict(save_best=['auto', 'score']), AssertionError),
        (dict(save_best=['score', 'score']), AssertionError),
        (dict(save_best='score'), ValueError),
        (dict(save_best='score', rule='best'), KeyError),
        (dict(save_best=['a', 'b'], rule=['less'] * 3), AssertionError),
        (dict(published_keys=1), TypeError),
        (dict(published_keys=['meta', 'meta']), AssertionError),
        (dict(save_begin=-1), ValueError),
        (dict(file_client_args={}, backend_args={}), ValueError),
    ],
)
def test_wrong_options(hook, options, error):
    with pytest.raises(error):
        HOOKS.build(dict(type=hook, **options))
