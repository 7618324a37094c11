import json

import pytest
from PIL import Image

from mmseg_hrvit.analysis.curves import plot_run, read_history
from mmseg_hrvit.errors import InputError


def write_log(work_dir, time, records):
    path = work_dir / time / 'vis_data/scalars.json'
    path.parent.mkdir(parents=True)
    path.write_text(''.join(json.dumps(record) + '\n' for record in records))


def train(step, loss=1.0):
    return dict(lr=1e-3, loss=loss, iter=step, step=step)


def val(step, miou=50.0):
    return dict(aAcc=90.0, mIoU=miou, step=step)


def steps(history):
    return [record['step'] for record in history]


def test_a_resumed_run_goes_on_where_it_resumed(tmp_path):
    write_log(tmp_path, '20250102_1', [train(30, 0.3), train(40)])
    write_log(tmp_path, '20250101_1', [train(10), train(20), val(20), train(30, 0.9)])
    history = read_history(tmp_path)
    assert steps(history) == [10, 20, 20, 30, 40]
    assert history[3]['loss'] == 0.3


def test_a_run_from_scratch_replaces_the_one_before(tmp_path):
    write_log(tmp_path, '20250101_1', [train(10, 9.0), train(20, 9.0), val(20)])
    write_log(tmp_path, '20250102_1', [train(10, 1.0)])
    assert read_history(tmp_path) == [train(10, 1.0)]


def test_logs_of_evaluations_and_empty_ones_do_not_count(tmp_path):
    write_log(tmp_path, '20250101_1', [train(10)])
    write_log(tmp_path, '20250102_1', [])
    assert steps(read_history(tmp_path)) == [10]


def test_a_line_that_a_kill_has_cut_off_is_left_out(tmp_path):
    write_log(tmp_path, '20250101_1', [train(10), train(20)])
    path = tmp_path / '20250101_1/vis_data/scalars.json'
    whole = path.read_text()
    path.write_text(whole + '{"loss": tru')
    assert steps(read_history(tmp_path)) == [10, 20]
    path.write_text('{"loss": tru\n' + whole)
    with pytest.raises(InputError, match=r'scalars\.json: line 1 is damaged'):
        read_history(tmp_path)


def test_a_run_too_short_to_log_a_loss_is_told(tmp_path):
    write_log(tmp_path, '20250101_1', [val(0)])
    with pytest.raises(InputError, match='has logged no loss yet'):
        read_history(tmp_path)


@pytest.mark.parametrize('records', [None, []])
def test_a_folder_without_a_training_log_is_one_line(tmp_path, records):
    if records is not None:
        write_log(tmp_path, '20250101_1', records)
    with pytest.raises(InputError, match='no log of a training run'):
        read_history(tmp_path)


@pytest.mark.parametrize('records', [[train(10), train(20), val(20)], [train(10)]])
def test_a_run_is_drawn_with_and_without_evaluation(tmp_path, records):
    write_log(tmp_path, '20250101_1', records)
    out = tmp_path / 'new/curve.png'
    plot_run(tmp_path, out)
    picture = Image.open(out).convert('RGB')
    colours = {colour for _, colour in picture.getcolors(10**6)}
    assert ((31, 119, 180) in colours) == (len(records) > 1)  # a line, not a point
    assert ((44, 160, 44) in colours) == (val(20) in records)
