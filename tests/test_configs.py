from pathlib import Path

import pytest

import mmseg_hrvit
from mmseg_hrvit import configs
from mmseg_hrvit.errors import InputError

ROOT = Path(__file__).parents[1]


def test_a_checkout_has_its_configs_beside_the_package():
    assert Path(mmseg_hrvit.config('hrvit_b1_ade20k')) == (
        ROOT / 'configs/hrvit_b1_ade20k.py'
    )


def test_a_wheel_has_them_inside(tmp_path, monkeypatch):
    monkeypatch.setattr(configs, 'PACKAGE', tmp_path)
    file = tmp_path / '.mim/configs/sub/own.py'
    file.parent.mkdir(parents=True)
    file.touch()
    assert mmseg_hrvit.config('sub/own') == str(file)


def test_an_unknown_name_lists_what_is_near():
    with pytest.raises(InputError) as error:
        mmseg_hrvit.config('hrvit_b1_ade')
    assert 'hrvit_b1_ade20k' in str(error.value)
    assert '_base_' not in str(error.value)


def test_a_name_that_is_near_to_none_is_one_short_line():
    with pytest.raises(InputError, match='`hrvit configs` lists all') as error:
        mmseg_hrvit.config('nope')
    assert len(str(error.value)) < 200
