import numpy as np
import pytest
from mmengine.config import Config
from PIL import Image

import mmseg_hrvit
from data import make_ade20k, make_camvid
from mmseg_hrvit.datasets.camvid import CamVidDataset
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.preparation.survey import survey

CLASSES = CamVidDataset.METAINFO['classes']


def load(name, root):
    cfg = Config.fromfile(mmseg_hrvit.config(name))
    cfg.train_dataloader.dataset.data_root = str(root)
    return cfg


@pytest.fixture
def root(tmp_path):
    return make_camvid(tmp_path, num_images=3)


def read_labels(root, split='train'):
    files = sorted(root.glob(f'annotations/{split}/*.png'))
    return np.stack([np.asarray(Image.open(file)) for file in files])


def count(labels, values):
    return [int((labels == value).sum()) for value in values]


def label_map(root):
    return root / 'annotations/train/0001TP_000001.png'


def image(root):
    return root / 'images/train/0001TP_000001.jpg'


def test_what_is_in_a_data_set_is_counted(root):
    labels = np.array(Image.open(label_map(root)))
    Image.fromarray(np.where(labels == 4, 5, labels)).save(label_map(root))
    found, labels = survey(load('hrvit_b1_camvid', root), 'train', 2), read_labels(root)
    assert found.pixels.tolist() == count(labels, range(11))
    assert found.ignored == (labels == 255).sum() > 0
    expected = [sum(value in one for one in labels) for value in range(11)]
    assert found.images.tolist() == expected
    assert len(set(expected)) > 1
    assert found.sizes == {(96, 128): 3}
    assert (found.samples, found.faults) == (3, [])
    assert tuple(found.classes) == CLASSES


def test_label_zero_may_be_no_class(tmp_path):
    make_ade20k(tmp_path)
    found = survey(load('hrvit_b1_ade20k', tmp_path), 'train', 1)
    labels = read_labels(tmp_path, 'training')
    assert found.pixels.tolist() == count(labels, range(1, 151))
    assert found.ignored == (labels == 0).sum()


def test_classes_left_out_of_the_config_are_ignored(root):
    cfg = load('hrvit_b1_camvid', root)
    cfg.train_dataloader.dataset.metainfo = dict(classes=['car', 'road'])
    found, labels = survey(cfg, 'train', 1), read_labels(root)
    kept = [CLASSES.index('car'), CLASSES.index('road')]
    assert found.pixels.tolist() == count(labels, kept)
    assert found.ignored == labels.size - found.pixels.sum()
    assert found.faults == []


def test_data_sets_inside_wrappers_are_read(root):
    cfg = load('hrvit_b1_camvid', root)
    part = cfg.train_dataloader.dataset
    cfg.train_dataloader.dataset = dict(
        type='ConcatDataset',
        datasets=[part, dict(type='RepeatDataset', times=3, dataset=part)],
    )
    assert survey(cfg, 'train', 1).samples == 6


def truncate(root):
    image(root).write_bytes(image(root).read_bytes()[:900])
    return image(root), 'cannot be read'


def write_a_text(root):
    label_map(root).write_text('no image')
    return label_map(root), 'cannot be read'


def drop_the_label_map(root):
    label_map(root).unlink()
    return label_map(root), 'is missing'


def drop_the_image(root):
    image(root).unlink()
    return label_map(root), 'has no image'


def shrink(root):
    Image.open(label_map(root)).resize((64, 48)).save(label_map(root))
    return label_map(root), '(48, 64)'


def write_an_unknown_value(root):
    labels = np.array(Image.open(label_map(root)))
    labels[0, :5] = 77
    Image.fromarray(labels).save(label_map(root))
    return label_map(root), 'has the values 77'


def write_two_bytes(root):
    labels = np.array(Image.open(label_map(root))).astype(np.uint16)
    labels[0, :5] = 256 * 3  # a valid class, once cut to a byte
    Image.fromarray(labels).save(label_map(root))
    return label_map(root), 'mode I;16'


def write_colours(root):
    Image.open(label_map(root)).convert('RGB').save(label_map(root))
    return label_map(root), 'mode RGB'


@pytest.mark.parametrize(
    'spoil',
    [
        truncate,
        write_a_text,
        drop_the_label_map,
        drop_the_image,
        shrink,
        write_an_unknown_value,
        write_two_bytes,
        write_colours,
    ],
)
def test_a_fault_is_named_and_the_others_are_counted(root, spoil):
    path, what = spoil(root)
    found = survey(load('hrvit_b1_camvid', root), 'train', 1)
    assert len(found.faults) == 1
    assert str(path) in found.faults[0] and what in found.faults[0]
    assert found.pixels.sum() + found.ignored == 2 * 96 * 128


def test_names_in_a_file_that_are_not_there_are_named(root):
    (root / 'names.txt').write_text('0001TP_000000\nlost\n')
    cfg = load('hrvit_b1_camvid', root)
    cfg.train_dataloader.dataset.ann_file = 'names.txt'
    (fault,) = survey(cfg, 'train', 1).faults
    assert f'image {root}/images/train/lost.jpg is missing' in fault


def test_what_is_not_there_is_one_line(root):
    cfg = load('hrvit_b1_camvid', root)
    for path in root.glob('images/train/*'):
        path.unlink()
    with pytest.raises(InputError, match=r'train: no image \*\.jpg in'):
        survey(cfg, 'train', 1)
    (root / 'images/train').rmdir()
    with pytest.raises(InputError, match='no folder'):
        survey(cfg, 'train', 1)
    cfg.train_dataloader = None
    with pytest.raises(InputError, match='has no train_dataloader'):
        survey(cfg, 'train', 1)


def test_a_data_set_without_classes_is_refused(root):
    cfg = load('hrvit_b1_camvid', root)
    cfg.train_dataloader.dataset.type = 'BaseSegDataset'
    with pytest.raises(InputError, match='set type and metainfo'):
        survey(cfg, 'train', 1)
