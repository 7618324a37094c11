"""Label maps that teach nothing, and those of well-known data sets."""

import time
from functools import partial

import numpy as np
import pytest
from mmseg.datasets import BaseSegDataset
from mmseg.datasets.transforms import LoadAnnotations
from PIL import Image

from data import make_ade20k, make_camvid, make_cityscapes
from mmseg_hrvit.datasets import CamVidDataset, StoredClassesDataset
from mmseg_hrvit.datasets.checked_pipeline import check_samples
from mmseg_hrvit.datasets.image_header import ORIENTATION
from mmseg_hrvit.datasets.label_survey import survey_parts
from mmseg_hrvit.datasets.label_warnings import find_warnings
from mmseg_hrvit.datasets.pair_reader import PairReader
from mmseg_hrvit.errors import DataError

SIZE = (24, 36)
PIPELINE = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='mmseg_hrvit.CheckAnnotations'),
    dict(type='PackSegInputs'),
]
PLAIN = ('background', 'crack', 'hole')


def write(root, *maps, suffix='jpg', palettes=None, orientation=1):
    """Writes an image for every label map; a map is the list of its values."""
    for folder in ('images', 'labels'):
        (root / folder).mkdir(exist_ok=True)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    noise = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), dtype=np.uint8)
    for i, values in enumerate(maps):
        Image.fromarray(noise).save(root / f'images/{i}.{suffix}', exif=exif)
        labels = np.resize(np.array(values, np.uint8), SIZE)
        image = Image.fromarray(labels, 'P' if palettes else 'L')
        if palettes:
            image.putpalette(palettes[i])
        image.save(root / f'labels/{i}.png')


def build(root, classes=PLAIN, palette=None, **options):
    folders = dict(img_path='images', seg_map_path='labels')
    options = dict(data_prefix=folders, pipeline=PIPELINE, **options)
    metainfo = dict(classes=classes, palette=palette)
    if palette is None:
        del metainfo['palette']  # mmseg draws one
    return BaseSegDataset(data_root=str(root), metainfo=metainfo, **options)


def read_parts(parts, seconds):
    return survey_parts(parts, seconds, partial(PairReader, with_images=False))


def warn(*parts, split='train', seconds=60.0):
    found = read_parts(parts, seconds)
    assert not found.faults
    return find_warnings(found, split)


TWO = ('background', 'crack')
MASK = 'look like 0/255 masks'
FROM_ONE = 'if the numbers start at 1, remove'
ZERO = 'set it to False if 0 is a class'
# Values of every label map, the classes, reduce_zero_label; what the warning says.
NUMBERS = {
    'a 0/255 mask': ([[0, 255], [0]], TWO, False, MASK),
    'a 0/255 mask of three classes': ([[0, 255]], PLAIN, False, MASK),
    'a 0/255 mask, 0 ignored': ([[0, 255]], TWO, True, MASK),
    'some 0/255 masks': ([[0, 255], [0, 1]], TWO, False, 'if these are 0/255 masks'),
    'ignored pixels in other maps too': ([[0, 255], [0, 1, 255]], TWO, False, ''),
    'three classes and ignored': ([[0, 255], [0, 1], [2]], PLAIN, False, ''),
    'all ignored': ([[255], [255]], TWO, False, 'no pixel has a class'),
    'all 0, which is ignored': ([[0]], TWO, True, ZERO),
    'background alone': ([[0], [0]], TWO, False, "'background' is the only class"),
    '1 alone': ([[1]], TWO, False, FROM_ONE),
    'from 1 on': ([[1, 2], [2]], PLAIN, False, FROM_ONE),
    '0 taken for no class': ([[0, 1], [2, 1]], PLAIN, True, ZERO),
    '0 taken for no class, two classes': ([[0, 1]], TWO, True, ZERO),
    'a class in no image': ([[0, 1], [1, 255]], PLAIN, False, 'in no image: hole'),
    'all well': ([[0, 1], [2, 1]], PLAIN, False, ''),
    'all well, some ignored': ([[0, 1, 255], [2]], PLAIN, False, ''),
    'all well, 0 ignored': ([[0, 1, 3], [2, 0, 255]], PLAIN, True, ''),
    'all well, from 1 on, 0 ignored': ([[1, 3], [2]], PLAIN, True, ''),
}


@pytest.mark.parametrize('kind', NUMBERS)
def test_numbers(tmp_path, kind):
    maps, classes, reduce_zero_label, what = NUMBERS[kind]
    write(tmp_path, *maps)
    found = warn(build(tmp_path, classes, reduce_zero_label=reduce_zero_label))
    assert len(found) == (1 if what else 0)
    assert not what or (found[0].startswith('train: ') and what in found[0])


