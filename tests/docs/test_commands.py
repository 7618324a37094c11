"""README.md and docs/: every command is one that its tool takes.

The shell reads each block, with its loops and braces, and finds in place of programs
what writes down how it was called. Tools then read those arguments.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from mmengine.config import Config

from data import load_tool
from hrvit_cli import Verb
from mmseg_hrvit.configs import config_names, find_config
from mmseg_hrvit.engine.options import merge_options, parse_options
from mmseg_hrvit.errors import InputError
from pages import PAGES, read_blocks
from paths import ROOT

NAMES = config_names()
PROGRAMS = (
    'python', 'bash', 'pip', 'mim', 'csCreateTrainIdLabelImgs', 'curl', 'git', 'hrvit',
    'rio',
)  # fmt: skip
# What scripts hand on, after their own arguments.
HANDED_ON = {
    'tools/dist_train.sh': (2, 'train'),
    'tools/dist_test.sh': (3, 'test'),
    'tools/slurm_train.sh': (3, 'train'),
    'tools/slurm_test.sh': (4, 'test'),
}
RECORD = f"""#!{sys.executable}
import json, os, sys
with open(os.environ['CALLS'], 'a') as file:
    file.write(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]) + '\\n')
"""


@pytest.fixture
def record(tmp_path):
    """A function from a block to the calls in it."""
    for name in PROGRAMS:
        path = tmp_path / 'bin' / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(RECORD)
        path.chmod(0o755)
    activate = tmp_path / '.venv/bin/activate'  # the quickstart sources it
    activate.parent.mkdir(parents=True)
    activate.touch()
    calls = tmp_path / 'calls'
    env = dict(PATH=str(tmp_path / 'bin'), CALLS=str(calls))

    def run(block: str) -> list[list[str]]:
        calls.write_text('')
        shell = [shutil.which('bash'), '-euc', block]
        subprocess.run(shell, env=env, cwd=tmp_path, check=True, timeout=60)
        return [json.loads(line) for line in calls.read_text().splitlines()]

    return run


def check(program: str, *args: str) -> None:
    """Fails if a call could not be meant as it stands."""
    if program == 'hrvit' and args:
        read_verb(Verb(args[0]), args[1:])
    elif program == 'python' and args[0].startswith('tools/'):
        read_arguments(args[0], args[1:])
    elif program == 'bash':
        assert (ROOT / args[0]).is_file(), args[0]
        if args[0] in HANDED_ON:
            own, tool = HANDED_ON[args[0]]
            config = args[3 if 'slurm' in args[0] else 1]
            checkpoint = ['CHECKPOINT'] if tool == 'test' else []
            read_arguments(f'tools/{tool}.py', [config, *checkpoint, *args[own + 1 :]])
    for arg in args:
        if arg.startswith('configs/'):
            assert (ROOT / arg).is_file(), arg


def read_arguments(path: str, args: list[str]) -> None:
    read_verb(load_tool(path.removeprefix('tools/').removesuffix('.py')), args)


def read_verb(verb: Verb, args: Sequence[str]) -> None:
    """Reads the arguments; a shipped config has to take its options too."""
    try:
        found = verb.parse_args(args)
    except SystemExit as exit:
        assert exit.code == 0, f'{verb.name} does not take {args}'
        return
    options = getattr(found, 'cfg_options', None)
    is_shipped = options and Path(found.config).stem in map(os.path.basename, NAMES)
    if is_shipped:
        cfg = Config.fromfile(find_config(found.config))
        merge_options(cfg, parse_options(options))


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.stem)
def test_every_command_is_taken(page, record):
    for _, block in read_blocks(page, 'shell'):
        calls = record(block)
        assert calls, f'{page.name}: no command in\n{block}'
        for call in calls:
            check(*call)


def test_every_recipe_is_taken():
    rows = (ROOT / 'docs/recipes.md').read_text(encoding='utf-8')
    recipes = re.findall(r'^\| [^|]+ \| `(--[^`]+)`', rows, re.M)
    assert len(recipes) > 10
    for recipe in recipes:
        read_verb(Verb('train'), ['hrvit_b1_camvid', *shlex.split(recipe)])


@pytest.mark.parametrize(
    'block',
    [
        'python tools/train.py configs/hrvit_b9_ade20k.py',
        'python tools/train.py configs/hrvit_b1_ade20k.py --no-such-option',
        'bash tools/no_such.sh',
        'hrvit train hrvit_b1_ade20k --no-such-option',
        'hrvit train hrvit_b1_ade20k --cfg-options train_cfg.max_iter=1',
        'bash tools/dist_train.sh configs/hrvit_b1_ade20k.py 8 --no-such-option',
    ],
)
def test_a_wrong_command_is_found(block, record):
    with pytest.raises((AssertionError, InputError)):
        for call in record(block):
            check(*call)
