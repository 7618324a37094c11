"""Files of all kinds, and whether each may be an image and a label map."""

import struct
import zlib

import cv2
import mmcv
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from endings import refused
from mmseg_hrvit.datasets import image_files
from mmseg_hrvit.datasets.image_files import (
    check_image_file,
    check_label_file,
    find_hidden_turn,
    read_colour_map,
)
from mmseg_hrvit.datasets.image_header import ORIENTATION, read_header
from mmseg_hrvit.errors import DataError

SIZE = (40, 60)
NUMBERS = np.random.default_rng(0).integers(0, 12, SIZE, dtype=np.uint8)
PIXELS = np.random.default_rng(0).integers(0, 256, (*SIZE, 4), dtype=np.uint8)
ONE_BYTE = 'not one byte per pixel'


@pytest.fixture(params=['jpg', 'png'])
def path(request, tmp_path):
    path = tmp_path / f'image.{request.param}'
    Image.fromarray(PIXELS[..., :3]).save(path)
    return path


def refuse(path, check=check_image_file, start='cannot be read'):
    with refused(error=DataError) as error:
        check(str(path))
    assert str(error.value).startswith(f'{path} {start}')
    return str(error.value)


def test_whole_files_pass(path):
    check_image_file(str(path))
    path.write_bytes(path.read_bytes() + b'left by a camera')
    check_image_file(str(path))


@pytest.mark.parametrize('share', [0.0, 0.01, 0.1, 0.5, 0.99])
@pytest.mark.parametrize('check', [check_image_file, check_label_file])
def test_truncated_files_are_named(path, check, share):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    refuse(path, check)


def test_what_is_no_image_is_named(path):
    path.write_bytes(b'<html>not found</html>')
    assert 'cannot identify' in refuse(path)


def test_an_image_too_large_is_refused_by_its_header(path, monkeypatch):
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 40 * 60 // 2 - 1)
    monkeypatch.setattr(Image.Image, 'load', None)  # it is not decoded
    assert 'exceeds limit' in refuse(path)


def test_other_formats_and_places_are_left_to_their_loader(tmp_path):
    other = tmp_path / 'image.npy'
    other.write_bytes(b'not looked at')
    for check in (check_image_file, check_label_file):
        check(str(other))
        check('s3://bucket/image.jpg')


def by_pillow(pixels, suffix, mode=None, **options):
    """Returns a function that writes a file by Pillow."""

    def write(folder):
        path = folder / f'file.{suffix}'
        Image.fromarray(pixels, mode).save(path, **options)
        return path

    return write


def by_opencv(pixels, suffix):
    """Returns a function that writes a file by OpenCV."""

    def write(folder):
        path = folder / f'file.{suffix}'
        path.write_bytes(cv2.imencode(f'.{suffix}', pixels)[1].tobytes())
        return path

    return write


def by_hand(bits):
    """Returns a function that writes a grey PNG file of a few bits a pixel."""

    def chunk(kind, data):
        check = zlib.crc32(kind + data)
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', check)

    def write(folder):
        each = 8 // bits
        packed = sum(
            (NUMBERS[:, k::each].astype(int) % 2**bits) << bits * (each - 1 - k)
            for k in range(each)
        )
        rows = b''.join(b'\0' + bytes(row) for row in packed.astype(np.uint8))
        head = struct.pack('>IIBBBBB', SIZE[1], SIZE[0], bits, 0, 0, 0, 0)
        path = folder / 'file.png'
        path.write_bytes(
            b'\x89PNG\r\n\x1a\n'
            + chunk(b'IHDR', head)
            + chunk(b'IDAT', zlib.compress(rows))
            + chunk(b'IEND', b'')
        )
        return path

    return write


def bands(number, kind, **options):
    """Returns a function that writes a GeoTIFF file with bands."""

    def write(folder):
        rasterio = pytest.importorskip('rasterio')
        path = folder / 'file.tif'
        shape = dict(width=SIZE[1], height=SIZE[0], count=number, dtype=kind, **options)
        with rasterio.open(path, 'w', driver='GTiff', **shape) as file:
            file.write(np.stack([NUMBERS] * number).astype(kind))
        return path

    return write


