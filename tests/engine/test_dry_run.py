import pytest
from mmengine.config import Config

from data import load_tool, make_image_folders, write_tiny_config
from faults.two_ranks import train as train_in_two
from mmseg_hrvit.configs import config as shipped
from mmseg_hrvit.datasets.checked_pipeline import check_samples
from mmseg_hrvit.engine.cpu import prepare_cpu
from mmseg_hrvit.engine.dry_run import Report, dry_run, evaluate
from mmseg_hrvit.errors import InputError

train = load_tool('train')
OF_A_DAY = ['--cfg-options', 'train_cfg.max_iters=1000', 'train_cfg.val_interval=300']


@pytest.fixture
def config(tmp_path):
    return write_tiny_config(tmp_path)


def everything(folder):
    """All files of a folder, with what is in them."""
    return {
        path: path.is_file() and path.read_bytes()
        for path in folder.rglob('*')
        if '__pycache__' not in path.parts
    }


def test_it_says_what_the_run_will_need(config, tmp_path, capfd):
    before = everything(tmp_path)
    train.main([str(config), '--dry-run', *OF_A_DAY])
    out, _ = capfd.readouterr()
    lines = out.splitlines()[-4:]
    assert lines[0].startswith('dry run: 2 iterations and an evaluation')
    assert 'GiB per process' in lines[1]
    assert 'for 1000 iterations of' in lines[2]
    assert '4 evaluations of' in lines[2]
    assert 'GiB free' in lines[3]
    assert everything(tmp_path) == before


def test_the_work_directory_of_a_run_stays_as_it_is(config, tmp_path):
    train.main([str(config)])
    before = everything(tmp_path)
    train.main([str(config), '--dry-run', '--resume'])
    assert everything(tmp_path) == before


def test_a_run_that_fails_fails_here(config, tmp_path, capfd):
    image = next((tmp_path / 'data/images/validation').iterdir())
    image.write_bytes(image.read_bytes()[:500])
    before = everything(tmp_path)
    with pytest.raises(SystemExit) as exit:
        train.main([str(config), '--dry-run', *OF_A_DAY])
    assert exit.value.code == 2
    assert f'error: {image} cannot be read' in capfd.readouterr().err
    assert everything(tmp_path) == before


def test_no_image_of_the_evaluation_may_be_skipped(config, monkeypatch):
    """As in the run itself, where that is for training images."""
    shares = []

    def check(dataset, max_share, *args, **options):
        shares.append(max_share)
        return check_samples(dataset, max_share, *args, **options)

    monkeypatch.setattr('mmseg_hrvit.engine.dry_run.VAL_IMAGES', 1)
    monkeypatch.setattr('mmseg_hrvit.engine.runner.check_samples', check)
    dry_run(load(config, max_unusable_share=0.5))
    assert shares == [0.5, 0.0, 0.0]  # training, evaluation, a few images of it


def load(path, **overrides):
    cfg = Config.fromfile(path)
    cfg.launcher = 'none'
    cfg.merge_from_dict(overrides)
    return cfg


def test_what_it_counts(config):
    cfg = load(config, **{'train_cfg.max_iters': 1000, 'train_cfg.val_interval': 300})
    report = dry_run(cfg)
    assert (report.iters, report.evaluations) == (1000, 4)
    assert report.iter_seconds > 0
    assert report.evaluation_seconds > 0
    # Weights and two states of Adam, twice kept and once being written, and the best.
    assert 10 * 0.2e6 * 4 < report.disk < 20 * 0.3e6 * 4
    assert 2**27 < report.memory < 2**34
    assert report.disk_free > 2**20


def test_a_single_iteration(config):
    assert dry_run(load(config)).iters == 1


def test_a_few_images_stand_for_all(config, monkeypatch):
    sizes = []

    def count_and_evaluate(runner):
        sizes.append(len(runner.val_dataloader.dataset))
        result = evaluate(runner)
        sizes.append(len(runner.val_dataloader.dataset))
        return result

    monkeypatch.setattr('mmseg_hrvit.engine.dry_run.VAL_IMAGES', 1)
    monkeypatch.setattr('mmseg_hrvit.engine.dry_run.evaluate', count_and_evaluate)
    dry_run(load(config))
    assert sizes == [2, 1]


def test_too_little_room_is_told(config, monkeypatch):
    monkeypatch.setattr('mmseg_hrvit.engine.disk_space.free_bytes', lambda folder: 9)
    with pytest.raises(InputError, match='checkpoints of this run need'):
        dry_run(load(config))


def test_without_evaluation(config):
    cfg = load(config)
    cfg.val_dataloader = cfg.val_cfg = cfg.val_evaluator = None
    report = dry_run(cfg)
    assert (report.evaluations, report.evaluation_seconds) == (0, 0)


def test_training_by_epochs(tmp_path):
    pytest.importorskip('mmpretrain')
    cfg = load(
        shipped('pretrain/hrvit_b1_in1k'),
        **{
            'train_dataloader.dataset.pipeline.1.scale': 64,
            'val_dataloader.dataset.pipeline.1.scale': 72,
            'val_dataloader.dataset.pipeline.2.crop_size': 64,
        },
    )
    root = str(make_image_folders(tmp_path / 'data'))
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        loader.update(
            batch_size=2, num_workers=0, persistent_workers=False, pin_memory=False
        )
        loader.dataset.data_root = root
    cfg.work_dir = str(tmp_path / 'work')
    prepare_cpu(cfg)
    report = dry_run(cfg)
    assert (report.iters, report.evaluations) == (300 * 5, 300)
    assert not (tmp_path / 'work').exists()


def test_the_report():
    text = str(Report(3 * 2**30, 100, 0.5, 2, 10.0, 2**29, 2**31))
    assert '3.00 GiB per process' in text
    assert '0:01:10 h' in text
    assert '0.50 GiB for checkpoints, of 2.00 GiB free' in text


@pytest.mark.faults
def test_two_processes(config, tmp_path):
    code, out, err = train_in_two(
        config, 'train_cfg.max_iters=9', arguments=('--dry-run',)
    )
    assert code == 0, err
    assert out.count('dry run: ') == 1
    assert not (tmp_path / 'work').exists()
