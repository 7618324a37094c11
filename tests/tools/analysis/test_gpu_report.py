"""The report of a GPU, all of whose code runs here on the CPU."""

import json

import pytest
import torch

from data import load_tool
from endings import error_line
from mmseg_hrvit.analysis.forms import COMPILE_MODES
from mmseg_hrvit.analysis.gpu import report as module
from mmseg_hrvit.analysis.gpu.kernels import idle_share, watch
from mmseg_hrvit.analysis.gpu.rows import FULL, SMOKE, Work, plan

ROW = Work('hrvit_quickstart', 'runtime', False, 2, 'float32')


def report(folder, *options):
    argv = ['--out', folder, '--device', 'cpu', '--smoke', *options]
    load_tool('analysis/gpu_report').main([str(arg) for arg in argv])


def one_of_each(row):
    """Whether a row is of a kind that no other stands for."""
    is_main = row.config in SMOKE.pairs and row.dtype == SMOKE.dtypes[0]
    return row.form == 'runtime' or (is_main and (row.train or row.form != 'compile'))


@pytest.mark.parametrize(
    'kept', [one_of_each, pytest.param(bool, marks=pytest.mark.full)]
)
def test_all_of_it(tmp_path, monkeypatch, capsys, kept):
    planned = [row for row in plan(SMOKE) if kept(row)]
    monkeypatch.setattr(module, 'plan', lambda scale: planned)
    if kept is one_of_each:  # to compile takes minutes; with --full, all is compiled
        monkeypatch.setattr(torch, 'compile', lambda function, **_: function)
    report(tmp_path / 'out', '--minutes', '60')
    found = json.loads((tmp_path / 'out/report.json').read_text())
    assert 'CPU' in found['device']
    rows = found['rows']
    assert [row['error'] for row in rows] == [None] * len(planned)
    for row in rows:
        assert len(row['seconds']) == SMOKE.rounds
        # A compiled network is one operator to the CPU's profiler.
        assert row['kernels'] > (1 if row['work']['form'] in COMPILE_MODES else 100)
        assert 0 <= row['idle'] < 1
        assert (row['saved_bytes'] is None) != row['work']['train']
        assert (row['share'] is None) == row['work']['train']
    page = (tmp_path / 'out/report.md').read_text()
    assert '## Training step, batch 2, bfloat16' in page
    assert '| hrvit_quickstart | cudagraph |' in page
    assert '| throughput | 2.5 x | ' in page
    assert 'not measured' not in page
    assert (tmp_path / 'out/report.png').read_bytes().startswith(b'\x89PNG')
    assert f'{len(rows)} of {len(rows)} rows measured' in capsys.readouterr().out


def test_cut_short_it_tells_what_it_has(tmp_path, monkeypatch):
    measure, calls = module.measure, []

    def interrupted(*args):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return measure(*args)

    monkeypatch.setattr(module, 'measure', interrupted)
    monkeypatch.setattr(module, 'plan', lambda scale: [ROW, ROW, ROW])
    with pytest.raises(KeyboardInterrupt):
        module.write_report(tmp_path, 'cpu', SMOKE, minutes=5)
    rows = json.loads((tmp_path / 'report.json').read_text())['rows']
    assert [bool(row['seconds']) for row in rows] == [True, False, False]
    page = (tmp_path / 'report.md').read_text()
    assert page.count('| hrvit_quickstart | runtime | not measured |') == 2


def test_without_time_no_row_is_begun(tmp_path, monkeypatch):
    monkeypatch.setattr(module, 'measure', lambda *_: pytest.fail('it was begun'))
    module.write_report(tmp_path, 'cpu', SMOKE, minutes=0)
    assert (
        '| throughput | 2.5 x | not measured |' in (tmp_path / 'report.md').read_text()
    )


def test_a_row_that_fails_does_not_end_the_report(monkeypatch):
    def fail(*_):
        raise RuntimeError('out of memory\nmore')

    monkeypatch.setattr(module, 'prepare', fail)
    row = module.measure(ROW, 'cpu', SMOKE, 1e9)
    assert row.error == 'RuntimeError: out of memory'
    assert row.seconds is None


def test_the_full_plan_has_what_the_page_promises():
    rows = plan(FULL)
    assert len(rows) == len({*rows})
    assert {row.batch_size for row in rows} == {1, 16}
    assert {row.dtype for row in rows} == {'bfloat16', 'float16'}
    for name in (name for pair in FULL.pairs.items() for name in pair):
        own = [row for row in rows if row.config == name]
        assert {row.form for row in own} >= {'runtime', 'compile', 'cudagraph'}
        assert {row.train for row in own} == {False, True}


@pytest.mark.parametrize(
    ('spans', 'share'),
    [
        ([(0, 10)], 0.0),
        ([(0, 1), (3, 4)], 0.5),
        ([(3, 4), (0, 2), (1, 2)], 0.25),  # in any order, and overlapping
        ([(0, 8), (1, 2), (9, 10)], 0.1),
    ],
)
def test_the_idle_share(spans, share):
    assert idle_share(spans) == pytest.approx(share)


def test_operators_within_others_are_not_counted():
    layer, x = torch.nn.Linear(4, 4), torch.ones(2, 4)
    with torch.no_grad():
        assert watch(lambda: layer(x).relu(), 'cpu').kernels == 2


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--minutes', '0'], '--minutes 0: give more than 0'),
        (['--device', 'cpu'], '--device cpu takes hours: add --smoke'),
    ],
)
def test_bad_arguments_get_one_line(options, message, tmp_path, capsys):
    tool = load_tool('analysis/gpu_report')
    assert message in error_line(capsys, tool, '--out', tmp_path, *options)
