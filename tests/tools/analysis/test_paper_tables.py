"""The command line of tools/analysis/paper_tables.py."""

import json

import pytest
from PIL import Image

from data import load_tool
from endings import error_line
from mmseg_hrvit.analysis.flops import Macs, Part
from mmseg_hrvit.analysis.paper import measured

tool = load_tool('analysis/paper_tables')


@pytest.fixture
def stubbed(monkeypatch):
    """Every system has 8 million parameters and 10 billion macs."""
    part = Part('', 8 * 10**6, Macs(10**10))
    monkeypatch.setattr(
        measured, 'measure_systems', lambda names: dict.fromkeys(names, part)
    )


def test_it_writes_page_and_figures(stubbed, tmp_path, capsys):
    latency = tmp_path / 'latency.json'
    entry = dict(config='hrvit_b1_ade20k', seconds=0.01, device='H100')
    latency.write_text(json.dumps([entry]))
    log = tmp_path / 'work_dirs/hrvit_b1_ade20k/1/vis_data/scalars.json'
    log.parent.mkdir(parents=True)
    log.write_text(json.dumps(dict(loss=1.0, mIoU=44.5, step=1)))
    tool.main(
        ['--out', str(tmp_path / 'docs'), '--latency', str(latency),
         '--results', str(tmp_path / 'work_dirs')]
    )  # fmt: skip
    page = tmp_path / 'docs/tables.md'
    assert capsys.readouterr().out.splitlines()[-1] == str(page)
    text = page.read_text(encoding='utf-8')
    for number in range(2, 10):
        assert f'## Table {number}: ' in text
    assert '| HRViT-b1 | 8.2 | 8.000 | -2.4 |' in text
    assert '| 45.88 | 44.50 (44.50) |' in text
    for name in ('figure5', 'latency'):
        assert f'(figures/{name}.png)' in text
        assert Image.open(tmp_path / f'docs/figures/{name}.png').width > 500


def test_tables_are_printed_alone(stubbed, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tool.main(['--tables', '9', '7'])
    lines = capsys.readouterr().out.splitlines()
    headings = [line for line in lines if line.startswith('#')]
    assert [heading.partition(':')[0] for heading in headings] == [
        '## Table 7', '## Table 9', '## Table 9',
    ]  # fmt: skip
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('option', ['--latency', '--results'])
def test_a_mistake_is_one_line(stubbed, tmp_path, capsys, option):
    options = '--out', tmp_path / 'docs', option, tmp_path / 'missing'
    assert error_line(capsys, tool, *options).startswith(f'error: {option} ')
    assert not (tmp_path / 'docs').exists()


def test_an_unknown_table_is_refused(capsys):
    with pytest.raises(SystemExit):
        tool.main(['--tables', '1'])
    assert '--tables' in capsys.readouterr().err
