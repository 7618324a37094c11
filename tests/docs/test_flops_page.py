"""The figures of docs/flops.md are those that are counted."""

import re

import pytest
from mmengine.config import Config

from mmseg_hrvit import config
from mmseg_hrvit.analysis.flops import measure_config
from paths import ROOT
from selection import full_but

ROWS = re.findall(
    r'^\| (hrvit_\w+) \| ([\d.]+)[^|]* \| ([\d.]+)[^|]* \| ([\d.]+) \| ([\d.]+) \|$',
    (ROOT / 'docs/flops.md').read_text(),
    flags=re.MULTILINE,
)
COLUMNS = ('params', 'paper', 'full', 'executed')
README = (ROOT / 'README.md').read_text()


def gflops(macs):
    """Billions, to four digits."""
    return f'{macs / 1e9:#.4g}'


@pytest.mark.parametrize(
    ('name', *COLUMNS),
    full_but(ROWS, ROWS[0]),
    ids=[row[0] for row in ROWS],
)
def test_a_row_of_the_table(name, params, paper, full, executed):
    cfg = Config.fromfile(config(name))
    model = measure_config(cfg, (512, 512))
    ran = measure_config(cfg, (512, 512), executed=True)
    counts = model.macs.paper, model.macs.full, ran.macs.full
    assert f'{model.params / 1e6:.3f}' == params
    assert [*map(gflops, counts)] == [paper, full, executed]


def test_all_networks_are_in_the_table():
    assert len(ROWS) == 12


def test_the_readme_says_what_runs():
    first, second, third = (f'{float(row[4]):.1f}' for row in ROWS[:3])
    said = f'{first}, {second} and {third} GFLOPs'
    assert said in ' '.join(README.split())
