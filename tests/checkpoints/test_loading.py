import datetime
import os
import pickle
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import mmengine
import numpy as np
import pytest
import torch
import torch.nn as nn
from mmengine.config import ConfigDict
from mmengine.logging import HistoryBuffer
from mmengine.model import BaseModel
from mmengine.runner import CheckpointLoader, Runner
from safetensors.torch import save_file

from checkpoints.bomb import Bomb, write_bomb
from endings import refused
from file_server import serve_folder
from mmseg_hrvit.checkpoints import loading
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.zoo import read_index


class Line(BaseModel):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(1, 1)

    def forward(self, inputs, mode):
        x = torch.tensor(inputs, dtype=torch.float32)[:, None]
        return dict(loss=self.layer(x).square().sum())


# What data sets of mmseg tell about themselves, and an array.
METAINFO = dict(classes=('a', 'b'), weights=np.array([0.5, 2.0]))


class Numbers(torch.utils.data.Dataset):
    metainfo = METAINFO

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return dict(inputs=index)


def refuse(path):
    """The one line that loading ``path`` through mmengine ends in."""
    with refused() as error:
        CheckpointLoader.load_checkpoint(str(path), 'cpu')
    assert str(path) in str(error.value)
    return str(error.value)


def save(checkpoint, path, **options):
    torch.save(checkpoint, path, **options)
    return path


@pytest.fixture
def serve(tmp_path, monkeypatch):
    """Serves a folder, and gives downloads another one to go to."""

    monkeypatch.setattr(torch.hub, '_hub_dir', str(tmp_path / 'hub'))
    folder = tmp_path / 'served'
    folder.mkdir()
    with serve_folder(folder) as url:
        yield folder, url


@pytest.fixture
def everywhere():
    """The loaders of the tools."""
    before = dict(CheckpointLoader._schemes)
    loading.register_all()
    yield
    CheckpointLoader._schemes = before


WHOSE = """
import sys
{prelude}
from mmengine.runner import CheckpointLoader
import mmseg_hrvit
own = [scheme for scheme, loader in CheckpointLoader._schemes.items()
       if loader.__module__.startswith('mmseg_hrvit')]
print(own, file=sys.stderr)
"""


@pytest.mark.parametrize('trust', ['', '1'])
def test_importing_replaces_the_loader_of_files_alone(trust):
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', WHOSE.format(prelude='')],
        env={**os.environ, loading.TRUST: trust},
        capture_output=True,
        text=True,
    )
    assert done.stderr.splitlines()[-1] == str(['hf://', ''])


def test_importing_needs_no_signals_of_unix():
    names = 'SIGALRM', 'SIGUSR1', 'sigwaitinfo', 'pthread_sigmask'
    prelude = f'import signal\nfor name in {names}: delattr(signal, name)'
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', WHOSE.format(prelude=prelude)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_the_tools_replace_every_scheme_of_mmengine(everywhere):
    loaders = CheckpointLoader._schemes.values()
    assert {loader.__module__ for loader in loaders} == {loading.__name__}


def test_a_trusted_checkpoint_runs_code_and_names_work(tmp_path):
    path, trace = write_bomb(tmp_path)
    program = (
        'import sys, mmseg_hrvit\n'
        'from mmengine.runner import CheckpointLoader\n'
        "found = CheckpointLoader.load_checkpoint('hrvit_quickstart', logger=None)\n"
        "print(len(found['state_dict']), flush=True)\n"
        'CheckpointLoader.load_checkpoint(sys.argv[1], logger=None)'
    )
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', program, path],
        env={**os.environ, loading.TRUST: '1'},
        capture_output=True,
        text=True,
    )
    assert int(done.stdout.splitlines()[1]) > 100  # 0: what mmengine says
    assert trace.exists()


def test_trust_leaves_them_to_mmengine(monkeypatch):
    before = dict(CheckpointLoader._schemes)
    monkeypatch.setenv(loading.TRUST, '1')
    loading.register_all()
    assert CheckpointLoader._schemes == before


def test_configs_dates_and_paths_load(tmp_path):
    meta = dict(
        cfg=ConfigDict(model=dict(type='HRViT', stages=[dict(depth=1)])),
        time=datetime.datetime(2022, 6, 1, 12, tzinfo=datetime.timezone.utc),
        took=datetime.timedelta(seconds=3),
        path=Path('/data/images'),
    )
    loaded = loading.load_from_local(save(dict(meta=dict(meta)), tmp_path / 'a.pth'))[
        'meta'
    ]
    assert loaded['cfg'].model.stages[0].depth == 1
    assert (loaded['time'], loaded['took']) == (meta['time'], meta['took'])
    assert str(loaded['path']) == '/data/images'


