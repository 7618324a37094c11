"""A project elsewhere, with the wheel installed, inherits a shipped config."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from data import make_ade20k
from paths import ROOT

SOURCES = ('mmseg_hrvit', 'hrvit_cli', 'configs', 'tools')
FILES = (
    'setup.py',
    'requirements.txt',
    'pyproject.toml',
    'MANIFEST.in',
    'README.md',
    'LICENSE',
    'model-index.yml',
)

MY_PROJECT = """
from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS

@TRANSFORMS.register_module()
class MyTransform(BaseTransform):
    def transform(self, results):
        return results
"""
# mmseg's train script in short; it does not know of the plug-in.
TRAIN = """
import sys
from mmengine.config import Config
from mmengine.runner import Runner
cfg = Config.fromfile(sys.argv[1])
cfg.merge_from_dict(dict(train_cfg=dict(max_iters=1, val_interval=1)))
cfg.launcher, cfg.work_dir = 'none', 'work'
cfg.train_dataloader.batch_size = 2
# Checkpoints of 50 million parameters take longer than the step.
cfg.default_hooks.checkpoint.update(interval=-1, save_best=None, save_last=False)
for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
    cfg[loader].update(num_workers=0, persistent_workers=False)
runner = Runner.from_cfg(cfg)
if '--build-only' not in sys.argv:
    runner.train()
import mmseg_hrvit
print('plug-in', mmseg_hrvit.__file__)
"""


@pytest.fixture(scope='module')
def site(tmp_path_factory):
    """A folder with the installed wheel."""
    source = tmp_path_factory.mktemp('source')
    ignore = shutil.ignore_patterns('__pycache__', '.mim')
    for folder in SOURCES:
        shutil.copytree(ROOT / folder, source / folder, ignore=ignore)
    for file in FILES:
        shutil.copy(ROOT / file, source)
    wheels, site = source / 'wheels', tmp_path_factory.mktemp('site')
    pip = [sys.executable, '-m', 'pip', '-q', '--disable-pip-version-check']
    offline = ['--no-deps', '--no-build-isolation']
    subprocess.run([*pip, 'wheel', *offline, '-w', wheels, source], check=True)
    wheel = next(wheels.glob('*.whl'))
    subprocess.run([*pip, 'install', '--no-deps', '--target', site, wheel], check=True)
    return site


@pytest.fixture
def project(tmp_path):
    """The project of docs/downstream.md, with data."""
    text = (ROOT / 'docs' / 'downstream.md').read_text()
    config = next(
        block
        for block in re.findall(r'```python\n(.*?)```', text, flags=re.S)
        if 'my_project' in block
    )
    (tmp_path / 'my_config.py').write_text(config)
    (tmp_path / 'my_project.py').write_text(MY_PROJECT)
    (tmp_path / 'train.py').write_text(TRAIN)
    make_ade20k(tmp_path / 'data/mine', num_images=1, num_classes=2)
    return tmp_path


def run(project, site, *command):
    path = f'{site}{os.pathsep}{project}'
    return subprocess.run(
        [sys.executable, *command],
        cwd=project,
        env={**os.environ, 'PYTHONPATH': path},
        capture_output=True,
        text=True,
        timeout=600,
    )


def test_the_documented_config_trains(site, project):
    done = run(project, site, 'train.py', 'my_config.py')
    assert done.returncode == 0, done.stderr[-3000:]
    assert f'plug-in {site}' in done.stdout
    assert 'dog' in done.stdout  # in the table of the evaluation

    # A flattened copy has no line that imports the plug-in.
    flat = project / 'flat.py'
    flat.write_text((project / 'work/my_config.py').read_text())
    assert "__import__('mmseg_hrvit')" not in flat.read_text()
    assert "imports=[\n        'my_project'" in flat.read_text()
    again = run(project, site, 'train.py', 'flat.py', '--build-only')
    assert again.returncode == 0, again.stderr[-3000:]
    assert f'plug-in {site}' in again.stdout


def test_the_wheel_brings_the_command(site, project):
    command = str(site / 'bin/hrvit')
    listed = run(project, site, command, 'configs', 'cityscapes')
    assert listed.returncode == 0, listed.stderr[-3000:]
    assert 'hrvit_b2_cityscapes' in listed.stdout
    typo = run(project, site, command, 'train', 'hrvit_b2_citiscapes')
    assert typo.returncode == 2
    assert "no config is called 'hrvit_b2_citiscapes'" in typo.stderr


def test_without_the_plug_in_the_error_names_it(project, tmp_path):
    config = tmp_path / 'lost.py'
    config.write_text("model = dict(type='mmseg_hrvit_gone.HRViT')")
    build = (
        'from mmengine.config import Config; from mmseg.registry import MODELS;'
        f"MODELS.build(Config.fromfile('{config}').model)"
    )
    done = run(project, tmp_path, '-c', build)
    assert done.returncode != 0
    assert 'mmseg_hrvit_gone' in done.stderr.splitlines()[-1]


def test_the_wheel_carries_configs_and_tools(site):
    mim = site / 'mmseg_hrvit' / '.mim'
    for folder in ('configs', 'tools'):
        own = {p.relative_to(ROOT) for p in (ROOT / folder).rglob('*.[ps][yh]')}
        assert own == {p.relative_to(mim) for p in (mim / folder).rglob('*.[ps][yh]')}
    for file in ('model-index.yml', 'configs/metafile.yaml'):
        assert (mim / file).read_text() == (ROOT / file).read_text()
    assert not (site / 'tests').exists()