def turned(orientation, suffix='png', size=SIZE):
    """Returns a function that writes an image which EXIF turns."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    pixels = NUMBERS[: size[0], : size[1]]
    return by_pillow(pixels, suffix, exif=exif)


def turned_by_xmp(suffix):
    """Returns a function that writes an image whose orientation XMP alone has.

    OpenCV, which reads the images, knows EXIF's.
    """
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description '
        b'tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
    )
    return by_pillow(RGB, suffix, xmp=packet)


def with_late_exif(folder):
    """Writes a PNG file whose EXIF stands behind its pixels."""
    path = turned(6)(folder)
    data = path.read_bytes()
    at = data.index(b'eXIf') - 4
    length = int.from_bytes(data[at : at + 4], 'big') + 12
    moved = data[:at] + data[at + length : -12] + data[at : at + length] + data[-12:]
    path.write_bytes(moved)
    return path


def pages(suffix, image, **options):
    """Returns a function that writes a file of two pages."""
    second = Image.fromarray(image.max() - image)
    more = dict(save_all=True, append_images=[second], **options)
    return by_pillow(image, suffix, **more)


def with_overview(folder):
    """Writes a TIFF file whose second page is marked as a small copy."""
    path = folder / 'file.tif'
    small = Image.fromarray(NUMBERS[::2, ::2])
    small.encoderinfo = dict(tiffinfo={254: 1})
    more = dict(save_all=True, append_images=[small])
    Image.fromarray(NUMBERS).save(path, **more)
    return path


def pgm(highest):
    """Returns a function that writes a PGM file that states its highest value."""

    def write(folder):
        path = folder / 'file.pgm'
        head = f'P5\n# drawn\n{SIZE[1]} {SIZE[0]}\n{highest}\n'
        path.write_bytes(head.encode() + NUMBERS.tobytes())
        return path

    return write


def paletted(folder):
    image = Image.fromarray(NUMBERS, 'P')
    image.putpalette([*range(36)])
    path = folder / 'file.png'
    image.save(path, bits=4)
    return path


SIXTEEN = NUMBERS.astype(np.uint16)
GREY, RGB, RGBA = PIXELS[..., 0], PIXELS[..., :3], PIXELS
OPAQUE = np.dstack([RGB, np.full(SIZE, 255, np.uint8)])
LOSSY = 'compressed in a way that changes'
PAGES = 'several pages or frames'
# How it is written; why it is no image and why no label map: '' if it is one.
KINDS = {
    'png, grey': (by_pillow(NUMBERS, 'png'), '', ''),
    'png, palette of 4 bits': (paletted, '', ''),
    'png, bits': (by_pillow(NUMBERS > 5, 'png'), '', ''),
    'png, rgb': (by_pillow(RGB, 'png'), '', 'mode RGB'),
    'png, rgba': (by_pillow(RGBA, 'png'), '', 'mode RGBA'),
    'png, grey and alpha': (by_pillow(RGBA[..., :2], 'png'), '', 'mode LA'),
    'png, grey of 4 bits': (by_hand(4), '', 'grey of 4 bits'),
    'png, grey of 2 bits': (by_hand(2), '', 'grey of 2 bits'),
    'png, 16 bits of numbers': (
        by_opencv(SIXTEEN, 'png'),
        'uses 4 of its 16 bits',
        ONE_BYTE,
    ),
    'png, 12 of 16 bits': (
        by_opencv(RGB.astype(np.uint16) * 16, 'png'),
        'uses 12 of its 16 bits',
        'mode RGB',
    ),
    'png, 16 bits': (by_opencv(RGB.astype(np.uint16) * 257, 'png'), '', 'mode RGB'),
    'png, 16 bits, black': (by_opencv(SIXTEEN * 0, 'png'), '', ONE_BYTE),
    'jpg, grey': (by_pillow(NUMBERS, 'jpg'), '', 'is a JPEG'),
    'a jpg called png': (by_pillow(NUMBERS, 'png', format='JPEG'), '', 'is a JPEG'),
    'png, 12 of 16 bits and a hot pixel': (
        by_opencv(np.where(np.arange(SIZE[1]) < 1, 65535, SIXTEEN * 16), 'png'),
        'uses 8 of its 16 bits',
        ONE_BYTE,
    ),
    'png, black and white of 16 bits': (
        by_opencv((NUMBERS > 5) * np.uint16(65535), 'png'),
        '',
        ONE_BYTE,
    ),
    'webp': (by_pillow(RGB, 'webp'), '', 'is a WEBP, compressed in a way that changes'),
    'jpg, turned by XMP alone': (turned_by_xmp('jpg'), '', 'is a JPEG'),
    'webp, with a profile': (by_pillow(RGB, 'webp', icc_profile=b'x' * 9), '', LOSSY),
    'webp, with exif': (by_pillow(RGB, 'webp', exif=b'Exif\0\0'), '', LOSSY),
    'webp, with alpha': (by_pillow(RGBA, 'webp'), '', LOSSY),
    'webp, lossless, with a profile': (
        by_pillow(NUMBERS, 'webp', lossless=True, icc_profile=b'x' * 9),
        '',
        'mode RGB',
    ),
    'webp, lossless': (by_pillow(NUMBERS, 'webp', lossless=True), '', 'mode RGB'),
    'bmp, grey': (by_pillow(NUMBERS, 'bmp'), '', ''),
    'tif, grey': (by_pillow(NUMBERS, 'tif'), '', ''),
    'tif, by jpeg': (by_pillow(NUMBERS, 'tif', compression='jpeg'), '', 'is a TIFF'),
    'tif, by webp': (bands(3, 'uint8', compress='webp'), '', LOSSY),
    'tif, by webp, lossless': (
        bands(3, 'uint8', compress='webp', webp_lossless=True),
        '',
        'mode RGB',
    ),
    'pgm': (pgm(255), '', ''),
    'pgm up to 11': (pgm(11), '', 'a highest value other than 255'),
    'jp2': (by_pillow(NUMBERS, 'jp2'), '', LOSSY),
    'avif': (by_pillow(RGB, 'avif'), '', LOSSY),
    'tif, two pages': (pages('tif', NUMBERS), PAGES, PAGES),
    'tif, an overview': (with_overview, '', ''),
    'png, two frames': (pages('png', NUMBERS), PAGES, PAGES),
    'gif, two frames': (pages('gif', NUMBERS), PAGES, PAGES),
    'gif': (by_pillow(NUMBERS, 'gif'), '', ''),
    'webp, two frames': (pages('webp', RGB, lossless=True), PAGES, PAGES),
    'jpg, with a preview': (pages('jpg', RGB, format='MPO'), '', 'is a MPO'),
    'tif, 0 is white': (
        by_pillow(NUMBERS, 'tif', tiffinfo={262: 0}),
        '',
        'it is inverted',
    ),
    'tif, rgb': (by_pillow(RGB, 'tif'), '', 'mode RGB'),
    'tif, opaque': (by_pillow(OPAQUE, 'tif'), '', 'mode RGBA'),
    'tif, near infrared': (by_pillow(RGBA, 'tif'), 'fourth band', 'mode RGBA'),
    'tif, 12 of 16 bits': (
        by_opencv(GREY.astype(np.uint16) * 16, 'tif'),
        'uses 12 of its 16 bits',
        ONE_BYTE,
    ),
    'tif, float': (
        by_pillow(NUMBERS.astype(np.float32), 'tif'),
        'floating point',
        'floating point',
    ),
    'tif, 32 bits': (by_pillow(NUMBERS.astype(np.int32), 'tif'), '32 bits', ONE_BYTE),
    'tif, 2 bands': (bands(2, 'uint8'), '2 bands of 8 bits', ONE_BYTE),
    'tif, 8 bands': (bands(8, 'uint16'), '8 bands of 16 bits', ONE_BYTE),
    'tif, 4 bands of 16 bits': (bands(4, 'uint16'), '4 bands', ONE_BYTE),
    'tif, 64 bits': (bands(1, 'float64'), 'floating point', 'floating point'),
    'png, turned': (turned(6), '', 'EXIF (orientation 6)'),
    'png, turned at the end': (with_late_exif, '', 'EXIF (orientation 6)'),
    'png, not turned': (turned(1), '', ''),
}


@pytest.mark.parametrize('kind', KINDS)
def test_every_kind(tmp_path, kind):
    write, no_image, no_label_map = KINDS[kind]
    path = write(tmp_path)
    for check, what in (
        (check_image_file, no_image),
        (check_label_file, no_label_map),
    ):
        if what:
            assert what in refuse(path, check, start='cannot be used')
        else:
            check(str(path))
    if not no_label_map:  # what mmseg's loader takes for the labels
        loaded = mmcv.imread(str(path), 'unchanged', backend='pillow')
        truth = NUMBERS > 5 if 'bits' in kind and 'palette' not in kind else NUMBERS
        assert np.array_equal(loaded.squeeze().astype(np.uint8), truth)


@pytest.mark.parametrize('bands_', ['rgba', '16 bits'])
def test_a_broken_tiff_is_named(tmp_path, bands_, monkeypatch):
    write = by_pillow(RGBA, 'tif') if bands_ == 'rgba' else bands(1, 'uint16')
    path = write(tmp_path)
    if bands_ == 'rgba':
        path.write_bytes(path.read_bytes()[:-50])
    else:  # a file for which OpenCV raises is not easily made

        def imdecode(*_):
            raise cv2.error('too large')

        monkeypatch.setattr(image_files.cv2, 'imdecode', imdecode)
    refuse(path, check_image_file, start='cannot be read')


@pytest.mark.parametrize('suffix', ['jpg', 'webp'])
def test_a_turn_that_xmp_alone_tells_is_none(tmp_path, suffix):
    path = turned_by_xmp(suffix)(tmp_path)
    shown = mmcv.imread(str(path)).shape[:2]
    assert read_header(str(path)).shown_size == shown == SIZE


def shorten_palette(path, colours):
    """Keeps the first colours in the palette of a PNG file."""
    data = path.read_bytes()
    at = data.index(b'PLTE') - 4
    end = at + 12 + int.from_bytes(data[at : at + 4], 'big')
    body = data[at + 4 : at + 8 + 3 * colours]
    chunk = struct.pack('>I', 3 * colours) + body + struct.pack('>I', zlib.crc32(body))
    path.write_bytes(data[:at] + chunk + data[end:])


@pytest.mark.parametrize('value', [3, 11])
def test_values_beyond_the_palette_are_refused(tmp_path, value):
    numbers = np.minimum(NUMBERS, 2)
    numbers[0, 0] = value
    image = Image.fromarray(numbers, 'P')
    image.putpalette([0, 0, 0, 255, 0, 0, 0, 0, 255])
    path = tmp_path / 'file.png'
    image.save(path, bits=8)
    shorten_palette(path, colours=3)
    with pytest.raises(DataError, match=f'has the value {value}, but its palette has'):
        read_colour_map(str(path))


@pytest.mark.parametrize('suffix', ['png', 'jpg', 'webp'])
@pytest.mark.parametrize('orientation', range(1, 9))
def test_a_turn_that_the_size_hides(tmp_path, orientation, suffix):
    path = turned(orientation, suffix)(tmp_path)
    told = find_hidden_turn(str(path))
    assert bool(told) == (orientation in (2, 3, 4))
    assert told is None or f'(orientation {orientation}) rotates {path}' in told
    shown = mmcv.imread(str(path)).shape[:2]
    assert shown == (SIZE[::-1] if orientation >= 5 else SIZE)


def test_a_square_hides_every_turn(tmp_path):
    assert find_hidden_turn(str(turned(6, size=(40, 40))(tmp_path)))


def test_pixels_are_not_read_for_a_header(tmp_path, monkeypatch):
    path = with_late_exif(tmp_path)
    monkeypatch.setattr(PngImageFile, 'load', None)
    refuse(path, check_label_file, start='cannot be used')