@pytest.mark.parametrize('zipped', [True, False])
def test_a_checkpoint_never_runs_code(tmp_path, zipped):
    path, trace = write_bomb(tmp_path, _use_new_zipfile_serialization=zipped)
    message = refuse(path)
    assert 'system' in message
    assert 'never run code' in message
    assert not trace.exists()
    torch.load(path, weights_only=False)
    assert trace.exists()  # it was a real one


def test_a_bare_pickle_never_runs_code(tmp_path):
    path, trace = tmp_path / 'bomb.pkl', tmp_path / 'trace'
    path.write_bytes(pickle.dumps(Bomb(trace), protocol=2))
    assert 'system' in refuse(path)
    assert not trace.exists()


@pytest.mark.parametrize('name', ['__init__', '__class__', 'update'])
def test_getattr_reaches_statistics_alone(tmp_path, name):
    class Reach:
        def __reduce__(self):
            return getattr, (HistoryBuffer, name)

    assert 'getattr' in refuse(save(dict(x=Reach()), tmp_path / 'reach.pth'))


@pytest.mark.parametrize('value', [np.array([None]), np.array(['a'])])
def test_arrays_of_other_things_than_numbers_are_refused(tmp_path, value):
    refuse(save(dict(x=value), tmp_path / 'objects.pth'))


@pytest.mark.parametrize('content', [b'', b'<html>not found</html>', bytes(range(256))])
@pytest.mark.parametrize('suffix', ['pth', 'safetensors'])
def test_unreadable_files(tmp_path, content, suffix):
    path = tmp_path / f'broken.{suffix}'
    path.write_bytes(content)
    assert 'cannot be read' in refuse(path)


@pytest.mark.parametrize('zipped', [True, False])
def test_truncated_files(tmp_path, zipped):
    path = tmp_path / 'half.pth'
    save({'w': torch.ones(999)}, path, _use_new_zipfile_serialization=zipped)
    whole = path.read_bytes()
    for size in range(1, len(whole) - 1, 97):
        path.write_bytes(whole[:size])
        refuse(path)


def test_missing_file(tmp_path):
    assert 'no such checkpoint' in refuse(tmp_path / 'missing.pth')


def test_what_is_no_dict_is_refused(tmp_path):
    assert 'list' in refuse(save([torch.ones(1)], tmp_path / 'list.pth'))


def test_safetensors(tmp_path):
    path = tmp_path / 'weights.safetensors'
    save_file({'w': torch.arange(3)}, path, metadata={'arch': 'b1'})
    checkpoint = CheckpointLoader.load_checkpoint(str(path), 'cpu')
    assert checkpoint['state_dict']['w'].tolist() == [0, 1, 2]
    assert checkpoint['meta'] == {'arch': 'b1'}


def test_config_text_that_mmengine_would_run_is_dropped(tmp_path):
    meta = dict(config='import os', cfg='kept', iter=3)
    path = save(dict(meta=meta), tmp_path / 'config.pth')
    loaded = CheckpointLoader.load_checkpoint(str(path), 'cpu')
    assert loaded['meta'] == dict(cfg='kept', iter=3)


def test_checkpoints_of_mmengine_load(tmp_path):
    runner = Runner(
        Line(),
        str(tmp_path),
        train_dataloader=dict(
            dataset=Numbers(), sampler=dict(type='DefaultSampler'), batch_size=2
        ),
        train_cfg=dict(by_epoch=False, max_iters=3),
        optim_wrapper=dict(optimizer=dict(type='AdamW')),
        param_scheduler=dict(type='PolyLR', by_epoch=False, end=3),
        custom_hooks=[dict(type='EMAHook')],
        default_scope='mmengine',
        experiment_name='line',
        log_level='ERROR',
    )
    runner.train()
    path = tmp_path / 'saved.pth'
    runner.save_checkpoint(str(tmp_path), path.name)
    loaded = CheckpointLoader.load_checkpoint(str(path), 'cpu')

    weight = loaded['ema_state_dict']['module.layer.weight']
    assert torch.equal(weight, runner.model.layer.weight)
    optimizer = runner.optim_wrapper.state_dict()['state'][0]
    assert torch.equal(loaded['optimizer']['state'][0]['exp_avg'], optimizer['exp_avg'])
    assert loaded['param_schedulers'][0] == runner.param_schedulers[0].state_dict()
    saved = runner.message_hub.log_scalars['train/loss']
    buffer = loaded['message_hub']['log_scalars']['train/loss']
    assert np.array_equal(buffer.data[0], saved.data[0])
    assert buffer.statistics('mean') == saved.statistics('mean')
    weights = loaded['meta']['dataset_meta']['weights']
    assert np.array_equal(weights, METAINFO['weights'])
    assert loaded['meta']['mmengine_version'].startswith(mmengine.__version__)


