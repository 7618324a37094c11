"""Runs of train.py in two processes on the CPU, with faults put into them."""

import os
import subprocess
import sys
from pathlib import Path

from mmengine.config import Config

from paths import ROOT, TOOLS

PATH = f'{Path(sys.executable).parent}:{os.environ["PATH"]}'


def add_hook(config: Path, source: str) -> None:
    """Adds a hook to a config.

    Args:
        config (Path): The config file; the hook's module is written beside it.
        source (str): Code of the methods of the hook.
    """
    methods = source.replace('\n', '\n    ')
    (config.parent / 'fault.py').write_text(
        'import os, time, torch\n'
        'from mmengine.hooks import Hook\n'
        'from mmengine.registry import HOOKS\n'
        "RANK = os.environ.get('RANK')\n"
        f'@HOOKS.register_module()\nclass Fault(Hook):\n    {methods}\n'
    )
    cfg = Config.fromfile(config, import_custom_modules=False)
    cfg.custom_imports.imports.append('fault')
    cfg.custom_hooks.append(dict(type='Fault'))
    cfg.dump(config)


def set_hook(config: Path, name: str, **options: object) -> None:
    """Sets options of a hook of this project in a config."""
    cfg = Config.fromfile(config, import_custom_modules=False)
    (hook,) = [h for h in cfg.custom_hooks if h.type == f'mmseg_hrvit.{name}']
    hook.update(options)
    cfg.dump(config)


def train(
    config: Path, *options: str, arguments: tuple[str, ...] = ()
) -> tuple[int, str, str]:
    """Trains in two processes, once: nothing starts them again.

    Args:
        config (Path): The config file.
        *options (str): What is changed in it.
        arguments (tuple[str, ...]): Further ones of train.py. Defaults to ().

    Returns:
        tuple[int, str, str]: Exit status, output and errors.
    """
    launch = [sys.executable, TOOLS / 'launch.py', 'dist_train', config, '2']
    environ = dict(
        PATH=PATH,
        CUDA_VISIBLE_DEVICES='-1',
        OMP_NUM_THREADS='1',
        SHUTDOWN_TIMEOUT='10',
        RESTARTS='0',
        PYTHONPATH=f'{config.parent}:{ROOT}',
    )
    done = subprocess.run(
        [*launch, *arguments, '--cfg-options', *options],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=600,
    )
    return done.returncode, done.stdout, done.stderr


def read_error(err: str) -> str:
    """Returns the one line that tells what is wrong; there is no traceback."""
    assert 'Traceback' not in err
    lines = [line for line in err.splitlines() if line.startswith('error: ')]
    assert len(lines) == 1, lines
    return lines[0]
