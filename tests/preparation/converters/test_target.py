from functools import partial

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import DATASETS
from PIL import Image

from data import draw_pair
from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.preparation.converters.source import Pair, Source
from mmseg_hrvit.preparation.converters.target import choose_splits, write_dataset

SIZE = (40, 60)
BASE = 'hrvit_quickstart'


def constant(size, value):
    return np.full(size, value, np.uint8)


def broken(size):
    raise DataError('street.json is broken')


def make_source(folder, names, suffix='.png'):
    """Images of noise, the labels of the k-th all of class k % 2."""
    for name in names:
        draw_pair(
            folder / f'{name}{suffix}', folder.parent / 'unused.png', [0], size=SIZE
        )
    pairs = [
        Pair(name, folder / f'{name}{suffix}', partial(constant, value=k % 2))
        for k, name in enumerate(names)
    ]
    return Source(['cat', "dog's"], [[1, 2, 3], [4, 5, 6]], pairs, [])


def write(source, out, **options):
    return write_dataset(source, out, BASE, workers=1, **options).faults


def listed(root):
    return sorted(
        path.relative_to(root).as_posix() for path in root.rglob('*') if path.is_file()
    )


def test_pairs_are_written_with_a_config_that_reads_them(tmp_path):
    source = make_source(tmp_path / 'raw', ['a', 'b', 'c/d', 'e'])
    out = tmp_path / 'mine'
    assert write(source, out, val_share=0.5) == []
    assert len(listed(out)) == 9
    assert len(listed(out / 'images/val')) == 2
    out.rename(tmp_path / 'moved')  # the config finds the data where it stands
    cfg = Config.fromfile(tmp_path / 'moved/mine.py')
    assert cfg.model.decode_head.num_classes == 2
    pixels = {}
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        dataset = DATASETS.build(loader.dataset)
        assert list(dataset.metainfo['classes']) == ['cat', "dog's"]
        assert len(dataset) == 2
        for i in range(2):
            sample = dataset[i]['data_samples']
            pixels[sample.img_path] = sample.gt_sem_seg.data.unique().tolist()
    assert sorted(map(str, pixels.values())) == ['[0]', '[0]', '[1]', '[1]']


@pytest.mark.parametrize('suffix', ['.jpg', '.jpeg', '.png'])
def test_images_of_one_kind_are_copied_as_they_are(tmp_path, suffix):
    source = make_source(tmp_path / 'raw', ['a', 'b'], suffix)
    write(source, tmp_path / 'mine')
    expected = '.png' if suffix == '.png' else '.jpg'
    (path,) = tmp_path.glob('mine/images/*/a.*')
    assert path.suffix == expected
    assert path.read_bytes() == (tmp_path / f'raw/a{suffix}').read_bytes()


def test_images_of_several_kinds_become_png(tmp_path):
    one = make_source(tmp_path / 'raw', ['a', 'b'], '.jpg')
    two = make_source(tmp_path / 'raw', ['c'], '.bmp')
    write(Source(one.classes, one.palette, one.pairs + two.pairs, []), tmp_path / 'out')
    files = list(tmp_path.glob('out/images/*/*'))
    assert {path.suffix for path in files} == {'.png'}
    for path in files:
        (raw,) = tmp_path.glob(f'raw/{path.stem}.*')
        assert np.array_equal(Image.open(path), Image.open(raw))


def test_broken_pairs_are_named_and_left_out(tmp_path):
    source = make_source(tmp_path / 'raw', [*'abcdef'])
    (tmp_path / 'raw/a.png').write_bytes(b'no image')
    source.pairs[1] = Pair('b', tmp_path / 'raw/b.png', broken)
    source.pairs[2] = Pair('c', tmp_path / 'raw/c.png', other_size)
    faults = write(source, tmp_path / 'mine', val_share=0.5)
    assert len(faults) == 3
    assert 'raw/a.png cannot be read' in faults[0]
    assert faults[1] == 'street.json is broken'
    assert 'raw/c.png has the size (40, 60)' in faults[2]
    stems = {path.stem for path in tmp_path.glob('mine/*/*/*')}
    assert stems == {*'def'}


