import logging
from types import SimpleNamespace

import numpy as np
import pytest
from mmengine.dataset import BaseDataset, ConcatDataset, RepeatDataset
from mmseg.datasets import ADE20KDataset
from PIL import Image
from torch.utils.data import DataLoader

from data import make_ade20k
from endings import refused
from mmseg_hrvit.datasets import checked_pipeline
from mmseg_hrvit.datasets.checked_pipeline import check_samples
from mmseg_hrvit.errors import DataError

PIPELINE = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='mmseg_hrvit.CheckAnnotations'),
    dict(type='PackSegInputs'),
]
NUM_IMAGES = 4


def truncate(image, label):
    image.write_bytes(image.read_bytes()[:300])
    return image


def damage(image, label):
    """Whole by its header and its end, but not in between."""
    content = image.read_bytes()
    image.write_bytes(content[:2] + content[-2:])
    return image


def truncate_label(image, label):
    label.write_bytes(label.read_bytes()[:60])
    return label


def turn_label(image, label):
    Image.fromarray(np.ones((128, 96), np.uint8)).save(label)
    return label


def relabel(image, label):
    Image.fromarray(np.full((96, 128), 151, np.uint8)).save(label)
    return label


def remove(image, label):
    label.unlink()
    return label


FAULTS = [truncate, damage, truncate_label, turn_label, relabel, remove]


@pytest.fixture
def root(tmp_path):
    return make_ade20k(tmp_path, NUM_IMAGES)


@pytest.fixture(params=FAULTS)
def broken(request, root):
    """The file that is named; it belongs to the second image."""
    name = 'training/ADE_train_00000002'
    return request.param(root / f'images/{name}.jpg', root / f'annotations/{name}.png')


@pytest.fixture
def messages(monkeypatch):
    """What is logged."""
    logged = []
    monkeypatch.setattr(
        checked_pipeline,
        'print_log',
        lambda message, logger, level: logged.append((message, level)),
    )
    return logged


def build_unchecked(root, **overrides):
    folders = dict(img_path='images/training', seg_map_path='annotations/training')
    args = dict(data_root=str(root), data_prefix=folders, pipeline=PIPELINE)
    return ADE20KDataset(**{**args, **overrides})


def build(root, max_share=0.0, **overrides):
    dataset = build_unchecked(root, **overrides)
    check_samples(dataset, max_share)
    return dataset


def test_usable_samples_come_as_they_are(root, messages):
    pairs = zip(build_unchecked(root), build(root, max_share=0.5), strict=True)
    for plain, checked in pairs:
        assert np.array_equal(plain['inputs'], checked['inputs'])
    assert not messages


def test_an_unusable_sample_is_named(root, broken):
    dataset = build(root)
    with refused(error=DataError) as error:
        dataset[1]
    assert str(broken) in str(error.value)
    assert dataset[0] is not None


def test_an_unusable_sample_is_skipped_and_counted_once(root, broken, messages):
    dataset = build(root, max_share=0.25)
    for _ in range(3):
        path = dataset[1]['data_samples'].img_path
        assert not path.endswith('00000002.jpg')
    ((message, level),) = messages
    assert message.startswith('skipped (sample 1 of 4 that cannot be used)')
    assert str(broken) in message
    assert level == logging.ERROR  # the other ranks log nothing below


def test_more_than_the_share_are_an_error(root, messages):
    dataset = build(root, max_share=0.25)
    for path in sorted((root / 'images/training').iterdir())[:2]:
        truncate(path, None)
    message = r'2 of 4 samples .* more than max_unusable_share=0.25; .*[12]\.jpg'
    with pytest.raises(DataError, match=message):
        [dataset[0], dataset[1]]
    assert len(messages) == 1


def test_a_data_set_without_a_usable_sample_ends(root):
    for path in (root / 'images/training').iterdir():
        truncate(path, None)
    with pytest.raises(DataError, match='4 of 4 samples cannot be used'):
        build(root, max_share=0.99)[0]


def test_workers_count_together(root, messages):
    dataset = build(root, max_share=0.5)
    paths = sorted((root / 'images/training').iterdir())
    for path in paths[1:3]:
        truncate(path, None)
    loader = DataLoader(dataset, 1, num_workers=2, collate_fn=lambda batch: batch)
    kept = {sample['data_samples'].img_path for (sample,) in loader}
    assert kept <= {str(paths[0]), str(paths[3])}
    assert dataset.pipeline.unusable.marks.tolist() == [0, 1, 1, 0]


def test_evaluation_skips_nothing(root, broken):
    with pytest.raises(DataError):
        build(root, max_share=0.5, test_mode=True)[1]


def test_every_view_of_test_time_augmentation_is_checked(root):
    relabel(None, root / 'annotations/training/ADE_train_00000001.png')
    views = [[dict(type='LoadAnnotations')], [dict(type='PackSegInputs')]]
    augment = dict(type='TestTimeAug', transforms=views)
    dataset = build(root, pipeline=[PIPELINE[0], augment], test_mode=True)
    with pytest.raises(DataError, match='values 151'):
        dataset[0]


def test_other_transforms_raise_what_they_raise(root):
    def fail(results):
        raise KeyError('a bug')

    with pytest.raises(KeyError):
        build(root, max_share=0.5, pipeline=[PIPELINE[0], fail])[0]


@pytest.mark.parametrize(
    'wrap', [lambda a: RepeatDataset(a, 2), lambda a: ConcatDataset([a])]
)
def test_data_sets_inside_wrappers_are_checked(root, wrap):
    truncate(root / 'images/training/ADE_train_00000002.jpg', None)
    wrapper = wrap(build_unchecked(root))
    check_samples(wrapper, 0.0)
    with pytest.raises(DataError):
        wrapper[1]


def test_data_sets_of_others_are_left_alone():
    dataset = SimpleNamespace(data=[1])
    check_samples(dataset, 0.0)
    assert vars(dataset) == dict(data=[1])


def test_classifiers_have_no_label_maps(root):
    class Images(BaseDataset):
        def load_data_list(self):
            paths = sorted((root / 'images/training').iterdir())
            return [dict(img_path=str(path), gt_label=0) for path in paths]

    pipeline = [PIPELINE[0], lambda results: dict(data_samples=None)]
    dataset = Images(metainfo=dict(classes=('a',)), pipeline=pipeline)
    check_samples(dataset, 0.0)
    assert dataset[0] == dict(data_samples=None)
