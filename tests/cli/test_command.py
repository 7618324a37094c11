"""The command ``hrvit``: its verbs, its help and what it says to a wrong one."""

import os
import subprocess
import sys
from argparse import ArgumentParser
from dataclasses import fields
from importlib import import_module

import pytest

from data import load_tool
from hrvit_cli import VERBS, Verb, benchmark, export, paper_tables
from hrvit_cli.__main__ import main
from hrvit_cli.arguments import count_cores
from mmseg_hrvit.analysis.benchmark import DTYPES
from mmseg_hrvit.analysis.paper.rows import TABLES
from mmseg_hrvit.configs import config_names
from mmseg_hrvit.export import FORMATS, OUTPUTS, PRECISIONS
from mmseg_hrvit.serving import Limits
from paths import ROOT, TOOLS

FRONTS = sorted(
    path.relative_to(TOOLS).with_suffix('').as_posix()
    for path in TOOLS.rglob('*.py')
    if 'verb = Verb(' in path.read_text()
)
HEAVY = ('torch', 'mmengine', 'mmcv', 'mmseg', 'mmseg_hrvit', 'numpy', 'cv2')


def end(*argv):
    with pytest.raises(SystemExit) as exit:
        main(argv)
    return exit.value.code


def test_alone_it_lists_every_verb(capsys):
    main([])
    out = capsys.readouterr().out
    for verb in VERBS:
        assert f'\n  {verb} ' in out
        assert f'{Verb(verb).summary}\n' in out


@pytest.mark.parametrize('verb', VERBS)
def test_every_verb_has_help_and_work(verb, capsys):
    assert end(verb, '--help') == 0
    assert f'usage: hrvit {verb} ' in capsys.readouterr().out
    options, module = Verb(verb).options, f'mmseg_hrvit.cli.{Verb(verb).module}'
    work = options if hasattr(options, 'run') else import_module(module)
    assert callable(work.run)


def test_help_imports_nothing_heavy():
    code = 'import sys; from hrvit_cli.__main__ import main; main([])\n'
    for verb in VERBS:
        code += f'try: main(["{verb}", "--help"])\nexcept SystemExit: pass\n'
    code += f'sys.stderr.write(str([m for m in {HEAVY} if m in sys.modules]))'
    done = subprocess.run(
        [sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, '[]')


@pytest.mark.parametrize(
    ('verb', 'hint'), [('tarin', 'did you mean train?'), ('xyz', 'lists all commands')]
)
def test_a_wrong_verb_is_one_line(verb, hint, capsys):
    assert end(verb) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"error: no command '{verb}'")
    assert err.count('\n') == 1
    assert hint in err


@pytest.mark.parametrize(
    'call',
    [
        "__main__ import main; main(['demo', 'street.jpg', 'hrvit_quickstart'])",
        "scripts import call; call('launcher.run_once', 'test.py', '2', [])",
    ],
)
def test_a_missing_package_is_one_line(call):
    code = f"import sys; sys.modules['mmseg'] = None; from hrvit_cli.{call}"
    done = subprocess.run(
        [sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith('error: mmseg_hrvit needs mmseg: install the ')
    assert done.stderr.count('\n') == 1


def test_a_mistake_is_one_line(capsys):
    assert end('flops', 'no_such_config') == 2
    assert capsys.readouterr().err.startswith("error: no config is called 'no_such")


def test_every_verb_but_listing_has_a_tool_of_the_same_work():
    fronted = {load_tool(front).name for front in FRONTS}
    assert fronted == set(VERBS) - {'configs'}


def choices(module, option):
    parser = ArgumentParser()
    module.add_arguments(parser)
    (action,) = (a for a in parser._actions if option in a.option_strings)
    return set(action.choices)


def test_choices_and_defaults_are_those_of_the_package():
    assert choices(export, '--to') == set(FORMATS)
    assert choices(export, '--output') == set(OUTPUTS)
    assert choices(export, '--precision') == set(PRECISIONS)
    assert choices(benchmark, '--dtype') == set(DTYPES)
    assert choices(paper_tables, '--tables') == {table.number for table in TABLES}
    args = Verb('serve').parse_args(['a.onnx'])
    for field in fields(Limits):
        assert getattr(args, field.name) == field.default


@pytest.mark.parametrize(
    ('verb', 'argv', 'expected'),
    [
        ('export', 'CONFIG --to onnx CHECKPOINT', dict(checkpoint='CHECKPOINT')),
        ('test', 'CONFIG --tta CHECKPOINT', dict(checkpoint='CHECKPOINT')),
        (
            'demo',
            'a.jpg CONFIG --labels CHECKPOINT',
            dict(model=['CONFIG', 'CHECKPOINT']),
        ),
    ],
)
def test_options_may_stand_between_arguments(verb, argv, expected):
    args = vars(Verb(verb).parse_args(argv.split()))
    assert expected.items() <= args.items()


def test_cores_are_those_that_the_process_may_use(monkeypatch):
    bound = os.sched_getaffinity(0)
    assert count_cores() == len(bound)
    monkeypatch.delattr(os, 'sched_getaffinity')  # as on macOS
    assert count_cores() == os.cpu_count()


def test_configs_are_listed_with_data_size_and_figure(capsys):
    assert end('configs', 'hrvit_b?_ade20k') == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        'config',
        'data',
        'set',
        'M',
        'params',
        'GFLOPs',
        'paper',
    ]
    assert [line.split() for line in lines[1:]] == [
        ['hrvit_b1_ade20k', 'ADE20K', '8.2', '14.5', '45.88', 'mIoU'],
        ['hrvit_b2_ade20k', 'ADE20K', '20.8', '27.8', '48.76', 'mIoU'],
        ['hrvit_b3_ade20k', 'ADE20K', '28.7', '67.7', '50.20', 'mIoU'],
    ]
    assert end('configs') == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]]
    assert sorted(listed) == config_names()
    assert end('configs', 'no-such') == 1
