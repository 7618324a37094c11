import io

import numpy as np
import pytest
from PIL import Image

from endings import refused
from mmseg_hrvit.apis.picture_files import encode_picture, write_picture

PICTURE = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)


def test_a_png_file_is_exact(tmp_path):
    path = tmp_path / 'new/größe.png'
    write_picture(path, PICTURE)
    assert np.array_equal(np.asarray(Image.open(path))[..., ::-1], PICTURE)


def test_the_quality_of_a_jpeg_file():
    usual, best = (encode_picture(PICTURE, '.jpg', *q) for q in ((), (100,)))
    assert Image.open(io.BytesIO(usual)).format == 'JPEG'
    assert len(best) > 1.2 * len(usual)


@pytest.mark.parametrize('name', ['file/where.png', 'folder.png'])
def test_a_file_that_cannot_be_written_is_told(tmp_path, name):
    (tmp_path / 'file').touch()
    (tmp_path / 'folder.png').mkdir()
    with refused('cannot be written'):
        write_picture(tmp_path / name, PICTURE)


def test_a_picture_that_is_too_large_for_its_format():
    with refused('1 x 70000 pixels'):
        encode_picture(np.zeros((1, 70_000), np.uint8), '.jpg')
