"""Costs of configs, scores from mmengine's logs, latencies from a file."""

import json

import pytest

from endings import refused
from mmseg_hrvit.analysis.paper import measured
from mmseg_hrvit.analysis.paper.measured import (
    Score,
    measure_systems,
    measure_tables,
    read_latencies,
    read_scores,
)
from mmseg_hrvit.analysis.paper.rows import Row, Table
from mmseg_hrvit.errors import InputError

TABLE = Table(
    6, 'two systems', 'system',
    (Row('b1', 'hrvit_b1_cityscapes', top1='80.5', miou='81.63'),
     Row('b2', 'hrvit_b2_cityscapes', top1='82.3', miou='82.81')),
)  # fmt: skip


def write_log(work_dir, *records, time='20250101_000000'):
    path = work_dir / time / 'vis_data/scalars.json'
    path.parent.mkdir(parents=True)
    path.write_text(''.join(json.dumps(record) + '\n' for record in records))


@pytest.fixture
def stubbed(monkeypatch):
    """Measures nothing: a config's cost is its name."""
    monkeypatch.setattr(
        measured, 'measure_systems', lambda names: {n: n for n in names}
    )


def test_configs_are_measured_at_the_size_of_their_task(capsys):
    costs = measure_systems(['hrvit_b1_cityscapes'])
    assert list(costs) == ['hrvit_b1_cityscapes']
    assert costs['hrvit_b1_cityscapes'].params == 8149451
    assert costs['hrvit_b1_cityscapes'].macs.paper == 13960462336
    output = capsys.readouterr()
    assert 'measuring' in output.err  # the progress bar
    assert 'measuring' not in output.out


def test_classifiers_are_measured_at_224():
    pytest.importorskip('mmpretrain')
    (cost,) = measure_systems(['pretrain/hrvit_b1_in1k']).values()
    assert cost.macs.paper == 2676174784


def test_a_missing_config_is_told_before_anything_is_measured(capsys):
    with pytest.raises(InputError, match='hrvit_b9'):
        measure_systems(['hrvit_b1_cityscapes', 'hrvit_b9_cityscapes'])
    assert 'measuring' not in capsys.readouterr().err


def test_a_run_is_read_from_its_log(tmp_path):
    write_log(
        tmp_path / 'swin_t_ade20k',
        dict(loss=1.0, step=10),
        dict(mIoU=41.0, aAcc=80.0, step=10),
        dict(mIoU=45.5, aAcc=81.0, step=20),
        dict(mIoU=44.25, aAcc=82.0, step=30),
    )
    write_log(tmp_path / 'not_evaluated', dict(loss=1.0, step=10))
    write_log(tmp_path / 'tested_alone', dict(mIoU=30.0, step=0))
    names = ['baselines/swin_t_ade20k', 'not_evaluated', 'tested_alone', 'missing']
    scores = read_scores(tmp_path, names, 'mIoU')
    assert scores == {'baselines/swin_t_ade20k': Score(best=45.5, last=44.25)}


def test_a_run_by_epochs_that_was_resumed(tmp_path):
    # mmengine counts iterations in training records, epochs in evaluations.
    folder = tmp_path / 'hrvit_b1_in1k'
    first = [dict(loss=5.0, step=1250), {'accuracy/top1': 40.0, 'step': 1}]
    second = [dict(loss=4.0, step=2500), {'accuracy/top1': 39.0, 'step': 2}]
    write_log(folder, *first, time='20250101_000000')
    write_log(folder, *second, time='20250102_000000')
    scores = read_scores(tmp_path, ['hrvit_b1_in1k'], 'accuracy/top1')
    assert scores == {'hrvit_b1_in1k': Score(best=40.0, last=39.0)}


def test_tables_are_measured_with_their_runs(stubbed, tmp_path):
    evaluation = {'loss': 1.0, 'accuracy/top1': 80.0, 'step': 1}
    write_log(tmp_path / 'hrvit_b2_in1k', evaluation)
    write_log(tmp_path / 'hrvit_b1_cityscapes', dict(loss=1.0, mIoU=70.0, step=1))
    costs = {row.config: row.config for row in TABLE.rows}
    assert measure_tables([TABLE, TABLE]).costs == costs
    assert measure_tables([TABLE]).miou == measure_tables([TABLE]).top1 == {}
    result = measure_tables([TABLE], tmp_path)
    assert result.costs == costs
    assert result.miou == {'hrvit_b1_cityscapes': Score(70.0, 70.0)}
    assert result.top1 == {'hrvit_b2_in1k': Score(80.0, 80.0)}


def test_a_folder_without_runs_is_one_line(stubbed, tmp_path):
    with pytest.raises(InputError, match=r'--results .*hrvit_b1_cityscapes'):
        measure_tables([TABLE], tmp_path / 'missing')


def entry(config='hrvit_b1_ade20k', seconds=0.5, device='H100'):
    return dict(config=config, seconds=seconds, device=device, size=[512, 512])


def test_latencies_are_read(tmp_path):
    path = tmp_path / 'latency.json'
    path.write_text(json.dumps([entry(), entry('own', 2)]))
    assert read_latencies(path) == ({'hrvit_b1_ade20k': 0.5, 'own': 2.0}, 'H100')


@pytest.mark.parametrize(
    'text',
    [
        None,
        'no json',
        '{"config": 1}',
        '[{"config": "a", "seconds": 1}]',
        '[{"config": "a", "seconds": "fast", "device": "H100"}]',
        '[]',
        json.dumps([entry(), entry()]),
        json.dumps([entry(), entry('own', device='CPU')]),
    ],
)
def test_a_file_of_another_form_is_one_line(tmp_path, text):
    path = tmp_path / 'latency.json'
    if text is not None:
        path.write_text(text)
    with refused(r'--latency .*latency.json: '):
        read_latencies(path)