def other_size(size):
    return np.zeros((3, 4), np.uint8)


def test_nothing_is_left_of_what_fails(tmp_path):
    source = make_source(tmp_path / 'raw', ['a', 'b'])
    source.pairs[0] = Pair('a', tmp_path / 'raw/a.png', broken)
    before = listed(tmp_path)
    with pytest.raises(InputError, match=r'first error: street\.json is broken'):
        write(source, tmp_path / 'mine')
    assert listed(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == {'raw', 'unused.png'}


def test_what_is_there_stays(tmp_path):
    source = make_source(tmp_path / 'raw', ['a', 'b'])
    (tmp_path / 'mine').mkdir()
    with pytest.raises(InputError, match='mine already exists'):
        write(source, tmp_path / 'mine')


@pytest.mark.parametrize(
    ('base', 'what'),
    [('hrvit_b1_cameravid', 'no config is called'), ('pretrain/hrvit_b1_in1k', 'base')],
)
def test_a_base_that_does_not_do_is_refused_first(tmp_path, base, what):
    source = make_source(tmp_path / 'raw', ['a', 'b'])
    with pytest.raises(InputError, match=what):
        write_dataset(source, tmp_path / 'mine', base, workers=1)
    assert not (tmp_path / 'mine').exists()


def test_both_heads_of_upernet_get_the_classes(tmp_path):
    source = make_source(tmp_path / 'raw', ['a', 'b'])
    write_dataset(source, tmp_path / 'mine', 'hrvit_b1_upernet_ade20k', workers=1)
    model = Config.fromfile(tmp_path / 'mine/mine.py').model
    assert model.decode_head.num_classes == model.auxiliary_head.num_classes == 2


def test_names_of_classes_are_not_read_as_variables_of_a_config(tmp_path):
    source = make_source(tmp_path / 'raw', ['a', 'b'])
    names = ['{{ fileDirname }}', '{{{$HOME:x}}} {{_base_.model}} \\{{']
    write(Source(names, source.palette, source.pairs, []), tmp_path / 'mine')
    cfg = Config.fromfile(tmp_path / 'mine/mine.py')
    assert cfg.train_dataloader.dataset.metainfo.classes == names


def test_a_source_without_images_is_refused(tmp_path):
    with pytest.raises(InputError, match=r'no image .* the first one: a is broken'):
        write(Source([], [], [], ['a is broken']), tmp_path / 'mine')


def test_the_split_is_drawn_by_the_seed():
    names = [f'{i:02d}' for i in range(50)]
    splits = choose_splits(names, 0.2, seed=0)
    assert sum(path.startswith('val/') for path in splits.values()) == 10
    assert choose_splits(names[::-1], 0.2, seed=0) == splits
    assert choose_splits(names, 0.2, seed=1) != splits


def test_folders_that_say_a_split_keep_it():
    names = [
        'train/a',
        'valid/a',
        'Validation/b',
        'test/c',
        'training/b',
        'day/testing/c',
        'day/val2017/test/d',
    ]
    splits = choose_splits([*names, 'train'], 0.5, seed=0)
    assert [splits[name] for name in names] == [
        'train/a',
        'val/a',
        'val/b',
        'test/c',
        'train/b',
        'test/day/c',
        'val/day/test/d',
    ]
    assert splits['train'] == 'train/train'  # no folder


@pytest.mark.parametrize(('share', 'count'), [(0.01, 1), (0.99, 3)])
def test_there_is_always_one_of_each(share, count):
    splits = choose_splits([*'abcd'], share, seed=0)
    assert sum(path.startswith('val/') for path in splits.values()) == count


@pytest.mark.parametrize(
    ('names', 'share', 'what'),
    [
        ([*'ab'], 0.0, '--val-share 0.0'),
        ([*'ab'], 1.0, '--val-share 1.0'),
        (['train/a', 'training/a'], 0.5, 'would both become train/a'),
        (['../a', 'b'], 0.5, 'leaves the folder'),
        (['/a', 'b'], 0.5, 'leaves the folder'),
    ],
)
def test_splits_that_cannot_be_are_refused(names, share, what):
    with pytest.raises(InputError, match=what):
        choose_splits(names, share, seed=0)
