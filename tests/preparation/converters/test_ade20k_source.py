import shutil
from pathlib import Path

import pytest
from mmengine.config import Config

from data import make_ade20k
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.preparation.converters.ade20k import TOP, convert_ade20k
from mmseg_hrvit.preparation.survey import survey


@pytest.fixture
def root(tmp_path):
    return make_ade20k(tmp_path / 'raw' / TOP)


def zip_it(root):
    return Path(shutil.make_archive(str(root), 'zip', root.parent, TOP))


def test_the_zip_is_unpacked_with_a_config(root, tmp_path):
    archive = zip_it(root)
    out = tmp_path / 'ade'
    assert convert_ade20k(archive, out) == []
    for path in root.rglob('*.*'):
        assert (out / path.relative_to(root)).read_bytes() == path.read_bytes()
    cfg = Config.fromfile(out / 'ade.py')
    for split in ('train', 'val', 'test'):
        found = survey(cfg, split, workers=1)
        assert (found.samples, found.faults) == (2, [])
    assert {path.name for path in tmp_path.iterdir()} == {'raw', 'ade'}


def test_a_folder_is_checked_in_place(root):
    before = sorted(root.rglob('*.*'))
    assert convert_ade20k(root, root) == []
    assert sorted({*root.rglob('*.*')} - {*before}) == [root / f'{TOP}.py']


def test_what_is_broken_in_the_folder_is_named(root):
    images = sorted(root.glob('images/training/*'))
    images[0].write_bytes(images[0].read_bytes()[:-50])
    images[1].unlink()
    lone, truncated = convert_ade20k(root, root)
    assert 'annotations/training/ADE_train_00000002.png has no partner' in lone
    assert truncated.startswith(f'{images[0]} cannot be read')


def test_what_is_broken_in_the_zip_is_named(root, tmp_path):
    archive = zip_it(root)
    data = archive.read_bytes()
    place = data.index(b'ADE_train_00000001.jpg') + 200
    archive.write_bytes(data[:place] + bytes(64) + data[place + 64 :])
    faults = convert_ade20k(archive, tmp_path / 'ade')
    assert 'images/training/ADE_train_00000001.jpg is broken' in faults[0]
    assert not list(tmp_path.glob('ade/images/training/ADE_train_00000001.jpg'))
    assert 'has no partner' in faults[1]


def test_what_is_no_zip_of_it_is_refused(tmp_path):
    (tmp_path / 'a.zip').write_text('no zip')
    with pytest.raises(InputError, match='cannot be read as a zip'):
        convert_ade20k(tmp_path / 'a.zip', tmp_path / 'ade')
    (tmp_path / 'x').mkdir()
    (tmp_path / 'x/file').touch()
    other = shutil.make_archive(str(tmp_path / 'b'), 'zip', tmp_path / 'x')
    with pytest.raises(InputError, match='no pairs in images/training'):
        convert_ade20k(tmp_path / other, tmp_path / 'ade')
    assert not (tmp_path / 'ade').exists()


def test_what_is_there_stays(root, tmp_path):
    archive = zip_it(root)
    with pytest.raises(InputError, match='already exists'):
        convert_ade20k(archive, root.parent)
