import json

import pytest

from data import load_tool
from endings import error_line
from mmseg_hrvit.analysis.paper.measured import read_latencies

CONFIG = 'hrvit_quickstart'


def test_the_table_and_a_file_that_paper_tables_reads(tmp_path, capsys):
    out = tmp_path / 'latency.json'
    argv = [CONFIG, '--shape', '64', '96', '--rounds', '2', '--warmup', '0']
    load_tool('benchmark').main([*argv, '--batch-size', '2', '--out', str(out)])
    printed = capsys.readouterr().out
    assert '2 x 64 x 96' in printed
    assert CONFIG in printed
    (row,) = json.loads(out.read_text())
    assert row['seconds'] == pytest.approx(sum(row['times']) / 4)
    seconds, device = read_latencies(out)
    assert seconds == {CONFIG: row['seconds']}
    assert 'CPU' in device


def test_forms_the_oracle_and_the_roof(tmp_path, capsys):
    out, picture = tmp_path / 'times.json', tmp_path / 'times.png'
    argv = [CONFIG, f'{CONFIG}@plain', '--shape', '64', '64', '--rounds', '2']
    files = ['--out', str(out), '--plot', str(picture)]
    load_tool('benchmark').main([*argv, '--oracle', '--roofline', *files])
    printed = capsys.readouterr().out
    assert 'GMAC/s' in printed
    names = [row['config'] for row in json.loads(out.read_text())]
    assert names == [f'{CONFIG}@oracle', CONFIG, f'{CONFIG}@plain']
    assert picture.stat().st_size > 0


@pytest.mark.parametrize(
    ('argv', 'message'),
    [
        ([f'{CONFIG}@fast'], 'choose a form'),
        ([CONFIG, '--train', '--roofline'], 'omit --train'),
        ([CONFIG, '--rounds', '1'], '--rounds 2 or more'),
        ([CONFIG, '--shape', '0', '64'], '--shape and --batch-size must be positive'),
        (['hrvit_b9_ade20k'], 'hrvit_b9_ade20k'),
    ],
)
def test_bad_arguments_get_one_line(argv, message, capsys):
    assert message in error_line(capsys, load_tool('benchmark'), *argv)