@pytest.mark.parametrize(
    ('values', 'chosen', 'what'),
    [
        ([0, 1, 2], ('hole', 'crack'), ''),
        ([0, 1], ('hole', 'crack'), "'crack' is the only class"),
        ([0, 1], ('hole',), 'no pixel has a class'),
        ([0, 1], ('hole', 'crack', 'background'), 'in no image: hole'),
        ([1, 2], ('hole', 'crack', 'background'), 'in no image: background'),
    ],
)
@pytest.mark.parametrize('first', [0, 1])
def test_chosen_classes(tmp_path, values, chosen, what, first):
    write(tmp_path, [value + first for value in values])
    dataset = StoredClassesDataset(
        stored_classes=PLAIN,
        data_root=str(tmp_path),
        data_prefix=dict(img_path='images', seg_map_path='labels'),
        metainfo=dict(classes=chosen),
        reduce_zero_label=bool(first),
        pipeline=PIPELINE,
    )
    found = warn(dataset)
    assert len(found) == (1 if what else 0)
    assert not what or what in found[0]
    assert 'reduce_zero_label' not in str(found)


@pytest.mark.parametrize(
    ('maps', 'first'), [([[1, 2], [2]], 0), ([[0, 1], [2, 1]], 1), ([[0, 255], [1]], 0)]
)
def test_what_may_be_right_is_told_as_a_possibility(tmp_path, maps, first):
    write(tmp_path, *maps)
    classes = TWO if 255 in maps[0] else PLAIN
    (line,) = warn(build(tmp_path, classes, reduce_zero_label=bool(first)))
    assert 'if ' in line and '; otherwise ' in line


def test_names_that_are_listed_twice(tmp_path):
    write(tmp_path, [0, 1, 2], [0, 1])
    (tmp_path / 'names.txt').write_text('0\n1\n0\n')
    (line,) = warn(build(tmp_path, ann_file='names.txt'))
    assert line.startswith('train: ann_file names 1 image several times: 0; each')


def test_a_missing_class_is_nan_in_validation(tmp_path):
    write(tmp_path, [0, 1])
    (line,) = warn(build(tmp_path), split='val')
    assert line.startswith('val: in no image: hole; its IoU is nan')


@pytest.mark.parametrize(
    ('values', 'classes', 'what'),
    [
        ([0, 1, 2, 3], PLAIN, "if 0 is 'unlabelled', set reduce_zero_label=True"),
        ([0, 1, 2], TWO, "if 0 is 'unlabelled', set reduce_zero_label=True"),
        ([0, 128], TWO, 'if these are grey levels or colours'),
        ([0, 85, 170, 255], PLAIN, 'if these are grey levels or colours'),
        ([*range(40)], PLAIN, 'is ignored: repair the file'),
    ],
)
def test_values_that_are_no_class_have_a_cause(tmp_path, values, classes, what):
    write(tmp_path, values)
    (fault,) = read_parts([build(tmp_path, classes)], 60.0).faults
    assert what in fault


def test_palettes_that_differ(tmp_path):
    red, green = [0, 0, 0, 255, 0, 0, 0, 255, 0], [0, 0, 0, 0, 255, 0, 255, 0, 0]
    write(tmp_path, [0, 1, 2], [0, 1, 2], palettes=[red, green])
    (line,) = warn(build(tmp_path))
    assert 'give 1 several colours ((0, 255, 0), (255, 0, 0))' in line
    write(tmp_path, [0, 1, 2], [0, 2], palettes=[red, [*red[:6], 0, 255, 0]])
    assert not warn(build(tmp_path))


def test_palettes_of_ignored_values_may_differ(tmp_path):
    black, white = [0] * 768, [0] * 765 + [255] * 3
    write(tmp_path, [0, 1, 2, 255], [0, 1, 2, 255], palettes=[black, white])
    assert not warn(build(tmp_path))


def test_palettes_with_the_colour_of_another_class(tmp_path):
    colours = [[0, 0, 0], [255, 0, 0], [0, 255, 0]]
    for order, count in (([0, 1, 2], 0), ([2, 1, 0], 1)):
        palette = [x for k in order for x in colours[k]]
        write(tmp_path, [0, 1, 2], palettes=[palette])
        found = warn(build(tmp_path, palette=colours))
        assert len(found) == count
    assert "0 the colour of 'hole', but it is the number of 'background'" in found[0]


def test_a_first_or_last_class_may_be_missing_in_validation(tmp_path):
    write(tmp_path, [1, 2])
    (line,) = warn(build(tmp_path), split='val')
    assert line.startswith('val: in no image: background; its IoU')
    write(tmp_path, [0, 1, 2])
    (line,) = warn(build(tmp_path, reduce_zero_label=True), split='val')
    assert line.startswith('val: in no image: hole; its IoU')


