"""Images that are in the training set and in another one."""

import os

import numpy as np
import pytest

from mmseg_hrvit.datasets.shared_images import PART, find_shared, warn_of_shared

RNG = np.random.default_rng(0)


def write(path, data=None, length=3 * PART):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(RNG.bytes(length) if data is None else data)
    return str(path)


@pytest.fixture
def train(tmp_path):
    return [write(tmp_path / f'train/{i}.png') for i in range(3)]


def test_other_images_are_not_shared(tmp_path, train):
    other = [write(tmp_path / f'val/{i}.png') for i in range(3)]
    other += [write(tmp_path / 'val/short.png', length=9), str(tmp_path / 'no.png')]
    assert warn_of_shared(train, other, 'val', 60.0) == []


def test_files_that_agree_in_the_middle_alone_are_not_shared(tmp_path, train):
    data = bytearray((tmp_path / 'train/1.png').read_bytes())
    data[0] ^= 1
    assert find_shared(train, [write(tmp_path / 'val/1.png', bytes(data))], 60.0) == {}


def test_the_same_paths(tmp_path, train):
    other = [*train[:2], write(tmp_path / 'val/9.png')]
    (line,) = warn_of_shared(train, other, 'val', 60.0)
    assert line.startswith(
        f'val: 2 of 3 images are also in train, such as {train[0]}: '
    )


@pytest.mark.parametrize('link', [os.symlink, os.link])
def test_links_are_the_same_files(tmp_path, train, link):
    link(train[0], tmp_path / 'linked.png')
    assert find_shared(train, [str(tmp_path / 'linked.png')], 60.0) == {
        str(tmp_path / 'linked.png'): train[0]
    }


def test_the_same_bytes_under_other_names(tmp_path, train):
    copy = write(tmp_path / 'val/x.png', (tmp_path / 'train/2.png').read_bytes())
    (line,) = warn_of_shared(train, [copy], 'test', 60.0)
    assert f'such as {copy} (the same file as {train[2]}): ' in line


def test_it_ends_in_time(tmp_path, train):
    copy = write(tmp_path / 'val/x.png', (tmp_path / 'train/2.png').read_bytes())
    assert find_shared(train, [copy], -1.0) == {}
