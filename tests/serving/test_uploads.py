"""Uploads that are refused, and what the others become."""

from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image

from endings import refused
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.serving.uploads import PILLOW_PIXELS, Limits, RefusedError, decode
from serving_data import blank_png, draw_png


def refuse(data, limits=None):
    with refused(error=RefusedError) as error:
        decode(data, limits or Limits())
    return error.value.status, str(error.value)


def save(form):
    image = Image.open(BytesIO(draw_png()))
    file = BytesIO()
    image.save(file, form)
    return file.getvalue()


@pytest.mark.parametrize('form', ['JPEG', 'PNG', 'BMP', 'WEBP', 'TIFF'])
def test_is_decoded_as_from_a_file(form, tmp_path):
    data = save(form)
    path = tmp_path / f'image.{form.lower()}'
    path.write_bytes(data)
    image = decode(data, Limits())
    assert image.shape == (96, 128, 3)
    assert np.array_equal(image, cv2.imread(str(path)))


@pytest.mark.parametrize('side', [20_000, 9_000])  # beyond Pillow's limit, and below
def test_too_many_pixels_are_never_decoded(side, monkeypatch):
    def decoded(*args):
        raise AssertionError('decoded')

    monkeypatch.setattr('mmcv.imfrombytes', decoded)
    monkeypatch.setattr(Image.Image, 'load', decoded)
    status, message = refuse(blank_png(side))
    assert status == 413
    assert 'more than 64,000,000 pixels' in message


def test_the_limits_are_those_that_were_given():
    data = draw_png()
    assert decode(data, Limits(len(data), 96 * 128)).shape == (96, 128, 3)
    status, message = refuse(data, Limits(max_bytes=len(data) - 1))
    assert status == 413
    assert f'larger than {len(data) - 1:,} bytes' in message
    status, message = refuse(data, Limits(max_pixels=96 * 128 - 1))
    assert status == 413
    assert 'more than 12,287 pixels' in message


@pytest.mark.parametrize('data', [b'', b'a text', b'<svg></svg>', save('GIF')])
def test_no_image(data):
    status, message = refuse(data)
    assert status == 415
    assert 'JPEG, PNG' in message


@pytest.mark.parametrize('form', ['JPEG', 'PNG', 'WEBP', 'TIFF'])
def test_truncated(form):
    data = save(form)
    status, message = refuse(data[: len(data) * 2 // 3])
    assert status == 400
    assert 'broken' in message


@pytest.mark.parametrize('form', ['JPEG', 'PNG'])
def test_truncated_for_a_decoder_that_fills_with_grey(form, monkeypatch):
    monkeypatch.setattr('mmcv.imfrombytes', lambda data: np.zeros((96, 128, 3)))
    status, message = refuse(save(form)[:-30])
    assert status == 400
    assert 'broken' in message


@pytest.mark.parametrize(
    ('limits', 'message'),
    [
        (dict(max_bytes=0), '--max-bytes 0: give 1 or more'),
        (dict(max_pixels=0), '--max-pixels 0: give 1 to'),
        (dict(max_pixels=PILLOW_PIXELS + 1), 'give 1 to 178956970'),
    ],
)
def test_limits_out_of_range(limits, message):
    with pytest.raises(InputError, match=message):
        Limits(**limits)
