"""The table of the package's networks, and the folders of these."""

import re
import shutil

import pytest

from mmseg_hrvit.checkpoints.trained_by import find_config_name
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.zoo import index, read_index

INDEX = read_index()


def test_every_folder_is_in_the_table():
    folders = {path.parent.name for path in index.FOLDER.glob('*/*.safetensors')}
    assert folders == {*INDEX}
    assert 'hrvit_quickstart' in INDEX


@pytest.mark.parametrize('entry', INDEX.values(), ids=lambda entry: entry.name)
def test_a_folder_has_what_the_table_says(entry):
    path = entry.check()
    names = {file.name for file in path.parent.iterdir()}
    assert names == {path.name, 'README.md', 'scalars.json'}
    assert find_config_name(path)
    # No path of the machine that trained it.
    assert not re.search(rb'/(home|root|tmp|work|mnt)/', path.read_bytes())


@pytest.mark.parametrize('entry', INDEX.values(), ids=lambda entry: entry.name)
def test_a_card_says_what_is_to_be_known(entry):
    card = (entry.path.parent / 'README.md').read_text(encoding='utf-8')
    assert f'from_pretrained({entry.name!r})' in card
    assert f'{entry.miou:.2f} %' in card
    headings = re.findall(r'^## (.*)', card, flags=re.M)
    assert headings == ['Use', 'Data', 'Recipe', 'Results', 'Limits']


@pytest.fixture
def entry(tmp_path, monkeypatch):
    """An entry whose file may be changed."""
    shutil.copytree(index.FOLDER, tmp_path / 'zoo')
    monkeypatch.setattr(index, 'FOLDER', tmp_path / 'zoo')
    return INDEX['hrvit_quickstart']


def refuse(entry):
    with pytest.raises(InputError) as error:
        entry.check()
    message = str(error.value)
    assert '\n' not in message
    assert message.startswith(f'{entry.path}: ')
    assert message.endswith('install the package again')
    return message


def test_a_damaged_file_is_refused(entry):
    content = bytearray(entry.path.read_bytes())
    content[-1] ^= 1
    entry.path.write_bytes(content)
    assert 'is damaged or not the weights called hrvit_quickstart' in refuse(entry)


def test_a_missing_file_is_refused(entry):
    entry.path.unlink()
    assert 'cannot be read (No such file or directory)' in refuse(entry)
