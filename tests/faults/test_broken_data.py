"""Broken files under a real run of train.py."""

import pytest
from mmengine.config import Config

from data import load_tool, make_ade20k, write_tiny_config
from faults.two_ranks import read_error, set_hook
from faults.two_ranks import train as train_in_two

train = load_tool('train')


def truncate(path, share=0.5):
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    return path


@pytest.fixture
def config(tmp_path):
    path = write_tiny_config(tmp_path)
    make_ade20k(tmp_path / 'data', num_images=8)
    return path


@pytest.fixture
def broken(tmp_path, record_property):
    """An image and a label map of the training set."""
    record_property('faults injected', 2)
    names = ['images/training/ADE_train_00000003.jpg']
    names.append('annotations/training/ADE_train_00000006.png')
    return [truncate(tmp_path / 'data' / name) for name in names]


OPTIONS = [
    'train_cfg.max_iters=5',
    'train_cfg.val_interval=5',
    'train_dataloader.num_workers=1',
]


def test_a_run_goes_on_past_what_it_may_skip(config, broken, tmp_path):
    train.main([str(config), '--cfg-options', 'max_unusable_share=0.25', *OPTIONS])
    log = next((tmp_path / 'work').glob('*/*.log')).read_text()
    for path in broken:
        assert log.count(f'that cannot be used): {path} cannot be read') == 1
    assert 'skipped (sample 2 of 8' in log
    assert (tmp_path / 'work/iter_5.pth').is_file()
    assert not (tmp_path / 'work/stop_reason').exists()


@pytest.mark.parametrize('share', ['0.0', '0.2'])
def test_a_run_ends_at_what_it_may_not_skip(config, broken, share, tmp_path, capfd):
    with pytest.raises(SystemExit) as exit:
        train.main(
            [str(config), '--cfg-options', f'max_unusable_share={share}', *OPTIONS]
        )
    assert exit.value.code == 2
    line = read_error(capfd.readouterr().err)
    assert any(f'{path} cannot be read' in line for path in broken)
    assert ('2 of 8 samples cannot be used' in line) == (share == '0.2')
    assert (tmp_path / 'work/stop_reason').read_text() == 'data\n'


def test_a_share_that_is_none(config, capfd):
    with pytest.raises(SystemExit):
        train.main([str(config), '--cfg-options', 'max_unusable_share=1'])
    assert 'max_unusable_share=1: give' in read_error(capfd.readouterr().err)


@pytest.mark.faults
@pytest.mark.parametrize('split', ['training', 'validation'])
def test_a_file_that_one_rank_reads_ends_both(config, split, tmp_path, record_property):
    record_property('faults injected', 1)
    cfg = Config.fromfile(config)
    cfg.train_dataloader.sampler.shuffle = False
    cfg.dump(config)
    set_hook(config, 'LabelSurveyHook', seconds=0)  # rank 0 would find it
    images = sorted((tmp_path / f'data/images/{split}').iterdir())
    truncate(images[1])  # the second rank's
    code, _, err = train_in_two(config, 'train_dataloader.batch_size=1', *OPTIONS)
    assert code == 2
    line = read_error(err)
    assert f'{images[1]} cannot be read' in line
    assert line.endswith('(rank 1)')