@pytest.mark.parametrize('core', [b'numpy.core', b'numpy._core'])
def test_numbers_of_numpy_1_and_2_load(tmp_path, core):
    path = tmp_path / 'numbers.pth'
    saved = dict(scalar=np.float32(1.5), array=np.arange(3), flag=np.bool_(True))
    save(saved, path, _use_new_zipfile_serialization=False)
    content = path.read_bytes().replace(b'numpy._core', b'numpy.core')
    path.write_bytes(content.replace(b'numpy.core', core))
    assert core + b'.multiarray' in path.read_bytes()
    loaded = CheckpointLoader.load_checkpoint(str(path), 'cpu')
    assert loaded['scalar'] == 1.5
    assert loaded['array'].tolist() == [0, 1, 2]
    assert loaded['flag']


def test_arguments_kept_by_timm_load(tmp_path):
    args = Namespace(lr=0.1, data='images')
    torch.save(dict(state_dict={}, args=args), tmp_path / 'timm.pth')
    assert loading.load_from_local(str(tmp_path / 'timm.pth'))['args'] == args


def test_downloads_are_read_the_same_way(everywhere, serve, tmp_path):
    folder, url = serve
    save({'w': torch.ones(2)}, folder / 'good.pth')
    loaded = CheckpointLoader.load_checkpoint(f'{url}/good.pth', 'cpu')
    assert loaded['w'].tolist() == [1, 1]
    bomb, trace = write_bomb(folder)
    with pytest.raises(InputError, match='system'):
        CheckpointLoader.load_checkpoint(f'{url}/{bomb.name}', 'cpu')
    assert not trace.exists()
    assert 'downloaded' in refuse(f'{url}/missing.pth')


def test_a_download_that_cannot_be_read_is_to_be_deleted(everywhere, serve, tmp_path):
    folder, url = serve
    (folder / 'cut.pth').write_bytes(b'half of a file')
    with pytest.raises(InputError) as error:
        CheckpointLoader.load_checkpoint(f'{url}/cut.pth', 'cpu')
    kept = next((tmp_path / 'hub').rglob('cut.pth'))
    assert str(error.value).startswith(f'{kept}: ')
    assert str(error.value).endswith('delete it to download it again')


def test_names_of_the_package_are_read_the_same_way():
    for name in read_index():
        loaded = CheckpointLoader.load_checkpoint(name, 'cpu')
        assert loaded['state_dict']
    assert 'there is no such checkpoint' in refuse('hrvit_quickstar')


def test_named_models_are_read_the_same_way(everywhere, serve, monkeypatch):
    folder, url = serve
    weights = {'backbone.w': torch.ones(2), 'head.w': torch.ones(3)}
    save(dict(state_dict=weights), folder / 'net.pth')
    bomb, trace = write_bomb(folder)
    models = dict(net=f'{url}/net.pth', bomb=f'{url}/{bomb.name}')
    for zoo in loading.ZOOS:
        monkeypatch.setitem(loading.ZOOS, zoo, lambda: models)
        loaded = CheckpointLoader.load_checkpoint(f'{zoo}://net', 'cpu')
        names = {'w'} if zoo == 'mmcls' else set(weights)
        assert set(loaded['state_dict']) == names
        with pytest.raises(InputError, match='system'):
            CheckpointLoader.load_checkpoint(f'{zoo}://bomb', 'cpu')
        assert 'no such model' in refuse(f'{zoo}://unknown')
    assert not trace.exists()


def test_a_state_dict_that_is_no_dict(tmp_path):
    path = save(dict(state_dict='hello'), tmp_path / 'net.pth')
    assert 'its state_dict is a str, not a dict of weights' in refuse(path)


@pytest.mark.parametrize('scheme', ['pavi', 's3', 'cluster:s3', 'petrel'])
def test_schemes_of_closed_networks_are_refused(everywhere, scheme):
    assert 'cannot be read from there' in refuse(f'{scheme}://bucket/weights.pth')
