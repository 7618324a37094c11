"""Uploads, and a server of a small network, for the tests in tests/serving."""

import struct
import zlib

import cv2
import numpy as np
from mmengine.registry import DefaultScope

from export_data import build_small
from mmseg_hrvit.apis import Segmenter

CONFIG = 'hrvit_b1_camvid'


def small_segmenter():
    """A small network with fixed weights."""
    with DefaultScope.overwrite_default_scope('mmseg'):
        return Segmenter(*build_small(CONFIG))


def draw_png(height=96, width=128):
    """An image of soft colours, as the bytes of a PNG file."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (4, 5, 3), dtype=np.uint8)
    image = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return cv2.imencode('.png', image)[1].tobytes()


def blank_png(side):
    """A whole black PNG, also one that is too large to be drawn in memory."""
    header = struct.pack('>IIBBBBB', side, side, 1, 0, 0, 0, 0)  # one bit a pixel
    packer = zlib.compressobj(1)
    row = bytes(1 + -(-side // 8))
    rows = b''.join(packer.compress(row) for _ in range(side)) + packer.flush()
    chunks = ((b'IHDR', header), (b'IDAT', rows), (b'IEND', b''))
    return b'\x89PNG\r\n\x1a\n' + b''.join(pack(*chunk) for chunk in chunks)


def pack(kind, data):
    """A chunk of a PNG file."""
    checksum = struct.pack('>I', zlib.crc32(kind + data))
    return struct.pack('>I', len(data)) + kind + data + checksum
