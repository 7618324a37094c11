import shutil
from contextlib import nullcontext
from importlib.machinery import ModuleSpec

import pytest
from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmseg.datasets import ADE20KDataset, BaseSegDataset

import mmseg_hrvit
from data import make_ade20k, make_camvid, make_cityscapes
from mmseg_hrvit.engine import preflight
from mmseg_hrvit.engine.preflight import check_config
from mmseg_hrvit.errors import InputError

SPLITS = ('train', 'val', 'test')
LAYOUTS = dict(ade20k=make_ade20k, camvid=make_camvid, cityscapes=make_cityscapes)


def load(name, root=None):
    """Loads a shipped config with its data set at ``root``."""
    cfg = Config.fromfile(mmseg_hrvit.config(name))
    cfg.launcher = 'none'
    for split in SPLITS:
        cfg[f'{split}_dataloader'].dataset.data_root = str(root)
    return cfg


@pytest.fixture
def ade20k(tmp_path):
    return load('hrvit_b1_ade20k', make_ade20k(tmp_path / 'data'))


@pytest.mark.parametrize('name', ['ade20k', 'cityscapes'])
def test_whole_data_sets_pass(name, tmp_path):
    check_config(load(f'hrvit_b1_{name}', LAYOUTS[name](tmp_path / 'data')), SPLITS)


def test_missing_root(ade20k, tmp_path):
    ade20k.val_dataloader.dataset.data_root = str(tmp_path / 'nowhere')
    check_config(ade20k, ('train', 'test'))
    with pytest.raises(
        InputError, match=r'nowhere: .* val_dataloader.dataset.data_root'
    ):
        check_config(ade20k, SPLITS)


@pytest.mark.parametrize('folder', ['images', 'annotations'])
def test_missing_folder(folder, ade20k, tmp_path):
    shutil.rmtree(tmp_path / f'data/{folder}/training')
    with pytest.raises(InputError, match=f'{folder}/training: .*dataset.data_prefix'):
        check_config(ade20k, SPLITS)


def test_empty_split(ade20k, tmp_path):
    for image in (tmp_path / 'data/images/validation').iterdir():
        image.unlink()
    check_config(ade20k, ('train',))
    with pytest.raises(InputError, match=r'no image \*.jpg in .*images/validation'):
        check_config(ade20k, ('test',))


@pytest.mark.parametrize('name', ['ade20k', 'cityscapes'])
def test_missing_label_maps(name, tmp_path):
    cfg = load(f'hrvit_b1_{name}', LAYOUTS[name](tmp_path / 'data', num_images=3))
    labels = sorted((tmp_path / 'data').rglob('*1*_gtFine_labelTrainIds.png'))
    labels += sorted((tmp_path / 'data').rglob('*train*2.png'))
    labels[0].unlink()
    with pytest.raises(InputError) as error:
        check_config(cfg, SPLITS)
    assert str(labels[0]) in str(error.value)
    assert '1 of 3' in str(error.value)


def test_an_image_that_a_list_names_is_missing(ade20k, tmp_path):
    dataset = ade20k.train_dataloader.dataset
    dataset.ann_file = 'train.txt'
    with pytest.raises(InputError, match=r'no file .*train.txt: set .*ann_file'):
        check_config(ade20k, SPLITS)
    names = tmp_path / 'data/train.txt'
    names.write_text('ADE_train_00000001\n')
    check_config(ade20k, SPLITS)
    names.write_text('ADE_train_00000001\nADE_train_00000009\n')
    with pytest.raises(InputError, match=r'image .*9.jpg is missing .1 of 2'):
        check_config(ade20k, SPLITS)


@pytest.mark.parametrize('name', [b'\xef\xbb\xbfADE_train_00000001', b'stra\xdfe'])
def test_a_list_of_names_that_is_not_plain_utf8(ade20k, tmp_path, name):
    ade20k.train_dataloader.dataset.ann_file = 'train.txt'
    (tmp_path / 'data/train.txt').write_bytes(name + b'\n')
    message = r'train\.txt is not plain UTF-8: save it as UTF-8 without'
    with pytest.raises(InputError, match=message):
        check_config(ade20k, ('train',))


def test_classes_in_another_order(ade20k):
    names = ade20k_classes()
    ade20k.val_dataloader.dataset.metainfo = dict(classes=names)
    check_config(ade20k, SPLITS)
    turned = dict(classes=[*names[1:], names[0]])
    ade20k.val_dataloader.dataset.metainfo = turned
    message = (
        r'^val_dataloader\.dataset has the classes of train_dataloader\.dataset in'
    )
    with pytest.raises(InputError, match=message):
        check_config(ade20k, SPLITS)


def ade20k_classes():
    return list(ADE20KDataset.METAINFO['classes'])


def test_a_loader_that_takes_0_for_something_else(ade20k):
    steps = ade20k.train_dataloader.dataset.pipeline
    (loader,) = (step for step in steps if step['type'] == 'LoadAnnotations')
    loader['reduce_zero_label'] = True
    check_config(ade20k, ('train',))
    loader['reduce_zero_label'] = False
    message = (
        'has reduce_zero_label=True, but LoadAnnotations in its pipeline has False'
    )
    with pytest.raises(InputError, match=message):
        check_config(ade20k, ('train',))


def test_data_sets_inside_wrappers(ade20k, tmp_path):
    inner = ade20k.train_dataloader.dataset
    whole = dict(type='RepeatDataset', times=2, dataset=dict(inner))
    ade20k.train_dataloader.dataset = dict(
        type='ConcatDataset', datasets=[whole, dict(inner, data_root='nowhere')]
    )
    with pytest.raises(InputError, match=r'dataset.datasets.1.data_root'):
        check_config(ade20k, SPLITS)
    inner.data_root = 'elsewhere'
    whole['dataset'] = inner
    ade20k.train_dataloader.dataset.datasets[0] = whole
    with pytest.raises(InputError, match=r'dataset.datasets.0.dataset.data_root'):
        check_config(ade20k, SPLITS)


