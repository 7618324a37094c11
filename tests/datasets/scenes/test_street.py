import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import DATASETS, init_default_scope

from mmseg_hrvit.datasets.scenes import (
    CLASSES,
    draw_dataset,
    draw_scene,
    street,
    things,
)
from mmseg_hrvit.errors import InputError
from paths import CONFIGS


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp('streets')
    draw_dataset(root, train=3, val=2, height=64, width=96)
    return root


def test_the_same_seed_gives_the_same_scene_and_another_another():
    (image, labels), (again, labels_again) = (draw_scene((1, 2)) for _ in range(2))
    other = draw_scene((1, 3))[0]
    assert np.array_equal(image, again)
    assert np.array_equal(labels, labels_again)
    assert not np.array_equal(image, other)


@pytest.mark.parametrize('size', [(128, 192), (50, 41)])
def test_a_scene_has_the_size_asked_for(size):
    image, labels = (np.asarray(part) for part in draw_scene(0, *size))
    assert image.shape == (*size, 3)
    assert labels.shape == size
    assert labels.max() <= len(CLASSES)


def test_every_class_is_there_in_a_few_scenes():
    labels = [np.asarray(draw_scene(seed)[1]) for seed in range(12)]
    shares = np.bincount(np.ravel(labels), minlength=10) / np.size(labels)
    assert (shares[1:] > 0.003).all(), shares
    assert shares[0] < 0.02  # unlabelled


@pytest.mark.parametrize('z, visible', [(8.0, True), (10.0, True), (20.0, False)])
@pytest.mark.parametrize('order', [1, -1])
def test_what_is_near_hides_what_is_far(monkeypatch, z, visible, order):
    # A house from z = 6 to 14, and somebody before it or behind it.
    standing = [
        (things.draw_building, (1.0, 14.0, 8.0, 1)),
        (things.draw_person, (0.95 if visible else 2.0, z)),
    ]
    monkeypatch.setattr(
        street, 'furnish', lambda rng, middle, side, *_: standing[::order][: side + 1]
    )
    labels = np.asarray(draw_scene(0)[1])
    # Their feet show in any order.
    assert ((labels == CLASSES.index('person') + 1).sum() > 30) == visible


def test_files_are_where_ade20k_has_them(root):
    files = {path.relative_to(root).as_posix() for path in root.rglob('*.*')}
    assert files == {
        f'{folder}/{split}/scene_{i:04d}.{suffix}'
        for folder, suffix in (('images', 'jpg'), ('annotations', 'png'))
        for split, count in (('training', 3), ('validation', 2))
        for i in range(count)
    }


def test_no_validation_image_is_a_training_image(root):
    contents = [path.read_bytes() for path in root.glob('images/*/*.jpg')]
    assert len(set(contents)) == 5


def test_drawing_again_gives_the_same_files(root):
    files = sorted(root.rglob('*.*'))
    before = [path.read_bytes() for path in files]
    draw_dataset(root, train=3, val=2, height=64, width=96)
    assert [path.read_bytes() for path in files] == before
    assert sorted(root.rglob('*.*')) == files


def test_a_folder_with_other_images_is_refused(root, tmp_path):
    with pytest.raises(InputError, match=r'scene_0002\.\w+ is not of this data set'):
        draw_dataset(root, train=2, val=2)
    other = tmp_path / 'images/training/photo.jpg'
    other.parent.mkdir(parents=True)
    other.touch()
    with pytest.raises(InputError, match='photo'):
        draw_dataset(tmp_path, train=1, val=1)
    assert [*tmp_path.rglob('*.*')] == [other]


def test_the_config_reads_what_is_drawn(root):
    cfg = Config.fromfile(CONFIGS / 'hrvit_quickstart.py')
    init_default_scope('mmseg')
    dataset = DATASETS.build(dict(cfg.test_dataloader.dataset, data_root=str(root)))
    assert dataset.metainfo['classes'] == CLASSES
    assert len(dataset) == 2
    sample = dataset[0]['data_samples']
    drawn = np.asarray(draw_scene((0, 1, 0), 64, 96)[1]).astype(int)
    expected = np.where(drawn == 0, 255, drawn - 1)
    assert np.array_equal(sample.gt_sem_seg.data[0].numpy(), expected)
    assert cfg.model.decode_head.num_classes == len(CLASSES)
