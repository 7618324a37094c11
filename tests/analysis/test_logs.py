"""Curves of several runs."""

import json

import pytest
from PIL import Image

from mmseg_hrvit.analysis import logs
from mmseg_hrvit.analysis.curves import read_history
from mmseg_hrvit.analysis.logs import find_keys, name_runs, plot_logs, read_curve
from mmseg_hrvit.errors import InputError

COLOURS = [(31, 119, 180), (255, 127, 14)]  # of the first two lines


def write_log(work_dir, time, records):
    path = work_dir / time / 'vis_data/scalars.json'
    path.parent.mkdir(parents=True)
    path.write_text(''.join(json.dumps(record) + '\n' for record in records))


def train(step, loss=1.0, **more):
    return dict(lr=1e-3, loss=loss, iter=step, step=step, **more)


@pytest.fixture
def runs(tmp_path):
    """Two runs, of which the first was resumed after a step that it lost."""
    first, second = tmp_path / 'a/net', tmp_path / 'b/net'
    evaluation = dict(mIoU=40.0, step=20)
    write_log(first, '20250101_1', [train(10), train(20), evaluation, train(30, 9.0)])
    write_log(first, '20250102_1', [train(30, 0.5), train(40, 0.4)])
    write_log(second, '20250101_1', [train(10, 2.0), train(20, 1.5)])
    return [first, second]


def colours(path):
    picture = Image.open(path).convert('RGB')
    found = {colour for _, colour in picture.getcolors(10**6)}
    return [colour in found for colour in COLOURS]


def test_a_resumed_run_is_one_line_without_doubling(runs):
    history = read_history(runs[0])
    assert read_curve(history, 'loss') == ([10, 20, 30, 40], [1.0, 1.0, 0.5, 0.4])
    assert read_curve(history, 'mIoU') == ([20], [40.0])


def test_a_run_by_epochs_keeps_what_its_first_part_did(tmp_path):
    # mmengine counts iterations in training records, epochs in evaluations.
    first = [train(50, epoch=1), train(100, epoch=2), dict(mIoU=1.0, step=2)]
    lost = train(150, 9.0, epoch=3)
    second = [train(150, 0.5, epoch=3), dict(mIoU=2.0, step=3)]
    write_log(tmp_path, '20250101_1', [*first, lost])
    write_log(tmp_path, '20250102_1', second)
    assert read_history(tmp_path) == first + second


def test_a_panel_a_key_and_a_line_a_run(runs, tmp_path, monkeypatch):
    drawn = {}
    draw = logs.draw_curves

    def note(curves, names, out):
        drawn.update(curves=curves, names=names)
        draw(curves, names, out)

    monkeypatch.setattr(logs, 'draw_curves', note)
    plot_logs(runs, ['loss', 'mIoU', 'lr'], tmp_path / 'new/logs.png')
    assert drawn['names'] == [str(run) for run in runs]  # both are called 'net'
    assert drawn['curves']['loss'][1] == ([10, 20], [2.0, 1.5])
    assert drawn['curves']['mIoU'] == [([20], [40.0]), ([], [])]
    assert colours(tmp_path / 'new/logs.png') == [True, True]
    plot_logs(runs[:1], ['loss'], tmp_path / 'one.png')
    assert drawn['names'] == ['net']
    assert colours(tmp_path / 'one.png') == [True, False]
    sizes = [Image.open(tmp_path / name).size for name in ('new/logs.png', 'one.png')]
    assert sizes[0][0] > 1.5 * sizes[1][0]
    assert sizes[0][1] > 1.5 * sizes[1][1]
    fourth = Image.open(tmp_path / 'new/logs.png').convert('L')
    width, height = fourth.size
    box = (width // 2 + 20, height // 2 + 20, width, int(0.9 * height))
    assert fourth.crop(box).getextrema() == (255, 255)  # three keys, three panels


def test_runs_are_named_by_their_folders(tmp_path):
    names = name_runs([tmp_path / 'a/x', tmp_path / 'b/y/'])
    assert names == ['x', 'y']


def test_numbers_can_be_drawn():
    history = [dict(train(1), note='text'), dict(mIoU=1.0, step=1)]
    assert find_keys([history]) == ['loss', 'lr', 'mIoU']


def test_an_unknown_key_is_answered_with_those_there_are(runs, tmp_path):
    with pytest.raises(InputError, match=r'--keys miou: .* there is loss, lr, mIoU'):
        plot_logs(runs, ['loss', 'miou'], tmp_path / 'logs.png')
    assert not (tmp_path / 'logs.png').exists()
