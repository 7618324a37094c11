import pytest

from data import load_tool, make_camvid
from export_data import save_small

tool = load_tool('analysis/compare_precisions')


@pytest.fixture
def model(tmp_path):
    """Config and checkpoint of a small network."""
    return save_small('hrvit_b1_camvid', tmp_path, branches=2)


def test_a_file_beside_its_checkpoint(model, tmp_path, capsys):
    config, checkpoint = model
    root = make_camvid(tmp_path / 'data')
    out = str(tmp_path / 'net.pt2')
    argv = [*model, '--to', 'torchexport', '--out', out, '--size', '96', '128']
    load_tool('export').main(argv)
    options = ['--cfg-options', f'test_dataloader.dataset.data_root={root}']
    options += ['test_dataloader.dataset.pipeline.1.scale=(128,96)']
    options += ['test_dataloader.num_workers=0']
    tool.main([config, checkpoint, out, f'{checkpoint}@bfloat16', *options])
    printed = capsys.readouterr().out
    assert printed.count('100.00%') == 2
    assert 'net.pt2' in printed.replace('\n', '')


def test_a_mistake_is_one_line(model, tmp_path, capsys):
    option = f'test_dataloader.dataset.data_root={tmp_path / "none"}'
    with pytest.raises(SystemExit):
        tool.main([*model, '--cfg-options', option])
    assert capsys.readouterr().err.splitlines()[-1].startswith('error: no folder')
