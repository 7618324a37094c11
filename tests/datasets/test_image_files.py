import numpy as np
import pytest
from PIL import Image

from mmseg_hrvit.datasets.image_files import check_image_file
from mmseg_hrvit.errors import DataError


@pytest.fixture(params=['jpg', 'png'])
def path(request, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    path = tmp_path / f'image.{request.param}'
    Image.fromarray(pixels).save(path)
    return path


def refuse(path):
    with pytest.raises(DataError) as error:
        check_image_file(str(path))
    assert str(error.value).startswith(f'{path} cannot be read')
    assert '\n' not in str(error.value)
    return str(error.value)


def test_whole_files_pass(path):
    check_image_file(str(path))
    path.write_bytes(path.read_bytes() + b'left by a camera')
    check_image_file(str(path))


@pytest.mark.parametrize('share', [0.0, 0.01, 0.1, 0.5, 0.99])
def test_truncated_files_are_named(path, share):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    refuse(path)


def test_what_is_no_image_is_named(path):
    path.write_bytes(b'<html>not found</html>')
    assert 'cannot identify' in refuse(path)


def test_an_image_too_large_is_refused_by_its_header(path, monkeypatch):
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 40 * 60 // 2 - 1)
    monkeypatch.setattr(Image.Image, 'load', None)  # it is not decoded
    assert 'exceeds limit' in refuse(path)


def test_other_formats_and_places_are_left_to_their_loader(tmp_path):
    other = tmp_path / 'image.tif'
    other.write_bytes(b'not looked at')
    check_image_file(str(other))
    check_image_file('s3://bucket/image.jpg')