def test_other_data_sets_are_left_alone(ade20k):
    remote = dict(ade20k.train_dataloader.dataset, data_root='s3://a')
    ade20k.train_dataloader.dataset = dict(remote, backend_args=dict(backend='petrel'))
    ade20k.val_dataloader.dataset = dict(type=BaseDataset, data_root='no')
    ade20k.test_dataloader = None
    check_config(ade20k, SPLITS)


def test_amp_needs_a_gpu(ade20k, monkeypatch):
    ade20k.optim_wrapper.type = 'AmpOptimWrapper'
    monkeypatch.setattr(preflight, 'get_device', lambda: 'cuda')
    check_config(ade20k, ('train',))
    monkeypatch.setattr(preflight, 'get_device', lambda: 'cpu')
    check_config(ade20k, ('test',))
    with pytest.raises(InputError, match='mixed precision needs a GPU'):
        check_config(ade20k, ('train',))


def test_tensorboard_needs_to_be_installed(ade20k, monkeypatch):
    ade20k.visualizer.vis_backends = [dict(type='TensorboardVisBackend')]
    spec = ModuleSpec('tensorboard', None)
    monkeypatch.setattr(preflight, 'find_spec', lambda name: spec)
    check_config(ade20k, ())
    monkeypatch.setattr(preflight, 'find_spec', lambda name: None)
    with pytest.raises(InputError, match='pip install tensorboard'):
        check_config(ade20k, ())


def test_more_processes_than_gpus(ade20k, monkeypatch):
    monkeypatch.setenv('LOCAL_WORLD_SIZE', '4')
    ade20k.launcher = 'pytorch'
    for gpus in (0, 4):
        monkeypatch.setattr(preflight.torch.cuda, 'device_count', lambda n=gpus: n)
        check_config(ade20k, ())
    monkeypatch.setattr(preflight.torch.cuda, 'device_count', lambda: 3)
    with pytest.raises(
        InputError, match='4 processes need as many GPUs, but there are only 3'
    ):
        check_config(ade20k, ())


@pytest.mark.parametrize(
    'change',
    [
        {},
        {'launcher': 'pytorch', 'model.decode_head.norm_cfg.type': 'BN'},
        {'model.decode_head.norm_cfg.type': 'BN'},
    ],
)
def test_upernet_with_one_image_a_process(change, monkeypatch):
    monkeypatch.setenv('WORLD_SIZE', '8')
    cfg = load('hrvit_b1_upernet_ade20k')
    cfg.merge_from_dict({'train_dataloader.batch_size': 1, **change})
    with pytest.raises(InputError, match=r'decode_head \(UPerHead\) .*batch_size=2'):
        check_config(cfg, ('train',))


@pytest.mark.parametrize(
    'change',
    [
        {'train_dataloader.batch_size': 2},
        {'launcher': 'pytorch'},
        {'model.decode_head.norm_cfg.type': 'GN'},
        {'model.decode_head.pool_scales': (2, 3)},
        {'model.decode_head.type': 'FCNHead'},
    ],
)
def test_upernet_that_trains(change, monkeypatch):
    monkeypatch.setenv('WORLD_SIZE', '8')
    cfg = load('hrvit_b1_upernet_ade20k')
    cfg.merge_from_dict({'train_dataloader.batch_size': 1, **change})
    preflight.check_batch_norm(cfg)


@pytest.mark.parametrize('size', [(32, 32), (16, 32)])
def test_crops_that_shrink_to_one_value(size):
    cfg = load('hrvit_b1_ade20k')
    cfg.model.data_preprocessor.size = size
    preflight.check_batch_norm(cfg)
    cfg.train_dataloader.batch_size = 1
    with pytest.raises(
        InputError, match=r'crops of .* shrink to one value per channel'
    ):
        preflight.check_batch_norm(cfg)
    cfg.model.data_preprocessor.size = (32, 33)
    preflight.check_batch_norm(cfg)


@pytest.mark.parametrize('rank', [0, 1])
def test_one_rank_builds_each_data_set_once(ade20k, monkeypatch, rank):
    built, load = [], BaseSegDataset.load_data_list

    def count(dataset):
        built.append(dataset.data_prefix['img_path'])
        return load(dataset)

    monkeypatch.setenv('RANK', str(rank))
    monkeypatch.setattr(BaseSegDataset, 'load_data_list', count)
    check_config(ade20k, ('train', 'val'))
    assert len(built) == len({*built}) == 2 * (rank == 0)


@pytest.mark.parametrize(
    'wrapper, is_refused',
    [
        (dict(optimizer=dict(type='SGD', lr=1.0)), False),
        (dict(a=dict(type='AmpOptimWrapper'), constructor='Pair'), True),
    ],
)
def test_optimizers_without_a_type_and_several(ade20k, wrapper, is_refused):
    ade20k.optim_wrapper = wrapper
    with pytest.raises(InputError) if is_refused else nullcontext():
        check_config(ade20k, ('train',))


@pytest.mark.parametrize(
    'wrapper, message',
    [
        ([1], r'optim_wrapper=\[1\]: give a dict'),
        (dict(optimizer=dict(type='Adamm')), "no type 'Adamm' .* did you mean Adam"),
        (dict(a=dict(optimizer=dict(type='Adamm'))), "no type 'Adamm'"),
    ],
)
def test_optimizers_that_do_not_exist(ade20k, wrapper, message):
    ade20k.optim_wrapper = wrapper
    with pytest.raises(InputError, match=message):
        check_config(ade20k, ('train',))
