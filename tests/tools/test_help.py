"""What the tools say about the files that they are given."""

import re

import pytest

from data import load_tool
from paths import TOOLS

RUNS_CONFIGS = 'configs are Python programs that this command executes'
NAMES = sorted(
    path.relative_to(TOOLS).with_suffix('').as_posix()
    for path in TOOLS.rglob('*.py')
    if 'verb = Verb(' in path.read_text()
)


def read_help(name, capsys):
    with pytest.raises(SystemExit) as exit:
        load_tool(name).parse_args(['--help'])
    assert exit.value.code == 0
    return re.sub(r'\s+', ' ', capsys.readouterr().out)


@pytest.mark.parametrize('name', NAMES)
def test_a_tool_says_what_it_executes(name, capsys):
    text = read_help(name, capsys)
    positional = text.split('positional arguments:')[-1].split(' options:')[0]
    takes_config = re.match(r' configs?\b', positional, re.I) is not None
    takes_checkpoint = re.search(r' checkpoint |checkpoint of', positional) is not None
    assert takes_config == (RUNS_CONFIGS in positional)
    assert takes_checkpoint == ('nothing in it is executed' in positional)


def test_tools_with_configs_are_among_them():
    assert {'train', 'test', 'get_flops', 'benchmark'} <= set(NAMES)