@pytest.mark.parametrize(('orientation', 'count'), [(1, 0), (3, 1)])
def test_images_that_are_turned_unseen(tmp_path, orientation, count):
    write(tmp_path, [0, 1, 2], [0, 1], orientation=orientation)
    found = warn(build(tmp_path))
    assert len(found) == count
    assert all('(2 images in all)' in line for line in found)


def test_numbers_that_were_interpolated(tmp_path):
    write(tmp_path, [0, 1, 2])
    labels = np.zeros(SIZE, np.uint8)
    labels[6:18, 9:27] = 2
    labels[20:, 30:] = 1
    path = tmp_path / 'labels/0.png'
    Image.fromarray(labels).save(path)
    assert not warn(build(tmp_path))
    small = Image.fromarray(labels).resize((18, 12))
    small.resize(SIZE[::-1], Image.Resampling.BILINEAR).save(path)
    (line,) = warn(build(tmp_path))
    assert line.startswith('train: where two classes meet, many pixels have a number')


def test_images_of_another_suffix(tmp_path):
    write(tmp_path, [0, 1, 2])
    (tmp_path / 'images/0.jpg').rename(tmp_path / 'images/upper.JPG')
    write(tmp_path, [0, 1, 2])
    (tmp_path / 'images/notes.txt').touch()
    (line,) = warn(build(tmp_path))
    assert 'leaves out 1 image: ' in line and 'upper.JPG' in line


def test_what_data_sets_have_is_no_warning(tmp_path):
    ade = make_ade20k(tmp_path / 'ade', 40)
    city = make_cityscapes(tmp_path / 'city', 4)
    camvid = make_camvid(tmp_path / 'camvid', 4)
    folders = dict(img_path='leftImg8bit/train', seg_map_path='gtFine/train')
    suffixes = dict(
        img_suffix='_leftImg8bit.png', seg_map_suffix='_gtFine_labelTrainIds.png'
    )
    options = dict(pipeline=PIPELINE, data_prefix=folders)
    nineteen = dict(classes=[f'c{i}' for i in range(19)])
    assert not warn(
        BaseSegDataset(data_root=str(city), metainfo=nineteen, **suffixes, **options)
    )
    options['data_prefix'] = dict(
        img_path='images/training', seg_map_path='annotations/training'
    )
    hundreds = dict(classes=[f'c{i}' for i in range(150)])
    assert not warn(
        BaseSegDataset(
            data_root=str(ade), metainfo=hundreds, reduce_zero_label=True, **options
        )
    )
    options['data_prefix'] = dict(
        img_path='images/train', seg_map_path='annotations/train'
    )
    assert not warn(CamVidDataset(data_root=str(camvid), **options))


def test_data_sets_are_added_up(tmp_path):
    for name, maps in (('a', [[0, 1]]), ('b', [[2], [2]])):
        (tmp_path / name).mkdir()
        write(tmp_path / name, *maps)
    parts = [build(tmp_path / name) for name in 'ab']
    found = read_parts(parts, 60.0)
    assert found.images.tolist() == [1, 1, 2]
    assert (found.samples, found.total, found.is_whole) == (3, 3, True)
    assert not find_warnings(found, 'train')


def test_it_ends_in_time_and_says_what_it_saw(tmp_path, monkeypatch):
    write(tmp_path, *[[0, 1]] * 6)
    clock = iter(range(100))
    monkeypatch.setattr(time, 'monotonic', lambda: next(clock))
    found = read_parts([build(tmp_path)], 2.5)
    assert (found.samples, found.total, found.is_whole) == (3, 6, False)
    assert not find_warnings(found, 'train')  # the third class may be in the others


class Renumber(LoadAnnotations):
    """What a user may write."""


@pytest.mark.parametrize(
    'pipeline', [[], PIPELINE[:1], [*PIPELINE[:2], Renumber(), PIPELINE[3]]]
)
def test_what_others_make_of_label_maps_is_not_judged(tmp_path, pipeline):
    write(tmp_path, [0, 255])
    assert read_parts([build(tmp_path, TWO)], 60.0)
    dataset = build(tmp_path, TWO)
    dataset.pipeline = type(dataset.pipeline)(pipeline)
    assert read_parts([dataset], 60.0) is None


def test_label_maps_that_are_no_numbers_are_faults(tmp_path):
    write(tmp_path, [0, 1])
    Image.new('RGB', SIZE[::-1]).save(tmp_path / 'labels/0.png')
    (fault,) = read_parts([build(tmp_path)], 60.0).faults
    assert f'{tmp_path}/labels/0.png cannot be used' in fault and 'colours' in fault
    dataset = build(tmp_path)
    with pytest.raises(DataError, match='colours'):
        check_samples(dataset, 0.0)
        dataset[0]
