import pytest
import torch
from mmengine.config import Config
from mmseg.registry import MODELS

import mmseg_hrvit
from data import load_tool, write_tiny_config
from mmseg_hrvit import FolderIoUMetric
from mmseg_hrvit.analysis.confusion import count_confusions
from mmseg_hrvit.cli.test import apply_args
from mmseg_hrvit.engine import iou_metric
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.export import read_metadata

test = load_tool('test')


def apply(*argv, without=()):
    cfg = Config.fromfile(mmseg_hrvit.config('hrvit_b1_ade20k'))
    for key in without:
        cfg.pop(key)
    apply_args(cfg, test.parse_args(['CONFIG', 'a.pth', *argv]))
    return cfg


def test_the_checkpoint_reaches_the_config():
    assert apply().load_from == 'a.pth'


def test_augmentation_wraps_the_network():
    plain, cfg = apply(), apply('--tta')
    assert cfg.model.type == 'SegTTAModel'
    assert cfg.model.module == plain.model
    assert cfg.test_dataloader.dataset.pipeline == plain.tta_pipeline


def test_windows_and_label_maps():
    cfg = apply('--show', '--wait-time', '3', '--out', 'here')
    hook = cfg.default_hooks.visualization
    assert (hook.draw, hook.show, hook.wait_time) == (True, True, 3)
    assert cfg.test_evaluator.output_dir == 'here'
    assert cfg.test_evaluator.keep_results is True


def test_cuda_graphs_reach_the_hook():
    (form,) = (h for h in apply('--cuda-graphs').custom_hooks if 'Form' in h['type'])
    assert form['cuda_graphs'] is True
    with pytest.raises(InputError, match='omit --plain'):
        apply('--cuda-graphs', '--plain')


@pytest.mark.parametrize('key', ['tta_pipeline', 'tta_model'])
def test_a_config_without_augmentation(key):
    with pytest.raises(InputError, match=f'--tta needs {key}'):
        apply('--tta', without=[key])


def test_a_config_without_a_hook_that_draws():
    cfg = Config(dict(default_scope='mmseg', default_hooks=dict()))
    args = test.parse_args(['CONFIG', 'a.pth', '--show'])
    with pytest.raises(InputError, match=r'needs default_hooks\.visualization'):
        apply_args(cfg, args)


def project(tmp_path):
    """A config whose test images are two of the same name in two folders."""
    config = write_tiny_config(tmp_path)
    data = tmp_path / 'data'
    for kind in ('images', 'annotations'):
        folder = data / kind / 'validation'
        for i, path in enumerate(sorted(folder.iterdir())):
            (folder / 'xy'[i]).mkdir()
            path.rename(folder / 'xy'[i] / f'0{path.suffix}')
    model = Config.fromfile(config).model
    checkpoints = []
    for i in range(2):
        path = tmp_path / f'{i}.pth'
        torch.save(dict(state_dict=MODELS.build(model).state_dict()), path)
        checkpoints.append(path)
    return config, checkpoints


def run(*args):
    try:
        test.main([str(arg) for arg in args])
    except SystemExit as exit:
        return exit.code
    return 0


def test_label_maps_keep_their_folders_and_their_origin(tmp_path, capfd):
    config, (one, other) = project(tmp_path)
    out = tmp_path / 'maps'
    for _ in range(2):  # the same again is no harm
        assert run(config, one, '--out', out) == 0
    found = sorted(p.relative_to(out).as_posix() for p in out.rglob('*.png'))
    assert found == ['x/0.png', 'y/0.png']
    told = capfd.readouterr()
    assert (
        'which the mean ignores, or 0 if the network predicts it' in told.out + told.err
    )
    before = [(out / name).read_bytes() for name in found]
    assert run(config, other, '--out', out) == 2
    assert 'label maps of another network' in capfd.readouterr().err
    assert [(out / name).read_bytes() for name in found] == before
    images = tmp_path / 'data/images/validation'
    assert run(config, one, '--out', images / 'maps') == 2
    assert 'is inside the data folder' in capfd.readouterr().err
    (tmp_path / 'file').touch()
    assert run(config, one, '--out', tmp_path / 'file/maps') == 2
    assert 'cannot be written' in capfd.readouterr().err


def test_several_test_sets_with_the_same_names(tmp_path):
    path, (checkpoint, _) = project(tmp_path)
    cfg = Config.fromfile(path)
    whole = cfg.test_dataloader.dataset
    prefixes = (
        {kind: f'{folder}/{name}' for kind, folder in whole.data_prefix.items()}
        for name in 'xy'
    )
    parts = [dict(whole, data_prefix=prefix) for prefix in prefixes]
    cfg.test_dataloader.dataset = dict(type='ConcatDataset', datasets=parts)
    cfg.dump(path)
    maps, pictures = tmp_path / 'maps', tmp_path / 'pictures'
    assert run(path, checkpoint, '--out', maps, '--show-dir', pictures) == 0
    for folder, suffix in ((maps, 'png'), (pictures, 'jpg')):
        for name in 'xy':
            assert (folder / name / f'0.{suffix}').is_file()
    matrix, classes = count_confusions(cfg, maps)
    assert len(classes) == 150
    assert matrix.any()
    assert len(read_metadata(cfg).classes) == 150


@pytest.mark.parametrize('option', ['--out', '--show-dir'])
def test_crops_of_rasters_are_no_images(option, tmp_path):
    cfg = Config.fromfile(mmseg_hrvit.config('rasters/hrvit_b1_mosaic'))
    args = test.parse_args(['CONFIG', 'a.pth', option, str(tmp_path / 'out')])
    with pytest.raises(InputError, match=f'{option} is for images, .* `hrvit demo`'):
        apply_args(cfg, args)
    assert not (tmp_path / 'out').exists()


def test_absent_classes_are_named(monkeypatch):
    told = []
    monkeypatch.setattr(iou_metric, 'print_log', lambda text, logger: told.append(text))
    metric = FolderIoUMetric()
    metric.dataset_meta = dict(classes=['a', 'b', 'c'])
    counts = [torch.tensor(n) for n in ([4, 0, 0], [6, 0, 2], [5, 0, 2], [5, 0, 0])]
    assert metric.compute_metrics([counts])['mIoU'] == pytest.approx(33.33)
    (line,) = told
    assert line.startswith('in no label map: b, c; the IoU is nan')


def test_the_plain_network_is_an_option_of_the_hook():
    (hook,) = (h for h in apply('--plain').custom_hooks if 'Form' in h.type)
    assert hook == dict(type='mmseg_hrvit.FormHook', inference=False)
    cfg = apply('--plain', without=['custom_hooks'])
    assert cfg.custom_hooks == [hook]
